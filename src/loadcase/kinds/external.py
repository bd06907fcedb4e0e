"""External: a dependency that somebody else runs."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from loadcase.core.distributions import LogNormal
from loadcase.core.fields import Rate, Ratio, Whole0
from loadcase.kinds.base import Component, Options


class External(Component):
    """A provider with a latency, an error rate and a quota.

    What: `call` takes its work with unlimited concurrency (unless `workers` says otherwise), fails with probability
    `error_rate` after that time, and is refused at once above `quota` requests per second (a token bucket of one
    second).

    Why: its limits are yours: a campaign is sent as fast as the provider takes it.

    Example:
        psp: {kind: external, like: payment_provider, error_rate: 0.5 %, quota: 100 /s}

    Source: the profile's.
    """

    kind: Literal["external"] = "external"
    workers: Whole0 = Field(0, description="Calls that it serves at once; 0 means unlimited.")
    error_rate: Ratio = Field(0.0, description="Share of the calls that fail.")
    quota: Rate | None = Field(None, description="Calls per second before it refuses.")

    verbs = {"call": Options}
    behaviours = {"call": "flaky"}
    default_work: ClassVar = {"call": LogNormal.of(p50=0.1, p99=1.0)}

    def quota_of(self, verb: str) -> float | None:
        """Requests per second before the provider refuses."""
        return self.quota

    def error_rate_of(self, verb: str) -> float:
        """Share of the calls that fail by themselves."""
        return self.error_rate
