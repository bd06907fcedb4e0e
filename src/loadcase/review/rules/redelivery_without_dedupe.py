"""A message that comes again and counts again."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Edit, Found, Rule, error_if
from loadcase.review.rules.retry_without_idempotency import twice


class RedeliveryWithoutDedupe(Rule):
    """A message may be delivered again, and its consumer does not notice.

    What: a flow consumes a log or a queue and is done with a message only after the work, so that a crash hands it out
    again; and it pushes an entity to clients without `dedupe`, or appends it, transacts or adds an amount without
    `once`. `commit: before` and topics deliver at most once.

    Why: at least once is what logs and queues give. The effect is there once only where the receiver knows what it has
    had, by an id or by a sequence number.

    Source: J. Kreps, N. Narkhede, J. Rao, Kafka, NetDB 2011 (at least once); P. Helland, Idempotence Is Not a Medical
    Condition, ACM Queue 10(4), 2012.
    """

    code = "LC551"
    severity = "warning"
    covers = ("cor-duplicate-delivery",)
    fixes = True
    valid = (
        """
entities: {msg: {count: 10, identity: client_id}}
components: {l: {kind: log}, s: {kind: service}, g: {kind: gateway}, db: {kind: store}}
flows:
  say: {arrive: {rate: 1 /s, key: msg}, steps: [l.publish: {entity: msg}]}
  tell: {consume: {log: l, by: s}, steps: [g.push: {entity: msg, dedupe: client_id}]}
  keep: {consume: {log: l, by: s}, steps: [db.append: {entity: msg, once: client_id}]}
""",
        """
entities: {dot: {count: 10}}
components: {t: {kind: topic}, s: {kind: service}, g: {kind: gateway}}
flows:
  move: {arrive: {rate: 1 /s, key: dot}, steps: [t.publish]}
  tell: {consume: {topic: t, by: s}, steps: [g.push: {entity: dot}]}
""",
    )
    invalid = (
        """
entities: {msg: {count: 10, identity: client_id}}
components: {l: {kind: log}, s: {kind: service}, g: {kind: gateway}, db: {kind: store}}
flows:
  say: {arrive: {rate: 1 /s, key: msg}, steps: [l.publish: {entity: msg}]}
  tell:
    consume: {log: l, by: s}
    steps:
      - g.push: {entity: msg}  # <-
  keep:
    consume: {log: l, by: s}
    steps:
      - db.append: {entity: msg}  # <-
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """The effects of consuming flows."""
        for site in design.sites:
            if not design.redelivers(site.flow):
                continue
            options = site.call.options
            entity = getattr(options, "entity", None)
            if site.call.verb == "push" and site.pushes and entity is not None:
                if options.dedupe is not None:  # type: ignore[attr-defined]
                    continue
                option, lines = "dedupe", (f"{site.flow.name}.duplicates",)
            elif design.repeated_by(site):
                continue
            else:
                entity = next(twice(design, site), None)
                if entity is None:
                    continue
                option, lines = "once", (f"{entity}.applied_twice",)
            known = design.b.entities.get(entity)
            identity = known.identity if known is not None else None
            edits = (Edit((*site.call.path, option), identity),) if identity else ()
            message = f"a message that {site.flow.name} gets again is {entity} a second time"
            hint = f"{option}: {identity or 'the field that names the operation (identity: of the entity)'}"
            yield Found(
                site.call.path,
                message,
                hint,
                severity=error_if(any(design.nothing_of(line) for line in lines)),
                edits=edits,
            )
