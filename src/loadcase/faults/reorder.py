"""Reorder: a share of the messages is overtaken by later ones."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from loadcase.core.fields import Ratio, Seconds
from loadcase.core.schedule import Change
from loadcase.faults.base import Lasting, NoTargetError, Site, messages


class Reorder(Lasting):
    """A share of the messages takes longer to reach its consumer, and later ones overtake it where they can.

    What: while it lasts a message that `on` hands to a consuming flow is, with probability `share`, `delay` longer on
    its way. Where the flow consumes a log in order (`in_order`), those behind it wait for it; elsewhere they pass. On a
    gateway it is the push that takes longer. Of several such faults the longest delay counts, and the shares add up.

    Why: queues, topics and parallel workers promise no order, and a test with three messages never shows it.

    Example:
        reorder: {on: changes, share: 5 %, delay: 500 ms, at: 20 s, for: 20 s}

    Source: Amazon SQS developer guide, message ordering of standard queues; L. Lamport, Time, Clocks, and the Ordering
    of Events in a Distributed System, CACM 21(7), 1978.
    """

    on: str = Field(description="The log, queue, topic or gateway.")
    share: Ratio = Field(description="Share of the messages that take longer.")
    delay: Seconds = Field(description="How much longer.")
    divides = True

    def changes(self, site: Site) -> Iterator[Change]:
        """The share of its messages, and their delay."""
        target = messages(site, self.on)
        for name, value in (("share", self.share), ("delay", self.delay)):
            if value == 0.0:
                raise NoTargetError(name, f"a {name} of 0 is nothing", "leave the fault out")
        yield self.change(target, "late", "add", self.share)
        yield self.change(target, "delay", "set", self.delay)
