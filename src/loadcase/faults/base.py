"""What every fault shares: when it acts, on what, and how it says that it finds nothing to act on.

A fault is one file in this folder. It declares its fields (a pydantic model) and `changes`: which parameters of the
design it changes, from when to when. It knows the design as a `Site` only: names and numbers, no kinds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from loadcase.core.errors import suggest
from loadcase.core.fields import Ratio, Seconds, Whole
from loadcase.core.schedule import Change, Target

T = TypeVar("T")
CLIENT = "client"
REFUSES, SILENT = 1.0, 2.0
"""How a replica is down: the machine answers that nobody listens there, or nothing answers."""


@dataclass(frozen=True)
class Part:
    """A component as faults see it: `nodes` replicas, `copies` of them for each shard (1 where there are no shards)."""

    name: str
    kind: str
    nodes: int
    copies: int = 1
    zones: int = 1
    regions: int = 1
    elsewhere: bool = False
    """Run by somebody else, in no zone of the design."""
    caches: bool = False
    led: bool = False
    """Whether one copy of each shard takes the writes."""
    online: float | None = None
    """Connections that it holds."""
    written: bool = False
    """Whether a step stores something there."""
    hands_out: bool = False
    """Whether messages reach a consuming flow, or a consuming flow's receivers, from it."""
    serves: bool = True
    """Whether it has servers that do work."""
    most: int = 0
    """Replicas that it may grow to; 0 where their number stays."""

    def area(self, node: int) -> int:
        """Number of the zone that a node is in, counted over all regions from 0."""
        return node % (self.zones * self.regions)


@dataclass(frozen=True)
class Route:
    """A flow as faults see it."""

    name: str
    source: Literal["open", "closed", "trace", "consume"]
    key: str | None = None
    rate: float = 0.0
    """Arrivals per second, at load factor 1."""
    connects: frozenset[str] = frozenset()
    """Gateways at which its clients open connections."""


@dataclass(frozen=True)
class Site:
    """What there is to act on."""

    parts: Mapping[str, Part]
    routes: Mapping[str, Route]
    keys: frozenset[str]
    """Key spaces from which requests draw."""
    links: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    """Pairs of neighbours between which requests travel, in both directions; `client` for the clients."""


