"""Packet loss: some of what is sent has to be sent again."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from loadcase.core.fields import Ratio, Seconds
from loadcase.core.schedule import Change
from loadcase.faults.base import NoTargetError, OnLinks, Site


class PacketLoss(OnLinks):
    """A share of the messages on the network is lost and sent again, later.

    What: each request and each answer on a struck link is lost with probability `share`. The sender's connection sends
    it again after `resend`, and if that is lost too after twice that time, and so on up to 2 minutes. One message
    counts as one packet. Shares of several such faults add up; the longest `resend` holds.

    Why: loss of one in a hundred is no loss of work, but it is the p99.

    Example:
        packet_loss: {share: 1 %, at: 20 s, for: 20 s}

    Source: RFC 6298 (doubling, 5.5); the first 200 ms is Linux's TCP_RTO_MIN; at most 2 minutes is its TCP_RTO_MAX.
    """

    share: Ratio = Field(description="Share of the messages that is lost.")
    resend: Seconds = Field(0.2, description="Time until a lost message is sent again for the first time.")

    def changes(self, site: Site) -> Iterator[Change]:
        """Its links lose messages."""
        if not 0.0 < self.share < 1.0:
            hint = "write partition: for a link that loses everything" if self.share else "leave the fault out"
            raise NoTargetError("share", f"a share of {self.share:g} is not a loss of some", hint)
        if self.resend == 0.0:
            raise NoTargetError("resend", "what is sent again at once is not late", "for example resend: 200 ms")
        for link in self.links(site):
            yield self.change(link, "loss", "add", self.share)
            yield self.change(link, "resend", "set", self.resend)
