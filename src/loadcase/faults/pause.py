"""Pause: replicas stop for a while and then go on where they were."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from loadcase.core.fields import Seconds
from loadcase.core.schedule import Change
from loadcase.faults.base import Lasting, OnReplicas, Site


class Pause(OnReplicas, Lasting):
    """Replicas stop and go on later: nothing is lost, and everything there is late.

    What: from `at` on nothing moves at a struck replica: what is in service keeps the time that it still needs, its
    queue stands and fills up, answers that come back to it lie there. When the pause is over all of it goes on. Callers
    do not know; their timeouts run. Balancers learn of it after `detect` and leave it out until it is over. Messages
    that it had taken stay taken.

    Why: a long garbage collection or a stalled virtual machine is no crash: the work is done, after its callers have
    given up and asked somebody else.

    Example:
        pause: {on: api, count: 1, at: 20 s, for: 5 s}

    Source: M. Kleppmann, Designing Data-Intensive Applications, 2017, chapter 8 (process pauses); for `detect` as in
    crash.
    """

    detect: Seconds = Field(6.0, description="Time until balancers send a paused replica nothing more.")
    divides = True

    def changes(self, site: Site) -> Iterator[Change]:
        """Its replicas stand still."""
        for replica in self.replicas(site):
            yield self.change(replica, "paused", "set", 1.0)
            if self.at + self.detect < self.end:
                yield Change(replica, "out", "set", 1.0, self.at + self.detect, self.end)
