"""The laws of durations: constant, exponential, lognormal, uniform, Erlang, Pareto, normal and their mixtures.

Times are in seconds. Each law knows its moments, its distribution function and the rows by which the engine draws
from it: ``(kind, p1, p2, p3)`` with the kind codes below. A mixture is a row ``(MIX, number of parts, 0, 0)`` followed
by one row per part, whose p3 is the cumulative weight.

Source of the moments: Johnson, Kotz, Balakrishnan, Continuous Univariate Distributions, 2nd ed., vol. 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from loadcase.core.errors import UnitError
from loadcase.core.quantity import LARGEST, Quantity
from loadcase.core.unitformat import format_quantity

CONST, EXP, LOGNORMAL, UNIFORM, ERLANG, PARETO, NORMAL, MIX = range(8)

Row = tuple[int, float, float, float]

_MOST_STAGES = 1000
_MOST_PARTS = 20
_LARGEST_SIGMA = 10.0


class Dist:
    """A law of durations in seconds. Equal parameters make equal laws."""

    def mean(self) -> float:
        """Seconds."""
        raise NotImplementedError

    def variance(self) -> float:
        """Seconds squared; infinite where the law has none."""
        raise NotImplementedError

    def scv(self) -> float:
        """Squared coefficient of variation: variance / mean**2; 0 for a constant, 1 for an exponential."""
        mean = self.mean()
        return (math.sqrt(self.variance()) / mean) ** 2 if mean > 0 else 0.0

    def cdf(self, x: float) -> float:
        """The share of durations of at most ``x`` seconds."""
        raise NotImplementedError

    def quantile(self, p: float) -> float:
        """The duration in seconds that a share ``p`` (0 <= p < 1) does not exceed."""
        raise NotImplementedError

    def scaled(self, factor: float) -> Dist:
        """The same law with every duration ``factor`` times as long."""
        raise NotImplementedError

    def text(self) -> str:
        """How a blueprint writes it; reads back as an equal law to six digits."""
        raise NotImplementedError

    def rows(self) -> list[Row]:
        """What the engine draws from."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.text()


@dataclass(frozen=True)
class Const(Dist):
    """Always ``value`` seconds."""

    value: float

    def __post_init__(self) -> None:
        _check("a constant duration", self.value, least=0.0)

    def mean(self) -> float:
        return self.value

    def variance(self) -> float:
        return 0.0

    def cdf(self, x: float) -> float:
        return 1.0 if x >= self.value else 0.0

    def quantile(self, p: float) -> float:
        _check_share(p)
        return self.value

    def scaled(self, factor: float) -> Const:
        return Const(self.value * factor)

    def text(self) -> str:
        return _seconds(self.value)

    def rows(self) -> list[Row]:
        return [(CONST, self.value, 0.0, 0.0)]


@dataclass(frozen=True)
class Exp(Dist):
    """Exponential with a mean of ``mean_s`` seconds."""

    mean_s: float

    def __post_init__(self) -> None:
        _check("the mean of exp", self.mean_s)

    def mean(self) -> float:
        return self.mean_s

    def variance(self) -> float:
        return self.mean_s**2

    def cdf(self, x: float) -> float:
        return -math.expm1(-x / self.mean_s) if x > 0 else 0.0

    def quantile(self, p: float) -> float:
        _check_share(p)
        return -self.mean_s * math.log1p(-p)

    def scaled(self, factor: float) -> Dist:
        return Exp(self.mean_s * factor) if factor else Const(0.0)

    def text(self) -> str:
        return f"exp({_seconds(self.mean_s)})"

    def rows(self) -> list[Row]:
        return [(EXP, self.mean_s, 0.0, 0.0)]


