"""The wait at a group of stations: which formula applies, and the law of the wait that follows from it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from loadcase.estimate.balancing import power_of_d, shortest_queue, waiting_of_d
from loadcase.estimate.latency import FINEST, NEVER, POINTS, Latency, dot, mixture, queued
from loadcase.estimate.queueing import (
    erlang_b,
    erlang_c,
    gigc_wait_factor,
    gimc,
    mg1_wait_second_moment,
    mgc,
    mmc,
    mmck,
    preemptive_sojourns,
    priority_wait_scvs,
    priority_waits,
    processor_sharing_scv,
)

Array = NDArray[np.float64]
CLASSES = 6
"""Stations of unlike load are summed up as the hottest one and this many groups."""
LARGEST_CHAIN = 20_000
"""Most states of a birth and death chain that is summed state by state."""
SIZES = np.array([*np.arange(1, 18) / 20, 0.9, 0.95, 0.975, 0.99, 0.997])
"""Shares of the works between which those of like size are taken together, under processor sharing."""
LONGEST = 200
"""Requests in the shortest queue up to which their number is told apart."""
LARGE_CHOICES = 16
"""Workers up to which the mean field of the shorter queue is solved; beyond, its gain is taken over from there."""


@dataclass(frozen=True)
class Stream:
    """Visits of one kind: events per second, expected visits of every station per event, the time that a worker is
    held, the rank of its priority (0 first), and the round robin counter that it comes from, if any."""

    rate: float
    pattern: Array
    held: Latency
    rank: int = 2
    counter: str = ""
    scv: float = 1.0
    """Squared coefficient of variation of the times between arrivals at one station."""
    batch: float = 0.0
    """Mean number of other visits of the same event that come to the same station with a visit."""


@dataclass
class Solved:
    """What is known of a group of stations. `waits` by rank."""

    rate: float
    utilisation: float | None
    hottest: float | None
    waits: dict[int, Latency]
    formula: str
    loss: float = 0.0
    abandoned: float = 0.0
    """Share that leaves the queue out of patience."""
    p_wait: float = 0.0
    mean_wait: float = 0.0
    """Mean over all visits that are served."""
    in_queue: float = 0.0
    """Mean time in the queue over all visits that are taken in, those that leave it too."""
    held: Latency = field(default_factory=lambda: Latency.constant(0.0))
    shared: bool = False
    """Whether `waits` are whole sojourns, work included: processor sharing."""
    by_class: list[tuple[float, Latency]] = field(default_factory=list)
    """Weight and wait of groups of stations of like load, where they differ."""

    def wait(self, rank: int) -> Latency:
        """The wait of a priority; that of the nearest known one if there is none."""
        if rank in self.waits:
            return self.waits[rank]
        return self.waits[min(self.waits, key=lambda r: abs(r - rank))] if self.waits else Latency.constant(0.0)


@dataclass(frozen=True)
class _Moments:
    """The work that reaches one station of a class."""

    rate: float
    mean: float
    scv: float
    third: float
    weight: float
    """Visits per second of all stations of the class."""
    rates: tuple[float, ...]
    """Per stream, at one station."""
    batch: float = 0.0
    """Mean number of the same event's visits that are served before one, and their work."""
    ahead: float = 0.0


