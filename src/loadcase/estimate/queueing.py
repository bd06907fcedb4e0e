"""Queues in closed form. Rates in 1/s, times in seconds; `inf` where a queue does not keep up."""

from __future__ import annotations

import math

from loadcase.core.distributions import Dist


def erlang_b(servers: int, offered: float) -> float:
    """Share of requests lost by `servers` without a queue under `offered` erlangs.

    Source: Erlang 1917; recursion of Kleinrock, Queueing Systems vol. 1, sec. 3.4.
    """
    loss = 1.0
    for n in range(1, servers + 1):
        loss = offered * loss / (n + offered * loss)
    return loss


def erlang_c(servers: int, offered: float) -> float:
    """Share of requests that wait before `servers` with one unbounded queue; 1 when overloaded.

    Source: Kleinrock, Queueing Systems vol. 1, eq. 3.40.
    """
    if offered >= servers:
        return 1.0
    loss = erlang_b(servers, offered)
    load = offered / servers
    return loss / (1.0 - load * (1.0 - loss))


def wait_mean(servers: int, rate: float, work: Dist, arrival_scv: float = 1.0) -> float:
    """Mean wait before `servers` (0: unlimited) with general service.

    Exact for M/M/c and M/G/1; otherwise the Allen-Cunneen approximation, M/M/c times (ca2 + cs2) / 2.
    Source: A. O. Allen, Probability, Statistics and Queueing Theory, 1990, sec. 5.3.
    """
    mean = work.mean()
    if servers == 0 or mean <= 0 or rate <= 0:
        return 0.0
    offered = rate * mean
    if offered >= servers:
        return math.inf
    basic = erlang_c(servers, offered) * mean / (servers - offered)
    return basic * (arrival_scv + work.scv()) / 2


def wait_quantile(servers: int, rate: float, work: Dist, q: float) -> float:
    """Quantile of the wait: an atom at zero and an exponential with the right mean.

    Exact for M/M/c (Kleinrock vol. 1, sec. 3.5); otherwise an approximation.
    """
    mean = wait_mean(servers, rate, work)
    if mean == 0 or not math.isfinite(mean):
        return mean
    waits = erlang_c(servers, rate * work.mean())
    if waits <= 1 - q:
        return 0.0
    return mean / waits * math.log(waits / (1 - q))
