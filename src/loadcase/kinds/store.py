"""Store: a database of shards, each kept in copies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, Field

from loadcase.core.distributions import LogNormal
from loadcase.core.fields import Amount, Seconds
from loadcase.kinds.base import STRICT, Options, Sharded, Visit

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
    copies follow. An `update` that is made only `if` nothing has changed (compare and set) is decided by the leader of
    its shard, and then copied; so is a `claim`, unless it is not `atomic`. A `transact` with several `writes` visits
    the shard of each in turn, and none of them counts until all are there. A read goes to one copy, or to all of them
    and waits for a quorum. Every copy is a node with `workers` and a queue, so that a hot shard emerges from the keys.

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
    not_yet = {"failover": "electing another leader comes with histories"}
    not_yet_options: ClassVar = {"session": "what belongs to a session comes with session guarantees"}

    def visits(self, verb: str, options: Options) -> tuple[Visit, ...]:
        """Those of one write or read; of a transaction those of its writes."""
        writes = options.writes if isinstance(options, TransactOptions) else None
        return self._visits(verb, options) * len(writes or "1")

    def _visits(self, verb: str, options: Options) -> tuple[Visit, ...]:
        """A read visits one copy or waits for some of all; a write visits every copy and waits for some."""
        work = self.work_of(verb, options)
        level: Any = getattr(options, "consistency", None)
        if verb == "read":
            level = level or self.read
            if level in ("one", "leader") or self.replicas == 1:
                return (Visit("main", work, "leader" if level == "leader" else "shard"),)
        else:
            level = level or self.write
        copies = Visit("main", work, "copies", self.replicas, needed(level, self.replicas))
        if verb == "read":
            return (copies,)
        looked = Visit("main", super().work_of("read", Options()), "shard" if self.read == "one" else "leader")
        before = () if getattr(options, "atomic", True) else (looked,)
        if self.replicas == 1:
            return (*before, Visit("main", work, "leader"))
        if level == "async":
            return (*before, Visit("main", work, "leader"), Visit("main", work, "followers", self.replicas - 1, 0))
        if self.decides(options):  # the leader of the shard decides, and then they copy it
            return (replace(looked, pick="leader"), copies)
        return (*before, copies)

    @staticmethod
    def decides(options: Options) -> bool:
        """Whether a write is made only under a condition, on which the leader of its shard decides."""
        return getattr(options, "condition", None) is not None or getattr(options, "atomic", False)

    def work_of(self, verb: str, options: Options) -> Any:
        """As for every component; verbs other than read share the work given for `write`."""
        mine = self.work or {}
        if options.work is None and verb not in mine and verb != "read" and "write" in mine:
            return mine["write"]
        return super().work_of(verb, options)
