"""Duplicate requests: clients send some requests twice."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from loadcase.core.fields import Ratio
from loadcase.core.schedule import Change
from loadcase.faults.base import Lasting, NoTargetError, Site, near


class DuplicateRequests(Lasting):
    """A share of the requests is sent twice, with the same identity.

    What: with probability `share` a request of `flow`, or of every flow whose clients arrive, is sent a second time at
    the same moment, about the same key: a double click, a proxy that sends again. Both do their work; the client
    waits for the first one alone, and it stays one logical operation.

    Why: it is more load, and it is the reason for idempotency.

    Example:
        duplicate_requests: {share: 5 %}

    Source: P. Helland, Idempotence Is Not a Medical Condition, ACM Queue 10(4), 2012.
    """

    flow: str | None = Field(None, description="The flow; every one whose clients arrive when it is not given.")
    share: Ratio = Field(description="Share of the requests that are sent twice.")
    divides = True

    def changes(self, site: Site) -> Iterator[Change]:
        """The share of each flow."""
        fitting = [n for n, r in site.routes.items() if r.source != "consume"]
        if (self.flow is not None and self.flow not in fitting) or not fitting:
            found = self.flow in site.routes
            message = f"{self.flow} has no clients" if found else f"there is no flow {self.flow!r}"
            raise NoTargetError("flow", message, near(self.flow or "", fitting))
        if self.share == 0.0:
            raise NoTargetError("share", "a share of 0 is nothing", "leave the fault out")
        for name in [self.flow] if self.flow is not None else fitting:
            yield self.change(("flow", name), "twice", "add", self.share)
