"""One key that fills a shard."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.core.values import show
from loadcase.kinds.base import Sharded
from loadcase.kinds.log import Log
from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule

FULL = 0.8
SPREAD = 2.0
"""Times that the hottest is busier than all together."""


class HotShard(Rule):
    """A popular key makes one shard or partition twice as busy as the others, and nearly full.

    What: in closed form at the peak the hottest shard, partition or ordered key is more than 80 % full, and at least
    twice as busy as the component as a whole.

    Why: more shards do not help: one key lives on one of them. It has to be split, cached, sampled or batched.

    Source: M. Kleppmann, Designing Data-Intensive Applications, 2017, ch. 6 (skewed workloads and hot spots).
    """

    code = "LC538"
    severity = "warning"
    covers = ("dsm-hot-key", "trg-hot-key")
    valid = (
        """
entities: {user: {count: 1M, popularity: zipf(0.5)}}
components: {db: {kind: store, shards: 16, workers: 4}}
flows: {w: {arrive: {rate: 5k /s, key: user}, steps: [db.write: {work: exp(4 ms)}]}}
""",
    )
    invalid = (
        """
entities: {user: {count: 1k, popularity: "hot(10 %, 1)"}}
components:
  db: {kind: store, shards: 16, workers: 4}  # <-
flows: {w: {arrive: {rate: 5k /s, key: user}, steps: [db.write: {work: exp(4 ms)}]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Partitioned components by their hottest part."""
        for name, line in design.lines.items():
            component = design.b.components[name]
            parts = component.shards if isinstance(component, Sharded) else getattr(component, "partitions", 1)
            if parts == 1 or not isinstance(component, Sharded | Log) or design.managed(name):
                continue
            hottest, mean = line.hottest or 0.0, line.utilisation or 0.0
            if hottest > FULL and hottest >= SPREAD * mean:
                part = "partition" if isinstance(component, Log) else "shard"
                message = (
                    f"the hottest {part} of {name} is {show(hottest, 'ratio')} full, all of it {show(mean, 'ratio')}"
                )
                yield Found(("components", name), message, "a finer key, a cache before it, or batches for hot keys")
