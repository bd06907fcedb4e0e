"""Consumer pause: a consuming flow takes no messages for a while."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from loadcase.core.schedule import Change
from loadcase.faults.base import Lasting, NoTargetError, Site, near


class ConsumerPause(Lasting):
    """A consuming flow takes no messages: they wait, as lag, until it goes on.

    What: while it lasts no message of `flow` is taken; those that have been taken are worked on. Afterwards all of
    them are there to be taken, in their order. What is published to others is not touched.

    Why: a deploy, a rebalance, a poisoned configuration: how long the backlog takes to go is what the spare capacity
    of the consumers buys.

    Example:
        consumer_pause: {flow: follow, at: 20 s, for: 10 s}

    Source: J. Kreps, N. Narkhede, J. Rao, Kafka: a Distributed Messaging System for Log Processing, NetDB 2011.
    """

    flow: str = Field(description="The consuming flow.")
    divides = True

    def changes(self, site: Site) -> Iterator[Change]:
        """The flow's gate is shut."""
        fitting = [n for n, r in site.routes.items() if r.source == "consume"]
        if self.flow not in fitting:
            found = self.flow in site.routes
            message = f"{self.flow} consumes nothing" if found else f"there is no flow {self.flow!r}"
            raise NoTargetError("flow", message, near(self.flow, fitting))
        yield self.change(("consumer", self.flow), "stopped", "set", 1.0)
