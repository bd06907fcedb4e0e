"""Clock skew: clients' clocks are wrong."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from loadcase.core.fields import Seconds
from loadcase.core.schedule import Change
from loadcase.faults.base import NoTargetError, OfClients, Site


class ClockSkew(OfClients):
    """The clocks of clients are off, each by another amount.

    What: a request of `flow`, or of every flow whose clients arrive, that is sent while it lasts carries the time of a
    clock that is off by an amount from the uniform distribution between -`skew` and `skew`. It matters where order is
    that of the clients' times: at consumers of what a store has committed without `sequence`. Where the server gives
    the order, nothing changes. Several such faults add up.

    Why: phones are minutes off, and servers drift by milliseconds between synchronisations: an answer with an earlier
    timestamp than its question is sorted before it.

    Example:
        clock_skew: {skew: 2 s, at: 20 s, for: 20 s}

    Source: M. Kleppmann, Designing Data-Intensive Applications, 2017, chapter 8 (unreliable clocks); L. Lamport, Time,
    Clocks, and the Ordering of Events in a Distributed System, CACM 21(7), 1978.
    """

    skew: Seconds = Field(description="The most that a clock is off, either way.")
    divides = True

    def changes(self, site: Site) -> Iterator[Change]:
        """How far the clocks are off."""
        flows = self.flows(site)
        if not any(r.source == "consume" for r in site.routes.values()):
            raise NoTargetError("", "nothing is delivered, so that nobody looks at an order", "leave the fault out")
        if self.skew == 0.0:
            raise NoTargetError("skew", "a skew of 0 is nothing", "leave the fault out")
        for name in flows:
            yield self.change(("clock", name), "skew", "add", self.skew)
