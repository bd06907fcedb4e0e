"""Laws of latency on a grid: sums, mixtures, the k-th of n, hedges. Seconds.

A `Latency` knows its mean and variance exactly, as far as its parts do, and its shape as probability masses on an
equidistant grid, for the percentiles. Adding two laws is a convolution by fast Fourier transform.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loadcase.core.distributions import Const, Dist

Array = NDArray[Any]
POINTS = 2048
"""Points of a grid. A law is cut off where less than 0.003 % of it is left; its mean and variance are not."""
FINEST = 1 << 14
"""Points of the grid of a law whose median would else stand less than RESOLVED steps from its start."""
RESOLVED = 16
_EDGES = np.concatenate([np.linspace(0.0, 0.9, 181), 1.0 - np.geomspace(0.1, 3e-5, 121)[1:]])
_MIDDLES = np.concatenate(
    [(_EDGES[1:181] + _EDGES[:180]) / 2, 1.0 - np.sqrt((1 - _EDGES[181:]) * (1 - _EDGES[180:-1]))]
)


def dot(a: Array, b: Array) -> float:
    """The inner product, without BLAS: waking its threads costs more than the sum, and their number would show."""
    return float((a * b).sum())


@dataclass(frozen=True)
class Latency:
    """A law of latency: `mass[i]` at `start + i * step`."""

    start: float
    step: float
    mass: Array
    mean: float
    variance: float

    # --- makers ---------------------------------------------------------------------------------------------------
    @staticmethod
    def constant(value: float) -> Latency:
        """Always `value` seconds."""
        return Latency(value, 0.0, np.ones(1), value, 0.0)

    @staticmethod
    def of(dist: Dist) -> Latency:
        """The law of a distribution."""
        return _of(dist)

    @staticmethod
    def atoms(values: Array, weights: Array, mean: float | None = None, variance: float | None = None) -> Latency:
        """Masses at arbitrary times, each split over its two neighbours on the grid so that the mean stays."""
        start, stop = float(values.min()), float(values.max())
        total = float(weights.sum())
        own = dot(values, weights) / total
        spread = max(0.0, dot((values - own) ** 2, weights) / total)
        mean = own if mean is None else mean
        variance = spread if variance is None else variance
        if stop - start <= 1e-12 * max(1e-9, stop):
            return Latency(start, 0.0, np.ones(1), mean, variance)
        shares = weights / total

        def on(points: int) -> Array:
            return _binned((values - start) * ((points - 1) / (stop - start)), shares, points)

        at_once = dot(values <= start + 1e-9 * (stop - start), shares)  # a median that is the start needs no steps
        mass = on(POINTS) if at_once >= 0.5 else _resolved(on)
        return Latency(start, (stop - start) / (len(mass) - 1), mass, mean, variance)

    # --- questions ------------------------------------------------------------------------------------------------
    @property
    def scv(self) -> float:
        """Squared coefficient of variation."""
        return self.variance / self.mean**2 if self.mean > 0 else 0.0

    @property
    def times(self) -> Array:
        """The points of the grid."""
        return self.start + self.step * np.arange(len(self.mass))

    @cached_property
    def middle(self) -> float:
        """From the start to the median."""
        return _median_at(self.mass) * self.step

    @cached_property
    def third_moment(self) -> float:
        """E[T^3], from the mean, the variance and the skewness on the grid."""
        t = self.times
        m = dot(t, self.mass)
        v = dot((t - m) ** 2, self.mass)
        skew = dot((t - m) ** 3, self.mass) / v**1.5 if v > 1e-24 else 0.0
        return float(self.mean**3 + 3.0 * self.mean * self.variance + skew * self.variance**1.5)

    def quantile(self, p: float) -> float:
        """The time that a share `p` does not exceed."""
        if self.step == 0.0 or not math.isfinite(self.mean):
            return self.start if math.isfinite(self.mean) else math.inf
        total = np.cumsum(self.mass)
        i = int(np.searchsorted(total, p * total[-1]))
        if i == 0:
            return self.start
        i = min(i, len(total) - 1)
        gap = total[i] - total[i - 1]
        part = (p * total[-1] - total[i - 1]) / gap if gap > 0 else 1.0
        return max(self.start, self.start + self.step * (i - 0.5 + float(part)))

    def share_up_to(self, t: float) -> float:
        """P(T <= t)."""
        if not math.isfinite(self.mean):
            return 0.0
        if self.step == 0.0:
            return 1.0 if t >= self.start else 0.0
        total = np.cumsum(self.mass)
        x = (t - self.start) / self.step + 0.5
        if x <= 0:
            return 0.0
        return float(np.interp(x, np.arange(len(total) + 1), np.concatenate([[0.0], total])))

    def up_to(self, t: Array) -> Array:
        """P(T <= t) at many times, which rise."""
        if self.step == 0.0:
            return np.asarray(np.where(t >= self.start, 1.0, 0.0))
        edges = self.start + self.step * (np.arange(len(self.mass) + 1) - 0.5)
        return np.asarray(np.interp(t, edges, np.concatenate([[0.0], np.cumsum(self.mass)])))

    def least(self, t: Array) -> Array:
        """E[min(T, t)]."""
        times = self.times
        past = np.searchsorted(times, t, side="right")
        share = np.concatenate([[0.0], np.cumsum(self.mass)])[past]
        return np.concatenate([[0.0], np.cumsum(self.mass * times)])[past] + t * (1.0 - share)

    # --- combinations ---------------------------------------------------------------------------------------------
    def plus(self, other: Latency) -> Latency:
        """The sum of two independent times."""
        mean, variance = self.mean + other.mean, self.variance + other.variance
        if not math.isfinite(mean):
            return _never()
        if self.step == 0.0 or other.step == 0.0:
            wide = other if self.step == 0.0 else self
            return Latency(self.start + other.start, wide.step, wide.mass, mean, variance)
        width = self.step * (len(self.mass) - 1) + other.step * (len(other.mass) - 1)
        step = width / (POINTS - 1)
        fine = max(self.middle, other.middle) / RESOLVED
        if 0.0 < fine < step:
            step = max(fine, width / (FINEST - 1))
        a, b = self._on(self.start, step), other._on(other.start, step)
        size = 1 << (len(a) + len(b) - 2).bit_length()
        both = np.fft.irfft(np.fft.rfft(a, size) * np.fft.rfft(b, size), size)[: len(a) + len(b) - 1]
        return _trimmed(self.start + other.start, step, np.maximum(both, 0.0), mean, variance)

    def shifted(self, by: float) -> Latency:
        """The same, `by` seconds later."""
        return Latency(self.start + by, self.step, self.mass, self.mean + by, self.variance)

    def capped(self, limit: float) -> Latency:
        """The time that a caller waits who gives up after `limit`."""
        if not math.isfinite(self.mean) or self.start >= limit:
            return Latency.constant(limit)
        if self.start + self.step * (len(self.mass) - 1) <= limit:
            return self
        late = 1.0 - self.share_up_to(limit)
        if late < 1e-6:
            return self
        return Latency.atoms(np.minimum(self.times, limit), self.mass)

    def within(self, limit: float) -> Latency:
        """The time of those that take `limit` at most."""
        if not math.isfinite(self.mean) or self.start >= limit or self.start + self.step * len(self.mass) <= limit:
            return self
        kept = np.where(self.times <= limit, self.mass, 0.0)
        if self.share_up_to(limit) > 1.0 - 1e-6 or float(kept.sum()) <= 0.0:
            return self
        return Latency.atoms(self.times[kept > 0], kept[kept > 0])

    def times_over(self, n: int) -> Latency:
        """The sum of `n` independent such times."""
        result, power = Latency.constant(0.0), self
        while n:
            if n & 1:
                result = result.plus(power)
            n >>= 1
            if n:
                power = power.plus(power)
        return result

    def _on(self, start: float, step: float, size: int | None = None) -> Array:
        """The masses on another grid."""
        position = (self.times - start) / step
        return _binned(position, self.mass, size or math.ceil(position[-1]) + 1)


@lru_cache(maxsize=512)
def _of(dist: Dist) -> Latency:
    if isinstance(dist, Const):
        return Latency.constant(dist.value)
    values = np.array([dist.quantile(float(p)) for p in _MIDDLES])
    return Latency.atoms(values, np.diff(_EDGES), dist.mean(), dist.variance())


def _never() -> Latency:
    return Latency(math.inf, 0.0, np.ones(1), math.inf, math.inf)


NEVER = _never()
"""The time in a queue that does not keep up."""


def _median_at(mass: Array) -> int:
    total = np.cumsum(mass)
    return int(np.searchsorted(total, 0.5 * total[-1]))


def _resolved(on: Callable[[int], Array]) -> Array:
    """The masses on a grid of as many points as its median needs."""
    mass = on(POINTS)
    steps = _median_at(mass)
    return mass if steps >= RESOLVED else on(min(FINEST, POINTS * RESOLVED // max(1, steps)))


def _binned(position: Array, mass: Array, size: int) -> Array:
    index = np.minimum(np.maximum(position, 0.0), size - 1).astype(np.int64)
    part = np.clip(position - index, 0.0, 1.0)
    low = np.bincount(index, mass * (1.0 - part), size)
    return low + np.bincount(np.minimum(index + 1, size - 1), mass * part, size)


def _trimmed(start: float, step: float, mass: Array, mean: float, variance: float) -> Latency:
    total = np.cumsum(mass)
    last = int(np.searchsorted(total, total[-1] * (1.0 - 1e-6))) + 1
    return Latency(start, step, mass[:last] / total[last - 1] if last < len(mass) else mass / total[-1], mean, variance)


def mixture(weights: Sequence[float], laws: Sequence[Latency]) -> Latency:
    """One of several laws, by share."""
    kept = [(w, law) for w, law in zip(weights, laws, strict=True) if w > 0]
    total = math.fsum(w for w, _ in kept)
    if len(kept) == 1:
        return kept[0][1]
    if any(not math.isfinite(law.mean) for _, law in kept):
        return NEVER
    mean = math.fsum(w * law.mean for w, law in kept) / total
    variance = math.fsum(w * (law.variance + (law.mean - mean) ** 2) for w, law in kept) / total
    values = np.concatenate([law.times for _, law in kept])
    masses = np.concatenate([law.mass * (w / total) for w, law in kept])
    return Latency.atoms(values, masses, mean, variance)


def kth(laws: Sequence[Latency], need: int, tie: float = 0.0) -> Latency:
    """The time by which `need` of several times have passed: independent ones, or for all of them tied so much."""
    if len(laws) == 1:
        return laws[0]
    ends = sorted(law.mean for law in laws)
    if not math.isfinite(ends[need - 1]):
        return NEVER
    finite = [law for law in laws if math.isfinite(law.mean)]
    start = min(law.start for law in finite)
    stop = max(law.start + law.step * (len(law.mass) - 1) for law in finite)
    if stop - start <= 1e-15:
        return Latency.constant(start)
    unlike = {id(law): law for law in finite}
    times = Counter(id(law) for law in finite)

    def on(points: int) -> Array:
        step = (stop - start) / (points - 1)
        cdfs = [np.minimum(1.0, np.cumsum(law._on(start, step, points))) for law in unlike.values()]
        passed = _any_at_least(cdfs, [times[i] for i in unlike], need)
        if need == len(laws):
            passed = tied(passed, need, tie)
        return np.asarray(np.maximum(np.diff(passed, prepend=0.0), 0.0))

    mass = _resolved(on)
    return _of_masses(start, (stop - start) / (len(mass) - 1), mass)


def _of_masses(start: float, step: float, mass: Array) -> Latency:
    """A law that is known by its masses alone."""
    mass = mass / max(1e-300, float(mass.sum()))
    times = start + step * np.arange(len(mass))
    mean = dot(times, mass)
    return Latency(start, step, mass, mean, max(0.0, dot((times - mean) ** 2, mass)))


def tied(passed: Array, n: float, tie: float) -> Array:
    """P(all of n times are past) from what it were if they were independent, where any two of them past are correlated.

    Conditional on what they have in common they are independent; the chance that one is past is then taken as beta
    distributed. Source: J. Skellam, A Probability Distribution Derived from the Binomial, JRSS B 10, 1948.
    """
    if tie <= 0.0 or n <= 1.0:
        return passed
    one = np.maximum(passed, 1e-300) ** (1.0 / n)
    a, b = (1.0 - tie) / tie, (1.0 - tie) / tie + n
    whole = math.lgamma(a) - math.lgamma(b)
    logs = np.array([math.lgamma(x * a + n) - math.lgamma(x * a) + whole for x in np.maximum(one, 1e-12)])
    return np.asarray(np.exp(np.minimum(0.0, logs)))


def queued(served: Latency, busy: float, mean: float, variance: float) -> Latency:
    """The wait in M/G/1 of this mean and variance, for the law of service and the share of the time that it is busy.

    A geometric number of rests of services. Source: F. Pollaczek 1930, A. Khinchine 1932; Kleinrock vol. 1, eq. 5.111.
    """
    if busy <= 0.0 or mean <= 0.0:
        return Latency.constant(0.0)
    whole = dot(served.times, served.mass)
    width = 4.0 * mean / busy
    for _ in range(12):
        step = width / (POINTS - 1)
        edges = np.maximum(0.0, (np.arange(2 * POINTS + 1) - 0.5) * step)
        rest = np.fft.rfft(np.diff(served.least(edges)) / whole)
        mass = np.maximum(0.0, np.fft.irfft((1.0 - busy) / (1.0 - busy * rest), 2 * POINTS))
        if float(mass[POINTS:].sum()) < 3e-5 * busy:
            break
        width *= 2.0
    return Latency(0.0, step, mass[:POINTS] / float(mass[:POINTS].sum()), mean, variance)


def scattered(first: Latency, each: Latency, n: int, stations: int, need: int, tie: float) -> Latency:
    """The time by which all (`need` is n) or one (1) of `n` calls at random stations of one worker have their answer.

    A station's first call takes `first`, those that it meets there `each` more, one after the other; stations are as
    much `tied` as two of them are. Exact for independent ones: n! [z^n] (sum over k of P(k calls at a station let t be
    the time) (z / m)^k / k!)^m, by Cauchy's integral on the circle of radius n, where the terms do not cancel.

    Source: P. Flajolet, R. Sedgewick, Analytic Combinatorics, 2009, sections II.3 (occupancy) and VIII.3.
    """
    most = _most_at_one(n, stations)
    laws = [first]
    for _ in range(most - 1 if need == n else 0):
        laws.append(laws[-1].plus(each))
    start, stop = first.start, laws[-1].start + laws[-1].step * (len(laws[-1].mass) - 1)
    points = POINTS // 4
    t = start + (stop - start) / (points - 1) * (np.arange(points) + 0.5)
    past = [law.up_to(t) for law in laws] if need == n else [1.0 - first.up_to(t)] * most
    turns = n + math.ceil(8.0 * math.sqrt(n)) + 24
    z = n * np.exp(2j * math.pi * np.arange(turns) / turns)
    one = np.ones((turns, points), complex)
    power = np.ones(turns, complex)
    for k, share in enumerate(past, 1):
        power = power * z / (stations * k)
        one += power[:, None] * share
    scaled = (one * math.exp(-n / stations)) ** stations
    found = (scaled * np.exp(-2j * math.pi * n * np.arange(turns) / turns)[:, None]).mean(axis=0).real
    found *= math.exp(math.lgamma(n + 1) - n * math.log(n) + n)
    found = np.clip(found, 0.0, 1.0)
    reached = stations * (1.0 - (1.0 - 1.0 / stations) ** n)
    done = np.maximum.accumulate(tied(found, reached, tie) if need == n else 1.0 - found)
    return _of_masses(start, (stop - start) / (points - 1), np.diff(done, prepend=0.0))


def _most_at_one(n: int, stations: int) -> int:
    """Calls that may meet at one station, but for one case in 10^9."""
    if stations == 1:
        return n
    share = left = (1.0 - 1.0 / stations) ** n
    for k in range(n):
        if k and (1.0 - left) * stations < 1e-9:
            return k
        share *= (n - k) / (k + 1) / (stations - 1)
        left += share
    return n


def _at_least(cdf: Array, n: int, need: int) -> Array:
    """P(at least `need` of `n` are past), each with probability `cdf`."""
    if need == n:
        return cdf**n
    if need == 1:
        return 1.0 - (1.0 - cdf) ** n
    few = range(need) if need <= n - need else range(need, n + 1)
    with np.errstate(divide="ignore"):
        up, down = np.log(cdf), np.log1p(-cdf)
    total = np.zeros_like(cdf)
    for j in few:
        choose = math.lgamma(n + 1) - math.lgamma(j + 1) - math.lgamma(n - j + 1)
        with np.errstate(invalid="ignore"):
            term = choose + np.where(j > 0, j * up, 0.0) + np.where(n - j > 0, (n - j) * down, 0.0)
        total += np.exp(np.nan_to_num(term, nan=-np.inf, neginf=-np.inf))
    return np.clip(1.0 - total if need <= n - need else total, 0.0, 1.0)


def _any_at_least(cdfs: Sequence[Array], times: Sequence[int], need: int) -> Array:
    """The same for unlike times, of each kind so many: the law of how many are past, one after the other."""
    if len(cdfs) == 1:
        return _at_least(cdfs[0], times[0], need)
    if need == sum(times):
        return np.asarray(np.prod([cdf**n for cdf, n in zip(cdfs, times, strict=True)], axis=0))
    if need == 1:
        return 1.0 - np.asarray(np.prod([(1.0 - cdf) ** n for cdf, n in zip(cdfs, times, strict=True)], axis=0))
    counts = [np.ones_like(cdfs[0])] + [np.zeros_like(cdfs[0]) for _ in range(need)]
    for cdf in (cdf for cdf, n in zip(cdfs, times, strict=True) for _ in range(n)):
        counts[need] = counts[need] + counts[need - 1] * cdf
        for j in range(need - 1, 0, -1):
            counts[j] = counts[j] * (1.0 - cdf) + counts[j - 1] * cdf
        counts[0] = counts[0] * (1.0 - cdf)
    return np.clip(counts[need], 0.0, 1.0)


def hedged(first: Latency, second: Latency, after_s: float) -> Latency:
    """The first answer of a request and of a copy that is sent `after_s` later if there is none yet."""
    return kth([first, second.shifted(after_s)], 1)
