"""Where a flow is while it is walked, how far the next component is, and which of its stations a call reaches.

The same rules as the engine's: a step is a round trip from the place where the flow is; a load balancer's `forward`
moves the flow to the balancer, and at the top level of a flow a service's `handle` moves it to that service; inside
`do` every call comes back to the component that is held; a consumer starts at its own replica.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loadcase.blueprint.model import Blueprint, Network, Popularity
from loadcase.blueprint.steps import Call
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


def is_local(call: Call, here: Here) -> bool:
    """Whether a call stays at the replica where the flow is."""
    return here.sticky and here.component == call.component


def moves(call: Call, component: Component, top: bool) -> bool:
    """Whether the flow is at the component after the call."""
    forward = component.behaviours.get(call.verb) == "forward"
    return not call.options.policed and (forward or (top and component.kind == "service"))


def arrived(call: Call, component: Component, here: Here) -> Here:
    """The place of the worker that serves a call."""
    return Here(call.component, None, sticky=is_local(call, here))


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
def hop(blueprint: Blueprint, start: Here, end: Here, ways: int = 1) -> Latency:
    """Delay between two places; the stations at both ends are independent and evenly spread over the zones.

    Of the way there and back (`ways` 2), which are between the same two stations: far both times or neither.
    """
    net = blueprint.network
    assert net is not None
    if start.component is None or end.component is None:
        nowhere = start.component is None and end.component is None
        return Latency.constant(0.0) if nowhere else Latency.of(net.client).times_over(ways)
    if not (start.placed and end.placed):
        near = Latency.constant(0.0) if start.component == end.component else Latency.of(net.same_zone)
        return near.times_over(ways)
    a, b = blueprint.components[start.component], blueprint.components[end.component]
    return _between((a.nodes, a.zones, a.regions), (b.nodes, b.zones, b.regions), _Delays(net), ways)


@dataclass(frozen=True)
class _Delays:
    net: Network

    def __hash__(self) -> int:
        return hash((self.net.same_zone, self.net.cross_zone, self.net.cross_region))


@lru_cache(maxsize=512)
def _between(a: tuple[int, int, int], b: tuple[int, int, int], delays: _Delays, ways: int) -> Latency:
    net = delays.net
    if a[1:] == (1, 1) == b[1:]:
        return Latency.of(net.same_zone).times_over(ways)
    same = cross = 0.0
    left, right = _areas(*a), _areas(*b)
    for i, p in enumerate(left):
        for j, q in enumerate(right):
            if i == j:
                same += p * q
            elif i // a[1] == j // b[1]:
                cross += p * q
    weights = (same, cross, max(0.0, 1.0 - same - cross))
    far = [Latency.of(d).times_over(ways) for d in (net.same_zone, net.cross_zone, net.cross_region)]
    return mixture(weights, far)


def _areas(nodes: int, zones: int, regions: int) -> list[float]:
    """Share of the stations in each zone of each region: they are placed in turn."""
    areas = zones * regions
    return [(nodes // areas + (1 if i < nodes % areas else 0)) / nodes for i in range(areas)]


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
