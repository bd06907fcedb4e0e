"""How long to simulate: from the variance of the estimators, so that the standard error is small beside the tolerance.

Several seeds share the length. Where the theory is only asymptotic the runner still measures the standard error over
the seeds and adds seeds until it is under a fifth of the tolerance.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from loadcase.validation.plan import percentile

SEEDS = 8
MOST_SEEDS = 32
SHARE = 0.2
"""The standard error as a share of the tolerance."""
LEAST_OPERATIONS = 20_000
MOST_OPERATIONS = 4_000_000
"""Per seed."""


def tolerance_of(case: Mapping[str, Any], metric: str) -> tuple[float, float]:
    """Relative and absolute tolerance of a simulated value."""
    given = case.get("tolerance", {})
    own = given.get("per_metric", {}).get(metric)
    chosen = given if own is None else own
    return float(chosen.get("sim_rel", 0.0)), float(chosen.get("sim_abs", 0.0))


def relative(case: Mapping[str, Any], metrics: Iterable[str] | None = None) -> float:
    """The tightest relative tolerance among the values to be simulated."""
    found = []
    for name in metrics if metrics is not None else case["expected"]:
        value = case["expected"].get(name)
        rel, absolute = tolerance_of(case, name)
        size = abs(float(value)) if isinstance(value, int | float) and value else 0.0
        if max(rel, absolute / size if size else 0.0) > 0:
            found.append(max(rel, absolute / size if size else 0.0))
    return max(1e-4, min(found, default=0.01))


def clamp(operations: float, rate: float, tail: float = 0.5) -> float:
    """Seconds of one seed for so many operations over all seeds.

    A thousand of them lie beyond the quantile: that of a small sample is biased where the density falls steeply.
    """
    return min(max(operations / SEEDS, LEAST_OPERATIONS, 1000.0 / tail), MOST_OPERATIONS) / rate


def tail_of(names: Iterable[str]) -> float:
    """The rarest share that an expected percentile speaks of: 0.001 for `read_p99_9`."""
    found = [percentile(m[0]) for name in names if (m := re.search(r"(?<![a-z])p\d+([._]\d+)?", name))]
    return max(1e-5, min((1.0 - float(f"0.{p[1:]}") for p in found if p), default=0.5))


def queue(
    rho: float, service_s: float, rate: float, rel: float, *, servers: int = 1, scv: float = 1.0, tail: float = 0.5
) -> float:
    """Seconds of one seed for the mean of a queue, or its quantile.

    The relative variance of an M/M/1 queue's time average over T service times is 2 (1 + rho) / (rho (1 - rho)^2 T)
    (W. Whitt, Planning Queueing Simulations, Management Science 35(11), 1989); variability of the service stretches
    it, servers in parallel shrink it, and a quantile in the tail needs more in proportion to how rare it is.
    """
    free = max(0.005, 1.0 - rho)
    rho = min(max(rho, 0.05), 0.995)
    variance = 2.0 * (1.0 + rho) / (rho * free**2) * (1.0 + min(scv, 50.0)) / 2.0
    if tail < 0.5:
        variance *= max(1.0, 0.05 / tail) ** 0.5 * 2.0
    seconds = variance * service_s / servers / (SHARE * rel) ** 2
    return clamp(seconds * rate, rate, tail)


def settle(rho: float, service_s: float) -> float:
    """Seconds until a queue has forgotten its empty start: some relaxation times of the M/M/1."""
    root = math.sqrt(min(max(rho, 0.0), 0.99))
    return 10.0 * service_s / (1.0 - root) ** 2


def quantile(tail: float, rel: float, rate: float) -> float:
    """Seconds of one seed for a quantile of independent durations: the tail falls at least like x^-3."""
    return clamp((1.0 - tail) / (9.0 * tail) / (SHARE * rel) ** 2, rate, tail)


def mean(cv2: float, rel: float, rate: float) -> float:
    """Seconds of one seed for the mean of independent durations."""
    return clamp(min(cv2, 100.0) / (SHARE * rel) ** 2, rate)


def share(probability: float, rel: float, rate: float) -> float:
    """Seconds of one seed for a share of independent outcomes."""
    p = min(max(probability, 1e-9), 1.0)
    return clamp((1.0 - p) / p / (SHARE * rel) ** 2, rate)
