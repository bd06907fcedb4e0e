"""Confidence intervals over seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence

_T975 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
    2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
"""97.5 % quantiles of Student's t with 1 to 30 degrees of freedom."""
Z975 = 1.959964


def student_t975(degrees: int) -> float:
    """97.5 % quantile of Student's t. Source: tables; beyond 30 degrees the Cornish-Fisher expansion."""
    if degrees < 1:
        return math.inf
    if degrees <= len(_T975):
        return _T975[degrees - 1]
    z = Z975
    return z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """(mean, low, high): the mean of independent runs and its 95 % interval; infinite bounds with one run.

    Raises ValueError without values.
    """
    n = len(values)
    if n == 0:
        raise ValueError("an interval needs at least one value")
    mean = math.fsum(values) / n
    if n == 1:
        return mean, -math.inf, math.inf
    variance = math.fsum((v - mean) ** 2 for v in values) / (n - 1)
    half = student_t975(n - 1) * math.sqrt(variance / n)
    return mean, mean - half, mean + half


def share_interval(share: float, trials: int) -> tuple[float, float]:
    """95 % interval of a share of independent trials, for shares at or near 0 and 1 where seeds hardly differ.

    Source: E. B. Wilson, Probable inference, JASA 22(158), 1927.
    """
    if trials <= 0:
        return 0.0, 1.0
    z2 = Z975 * Z975
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z975 / (1 + z2 / trials) * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials))
    return max(0.0, centre - half), min(1.0, centre + half)
