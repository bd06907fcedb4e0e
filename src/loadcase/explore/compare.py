"""Two designs under the same luck: paired differences with their intervals, what each holds, and which is the better.

Common random numbers: with the same seed, a place that both designs have (the arrivals of a flow, the work at a
component) draws the same numbers in both, so that a difference is not blurred by what both share. A difference is taken
seed by seed, and Student's t over the seeds gives its interval. Source: A. Law, Simulation Modeling and Analysis, 5th
ed., 11.2.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from loadcase import api
from loadcase.blueprint.model import Blueprint
from loadcase.check.contract import judge_case
from loadcase.check.runner import MIN_SEEDS
from loadcase.check.statistics import LEVEL, LOOK_LEVEL, interval, unseen
from loadcase.core.errors import UsageError
from loadcase.core.results import CaseVerdict, Metric, RunResult, Verdict, worst
from loadcase.core.values import show
from loadcase.engine.run import OVERLOADED, Warmed, case_of
from loadcase.scales import Scale, vouched

if TYPE_CHECKING:
    from loadcase.engine.watching import Seen

Side = Literal["a", "b"]
SIDES: tuple[Side, Side] = ("a", "b")
Better = Literal["a", "b", "same", "neither", "unknown"]
CASE_BUDGET_S = 60.0
"""What a comparison may take: a minute for each case."""
RUN_AIM_S = 6.0
"""Wall time that a run aims at when a scale model is chosen."""
MOST_SEEDS = 1536
SMALL = 0.01
"""A difference that is surely less than this share of the value is none that needs more seeds."""
TICK_S = 0.1
Watch = Callable[[str, int, Side, "Seen"], None]
"""Is shown a run while it goes on: its case, its seed and whose it is."""
KEEPS_UP = "keeping up with the load"


@dataclass(frozen=True)
class Difference:
    """A metric of both designs and the difference, b less a, with its interval; None where a design does not have it.

    `gain`: how many times as many seeds independent runs need for an interval of that width; None where the pairs do
    not differ in their difference. `rough`: told by a scale model within its factor only.
    """

    metric: str
    unit: str
    a: float | None
    b: float | None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    gain: float | None = None
    rough: bool = False

    @property
    def decided(self) -> bool:
        """Whether the interval tells which is larger, or that they hardly differ."""
        if self.difference is None or self.low is None or self.high is None or self.rough:
            return True
        small = SMALL * max(abs(self.a or 0.0), abs(self.b or 0.0))
        return self.low > 0 or self.high < 0 or max(abs(self.low), abs(self.high)) <= small


@dataclass(frozen=True)
class CaseComparison:
    """Both designs in one case, over the same seeds."""

    case: str
    seeds: tuple[int, ...]
    scale: int
    a: CaseVerdict
    b: CaseVerdict
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Comparison:
    """Two designs side by side. `better` is by the contract, then by the cost; `why` says so in words."""

    names: tuple[str, str]
    a: Verdict
    b: Verdict
    cost: Difference
    better: Better
    why: str
    cases: tuple[CaseComparison, ...]
    level: float
    wall_s: float
    interrupted: bool = False

    @property
    def chosen(self) -> str:
        """The name of the better design; what there is instead where none is."""
        return {"a": self.names[0], "b": self.names[1]}.get(self.better, self.better)


@dataclass(frozen=True)
class Progress:
    """Runs that are done, those that are wanted so far, and the seconds spent."""

    runs: int
    wanted: int
    spent_s: float


@dataclass
class _Pairs:
    """The runs of both designs in one case."""

    case: str
    scales: dict[Side, Scale]
    warmed: dict[Side, Warmed] = field(default_factory=lambda: {side: Warmed() for side in SIDES})
    runs: dict[Side, dict[int, RunResult]] = field(default_factory=lambda: {side: {} for side in SIDES})

    @property
    def seeds(self) -> list[int]:
        """Seeds that both designs were run with."""
        return sorted(self.runs["a"].keys() & self.runs["b"].keys())

    def of(self, side: Side) -> list[RunResult]:
        return [self.runs[side][seed] for seed in self.seeds]


def compare(
    a: Blueprint,
    b: Blueprint,
    names: tuple[str, str] = ("a", "b"),
    *,
    cases: Iterable[str] | None = None,
    seeds: int | None = None,
    most_seeds: int = MOST_SEEDS,
    choice_only: bool = False,
    choice_by: Collection[str] = (),
    metrics: Sequence[str] = (),
    budget_s: float | None = None,
    threads: int | None = None,
    exact: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
    trace_folder: Path | None = None,
    watch: Watch | None = None,
) -> Comparison:
    """Runs both designs in the same cases with the same seeds, and says which is the better.

    `cases` are those that both have, where none are given. Three seeds are run first, and twice as many each time while
    a guarantee or a difference of the contract's metrics is undecided (with `choice_only`, while it is undecided which
    design is the better), until the budget is spent, a minute for each case; with `seeds` exactly that many. `metrics`
    are compared beside those of the contract; every metric that both have with `["*"]`. `choice_by` are metrics that
    the choice rests on: where any are named, a guarantee of another metric counts when it is broken, and is left aside
    while it is undecided. `watch` is shown every run as it goes, from several threads.

    Raises UsageError for a case that a design does not have.
    """
    chosen = _cases(a, b, names, cases)
    api.prepare()
    started = time.perf_counter()
    budget_s = CASE_BUDGET_S * len(chosen) if budget_s is None else budget_s
    work = _Work(
        {"a": a, "b": b}, started, None if seeds is not None else started + budget_s, stop or threading.Event(),
        trace_folder, on_progress, watch,
    )  # fmt: skip
    pairs = [_Pairs(name, _scales(a, b, name, exact)) for name in chosen]
    level = LOOK_LEVEL if seeds is None else LEVEL
    pool = ThreadPoolExecutor(threads or os.cpu_count() or 1)
    found = None
    try:
        left = pairs
        count = seeds or MIN_SEEDS
        while left and not work.spent():
            work.batch(pool, left, count)
            found = None
            if seeds is not None or count >= most_seeds:
                break
            found = _compared(a, b, names, pairs, metrics, level, work, choice_by)
            if choice_only and found.better != "unknown":
                break
            open_ = {c.case for c in found.cases if _undecided(c, choice_only, choice_by)}
            left = [p for p in pairs if p.case in open_]
            count = min(2 * count, most_seeds)
    except KeyboardInterrupt:
        work.stop.set()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return found if found is not None else _compared(a, b, names, pairs, metrics, level, work, choice_by)


class _Work:
    """Runs pairs of runs."""

    def __init__(
        self,
        designs: dict[Side, Blueprint],
        started: float,
        deadline: float | None,
        stop: threading.Event,
        trace_folder: Path | None,
        on_progress: Callable[[Progress], None] | None,
        watch: Watch | None,
    ) -> None:
        self.designs = designs
        self.started = started
        self.deadline = deadline
        self.stop = stop
        self.trace_folder = trace_folder
        self.on_progress = on_progress
        self.watch = watch
        self.done = self.wanted = 0

    def spent(self) -> bool:
        """Whether nothing more should be started."""
        return self.stop.is_set() or (self.deadline is not None and time.perf_counter() >= self.deadline)

    def batch(self, pool: ThreadPoolExecutor, pairs: list[_Pairs], count: int) -> None:
        """Runs the seeds up to `count` of each case that were not run: both designs with a seed before the next."""
        tasks: dict[Future[RunResult | None], tuple[_Pairs, int, Side]] = {}
        for seed in range(1, count + 1):
            for pair in pairs:
                for side in SIDES:
                    if seed not in pair.runs[side]:
                        tasks[pool.submit(self.one, pair, seed, side)] = pair, seed, side
        self.wanted += len(tasks)
        pending = set(tasks)
        while pending:
            done, pending = wait(pending, TICK_S)
            for task in done:
                result = task.result()
                pair, seed, side = tasks[task]
                if result is not None:
                    pair.runs[side][seed] = result
                    self.done += 1
            if self.on_progress is not None:
                self.on_progress(Progress(self.done, self.wanted, time.perf_counter() - self.started))

    def one(self, pair: _Pairs, seed: int, side: Side) -> RunResult | None:
        """One run; None when there is no time for it, or not for all of it."""
        if self.spent():
            return None
        limit_s = None if self.deadline is None else self.deadline - time.perf_counter()
        result = api.run(
            self.designs[side], pair.case, seed, scale=pair.scales[side], warmed=pair.warmed[side], stop=self.stop,
            wall_limit_s=limit_s, trace_folder=self.trace_folder,
            watch=None if self.watch is None else partial(self.watch, pair.case, seed, side),
        )  # fmt: skip
        return None if result.partial is not None and self.spent() else result


def _cases(a: Blueprint, b: Blueprint, names: tuple[str, str], cases: Iterable[str] | None) -> list[str]:
    if cases is not None:
        chosen = list(dict.fromkeys(cases))
        for name in chosen:
            case_of(a, name)
            case_of(b, name)
        return chosen
    both = [name for name in (list(a.cases) or ["normal"]) if name in (list(b.cases) or ["normal"])]
    if not both:
        hint = f"{names[0]} has {', '.join(a.cases) or 'normal'}; {names[1]} has {', '.join(b.cases) or 'normal'}"
        raise UsageError("the two designs have no case in common", hint=hint)
    return both


def _scales(a: Blueprint, b: Blueprint, case: str, exact: bool) -> dict[Side, Scale]:
    """The same scale for both designs, so that what a model adds is in both: the larger one that fits both."""
    if exact:
        return {side: Scale() for side in SIDES}
    one, other = (api.scales_of(design, [case], RUN_AIM_S, 1)[case] for design in (a, b))
    if one.k == other.k:
        return {"a": one, "b": other}
    k = min(one.k, other.k)
    found: dict[Side, Scale] = {}
    for side, design in zip(SIDES, (a, b), strict=True):
        own = case_of(design, case)
        scale = vouched(design, own.load, k, own.faults)
        if scale is None:
            return {side: Scale() for side in SIDES}
        found[side] = scale
    return found


def _compared(
    a: Blueprint,
    b: Blueprint,
    names: tuple[str, str],
    pairs: list[_Pairs],
    metrics: Sequence[str],
    level: float,
    work: _Work,
    choice_by: Collection[str],
) -> Comparison:
    """What the pairs of runs tell."""
    cases = []
    wanted = list(dict.fromkeys([g.metric for design in (a, b) for g in design.contract] + ["cost"]))
    for pair in pairs:
        one, other = pair.of("a"), pair.of("b")
        listed = wanted + _more(metrics, one, other, wanted)
        found = [d for name in listed if (d := difference(name, one, other, level)) is not None]
        verdicts = [judge_case(design, pair.case, runs, (), level) for design, runs in ((a, one), (b, other))]
        first, second = verdicts
        cases.append(CaseComparison(pair.case, tuple(pair.seeds), pair.scales["a"].k, first, second, tuple(found)))
    cost = next(
        (d for c in cases for d in c.differences if d.metric == "cost"), Difference("cost", "USD/month", None, None)
    )
    better, why = _choose(names, [_resting_on(choice_by, c) for c in cases] if choice_by else cases, cost)
    spent = time.perf_counter() - work.started
    return Comparison(
        names,
        standing(cases, "a"),
        standing(cases, "b"),
        cost,
        better,
        why,
        tuple(cases),
        level,
        spent,
        work.stop.is_set(),
    )


def _more(metrics: Sequence[str], one: list[RunResult], other: list[RunResult], known: list[str]) -> list[str]:
    if "*" in metrics:
        metrics = sorted({name for r in (*one, *other) for name in (*r.metrics, *r.rough)})
    return [name for name in dict.fromkeys(metrics) if name not in known]


def difference(
    name: str, one: Sequence[RunResult], other: Sequence[RunResult], level: float = LEVEL
) -> Difference | None:
    """The paired difference of a metric, b less a; None when neither design has it. Runs stand in pairs."""
    pairs = [(r.metric(name), s.metric(name)) for r, s in zip(one, other, strict=True)]
    seen = [m for pair in pairs for m in pair if m is not None]
    if not seen:
        return None
    unit = seen[0].unit
    rough = any(name in r.rough for r in (*one, *other))
    both: list[tuple[Metric, Metric]] = [(x, y) for x, y in pairs if x is not None and y is not None]
    means = [
        math.fsum(values) / len(values)
        if (values := [m.value for pair in pairs if (m := pair[i]) is not None])
        else None
        for i in (0, 1)
    ]
    if not both:
        return Difference(name, unit, means[0], means[1], rough=rough)
    first, second = [x.value for x, _ in both], [y.value for _, y in both]
    apart = [y - x for x, y in zip(first, second, strict=True)]
    mean, low, high = interval(apart, level)
    if all(x.exact and y.exact for x, y in both):
        low = high = mean
    elif low == high and unit == "ratio" and (trials := sum(x.samples + y.samples for x, y in both)):
        low, high = mean - unseen(level) / trials, mean + unseen(level) / trials
    spread = _variance(apart)
    gain = (_variance(first) + _variance(second)) / spread if spread > 0.0 else None
    return Difference(name, unit, means[0], means[1], mean, low, high, gain, rough)


def _variance(values: Sequence[float]) -> float:
    if len(values) < 2:
        return 0.0
    mean = math.fsum(values) / len(values)
    return math.fsum((v - mean) ** 2 for v in values) / (len(values) - 1)


def _undecided(case: CaseComparison, choice_only: bool, choice_by: Collection[str]) -> bool:
    """Whether more seeds may tell more."""
    if any(v.partial for v in (case.a, case.b)):
        return False
    if choice_by:
        case = _resting_on(choice_by, case)
    open_ = any(o.verdict == "unknown" and o.value is not None for v in (case.a, case.b) for o in v.guarantees)
    return open_ or any(not d.decided for d in case.differences if not choice_only or d.metric == "cost")


def _resting_on(metrics: Collection[str], case: CaseComparison) -> CaseComparison:
    """The case without the guarantees of other metrics that are undecided."""
    return replace(case, a=_decided(metrics, case.a), b=_decided(metrics, case.b))


def _decided(metrics: Collection[str], verdict: CaseVerdict) -> CaseVerdict:
    """The verdict by the guarantees of these metrics, and by those of others that are decided."""
    kept = [o for o in verdict.guarantees if o.verdict != "unknown" or o.metric in metrics]
    return replace(verdict, guarantees=kept, verdict=worst([o.verdict for o in kept]))


def overloaded(verdict: CaseVerdict) -> bool:
    """Whether runs were given up because more and more was in flight: a design that does not keep up is no choice."""
    return verdict.partial is not None and verdict.partial.endswith(OVERLOADED)


def broken(cases: Iterable[CaseComparison], side: Side) -> set[tuple[str, str]]:
    """The guarantees that a design breaks, each with its case; that it keeps up is one of them."""
    verdicts = [(c.case, c.a if side == "a" else c.b) for c in cases]
    found = {(case, o.guarantee) for case, verdict in verdicts for o in verdict.guarantees if o.verdict == "broken"}
    return found | {(case, KEEPS_UP) for case, verdict in verdicts if overloaded(verdict)}


def standing(cases: Iterable[CaseComparison], side: Side) -> Verdict:
    """The worst verdict of a design over the cases; broken where it does not keep up."""
    verdicts = [c.a if side == "a" else c.b for c in cases]
    return worst(["broken" if overloaded(v) else v.verdict for v in verdicts])


def _choose(names: tuple[str, str], cases: Sequence[CaseComparison], cost: Difference) -> tuple[Better, str]:
    """Which design is the better: the one that holds its contract; of two that do, the cheaper.

    Of two that break it, the one that breaks a part of what the other breaks, where nothing is undecided.
    """
    one, other = names
    verdicts = {side: standing(cases, side) for side in SIDES}
    first, second = broken(cases, "a"), broken(cases, "b")
    match verdicts["a"], verdicts["b"]:
        case "holds", "holds":
            return _cheaper(names, cost)
        case "holds", "broken":
            return "a", f"{one} holds its contract, and {other} breaks {_listed(second)}"
        case "broken", "holds":
            return "b", f"{other} holds its contract, and {one} breaks {_listed(first)}"
        case "broken", "broken":
            undecided = any(o.verdict == "unknown" for c in cases for v in (c.a, c.b) for o in v.guarantees)
            if first < second and not undecided:
                return "a", f"{one} breaks {_listed(first)}, and {other} also {_listed(second - first)}"
            if second < first and not undecided:
                return "b", f"{other} breaks {_listed(second)}, and {one} also {_listed(first - second)}"
            return "neither", f"{one} breaks {_listed(first)}, and {other} breaks {_listed(second)}"
    if verdicts["a"] == "unknown" and verdicts["b"] == "unknown":
        return "unknown", f"it is undecided whether {one} and {other} hold their contracts"
    open_, done = (one, other) if verdicts["a"] == "unknown" else (other, one)
    known = verdicts["b"] if verdicts["a"] == "unknown" else verdicts["a"]
    said = "holds" if known == "holds" else "breaks"
    return "unknown", f"it is undecided whether {open_} holds its contract; {done} {said} its own"


def _cheaper(names: tuple[str, str], cost: Difference) -> tuple[Better, str]:
    one, other = names
    if cost.difference is None or cost.low is None or cost.high is None:
        return "unknown", "both hold their contracts, and the cost is not known"
    apart = show(abs(cost.difference), "USD/month")
    if cost.difference == 0.0 == cost.low == cost.high:
        return "same", "both hold their contracts, at the same cost"
    if cost.low > 0:
        return "a", f"both hold their contracts, and {one} costs {apart} less"
    if cost.high < 0:
        return "b", f"both hold their contracts, and {other} costs {apart} less"
    return "unknown", "both hold their contracts, and it is undecided which costs less"


def _listed(found: set[tuple[str, str]]) -> str:
    """Some of the guarantees, each with its case."""
    shown = [f"{guarantee} ({case})" for case, guarantee in sorted(found)]
    return ", ".join(shown[:3]) + (f" and {len(shown) - 3} more" if len(shown) > 3 else "")
