"""Which history a run records for its contract, and what that history tells of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loadcase.blueprint import knowledge
from loadcase.blueprint.limits import in_bytes
from loadcase.blueprint.model import Blueprint, Case
from loadcase.core.errors import UsageError
from loadcase.core.metrics import OF_COPIES, OF_COURSE, OF_READS, OF_SCHEDULE, correctness_metric
from loadcase.core.results import Metric, RunResult
from loadcase.core.values import show

if TYPE_CHECKING:
    from loadcase.engine.recording import Recording

LEAST_ROWS = 250_000
MOST_ROWS = 2_000_000
"""Rows of a history that is recorded to be judged: 250 MB, and two seconds of judging."""
ROW_BYTES = 200
"""Of one row: as it is written, and as columns."""
SMALLEST = 1 / 1024


def promised(blueprint: Blueprint, course: bool = False) -> list[str]:
    """Metrics of the contract that only a history tells, or those that the course of a run tells."""
    names = dict.fromkeys(g.metric for g in blueprint.contract)
    told = [n for n in names if correctness_metric(n.partition(".")[2]) is not None]
    return [n for n in told if (n.partition(".")[2] in OF_COURSE) == course]


def recording(
    blueprint: Blueprint, case: Case, length: tuple[float | None, float | None], k: int, asked: float | None
) -> Recording | None:
    """What a run writes down: the share of the keys that was asked for (0: as many as memory allows), or what the
    contract needs; None for nothing.

    `length` is how long the run is measured and warmed up, s, None for what the case says; `k` its scale.
    """
    from loadcase.engine.recording import Recording

    wanted = promised(blueprint)
    if not wanted and asked is None:
        return None
    families = {name.split(".")[1] for name in wanted}
    whole = Recording(1.0, asked is not None or not families.isdisjoint(OF_READS), not families.isdisjoint(OF_COPIES))
    count = rows(blueprint, case, length, whole) / k
    if asked:
        check_rows(count * asked)
        return replace(whole, share=asked)
    share = room(blueprint, case, k) / max(1.0, count)
    power = 1.0
    while power > share and power > SMALLEST:
        power /= 2.0
    return replace(whole, share=power)


def room(blueprint: Blueprint, case: Case, k: int) -> float:
    """Rows of a history for which there is memory beside the run, within LEAST_ROWS and MOST_ROWS."""
    from loadcase.engine.memory import ENGINE_BYTES, check_memory, limit_bytes
    from loadcase.engine.scale import shrink

    taken = ENGINE_BYTES + check_memory(shrink(blueprint, k) if k > 1 else blueprint, case.load)
    return min(MOST_ROWS, max(LEAST_ROWS, (limit_bytes() - taken) / ROW_BYTES))


def check_rows(count: float) -> None:
    """Raises UsageError when so many rows take more memory than a run may."""
    from loadcase.engine.memory import limit_bytes

    if count * ROW_BYTES > limit_bytes():
        raise UsageError(
            f"the history would have about {count:,.0f} rows, {in_bytes(count * ROW_BYTES)} of memory; "
            f"a run may take {in_bytes(limit_bytes())}",
            hint="ask for a smaller --sample, or for none: then it has as many keys as fit",
        )


def rows(blueprint: Blueprint, case: Case, length: tuple[float | None, float | None], wanted: Recording) -> float:
    """Rows of the whole history of a run, about."""
    from loadcase.engine.recording import Recorder

    recorder = Recorder(blueprint, wanted)
    total = 0.0
    for flow in blueprint.flows.values():
        if flow.arrive is None or not recorder.follows(flow):
            continue
        calls = list(knowledge.calls(flow.steps))
        rate = (flow.arrive.rate or 1000.0) * case.load
        each = sum(
            1 + 2 * len(recorder.delivers()) + recorder.at_copies(call) for call in calls if recorder.matters(call)
        )
        total += rate * (2 + each)
    return total * sum(case.lengths(*length))


def follow(blueprint: Blueprint, case: Case, result: RunResult) -> RunResult:
    """The result with what its series tell of the contract: what the faults of its case left behind.

    Without faults nothing is left behind: 0. It cannot be told of faults that go on until the end.
    """
    from loadcase.check.recovery import course

    metrics, doubts = dict(result.metrics), dict(result.doubts)
    last = max((f.end for f in case.faults), default=0.0)
    for name in promised(blueprint, course=True):
        flow, _, metric = name.partition(".")
        spec = correctness_metric(metric)
        offered, goodput = result.series.get(f"{flow}.rate"), result.series.get(f"{flow}.goodput")
        assert spec is not None
        if not case.faults:
            metrics[name] = Metric(0.0, spec.unit)
            continue
        if last >= result.duration_s or offered is None or goodput is None:
            doubts[name] = "a fault goes on until the end of the run"
            continue
        first = offered.start + min(f.at for f in case.faults)
        value, doubt = course(metric, offered, goodput, first, offered.start + last)
        relaxed = blueprint.relaxed.get(result.case, {}).get(name, 0.0)
        bounds = [max(g.bound, relaxed) for g in blueprint.contract if g.metric == name]
        if value is None or (doubt and value <= max(bounds)):  # more than the longest that is promised is broken
            doubts[name] = doubt
        else:
            metrics[name] = Metric(value, spec.unit)
    return replace(result, metrics=dict(sorted(metrics.items())), doubts=doubts)


def compares(blueprint: Blueprint) -> bool:
    """Whether the contract takes a second run of the same arrivals."""
    return any(name.partition(".")[2] in OF_SCHEDULE for name in promised(blueprint))


def tell(blueprint: Blueprint, result: RunResult, keep: bool, other: RunResult | None = None) -> RunResult:
    """The result with what its history tells of the contract; without the history, unless it is to be kept.

    `other` is a run of the same arrivals that met another schedule.
    """
    from loadcase.check.judge import Judge

    wanted = promised(blueprint)
    if result.history is None:
        return result
    sampled = result.history.meta.sample
    if sampled is not None:
        note = f"the history has {show(sampled.share, 'ratio')} of the keys, and all of what happened to these"
        result = replace(result, notes=(*result.notes, note))
    judge = Judge(result.history, None if other is None else other.history)
    metrics, doubts, stories = dict(result.metrics), dict(result.doubts), {}
    sample = result.history.meta.sample
    for name in wanted:
        spec = correctness_metric(name.partition(".")[2])
        found = judge.finding(name)
        assert spec is not None
        if found.value is None or found.doubt:
            doubts[name] = found.doubt
            continue
        share = sample.share if sample is not None and spec.unit == "count" else 1.0
        factor = result.scale if spec.unit == "count" else 1
        metrics[name] = Metric(found.value / share * factor, spec.unit, found.samples)
        story = judge.story(name) if found.value > 0 else None
        if story is not None:
            stories[name] = story
    return replace(
        result,
        metrics=dict(sorted(metrics.items())),
        doubts=doubts,
        stories=stories,
        history=result.history if keep else None,
        other_history=other.history if keep and other is not None else None,
    )
