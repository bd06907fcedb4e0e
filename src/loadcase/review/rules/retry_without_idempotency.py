"""A write that is made again and counts again."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design, Site
from loadcase.review.rule import Edit, Found, Rule, error_if


class RetryWithoutIdempotency(Rule):
    """A write may be made again, and then counts twice.

    What: an `append`, a `transact` or a write with an `amount` is retried or hedged, by itself, by a caller or by the
    clients, and has no `once`. A plain `write` of the same value is meant where the contract says
    `<entity>.applied_twice == 0`.

    Why: a caller that times out does not know whether the write happened. It tries again, and a message is there twice
    or money moves twice. A key that the client chooses, remembered with the result, makes the second one harmless.

    Source: B. Leach, Designing robust and predictable APIs with idempotency, Stripe 2017; AWS Builders' Library,
    M. Featonby, Making retries safe with idempotent APIs.
    """

    code = "LC550"
    severity = "warning"
    covers = ("cor-duplicate-write", "cor-retry-boundary", "data-idempotent-record")
    fixes = True
    valid = (
        """
entities: {msg: {count: 10, identity: client_id}}
components: {db: {kind: store}}
flows:
  send:
    arrive: {rate: 1 /s, key: msg, timeout: 1 s, retry: {max: 2, backoff: 100 ms, jitter: full}}
    steps: [db.append: {entity: msg, once: client_id}]
""",
        """
entities: {page: {count: 10}}
components: {db: {kind: store}}
flows:
  put:
    arrive: {rate: 1 /s, key: page, timeout: 1 s, retry: {max: 2, backoff: 100 ms, jitter: full}}
    steps: [db.write: {entity: page}]
""",
        """
entities: {msg: {count: 10}}
components: {db: {kind: store}}
flows: {send: {arrive: {rate: 1 /s, key: msg, timeout: 1 s}, steps: [db.append: {entity: msg}]}}
""",
    )
    invalid = (
        """
entities: {msg: {count: 10, identity: client_id}}
components: {db: {kind: store}}
flows:
  send:
    arrive: {rate: 1 /s, key: msg, timeout: 1 s, retry: {max: 2, backoff: 100 ms, jitter: full}}
    steps:
      - db.append: {entity: msg}  # <-
""",
        """
requirements: {contract: [page.applied_twice == 0]}
entities: {page: {count: 10}}
components: {api: {kind: service}, db: {kind: store}}
flows:
  put:
    arrive: {rate: 1 /s, key: page, timeout: 1 s}
    steps:
      - api.handle:
          retry: {max: 1}
          do:
            - db.write: {entity: page}  # <-
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Writes that somebody may repeat."""
        for site in design.sites:
            layers = design.repeated_by(site)
            for entity in twice(design, site):
                if not layers:
                    break
                promised = design.nothing_of(f"{entity}.applied_twice")
                identity = design.b.entities[entity].identity
                edits = (Edit((*site.call.path, "once"), identity),) if identity else ()
                hint = f"once: {identity or 'the id that the client gives it (identity: of the entity)'}"
                message = f"{layers[0][0]} may {site.call.verb} {entity} twice"
                yield Found(site.call.path, message, hint, severity=error_if(promised), edits=edits)
                break


def twice(design: Design, site: Site) -> Iterator[str]:
    """The entities of which a second run of a call would be a second effect."""
    if not site.writes or getattr(site.call.options, "once", None) is not None:
        return
    for call in site.written:
        entity = call.options.entity  # type: ignore[attr-defined]
        added = getattr(call.options, "amount", None) is not None or call.verb in ("append", "transact")
        strict = call.verb == "write" and design.nothing_of(f"{entity}.applied_twice") is not None
        if (added or strict) and entity in design.b.entities:
            yield entity