class NoTargetError(Exception):
    """A fault that finds nothing in the design: the field that says so, what is wrong with it, and a hint."""

    def __init__(self, where: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.where, self.message, self.hint = where, message, hint


class Fault(BaseModel):
    """When it happens."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    at: Seconds = Field(0.0, description="When it begins, from the end of the warm-up.")
    divides: ClassVar[bool] = False
    """Whether it does the same to a scale model, provided that it strikes as large a share of the replicas there."""

    @property
    def end(self) -> float:
        """When it is over, s after the warm-up: as soon as it has happened."""
        return self.at

    def changes(self, site: Site) -> Iterator[Change]:
        """What it changes in a design. Raises NoTargetError."""
        raise NotImplementedError


class Lasting(Fault):
    """A fault that lasts for some time."""

    lasting: Seconds | None = Field(
        None, alias="for", description="How long it lasts; until the last arrival when it is not given."
    )

    @property
    def end(self) -> float:
        """When it is over, s after the warm-up; infinite when nothing is said."""
        return math.inf if self.lasting is None else self.at + self.lasting

    def change(self, target: Target, name: str, how: Literal["factor", "set", "add"], value: float) -> Change:
        """A change for as long as the fault lasts."""
        return Change(target, name, how, value, self.at, self.end)


class OfClients(Lasting):
    """A fault of the clients of a flow, or of every flow that has some."""

    flow: str | None = Field(None, description="The flow; every one whose clients arrive when it is not given.")

    def flows(self, site: Site) -> list[str]:
        """The flows that it strikes. Raises NoTargetError."""
        fitting = [n for n, r in site.routes.items() if r.source != "consume"]
        if (self.flow is not None and self.flow not in fitting) or not fitting:
            found = self.flow in site.routes
            message = f"{self.flow} has no clients" if found else f"there is no flow {self.flow!r}"
            raise NoTargetError("flow", message, near(self.flow or "", fitting))
        return [self.flow] if self.flow is not None else fitting


class OnSome(Fault):
    """A fault of some of the equal parts of a component."""

    on: str = Field(description="The component.")
    share: Ratio | None = Field(None, description="Share of its replicas, at least one; all when nothing is said.")
    count: Whole | None = Field(None, description="Number of its replicas, in place of a share.")

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if self.share is not None and self.count is not None:
            hint = {"message": "share and count say the same", "hint": "give one of the two", "offset": 0}
            raise PydanticCustomError("LC382", "{message}", hint)
        return self

    def struck(self, there: int, what: str) -> int:
        """How many it strikes of those that are there. Raises NoTargetError."""
        if self.count is not None and self.count > there:
            hint = "strike all with share: 100 %"
            raise NoTargetError("count", f"{self.on} has {there} {what}, not {self.count}", hint)
        if self.share == 0.0:
            raise NoTargetError("share", "a share of 0 strikes nothing", "leave the fault out")
        share = 1.0 if self.share is None else self.share
        return self.count if self.count is not None else max(1, round(share * there))


class OnReplicas(OnSome):
    """A fault of some replicas of a component."""

    def replicas(self, site: Site) -> list[Target]:
        """The replicas that it strikes: those of different shards first, so that few strike no shard twice."""
        part = component(site, self.on, "on")
        if not part.serves:
            raise NoTargetError("on", f"{part.name} is a {part.kind}, which does no work of its own", "name a service")
        wanted = self.struck(part.nodes, "replicas")
        return [("replica", part.name, node) for node in strike_order(part)[:wanted]]


def strike_order(part: Part) -> list[int]:
    """Nodes in the order in which faults strike them: one copy of each shard, then the next one."""
    shards = part.nodes // part.copies
    if part.copies == 1:
        return list(range(part.nodes))
    return [
        s * part.copies + (s + turn) % part.copies for turn in range(part.copies) for s in range(shards)
    ]  # fmt: skip


def component(site: Site, name: str, where: str) -> Part:
    """A component by name. Raises NoTargetError."""
    found = site.parts.get(name)
    if found is None:
        raise NoTargetError(where, f"there is no component {name!r}", near(name, site.parts))
    return found


def messages(site: Site, name: str) -> Target:
    """What a component hands out. Raises NoTargetError."""
    part = component(site, name, "on")
    if not part.hands_out:
        others = [n for n, p in site.parts.items() if p.hands_out]
        hint = f"it could be {', '.join(others)}" if others else "no flow consumes anything"
        raise NoTargetError("on", f"no consuming flow gets anything from {name}", hint)
    return ("messages", name)


def near(name: str, known: Iterable[str]) -> str:
    """A hint: the name that was probably meant, or those that there are."""
    names = sorted(known)
    return suggest(name, names) or (f"it could be {', '.join(names[:20])}" if names else "the design has none")


class OnLinks(Lasting):
    """A fault of the network between two components, two zones, two regions, or everywhere."""

    between: list[str] | None = Field(
        None, min_length=2, max_length=2, description="Two components that call each other; `client` is the clients."
    )
    zones: list[Whole] | None = Field(None, min_length=2, max_length=2, description="Two zones, numbered from 1.")
    regions: list[Whole] | None = Field(None, min_length=2, max_length=2, description="Two regions, numbered from 1.")
    direction: Literal["both", "to", "from"] = Field(
        "both", description="Both ways, only from the first to the second (to), or only back (from)."
    )

    divides = True

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(way is not None for way in (self.between, self.zones, self.regions)) > 1:
            given = {"message": "between, zones and regions each say where", "hint": "give one of them", "offset": 0}
            raise PydanticCustomError("LC382", "{message}", given)
        return self

    def links(self, site: Site) -> list[Target]:
        """The links that it strikes, each one way."""
        if self.between is not None:
            return [("link", a, b) for a, b in self._ways(*self._neighbours(site, self.between))]
        if self.zones is None and self.regions is None:
            if self.direction != "both":
                raise NoTargetError("direction", "everywhere has no direction", "say between which two: between:")
            if not site.links:
                raise NoTargetError("", "nothing travels between components", "a flow's calls make links")
            return [("link", a, b) for a, b in sorted(site.links)]
        zones = max((p.zones for p in site.parts.values()), default=1)
        regions = max((p.regions for p in site.parts.values()), default=1)
        name, pair, most = ("zones", self.zones, zones) if self.zones else ("regions", self.regions or [], regions)
        if name == "zones" and regions > 1:
            raise NoTargetError("zones", "the design has several regions", "give regions: in place of zones:")
        if name == "regions" and zones > 1 and any(p.zones not in (1, zones) for p in site.parts.values()):
            raise NoTargetError("regions", "components of several regions have different numbers of zones",
                                "give them the same zones:")  # fmt: skip
        if max(pair) > most or pair[0] == pair[1]:
            hint = f"the design has {most}; components say how many with {name}:"
            raise NoTargetError(name, f"there are no two {name} {pair[0]} and {pair[1]}", hint)
        groups = [[p - 1] if name == "zones" else range((p - 1) * zones, p * zones) for p in pair]
        ways = self._ways(groups[0], groups[1])
        return [("zones", a, b) for start, end in ways for a in start for b in end]

    def _ways(self, a: T, b: T) -> list[tuple[T, T]]:
        return {"both": [(a, b), (b, a)], "to": [(a, b)], "from": [(b, a)]}[self.direction]

    def _neighbours(self, site: Site, pair: list[str]) -> tuple[str, str]:
        for name in pair:
            if name != CLIENT:
                component(site, name, "between")
        if pair[0] == pair[1] or (pair[0], pair[1]) not in site.links:
            others = [b for a, b in sorted(site.links) if a == pair[0]]
            hint = f"{pair[0]} has links with {', '.join(others)}" if others else f"nothing calls {pair[0]}"
            raise NoTargetError("between", f"nothing travels between {pair[0]} and {pair[1]}", hint)
        return pair[0], pair[1]
