"""Log: an append-only, partitioned stream that consumers read in order."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from loadcase.core.distributions import LogNormal
from loadcase.core.fields import Seconds, Whole
from loadcase.kinds.base import Component, Options, Pool, Visit


class PublishOptions(Options):
    """Options of `publish`."""

    entity: str | None = Field(None, description="The entity whose message this is.")


class Log(Component):
    """Appends messages to `partitions` by key and hands them to every consuming flow in the order of the partition.

    What: `publish` occupies the partition's leader (and with `acks: all` waits for the other copies; with `none` for
    nothing) and appends. A flow with `consume: {log: ...}` is one consumer group: each partition belongs to one
    replica of the `by` service, and messages wait, as lag, until that replica takes them. `from: store` appends every
    committed change of that store by itself (change data capture).

    Why: order holds within a partition only, and one partition is as fast as its one consumer: too few partitions is
    lag, a hot key is lag on one of them.

    Example:
        changes: {kind: log, like: kafka, partitions: 256, replicas: 3, acks: all, from: messages}

    Source: J. Kreps, N. Narkhede, J. Rao, Kafka: a Distributed Messaging System for Log Processing, NetDB 2011.
    """

    kind: Literal["log"] = "log"
    partitions: Whole = Field(1, description="Partitions; order holds within one.")
    replicas: Whole = Field(1, description="Copies of each partition.")
    brokers: Whole | None = Field(None, description="Machines, for the cost; one per copy of 100 partitions.")
    acks: Literal["none", "leader", "all"] = Field("all", description="Copies that must have a message.")
    key: Any = Field(None, description="The entity whose key chooses the partition; the flow's key by default.")
    source: str | None = Field(None, alias="from", description="The store whose committed changes feed the log.")
    delay: Seconds = Field(0.0, description="Time from a commit at the source to its append, with `from`.")

    def idle_fields(self) -> dict[str, str]:
        """Nobody balances over partitions: the key chooses. A log that no store feeds is not behind it."""
        idle = {**super().idle_fields(), "balance": "the key chooses the partition"}
        return idle if self.source else {**idle, "delay": "no store feeds the log (from:)"}

    verbs = {"publish": PublishOptions}
    behaviours = {"publish": "publish"}
    default_work: ClassVar = {"publish": LogNormal.of(p50=0.002, p99=0.005)}
    not_yet: ClassVar = {"retention": "dropping what no consumer has read in time comes with histories and checkers"}

    @property
    def nodes(self) -> int:
        """Brokers."""
        return self.brokers or max(self.replicas, -(-self.partitions * self.replicas // 100))

    def pools(self) -> tuple[Pool, ...]:
        """One station per copy of a partition."""
        count = self.partitions * self.replicas
        return (Pool("main", count, self.workers, self.queue, self.discipline, groups=self.partitions),)

    def visits(self, verb: str, options: Options) -> tuple[Visit, ...]:
        """The leader, then the copies that must have it."""
        work = self.work_of(verb, options)
        followers = self.replicas - 1
        if self.acks == "all" and followers:
            return (Visit("main", work, "copies", self.replicas, self.replicas),)
        spread = (Visit("main", work, "followers", followers, 0),) if followers else ()
        return (Visit("main", work, "leader", need=0 if self.acks == "none" else 1), *spread)
