"""Where a flow is while it is walked, how far the next component is, and which of its stations a call reaches.

The same rules as the engine's: a step is a round trip from the place where the flow is; a load balancer's `forward`
moves the flow to the balancer, and at the top level of a flow a service's `handle` moves it to that service; inside
`do` every call comes back to the component that is held; a consumer starts at its own replica.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loadcase.blueprint.model import Blueprint, Popularity
from loadcase.blueprint.steps import Call
from loadcase.core.distributions import Const, Dist
from loadcase.estimate.latency import Latency, mixture
from loadcase.estimate.popularity import bucket_shares
from loadcase.kinds.base import PRIORITIES, Component, Options, Visit
from loadcase.kinds.log import Log

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Here:
    """The component at which a flow is (None: the client), and the balancer whose choice is next."""

    component: str | None = None
    balancer: str | None = None
    sticky: bool = False
    """Whether the flow is at one known replica, as a consumer is: calls of the same component stay there."""
    placed: bool = True
    """Whether the zone is known; a store's feed of a log starts at no particular replica."""
    region: int | None = None
    """The region of its station, where what follows is told for each of them; else any, as they are spread."""


def is_local(call: Call, here: Here) -> bool:
    """Whether a call stays at the replica where the flow is."""
    return here.sticky and here.component == call.component


def moves(call: Call, component: Component, top: bool) -> bool:
    """Whether the flow is at the component after the call."""
    forward = component.behaviours.get(call.verb) == "forward"
    return not call.options.policed and (forward or (top and component.kind == "service"))


def arrived(call: Call, component: Component, here: Here) -> Here:
    """The place of the worker that serves a call."""
    local = is_local(call, here)
    return Here(call.component, None, sticky=local, region=here.region if local else None)


def after(call: Call, component: Component, there: Here) -> Here:
    """The place of a flow that has moved with a call."""
    forward = component.behaviours.get(call.verb) == "forward"
    return replace(there, balancer=call.component if forward else None)


def rank_of(options: Options, component: Component, rank: int) -> int:
    """Priority of a call in a flow of priority `rank`; 0 is the most urgent."""
    if options.priority:
        return PRIORITIES[options.priority]
    if component.priority != "normal" and rank == PRIORITIES["normal"]:
        return PRIORITIES[component.priority]
    return rank


# --- the network ------------------------------------------------------------------------------------------------------
def hop(blueprint: Blueprint, start: Here, end: Here, ways: int = 1, pattern: Array | None = None) -> Latency:
    """Delay between two places. Their stations are evenly spread over the zones, those of the other one as they are
    visited where there is a `pattern`, and independent of each other.

    Of the way there and back (`ways` 2), which are between the same two stations: far both times or neither.
    """
    ends = _ends(blueprint, start, end)
    if not isinstance(ends, tuple):
        return _delayed(ends, ways)
    a, b = ends
    classes = _classes(a.zones, a.regions, b.zones, b.regions)
    shares = np.einsum("i,kij,j->k", _areas(a, start.region), classes, _areas(b, end.region, pattern))
    return mixture([float(x) for x in shares], _delays(blueprint, ways))