def solve(
    streams: Sequence[Stream], workers: int, queue: int | None, discipline: str, balance: str = "", choices: int = 2,
    replacement: bool = False, patience: Latency | None = None,
) -> Solved:  # fmt: skip
    """The waits at alike stations with `workers` each (0: unlimited) and room for `queue` (None: unbounded).

    Of `patience` is taken account where `heeded` says so.
    """
    live = [s for s in streams if s.rate > 0]
    total = math.fsum(s.rate * float(s.pattern.sum()) for s in live)
    ranks = sorted({s.rank for s in live})
    held = (
        mixture([s.rate * float(s.pattern.sum()) for s in live], [s.held for s in live])
        if live
        else Latency.constant(0.0)
    )
    if workers == 0 or not live:
        formula = "M/G/inf: no wait" if live else ""
        return Solved(total, None, None, {r: Latency.constant(0.0) for r in ranks}, formula, held=held)
    if not math.isfinite(held.mean):
        return Solved(total, math.inf, math.inf, dict.fromkeys(ranks, NEVER), "held for ever", held=held)
    classes = _classes(live)
    stations = len(live[0].pattern)
    used = math.fsum(s.rate * float(s.pattern.sum()) * s.held.mean for s in live) / (stations * workers)
    hottest = max(c.rate * c.mean / workers for c in classes)
    solved = Solved(total, used, hottest, {}, "", held=held)
    if patience is not None and heeded(live, queue, discipline, balance):
        impatient(solved, classes, workers, patience, ranks)
        return solved
    if discipline in ("priority", "preemptive") and len(ranks) > 1:
        _by_rank(solved, live, classes, workers, discipline, ranks)
    elif discipline == "ps":
        _shared(solved, live, classes, workers, ranks)
    else:
        _in_turn(solved, live, classes, workers, queue, discipline, balance, choices, replacement, ranks, stations)
    solved.in_queue = solved.mean_wait
    return solved


def heeded(streams: Sequence[Stream], queue: int | None, discipline: str, balance: str) -> bool:
    """Whether the closed form knows patience here: Poisson arrivals, in turn, no bound, no balancer that looks."""
    poisson = all(s.scv == 1.0 and s.batch == 0.0 for s in streams if s.rate > 0)
    return poisson and queue is None and discipline == "fifo" and not balance


def _classes(streams: Sequence[Stream]) -> list[_Moments]:
    """Stations of like load together: the hottest alone, the others in CLASSES groups."""
    rates = np.array([s.rate * s.pattern for s in streams])
    busy = np.array([s.held.mean for s in streams]) @ rates
    order = np.argsort(-busy)
    top, bottom = busy[order[0]], busy[order[-1]]
    if top - bottom <= 1e-9 * top:
        groups = [order]
    else:
        rest = order[1:]
        groups = [order[:1], *(g for g in np.array_split(rest, CLASSES) if len(g))]
    return [_moments(streams, rates[:, g]) for g in groups if float(rates[:, g].sum()) > 0]


def _moments(streams: Sequence[Stream], rates: Array) -> _Moments:
    each = rates.mean(axis=1)
    rate = float(each.sum())
    share = each / rate
    mean = math.fsum(p * s.held.mean for p, s in zip(share, streams, strict=True))
    second = math.fsum(p * (s.held.variance + s.held.mean**2) for p, s in zip(share, streams, strict=True))
    third = math.fsum(p * s.held.third_moment for p, s in zip(share, streams, strict=True) if p > 0)
    scv = max(0.0, second / mean**2 - 1.0) if mean > 0 else 0.0
    batch = math.fsum(p * s.batch for p, s in zip(share, streams, strict=True)) / 2.0
    ahead = math.fsum(p * s.batch * s.held.mean for p, s in zip(share, streams, strict=True)) / 2.0
    return _Moments(rate, mean, scv, third, float(rates.sum()), tuple(float(e) for e in each), batch, ahead)


# --- first come, first served ---
def _in_turn(
    solved: Solved, streams: Sequence[Stream], classes: Sequence[_Moments], workers: int, queue: int | None,
    discipline: str, balance: str, choices: int, replacement: bool, ranks: Sequence[int], stations: int,
) -> None:  # fmt: skip
    laws, names, p_wait, lost = [], [], 0.0, 0.0
    for c in classes:
        scv = _arrival_scv(streams, c, workers)
        served = mixture(c.rates, [s.held for s in streams]) if workers == 1 else None
        law, name, waits, loss = _one(c, workers, queue, scv, balance, choices, replacement, stations, served)
        if discipline == "lifo":
            name = f"{name}, last come first: the mean only"
        laws.append(law)
        names.append(name)
        p_wait += c.weight * waits
        lost += c.weight * loss
    weight = math.fsum(c.weight for c in classes)
    wait = mixture([c.weight for c in classes], laws)
    solved.waits = dict.fromkeys(ranks, wait)
    solved.mean_wait = wait.mean
    solved.by_class = [(c.weight, law) for c, law in zip(classes, laws, strict=True)]
    solved.formula = names[-1] + (f", by the load of {stations} unlike stations" if len(classes) > 1 else "")
    solved.p_wait, solved.loss = p_wait / weight, lost / weight


