"""Store: a database of shards, each kept in copies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, Field

from loadcase.core.distributions import Dist, LogNormal
from loadcase.core.fields import Amount, Seconds, Work
from loadcase.kinds.base import SPREAD, STRICT, Options, Sharded, Visit, WorkByVerb

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

    amount: Amount | None = Field(
        None, description="What the write adds to the entity; the amounts of one operation sum to zero in a ledger."
    )
    permission: Literal["grant", "revoke"] | None = Field(
        None,
        description="The entity is a permission: the write gives it, or takes it away. Every read of it is a check.",
    )


class Part(BaseModel):
    """One write of a transaction."""

    model_config = STRICT
    entity: str = Field(description="The entity that is written.")
    key: Any = Field(None, description="The entity whose key it is about; the flow's key by default.")
    amount: Amount | None = Field(None, description="What it adds.")


class TransactOptions(WriteOptions):
    """Options of `transact`."""

    writes: list[Part] | None = Field(None, description="What is written together: all of it, or nothing.")


class UpdateOptions(WriteOptions):
    """Options of `update`."""

    condition: Literal["unchanged"] | None = Field(
        None,
        alias="if",
        description="`unchanged`: compare and set. The update fails when the entity has changed since the operation "
        "read it.",
    )


class ClaimOptions(WriteOptions):
    """Options of `claim`."""

    atomic: bool = Field(
        True, description="Test and set in one step; `false` looks first, and then writes (check-then-act)."
    )
    lease: Seconds | None = Field(None, description="The claim ends by itself after this; for ever if not given.")
    fencing: bool = Field(
        False, description="What is written in `do` carries the number of the claim, and is refused after a later one."
    )


def needed(level: Consistency, copies: int) -> int:
    """How many copies must answer: one (or the leader alone, async), a majority, or all."""
    return {"one": 1, "async": 1, "quorum": copies // 2 + 1, "all": copies}[level]


class Store(Sharded):
    """Keeps entities in `shards`, chosen by the key, each in `replicas` copies.

    What: a write (`write`, `append`, `update`, `claim`, `transact`) goes to every copy of its shard in parallel and is
    acknowledged when `write` of them have it: one, quorum, all; with `async` the leader alone answers and the other
    copies follow, each in the leader's order, `replication_lag` later. An `update` that is made only `if` nothing has
    changed (compare and set) is decided by the leader of its shard, and then copied; so is a `claim`, unless it is not
    `atomic`. A `transact` with several `writes` visits the shard of each in turn, and none of them counts until all are
    there. A read goes to one copy, or to all of them and waits for a quorum, unless `read_from` says otherwise; it sees
    the newest of what the copies that it waits for had when they were looked at. `write_to: needed` sends a write to no
    more copies than must have it, and the others never get it. Every copy is a node with `workers` and a queue, so that
    a hot shard emerges from the keys. With `failover` a leader that has been down for so long is replaced by the copy
    that has most; what only the old one had is gone, and it follows when it is back. Until then the shard takes no
    writes.

    Why: the partition key decides which shard saturates first; the quorum decides the latency and what a lost copy
    costs.

    Example:
        messages: {kind: store, like: cassandra, shards: 48, replicas: 3, write: quorum, read: one, zones: 3}

    Source: G. DeCandia et al., Dynamo, SOSP 2007; P. Bailis et al., PBS, PVLDB 5(8), 2012.
    """

    kind: Literal["store"] = "store"
    write: Consistency = Field("quorum", description="Copies that must have a write before it is acknowledged.")
    read: Literal["one", "leader", "quorum", "all"] = Field("one", description="Copies that must answer a read.")
    read_from: Literal["needed", "all"] | None = Field(
        None,
        description="Copies that a read is sent to: those that it needs, at random, or all, of which the quickest "
        "count. Unless it is said one copy where one is needed, all where more are.",
    )
    write_to: Literal["needed", "all"] = Field(
        "all", description="Copies that a write is sent to: all, or at random only as many as must have it."
    )
    reply: WorkByVerb | None = Field(
        None, description="Further time of a copy from the effect, or the look, to its answer, or a mapping by verb."
    )
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
            idle |= dict.fromkeys(("read_from", "write_to"), "each shard has one copy")
            idle["failover"] = "there is no other copy (replicas:)"
        elif self.read == "leader":
            idle["read_from"] = "the leader answers"
        if self.replicas == 1 or self.write != "async":
            idle["replication_lag"] = "its writes are sent to all copies at once (write:)"
        return idle

    @property
    def has_leaders(self) -> bool:
        """Whether one copy of each shard takes the writes."""
        return self.replicas > 1 and (self.write == "async" or self.failover is not None)

    verbs: ClassVar = {
        "read": StoreOptions,
        **dict.fromkeys(("write", "append"), WriteOptions),
        "transact": TransactOptions,
        "update": UpdateOptions,
        "claim": ClaimOptions,
    }
    default_work: ClassVar = {
        "read": LogNormal.of(p50=0.001, p99=0.01),
        **dict.fromkeys(("write", "append", "update", "claim", "transact"), LogNormal.of(p50=0.002, p99=0.02)),
    }
    effects: ClassVar = frozenset({"write", "append", "update", "claim", "transact"})
    not_yet_options: ClassVar = {
        "session": "a session is said where its requests arrive (arrive.session), and no read is pinned to a copy"
    }

    def visits(self, verb: str, options: Options) -> tuple[Visit, ...]:
        """Those of one write or read; of a transaction those of its writes."""
        writes = options.writes if isinstance(options, TransactOptions) else None
        found = self._alone(verb, options)
        looked = Visit("main", super().work_of("read", Options()), "shard" if self.read == "one" else "leader")
        if verb == "claim" and getattr(options, "atomic", True) is False:
            found = (looked, *found)
        elif getattr(options, "condition", None) is not None or getattr(options, "atomic", False):
            # the leader of the shard decides, and where others copy it they do so afterwards
            decided = found[0].pick in SPREAD
            found = (
                (replace(looked, pick="leader"), *found) if decided else (replace(found[0], pick="leader"), *found[1:])
            )
        return found * len(writes or "1")

    def _alone(self, verb: str, options: Options) -> tuple[Visit, ...]:
        """A read visits one copy or waits for some of all; a write visits every copy and waits for some."""
        work, reply = self.work_of(verb, options), self.reply_of(verb)
        level: Any = getattr(options, "consistency", None)
        level = level or (self.read if verb == "read" else self.write)
        need = 1 if level == "leader" else needed(level, self.replicas)
        if verb == "read":
            to_all = self.read_from == "all" or (self.read_from is None and need > 1)
            if level == "leader":
                return (Visit("main", work, "leader", then=reply),)
        else:
            to_all = self.write_to == "all"
            if self.replicas == 1 or (level == "async" and not to_all):
                return (Visit("main", work, "leader", then=reply),)
            if level == "async":
                behind = Visit("main", work, "followers", self.replicas - 1, 0, then=reply)
                return (Visit("main", work, "leader", then=reply), behind)
        if to_all and self.replicas > 1:
            return (Visit("main", work, "copies", self.replicas, need, then=reply),)
        if need == 1:
            return (Visit("main", work, "shard", then=reply),)
        return (Visit("main", work, "some", need, need, then=reply),)

    def reply_of(self, verb: str) -> Dist | None:
        """Time from the effect to the answer; verbs other than read share what is given for `write`."""
        given = self.reply or {}
        other = None if verb == "read" else given.get("write")
        return given.get(verb) or other or given.get("*")

    def work_of(self, verb: str, options: Options) -> Any:
        """As for every component; verbs other than read share the work given for `write`."""
        mine = self.work or {}
        if options.work is None and verb not in mine and verb != "read" and "write" in mine:
            return mine["write"]
        return super().work_of(verb, options)
