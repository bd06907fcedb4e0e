"""Object store: large values by name, in a service of the provider's."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from loadcase.core.distributions import LogNormal
from loadcase.core.fields import Dollars, Rate, Whole0
from loadcase.kinds.base import Component, Options


class ObjectOptions(Options):
    """Options of `fetch` and `put`."""

    entity: str | None = Field(None, description="The entity whose object this is.")


class ObjectStore(Component):
    """Stores and returns objects with unlimited concurrency, up to a rate of requests.

    What: `fetch` and `put` take their work and no queue; above `get_quota` or `put_quota` requests per second (a token
    bucket of one second) they are refused.

    Why: bytes belong here and not in the database; latency is tens of milliseconds and the limit is per prefix.

    Example:
        blobs: {kind: object_store, like: s3, put_quota: 3500 /s}

    Source: the profile's.
    """

    kind: Literal["object_store"] = "object_store"
    workers: Whole0 = Field(0, description="Operations served at once; 0 means unlimited.")
    get_quota: Rate | None = Field(None, description="Reads per second before requests are refused.")
    put_quota: Rate | None = Field(None, description="Writes per second before requests are refused.")
    price_per_put: Dollars | None = Field(None, description="Cost of one write, where it is not that of a read.")

    verbs = {"fetch": ObjectOptions, "put": ObjectOptions}
    behaviours = {"fetch": "flaky", "put": "flaky"}
    default_work: ClassVar = {
        "fetch": LogNormal.of(p50=0.08, p99=0.4),
        "put": LogNormal.of(p50=0.2, p99=0.8),
    }

    def quota_of(self, verb: str) -> float | None:
        """Requests per second before the provider refuses."""
        return self.put_quota if verb == "put" else self.get_quota

    def request_cost(self, verb: str, options: Options) -> float:
        """USD of one request."""
        return self.price_per_put if verb == "put" and self.price_per_put is not None else self.price_per_request
