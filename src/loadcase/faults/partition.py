"""Partition: the network between two places is cut."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from loadcase.core.schedule import Change
from loadcase.faults.base import NoTargetError, OnLinks, Site

HOLDS, LOSES = 1.0, 2.0


class Partition(OnLinks):
    """The network is cut between two components, two zones or two regions, in both directions or in one.

    What: nothing that sets out on a struck link arrives while it lasts. By default it arrives afterwards, as a
    connection that sends again does; with `drops: true` it never does, and who waits for it has an error when the
    partition is over, unless its timeout came first. `direction: to` cuts only what goes from the first place to the
    second: requests do not arrive, but answers do; with `from` requests arrive and do their work, and the answers do
    not.

    Why: both sides are up, and each believes that the other is down; one-way partitions do work that nobody
    hears of.

    Example:
        partition: {between: [api, db], direction: from, at: 20 s, for: 10 s}

    Source: P. Bailis, K. Kingsbury, The Network is Reliable, ACM Queue 12(7), 2014; M. Alfatafta et al., Toward a
    Generic Fault Tolerance Technique for Partial Network Partitioning, OSDI 2020.
    """

    drops: bool = Field(False, description="What is sent is lost; it arrives when the partition is over otherwise.")

    def changes(self, site: Site) -> Iterator[Change]:
        """Its links are cut."""
        if self.between is None and self.zones is None and self.regions is None:
            raise NoTargetError("", "it does not say what it cuts", "give between:, zones: or regions:")
        for link in self.links(site):
            yield self.change(link, "cut", "set", LOSES if self.drops else HOLDS)
