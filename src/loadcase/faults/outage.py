"""Outage: a whole zone or region is gone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from loadcase.core.fields import Whole
from loadcase.core.schedule import Change
from loadcase.faults.base import REFUSES, SILENT, NoTargetError, Site
from loadcase.faults.crash import Dies


class Outage(Dies):
    """A zone or a region is gone: all replicas in it are down at once.

    What: every replica in the zone (numbered from 1 in its region) or in the region dies as in crash, by default in
    silence: the machines are gone and refuse nothing. A component with one zone lies in zone 1 of region 1; externals,
    models, object stores and networks of content are run by others and stay up.

    Why: replicas spread over zones only help if the rest carries the load, and if the callers notice in time.

    Example:
        outage: {zone: 1, at: 20 s, for: 30 s}

    Source: AWS Well-Architected Framework, Reliability Pillar, REL10 (fault isolation); for `detect` and `takeover` as
    in crash.
    """

    zone: Whole | None = Field(None, description="Number of the zone, from 1.")
    region: Whole | None = Field(None, description="Number of the region, from 1; all of it when no zone is given.")
    answer: Literal["refuse", "silence"] = Field("silence", description="What callers of a dead replica hear.")
    divides = True

    def changes(self, site: Site) -> Iterator[Change]:
        """All replicas there are down."""
        zones = max((p.zones for p in site.parts.values()), default=1)
        regions = max((p.regions for p in site.parts.values()), default=1)
        if self.zone is None and self.region is None:
            raise NoTargetError("", "it names no zone and no region", "for example outage: {zone: 1}")
        if self.zone is not None and self.region is None and regions > 1:
            raise NoTargetError("zone", f"there are {regions} regions with a zone {self.zone}", "say which: region: 1")
        for name, number, most in (("zone", self.zone, zones), ("region", self.region, regions)):
            if number is not None and number > most:
                hint = f"the design has {most}; components say how many with {name}s:"
                raise NoTargetError(name, f"there is no {name} {number}", hint)
        region, how = (self.region or 1) - 1, REFUSES if self.answer == "refuse" else SILENT
        struck = False
        for part in site.parts.values():
            if part.elsewhere or not part.serves:
                continue
            for node in range(max(part.nodes, part.most)):
                area = part.area(node)
                if area // part.zones == region and self.zone in (None, area % part.zones + 1):
                    struck = True
                    yield from self.down(site, ("replica", part.name, node), how)
        if not struck:
            raise NoTargetError("zone" if self.zone else "region", "no replica lies there", "see zones: and regions:")
