"""Content delivery network: a cache of the provider's, near to the client."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from loadcase.core.distributions import Dist, LogNormal
from loadcase.core.fields import Bytes, DollarsPerByte, Whole0
from loadcase.kinds.base import Component, Options
from loadcase.kinds.cache import Cache, GetOptions


class FetchOptions(GetOptions):
    """Options of `fetch`."""

    size: Bytes | None = Field(None, description="Bytes that are sent, for the cost.")


class Cdn(Cache):
    """Serves from the edge what it holds, and fetches the rest from the origin.

    What: `fetch` is a look-up at an edge of unlimited concurrency; on a miss the steps in `miss` run (the origin) and
    the object is stored. `coalesce` is the origin shield.

    Why: what the edge holds never reaches the origin; what it misses arrives there all at once.

    Example:
        edge: {kind: cdn, like: cdn, keys: 10M, ttl: 1 hour, coalesce: true}

    Source: as for the cache.
    """

    kind: Literal["cdn"] = "cdn"  # type: ignore[assignment]  # a cdn is a cache of another kind
    workers: Whole0 = Field(0, description="Operations that one edge serves at once; 0 means unlimited.")
    price_per_byte_sent: DollarsPerByte = Field(0.0, description="Cost of one byte sent.")

    verbs = {"fetch": FetchOptions, "put": Options, "delete": Options}
    behaviours = {"fetch": "lookup", "put": "fill", "delete": "drop"}
    default_work: ClassVar[dict[str, Dist]] = {"fetch": LogNormal.of(p50=0.005, p99=0.05)}

    def request_cost(self, verb: str, options: Options) -> float:
        """USD of one request: the flat part and the bytes sent."""
        size = options.size if isinstance(options, FetchOptions) and options.size else 0.0
        return Component.request_cost(self, verb, options) + size * self.price_per_byte_sent
