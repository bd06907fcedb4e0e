"""Two writes that nothing holds together."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.blueprint.steps import Choose, children
from loadcase.core.errors import Path
from loadcase.review.design import Design, Site
from loadcase.review.rule import Found, Rule, error_if


class DualWrite(Rule):
    """A request writes to a store and publishes a message, and nothing holds the two together.

    What: on one path of a client's flow a store is written and a log or a queue is published to. Publishing to a topic
    is meant where the contract says that a consumer of it misses nothing. A consuming flow is not: what it did not
    finish is delivered again. Nor is a publish that stands in for a write that failed (`fallback`).

    Why: a crash between the two leaves one without the other, for ever: a message that is stored and that nobody is
    told of. A log fed by the store's committed changes (change data capture, an outbox) cannot forget.

    Source: M. Kleppmann, Designing Data-Intensive Applications, 2017, ch. 11 (dual writes); C. Richardson,
    Microservices Patterns, 2018, ch. 3 (transactional outbox).
    """

    code = "LC555"
    severity = "warning"
    covers = ("cor-retry-boundary",)
    valid = (
        """
entities: {msg: {count: 10}}
components: {db: {kind: store}, l: {kind: log, from: db}, s: {kind: service}}
flows:
  say: {arrive: {rate: 1 /s, key: msg}, steps: [db.append: {entity: msg}]}
  tell: {consume: {log: l, by: s}, steps: [s.handle]}
""",
        """
entities: {msg: {count: 10}}
components: {db: {kind: store}, q: {kind: queue}, s: {kind: service}}
flows:
  say: {arrive: {rate: 1 /s, key: msg}, steps: [db.append: {entity: msg, timeout: 1 s, fallback: [q.publish]}]}
  later: {consume: {queue: q, by: s}, steps: [s.handle]}
""",
        """
entities: {msg: {count: 10}}
components: {db: {kind: store}, q: {kind: queue}, s: {kind: service}}
flows:
  say:
    arrive: {rate: 1 /s, key: msg}
    steps:
      - choose: [{weight: 1, do: [db.append: {entity: msg}]}, {weight: 1, do: [q.publish]}]
  later: {consume: {queue: q, by: s}, steps: [s.handle]}
""",
    )
    invalid = (
        """
entities: {msg: {count: 10}}
components: {db: {kind: store}, l: {kind: log}, s: {kind: service}}
flows:
  say:
    arrive: {rate: 1 /s, key: msg}
    steps:
      - db.append: {entity: msg}
      - l.publish  # <-
  tell: {consume: {log: l, by: s}, steps: [s.handle]}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Publishes beside writes in flows of clients."""
        for flow in design.arriving:
            sites = design.of(flow.name)
            writes = [s for s in sites if s.writes and s.written]
            for site in sites:
                buffer = site.call.component
                if not site.publishes or any(through == "fallback" for _, through in site.above):
                    continue
                strict = any(
                    design.nothing_of(f"{f.name}.undelivered")
                    for f in design.consuming
                    if f.consume is not None and buffer in (f.consume.log, f.consume.queue, f.consume.topic)
                )
                beside = next((w for w in writes if together(w, site)), None)
                if beside is None or (site.component.kind == "topic" and not strict):
                    continue
                message = f"a crash between {beside.call.component}.{beside.call.verb} and this leaves one of the two"
                hint = f"a log fed by the store: {{kind: log, from: {beside.call.component}}}"
                yield Found(site.call.path, message, hint, severity=error_if(strict))


def together(a: Site, b: Site) -> bool:
    """Whether one operation may make both calls: they are not in two branches of a choice, nor the one a fallback."""
    if any(through == "fallback" for _, through in (*a.above, *b.above)):
        return False
    common = [step for (step, _), (other, _) in zip(a.above, b.above, strict=False) if step is other]
    if common and isinstance(common[-1], Choose):
        return branch(common[-1], a.call.path) == branch(common[-1], b.call.path)
    return True


def branch(choice: Choose, path: Path) -> int:
    """Which branch of a choice a call stands in."""
    for i, steps in enumerate(children(choice)):
        if any(path[: len(step.path)] == step.path for step in steps):
            return i
    return -1
