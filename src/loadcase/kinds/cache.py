"""Cache: keeps the values of recently or often used keys in memory."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from loadcase.core.distributions import Const
from loadcase.core.fields import Ratio, Seconds, Whole
from loadcase.kinds.base import Component, Options

Policy = Literal["lru", "lfu", "fifo", "random"]


class GetOptions(Options):
    """Options of `get`."""

    miss: list[Any] | None = Field(None, description="Steps made when the key is not there; they fill it.")

    nested: ClassVar[tuple[str, ...]] = ("do", "fallback", "miss")


class Cache(Component):
    """Holds `keys` entries with real keys, so that the hit ratio is an outcome and not an input.

    What: `get` looks the flow's key up at the replica that owns it; on a miss the steps in `miss` run at the caller
    and the key is stored when they succeed. `put` stores a key, `delete` drops it. With `coalesce` only one caller
    at a time fetches a missing key and the others wait for it (single flight). With `lease` a look-up that misses
    gets a ticket, and what is fetched is stored only when nobody has stored or dropped the key since. `hit_ratio`
    replaces the real keys by a coin. A run starts with a warm cache unless `warm: false`.

    Why: the tail of the popularity curve, the memory and the time to live decide the hit ratio, and the load on the
    store behind is what is left of it; a popular key that expires without coalescing is a stampede. Without leases a
    slow fetch puts back the old value behind the back of a writer who has just dropped it.

    Example:
        recent: {kind: cache, like: redis, replicas: 12, keys: 20M, policy: lru, ttl: 1 day, coalesce: true}

    Source: H. Che, Y. Tung, Z. Wang, Hierarchical Web Caching Systems, IEEE JSAC 20(7), 2002 (closed form); R. Nishtala
    et al., Scaling Memcache at Facebook, NSDI 2013, 3.2.1 (leases).
    """

    kind: Literal["cache"] = "cache"
    keys: Whole | None = Field(None, description="Entries that all replicas hold together; unlimited if not given.")
    policy: Policy = Field("lru", description="What is evicted from a full cache.")
    ttl: Seconds | None = Field(None, description="An entry expires this long after it was stored.")
    ttl_from: Literal["store", "access"] = Field("store", description="Whether an access renews the time to live.")
    coalesce: bool = Field(False, description="One caller fetches a missing key; the others wait for it.")
    lease: bool = Field(
        False, description="What was fetched is not stored when the key was stored or dropped since the look-up."
    )
    hit_ratio: Ratio | None = Field(None, description="A fixed hit ratio in place of real keys.")
    warm: bool = Field(True, description="Whether a run starts with the cache filled as after a long time.")

    def idle_fields(self) -> dict[str, str]:
        """A declared hit ratio needs no keys; without a time to live there is nothing to renew."""
        idle = super().idle_fields()
        if self.hit_ratio is not None:
            idle |= dict.fromkeys(
                ("keys", "policy", "ttl", "ttl_from", "lease", "warm"), "hit_ratio takes the place of the keys"
            )
        if self.ttl is None:
            idle["ttl_from"] = "there is no ttl"
        return idle

    @model_validator(mode="after")
    def _gives_each_look_up_its_ticket(self) -> Self:
        if self.lease and self.coalesce:
            told = {
                "message": "with coalesce a look-up after a drop would still be handed what was fetched before it",
                "hint": "remove lease or coalesce",
                "offset": 0,
            }
            raise PydanticCustomError("LC313", "{message}", told)
        return self

    verbs = {"get": GetOptions, "put": Options, "delete": Options}
    behaviours = {"get": "lookup", "put": "fill", "delete": "drop"}
    default_work: ClassVar = {"get": Const(0.000014), "put": Const(0.000014), "delete": Const(0.000014)}
    default_balance: ClassVar = "hash"
