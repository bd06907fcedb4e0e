"""Many reads of a store that bears them badly, and no cache."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.core.values import show
from loadcase.kinds.store import Store
from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule

READS_PER_WRITE = 10
BUSY = 0.5
"""How busy the store is from which the reads are worth a cache."""


class UncachedReadHeavy(Rule):
    """A store is read ten times as often as it is written, is busy with that, and nothing keeps reads from it.

    What: at the peak reads outnumber writes by ten or more, the store is more than half full, and none of the reads
    comes from a look-up of a cache. A store that bears its reads easily needs no cache, and is not reported.

    Why: reads that repeat are what a cache, a materialised view or a replica for reading is for, and each of them is
    cheaper than more of the store.

    Source: R. Nishtala et al., Scaling Memcache at Facebook, NSDI 2013; published interview guides (read-heavy).
    """

    code = "LC530"
    severity = "warning"
    covers = ("dsm-read-heavy",)
    valid = (
        """
entities: {page: {count: 1k}}
components: {c: {kind: cache, keys: 500, coalesce: true}, db: {kind: store, workers: 4}}
flows: {r: {arrive: {rate: 800 /s, key: page}, steps: [c.get: {miss: [db.read: {work: exp(4 ms)}]}]}}
""",
        """
entities: {page: {count: 1k}}
components: {db: {kind: store, workers: 4}}
flows: {r: {arrive: {rate: 10 /s, key: page}, steps: [db.read: {work: exp(4 ms)}]}}
""",
    )
    invalid = (
        """
entities: {page: {count: 1k}}
components:
  db: {kind: store, workers: 4}  # <-
flows: {r: {arrive: {rate: 800 /s, key: page}, steps: [db.read: {work: exp(4 ms)}]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Busy stores with many reads."""
        for name, component in design.b.components.items():
            used = design.lines[name].utilisation
            if not isinstance(component, Store) or used is None or used < BUSY:
                continue
            sites = [s for s in design.sites if s.call.component == name]
            reads = [s for s in sites if s.call.verb == "read"]
            read, written = (sum(map(design.rate, found)) for found in (reads, [s for s in sites if s.writes]))
            cached = any(through == "miss" for s in reads for _, through in s.above)
            if read >= READS_PER_WRITE * written and read > 0 and not cached:
                message = (
                    f"{show(read, '1/s')} reads make {name} {show(used, 'ratio')} busy, and no cache stands before it"
                )
                yield Found(("components", name), message, "a cache.get with the read as its miss:, or a read replica")
