"""An entry that lives longer than it may be old."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.blueprint.knowledge import entity_of
from loadcase.blueprint.steps import Call
from loadcase.core.values import show
from loadcase.kinds.cache import Cache
from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule
from loadcase.review.rules.cache_dropped_too_early import cached
from loadcase.review.rules.stale_reads_unbounded import STRICT


class TtlBeyondPromise(Rule):
    """A cache keeps an entry for longer than the contract lets it be stale.

    What: the contract bounds `<entity>.staleness.max` (or says that there are no stale reads, no actions after a
    revoke), a cache holds that entity for a `ttl` of more, and a flow that writes it neither puts nor deletes it
    there.

    Why: who reads just before the end of its life reads what was written over that long ago.

    Source: M. Kleppmann, Designing Data-Intensive Applications, 2017, ch. 5 (staleness); Microsoft Azure Architecture
    Center, Cache-Aside pattern (lifetime of cached data).
    """

    code = "LC558"
    severity = "error"
    covers = ("fail-replica-lag", "cor-consistency-fit")
    valid = (
        """
requirements: {contract: [page.allowed_after_revoke == 0]}
entities: {page: {count: 1k}}
components: {c: {kind: cache, ttl: 1 hour}, db: {kind: store}}
flows:
  r: {arrive: {rate: 1 /s, key: page, timeout: 1 s}, steps: [c.get: {miss: [db.read: {entity: page}]}]}
  show: {arrive: {rate: 1 /s, key: page, timeout: 1 s}, steps: [db.write: {entity: page, permission: grant}]}
  hide: {arrive: {rate: 1 /s, key: page, timeout: 1 s}, steps: [db.write: {entity: page, permission: revoke}, c.delete]}
""",
        """
requirements: {contract: [page.staleness.max < 10 s]}
entities: {page: {count: 10}}
components: {c: {kind: cache, keys: 5, ttl: 5 s}, db: {kind: store}}
flows:
  r: {arrive: {rate: 1 /s, key: page, timeout: 1 s}, steps: [c.get: {miss: [db.read: {entity: page}]}]}
  w: {arrive: {rate: 1 /s, key: page, timeout: 1 s}, steps: [db.write: {entity: page}]}
""",
        """
requirements: {contract: [page.staleness.max < 10 s]}
entities: {page: {count: 10}}
components: {c: {kind: cache, keys: 5, ttl: 1 hour}, db: {kind: store}}
flows:
  r: {arrive: {rate: 1 /s, key: page, timeout: 1 s}, steps: [c.get: {miss: [db.read: {entity: page}]}]}
  w: {arrive: {rate: 1 /s, key: page, timeout: 1 s}, steps: [db.write: {entity: page}, c.delete]}
""",
    )
    invalid = (
        """
requirements: {contract: [page.staleness.max < 10 s]}
entities: {page: {count: 10}}
components:
  c:
    kind: cache
    keys: 5
    ttl: 1 hour  # <-
  db: {kind: store}
flows:
  r: {arrive: {rate: 1 /s, key: page, timeout: 1 s}, steps: [c.get: {miss: [db.read: {entity: page}]}]}
  w: {arrive: {rate: 1 /s, key: page, timeout: 1 s}, steps: [db.write: {entity: page}]}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Caches by what they hold."""
        for name, cache in design.b.components.items():
            if not isinstance(cache, Cache) or cache.ttl is None or cache.hit_ratio is not None:
                continue
            told = {s.flow.name for s in design.sites if s.call.component == name and s.call.verb in ("put", "delete")}
            if any(flow.name in told for flow in design.consuming):
                continue
            for entity in sorted(e for e in cached(design, name) if e is not None):
                line = design.promise(f"{entity}.staleness.max") or next(
                    filter(None, (design.nothing_of(f"{entity}.{metric}") for metric in STRICT)), None
                )
                given_late = line is not None and line.metric.endswith(".allowed_after_revoke")
                writers = {
                    s.flow.name
                    for s in design.sites
                    for call in s.written
                    if entity_of(call) == entity and not (given_late and _gives(call))
                }
                limit = 0.0 if line is None or line.unit != "s" else line.bound
                if line is not None and writers - told and cache.ttl > limit:
                    message = f"{line.text}, and {name} keeps {entity} for {show(cache.ttl, 's')}"
                    hint = f"a shorter ttl, or {name}.delete after the write"
                    yield Found(("components", name, "ttl"), message, hint)


def _gives(call: Call) -> bool:
    """Whether a write gives a permission: that it is seen late lets nobody in."""
    return getattr(call.options, "permission", None) == "grant"