def round_trips(
    blueprint: Blueprint, start: Here, end: Here, visit: Visit, pattern: Array
) -> list[tuple[float, list[Latency]]]:
    """Ways there and back to the stations that a visit of many goes to at once, and with which weight they are so.

    Where the stations are is known, so that how far one of them is says how far the others are: of three copies in
    three regions every caller has one at hand. `pattern` has the visits of each station.
    """
    ends = _ends(blueprint, start, end)
    if not isinstance(ends, tuple):
        return [(1.0, [_delayed(ends, 2)] * visit.copies)]
    a, b = ends
    groups = 1 if visit.pick == "every" else next(p for p in b.pools() if p.name == visit.pool).groups
    copies, areas = len(pattern) // groups, b.zones * b.regions
    classes = _classes(a.zones, a.regions, b.zones, b.regions)
    firsts = np.arange(groups) * copies % areas  # groups whose first copies are in one area are alike
    shares = np.bincount(firsts, pattern.reshape(groups, copies).sum(axis=1) / pattern.sum(), areas)
    alike = np.bincount(firsts, minlength=areas)
    found: Counter[tuple[tuple[Shares, int], ...]] = Counter()
    for i, caller in enumerate(_areas(a, start.region)):
        seen = [classes[:, i, (first + np.arange(copies)) % areas].sum(axis=1) for first in range(areas)]
        if visit.pick == "all":
            found[_sorted((tuple((seen[j] / copies).tolist()), int(alike[j])) for j in range(areas))] += caller
            continue
        for j, share in enumerate(shares):
            for asked, chance in _drawn([int(n) for n in seen[j]], visit.copies):
                found[_sorted(zip(AT, asked, strict=True))] += caller * share * chance
    found = +found  # those that nobody sees are left out
    far = _delays(blueprint, 2)
    laws = {shares: mixture(shares, far) for one in found for shares, _ in one}
    return [(float(weight), [laws[shares] for shares, n in one for _ in range(n)]) for one, weight in found.items()]


Shares = tuple[float, ...]
AT = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
"""A station in the same zone, in another one, in another region."""


def _sorted(stations: Iterable[tuple[Shares, int]]) -> tuple[tuple[Shares, int], ...]:
    """How many stations are how far, in whatever order they are."""
    alike: Counter[Shares] = Counter()
    for shares, n in stations:
        alike[shares] += n
    return tuple(sorted((shares, n) for shares, n in alike.items() if n))


def _drawn(counts: Sequence[int], asked: int) -> Iterator[tuple[tuple[int, int, int], float]]:
    """How many of each class are among `asked` stations drawn without return, and the chance of it."""
    total = math.comb(sum(counts), asked)
    near, zone, region = counts
    for i in range(max(0, asked - zone - region), min(near, asked) + 1):
        for j in range(max(0, asked - i - region), min(zone, asked - i) + 1):
            k = asked - i - j
            yield (i, j, k), math.comb(near, i) * math.comb(zone, j) * math.comb(region, k) / total


def _ends(blueprint: Blueprint, start: Here, end: Here) -> Dist | tuple[Component, Component]:
    """The delay between two places where it is the same wherever their stations are; else what they are stations of."""
    net = blueprint.network
    assert net is not None
    if start.component is None or end.component is None:
        return Const(0.0) if start.component is None and end.component is None else net.client
    if not (start.placed and end.placed):
        return Const(0.0) if start.component == end.component else net.same_zone
    a, b = blueprint.components[start.component], blueprint.components[end.component]
    return net.same_zone if a.zones == a.regions == b.zones == b.regions == 1 else (a, b)


def _delays(blueprint: Blueprint, ways: int) -> list[Latency]:
    """Those of the same zone, another zone and another region."""
    net = blueprint.network
    assert net is not None
    return [_delayed(dist, ways) for dist in (net.same_zone, net.cross_zone, net.cross_region)]


@lru_cache(maxsize=512)
def _delayed(dist: Dist, ways: int) -> Latency:
    return Latency.of(dist).times_over(ways)


