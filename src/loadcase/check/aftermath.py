"""What the faults of a case leave behind in a run: whether a collapse outlives them, and when all is well again."""

from __future__ import annotations

from dataclasses import replace

from loadcase.blueprint.model import Blueprint, Case
from loadcase.check.checkers.recovery_time import NORMAL
from loadcase.check.recover_within import in_time
from loadcase.check.recovery import outlives, recovered
from loadcase.core.metrics import OF_COURSE
from loadcase.core.results import Metric, RunResult, Series
from loadcase.core.values import show

Told = tuple[float | None, str]
"""A value, and why it is in doubt."""


def tell_aftermath(blueprint: Blueprint, case: Case, result: RunResult) -> RunResult:
    """The result with what the contract promises of the time after the faults: `metastable`, `recovery_time`.

    Without any fault there is nothing to recover from: both are 0.
    """
    metrics, doubts = dict(result.metrics), dict(result.doubts)
    for line in blueprint.contract:
        flow, _, what = line.metric.partition(".")
        if what not in OF_COURSE or f"{flow}.rate" not in result.series:
            continue
        told = metastable if what == "metastable" else recovery_time
        value, doubt = told(flow, case, result) if case.faults else (0.0, "")
        if doubt and (value is None or line.holds(value)):
            doubts[line.metric] = doubt
        elif value is not None:
            unit = "s" if what == "recovery_time" else "count"
            metrics[line.metric] = Metric(value, unit)
    return replace(result, metrics=dict(sorted(metrics.items())), doubts=doubts)


def span(case: Case, result: RunResult) -> tuple[float, float]:
    """Start of the first fault and end of the last one, simulated time in s."""
    ends = (min(f.end, result.duration_s) for f in case.faults)
    return result.warmup_s + min(f.at for f in case.faults), result.warmup_s + max(ends)


def metastable(flow: str, case: Case, result: RunResult) -> Told:
    """1 where a collapse outlives the faults, else 0."""
    found = outlives(result.series[f"{flow}.goodput"], result.series[f"{flow}.rate"], *span(case, result))
    if found is None:
        return None, "too little was measured before or after the faults, or the load has grown"
    return float(found), ""


def recovery_time(flow: str, case: Case, result: RunResult) -> Told:
    """Seconds from the end of the last fault until nine tenths of the share before are acknowledged again."""
    rate = result.series[f"{flow}.rate"]
    share = Series(rate.start, rate.step, "ratio", in_time(f"{flow}.availability", result))
    begins, ends = span(case, result)
    closes = [rate.start + (i + 1) * rate.step for i in range(len(rate.values))]
    before = [v for v, close in zip(share.values, closes, strict=True) if v is not None and close <= begins]
    if not any(before):
        return None, f"nothing of {flow} was acknowledged before the first fault"
    if ends >= closes[-1] - rate.step:
        return None, "a fault goes on until the end of the run"
    least = NORMAL * sum(before) / len(before)
    seconds, well = recovered(share, lambda value: value >= least, ends)
    return seconds, "" if well else "it is not well at the end of the run"


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
