"""Disk full: writes are refused, reads go on."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.core.schedule import Change
from loadcase.faults.base import Lasting, NoTargetError, OnReplicas, Site, component

STORING = ("store", "log", "queue")


class DiskFull(OnReplicas, Lasting):
    """Replicas of a store, a log or a queue have no room left: writes are refused, reads go on.

    What: while it lasts what would be stored at a struck replica is refused there, once it has been received and looked
    at. A write goes on as long as enough other copies have room; a copy that follows a leader gets what it has missed
    when there is room again.

    Why: it is the outage that monitoring should have seen a week before, and a half of it: the service answers its
    health checks and its reads, while nothing that anybody does is kept.

    Example:
        disk_full: {on: messages, share: 25 %, at: 20 s, for: 20 s}

    Source: B. Beyer et al., Site Reliability Engineering, 2016, chapter 26 (data integrity); PostgreSQL 16
    documentation, 29.2 Disk Full Failure.
    """

    divides = True

    def changes(self, site: Site) -> Iterator[Change]:
        """Its replicas refuse to store."""
        part = component(site, self.on, "on")
        if part.kind not in STORING:
            stores = [n for n, p in site.parts.items() if p.kind in STORING]
            hint = f"it could be {', '.join(stores)}" if stores else "the design stores nothing"
            raise NoTargetError("on", f"{self.on} is a {part.kind}, which stores nothing", hint)
        if not part.written:
            raise NoTargetError("on", f"no step writes to {self.on}", "leave the fault out")
        for replica in self.replicas(site):
            yield self.change(replica, "full", "set", 1.0)
