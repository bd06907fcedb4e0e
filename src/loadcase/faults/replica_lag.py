"""Replica lag: copies of a store get what is written later than usual."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from loadcase.core.fields import Ratio, Seconds
from loadcase.core.schedule import Change
from loadcase.faults.base import Lasting, NoTargetError, Site, component


class ReplicaLag(Lasting):
    """Copies of a store are behind: what is written while it lasts reaches them later.

    What: a write that is made while the fault lasts reaches a struck copy `lag` later than it would. Struck is a share
    of the copies beside the first one of each shard, which leads where there are leaders. What a copy gets from a
    leader stays in order, so that it catches up `lag` after the end of the fault. Where copies are written at once
    (`write: one`, `quorum`, `all`) those that are not struck answer; a write that needs a struck one waits for it.

    Why: a long transaction, a slow disk or a rebuilt index, and reads from that copy tell the past to whoever happens
    to be sent there; should it become the leader, the past is all there is.

    Example:
        replica_lag: {on: messages, lag: 5 s, at: 20 s, for: 20 s}

    Source: P. Bailis et al., Probabilistically Bounded Staleness, PVLDB 5(8), 2012; M. Kleppmann, Designing
    Data-Intensive Applications, 2017, chapter 5 (problems with replication lag).
    """

    on: str = Field(description="The store.")
    share: Ratio | None = Field(
        None, description="Share of the copies beside the first of each shard; all when nothing is said."
    )
    lag: Seconds = Field(description="Time that is added.")

    def changes(self, site: Site) -> Iterator[Change]:
        """Its copies lag behind."""
        part = component(site, self.on, "on")
        if part.kind != "store" or part.copies == 1:
            stores = [n for n, p in site.parts.items() if p.kind == "store" and p.copies > 1]
            hint = f"stores with copies: {', '.join(stores)}" if stores else "give a store replicas:"
            raise NoTargetError("on", f"{self.on} is a {part.kind} without other copies", hint)
        if self.share == 0.0:
            raise NoTargetError("share", "a share of 0 strikes nothing", "leave the fault out")
        if self.lag == 0.0:
            raise NoTargetError("lag", "a lag of 0 is nothing", "leave the fault out")
        shards = part.nodes // part.copies
        others = [s * part.copies + copy for copy in range(1, part.copies) for s in range(shards)]
        wanted = len(others) if self.share is None else max(1, round(self.share * len(others)))
        for node in others[:wanted]:
            yield self.change(("replica", part.name, node), "lag", "add", self.lag)
