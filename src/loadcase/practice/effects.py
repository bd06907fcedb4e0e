"""What a fault did to a design, in words of users: two runs of the same arrivals, without it and with it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from loadcase.blueprint.model import Blueprint
from loadcase.core.results import RunResult, Series
from loadcase.core.values import show
from loadcase.practice.throwing import SEEN, Throw

LESS = 0.001
"""Share of the operations whose failure is worth a word."""
SLOWER = 1.2
"""Factor on the time of the slowest hundredth that is."""
MORE = 1.2
"""Factor on a count that is."""
BACK = 0.95
"""Share of what is asked for that is answered once a flow is well again."""
FLOWS = 3
"""Flows that are told of, the worst first."""
WORDS = {
    "lost": "acknowledged and then lost", "applied_twice": "applied twice", "stale_reads": "answered with old data",
    "duplicates": "delivered twice", "undelivered": "never delivered", "out_of_order": "delivered out of order",
}  # fmt: skip


@dataclass(frozen=True)
class Effect:
    """Numbers by metric, without the fault and with it, in base units, and the same in a line or two."""

    before: dict[str, float]
    after: dict[str, float]
    words: str


@dataclass(frozen=True)
class _Told:
    grave: float
    words: str


def effect(throw: Throw, watched: Blueprint, calm: Sequence[RunResult], thrown: Sequence[RunResult]) -> Effect:
    """What the runs show; `watched` is the design with its own guarantees and those that were added to see more."""
    before, after = _numbers(watched, throw, calm), _numbers(watched, throw, thrown)
    told = sorted(_of_flows(watched, before, after), key=lambda t: -t.grave)[:FLOWS]
    told += list(_of_data(watched, before, after))
    words = "; ".join(t.words for t in told) or "users notice nothing"
    ended = next((r.partial for r in thrown if r.partial), None)
    if ended:
        words = f"{words}; the run was given up: {ended}"
    return Effect(before, after, words)


def _numbers(b: Blueprint, throw: Throw, runs: Sequence[RunResult]) -> dict[str, float]:
    """The metrics that are looked at, over the seeds: means of shares and times, the most of counts."""
    found: dict[str, float] = {}
    for name, flow in b.flows.items():
        if flow.arrive is not None:
            _put(found, f"{name}.availability", [_while(r, name, throw.at_s, throw.end_s) for r in runs])
            _put(found, f"{name}.back", [_while(r, name, _late(r, throw), math.inf) for r in runs])
        _put(found, f"{name}.p99", [_value(r, f"{name}.p99") for r in runs])
    for of, metrics in SEEN.items():
        for name in b.entities if of == "entity" else b.flows:
            for metric in metrics:
                values = [v for r in runs if (v := _value(r, f"{name}.{metric}")) is not None]
                if values:
                    found[f"{name}.{metric}"] = max(values)
    return found


def _put(found: dict[str, float], name: str, values: Sequence[float | None]) -> None:
    known = [v for v in values if v is not None]
    if known:
        found[name] = sum(known) / len(known)


def _value(run: RunResult, name: str) -> float | None:
    metric = run.metric(name)
    return None if metric is None else metric.value


def _late(run: RunResult, throw: Throw) -> float:
    """The middle of the time after the fault, s after the warm-up."""
    return (throw.end_s + run.duration_s) / 2


def _while(run: RunResult, flow: str, start_s: float, end_s: float) -> float | None:
    """Share of a flow's operations that were answered in a stretch of time after the warm-up; None for no arrivals."""
    came = _sum(run.series.get(f"{flow}.rate"), start_s, end_s)
    good = _sum(run.series.get(f"{flow}.goodput"), start_s, end_s)
    if not came or good is None:
        return None
    return min(1.0, good / came)


def _sum(series: Series | None, start_s: float, end_s: float) -> float | None:
    if series is None:
        return None
    first = series.start
    return sum(
        value * series.step
        for i, value in enumerate(series.values)
        if value is not None and start_s - series.step < i * series.step + first - series.start < end_s
    )


def _of_flows(b: Blueprint, before: dict[str, float], after: dict[str, float]) -> Iterator[_Told]:
    for name, flow in b.flows.items():
        was, now = before.get(f"{name}.availability", 1.0), after.get(f"{name}.availability", 1.0)
        fast, slow = before.get(f"{name}.p99"), after.get(f"{name}.p99")
        said, grave = [], 0.0
        if flow.arrive is not None and was - now > LESS:
            said.append(f"{show(now, 'ratio')} answered while it lasts ({show(was, 'ratio')} without it)")
            grave += was - now
        if fast and slow and slow > SLOWER * fast:
            said.append(f"p99 {show(slow, 's')} ({show(fast, 's')} without it)")
            grave += 1e-3 * slow / fast
        late = after.get(f"{name}.back", 1.0)
        if said and late < BACK * before.get(f"{name}.back", 1.0):
            said.append(f"not well again long after it: {show(late, 'ratio')} answered")
            grave += 1.0
        if said:
            yield _Told(grave, f"{name}: {', '.join(said)}")


def _of_data(b: Blueprint, before: dict[str, float], after: dict[str, float]) -> Iterator[_Told]:
    for of, metrics in SEEN.items():
        for name in b.entities if of == "entity" else b.flows:
            for metric in metrics:
                was, now = before.get(f"{name}.{metric}", 0.0), after.get(f"{name}.{metric}", 0.0)
                if now > was * MORE:
                    more = f" ({show(was, 'count')} without it)" if was else ""
                    yield _Told(0.0, f"{name}: {show(now, 'count')} {WORDS[metric]}{more}")
