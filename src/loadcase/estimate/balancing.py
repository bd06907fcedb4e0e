"""Balancers in closed form: the shorter of d random queues, the shortest of all, and balls in bins.

A station has `workers` that serve one queue; work is exponential with mean 1 where no time is given.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loadcase.estimate.queueing import INF, mmc


def power_of_d_limit(rho: float, d: int) -> float:
    """Mean time, in service times, of joining the shorter of `d` random queues out of infinitely many.

    Source: M. Mitzenmacher, The Power of Two Choices in Randomized Load Balancing, IEEE TPDS 12(10), 2001; N.
    Vvedenskaya, R. Dobrushin, F. Karpelevich, 1996.
    """
    if rho >= 1.0:
        return INF
    if d == 1:
        return 1.0 / (1.0 - rho)
    total, k = 0.0, 1
    while True:
        term = rho ** ((d**k - d) / (d - 1)) if k > 1 else 1.0
        total += term
        k += 1
        if term < 1e-15:
            return total


@lru_cache(maxsize=256)
def power_of_d(rho: float, d: int, stations: int, workers: int = 1, replacement: bool = True) -> float:
    """Mean time, in service times, of joining the shorter of `d` random queues out of `stations`.

    The mean field with its correction of order 1 / `stations`. Source: N. Gast, B. Van Houdt, A Refined Mean Field
    Approximation, Sigmetrics 2017; choosing without replacement changes the drift by a term of the same order.
    """
    if rho >= 1.0:
        return INF
    if stations <= 1:
        return mmc(rho * workers, 1.0, workers).mean_sojourn
    rate = rho * workers
    share = _mean_field(rate, d, workers)
    correction = _size_correction(rate, share, d, workers, replacement)
    number = float(share.sum() + correction.sum() / stations)
    return max(1.0, number / rate)


@lru_cache(maxsize=256)
def waiting_of_d(rho: float, d: int, workers: int = 1) -> NDArray[Any]:
    """Share of the requests that wait for 1, 2, ... departures at the shorter of `d` random queues, in the limit.

    A request finds k there with probability s_k^d - s_(k+1)^d. Source: Mitzenmacher 2001, as for `power_of_d_limit`.
    """
    if rho >= 1.0:
        return np.zeros(0)
    least = np.concatenate([[1.0], _mean_field(rho * workers, d, workers), [0.0]]) ** d
    return np.asarray((least[:-1] - least[1:])[workers:])


def _mean_field(rate: float, d: int, workers: int) -> NDArray[Any]:
    """Share of the stations with at least k requests, k = 1, 2, ...: the fixed point of the mean field."""
    levels = workers + 8
    while True:
        share = _fixed_point(rate, d, workers, levels)
        if share[-1] < 1e-11 or levels > 400:
            return share[: max(3, int(np.searchsorted(-share, -1e-13)))]
        levels *= 2


def _fixed_point(rate: float, d: int, workers: int, levels: int) -> NDArray[Any]:
    """Solves rate s_{k-1}^d = sum of what is served at levels >= k, by Newton from the independent queues."""
    served = np.minimum(np.arange(1, levels + 1), workers).astype(float)
    rho = rate / workers
    share = np.array(
        [1.0 - (1.0 - rho) ** (1.0 / k) if k < workers else rho ** (k - workers + 1) for k in range(1, levels + 1)]
    )
    share = np.minimum.accumulate(np.clip(share, 1e-12, 1.0))
    for _ in range(200):
        drift, jacobian = _drift(rate, share, d, served)
        step = np.linalg.solve(jacobian, drift)
        new = share - step
        low = new <= 0.0
        new[low] = share[low] / 10.0
        new = np.minimum(new, 1.0)
        done = float(np.abs(new - share).max()) < 1e-14
        share = new
        if done:
            break
    return share


def _drift(
    rate: float, share: NDArray[Any], d: int, served: NDArray[np.float64]
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Drift of the shares and its Jacobian."""
    before = np.concatenate([[1.0], share[:-1]])
    after = np.concatenate([share[1:], [0.0]])
    drift = rate * (before**d - share**d) - served * (share - after)
    n = len(share)
    jacobian = np.zeros((n, n))
    i = np.arange(n)
    jacobian[i, i] = -rate * d * share ** (d - 1) - served
    jacobian[i[1:], i[:-1]] = rate * d * share[:-1] ** (d - 1)
    jacobian[i[:-1], i[1:]] = served[:-1]
    return drift, jacobian


