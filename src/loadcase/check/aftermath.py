"""What the faults of a case leave behind in a run, in words: a collapse that outlives them."""

from __future__ import annotations

from loadcase.blueprint.model import Case
from loadcase.check.recovery import outlives
from loadcase.core.results import RunResult
from loadcase.core.values import show


def span(case: Case, result: RunResult) -> tuple[float, float]:
    """Start of the first fault and end of the last one, simulated time in s."""
    ends = (min(f.end, result.duration_s) for f in case.faults)
    return result.warmup_s + min(f.at for f in case.faults), result.warmup_s + max(ends)


def collapse(flow: str, case: Case, result: RunResult) -> str:
    """A collapse that outlives its trigger, in words; empty where there is none."""
    rate, goodput = result.series.get(f"{flow}.rate"), result.series.get(f"{flow}.goodput")
    if not case.faults or rate is None or goodput is None:
        return ""
    begins, ends = span(case, result)
    if not outlives(goodput, rate, begins, ends):
        return ""
    closes = [rate.start + (i + 1) * rate.step for i in range(len(rate.values))]
    late = (ends + closes[-1]) / 2.0
    was = [v or 0.0 for v, close in zip(goodput.values, closes, strict=True) if close <= begins]
    now = [v or 0.0 for v, close in zip(goodput.values, closes, strict=True) if close - rate.step >= late]
    share = sum(now) / len(now) / (sum(was) / len(was))
    return (
        f"{show(late - ends, 's')} to {show(closes[-1] - ends, 's')} after the last fault the goodput of {flow} is "
        f"{show(share, 'ratio')} of what it was: the overload outlives its trigger"
    )
