"""A store that does not outlive its cache."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.core.values import show
from loadcase.kinds.store import Store
from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class CacheBearsTheLoad(Rule):
    """Without its cache a store cannot take the load, and no case tries that.

    What: with every look-up a miss, the store behind it would be more than full at the peak in closed form, and no case
    flushes, crashes or restarts the cache.

    Why: a cache that the design cannot live without is a part of its capacity: after a restart it is cold, the store
    drowns, and what is not answered does not fill the cache.

    Source: AWS Builders' Library, M. Brooker, Caching challenges and strategies; N. Bronson et al., Metastable Failures
    in Distributed Systems, HotOS 2021 (look-aside caches).
    """

    code = "LC535"
    severity = "warning"
    covers = ("trg-cache-hit-drop",)
    valid = (
        """
components: {c: {kind: cache, keys: 900, coalesce: true}, db: {kind: store, workers: 8}}
flows: {r: {arrive: {rate: 400 /s, key: {count: 1k}}, steps: [c.get: {miss: [db.read: {work: exp(10 ms)}]}]}}
""",
        """
components: {c: {kind: cache, keys: 900, coalesce: true}, db: {kind: store, workers: 8}}
flows: {r: {arrive: {rate: 4k /s, key: {count: 1k}}, steps: [c.get: {miss: [db.read: {work: exp(10 ms)}]}]}}
cases: {normal: {}, cold: {faults: [flush: {on: c, at: 10 s}]}}
""",
    )
    invalid = (
        """
components:
  c: {kind: cache, keys: 900, coalesce: true}  # <-
  db: {kind: store, workers: 8}
flows: {r: {arrive: {rate: 4k /s, key: {count: 1k}}, steps: [c.get: {miss: [db.read: {work: exp(10 ms)}]}]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Caches before stores."""
        tried = {getattr(f, "on", None) for case in design.b.cases.values() for f in case.faults}
        for name, component in design.b.components.items():
            if component.kind not in ("cache", "cdn") or name in tried:
                continue
            for store, before, after in while_cold(design, name):
                if before <= 1.0 < after:
                    message = f"while {name} is cold {store} would be {show(after, 'ratio')} full"
                    hint = f"a case with faults: [flush: {{on: {name}, at: 10 s}}] shows what happens then"
                    yield Found(("components", name), message, hint)
                    break


def while_cold(design: Design, name: str) -> Iterator[tuple[str, float, float]]:
    """The stores behind a cache, with how busy each is at the peak and would be while every look-up is a miss."""
    more: dict[str, float] = {}
    for site in design.sites:
        cache = next((c for c, t in site.above if t == "miss" and getattr(c, "component", "") == name), None)
        found = design.loads.sites.get((site.flow.name, getattr(cache, "path", ())))
        if found is None or not isinstance(site.component, Store) or found.hit in (0.0, 1.0):
            continue
        visits = site.component.visits(site.call.verb, site.call.options)
        work = sum(v.work.mean() * v.copies for v in visits)
        more[site.call.component] = more.get(site.call.component, 0.0) + found.rate * found.hit * work
    for store, extra in more.items():
        workers = sum(p.stations * p.workers for p in design.b.components[store].pools())
        used = design.lines[store].utilisation
        if workers and used is not None:
            yield store, used, used + extra / workers
