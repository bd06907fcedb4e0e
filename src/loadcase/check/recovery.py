"""What a disturbance leaves behind, from series over time: how long until all is well again, and whether it ever is."""

from __future__ import annotations

from collections.abc import Callable

from loadcase.core.results import Series

COLLAPSED = 0.5
"""Goodput has collapsed where it is below this share of what it was before."""
SAME_LOAD = 1.1
"""The load is that of before as long as it is at most this much of it."""
NORMAL = 0.9
"""A flow is well where this share of what was acknowledged before the first fault is acknowledged again."""
FEWEST = 5
"""Intervals that are needed before and after a trigger."""


def recovered(series: Series, good: Callable[[float], bool], end_s: float) -> tuple[float, bool]:
    """Seconds from the end of a disturbance until every value is good, and whether that was seen.

    0 when no interval after it is bad. Where the last one is bad it never was: the seconds that were watched, False.
    Intervals without a value are neither.
    """
    bad, last = end_s, end_s
    for i, value in enumerate(series.values):
        close = series.start + (i + 1) * series.step
        if value is None or close <= end_s:
            continue
        last = close
        if not good(value):
            bad = close
    return bad - end_s, bad < last or bad == end_s


def outlives(goodput: Series, offered: Series, start_s: float, end_s: float) -> bool | None:
    """Whether a collapse of goodput outlives its trigger: it lasts without it, at no higher load.

    The latter half of the time after the trigger is compared with the time before it: collapsed when the goodput there
    is under half of what it was. None with too few intervals, without goodput before, or when the load has grown.
    Both series have the same intervals. Source: N. Bronson et al., Metastable failures in distributed systems,
    HotOS 2021.
    """
    times = [goodput.start + i * goodput.step for i in range(len(goodput.values))]
    before = [i for i, t in enumerate(times) if t + goodput.step <= start_s]
    late = (end_s + goodput.start + len(times) * goodput.step) / 2.0
    after = [i for i, t in enumerate(times) if t >= late]
    if min(len(before), len(after)) < FEWEST:
        return None
    was, now = _mean(goodput, before), _mean(goodput, after)
    if was == 0.0 or _mean(offered, after) > SAME_LOAD * _mean(offered, before):
        return None
    fair = min(1.0, _mean(offered, after) / _mean(offered, before))
    return now < COLLAPSED * was * fair


def course(metric: str, offered: Series, goodput: Series, start_s: float, end_s: float) -> tuple[float | None, str]:
    """`recovery_time` or `metastable` of a flow, from its arrivals and its goodput by interval; or why it is not told.

    The faults last from `start_s` to `end_s`. A flow is well where nine tenths of the share that was acknowledged
    before the first fault are acknowledged again. Where that was not seen its time is a lower bound.
    """
    if metric == "metastable":
        found = outlives(goodput, offered, start_s, end_s)
        if found is None:
            return None, "too little was run before or after the faults, or the load has grown"
        return float(found), ""
    shares = [min(1.0, g / o) if o and g is not None else None
              for o, g in zip(offered.values, goodput.values, strict=True)]  # fmt: skip
    share = Series(offered.start, offered.step, "ratio", shares)
    before = [v for i, v in enumerate(shares) if v is not None and share.start + (i + 1) * share.step <= start_s]
    if not any(before):
        return None, "nothing was acknowledged before the first fault"
    least = NORMAL * sum(before) / len(before)
    seconds, well = recovered(share, lambda value: value >= least, end_s)
    return seconds, "" if well else f"it is not well {seconds:.3g} s after the last fault, when the run ends"


def _mean(series: Series, at: list[int]) -> float:
    return sum(series.values[i] or 0.0 for i in at) / len(at)
