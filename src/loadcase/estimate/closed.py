"""Closed loops: how often users who wait for each answer come round."""

from __future__ import annotations

import math

from loadcase.blueprint.model import Blueprint
from loadcase.estimate.load import Loads, Place, loads
from loadcase.estimate.networks import closed_throughput, machine_repair
from loadcase.estimate.places import balance_of
from loadcase.estimate.times import Times, times

BARELY = 1e-6
"""Rounds per second at which the times without load are taken."""
MOST_EXACT = 20_000
HEDGE_ROUNDS = 3
"""Second copies make the calls slower of which they are second copies; that settles soon."""
POOLED = ("round_robin", "least_loaded", "two_choices")


def solved(blueprint: Blueprint, factor: float = 1.0) -> tuple[Loads, Times]:
    """Loads and times under a load factor, the rates of closed loops included.

    A closed loop's rate is that of the finite source queue where it meets one queue only (exact for exponential
    times), and else that of Schweitzer's mean value analysis; workers that are held over nested steps bound it.
    """
    users = {
        n: f.arrive.users * factor
        for n, f in blueprint.flows.items()
        if f.arrive is not None and f.arrive.users is not None
    }
    if not users:
        found = loads(blueprint, factor)
        result = times(blueprint, found)
        for _ in range(HEDGE_ROUNDS if (copies := hedges(blueprint, found, result)) else 0):
            found = loads(blueprint, factor, None, copies)
            result = times(blueprint, found)
            copies = hedges(blueprint, found, result)
        return found, result
    barely = dict.fromkeys(users, BARELY)
    found = loads(blueprint, factor, barely)
    idle = times(blueprint, found)
    rates = {name: _rate(blueprint, name, count, found, idle) for name, count in users.items()}
    found = loads(blueprint, factor, rates)
    result = times(blueprint, found)
    result.notes.append("closed loops: the mean from the rate of rounds; percentiles as if arrivals were Poisson")
    return found, result


def hedges(blueprint: Blueprint, found: Loads, known: Times) -> dict[Place, float]:
    """Share of the calls and of the requests of which a second copy is sent, by the time that one of them takes."""
    shares: dict[Place, float] = {}
    for place, site in found.sites.items():
        hedge = site.call.options.hedge
        if hedge is not None and place in known.calls:
            shares[place] = 1.0 - known.calls[place].share_up_to(hedge.after)
    for flow in blueprint.flows.values():
        if flow.arrive is not None and flow.arrive.hedge is not None:
            shares[flow.name, ()] = 1.0 - known.once[flow.name].share_up_to(flow.arrive.hedge.after)
    return shares


def _rate(blueprint: Blueprint, name: str, users: float, found: Loads, idle: Times) -> float:
    arrive = blueprint.flows[name].arrive
    assert arrive is not None
    think = arrive.think.mean() if arrive.think is not None else 0.0
    bare = idle.flows[name].latency.mean
    demands: list[tuple[float, float, int]] = []
    bound = math.inf
    total = 0.0
    for (component, pool_name), solved_pool in idle.pools.items():
        pool = next(p for p in blueprint.components[component].pools() if p.name == pool_name)
        if not pool.workers:
            continue
        visits = work = held = 0.0
        for site in found.sites.values():
            if site.place[0] != name or site.call.component != component:
                continue
            for visit in site.component.visits(site.call.verb, site.call.options):
                often = site.rate / BARELY * max(1, visit.copies)
                visits += often
                work += often * (visit.work.mean() + (visit.then.mean() if visit.then else 0.0))
            held = solved_pool.held.mean
        if visits <= 0:
            continue
        servers = pool.stations * pool.workers
        bound = min(bound, servers / (visits * max(held, 1e-12)))
        total += work
        balance, _ = balance_of(blueprint, site.component, site.here)
        if pool.stations == 1 or (pool.groups <= 1 and balance in POOLED):
            demands.append((work, float(servers), 1))
        else:
            demands.append((work / pool.stations, float(pool.workers), pool.stations))
    away = think + max(0.0, bare - total)
    if len(demands) == 1 and demands[0][2] == 1 and users == round(users) and 1 <= users <= MOST_EXACT and away > 0:
        work, servers_, _ = demands[0]
        rate = machine_repair(round(users), away, work, round(servers_)).rate
    else:
        rate = closed_throughput(users, away, demands)
    return min(rate, bound)
