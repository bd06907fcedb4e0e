"""Bad deploy: some replicas run a version that is slow or fails."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from loadcase.core.fields import Factor, Ratio
from loadcase.core.schedule import Change
from loadcase.faults.base import Lasting, NoTargetError, OnReplicas, Site


class BadDeploy(OnReplicas, Lasting):
    """A share of the replicas runs a bad version, which is slow, fails, or both.

    What: until it is rolled back (`for`) the struck replicas take `factor` times as long and fail a share `errors` of
    their requests, as in slow and error_burst. Balancers do not know: the replicas answer their health checks.

    Why: most outages begin with a change; how far it had been rolled out decides how bad they are. With least_loaded
    balancing replicas that fail fast draw the traffic to themselves.

    Example:
        bad_deploy: {on: api, share: 10 %, errors: 50 %, at: 20 s, for: 20 s}

    Source: B. Beyer et al., Site Reliability Engineering, 2016, chapter 27 (70 % of outages are due to changes, chapter
    1).
    """

    factor: Factor = Field(1.0, description="Factor on the service time.")
    errors: Ratio = Field(0.0, description="Share of the requests that fail.")
    divides = True

    def changes(self, site: Site) -> Iterator[Change]:
        """The speed and the error probability of its replicas."""
        if self.factor == 1.0 and self.errors == 0.0:
            raise NoTargetError("", "the new version is as good as the old one", "give factor:, errors: or both")
        for replica in self.replicas(site):
            if self.factor != 1.0:
                yield self.change(replica, "speed", "factor", self.factor)
            if self.errors > 0.0:
                yield self.change(replica, "errors", "add", self.errors)
