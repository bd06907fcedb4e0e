"""Crash: replicas die and lose what they were doing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from loadcase.core.fields import Seconds
from loadcase.core.schedule import Change, Target
from loadcase.faults.base import REFUSES, SILENT, Lasting, OnReplicas, Site


class Dies(Lasting):
    """What all faults share in which replicas die."""

    detect: Seconds = Field(
        6.0, description="Time until balancers send a dead replica nothing more; it is back in turn at once."
    )
    takeover: Seconds = Field(45.0, description="Time until another consumer takes over the partitions of a dead one.")

    def down(self, site: Site, replica: Target, how: float) -> Iterator[Change]:
        """A replica dies; what a cache held is lost with it."""
        yield self.change(replica, "down", "set", how)
        if self.at + self.detect < self.end:
            yield Change(replica, "out", "set", 1.0, self.at + self.detect, self.end)
        if self.at + self.takeover < self.end:
            yield Change(replica, "taken", "set", 1.0, self.at + self.takeover, self.end)
        if site.parts[str(replica[1])].caches:
            yield Change(("cache", *replica[1:]), "flush", "add", 1.0, self.at)


class Crash(OnReplicas, Dies):
    """Replicas die: the work in service and in the queue is lost, and nothing is served until they are back.

    What: at `at` the process of each struck replica ends. Requests in service, in its queue, and those that it was
    making calls for end there; calls that it had made go on at their callees, and nobody hears their answers. With
    `answer: refuse` (a process that died on a machine that lives) the callers hear of it after the time of the network,
    and new calls are refused likewise. With `answer: silence` (a machine that is gone) nobody answers: a caller waits
    for its timeout, and one without a timeout until the replica is back. After `for` it serves again, a cache with
    nothing in it. Balancers learn of it after `detect` and then leave the replica out. A message that it had taken
    comes again: of a log when its partition has been taken over (`takeover`) or it is back, of a queue after the
    visibility timeout, of a topic never. A store answers as long as enough copies of the shard are up; where it has
    leaders, another copy takes the place of a dead one after the store's `failover`, and without that nobody does.

    Why: it is the fault that every design meets, and the one that shows what a retry, a spare replica and a quorum
    are worth.

    Example:
        crash: {on: api, share: 25 %, at: 20 s, for: 20 s}

    Source: for `detect`, HAProxy Configuration Manual 2.8 (a check every 2 s, down after 3); for `takeover`, Apache
    Kafka 3 documentation, session.timeout.ms; refusal or silence, RFC 9293 section 3.5.2.
    """

    answer: Literal["refuse", "silence"] = Field("refuse", description="What callers of a dead replica hear.")
    divides = True

    def changes(self, site: Site) -> Iterator[Change]:
        """Its replicas are down."""
        for replica in self.replicas(site):
            yield from self.down(site, replica, REFUSES if self.answer == "refuse" else SILENT)
