"""Networks of queues in closed form: Jackson, mean value analysis, machine repair, fork and join.

Rates are per second and times in seconds; any other unit of time serves as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from loadcase.estimate.queueing import Station, erlang_b, mmc


@dataclass(frozen=True)
class Closed:
    """A closed network: per class its throughput, and per class and station the mean number there and the time."""

    throughput: tuple[float, ...]
    number: tuple[tuple[float, ...], ...]
    """Mean number of class r at station i, `number[r][i]`; delay stations come first."""
    response: tuple[float, ...]
    """Mean time of one round of a class without its delays."""


def jackson(external: Sequence[float], routing: Sequence[Sequence[float]], services_s: Sequence[float],
            servers: Sequence[int]) -> list[Station]:  # fmt: skip
    """An open network of M/M/c stations: the traffic equations, then every station by itself.

    Source: J. R. Jackson, Networks of Waiting Lines, Operations Research 5(4), 1957.
    """
    matrix = np.eye(len(external)) - np.array(routing, float).T
    rates = np.linalg.solve(matrix, np.array(external, float))
    return [mmc(float(r), s, c) for r, s, c in zip(rates, services_s, servers, strict=True)]


def tandem_cdf(t: float, drains: Sequence[float]) -> float:
    """P(sum of independent exponentials of the given rates <= t): the time through M/M/1 stations in series.

    Source: P. J. Burke 1956, E. Reich 1957; equal rates give the Erlang law, of others the hypoexponential.
    """
    if len(set(drains)) == 1:
        y = drains[0] * t
        return 1.0 - math.exp(-y) * math.fsum(y**n / math.factorial(n) for n in range(len(drains)))
    total = 0.0
    for i, a in enumerate(drains):
        share = math.prod(b / (b - a) for j, b in enumerate(drains) if j != i)
        total += share * math.exp(-a * t)
    return 1.0 - total


def mva(population: Sequence[int], delays: Sequence[float], demands: Sequence[Sequence[float]]) -> Closed:
    """Exact mean value analysis of a closed network with several classes: `demands[r][i]` s of class r at queue i.

    `delays[r]` is the time of class r away from all queues. Its cost is the product of the populations.
    Source: M. Reiser, S. Lavenberg, Mean-Value Analysis of Closed Multichain Queuing Networks, JACM 27(2), 1980.
    """
    classes, stations = len(population), len(demands[0])
    queue: dict[tuple[int, ...], list[float]] = {}
    rates: list[float] = [0.0] * classes
    times: list[list[float]] = [[0.0] * stations for _ in range(classes)]
    for now in product(*(range(n + 1) for n in population)):
        rates, times = [0.0] * classes, [[0.0] * stations for _ in range(classes)]
        for r in range(classes):
            if now[r] == 0:
                continue
            before = queue[(*now[:r], now[r] - 1, *now[r + 1 :])]
            times[r] = [demands[r][i] * (1.0 + before[i]) for i in range(stations)]
            total = delays[r] + sum(times[r])
            rates[r] = now[r] / total if total > 0 else 0.0
        queue[now] = [sum(rates[r] * times[r][i] for r in range(classes)) for i in range(stations)]
    number = tuple((rates[r] * delays[r], *(rates[r] * times[r][i] for i in range(stations))) for r in range(classes))
    return Closed(tuple(rates), number, tuple(sum(times[r]) for r in range(classes)))


def machine_repair(clients: int, think_s: float, service_s: float, servers: int = 1) -> Station:
    """Clients that think, exponentially, and then wait for one of `servers`: the throughput is in `rate`.

    Source: Kleinrock vol. 1, section 3.8 (finite population); for one server it is Erlang B of the thinkers.
    """
    if servers == 1:
        idle = erlang_b(clients, think_s / service_s)  # no client is at the server: all of them think
        rate = (1.0 - idle) / service_s
        p_wait = 1.0
    else:
        weights = [1.0]
        for n in range(1, clients + 1):
            weights.append(weights[-1] * (clients - n + 1) / think_s * service_s / min(n, servers))
        total = math.fsum(weights)
        rate = math.fsum(w * min(n, servers) for n, w in enumerate(weights)) / total / service_s
        p_wait = math.fsum(weights[servers:]) / total
    sojourn = clients / rate - think_s
    return Station(rate, servers, rate * service_s / servers, p_wait, sojourn - service_s, sojourn)


def closed_throughput(users: float, away_s: float, demands: Sequence[tuple[float, float, int]]) -> float:
    """Rounds per second of one class in a closed network, approximately.

    `demands` are (s per round at one queue, its servers, how many such queues there are); a round takes `away_s` too.
    Source: P. Schweitzer's fixed point of mean value analysis, 1979, with A. Seidmann's transformation of a queue with
    c servers into a faster one and a delay, 1987.
    """
    delay = away_s + sum(n * d * (c - 1.0) / c for d, c, n in demands)
    fast = [(d / c, n) for d, c, n in demands if d > 0]
    if not fast or users <= 0:
        return users / delay if delay > 0 else 0.0
    queues = [users / sum(n for _, n in fast)] * len(fast)
    others = (users - 1.0) / users if users > 1.0 else 0.0
    rate = 0.0
    for _ in range(10_000):
        times = [d * (1.0 + q * others) for (d, _), q in zip(fast, queues, strict=True)]
        before, rate = rate, users / (delay + sum(t * n for t, (_, n) in zip(times, fast, strict=True)))
        queues = [rate * t for t in times]
        if abs(rate - before) < 1e-10 * rate:
            break
    return rate


def uneven_hold(jobs: float, replicas: int, workers: int) -> float:
    """How much longer than its service a job is held when `jobs` in all are spread at random over `replicas` of
    `workers` each; between whole numbers of jobs it is linear.

    Source: J. P. Buzen, Computational Algorithms for Closed Queueing Networks, CACM 16(9), 1973 (product form).
    """

    def whole(n: int) -> float:
        if n <= min(1, workers) or (replicas == 1 and n <= workers):
            return 1.0
        one = np.cumprod([1.0] + [1.0 / min(k, workers) for k in range(1, n + 1)])
        all_of_them, power, left = np.ones(1), one, replicas
        while left:
            if left & 1:
                all_of_them = np.convolve(all_of_them, power)[: n + 1]
            left >>= 1
            power = np.convolve(power, power)[: n + 1] if left else power
        return float(n * all_of_them[n] / all_of_them[n - 1] / replicas)

    low = math.floor(jobs)
    return whole(low) + (jobs - low) * (whole(low + 1) - whole(low))


def fork_join(rate: float, service_s: float, branches: int) -> float:
    """Mean time until all of `branches` M/M/1 queues have served their part of a request.

    Exact for one and two: L. Flatto, S. Hahn, Two Parallel Queues Created by Arrivals with Two Demands, SIAM J. Applied
    Math. 44(5), 1984. Beyond, the approximation of R. Nelson, A. Tantawi, Approximate Analysis of Fork/Join
    Synchronization in Parallel Queues, IEEE Trans. Computers 37(6), 1988 (within 5 % up to 32 branches).
    """
    rho = rate * service_s
    if rho >= 1.0:
        return math.inf
    single = service_s / (1.0 - rho)
    if branches == 1:
        return single
    two = (12.0 - rho) / 8.0 * single
    if branches == 2:
        return two
    harmonic = math.fsum(1.0 / i for i in range(1, branches + 1))
    ratio = harmonic / 1.5
    return (ratio + 4.0 / 11.0 * (1.0 - ratio) * rho) * two
