"""Guarantees against the runs of a case: holds, broken or unknown, with the evidence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from loadcase.alerts.page import judge_page
from loadcase.blueprint.model import Blueprint, Case, Guarantee
from loadcase.check.aftermath import collapse
from loadcase.check.evidence import explain
from loadcase.check.recover_within import METRIC as RECOVERY
from loadcase.check.recover_within import judge_recovery
from loadcase.check.statistics import ABOVE, LEVEL, Interval, interval, share_interval, unseen, within
from loadcase.core.metrics import OF_COURSE
from loadcase.core.results import CaseVerdict, Metric, Outcome, RunResult, Verdict, worst
from loadcase.core.values import digits, show

WHOLE_COUNTS = (".peak", ".dead_letters", ".attempts", ".hedges")
"""Metrics that count events: equal values in all seeds do not mean that there is nothing else to see."""


@dataclass(frozen=True)
class Runs:
    """The runs of one case: those that came to their end, and those that the budget or the user cut short."""

    done: Sequence[RunResult]
    cut: Sequence[RunResult] = ()

    @property
    def judged(self) -> Sequence[RunResult]:
        """The complete ones; where there is none, those that got past their warm-up."""
        return self.done or [r for r in self.cut if measured(r)]

    def exact(self, name: str) -> float | None:
        """The value of a metric that follows from the design, whatever the runs came to."""
        found = (r.metrics[name] for r in (*self.done, *self.cut) if name in r.metrics)
        return next((m.value for m in found if m.exact), None)


def measured(result: RunResult) -> bool:
    """Whether a run got past its warm-up."""
    return any(m.value > 0 for name, m in result.metrics.items() if name.endswith(".rate"))


def promises(blueprint: Blueprint, case: str) -> bool:
    """Whether there is anything to judge in a case."""
    own = blueprint.cases.get(case)
    return bool(blueprint.contract) or (own is not None and own.page_within is not None)


def judge_case(
    blueprint: Blueprint,
    case: str,
    results: Sequence[RunResult],
    cut: Sequence[RunResult] = (),
    level: float = LEVEL,
) -> CaseVerdict:
    """Judges every guarantee of the contract in one case.

    `results` are whole runs; `cut` those that ended because time was up. A cut run never makes a guarantee hold or
    break, but one that contradicts the others makes it unknown. `level` is the confidence of the intervals.
    """
    runs = Runs(results, cut)
    relaxed = blueprint.relaxed.get(case, {})
    outcomes = [judge(blueprint, g, runs, relaxed.get(g.metric), level) for g in blueprint.contract]
    promised = blueprint.cases.get(case)
    recovery = None if promised is None else judge_recovery(blueprint, promised, results, level)
    page = None if promised is None else judge_page(blueprint, promised, results)
    outcomes += [one for one in (recovery, page) if one is not None]
    if promised is not None:
        outcomes = [collapsed(o, blueprint, promised, runs.judged) for o in outcomes]
    partial = next((r.partial for r in (runs.done or runs.cut) if r.partial), None)
    if not runs.done and not runs.cut and promises(blueprint, case):
        partial = "no run was finished"
    notes = [note for r in runs.judged for note in r.notes]
    if not promises(blueprint, case):
        notes.append("nothing is promised, so that nothing can be judged: add requirements.contract")
    if cut and results:
        notes.append(f"{len(cut)} more run{'s'[: len(cut) > 1]} cut short, and not counted")
    return CaseVerdict(
        case=case,
        verdict=worst([o.verdict for o in outcomes]),
        seeds=[r.seed for r in runs.judged],
        guarantees=outcomes,
        scale=max((r.scale for r in (*runs.done, *runs.cut)), default=1),
        partial=partial,
        notes=tuple(dict.fromkeys(notes)),
    )


def collapsed(outcome: Outcome, blueprint: Blueprint, case: Case, results: Sequence[RunResult]) -> Outcome:
    """A broken promise about what is left of the faults, with the collapse that outlives them, where there is one."""
    flow, _, what = outcome.metric.partition(".")
    if outcome.verdict != "broken" or (what not in OF_COURSE and outcome.metric != RECOVERY):
        return outcome
    flows = [flow] if what else [n for n, f in blueprint.flows.items() if f.arrive is not None]
    said = next((text for n in flows for r in results if (text := collapse(n, case, r))), "")
    return replace(outcome, evidence=f"{outcome.evidence}; {said}" if said else outcome.evidence)


def judge(
    blueprint: Blueprint, guarantee: Guarantee, runs: Runs, relaxed: float | None = None, level: float = LEVEL
) -> Outcome:
    """One guarantee over the seeds of a case; `relaxed` is the bound that the case lets it give way to."""
    name, unit = guarantee.metric, guarantee.unit
    line = guarantee if relaxed is None else replace(guarantee, bound=relaxed)
    seen = [r for r in runs.judged if r.metric(name)]
    rough = max((r.scale for r in seen if name in r.rough), default=1)
    found: Interval | None = None
    missing = _missing(name, runs.judged, seen)
    computed = runs.exact(name)
    if computed is not None:
        found = computed, computed, computed
        shown = show(computed, unit)
        verdict, said = _held(line, (), shown) if holds(computed, line) else _broken(line, computed, shown)
    elif missing:
        verdict, said = _unknown(missing)
    else:
        found = interval_of(name, unit, seen, level)
        verdict, said = _decide(line, runs, seen, found, rough)
    if verdict != "holds":
        said += explain(blueprint, guarantee, runs.judged)
    value, low, high = found or (None, None, None)
    return Outcome(
        guarantee=guarantee.text,
        metric=name,
        value=value,
        low=low,
        high=high,
        bound=line.bound,
        comparison=line.comparison,
        unit=unit,
        verdict=verdict,
        evidence="; ".join(said),
        margin=None if found is None else margin(found[0], line),
        degraded=relaxed is not None,
        rough=rough > 1,
        story=next((r.stories[name] for r in seen if name in r.stories), None) if verdict == "broken" else None,
    )


def _decide(
    line: Guarantee, runs: Runs, seen: Sequence[RunResult], found: Interval, rough: int
) -> tuple[Verdict, list[str]]:
    """The verdict on a metric that was measured, and what it rests on."""
    value, low, high = found
    metrics = [m for r in seen if (m := r.metric(line.metric))]
    shown = _shown(found, line.unit, len(seen))
    gave_up = next((r.partial for r in seen if r.partial), None)
    if gave_up and runs.done and not holds(value, line):
        return _broken(line, value, shown, gave_up)
    if gave_up:
        return _unknown(f"{shown} in what was reached", gave_up)
    doubt = _too_few(line.metric, metrics)
    if doubt:
        return _unknown(shown, doubt)
    if absolute(line):
        if all(holds(m.value, line) for m in metrics):
            return _held(line, runs.cut, shown, _without_exception(metrics))
        return _broken(line, value, shown)
    low, high = low / rough, high * rough
    ends = holds(low, line), holds(high, line)
    if all(ends) and (line.comparison != "==" or low == high):
        return _held(line, runs.cut, shown)
    if not any(ends) and (line.comparison != "==" or not low <= line.bound <= high):
        return _broken(line, value, shown)
    if rough > 1:
        return _unknown(
            shown, f"a scale model 1:{rough} tells this within a factor of {rough} only, --exact decides it"
        )
    return _unknown(shown, "the interval does not clear the bound")


def _unknown(*said: str) -> tuple[Verdict, list[str]]:
    return "unknown", list(said)


def _held(line: Guarantee, cut: Sequence[RunResult], *said: str) -> tuple[Verdict, list[str]]:
    """Holds, unless a run that was cut short shows the contrary: leaving it out must not hide that."""
    for result in cut:
        value = _reached(line.metric, result)
        if value is not None and not holds(value, line):
            return _unknown(*said, f"seed {result.seed} was cut short at {show(value, line.unit)}")
    return "holds", list(said)


def _broken(line: Guarantee, value: float, shown: str, *more: str) -> tuple[Verdict, list[str]]:
    inside = margin(value, line)
    far = f", {digits(-100 * inside)} % outside" if inside is not None and inside < 0 else ""
    return "broken", [shown, f"bound {line.comparison} {show(line.bound, line.unit)}{far}", *more]


def _missing(name: str, results: Sequence[RunResult], seen: Sequence[RunResult]) -> str:
    """Why there is no value to judge, if there is none."""
    if not results:
        return "no run was finished"
    if len(seen) == len(results):
        return ""
    doubt = next((r.doubts[name] for r in results if name in r.doubts), "")
    if doubt:
        return doubt
    rate = f"{name.split('.')[0]}.rate"
    idle = all(r.metrics[rate].value == 0.0 for r in results if r not in seen and rate in r.metrics)
    if idle and seen:
        return ""
    return f"{name} was not observed: nothing {'arrived' if idle else 'finished'}"


def interval_of(name: str, unit: str, seen: Sequence[RunResult], level: float) -> Interval:
    """The value of a metric over the runs that have it, and its interval."""
    metrics = [m for r in seen if (m := r.metric(name))]
    values = [m.value for m in metrics]
    value, low, high = interval(values, level)
    if len(values) == 1:
        low, high = within(value, points(name, seen[0]), level) or (low, high)
    trials = sum(m.samples for m in metrics)
    if unit == "ratio" and all(m.samples for m in metrics):
        # seeds that hardly differ would give an interval of no width: the number of trials speaks too
        wide = share_interval(min(1.0, max(0.0, value)), trials, level)
        low, high = min(low, wide[0]), max(high, wide[1])
    elif low == high and value == 0.0 and unit == "1/s":
        seconds = math.fsum(r.duration_s / r.scale for r in seen)
        high = unseen(level) / seconds
    elif low == high and (name.endswith(WHOLE_COUNTS) or ".in_service.p" in name):
        more = unseen(level) / max(len(values), trials)
        low, high = value - more, value + more
    if unit == "ratio":
        high = min(1.0, high) if value <= 1.0 else high
    return value, max(0.0, low), high


def points(name: str, result: RunResult) -> list[float]:
    """A metric in each interval of a run; empty where it has no series."""
    series = result.series.get(name)
    if series is not None:
        return [v for v in series.values if v is not None]
    flow, _, what = name.rpartition(".")
    arrived, done = result.series.get(f"{flow}.rate"), result.series.get(f"{flow}.goodput")
    if what != "availability" or arrived is None or done is None:
        return []
    return [min(1.0, d / a) for a, d in zip(arrived.values, done.values, strict=True) if a and d is not None]


def _shown(found: Interval, unit: str, seeds: int) -> str:
    value, low, high = found
    return f"{show(value, unit)} [{_end(low, unit)}, {_end(high, unit)}] over {seeds} seed{'s'[: seeds > 1]}"


def _without_exception(metrics: Sequence[Metric]) -> str:
    trials = sum(m.samples for m in metrics)
    return f"without exception in {show(trials, 'count')} operations" if trials else "without exception in these runs"


def _reached(name: str, result: RunResult) -> float | None:
    """What a run that was cut short shows of a metric; operations still in flight count neither way."""
    metric = result.metric(name)
    flow, _, what = name.rpartition(".")
    if what not in ("availability", "goodput"):
        return None if metric is None else metric.value
    arrived, failed = result.metrics.get(f"{flow}.rate"), result.metrics.get(f"{flow}.errors")
    if arrived is None or failed is None or arrived.value == 0.0:
        return None
    return 1.0 - failed.value / arrived.value if what == "availability" else arrived.value - failed.value


def _too_few(metric: str, found: Sequence[Metric]) -> str:
    last = metric.rsplit(".", 1)[-1]
    if not (last.startswith("p") and last[1:].isdigit()) or not any(m.samples for m in found):
        return ""  # a share of the time rests on no number of operations
    tail = 1.0 - float(f"0.{last[1:]}")
    beyond = tail * sum(m.samples for m in found)
    if beyond >= ABOVE - 1e-6:
        return ""
    return f"too few samples: {beyond:.0f} operations beyond {last}, {ABOVE} are needed"


def absolute(line: Guarantee) -> bool:
    """Whether a guarantee says never or always: one exception refutes it, and no interval can clear its bound."""
    never = line.bound == 0.0 and line.comparison in ("==", "<=")
    return never or (line.unit == "ratio" and line.bound == 1.0 and line.comparison in ("==", ">="))


def holds(value: float, line: Guarantee) -> bool:
    """Whether a value keeps a guarantee."""
    return line.holds(value)


def margin(value: float, line: Guarantee) -> float | None:
    """How far a value is inside its bound, as a share of it."""
    if line.bound == 0 or not math.isfinite(value):
        return None
    share = (line.bound - value) / abs(line.bound)
    return share if line.comparison.startswith("<") else -share if line.comparison.startswith(">") else -abs(share)


def _end(value: float, unit: str) -> str:
    return "?" if not math.isfinite(value) else show(value, unit)