def _size_correction(rate: float, share: NDArray[Any], d: int, workers: int, replacement: bool) -> NDArray[Any]:
    served = np.minimum(np.arange(1, len(share) + 1), workers).astype(float)
    _, jacobian = _drift(rate, share, d, served)
    before = np.concatenate([[1.0], share[:-1]])
    after = np.concatenate([share[1:], [0.0]])
    noise = rate * (before**d - share**d) + served * (share - after)
    # covariance W of the fluctuations: A W + W A' + noise = 0, in the eigenbasis of A
    values, vectors = np.linalg.eig(jacobian)
    inverse = np.linalg.inv(vectors)
    inner = inverse @ np.diag(noise).astype(complex) @ inverse.T
    covariance = (vectors @ (-inner / (values[:, None] + values[None, :])) @ vectors.T).real
    bend = rate * d * (d - 1) / 2.0 * share ** (d - 2) * np.diag(covariance)
    pushed = np.concatenate([[0.0], bend[:-1]]) - bend
    if not replacement:
        fewer = -d * (d - 1) / 2.0 * share ** (d - 1) * (1.0 - share)
        pushed += rate * (np.concatenate([[0.0], fewer[:-1]]) - fewer)
    solved: NDArray[Any] = -np.linalg.solve(jacobian, pushed)
    return solved


def shortest_of_two(rho: float) -> float:
    """Mean time, in service times, of joining the shorter of two M/M/1 queues: the exact chain, cut off far out.

    Source: J. Kingman, Two Similar Queues in Parallel, Annals of Math. Statistics 32, 1961 (tail rho^2 per level).
    """
    if rho >= 1.0:
        return INF
    most = max(12, math.ceil(-11.5 / math.log(rho)))
    states = [(a, b) for a in range(most + 1) for b in range(a, min(most, a + 14) + 1)]
    index = {s: i for i, s in enumerate(states)}
    rate = 2.0 * rho
    moves: list[tuple[int, int, float]] = []
    for (a, b), i in index.items():
        up = (a + 1, b) if a < b else (a, b + 1)
        if up in index:
            moves.append((i, index[up], rate))
        for down in ((a - 1, b), (a, b - 1)):
            if min(down) >= 0:
                to = (min(down), max(down))
                if to in index:
                    moves.append((i, index[to], 1.0))
    start, end, speed = (np.array(x) for x in zip(*moves, strict=True))
    if len(states) > 2500:
        raise ValueError("rho is too close to 1 for the exact chain")
    matrix = np.zeros((len(states), len(states)))
    np.add.at(matrix, (end, start), speed)
    matrix[np.arange(len(states)), np.arange(len(states))] -= np.bincount(start, speed, len(states))
    matrix[0] = 1.0
    right = np.zeros(len(states))
    right[0] = 1.0
    probability = np.linalg.solve(matrix, right)
    number = float(sum(p * (a + b) for (a, b), p in zip(states, probability, strict=True)))
    lost = float(sum(probability[i] for (a, b), i in index.items() if (a if a < b else b) == most))
    return number / (rate * (1.0 - lost))


def shortest_queue(rho: float, stations: int, workers: int = 1) -> float:
    """Mean time, in service times, of joining the shortest of `stations` queues, approximately.

    The wait of one queue before all servers, M/M/(stations x workers), and what is lost because a request stays where
    it was sent: that factor is a fit of our own to simulations of 2 to 20 stations, loads 0.5 to 0.95 (within 3 %).
    """
    if rho >= 1.0:
        return INF
    pooled = mmc(rho * stations * workers, 1.0, stations * workers).mean_wait
    if stations <= 1:
        return 1.0 + pooled
    kept_apart = 1.0 + 0.58 * math.pow(1.0 - rho, 1.1) * math.pow(stations - 1, 0.97) / math.sqrt(workers)
    return 1.0 + pooled * kept_apart


def expected_fullest_bin(balls: int, bins: int) -> float:
    """Expected number of balls in the fullest of `bins`, thrown uniformly: exact, through the counts that fit.

    Source: the multinomial by its generating function, (sum over j < m of x^j / j!)^bins. See also M. Raab, A. Steger,
    Balls into Bins, RANDOM 1998.
    """
    expected = 0.0
    for most in range(balls + 1):
        below = _all_at_most(balls, bins, most)
        expected += 1.0 - below
        if 1.0 - below < 1e-12 and most > balls / bins:
            break
    return expected


def _all_at_most(balls: int, bins: int, most: int) -> float:
    """P(no bin holds more than `most`): independent Poisson bins, given that they sum to `balls`."""
    mean = balls / bins
    one = np.array([math.exp(-mean + j * math.log(mean) - math.lgamma(j + 1)) for j in range(most + 1)])
    total, power, left = np.array([1.0]), one, bins
    while left:
        if left & 1:
            total = np.convolve(total, power)[: balls + 1]
        left >>= 1
        if left:
            power = np.convolve(power, power)[: balls + 1]
    whole = math.exp(-balls + balls * math.log(balls) - math.lgamma(balls + 1))
    return float(total[balls] / whole) if len(total) > balls else 0.0