def impatient(
    solved: Solved, classes: Sequence[_Moments], workers: int, patience: Latency, ranks: Sequence[int]
) -> None:
    """M/M/c whose requests leave the queue when their patience ends: M/M/c+G, exact for exponential service.

    With L(x) = E[min(patience, x)], the wait that is offered has the density P(c - 1 in service) rate exp(rate L(x) -
    x c / service). Source: F. Baccelli, G. Hebuterne, On Queues with Impatient Customers, Performance '81; S. Zeltyn,
    A. Mandelbaum, Call Centers with Impatient Customers, Queueing Systems 51, 2005.
    """
    laws, weight = [], math.fsum(c.weight for c in classes)
    for c in classes:
        blocked = erlang_b(workers - 1, c.rate * c.mean)
        if c.mean <= 0 or blocked <= 0:
            laws.append(Latency.constant(0.0))
            continue
        drain = workers / c.mean
        for doubled in range(60):  # the exponent is concave: it does not rise again
            x = np.linspace(0.0, c.mean * 2.0**doubled, FINEST)
            least = patience.least(x)
            logs = c.rate * least - drain * x
            if logs[-1] < logs.max() - 20.0:
                break
        top = float(logs.max())
        offered = np.exp(logs - top)
        offered[[0, -1]] /= 2.0  # trapezoids
        step = float(x[1])
        idle = math.exp(-top) / blocked / (c.rate * step)
        whole = idle + float(offered.sum())
        stays = np.clip(1.0 - patience.up_to(x), 0.0, 1.0)
        mass = offered * stays / whole
        mass[0] += idle / whole
        served = float(mass.sum())
        share = c.weight / weight
        solved.abandoned += share * (1.0 - served)
        solved.p_wait += share * float(offered.sum()) / whole
        solved.in_queue += share * dot(offered, least) / whole
        mean = dot(mass, x) / served
        laws.append(Latency(0.0, step, mass / served, mean, dot(mass, (x - mean) ** 2) / served))
    wait = mixture([c.weight for c in classes], laws)
    solved.waits = dict.fromkeys(ranks, wait)
    solved.mean_wait = wait.mean
    solved.by_class = [(c.weight, law) for c, law in zip(classes, laws, strict=True)]
    solved.formula = "M/M/c+G (Baccelli, Hebuterne)"


def _arrival_scv(streams: Sequence[Stream], c: _Moments, workers: int) -> float:
    """Variability of the arrivals at one station: streams of one counter are one, the others are superposed.

    Source: W. Whitt, The Queueing Network Analyzer, BSTJ 62(9), 1983, eq. 29 and 33.
    """
    merged: dict[str, tuple[float, float]] = {}
    for i, (rate, s) in enumerate(zip(c.rates, streams, strict=True)):
        if rate <= 0:
            continue
        name = s.counter or f"#{i}"
        before = merged.get(name, (0.0, 0.0))
        merged[name] = (before[0] + rate, before[1] + rate * s.scv)
    shares = [r / c.rate for r, _ in merged.values()]
    scv = math.fsum(weighted for _, weighted in merged.values()) / c.rate
    if len(shares) == 1 or scv == 1.0:
        return scv
    spread = 1.0 / math.fsum(p * p for p in shares)
    weight = 1.0 / (1.0 + 4.0 * (1.0 - min(1.0, c.rate * c.mean / workers)) ** 2 * (spread - 1.0))
    return weight * scv + 1.0 - weight


