"""Error burst: replicas fail a share of their requests."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from loadcase.core.fields import Ratio
from loadcase.core.schedule import Change
from loadcase.faults.base import Lasting, NoTargetError, OnReplicas, Site


class ErrorBurst(OnReplicas, Lasting):
    """Replicas fail a share of the requests that they have worked on.

    What: each struck replica answers a request with an error, with probability `errors`, after its service time and
    before it does anything: nothing is looked up, published or called. Several such faults add up.

    Why: errors that come and go are what retries are for; errors that stay are what retries make worse.

    Example:
        error_burst: {on: psp, errors: 30 %, at: 20 s, for: 10 s}

    Source: B. Beyer et al., Site Reliability Engineering, 2016, chapter 22 (cascading failures).
    """

    errors: Ratio = Field(description="Share of the requests that fail.")
    divides = True

    def changes(self, site: Site) -> Iterator[Change]:
        """The error probability of its replicas."""
        if self.errors == 0.0:
            raise NoTargetError("errors", "a share of 0 fails nothing", "leave the fault out")
        for replica in self.replicas(site):
            yield self.change(replica, "errors", "add", self.errors)
