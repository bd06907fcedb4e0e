"""A cache that sends every miss of a hot key to the store."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.core.values import show
from loadcase.estimate.popularity import key_rates
from loadcase.kinds.cache import Cache
from loadcase.review.design import Design, Site
from loadcase.review.rule import Edit, Found, Rule

AT_ONCE = 5.0
"""Look-ups of the hottest key while it is fetched once."""


class CacheWithoutCoalescing(Rule):
    """When a popular key expires, every request for it goes to the store at once.

    What: a cache with real keys does not coalesce misses, and at the peak five or more look-ups of its most popular key
    come while that key is fetched, by the work of the steps in `miss`.

    Why: that is a stampede: the store gets the same query many times over, answers later, and so gets it more often
    still. With `coalesce` one caller fetches, and the others wait for it.

    Source: A. Vattani, F. Chierichetti, K. Lowenstein, Optimal Probabilistic Cache Stampede Prevention, PVLDB 8(8),
    2015; R. Nishtala et al., Scaling Memcache at Facebook, NSDI 2013 (leases).
    """

    code = "LC531"
    severity = "warning"
    covers = ("fail-cache-stampede",)
    fixes = True
    valid = (
        """
entities: {page: {count: 10k, popularity: zipf(1)}}
components: {c: {kind: cache, keys: 5k, coalesce: true}, db: {kind: store, workers: 64}}
flows: {r: {arrive: {rate: 10k /s, key: page}, steps: [c.get: {miss: [db.read: {work: exp(10 ms)}]}]}}
""",
        """
entities: {page: {count: 10M}}
components: {c: {kind: cache, keys: 5M}, db: {kind: store, workers: 64}}
flows: {r: {arrive: {rate: 10k /s, key: page}, steps: [c.get: {miss: [db.read: {work: exp(10 ms)}]}]}}
""",
    )
    invalid = (
        """
entities: {page: {count: 10k, popularity: zipf(1)}}
components:
  c: {kind: cache, keys: 5k}  # <-
  db: {kind: store, workers: 64}
flows: {r: {arrive: {rate: 10k /s, key: page}, steps: [c.get: {miss: [db.read: {work: exp(10 ms)}]}]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Caches by their busiest key."""
        for name, cache in design.b.components.items():
            if not isinstance(cache, Cache) or cache.coalesce or cache.hit_ratio is not None:
                continue
            lookups = [s for s in design.sites if s.call.component == name and s.call.nested.get("miss")]
            often = max((together(design, site) for site in lookups), default=0.0)
            if often >= AT_ONCE:
                message = f"{show(often, 'count')} requests for the hottest key of {name} miss before it is back"
                path = ("components", name, "coalesce")
                yield Found(path[:2], message, "coalesce: true, one fetches and the others wait",
                            edits=(Edit(path, True),))  # fmt: skip


def together(design: Design, site: Site) -> float:
    """Look-ups of the most popular key while it is fetched once."""
    found = design.loads.sites.get((site.flow.name, site.call.path))
    if found is None or found.space is None:
        return 0.0
    inner = [s for s in design.of(site.flow.name) if any(step is site.call and t == "miss" for step, t in s.above)]
    fetch = sum(v.work.mean() for s in inner for v in s.component.visits(s.call.verb, s.call.options)[:1])
    return found.rate * float(key_rates(found.space)[0].max()) * fetch
