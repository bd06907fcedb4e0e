"""Added latency: the network takes longer."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from loadcase.core.fields import Seconds
from loadcase.core.schedule import Change
from loadcase.faults.base import NoTargetError, OnLinks, Site


class AddedLatency(OnLinks):
    """The network takes longer between two places, or everywhere.

    What: whatever sets out on a struck link takes `delay` longer, each way. Several such faults add up.

    Why: a route over another continent or a full link makes chatty calls visible.

    Example:
        added_latency: {between: [api, db], delay: 20 ms, at: 20 s, for: 20 s}

    Source: A. Basiri et al., Chaos Engineering, IEEE Software 33(3), 2016.
    """

    delay: Seconds = Field(description="Time that is added, one way.")

    def changes(self, site: Site) -> Iterator[Change]:
        """Its links are longer."""
        if self.delay == 0.0:
            raise NoTargetError("delay", "a delay of 0 is nothing", "leave the fault out")
        for link in self.links(site):
            yield self.change(link, "added", "add", self.delay)