def _one(
    c: _Moments,
    workers: int,
    queue: int | None,
    scv: float,
    balance: str,
    choices: int,
    replacement: bool,
    stations: int,
    served: Latency | None,
) -> tuple[Latency, str, float, float]:
    """Wait at one station: its law, the formula, the share that waits, the share that is refused.

    `served` is the law of the time that the only worker is held, where there is but one.
    """
    rho = c.rate * c.mean / workers
    if c.mean <= 0:
        return Latency.constant(0.0), "no work", 0.0, 0.0
    if (
        queue is not None and workers + queue > LARGEST_CHAIN
    ):  # too long a chain: full all the time, or as good as never
        if rho > 1.0:
            return Latency.constant(queue * c.mean / workers), "overloaded (fluid)", 1.0, 1.0 - 1.0 / rho
        queue = None
    if queue is not None:
        bounded = mmck(c.rate, c.mean, workers, workers + queue) if rho > 0.7 or queue < 20 * workers else None
        if bounded is not None and bounded.p_loss > 1e-7:
            return _bounded(c, workers, queue), "M/M/c/K", bounded.p_wait, bounded.p_loss
    if rho >= 1.0:
        return NEVER, "does not keep up", 1.0, 0.0
    if stations > 1 and balance in ("least_loaded", "two_choices"):
        return _balanced(c, workers, rho, balance, choices, replacement, stations)
    base = mgc(c.rate, c.mean, c.scv, workers)
    p_wait, mean = base.p_wait, base.mean_wait
    near_exponential = abs(c.scv - 1.0) < 1e-3
    if scv == 1.0:
        second = mg1_wait_second_moment(c.rate, c.mean / workers, c.scv, c.third / workers**3)
        single = mgc(c.rate, c.mean / workers, c.scv).mean_wait
        waited = single / rho
        delayed_scv = max(0.05, second / rho / waited**2 - 1.0) if waited > 0 else 1.0
        if workers == 1:
            name = "M/M/1" if near_exponential else "M/G/1 (Pollaczek-Khinchine)"
        else:
            name = "M/M/c (Erlang C)" if near_exponential else "M/G/c (Tijms; Lee-Longton)"
        if near_exponential:
            delayed_scv = 1.0
        if c.batch > 0:
            return _batched(c, workers, rho, p_wait, mean, delayed_scv, name)
        if served is not None and math.isfinite(second):
            return queued(served, rho, mean, second - mean**2), name, p_wait, 0.0
        return delayed(p_wait, mean / p_wait if p_wait > 0 else 0.0, delayed_scv), name, p_wait, 0.0
    if scv < 1.0 and workers <= LARGEST_CHAIN:
        stages = 1.0 / scv if scv > 0 else math.inf
        smooth, _ = gimc(c.rate, c.mean, workers, stages)
        p_wait = smooth.p_wait
        general = gigc_wait_factor(rho, scv, c.scv) / max(1e-12, gigc_wait_factor(rho, scv, 1.0))
        mean = smooth.mean_wait if near_exponential else smooth.mean_wait * general
        name = "E_k/M/c (round robin)" if near_exponential else "E_k/G/c (Kraemer, Langenbach-Belz)"
    else:
        mean = mmc(c.rate, c.mean, workers).mean_wait * gigc_wait_factor(rho, scv, c.scv)
        name = "GI/G/c (Kraemer, Langenbach-Belz)"
    return delayed(p_wait, mean / p_wait if p_wait > 1e-12 else 0.0, 1.0), name, p_wait, 0.0


def _batched(
    c: _Moments, workers: int, rho: float, p_wait: float, mean: float, scv: float, name: str
) -> tuple[Latency, str, float, float]:
    """Calls that come together wait for one another too: M^X/G/1, and by the share that waits for more workers.

    Source: M. Chaudhry, J. Templeton, A First Course in Bulk Queues, 1983 (exact for one worker, the mean).
    """
    several = p_wait / rho
    longer = mean + c.ahead / workers / (1.0 - rho) * several
    follows = c.batch / (1.0 + c.batch) * several
    p_wait = p_wait + (1.0 - p_wait) * follows
    return delayed(p_wait, longer / p_wait, max(1.0, scv)), f"{name}, in batches", p_wait, 0.0


