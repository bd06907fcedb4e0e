"""A part that the contract does not need."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class OverEngineered(Rule):
    """A part of the design can be taken out, and every guarantee still holds in every case.

    What: `loadcase review --deep` takes out in turn each component that stands between others (caches, logs, queues,
    topics, limiters, balancers of one), each further region and zone, half of the replicas, shards, partitions and
    copies, and each policy that a fault of some case puts to the test, and runs what is left in all cases. Reported is
    what can go together: with no guarantee broken, on paper (the availability of machines included) or in the runs, no
    other rule finding a flaw that was not there, and room left after the loss of a zone or a machine.

    Why: too much design is a defect too. What no guarantee needs is paid for, deployed, watched and understood by
    somebody, and fails in its own ways.

    Source: ablation, as in A. Newell, A Tutorial on Speech Understanding Systems, 1975; D. McKinley, Choose Boring
    Technology, 2015; published interview guides (the simplest baseline that meets the contract).
    """

    code = "LC599"
    severity = "warning"
    covers = ("pit-internet-scale-reflex",)
    deep = True
    valid = (
        """
requirements: {contract: [r.p95 < 20 ms, s.utilisation < 60 %]}
entities: {item: {count: 100}}
network: {client: 1 ms}
components:
  c: {kind: cache, replicas: 1, keys: 90}
  s: {kind: store}
flows: {r: {arrive: {rate: 800 /s, key: item, timeout: 1 s}, steps: [c.get: {miss: [s.read: {work: 1 ms}]}]}}
cases: {normal: {duration: 2 s}}
""",
    )
    invalid = (
        """
requirements: {contract: [r.p95 < 20 ms, s.utilisation < 60 %]}
entities: {item: {count: 100}}
network: {client: 1 ms}
components:
  c: {kind: cache, replicas: 1, keys: 90, price: 50 USD/month}  # <-
  s: {kind: store}
flows: {r: {arrive: {rate: 100 /s, key: item, timeout: 1 s}, steps: [c.get: {miss: [s.read: {work: 1 ms}]}]}}
cases: {normal: {duration: 2 s}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Nothing: paper does not show it."""
        yield from ()
