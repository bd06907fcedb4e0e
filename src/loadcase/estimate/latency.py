"""Laws of latency on a grid: sums, mixtures, the k-th of n, hedges. Seconds.

A `Latency` knows its mean and variance exactly, as far as its parts do, and its shape as probability masses on an
equidistant grid, for the percentiles. Adding two laws is a convolution by fast Fourier transform.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loadcase.core.distributions import Const, Dist

Array = NDArray[Any]
POINTS = 2048
"""Points of a grid. A law is cut off where less than 0.003 % of it is left; its mean and variance are not."""
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
    def of(dist: Dist, points: int = POINTS) -> Latency:
        """The law of a distribution."""
        return _of(dist, points)

    @staticmethod
    def atoms(
        values: Array, weights: Array, mean: float | None = None, variance: float | None = None, points: int = POINTS
    ) -> Latency:
        """Masses at arbitrary times, each split over its two neighbours on the grid so that the mean stays."""
        start, stop = float(values.min()), float(values.max())
        total = float(weights.sum())
        own = dot(values, weights) / total
        spread = max(0.0, dot((values - own) ** 2, weights) / total)
        mean = own if mean is None else mean
        variance = spread if variance is None else variance
        if stop - start <= 1e-12 * max(1e-9, stop):
            return Latency(start, 0.0, np.ones(1), mean, variance)
        step = (stop - start) / (points - 1)
        return Latency(start, step, _binned((values - start) / step, weights / total, points), mean, variance)

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

    # --- combinations ---------------------------------------------------------------------------------------------
    def plus(self, other: Latency, points: int = POINTS) -> Latency:
        """The sum of two independent times."""
        mean, variance = self.mean + other.mean, self.variance + other.variance
        if not math.isfinite(mean):
            return _never()
        if self.step == 0.0 or other.step == 0.0:
            wide = other if self.step == 0.0 else self
            return Latency(self.start + other.start, wide.step, wide.mass, mean, variance)
        width = self.step * (len(self.mass) - 1) + other.step * (len(other.mass) - 1)
        step = width / (points - 1)
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

    def times_over(self, n: int, points: int = POINTS) -> Latency:
        """The sum of `n` independent such times."""
        result, power = Latency.constant(0.0), self
        while n:
            if n & 1:
                result = result.plus(power, points)
            n >>= 1
            if n:
                power = power.plus(power, points)
        return result

    def _on(self, start: float, step: float, size: int | None = None) -> Array:
        """The masses on another grid."""
        position = (self.times - start) / step
        return _binned(position, self.mass, size or math.ceil(position[-1]) + 1)


@lru_cache(maxsize=512)
def _of(dist: Dist, points: int) -> Latency:
    if isinstance(dist, Const):
        return Latency.constant(dist.value)
    values = np.array([dist.quantile(float(p)) for p in _MIDDLES])
    return Latency.atoms(values, np.diff(_EDGES), dist.mean(), dist.variance(), points)


def _never() -> Latency:
    return Latency(math.inf, 0.0, np.ones(1), math.inf, math.inf)


NEVER = _never()
"""The time in a queue that does not keep up."""


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


def kth(laws: Sequence[Latency], need: int) -> Latency:
    """The time by which `need` of several independent times have passed."""
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
    step = (stop - start) / (POINTS - 1)
    same = all(law is laws[0] for law in laws)
    cdfs = [np.minimum(1.0, np.cumsum(law._on(start, step, POINTS))) for law in (finite[:1] if same else finite)]
    passed = _at_least(cdfs[0], len(laws), need) if same else _any_at_least(cdfs, need)
    mass = np.diff(passed, prepend=0.0)
    times = start + step * np.arange(POINTS)
    mass = np.maximum(mass, 0.0) / max(1e-300, float(mass.sum()))
    mean = dot(times, mass)
    return Latency(start, step, mass, mean, max(0.0, dot((times - mean) ** 2, mass)))


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


def _any_at_least(cdfs: Sequence[Array], need: int) -> Array:
    """The same for different times: the law of how many are past, one after the other."""
    counts = [np.ones_like(cdfs[0])] + [np.zeros_like(cdfs[0]) for _ in range(need)]
    for cdf in cdfs:
        counts[need] = counts[need] + counts[need - 1] * cdf
        for j in range(need - 1, 0, -1):
            counts[j] = counts[j] * (1.0 - cdf) + counts[j - 1] * cdf
        counts[0] = counts[0] * (1.0 - cdf)
    return np.clip(counts[need], 0.0, 1.0)


def hedged(first: Latency, second: Latency, after_s: float) -> Latency:
    """The first answer of a request and of a copy that is sent `after_s` later if there is none yet."""
    return kth([first, second.shifted(after_s)], 1)


# --- exact, for one distribution ------------------------------------------------------------------------------------
def order_cdf(p: float, n: int, need: int) -> float:
    """P(at least `need` of `n` independent times are past) when each is with probability `p`."""
    return float(_at_least(np.array([p]), n, need)[0])


def order_quantile(dist: Dist, n: int, need: int, p: float) -> float:
    """The time by which, with probability `p`, `need` of `n` independent times have passed.

    Source: H. David, H. Nagaraja, Order Statistics, 3rd ed., 2003, section 2.1.
    """
    low, high = 0.0, 1.0
    for _ in range(100):
        middle = (low + high) / 2.0
        if order_cdf(middle, n, need) < p:
            low = middle
        else:
            high = middle
    return dist.quantile(low)


def order_mean(dist: Dist, n: int, need: int) -> float:
    """Mean time by which `need` of `n` independent times have passed: the integral of what is not past."""
    edges = [order_quantile(dist, n, need, p) for p in (1e-9, 1e-3, 0.1, 0.5, 0.9, 0.99, 0.999, 0.99999, 1 - 1e-8)]
    return edges[0] + math.fsum(
        _gauss(lambda t: 1.0 - order_cdf(dist.cdf(t), n, need), a, b) for a, b in itertools.pairwise(edges)
    )


def hedge_cdf(dist: Dist, after_s: float, t: float) -> float:
    """P(a request with a copy after `after_s` is answered by t). Source: as for `order_quantile`."""
    late = 1.0 - dist.cdf(t)
    return 1.0 - late * (1.0 - dist.cdf(t - after_s)) if t > after_s else 1.0 - late


def hedge_mean(dist: Dist, after_s: float) -> float:
    """Mean time of a request with a copy after `after_s`."""
    last = dist.quantile(1 - 1e-9)
    edges = [0.0, *(after_s * i / 4 for i in (1, 2, 3, 4)), *(after_s + last * 2.0**-i for i in range(12, -1, -1))]
    return math.fsum(_gauss(lambda t: 1.0 - hedge_cdf(dist, after_s, t), a, b) for a, b in itertools.pairwise(edges))


_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)


def _gauss(f: object, a: float, b: float) -> float:
    """Gauss-Legendre quadrature."""
    assert callable(f)
    half = (b - a) / 2.0
    return half * math.fsum(
        float(w) * float(f(a + half * (1.0 + float(x)))) for x, w in zip(_NODES, _WEIGHTS, strict=True)
    )
