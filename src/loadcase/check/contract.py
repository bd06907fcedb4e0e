"""Guarantees against the runs of a case: holds, broken or unknown, with the evidence."""

from __future__ import annotations

import math
from collections.abc import Sequence

from loadcase.blueprint.model import Blueprint, Guarantee
from loadcase.check.statistics import interval, share_interval
from loadcase.core.results import CaseVerdict, Metric, Outcome, RunResult, Verdict, worst
from loadcase.core.values import show

ABOVE = 20
"""A percentile is judged once at least this many operations, over all seeds, lie beyond it."""


def judge_case(blueprint: Blueprint, case: str, results: Sequence[RunResult]) -> CaseVerdict:
    """Judges every guarantee of the contract in one case."""
    relaxed = blueprint.relaxed.get(case, {})
    outcomes = [judge(g, results, relaxed.get(g.metric)) for g in blueprint.contract]
    partial = next((r.partial for r in results if r.partial), None)
    verdict: Verdict = worst([o.verdict for o in outcomes]) if outcomes else ("unknown" if partial else "holds")
    return CaseVerdict(
        case=case,
        verdict=verdict,
        seeds=[r.seed for r in results],
        guarantees=outcomes,
        scale=max((r.scale for r in results), default=1),
        partial=partial,
        notes=tuple(dict.fromkeys(note for r in results for note in r.notes)),
    )


def judge(guarantee: Guarantee, results: Sequence[RunResult], relaxed: float | None = None) -> Outcome:
    """One guarantee over the seeds of a case; `relaxed` is the bound that the case lets it give way to."""
    bound = guarantee.bound if relaxed is None else relaxed
    found = [r.metrics[guarantee.metric] for r in results if guarantee.metric in r.metrics]

    def outcome(value: float | None, low: float | None, high: float | None, verdict: Verdict, why: str) -> Outcome:
        margin = None if value is None else _margin(value, bound, guarantee.comparison)
        return Outcome(
            guarantee.text, guarantee.metric, value, low, high, bound, guarantee.comparison, guarantee.unit, verdict,
            why, margin, relaxed is not None,
        )  # fmt: skip

    if not results:
        return outcome(None, None, None, "unknown", "no run was made")
    if len(found) < len(results):
        return outcome(None, None, None, "unknown", f"{guarantee.metric} was not observed: nothing finished")
    value, low, high = _interval(found, guarantee.unit)
    doubt = _too_few(guarantee.metric, found)
    partial = next((r.partial for r in results if r.partial), None)
    unit = guarantee.unit
    shown = f"{show(value, unit)} [{_end(low, unit)}, {_end(high, unit)}] over {len(found)} seed{'s'[: len(found) > 1]}"
    if partial and not _holds(value, bound, guarantee.comparison):
        return outcome(value, low, high, "broken", f"{shown}; {partial}; {busiest(results)}")
    if partial:
        return outcome(value, low, high, "unknown", f"{shown} in what was reached; {partial}; {busiest(results)}")
    if doubt:
        return outcome(value, low, high, "unknown", f"{shown}; {doubt}")
    if _holds(low, bound, guarantee.comparison) and _holds(high, bound, guarantee.comparison):
        return outcome(value, low, high, "holds", shown)
    if not _holds(low, bound, guarantee.comparison) and not _holds(high, bound, guarantee.comparison):
        return outcome(value, low, high, "broken", f"{shown}; {busiest(results)}")
    return outcome(value, low, high, "unknown", f"{shown} does not clear the bound; {busiest(results)}")


def busiest(results: Sequence[RunResult]) -> str:
    """Which component was under most pressure, in words."""
    peaks: dict[str, float] = {}
    shed: dict[str, float] = {}
    for result in results:
        for name, metric in result.metrics.items():
            target, _, what = name.rpartition(".")
            if "." in target:
                continue  # of a flow, by reason
            if what == "utilisation":
                peaks[target] = max(peaks.get(target, 0.0), metric.value)
            elif what == "shed" and metric.value > 0:
                shed[target] = max(shed.get(target, 0.0), metric.value)
    if not peaks:
        return "no component queues"
    top = max(peaks, key=lambda name: peaks[name])
    text = f"busiest: {top} at {show(peaks[top], 'ratio')}"
    if shed:
        worst_shed = max(shed, key=lambda name: shed[name])
        text += f"; {worst_shed} sheds {show(shed[worst_shed], '1/s')}"
    return text


def _interval(found: Sequence[Metric], unit: str) -> tuple[float, float, float]:
    values = [m.value for m in found]
    if max(values) == min(values) and all(m.samples == 0 for m in found):
        return values[0], values[0], values[0]  # computed, not measured
    mean, low, high = interval(values)
    if unit == "ratio" and all(m.samples for m in found):
        # seeds that all show 0 or 1 would give an interval of no width: let the number of trials speak too
        wide = share_interval(min(1.0, max(0.0, mean)), sum(m.samples for m in found))
        if max(values) == min(values):
            low, high = wide
        low, high = max(0.0, low), min(1.0, high)
    elif unit in ("s", "1/s", "count"):
        low = max(0.0, low)
    return mean, low, high


def _too_few(metric: str, found: Sequence[Metric]) -> str:
    last = metric.rsplit(".", 1)[-1]
    if not (last.startswith("p") and last[1:].isdigit()):
        return ""
    tail = 1.0 - float(f"0.{last[1:]}")
    beyond = tail * sum(m.samples for m in found)
    if beyond >= ABOVE - 1e-6:
        return ""
    return f"too few samples: {beyond:.0f} operations beyond {last}, {ABOVE} are needed"


def _holds(value: float, bound: float, comparison: str) -> bool:
    match comparison:
        case "<":
            return value < bound
        case "<=":
            return value <= bound
        case ">":
            return value > bound
        case ">=":
            return value >= bound
        case _:
            return value == bound


def _margin(value: float, bound: float, comparison: str) -> float | None:
    if bound == 0 or not math.isfinite(value):
        return None
    share = (bound - value) / abs(bound)
    return share if comparison.startswith("<") else -share if comparison.startswith(">") else -abs(share)


def _end(value: float, unit: str) -> str:
    return "?" if not math.isfinite(value) else show(value, unit)