def _balanced(
    c: _Moments, workers: int, rho: float, balance: str, choices: int, replacement: bool, stations: int
) -> tuple[Latency, str, float, float]:
    """Waits under a balancer that looks at the queues: those of exponential work times (1 + scv) / 2."""
    if balance == "least_loaded" or choices >= stations:
        wait = shortest_queue(rho, stations, workers) - 1.0
        name = "join the shortest queue (pooled, corrected)"
        behind = 1.1 * max(1.0, 1.0 / (stations * (1.0 - rho))) / workers
    else:
        few = min(workers, LARGE_CHOICES)
        wait = max(0.0, power_of_d(round(rho, 6), choices, stations, few, replacement) - 1.0)
        if workers > few:
            wait *= erlang_c(workers, rho * workers) / max(1e-300, erlang_c(few, rho * few)) * few / workers
        name = f"shorter of {choices} (mean field, corrected for size)"
        behind = max(1.0, wait * few) / workers
    wait *= c.mean * (1.0 + c.scv) / 2.0
    behind *= c.mean * (1.0 + c.scv) / 2.0
    ahead = np.zeros(0)
    if balance == "two_choices" and choices < stations:
        ahead = waiting_of_d(round(rho, 6), choices, min(workers, LARGE_CHOICES))
    elif workers == 1:
        ahead = shortest(rho**stations, wait / (c.mean * (1.0 + c.scv) / 2.0))
    if len(ahead) and wait > 0:
        return staged(ahead, wait), name, float(ahead.sum()), 0.0
    p_wait = min(1.0, wait / behind)
    return delayed(p_wait, wait / p_wait if p_wait > 0 else 0.0, 1.0), name, p_wait, 0.0


def shortest(decay: float, mean: float) -> Array:
    """P(as many stand in the shortest queue) from 1 on: geometric, of this mean; nothing where that is too long a sum.

    Its tail falls as that of all of M/M/c, station by station. Source: J. Kingman, Two Similar Queues in Parallel,
    Annals of Math. Statistics 32(4), 1961.
    """
    most = math.ceil(math.log(1e-7) / math.log(decay)) if 0.0 < decay < 1.0 else 1
    share = mean * (1.0 - decay)
    if most > LONGEST or share > 1.0:
        return np.zeros(0)
    return np.asarray(share * (1.0 - decay) * decay ** np.arange(most))


def _bounded(c: _Moments, workers: int, queue: int) -> Latency:
    """Wait of those that a bounded queue takes in: M/M/c/K, fitted to its first two moments."""
    load = c.rate * c.mean
    n = np.arange(workers + queue)
    with np.errstate(divide="ignore"):
        steps = np.log(load / np.minimum(n[1:], workers)) if len(n) > 1 else np.zeros(0)
    logs = np.concatenate([[0.0], np.cumsum(steps)])
    p = np.exp(logs - logs.max())
    p /= p.sum()
    ahead = np.maximum(0, n - workers + 1)
    drain = c.mean / workers
    p_wait = float(p[ahead > 0].sum())
    if p_wait <= 0:
        return Latency.constant(0.0)
    mean = dot(p, ahead) * drain / p_wait
    second = dot(p, ahead * (ahead + 1.0)) * drain**2 / p_wait
    return delayed(p_wait, mean, max(0.02, second / mean**2 - 1.0))


# --- priorities and sharing ---
def _by_rank(
    solved: Solved, streams: Sequence[Stream], classes: Sequence[_Moments], workers: int, discipline: str,
    ranks: Sequence[int],
) -> None:  # fmt: skip
    laws: dict[int, list[Latency]] = {r: [] for r in ranks}
    weights: dict[int, list[float]] = {r: [] for r in ranks}
    for c in classes:
        rates, means, scvs, thirds = [], [], [], []
        for r in ranks:
            mine = [(x, s) for x, s in zip(c.rates, streams, strict=True) if s.rank == r]
            rate = math.fsum(x for x, _ in mine)
            mean = math.fsum(x * s.held.mean for x, s in mine) / rate if rate else 0.0
            second = math.fsum(x * (s.held.variance + s.held.mean**2) for x, s in mine) / rate if rate else 0.0
            rates.append(rate)
            means.append(mean)
            scvs.append(max(0.0, second / mean**2 - 1.0) if mean else 0.0)
            thirds.append(math.fsum(x * s.held.third_moment for x, s in mine) / rate if rate else 0.0)
        spread = [1.0] * len(ranks)
        if discipline == "preemptive":
            waits = _preempted(rates, means, scvs, workers)
        else:
            waits = priority_waits(rates, means, scvs, workers)
            spread = priority_wait_scvs(rates, [m / workers for m in means], scvs, [t / workers**3 for t in thirds])
        before = 0.0
        for r, rate, mean, wait, scv in zip(ranks, rates, means, waits, spread, strict=True):
            before += rate * mean
            seen = before if discipline == "preemptive" else c.rate * c.mean
            p_wait = erlang_c(workers, seen)
            law = delayed(p_wait, wait / p_wait, scv) if math.isfinite(wait) and p_wait > 0 else NEVER
            laws[r].append(law if wait > 0 else Latency.constant(0.0))
            weights[r].append(rate * c.weight / c.rate)
    solved.waits = {r: mixture(weights[r], laws[r]) for r in ranks}
    total = math.fsum(sum(w) for w in weights.values())
    solved.mean_wait = math.fsum(sum(weights[r]) * solved.waits[r].mean for r in ranks) / total
    solved.formula = "preemptive priority (M/G/1; Bondi-Buzen)" if discipline == "preemptive" else "priority (Cobham)"