def _areas(component: Component, region: int | None = None, pattern: Array | None = None) -> Array:
    """Share of the stations, or of their visits, in each zone of each region: they are placed in turn."""
    areas = component.zones * component.regions
    stations = component.nodes if pattern is None else len(pattern)
    visits = np.bincount(np.arange(stations) % areas, pattern, areas)
    if region is not None:
        visits = np.where(np.arange(areas) // component.zones == region, visits, 0.0)
    return np.asarray(visits / visits.sum())


def in_regions(blueprint: Blueprint, here: Here, pattern: Array | None = None) -> list[tuple[float, Here]]:
    """A place in each of the regions that it can be in, with its share of the stations, or of their visits."""
    component = blueprint.components.get(here.component or "")
    if component is None or component.regions == 1 or here.region is not None or not here.placed:
        return [(1.0, here)]
    shares = _areas(component, None, pattern).reshape(component.regions, component.zones).sum(axis=1)
    return [(float(share), replace(here, region=r)) for r, share in enumerate(shares) if share > 0]


@lru_cache(maxsize=512)
def _classes(zones: int, regions: int, other_zones: int, other_regions: int) -> Array:
    """Whether each area of one component is the zone, another zone of the region, or another region of each of the
    other's: (3, areas, areas)."""
    left, right = np.arange(zones * regions)[:, None], np.arange(other_zones * other_regions)[None, :]
    zone, region = left == right, left // zones == right // other_zones
    return np.array([zone, region & ~zone, ~region & ~zone], float)


# --- the stations -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Choice:
    """Expected visits of each station per event, and how a balancer smooths or watches them."""

    pattern: Array
    counter: str = ""
    scv: float = 1.0
    balance: str = ""
    choices: int = 2
    replacement: bool = False


def choose(
    blueprint: Blueprint, name: str, visit: Visit, here: Here, space: Popularity | None, scv: float = 1.0
) -> Choice:
    """Which stations a visit reaches; `scv` is the variability of the arrivals of the flow there."""
    component = blueprint.components[name]
    pool = next(p for p in component.pools() if p.name == visit.pool)
    n = pool.stations
    if visit.pick == "every":
        return Choice(np.ones(n))
    if visit.pick != "balance":
        return Choice(_spread(component, visit, n, max(1, pool.groups), space))
    balance, by = balance_of(blueprint, component, here)
    if n == 1:
        return Choice(np.ones(1), f"{name}:alone", scv)
    if balance == "hash":
        shares = bucket_shares(space, n)
        return Choice(shares, scv=1.0)
    even = np.full(n, 1.0 / n)
    if balance == "round_robin":
        return Choice(even, f"{here.balancer or ''}>{name}", scv / n)
    if balance == "random":
        return Choice(even)
    return Choice(even, balance=balance, choices=by.choices, replacement=by.replacement)


def beside(visit: Visit, choice: Choice, stations: int, groups: int, at_once: int) -> float:
    """Mean number of other calls of the same event that come to the same station at the same time."""
    others = at_once - 1
    if others <= 0:
        return 0.0
    if visit.pick == "balance":
        if choice.balance or choice.counter:  # in turn, or where there are fewest
            return max(0.0, at_once / stations - 1.0)
        pattern = choice.pattern / choice.pattern.sum()
        even = float(pattern.max() - pattern.min()) < 1e-12
        return others / stations if even else float(others)
    if visit.pick == "shard":
        return others * groups / stations
    return float(others)


def balance_of(blueprint: Blueprint, component: Component, here: Here) -> tuple[str, Component]:
    """How the replica of a component is chosen, and by whom."""
    balancer = blueprint.components.get(here.balancer or "")
    chosen: Any = component.balance
    by = component
    if component.kind == "service" and component.balance is None and balancer is not None:
        chosen, by = balancer.balance, balancer
    if component.kind == "load_balancer" and "balance" in component.model_fields_set:
        chosen = "round_robin"
    return chosen or component.default_balance, by


def _spread(component: Component, visit: Visit, n: int, groups: int, space: Popularity | None) -> Array:
    copies = n // groups
    if visit.pick == "all":
        return np.full(n, 1.0 / copies)
    if isinstance(component, Log) and space is None:
        shares = np.full(groups, 1.0 / groups)
    else:
        shares = bucket_shares(space, groups, getattr(component, "placement", "hash") == "modulo")
    each = np.zeros((groups, copies))
    if visit.pick == "leader":
        each[:, 0] = shares
    elif visit.pick == "followers":
        each[:, 1:] = shares[:, None]
    elif visit.pick in ("copies", "some"):
        each[:] = shares[:, None] * (visit.copies / copies)
    else:
        each[:] = shares[:, None] / copies
    return each.reshape(-1)
