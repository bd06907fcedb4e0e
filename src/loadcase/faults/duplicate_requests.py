"""Duplicate requests: clients send some requests twice."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from loadcase.core.fields import Ratio
from loadcase.core.schedule import Change
from loadcase.faults.base import NoTargetError, OfClients, Site


class DuplicateRequests(OfClients):
    """A share of the requests is sent twice, with the same identity.

    What: with probability `share` a request of `flow`, or of every flow whose clients arrive, is sent a second time at
    the same moment, about the same key: a double click, a proxy that sends again. Both do their work; the client
    waits for the first one alone, and it stays one logical operation.

    Why: it is more load, and it is the reason for idempotency.

    Example:
        duplicate_requests: {share: 5 %}

    Source: P. Helland, Idempotence Is Not a Medical Condition, ACM Queue 10(4), 2012.
    """

    share: Ratio = Field(description="Share of the requests that are sent twice.")
    divides = True

    def changes(self, site: Site) -> Iterator[Change]:
        """The share of each flow."""
        flows = self.flows(site)
        if self.share == 0.0:
            raise NoTargetError("share", "a share of 0 is nothing", "leave the fault out")
        for name in flows:
            yield self.change(("flow", name), "twice", "add", self.share)
