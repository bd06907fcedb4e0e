"""Store: a database of shards, each kept in copies."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from loadcase.core.distributions import LogNormal
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


class UpdateOptions(WriteOptions):
    """Options of `update`."""

    condition: Literal["unchanged"] | None = Field(
        None,
        alias="if",
        description="`unchanged`: compare and set. The update fails when the entity has changed since the operation "
        "read it.",
    )


def needed(level: Consistency, copies: int) -> int:
    """How many copies must answer: one (or the leader alone, async), a majority, or all."""
    return {"one": 1, "async": 1, "quorum": copies // 2 + 1, "all": copies}[level]


class Store(Sharded):
    """Keeps entities in `shards`, chosen by the key, each in `replicas` copies.

    What: a write (`write`, `append`, `update`, `claim`, `transact`) goes to every copy of its shard in parallel and is
    acknowledged when `write` of them have it: one, quorum, all; with `async` the leader alone answers and the other
    copies follow. An `update` that is made only `if` nothing has changed (compare and set) is decided by the leader of
    its shard, and then copied. A read goes to one copy, or to all of them and waits for a quorum. Every copy is a node
    with `workers` and a queue, so that a hot shard emerges from the keys.

    Why: the partition key decides which shard saturates first; the quorum decides the latency and what a lost copy
    costs.

    Example:
        messages: {kind: store, like: cassandra, shards: 48, replicas: 3, write: quorum, read: one, zones: 3}

    Source: G. DeCandia et al., Dynamo, SOSP 2007; P. Bailis et al., PBS, PVLDB 5(8), 2012.
    """

    kind: Literal["store"] = "store"
    write: Consistency = Field("quorum", description="Copies that must have a write before it is acknowledged.")
    read: Literal["one", "leader", "quorum", "all"] = Field("one", description="Copies that must answer a read.")
    placement: Literal["hash", "modulo"] = Field(
        "hash", description="Shard of a key: by hash, or by its rank modulo the number of shards."
    )

    def idle_fields(self) -> dict[str, str]:
        """Nobody balances over shards: the key chooses."""
        return {**super().idle_fields(), "balance": "the key chooses the shard"}

    verbs: ClassVar = {
        "read": StoreOptions,
        **dict.fromkeys(("write", "append", "claim", "transact"), WriteOptions),
        "update": UpdateOptions,
    }
    default_work: ClassVar = {
        "read": LogNormal.of(p50=0.001, p99=0.01),
        **dict.fromkeys(("write", "append", "update", "claim", "transact"), LogNormal.of(p50=0.002, p99=0.02)),
    }
    effects: ClassVar = frozenset({"write", "append", "update", "claim", "transact"})
    not_yet = {"failover": "electing another leader comes with histories"}
    not_yet_options: ClassVar = dict.fromkeys(
        ("atomic", "fencing", "session"),
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
        copies = Visit("main", work, "copies", self.replicas, needed(level, self.replicas))
        if getattr(options, "condition", None) is not None:  # the leader of the shard decides, and then they copy it
            return (Visit("main", super().work_of("read", Options()), "leader"), copies)
        return (copies,)

    def work_of(self, verb: str, options: Options) -> Any:
        """As for every component; verbs other than read share the work given for `write`."""
        mine = self.work or {}
        if options.work is None and verb not in mine and verb != "read" and "write" in mine:
            return mine["write"]
        return super().work_of(verb, options)