def _preempted(rates: Sequence[float], means: Sequence[float], scvs: Sequence[float], workers: int) -> list[float]:
    """Extra time of each class. Several servers: A. Bondi, J. Buzen, The Response Times of Priority Classes under
    Preemptive Resume in M/G/m Queues, Sigmetrics 1984."""
    single = preemptive_sojourns(rates, [m / workers for m in means], scvs)
    found, load, rate, weighted = [], 0.0, 0.0, 0.0
    base, merged = 0.0, 0.0
    for r, m, t in zip(rates, means, single, strict=True):
        wait = t - m / workers
        if workers > 1 and math.isfinite(wait):
            load += r * m
            rate += r
            weighted += r * wait
            base = mmc(rate, load / rate / workers).mean_wait
            merged = mmc(rate, load / rate, workers).mean_wait
            wait *= merged / base if base > 0 else 0.0
        found.append(max(0.0, wait))
    return found


def _shared(
    solved: Solved, streams: Sequence[Stream], classes: Sequence[_Moments], workers: int, ranks: Sequence[int]
) -> None:
    """Processor sharing: the wait is the time lost to the others, so that the mean time is that of M/M/c."""
    laws = []
    for c in classes:
        station = mmc(c.rate, c.mean, workers)
        if station.utilisation >= 1.0:
            laws.append(NEVER)
            continue
        if workers == 1 and c.mean > 0 and math.isfinite(c.third):
            laws.append(stretched(c, mixture(c.rates, [s.held for s in streams])))
            continue
        stretch = station.mean_sojourn / c.mean
        scv = c.scv + processor_sharing_scv(1.0 - 1.0 / stretch) - 1.0
        laws.append(fitted(station.mean_sojourn, max(0.02, scv)))
    sojourn = mixture([c.weight for c in classes], laws)
    solved.shared = True
    solved.waits = dict.fromkeys(ranks, sojourn)
    solved.mean_wait = sojourn.mean - solved.held.mean
    solved.formula = "M/G/1-PS" if workers == 1 else "M/M/c, shared"
    solved.p_wait = 0.0


def stretched(c: _Moments, work: Latency) -> Latency:
    """The time in M/G/1 with processor sharing, by the size of the work.

    Of each size the mean and the variance are exact, the shape is fitted. Source: S. Yashkov, A Derivation of Response
    Time Distribution for an M/G/1 Processor-Sharing Queue, Problems of Control and Information Theory 12, 1983.
    """
    rho = c.rate * c.mean
    mean = mgc(c.rate, c.mean, c.scv).mean_wait
    turn = queued(work, rho, mean, mg1_wait_second_moment(c.rate, c.mean, c.scv, c.third) - mean**2)
    passed = np.cumsum(work.mass)
    bins = np.searchsorted(SIZES, passed - work.mass / 2.0)
    shares = np.bincount(bins, work.mass, len(SIZES) + 1)
    totals = np.bincount(bins, work.mass * work.times, len(SIZES) + 1)
    sizes = totals[shares > 0] / shares[shares > 0]
    grid = np.linspace(0.0, float(sizes[-1]), POINTS)
    still = turn.least(grid)
    area = np.concatenate([[0.0], np.cumsum((still[1:] + still[:-1]) / 2.0) * (grid[1] - grid[0])])
    laws = []
    for size, inside in zip(sizes, np.interp(sizes, grid, area), strict=True):
        lost, variance = rho * size / (1.0 - rho), 2.0 * float(inside) / (1.0 - rho) ** 2
        disturbed = 1.0 - (1.0 - rho) * math.exp(-c.rate * size)
        scv = (variance + lost**2) * disturbed / lost**2 - 1.0 if lost > 0 else 1.0
        laws.append(delayed(disturbed, lost / disturbed, max(0.03, scv)).shifted(float(size)))
    whole = mixture([float(share) for share in shares[shares > 0]], laws)
    return Latency(whole.start, whole.step, whole.mass, c.mean / (1.0 - rho), whole.variance)


