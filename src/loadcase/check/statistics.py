"""Confidence intervals: over seeds, of shares near 0 and 1, and within a single run. No scipy.

The mean of a metric over independent seeds
    Student's t.
A share of trials (availability, hit ratio)
    The hull of Student's t over the seeds and Wilson's over all trials: seeds that all show 100 % must not give an
    interval of no width.
A rate of events of which none was seen
    0 to -ln((1 - level) / 2) / time: what a Poisson process may hide.
One seed only
    Batch means over the run's intervals, widened by their correlation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

ABOVE = 20
"""A percentile is judged once at least this many operations, over all seeds, lie beyond it."""
LEVEL = 0.95
"""Confidence of every interval that is shown and decided by."""
LOOK_LEVEL = 0.994
"""Confidence at each look when seeds are added until a guarantee is decided. With ten looks, at 3, 6, 12, ... 1536
seeds, a value that lies exactly at its bound is then decided wrongly in 5 % of the checks; with 95 % at each look it
would be 31 % (simulated with normal seeds, 20,000 checks). Source: S. Pocock, Group sequential methods, Biometrika
64(2), 1977."""
FEWEST_POINTS, BATCHES = 10, 20

Interval = tuple[float, float, float]
"""Value, low end, high end."""


def student_cdf(t: float, degrees: int) -> float:
    """P(T <= t) of Student's t with whole degrees of freedom: a finite sum.

    Source: M. Abramowitz, I. Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4.
    """
    angle = math.atan2(t, math.sqrt(degrees))
    cosine, sine = math.cos(angle), math.sin(angle)
    term, total = (cosine, 0.0) if degrees % 2 else (1.0, 0.0)
    for k in range(1 + degrees % 2, degrees, 2):
        total += term
        term *= cosine * cosine * k / (k + 1)
    inside = 2 / math.pi * (angle + sine * total) if degrees % 2 else sine * total
    return 0.5 + 0.5 * inside


@lru_cache(maxsize=256)
def student_quantile(p: float, degrees: int) -> float:
    """The p-quantile of Student's t, p at least 0.5; infinite without a degree of freedom."""
    if degrees < 1:
        return math.inf
    if degrees > 200:  # Cornish-Fisher: Abramowitz and Stegun 26.7.5
        z = NormalDist().inv_cdf(p)
        return z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
    low, high = 0.0, 1.0
    while student_cdf(high, degrees) < p:
        high *= 2.0
    for _ in range(80):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if student_cdf(middle, degrees) < p else (low, middle)
    return 0.5 * (low + high)


def interval(values: Sequence[float], level: float = LEVEL) -> Interval:
    """The mean of independent runs with its interval; infinite ends with one run.

    Raises ValueError without values.
    """
    n = len(values)
    if n == 0:
        raise ValueError("an interval needs at least one value")
    if min(values) == max(values) and n > 1:
        return values[0], values[0], values[0]
    mean = math.fsum(values) / n
    if n == 1:
        return mean, -math.inf, math.inf
    variance = math.fsum((v - mean) ** 2 for v in values) / (n - 1)
    half = student_quantile(0.5 + level / 2, n - 1) * math.sqrt(variance / n)
    return mean, mean - half, mean + half


def share_interval(share: float, trials: float, level: float = LEVEL) -> tuple[float, float]:
    """Interval of a share of independent trials, sensible at 0 and 1 too.

    Source: E. B. Wilson, Probable inference, JASA 22(158), 1927.
    """
    if trials <= 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + level / 2)
    z2 = z * z
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = z / (1 + z2 / trials) * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials))
    low = 0.0 if share == 0.0 else centre - half
    high = 1.0 if share == 1.0 else centre + half
    return max(0.0, low), min(1.0, high)


def unseen(level: float = LEVEL) -> float:
    """The largest expected number of events of which none was seen: exp(-number) = (1 - level) / 2."""
    return -math.log((1 - level) / 2)


def within(value: float, points: Sequence[float], level: float = LEVEL) -> tuple[float, float] | None:
    """The ends of the interval of one run's value, from its values in the run's intervals; None with under ten of them.

    Batch means: the spread of about twenty batches estimates that of their mean, multiplied by (1 + r) / (1 - r) where
    neighbours are correlated by r. Sources: A. Law, Simulation Modeling and Analysis, 5th ed., 9.5.3; F. Marriott,
    J. Pope, Bias in the estimation of autocorrelations, Biometrika 41, 1954 (an estimate of r is low by (1 + 3r) / n).
    """
    if len(points) < FEWEST_POINTS:
        return None
    size = max(1, len(points) // BATCHES)
    n = len(points) // size
    means = [math.fsum(points[i * size : (i + 1) * size]) / size for i in range(n)]
    mean = math.fsum(means) / n
    squares = math.fsum((m - mean) ** 2 for m in means)
    if squares == 0.0:
        return value, value
    r = math.fsum((a - mean) * (b - mean) for a, b in pairwise(means)) / squares
    r = min(max(r + (1 + 3 * r) / n, 0.0), 0.95)
    variance = squares / (n - 1) * (1 + r) / (1 - r)
    half = student_quantile(0.5 + level / 2, n - 1) * math.sqrt(variance / n)
    return value - half, value + half


def percentile(values: NDArray[np.float64], name: str) -> tuple[float, str]:
    """The value that a share of all does not exceed, by its name (p99), and why it rests on too few; empty if not.

    Source: R. Hyndman, Y. Fan, Sample quantiles in statistical packages, 1996 (type 1, the inverse of the count).
    """
    share = float(f"0.{name[1:]}")
    beyond = (1.0 - share) * len(values)
    few = f"too few samples: {beyond:.0f} operations beyond {name}, {ABOVE} are needed" if beyond < ABOVE - 1e-6 else ""
    return float(np.quantile(values, share, method="inverted_cdf")), few
