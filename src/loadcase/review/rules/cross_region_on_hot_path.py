"""A round trip between regions within a latency that forbids it."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.blueprint.steps import Spawn, Step, children
from loadcase.core.values import show
from loadcase.kinds.base import Component, Visit
from loadcase.review.design import Design, Site
from loadcase.review.rule import Found, Rule


class CrossRegionOnHotPath(Rule):
    """A flow waits for another region, and its promised time is gone with that.

    What: a call that the client waits for needs copies in more than one region (a quorum or all of them), and the round
    trips between regions of such calls, one after the other, take as long as the flow's tightest promise, or longer.

    Why: distance does not get faster: no tuning wins back a round trip of 80 ms from a promise of 100 ms.

    Source: P. Norvig, J. Dean, Latency numbers every programmer should know; D. Abadi, Consistency Tradeoffs in Modern
    Distributed Database System Design, IEEE Computer 45(2), 2012 (PACELC).
    """

    code = "LC529"
    severity = "error"
    covers = ("est-cross-region-hot-path",)
    valid = (
        """
requirements: {contract: [w.p95 < 300 ms]}
components: {db: {kind: store, replicas: 3, regions: 3, write: quorum}}
flows: {w: {arrive: {rate: 1 /s}, steps: [db.write]}}
""",
        """
requirements: {contract: [w.p95 < 60 ms]}
components: {db: {kind: store, replicas: 3, regions: 3, write: async, failover: 30 s}}
flows: {w: {arrive: {rate: 1 /s}, steps: [db.write]}}
""",
    )
    invalid = (
        """
requirements: {contract: [w.p95 < 60 ms]}
components: {db: {kind: store, replicas: 3, regions: 3, write: quorum}}
flows:
  w:
    arrive: {rate: 1 /s}
    steps:
      - db.write  # <-
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Flows with a promise, and their calls that wait for another region."""
        network = design.b.network
        if network is None:
            return
        trip = 2.0 * network.cross_region.mean()
        for flow in design.arriving:
            lines = [g for g in design.latency_promises(flow.name) if not g.metric.endswith(".mean")]
            crossing = [s for s in design.of(flow.name) if always(s) and crosses(s.component, s)]
            if not lines or not crossing:
                continue
            tightest = min(lines, key=lambda g: g.bound)
            if trip * len(crossing) >= tightest.bound:
                spent = show(trip * len(crossing), "s")
                message = f"waits {spent} for another region, and the contract says {tightest.text}"
                hint = "write: async, a leader beside its readers, or a promise that the distance allows"
                yield Found(crossing[0].call.path, message, hint)


def always(site: Site) -> bool:
    """Whether every operation waits for the call: it is in no branch, fallback or miss, and not spawned."""

    def inside(step: Step, through: str) -> bool:
        if isinstance(step, Spawn) or through in ("fallback", "miss"):
            return True
        lists = children(step)
        return len(lists) > 1 and through == "steps"

    return not any(inside(step, through) for step, through in site.above)


def crosses(component: Component, site: Site) -> bool:
    """Whether a call has to hear from more copies than one region has."""

    def far(visit: Visit) -> bool:
        pool = next(p for p in component.pools() if p.name == visit.pool)
        copies = pool.stations // max(1, pool.groups)
        return visit.pick == "copies" and visit.need > -(-copies // component.regions)

    return component.regions > 1 and any(far(v) for v in component.visits(site.call.verb, site.call.options))
