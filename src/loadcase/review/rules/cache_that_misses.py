"""A cache much smaller than what is asked of it."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.core.values import show
from loadcase.kinds.cache import Cache
from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule

LEAST = 0.2


class CacheThatMisses(Rule):
    """A cache is too small for its working set: most look-ups go past it.

    What: its hit ratio in closed form is below 20 %. A contract that promises a ratio, or a decision that names the
    cache, is taken to know.

    Why: every miss pays for the look-up and then for the store; below some ratio the cache makes the design slower.

    Source: C. Fricker, P. Robert, J. Roberts, A Versatile and Accurate Approximation for LRU Cache Performance, ITC
    2012 (the closed form).
    """

    code = "LC534"
    severity = "warning"
    covers = ("est-four-figures",)
    valid = (
        """
entities: {page: {count: 1M, popularity: zipf(1)}}
components: {c: {kind: cache, keys: 100k}, db: {kind: store}}
flows: {r: {arrive: {rate: 10 /s, key: page}, steps: [c.get: {miss: [db.read]}]}}
""",
        """
entities: {page: {count: 1M}}
components: {c: {kind: cache, keys: 100k}, db: {kind: store}}
flows: {r: {arrive: {rate: 10 /s, key: page}, steps: [c.get: {miss: [db.read]}]}}
requirements: {contract: [c.hit_ratio >= 9 %]}
""",
    )
    invalid = (
        """
entities: {page: {count: 1M}}
components:
  c: {kind: cache, keys: 100k}  # <-
  db: {kind: store}
flows: {r: {arrive: {rate: 10 /s, key: page}, steps: [c.get: {miss: [db.read]}]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Caches by their closed form."""
        for name, cache in design.b.components.items():
            hits = design.loads.hit_ratios.get(name)
            if not isinstance(cache, Cache) or cache.hit_ratio is not None or hits is None or hits >= LEAST:
                continue
            if design.promise(f"{name}.hit_ratio") is None and design.lines[name].rate > 0:
                message = f"{name} answers {show(hits, 'ratio')} of its look-ups"
                hint = "more keys, a longer ttl, or no cache; say what it has to hit: <cache>.hit_ratio >= 60 %"
                yield Found(("components", name), message, hint)
