"""Failover: shards of a store get another leader."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from loadcase.core.fields import Ratio, Seconds, Whole
from loadcase.core.schedule import Change, Target
from loadcase.faults.base import NoTargetError, OnSome, Site, component

PLANNED, FORCED = 1.0, 2.0


class Failover(OnSome):
    """Shards of a store switch to another leader, as planned or by force.

    What: from `at` on the leader of each struck shard takes no writes: they are refused. After `takes` the copy that
    has most becomes the leader, of several the first; the old leader follows it. Until then a leader that is replaced
    as planned goes on to send what it has to the others; one that is replaced by force sends nothing more, and what
    only it had is gone, acknowledged or not. A store has leaders when its writes are `async`, or when it says after
    how long one is replaced (`failover:`). Of the other stores every copy takes writes.

    Why: maintenance switches leaders every month, and a nervous operator at the worst moment; whether acknowledged
    writes survive it is decided by how many copies had them.

    Example:
        failover: {on: accounts, mode: forced, at: 20 s}

    Source: Redis Sentinel documentation, acknowledged writes and failover; PostgreSQL 16 documentation, 27.3 Failover;
    GitHub, October 21 post-incident analysis, 2018.
    """

    on: str = Field(description="The store.")
    share: Ratio | None = Field(None, description="Share of its shards, at least one; all when nothing is said.")
    count: Whole | None = Field(None, description="Number of its shards, in place of a share.")
    mode: Literal["planned", "forced"] = Field("planned", description="Whether the old leader still sends what it has.")
    takes: Seconds = Field(5.0, description="Time until the other leader takes writes.")

    @property
    def end(self) -> float:
        """When there is another leader."""
        return self.at + self.takes

    def changes(self, site: Site) -> Iterator[Change]:
        """Its shards have no leader for a while."""
        part = component(site, self.on, "on")
        if not part.led:
            led = [n for n, p in site.parts.items() if p.led]
            hint = f"stores with leaders: {', '.join(led)}" if led else "give the store replicas: and failover:"
            raise NoTargetError("on", f"{self.on} is a {part.kind} without leaders", hint)
        shards = part.nodes // part.copies
        wanted = self.struck(shards, "shards")
        if self.takes <= 0.0:
            raise NoTargetError("takes", "a switch takes some time", "for example takes: 1 s")
        for shard in range(wanted):
            target: Target = ("shard", self.on, shard)
            how = FORCED if self.mode == "forced" else PLANNED
            yield Change(target, "shut", "set", how, self.at, self.end)
