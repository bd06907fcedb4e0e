"""A cached thing that is changed behind the cache."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.blueprint.knowledge import entity_of
from loadcase.kinds.cache import Cache
from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class CacheNeverInvalidated(Rule):
    """What a cache holds is changed in the store, and the cache never hears of it.

    What: the miss of a cache reads an entity, a flow changes (write, update, transact) that entity, no flow that writes
    it or consumes a log fed by its store puts or deletes in the cache, and the cache has no `ttl`. Appends are left
    out: they add, and do not change what was read.

    Why: such an entry is wrong until it happens to be evicted. A time to live bounds for how long; a delete after the
    write ends it.

    Source: R. Nishtala et al., Scaling Memcache at Facebook, NSDI 2013 (invalidation); M. Kleppmann, Designing
    Data-Intensive Applications, 2017, ch. 11 (keeping systems in sync).
    """

    code = "LC532"
    severity = "error"
    covers = ("fail-replica-lag",)
    valid = (
        """
entities: {page: {count: 1k}}
components: {c: {kind: cache, keys: 500}, db: {kind: store}}
flows:
  r: {arrive: {rate: 10 /s, key: page}, steps: [c.get: {miss: [db.read: {entity: page}]}]}
  w: {arrive: {rate: 1 /s, key: page}, steps: [db.write: {entity: page}, c.delete]}
""",
        """
entities: {page: {count: 1k}}
components: {c: {kind: cache, keys: 500, ttl: 1 min}, db: {kind: store}}
flows:
  r: {arrive: {rate: 10 /s, key: page}, steps: [c.get: {miss: [db.read: {entity: page}]}]}
  w: {arrive: {rate: 1 /s, key: page}, steps: [db.write: {entity: page}]}
""",
        """
entities: {page: {count: 1k}}
components: {c: {kind: cache, keys: 500}, db: {kind: store}, l: {kind: log, from: db, key: page}, s: {kind: service}}
flows:
  r: {arrive: {rate: 10 /s, key: page}, steps: [c.get: {miss: [db.read: {entity: page}]}]}
  w: {arrive: {rate: 1 /s, key: page}, steps: [db.write: {entity: page}]}
  drop: {consume: {log: l, by: s}, steps: [c.delete]}
""",
    )
    invalid = (
        """
entities: {page: {count: 1k}}
components:
  c: {kind: cache, keys: 500}  # <-
  db: {kind: store}
flows:
  r: {arrive: {rate: 10 /s, key: page}, steps: [c.get: {miss: [db.read: {entity: page}]}]}
  w: {arrive: {rate: 1 /s, key: page}, steps: [db.write: {entity: page}]}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Caches without a time to live."""
        for name, cache in design.b.components.items():
            if not isinstance(cache, Cache) or cache.ttl is not None or cache.hit_ratio is not None:
                continue
            cached = {
                entity_of(s.call)
                for s in design.sites
                if s.call.verb == "read"
                and any(getattr(c, "component", "") == name and t == "miss" for c, t in s.above)
            } - {None}
            told = {s.flow.name for s in design.sites if s.call.component == name and s.call.verb in ("put", "delete")}
            if any(flow.name in told for flow in design.consuming):
                continue
            for site in design.sites:
                changed = {entity_of(c) for c in site.written} & cached
                if changed and site.call.verb not in ("append", "claim") and site.flow.name not in told:
                    what, flow = next(iter(changed)), site.flow.name
                    message = (
                        f"flow {flow} changes {what} in {site.call.component}, and {name} keeps the old one for ever"
                    )
                    hint = f"a ttl: for {name}, or {name}.delete after the write"
                    yield Found(("components", name), message, hint)
                    break
