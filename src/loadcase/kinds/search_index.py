"""Search index: every query asks every shard."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from loadcase.core.distributions import LogNormal
from loadcase.core.fields import Ratio
from loadcase.kinds.base import Options, Sharded, Visit


class SearchIndex(Sharded):
    """Scatters a query to one copy of every shard and gathers the answers.

    What: `query` waits for the share `wait_for` of the shards, all by default; `put` writes a document to every copy
    of the one shard that its key chooses.

    Why: with a hundred leaves the slow one per cent of machines is the typical query.

    Example:
        index: {kind: search_index, like: elasticsearch, shards: 24, replicas: 2}

    Source: J. Dean, L. Barroso, The Tail at Scale, CACM 56(2), 2013.
    """

    kind: Literal["search_index"] = "search_index"
    wait_for: Ratio = Field(1.0, description="Share of the shards that must answer a query.")

    def idle_fields(self) -> dict[str, str]:
        """Nobody balances over shards: the key chooses."""
        return {**super().idle_fields(), "balance": "a query asks every shard, a put the one of its key"}

    verbs = {"query": Options, "put": Options}
    default_work: ClassVar = {
        "query": LogNormal.of(p50=0.001, p99=0.01),
        "put": LogNormal.of(p50=0.002, p99=0.02),
    }

    def visits(self, verb: str, options: Options) -> tuple[Visit, ...]:
        """A query visits one copy of every shard; a put every copy of one."""
        work: Any = self.work_of(verb, options)
        if verb == "query":
            need = max(1, round(self.wait_for * self.shards))
            return (Visit("main", work, "all", self.shards, need),)
        return (Visit("main", work, "copies", self.replicas, self.replicas),)
