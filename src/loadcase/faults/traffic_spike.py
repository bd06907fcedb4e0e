"""Traffic spike: more requests arrive than usual."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from loadcase.core.fields import Factor
from loadcase.core.schedule import Change
from loadcase.faults.base import Lasting, NoTargetError, Site, near


class TrafficSpike(Lasting):
    """The arrival rate of a flow is multiplied for a while.

    What: requests of `flow`, or of every flow whose clients arrive, come `factor` times as often, in the flow's own
    pattern. A factor under 1 is a lull. A closed loop and a replayed trace have no rate to multiply.

    Why: a sale, a goal, a push notification to everybody: load that comes faster than capacity can.

    Example:
        traffic_spike: {flow: read, factor: 4, at: 20 s, for: 10 s}

    Source: A. Bronson et al., Metastable Failures in Distributed Systems, HotOS 2021 (load spikes as triggers).
    """

    flow: str | None = Field(None, description="The flow; every one that arrives at a rate when it is not given.")
    factor: Factor = Field(description="Factor on the arrival rate.")
    divides = True

    def changes(self, site: Site) -> Iterator[Change]:
        """The arrival rates."""
        fitting = {n: r for n, r in site.routes.items() if r.source == "open"}
        if self.flow is not None and self.flow not in fitting:
            found = site.routes.get(self.flow)
            why = {None: f"there is no flow {self.flow!r}", "closed": f"{self.flow} is a closed loop, without a rate",
                   "trace": f"{self.flow} replays a trace, without a rate",
                   "consume": f"{self.flow} consumes: its messages come from other flows"}  # fmt: skip
            raise NoTargetError("flow", why[found.source if found else None], near(self.flow, fitting))
        if not fitting:
            raise NoTargetError("", "no flow arrives at a rate", "a spike multiplies the rate of an open flow")
        for name in [self.flow] if self.flow is not None else fitting:
            yield self.change(("flow", name), "arrivals", "factor", self.factor)