@dataclass(frozen=True)
class LogNormal(Dist):
    """exp(N(mu, sigma)) seconds: ``mu`` is the log of the median in seconds."""

    mu: float
    sigma: float

    def __post_init__(self) -> None:
        if not abs(self.mu) <= math.log(LARGEST):
            raise UnitError("the median of lognormal is out of range", hint="as in lognormal(p50=2 ms, p99=20 ms)")
        _check("the sigma of lognormal", self.sigma, least=0.0, most=_LARGEST_SIGMA)

    @classmethod
    def of(cls, *, p50: float, p99: float) -> LogNormal:
        """The lognormal of this median and 99th percentile, in seconds."""
        return cls.through(p50, 0.99, p99)

    @classmethod
    def through(cls, p50: float, p: float, value: float) -> LogNormal:
        """The lognormal of median ``p50`` whose quantile at ``p`` (above 0.5) is ``value``; seconds."""
        _check("the p50 of lognormal", p50)
        if not p50 <= value <= LARGEST:
            raise UnitError(
                f"the p{p * 100:g} of lognormal is below its p50", hint="as in lognormal(p50=2 ms, p99=20 ms)"
            )
        return cls(math.log(p50), math.log(value / p50) / _normal_quantile(p))

    def mean(self) -> float:
        return math.exp(self.mu + self.sigma**2 / 2)

    def variance(self) -> float:
        return math.expm1(self.sigma**2) * math.exp(2 * self.mu + self.sigma**2)

    def scv(self) -> float:
        return math.expm1(self.sigma**2)

    def cdf(self, x: float) -> float:
        if x <= 0:
            return 0.0
        away = math.log(x) - self.mu
        if self.sigma == 0:
            return 1.0 if away >= 0 else 0.0
        return _normal_cdf(away / self.sigma)

    def quantile(self, p: float) -> float:
        _check_share(p)
        return math.exp(self.mu + self.sigma * _normal_quantile(p)) if p > 0 else 0.0

    def scaled(self, factor: float) -> Dist:
        _check("a factor", factor, least=0.0)
        return LogNormal(self.mu + math.log(factor), self.sigma) if factor else Const(0.0)

    def text(self) -> str:
        p99 = math.exp(self.mu + self.sigma * _normal_quantile(0.99))
        return f"lognormal(p50={_seconds(math.exp(self.mu))}, p99={_seconds(p99)})"

    def rows(self) -> list[Row]:
        return [(LOGNORMAL, self.mu, self.sigma, 0.0)]


@dataclass(frozen=True)
class Uniform(Dist):
    """Anything from ``low`` to ``high`` seconds, equally likely."""

    low: float
    high: float

    def __post_init__(self) -> None:
        _check("the lower end of uniform", self.low, least=0.0)
        _check("the upper end of uniform", self.high, least=0.0)
        if self.high < self.low:
            raise UnitError("uniform goes from its smaller to its larger end", hint="as in uniform(1 ms, 3 ms)")

    def mean(self) -> float:
        return (self.low + self.high) / 2

    def variance(self) -> float:
        return (self.high - self.low) ** 2 / 12

    def cdf(self, x: float) -> float:
        if x >= self.high:
            return 1.0
        return max(0.0, (x - self.low) / (self.high - self.low)) if x > self.low else 0.0

    def quantile(self, p: float) -> float:
        _check_share(p)
        return self.low + p * (self.high - self.low)

    def scaled(self, factor: float) -> Uniform:
        return Uniform(self.low * factor, self.high * factor)

    def text(self) -> str:
        return f"uniform({_seconds(self.low)}, {_seconds(self.high)})"

    def rows(self) -> list[Row]:
        return [(UNIFORM, self.low, self.high, 0.0)]


