"""Gateway: holds the clients' open connections and pushes to them."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from loadcase.core.distributions import Const
from loadcase.core.fields import Number, Whole, Whole0
from loadcase.kinds.base import Component, Options, Visit


class BroadcastOptions(Options):
    """Options of `broadcast`."""

    entity: str | None = Field(None, description="The entity that is delivered.")


class PushOptions(BroadcastOptions):
    """Options of `push`."""

    dedupe: str | None = Field(
        None, description="Field of the entity that names the operation: a receiver drops what it has had."
    )


class Gateway(Component):
    """Replicas that each hold up to `connections` client connections.

    What: `push` goes to the replica that holds the connection of the flow's key and then over the client's network;
    `broadcast` goes to every replica that is up, since the connections of one that is down are gone; `connect` opens a
    connection, which takes its work at a replica: what else a client asks for then stands in the steps that follow it.
    `online` is how many connections are held; their share of the capacity is the metric `connections`.

    Why: connections and pushes bind separately: a gateway full of idle sockets is cheap, one busy with a popular
    stream is not.

    Example:
        gateway: {kind: gateway, replicas: 64, connections: 100k, online: connections, zones: 3}

    Source: the profile's.
    """

    kind: Literal["gateway"] = "gateway"
    connections: Whole = Field(100_000, description="Connections that one replica can hold.")
    online: Number | None = Field(None, description="Connections that are held, over all replicas.")
    workers: Whole0 = Field(1, description="Pushes that one replica makes at once; 0 means unlimited.")

    verbs = {"push": PushOptions, "broadcast": BroadcastOptions, "connect": Options}
    behaviours: ClassVar = {"push": "deliver", "broadcast": "deliver"}
    default_work: ClassVar = {
        "push": Const(0.000017),
        "broadcast": Const(0.000017),
        "connect": Const(0.001),  # assumed: a TLS handshake with RSA 2048, of which a core makes about 1,500 a second
    }
    default_balance: ClassVar = "hash"
    not_yet: ClassVar = {
        "reconnect": "who comes back when is said by the fault reconnect_storm",
        "slow_consumers": "slow consumers come with open connections in the run",
    }

    def work_of(self, verb: str, options: Options) -> Any:
        """As for every component; a connect does not cost what a push does."""
        if verb == "connect" and options.work is None and "connect" not in (self.work or {}):
            return self.default_work["connect"]
        return super().work_of(verb, options)

    def visits(self, verb: str, options: Options) -> tuple[Visit, ...]:
        """A broadcast visits every replica; the others visit one."""
        work = self.work_of(verb, options)
        if verb == "broadcast":
            return (Visit("main", work, "every", self.replicas, self.replicas),)
        return (Visit("main", work),)
