"""Slow: replicas take longer for the same work."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from loadcase.core.fields import Factor
from loadcase.core.schedule import Change
from loadcase.faults.base import Lasting, OnReplicas, Site


class Slow(OnReplicas, Lasting):
    """Replicas take longer: every service that begins meanwhile lasts `factor` times as long.

    What: the service time of each struck replica is multiplied by `factor` for services that begin while the fault
    lasts; what is in service goes on as it was. Several such faults multiply.

    Why: a slow dependency is worse than a dead one, because its callers hold their workers while they wait.

    Example:
        slow: {on: db, factor: 5, at: 20 s, for: 20 s}

    Source: P. Huang et al., Gray Failure: The Achilles' Heel of Cloud-Scale Systems, HotOS 2017.
    """

    factor: Factor = Field(description="Factor on the service time.")
    divides = True

    def changes(self, site: Site) -> Iterator[Change]:
        """The speed of its replicas."""
        for replica in self.replicas(site):
            yield self.change(replica, "speed", "factor", self.factor)