@dataclass(frozen=True)
class Erlang(Dist):
    """The sum of ``k`` exponential stages, ``mean_s`` seconds in all; steadier than exp as k grows (scv 1/k)."""

    k: int
    mean_s: float

    def __post_init__(self) -> None:
        if not 1 <= self.k <= _MOST_STAGES or self.k != int(self.k):
            raise UnitError(
                f"erlang takes 1 to {_MOST_STAGES} whole stages, got {self.k:g}", hint="as in erlang(4, 8 ms)"
            )
        object.__setattr__(self, "k", int(self.k))
        _check("the mean of erlang", self.mean_s)

    def mean(self) -> float:
        return self.mean_s

    def variance(self) -> float:
        return self.mean_s**2 / self.k

    def cdf(self, x: float) -> float:
        y = x * self.k / self.mean_s  # P(N < k), N Poisson of mean y, is the chance that it lasts longer
        if y <= 0 or math.isinf(y):
            return 1.0 if y > 0 else 0.0
        log_y = math.log(y)
        return max(0.0, 1.0 - math.fsum(math.exp(n * log_y - y - math.lgamma(n + 1)) for n in range(self.k)))

    def quantile(self, p: float) -> float:
        _check_share(p)
        return _invert(self.cdf, p, 0.0, self.mean_s)

    def scaled(self, factor: float) -> Dist:
        return Erlang(self.k, self.mean_s * factor) if factor else Const(0.0)

    def text(self) -> str:
        return f"erlang({self.k}, {_seconds(self.mean_s)})"

    def rows(self) -> list[Row]:
        return [(ERLANG, float(self.k), self.mean_s / self.k, 0.0)]


@dataclass(frozen=True)
class Pareto(Dist):
    """At least ``xm`` seconds, with a tail that falls as ``x ** -alpha``; alpha above 1, so that it has a mean."""

    xm: float
    alpha: float

    def __post_init__(self) -> None:
        _check("the xm of pareto", self.xm)
        if not 1 < self.alpha <= 1e6:
            raise UnitError(
                "the alpha of pareto is above 1 (its mean is infinite else) and at most 1e6",
                hint="as in pareto(xm=1 ms, alpha=2.5)",
            )

    def mean(self) -> float:
        return self.xm * self.alpha / (self.alpha - 1)

    def variance(self) -> float:
        if self.alpha <= 2:
            return math.inf
        return self.xm**2 * self.alpha / ((self.alpha - 1) ** 2 * (self.alpha - 2))

    def cdf(self, x: float) -> float:
        return 1.0 - math.pow(self.xm / x, self.alpha) if x > self.xm else 0.0

    def quantile(self, p: float) -> float:
        _check_share(p)
        return self.xm * math.pow(1.0 - p, -1.0 / self.alpha)

    def scaled(self, factor: float) -> Dist:
        return Pareto(self.xm * factor, self.alpha) if factor else Const(0.0)

    def text(self) -> str:
        return f"pareto(xm={_seconds(self.xm)}, alpha={self.alpha:.6g})"

    def rows(self) -> list[Row]:
        return [(PARETO, self.xm, self.alpha, 0.0)]


@dataclass(frozen=True)
class Normal(Dist):
    """Normal with parameters ``mu`` and ``sd`` in seconds, drawn again while negative (truncated at 0).

    mean() and variance() are those after the truncation, so mean() exceeds ``mu`` where sd is large.
    """

    mu: float
    sd: float

    def __post_init__(self) -> None:
        _check("the mean of normal", self.mu)
        _check("the standard deviation of normal", self.sd, least=0.0)

    def _cut(self) -> tuple[float, float]:
        """(share above 0, hazard at the cut in units of sd)."""
        z = min(self.mu / self.sd, 1e6)
        above = _normal_cdf(z)
        return above, math.exp(-z * z / 2) / math.sqrt(2 * math.pi) / above

    def mean(self) -> float:
        return self.mu + self.sd * self._cut()[1] if self.sd else self.mu

    def variance(self) -> float:
        if not self.sd:
            return 0.0
        hazard = self._cut()[1]
        return self.sd**2 * (1 - hazard * (min(self.mu / self.sd, 1e6) + hazard))

    def cdf(self, x: float) -> float:
        if not self.sd:
            return 1.0 if x >= self.mu else 0.0
        above = self._cut()[0]
        return max(0.0, 1 - _normal_cdf((self.mu - x) / self.sd) / above) if x > 0 else 0.0

    def quantile(self, p: float) -> float:
        _check_share(p)
        if not self.sd:
            return self.mu
        above = (1 - p) * self._cut()[0]
        return max(0.0, self.mu - self.sd * _normal_quantile(above)) if above < 1 else 0.0

    def scaled(self, factor: float) -> Dist:
        return Normal(self.mu * factor, self.sd * factor) if factor else Const(0.0)

    def text(self) -> str:
        return f"normal({_seconds(self.mu)}, {_seconds(self.sd)})"

    def rows(self) -> list[Row]:
        return [(NORMAL, self.mu, self.sd, 0.0)]


