"""Closed networks of queues: machine repair, mean value analysis, jobs that are spread unevenly.

Rates are per second and times in seconds; any other unit of time serves as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from loadcase.estimate.queueing import Station, erlang_b


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
        scale = min(n / replicas, float(workers))  # the largest terms are those that count
        logs = np.concatenate(([0.0], np.cumsum(math.log(scale) - np.log(np.minimum(np.arange(1, n + 1), workers)))))
        all_of_them, power, left = np.ones(1), np.exp(logs - logs.max()), replicas
        while left:
            if left & 1:
                all_of_them = np.convolve(all_of_them, power)[: n + 1]
                all_of_them /= all_of_them.max()
            left >>= 1
            if left:
                power = np.convolve(power, power)[: n + 1]
                power /= power.max()
        return float(n * all_of_them[n] / all_of_them[n - 1] / scale / replicas)

    low = math.floor(jobs)
    return whole(low) + (jobs - low) * (whole(low + 1) - whole(low))
