"""Limiter: lets a rate of requests through and refuses the rest."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from loadcase.core.distributions import Const
from loadcase.core.fields import Number, Rate, Seconds, Whole0
from loadcase.kinds.base import Component, Options


class TakeOptions(Options):
    """Options of `take`."""

    cost: Number = Field(1, description="Permits that the request takes.")


class Limiter(Component):
    """Counts permits per key, or for all requests together.

    What: `take` occupies the limiter for its work and then passes the request or refuses it. A `token_bucket` refills
    at `rate` up to `burst`; a `fixed_window` allows `rate` x `window` per window; a `sliding_window` weighs the
    window before by the share of it that still counts. With `scope: local` each replica keeps its own counters and
    an equal part of the rate; with `shared` there is one count.

    Why: a fixed window lets twice the limit through around its edge; local counters need no hop and let an uneven
    spread of requests through.

    Example:
        limit: {kind: limiter, algorithm: token_bucket, rate: 100 /s, burst: 50, key: user}

    Source: Cloudflare, How we built rate limiting capable of scaling to millions of domains, 2017 (sliding window).
    """

    kind: Literal["limiter"] = "limiter"
    algorithm: Literal["token_bucket", "fixed_window", "sliding_window"] = Field(
        "token_bucket", description="How permits are counted."
    )
    rate: Rate = Field(description="Permits per second, for each key.")
    burst: Number | None = Field(None, description="Permits that a full bucket holds; one second of the rate.")
    window: Seconds = Field(1.0, description="Length of a window.")
    key: Any = Field(None, description="The entity whose key has a count of its own; one count for all if not given.")
    scope: Literal["shared", "local"] = Field("shared", description="One count, or one per replica.")
    workers: Whole0 = Field(0, description="Requests served at once by one replica; 0 means unlimited.")

    def idle_fields(self) -> dict[str, str]:
        """A bucket has no window, and a window no burst."""
        bucket = self.algorithm == "token_bucket"
        more = {"window": "a token bucket has none"} if bucket else {"burst": "only a token bucket has one"}
        return {**super().idle_fields(), **more}

    verbs = {"take": TakeOptions}
    behaviours: ClassVar = {"take": "take"}
    default_work: ClassVar = {"take": Const(0.0)}