@dataclass(frozen=True)
class Mix(Dist):
    """One of several laws: part i with the share ``weights[i]``; the shares sum to 1. Parts are not mixtures."""

    weights: tuple[float, ...]
    parts: tuple[Dist, ...]

    def __post_init__(self) -> None:
        example = "as in mix(0.9: exp(0.5 s), 0.1: exp(5.5 s))"
        if not 1 <= len(self.parts) <= _MOST_PARTS or len(self.parts) != len(self.weights):
            raise UnitError(f"a mix has 1 to {_MOST_PARTS} parts, each with its share", hint=example)
        if any(isinstance(part, Mix) for part in self.parts):
            raise UnitError("a part of a mix may not be a mix", hint="put all its parts into one mix")
        if not all(weight >= 0 for weight in self.weights) or not abs(math.fsum(self.weights) - 1) < 1e-6:
            raise UnitError("the shares of a mix are from 0 to 1 and sum to 1", hint=example)
        object.__setattr__(self, "weights", tuple(self.weights))
        object.__setattr__(self, "parts", tuple(self.parts))

    def mean(self) -> float:
        return math.fsum(w * part.mean() for w, part in self._used())

    def variance(self) -> float:
        mean = self.mean()
        return math.fsum(w * (part.variance() + (part.mean() - mean) ** 2) for w, part in self._used())

    def cdf(self, x: float) -> float:
        return min(1.0, math.fsum(w * part.cdf(x) for w, part in self._used()))

    def quantile(self, p: float) -> float:
        _check_share(p)
        each = [part.quantile(p) for _, part in self._used()]
        return _invert(self.cdf, p, min(each), max(each))

    def scaled(self, factor: float) -> Mix:
        return Mix(self.weights, tuple(part.scaled(factor) for part in self.parts))

    def text(self) -> str:
        shares = (f"{w:.8g}: {part.text()}" for w, part in zip(self.weights, self.parts, strict=True))
        return f"mix({', '.join(shares)})"

    def rows(self) -> list[Row]:
        rows: list[Row] = [(MIX, float(len(self.parts)), 0.0, 0.0)]
        for i, part in enumerate(self.parts, 1):
            kind, p1, p2, _ = part.rows()[0]
            rows.append((kind, p1, p2, math.fsum(self.weights[:i]) if i < len(self.parts) else 1.0))
        return rows

    def _used(self) -> Sequence[tuple[float, Dist]]:
        return [(w, part) for w, part in zip(self.weights, self.parts, strict=True) if w > 0]


def _check(what: str, value: float, *, least: float | None = None, most: float = LARGEST) -> None:
    """Refuse NaN, infinities, and what is below ``least`` (or not above 0 when it is not given)."""
    high_enough = value > 0 if least is None else value >= least
    if not (high_enough and value <= most):
        bound = "above 0" if least is None else f"{least:g} or more"
        raise UnitError(f"{what} is {bound} and at most {most:g}, got {value:g}", hint="write it as 2 ms or 0.5 s")


def _check_share(p: float) -> None:
    if not 0 <= p < 1:
        raise UnitError(f"a quantile is asked for at a share from 0 to below 1, got {p:g}")


def _seconds(value: float) -> str:
    return format_quantity(Quantity(value, (("time", 1),)), digits=6)


def _normal_cdf(z: float) -> float:
    return math.erfc(-z / math.sqrt(2)) / 2


@lru_cache(maxsize=256)
def _normal_quantile(p: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(p)


def _invert(cdf: Callable[[float], float], p: float, low: float, high: float) -> float:
    """The smallest x with cdf(x) >= p, by doubling then bisecting to the last bits of a float."""
    for _ in range(200):
        if cdf(high) >= p:
            break
        low, high = high, 2 * high
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if cdf(middle) < p:
            low = middle
        else:
            high = middle
    return high
