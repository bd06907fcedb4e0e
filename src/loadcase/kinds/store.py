"""Store: a database of shards, each kept in copies."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from loadcase.core.distributions import LogNormal
from loadcase.core.fields import Seconds, Work
from loadcase.kinds.base import Options, Sharded, Visit

Consistency = Literal["one", "quorum", "all", "async"]


class StoreOptions(Options):
    """Options of the verbs of a store."""

    entity: str | None = Field(None, description="The entity that is read or written.")
    consistency: Consistency | None = Field(None, description="Copies that must answer, for this call.")


class WriteOptions(StoreOptions):
    """Options of the verbs that change something."""

    sequence: str | None = Field(
        None, description="The entity by whose key the store numbers the writes; what is read in order follows it."
    )
    once: str | None = Field(
        None, description="Field of the entity that names the operation: a write that comes again has no second effect."
    )


def needed(level: Consistency, copies: int) -> int:
    """How many copies must answer: one (or the leader alone, async), a majority, or all."""
    return {"one": 1, "async": 1, "quorum": copies // 2 + 1, "all": copies}[level]


class Store(Sharded):
    """Keeps entities in `shards`, chosen by the key, each in `replicas` copies.

    What: a write (`write`, `append`, `update`, `claim`, `transact`) goes to every copy of its shard in parallel and is
    acknowledged when `write` of them have it: one, quorum, all; with `async` the leader alone answers and the other
    copies follow, each in the leader's order, `replication_lag` later. A read goes to one copy, or to all of them and
    waits for a quorum. Every copy is a node with `workers` and a queue, so that a hot shard emerges from the keys. With
    `failover` a leader that has been down for so long is replaced by the copy that has most; what only the old one had
    is gone, and it follows when it is back. Until then the shard takes no writes.

    Why: the partition key decides which shard saturates first; the quorum decides the latency and what a lost copy
    costs.

    Example:
        messages: {kind: store, like: cassandra, shards: 48, replicas: 3, write: quorum, read: one, zones: 3}

    Source: G. DeCandia et al., Dynamo, SOSP 2007; P. Bailis et al., PBS, PVLDB 5(8), 2012.
    """

    kind: Literal["store"] = "store"
    write: Consistency = Field("quorum", description="Copies that must have a write before it is acknowledged.")
    read: Literal["one", "leader", "quorum", "all"] = Field("one", description="Copies that must answer a read.")
    failover: Seconds | None = Field(
        None,
        description="Time from the death of a shard's leader until another copy leads; never when it is not given.",
    )
    replication_lag: Work | None = Field(
        None, description="With `write: async`: time from a commit until the leader sends it to the other copies."
    )
    placement: Literal["hash", "modulo"] = Field(
        "hash", description="Shard of a key: by hash, or by its rank modulo the number of shards."
    )

    def idle_fields(self) -> dict[str, str]:
        """Nobody balances over shards: the key chooses."""
        idle = {**super().idle_fields(), "balance": "the key chooses the shard"}
        if self.replicas == 1:
            idle["failover"] = "there is no other copy (replicas:)"
        if self.replicas == 1 or self.write != "async":
            idle["replication_lag"] = "its writes are sent to all copies at once (write:)"
        return idle

    @property
    def has_leaders(self) -> bool:
        """Whether one copy of each shard takes the writes."""
        return self.replicas > 1 and (self.write == "async" or self.failover is not None)

    verbs: ClassVar = {
        "read": StoreOptions,
        **dict.fromkeys(("write", "append", "update", "claim", "transact"), WriteOptions),
    }
    default_work: ClassVar = {
        "read": LogNormal.of(p50=0.001, p99=0.01),
        **dict.fromkeys(("write", "append", "update", "claim", "transact"), LogNormal.of(p50=0.002, p99=0.02)),
    }
    effects: ClassVar = frozenset({"write", "append", "update", "claim", "transact"})
    not_yet_options: ClassVar = dict.fromkeys(
        ("atomic", "condition", "fencing", "session"),
        "what a write means for correctness comes with histories and checkers",
    )

    def visits(self, verb: str, options: Options) -> tuple[Visit, ...]:
        """A read visits one copy or waits for some of all; a write visits every copy and waits for some."""
        work = self.work_of(verb, options)
        level: Any = getattr(options, "consistency", None)
        if verb == "read":
            level = level or self.read
            if level in ("one", "leader") or self.replicas == 1:
                return (Visit("main", work, "leader" if level == "leader" else "shard"),)
        else:
            level = level or self.write
            if self.replicas == 1:
                return (Visit("main", work, "leader"),)
            if level == "async":
                return (Visit("main", work, "leader"), Visit("main", work, "followers", self.replicas - 1, 0))
        return (Visit("main", work, "copies", self.replicas, needed(level, self.replicas)),)

    def work_of(self, verb: str, options: Options) -> Any:
        """As for every component; verbs other than read share the work given for `write`."""
        mine = self.work or {}
        if options.work is None and verb not in mine and verb != "read" and "write" in mine:
            return mine["write"]
        return super().work_of(verb, options)
