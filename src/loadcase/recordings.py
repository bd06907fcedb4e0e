"""Which history a run records for its contract, and what that history tells of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loadcase.blueprint import knowledge
from loadcase.blueprint.limits import in_bytes
from loadcase.blueprint.model import Blueprint, Case
from loadcase.core.errors import UsageError
from loadcase.core.metrics import OF_READS, correctness_metric
from loadcase.core.results import Metric, RunResult
from loadcase.core.values import show

if TYPE_CHECKING:
    from loadcase.engine.recording import Recording

MOST_ROWS = 2_000_000
"""Rows of a history that is recorded to be judged: 250 MB, and two seconds of judging."""
ROW_BYTES = 200
"""Of one row: as it is written, and as columns."""
SMALLEST = 1 / 1024


def promised(blueprint: Blueprint) -> list[str]:
    """Metrics of the contract that only a history tells."""
    names = (g.metric for g in blueprint.contract)
    return list(dict.fromkeys(n for n in names if correctness_metric(n.partition(".")[2]) is not None))


def recording(
    blueprint: Blueprint, case: Case, length: tuple[float | None, float | None], k: int, asked: float | None
) -> Recording | None:
    """What a run writes down: the share of the keys that was asked for (0: as many as memory allows), or what the
    contract needs; None for nothing.

    `length` is how long the run is measured and warmed up, s, None for what the case says; `k` its scale.
    """
    from loadcase.engine.recording import Recording

    if asked:
        check_rows(rows(blueprint, case, length, True) / k * asked)
        return Recording(asked)
    wanted = promised(blueprint)
    if not wanted and asked is None:
        return None
    reads = asked is not None or any(name.split(".")[1] in OF_READS for name in wanted)
    share = MOST_ROWS / max(1.0, rows(blueprint, case, length, reads) / k)
    power = 1.0
    while power > share and power > SMALLEST:
        power /= 2.0
    return Recording(power, reads)


def check_rows(count: float) -> None:
    """Raises UsageError when so many rows take more memory than a run may."""
    from loadcase.engine.memory import limit_bytes

    if count * ROW_BYTES > limit_bytes():
        raise UsageError(
            f"the history would have about {count:,.0f} rows, {in_bytes(count * ROW_BYTES)} of memory; "
            f"a run may take {in_bytes(limit_bytes())}",
            hint="ask for a smaller --sample, or for none: then it has as many keys as fit",
        )


def rows(blueprint: Blueprint, case: Case, length: tuple[float | None, float | None], reads: bool) -> float:
    """Rows of the whole history of a run, about."""
    from loadcase.engine.recording import Recorder

    recorder = Recorder(blueprint, on=True, reads=reads)
    total = 0.0
    for flow in blueprint.flows.values():
        if flow.arrive is None or not recorder.follows(flow):
            continue
        calls = list(knowledge.calls(flow.steps))
        rate = (flow.arrive.rate or 1000.0) * case.load
        total += rate * (2 + sum(1 + 2 * len(recorder.delivers()) for call in calls if recorder.matters(call)))
    return total * sum(case.lengths(*length))


def tell(blueprint: Blueprint, result: RunResult, keep: bool) -> RunResult:
    """The result with what its history tells of the contract; without the history, unless it is to be kept."""
    from loadcase.check.judge import Judge

    wanted = promised(blueprint)
    if result.history is None:
        return result
    sampled = result.history.meta.sample
    if sampled is not None:
        note = f"the history has {show(sampled.share, 'ratio')} of the keys, whole: {result.history.rows:,} rows"
        result = replace(result, notes=(*result.notes, note))
    judge = Judge(result.history)
    metrics, doubts, stories = dict(result.metrics), {}, {}
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
    )