# --- laws from moments ---
def delayed(p_wait: float, mean: float, scv: float) -> Latency:
    """0 for those that do not wait, else a law of this mean and variability."""
    if p_wait <= 1e-9 or mean <= 0:
        return Latency.constant(0.0)
    if not math.isfinite(mean):
        return NEVER
    law = fitted(mean, scv)
    if p_wait >= 1.0:
        return law
    mass = law.mass * p_wait
    mass[0] += 1.0 - p_wait
    return Latency(0.0, law.step, mass, p_wait * mean, p_wait * (law.variance + mean**2) - (p_wait * mean) ** 2)


def staged(weights: Array, mean: float) -> Latency:
    """A wait of `mean` in all: with `weights[j]` of j + 1 exponential stages, with what is left of 1 of none."""
    stages = np.arange(1, len(weights) + 1)
    one = mean / dot(weights, stages)
    p_wait = float(weights.sum())
    last = one * (len(weights) + 4.5 * math.sqrt(len(weights)) + 10.0)
    step = last / (POINTS - 1)
    x = np.maximum(0.0, (np.arange(POINTS + 1) - 0.5) * step) / one
    more = np.cumsum(weights[::-1])[::-1]  # at least j + 1 stages
    term, left = np.exp(-x), np.zeros(POINTS + 1)
    for j, part in enumerate(more):
        if j:
            term = term * x / j
        left += part * term
    mass = np.maximum(0.0, -np.diff(left))
    mass[0] += 1.0 - p_wait
    second = one**2 * dot(weights, stages * (stages + 1.0))
    return Latency(0.0, step, mass / mass.sum(), mean, second - mean * mean)


def fitted(mean: float, scv: float) -> Latency:
    """A law of this mean and squared coefficient of variation: exponential, or a mixture of two, or of Erlang stages.

    Source: H. C. Tijms, A First Course in Stochastic Models, 2003, appendix B (balanced means; Erlang k-1 and k).
    """
    if scv >= 0.999:
        share = (1.0 + math.sqrt(max(0.0, (scv - 1.0) / (scv + 1.0)))) / 2.0
        parts = [(share, 1, 2.0 * share / mean), (1.0 - share, 1, 2.0 * (1.0 - share) / mean)]
        last = max(math.log(max(1e-9, w) / 3e-5) / r for w, _, r in parts if w > 1e-9 and w > 3e-5)
    else:
        k = min(40, max(2, math.ceil(1.0 / scv)))
        share = (k * scv - math.sqrt(max(0.0, k * (1.0 + scv) - k * k * scv))) / (1.0 + scv)
        share = min(1.0, max(0.0, share))
        rate = (k - share) / mean
        parts = [(share, k - 1, rate), (1.0 - share, k, rate)]
        last = (k + 4.5 * math.sqrt(k) + 10.0) / rate
    step = last / (POINTS - 1)
    edges = np.maximum(0.0, (np.arange(POINTS + 1) - 0.5) * step)
    left = np.zeros(POINTS + 1)
    for weight, stages, rate in parts:
        if weight <= 0:
            continue
        x = rate * edges
        term = np.exp(-x)
        left += weight * term
        for j in range(1, stages):
            term = term * x / j
            left += weight * term
    mass = np.maximum(0.0, -np.diff(left))
    return Latency(0.0, step, mass / mass.sum(), mean, scv * mean * mean)
