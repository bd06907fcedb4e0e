"""Whether a design is back within its contract some time after its last fault, from the series of its runs."""

from __future__ import annotations

import math
from collections.abc import Sequence

from loadcase.blueprint.model import Blueprint, Case, Guarantee
from loadcase.check.statistics import interval
from loadcase.core.results import Outcome, RunResult, Verdict
from loadcase.core.values import show

METRIC = "recovery"
Holds = bool | None
"""Whether a bound holds in an interval; None when the seeds do not tell."""


def judge_recovery(blueprint: Blueprint, case: Case, runs: Sequence[RunResult], level: float) -> Outcome | None:
    """The promise `recover_within` of a case: each bound of the contract, as it was before any was relaxed, holds in
    every interval that begins later than that after the last fault; None where nothing is promised.

    An interval is within its bound when its mean over the seeds is, with the whole of that mean's confidence interval;
    it is not when none of that is, and no seed's value either. Guarantees of metrics without a series are not judged.
    """
    if case.recover_within is None:
        return None
    lines = [g for g in blueprint.contract if runs and all(in_time(g.metric, r) for r in runs)]
    if not lines:
        why = "no run was finished" if not runs else "no guarantee of the contract is measured over time"
        return _outcome(case, None, "unknown", why)
    first = runs[0].series[f"{lines[0].metric.split('.')[0]}.rate"]
    ends = first.start + max(min(f.end, runs[0].duration_s) for f in case.faults)
    starts = [first.start + i * first.step for i in range(len(first.values))]
    after = [i for i, start in enumerate(starts) if start >= ends - 1e-9]
    bad: list[tuple[int, Guarantee]] = []
    seen: dict[tuple[int, str], Holds] = {}
    for line in lines:
        for i in after:
            values = [v for r in runs if (v := in_time(line.metric, r)[i]) is not None]
            if not values:
                continue
            mean, *borders = (line.holds(v) for v in (_mean(values), *_ends(values, level)))
            never = not any((mean, *borders, *map(line.holds, values)))
            seen[i, line.metric] = False if never else all((mean, *borders)) or None
            if not mean:
                bad.append((i, line))
    last, latest = max(bad, key=lambda b: b[0]) if bad else (-1, None)
    value = 0.0 if latest is None else starts[last] + first.step - ends
    late = {k: v for k, v in seen.items() if starts[k[0]] >= ends + case.recover_within - 1e-9}
    verdict: Verdict = "unknown"
    said = f"{', '.join(g.metric for g in lines)} over {len(runs)} seed{'s'[: len(runs) > 1]}"
    if latest is not None:
        said = f"the last time out of bound is {show(value, 's')} after the last fault, {latest.text}; {said}"
    if any(v is False for v in late.values()):
        verdict = "broken"
    elif not late:
        said = f"nothing arrived so late; {said}"
    elif all(late.values()):
        verdict = "holds"
    else:
        said = f"the seeds do not tell; {said}"
    return _outcome(case, value, verdict, said)


def in_time(metric: str, result: RunResult) -> list[float | None]:
    """A metric in each interval: None where nothing arrived, infinite where nothing was finished; empty without series.

    A latency or an availability is that of the operations that arrived in the interval.
    """
    flow, _, what = metric.partition(".")
    arrived, done = result.series.get(f"{flow}.rate"), result.series.get(f"{flow}.goodput")
    if arrived is None or done is None:
        own = result.series.get(metric)
        return [] if own is None or f"{flow}.rate" not in result.series else list(own.values)
    if what == "availability":
        return [
            min(1.0, d / a) if a and d is not None else None for a, d in zip(arrived.values, done.values, strict=True)
        ]
    own = result.series.get(metric)
    if own is None:
        return []
    if own.unit != "s":
        return list(own.values)
    return [
        None if not a else math.inf if v is None else v for v, a in zip(own.values, arrived.values, strict=True)
    ]  # fmt: skip


def _mean(values: list[float]) -> float:
    return math.fsum(values) / len(values) if all(map(math.isfinite, values)) else math.inf


def _ends(values: list[float], level: float) -> tuple[float, float]:
    if math.inf in values:
        finite = [v for v in values if v < math.inf]
        return (min(finite) if finite else math.inf), math.inf
    _, low, high = interval(values, level)
    return low, high


def _outcome(case: Case, value: float | None, verdict: Verdict, evidence: str) -> Outcome:
    bound = case.recover_within or 0.0
    return Outcome(
        guarantee=f"recover_within {show(bound, 's')}",
        metric=METRIC,
        value=value,
        low=None,
        high=None,
        bound=bound,
        comparison="<=",
        unit="s",
        verdict=verdict,
        evidence=evidence,
        margin=None if value is None or bound == 0.0 else (bound - value) / bound,
    )
