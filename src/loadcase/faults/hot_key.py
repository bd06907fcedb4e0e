"""Hot key: one key draws a large share of the requests."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from loadcase.core.fields import Ratio
from loadcase.core.schedule import Change
from loadcase.faults.base import Lasting, NoTargetError, Site, near


class HotKey(Lasting):
    """One key of an entity draws a share of all the requests about that entity.

    What: while it lasts a request about `entity` is, with probability `share`, about the entity's most popular key; the
    rest keep their keys. How many requests there are stays the same.

    Why: a celebrity, a sale item, a match: the shard, the partition and the lock of one key are as fast as one node.

    Example:
        hot_key: {entity: post, share: 2 %, at: 20 s, for: 20 s}

    Source: M. Kleppmann, Designing Data-Intensive Applications, 2017, chapter 6 (skewed workloads and hot spots).
    """

    entity: str = Field(description="The entity by whose key the requests are made.")
    share: Ratio = Field(description="Share of the requests that go to the one key.")

    def changes(self, site: Site) -> Iterator[Change]:
        """The share of the hot key."""
        if self.entity not in site.keys:
            message = f"nothing is requested by the key of {self.entity!r}"
            raise NoTargetError("entity", message, near(self.entity, site.keys))
        if self.share == 0.0:
            raise NoTargetError("share", "a share of 0 is nothing", "leave the fault out")
        yield self.change(("key", self.entity), "heat", "add", self.share)
