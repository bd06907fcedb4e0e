"""A cache without a size."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.kinds.cache import Cache
from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class CacheWithoutSize(Rule):
    """A cache has no size: it would hold everything that was ever asked for.

    What: neither `keys` nor `hit_ratio` is given, and the cache is asked for keys.

    Why: memory ends. "A cache" decides nothing; "the 50 latest messages of 20M conversations, for a day" says what it
    costs and what it hits.

    Source: published interview guides (say what is cached, how much of it, and for how long).
    """

    code = "LC533"
    severity = "warning"
    covers = ("pit-too-general", "est-four-figures")
    valid = (
        """
components: {c: {kind: cache, keys: 500}, db: {kind: store}}
flows: {r: {arrive: {rate: 10 /s, key: {count: 1k}}, steps: [c.get: {miss: [db.read]}]}}
""",
        """
components: {c: {kind: cache, hit_ratio: 90 %}, db: {kind: store}}
flows: {r: {arrive: {rate: 10 /s}, steps: [c.get: {miss: [db.read]}]}}
""",
    )
    invalid = (
        """
components:
  c: {kind: cache, ttl: 1 min}  # <-
  db: {kind: store}
flows: {r: {arrive: {rate: 10 /s, key: {count: 1k}}, steps: [c.get: {miss: [db.read]}]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Caches that are asked."""
        asked = {s.call.component for s in design.sites if s.call.verb == "get"}
        for name, cache in design.b.components.items():
            if isinstance(cache, Cache) and name in asked and cache.keys is None and cache.hit_ratio is None:
                yield Found(("components", name), f"{name} has no size", "keys: how many entries fit its memory")
