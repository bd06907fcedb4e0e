"""Duplicate delivery: a share of the messages comes twice."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from loadcase.core.fields import Ratio
from loadcase.core.schedule import Change
from loadcase.faults.base import Lasting, NoTargetError, Site, messages


class DuplicateDelivery(Lasting):
    """A log, queue or topic hands a share of its messages out twice, or a gateway's pushes arrive twice.

    What: while it lasts a message that `on` hands to a consuming flow is, with probability `share`, handed to it a
    second time: in a log right behind the first in its partition. Both are worked on. On a gateway it is the push that
    reaches its client twice. The metrics of the flow count the first one alone.

    Why: every system that promises at-least-once delivery does this one day; without an identity that the receiver
    checks, it is an email that comes twice or a charge that is made twice.

    Example:
        duplicate_delivery: {on: changes, share: 5 %, at: 20 s, for: 20 s}

    Source: Amazon SQS developer guide, At-least-once delivery; Apache Kafka documentation, 4.6 Message delivery
    semantics.
    """

    on: str = Field(description="The log, queue, topic or gateway.")
    share: Ratio = Field(description="Share of the messages that come twice.")
    divides = True

    def changes(self, site: Site) -> Iterator[Change]:
        """The share of its messages."""
        target = messages(site, self.on)
        if self.share == 0.0:
            raise NoTargetError("share", "a share of 0 is nothing", "leave the fault out")
        yield self.change(target, "again", "add", self.share)
