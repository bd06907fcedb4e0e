"""The calls behind every face: load a design, estimate it, run it, check it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadcase.blueprint.model import Blueprint as Model
from loadcase.core.errors import LoadcaseError, UsageError
from loadcase.core.results import CheckResult, Metric, RunResult
from loadcase.core.units import in_unit, parse_quantity

if TYPE_CHECKING:
    from loadcase.advice.advising import Advice
    from loadcase.alerts.page import PagesResult
    from loadcase.check.judge import Judgement
    from loadcase.check.runner import Progress, Run
    from loadcase.core.history import History
    from loadcase.core.results import CaseVerdict
    from loadcase.deep.ablation import Ablation, AblationProgress
    from loadcase.engine.run import Warmed
    from loadcase.engine.watching import Seen
    from loadcase.estimate.estimate import EstimateReport
    from loadcase.estimate.size import SizeReport
    from loadcase.growth.runs import Judge
    from loadcase.growth.shrinking import Shrunk
    from loadcase.growth.story import Story, StoryProgress
    from loadcase.kinds.base import Component
    from loadcase.review.reviewing import Review
    from loadcase.review.settings import Settings
    from loadcase.scales import Scale

LEAST_BUDGET_S, CASE_BUDGET_S = 60.0, 40.0
LEAST_AIM_S, CASE_AIM_S = 40.0, 4.0
"""What a check may take; what it aims at for each of many cases when it chooses scale models, and gives up at."""
ABLATION_CASE_S, ABLATION_AIM_S = 120.0, 10.0
"""The same for each case of a design from which something was taken out."""
ABLATION_CACHES = 3
"""Warm starts that are kept from one such design to the next: most have the same, at each of a few loads."""
GROWTH_CASE_S = 60.0
"""The same for each load that a growing design is run at."""
NO_OBJECTIVE = "say operate.slos, for example [send.availability >= 99.9 % over 28 day]"
TINY = """\
loadcase: 1
name: tiny
entities: {key: {count: 10}}
components: {c: {kind: cache, keys: 2}, s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s, key: key}, steps: [{c.get: {miss: [s.handle]}}]}}
"""


def prepare() -> None:
    """Compiles the engine, or loads what is compiled, so that nothing later has to wait for it."""
    from loadcase.engine.run import run as simulate

    simulate(Model.loads(TINY), duration=0.001, warmup=0.0)


def estimate(blueprint: Model, load: float = 1.0) -> EstimateReport:
    """The closed form of a design under a load factor."""
    from loadcase.estimate.estimate import estimate as closed_form

    return closed_form(blueprint, load)


def size(blueprint: Model, headroom: float | None = None, case: str | None = None) -> SizeReport:
    """The fewest replicas, shards and partitions that hold the contract; see `loadcase.estimate.size.size`."""
    from loadcase.estimate.size import HEADROOM
    from loadcase.estimate.size import size as proposed

    return proposed(blueprint, HEADROOM if headroom is None else headroom, case)


def review(blueprint: Model, settings: Settings | None = None) -> Review:
    """What is wrong with a design on paper: see `loadcase.review.reviewing.review`. Nothing is run."""
    from loadcase.review.reviewing import review as looked_at

    return looked_at(blueprint, settings)


def ablate(
    blueprint: Model,
    *,
    budget_s: float | None = None,
    seeds: int | None = None,
    threads: int | None = None,
    on_progress: Callable[[AblationProgress], None] | None = None,
    stop: threading.Event | None = None,
    trace_folder: Path | None = None,
) -> Ablation:
    """What the contract of a design does not need, by taking parts out in turn: see `loadcase.deep.ablation`.

    Scale models are chosen for `ABLATION_AIM_S` a case. The budget counts everything but the compilation of the engine.
    """
    from loadcase.deep.ablation import BUDGET_S
    from loadcase.deep.ablation import ablate as cut_down
    from loadcase.engine.run import Warmed

    prepare()
    warmed = Warmed(ABLATION_CACHES)

    def judge(blueprint: Model, case: str, budget_s: float) -> CheckResult:
        return check(
            blueprint, cases=[case], seeds=seeds, budget_s=min(budget_s, ABLATION_CASE_S), aim_s=ABLATION_AIM_S,
            until_broken=True, threads=threads, stop=stop, trace_folder=trace_folder, warmed=warmed,
        )  # fmt: skip

    budget_s = BUDGET_S if budget_s is None else budget_s
    return cut_down(blueprint, judge, budget_s=budget_s, on_progress=on_progress, stop=stop)


def advise(blueprint: Model, settings: Settings | None = None) -> Advice:
    """The shape of a design, what follows, what bites it, what comes next: see `loadcase.advice.advising.advise`."""
    from loadcase.advice.advising import advise as advised

    return advised(blueprint, settings)


def run(
    blueprint: Model,
    case: str = "normal",
    seed: int = 1,
    *,
    duration: float | str | None = None,
    warmup: float | str | None = None,
    scale: int | Scale = 1,
    progress: Callable[[float], None] | None = None,
    stop: threading.Event | None = None,
    trace_folder: Path | None = None,
    wall_limit_s: float | None = None,
    warmed: Warmed | None = None,
    history: float | None = None,
    watch: Callable[[Seen], None] | None = None,
) -> RunResult:
    """One case with one seed; see `loadcase.engine.run.run`. Adds the metric `cost`, from the closed form.

    Where the contract promises correctness, a history is recorded and judged, of as many keys as memory allows. What
    depends on the schedule (`diverged`) is judged by a second run of the same arrivals, which are not in the result.
    `history`, a share of the keys, asks for one that the result keeps; 0 is as many keys as memory allows.
    `watch` is shown the series as they grow: see `loadcase.engine.watching`.

    `duration` and `warmup` are simulated times, in seconds or as text ("30 s"). What a scale model does not tell within
    its tolerance is in `rough`, not in `metrics`. Raises UsageError.
    """
    from loadcase.engine.run import case_of
    from loadcase.engine.run import run as simulate
    from loadcase.estimate.estimate import monthly_cost
    from loadcase.recordings import compares, follow, recording, tell
    from loadcase.scales import Scale, require, rough_metrics, set_apart

    chosen = case_of(blueprint, case)
    if not isinstance(scale, Scale):
        require(blueprint, chosen.load, scale, chosen.faults)
        scale = Scale(scale, rough_metrics(blueprint, chosen.load, scale))
    length = _seconds(duration), _seconds(warmup)
    started = time.perf_counter()
    one = partial(
        simulate, blueprint, case, seed, duration=length[0], warmup=length[1], scale=scale.k, stop=stop,
        trace_folder=trace_folder, warmed=warmed, record=recording(blueprint, chosen, length, scale.k, history),
    )  # fmt: skip
    result = one(progress=progress, wall_limit_s=wall_limit_s, watch=watch)
    other = None
    if compares(blueprint) and result.partial is None:
        left = None if wall_limit_s is None else wall_limit_s - (time.perf_counter() - started)
        other = one(schedule=1, progress=None, wall_limit_s=left)
        late = wall_limit_s is not None and time.perf_counter() - started > wall_limit_s
        if other.partial is not None and (late or (stop is not None and stop.is_set())):
            result = replace(result, partial=f"with another schedule: {other.partial}")
    result = tell(blueprint, follow(blueprint, chosen, result), history is not None, other)
    more = [more_replicas(c, result.metric(f"{name}.replicas")) for name, c in blueprint.components.items()]
    known = all(extra is None for extra in more)
    cost = Metric(monthly_cost(blueprint) + sum(extra or 0.0 for extra in more), "USD/month", exact=known)
    result = replace(result, metrics=dict(sorted({**result.metrics, "cost": cost}.items())))
    return set_apart(result, scale.rough)


def more_replicas(component: Component, mean: Metric | None) -> float | None:
    """USD per month of the replicas that a run had more or fewer of than the design says; None where they stay."""
    return None if mean is None else (mean.value - component.replicas) * component.price


def _seconds(value: float | str | None) -> float | None:
    """A simulated time in seconds, given as a number or as text with a unit."""
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    try:
        return in_unit(parse_quantity(value), "s")
    except LoadcaseError as error:
        raise UsageError(f"a simulated time is seconds or text with a unit, got {value!r}", hint=str(error)) from None


def scales_of(blueprint: Model, cases: list[str], budget_s: float, seeds: int | None = None) -> dict[str, Scale]:
    """The scale model of each case that a check runs within its budget; 1 is the design itself.

    It does not depend on the machine's cores or the threads in use, so that no result does.
    """
    from loadcase.check.runner import MIN_SEEDS
    from loadcase.engine.run import case_of
    from loadcase.scales import CORES, SHARE, choose

    allowed_s = SHARE * budget_s * CORES / len(cases)
    found = {}
    for name in cases:
        case = case_of(blueprint, name)
        found[name] = choose(blueprint, case.load, sum(case.lengths()), allowed_s, seeds or MIN_SEEDS, case.faults)
    return found


def scale_of(blueprint: Model, case: str, k: int) -> Scale:
    """The scale model 1:k of a case. Raises UsageError where it is none."""
    from loadcase.engine.run import case_of
    from loadcase.scales import Scale, require, rough_metrics

    chosen = case_of(blueprint, case)
    require(blueprint, chosen.load, k, chosen.faults)
    return Scale(k, rough_metrics(blueprint, chosen.load, k))


def grow(
    blueprint: Model,
    to: float,
    *,
    budget_s: float | None = None,
    threads: int | None = None,
    on_progress: Callable[[StoryProgress], None] | None = None,
    stop: threading.Event | None = None,
) -> Story:
    """What breaks on the way to a load factor above 1, and what mends it: see `loadcase.growth.story`."""
    from loadcase.growth.story import BUDGET_S
    from loadcase.growth.story import grow as told

    budget_s = BUDGET_S if budget_s is None else budget_s
    if budget_s > 0:
        prepare()
    return told(blueprint, to, grown(threads, stop), budget_s=budget_s, on_progress=on_progress, stop=stop)


def grown(threads: int | None = None, stop: threading.Event | None = None) -> Judge:
    """How one load of a growing design is judged, in at most `GROWTH_CASE_S`: the judge of `grow` and of envelopes."""
    from loadcase.growth.mitigation import CASE

    def judge(blueprint: Model, k: int, budget_s: float) -> CheckResult:
        return check(
            blueprint, cases=[CASE], budget_s=min(budget_s, GROWTH_CASE_S), scale=k, until_broken=True, threads=threads,
            stop=stop,
        )  # fmt: skip

    return judge


def shrink(
    blueprint: Model,
    to: float,
    *,
    budget_s: float | None = None,
    threads: int | None = None,
    on_progress: Callable[[AblationProgress], None] | None = None,
    stop: threading.Event | None = None,
) -> Shrunk:
    """What a design could leave out at a load factor below 1: see `loadcase.growth.shrinking`."""
    from loadcase.growth.shrinking import shrink as smaller

    one = partial(ablate, budget_s=budget_s, threads=threads, on_progress=on_progress, stop=stop)
    return smaller(blueprint, to, one)


def check(
    blueprint: Model,
    *,
    cases: Iterable[str] | None = None,
    seeds: int | None = None,
    budget_s: float | None = None,
    threads: int | None = None,
    exact: bool = False,
    aim_s: float | None = None,
    scale: int | None = None,
    until_broken: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
    trace_folder: Path | None = None,
    warmed: Warmed | None = None,
    watch: Callable[[str, int, Seen], None] | None = None,
    on_verdict: Callable[[CaseVerdict], None] | None = None,
) -> CheckResult:
    """Judges a design in its cases; see `loadcase.check.runner.check`. `exact` forbids scale models.

    `cases` are all where none are given; of a variant those that its decisions say show what it breaks.

    Scale models are chosen so that the first seeds take no longer than about `aim_s`; by default the budget.
    `scale` is a model 1:k for all of them, whatever it tells roughly; UsageError where it is none. With `until_broken`
    a case gets no more seeds once a guarantee is broken. `warmed` keeps warm starts for further checks. `watch` is
    shown every run as it goes on, by case and seed, in its own thread; `on_verdict` what a case's runs say so far.

    The budget counts everything but the compilation of the engine: a minute, or 40 s for each case where that is more.
    """
    from loadcase.check.decided import decided, showing
    from loadcase.check.runner import check as judge
    from loadcase.engine.run import Warmed, case_of
    from loadcase.scales import Scale

    names = list(dict.fromkeys(cases)) if cases is not None else showing(blueprint)
    for name in names:
        case_of(blueprint, name)
    if aim_s is None:
        aim_s = max(LEAST_AIM_S, CASE_AIM_S * len(names)) if budget_s is None else budget_s
    if budget_s is None:
        budget_s = max(LEAST_BUDGET_S, CASE_BUDGET_S * len(names))
    prepare()
    started = time.perf_counter()
    scales = {}
    if scale is not None:
        scales = {name: scale_of(blueprint, name, scale) for name in names}
    elif not exact:
        scales = scales_of(blueprint, names, aim_s, seeds)

    def make_exact(case: str) -> bool:
        return scale is None and scales.pop(case, Scale()).k > 1

    result = judge(
        blueprint, _at(scales, trace_folder, warmed or Warmed(len(names)), watch), cases=names, seeds=seeds,
        budget_s=budget_s, threads=threads, on_progress=on_progress, stop=stop, started=started,
        make_exact=make_exact, until_broken=until_broken, on_verdict=on_verdict,
    )  # fmt: skip
    return replace(result, decided=decided(blueprint, result))


def _at(
    scales: Mapping[str, Scale],
    trace_folder: Path | None,
    warmed: Warmed,
    watch: Callable[[str, int, Seen], None] | None = None,
) -> Run:
    """How a case is run as its scale model, as it stands when the run begins; runs share a warm start."""
    from loadcase.scales import Scale

    def one(
        blueprint: Model,
        case: str,
        seed: int,
        *,
        stop: threading.Event | None,
        wall_limit_s: float | None,
        progress: Callable[[float], None] | None,
    ) -> RunResult:
        return run(
            blueprint, case, seed, scale=scales.get(case, Scale()), stop=stop, wall_limit_s=wall_limit_s,
            trace_folder=trace_folder, warmed=warmed, progress=progress,
            watch=None if watch is None else partial(watch, case, seed),
        )  # fmt: skip

    return one


def alert_rules(blueprint: Model, prefix: str = "loadcase") -> str:
    """The alerts on the objectives of a design as a rule file of Prometheus: see `loadcase.alerts.prometheus`.

    Raises UsageError where there is nothing to alert on, and for a prefix that no metric can have.
    """
    from loadcase.alerts.prometheus import rule_text

    if not blueprint.objectives:
        raise UsageError("the blueprint has no objective to alert on", hint=NO_OBJECTIVE)
    return rule_text(blueprint, prefix)


def pages(
    blueprint: Model,
    cases: Iterable[str] = (),
    *,
    seeds: int = 3,
    budget_s: float = 60.0,
    threads: int | None = None,
    exact: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
    trace_folder: Path | None = None,
) -> PagesResult:
    """Replays the alerts of a design in cases, and in `normal`: see `loadcase.alerts.replay` and `.page`.

    Every case is run with each of the seeds; what the budget cuts short is unknown. `exact` forbids scale models.
    Raises UsageError where there is nothing to alert on, and for an unknown case.
    """
    from loadcase.alerts.page import PagesResult, judge_pages
    from loadcase.check.runner import run_all
    from loadcase.core.results import worst
    from loadcase.engine.run import Warmed, case_of

    if not blueprint.objectives:
        raise UsageError("the blueprint has no objective to alert on", hint=NO_OBJECTIVE)
    names = list(dict.fromkeys(["normal", *cases]))
    chosen = {name: case_of(blueprint, name) for name in names}
    prepare()
    started = time.perf_counter()
    scales = {} if exact else scales_of(blueprint, names, budget_s, seeds)
    quiet = replace(blueprint, contract=())  # so that no history is recorded
    found, interrupted = run_all(
        quiet, _at(scales, trace_folder, Warmed(len(names))), names, seeds, budget_s,
        threads=threads, on_progress=on_progress, stop=stop, started=started,
    )  # fmt: skip
    judged = tuple(judge_pages(blueprint, name, case, found[name]) for name, case in chosen.items())
    spent = time.perf_counter() - started
    return PagesResult(blueprint.name, worst([c.verdict for c in judged]), judged, spent, interrupted)


def judge(
    history: History | str | Path,
    contract: str | Path | Iterable[str],
    *,
    drained: bool | None = None,
    other: History | str | Path | None = None,
) -> Judgement:
    """Judges a recorded history; see `loadcase.check.judge`. No engine is loaded.

    `contract` is a file (a list of guarantees, or a blueprint), or the guarantees themselves. `drained` says whether
    the history goes on until nothing was under way, where it does not say so itself. `other` is one more history of
    the same arrivals. Raises HistoryError, UsageError and BlueprintError.
    """
    from loadcase.check.judge import Judge
    from loadcase.check.promises import promise, read_promises
    from loadcase.core.history import History
    from loadcase.core.history_files import read_history

    if isinstance(contract, str | Path):
        guarantees = list(read_promises(contract).guarantees)
    else:
        guarantees = [promise(line) for line in contract]
    told = history if isinstance(history, History) else read_history(history)
    if drained is not None:
        told = told.saying(drained=drained)
    second = other if other is None or isinstance(other, History) else read_history(other)
    return Judge(told, second).judgement(guarantees)


class Blueprint(Model):
    """A design, with what can be asked of it.

    Example:
        design = Blueprint.load("gallery/chat")
        design.estimate().first                            # what saturates first, in closed form
        design.run("peak").metrics["send.p95"].value       # one run, in seconds
        design.check(budget_s=30).verdict                  # holds, broken or unknown
        design.changed({"components.api.replicas": 48}).run("peak")
    """

    @classmethod
    def _of(cls, model: Model) -> Blueprint:
        return cls(**vars(model))

    @classmethod
    def load(cls, path: Any, variant: str | None = None) -> Blueprint:
        """Reads a blueprint file, or the `blueprint.yaml` of a folder. Raises UsageError and BlueprintError."""
        return cls._of(Model.load(path, variant))

    @classmethod
    def loads(cls, text: str, name: str = "<text>", variant: str | None = None) -> Blueprint:
        """Reads a blueprint from YAML text. Raises BlueprintError."""
        return cls._of(Model.loads(text, name, variant))

    @classmethod
    def build(cls, mapping: Any, variant: str | None = None) -> Blueprint:
        """Makes a blueprint from Python data of the file's shape. Raises BlueprintError."""
        return cls._of(Model.build(mapping, variant))

    def changed(self, changes: Any) -> Blueprint:
        """The design with some values changed, addressed as in a variant: `{"components.web.replicas": 8}`.

        None removes. This blueprint stays as it is; `dump` of the other keeps the comments of the file.
        Raises BlueprintError when an address leads nowhere or a value is wrong.
        """
        return self._of(super().changed(changes))

    def estimate(self, load: float = 1.0) -> EstimateReport:
        """The closed form under a load factor."""
        return estimate(self, load)

    def size(self, headroom: float | None = None, case: str | None = None) -> SizeReport:
        """The fewest replicas, shards and partitions that hold the contract with headroom."""
        return size(self, headroom, case)

    def review(self, settings: Settings | None = None) -> Review:
        """What is wrong with it on paper."""
        return review(self, settings)

    def advise(self, settings: Settings | None = None) -> Advice:
        """Which shape it has, what follows from that, what bites it, and what comes next."""
        return advise(self, settings)

    def run(self, case: str = "normal", seed: int = 1, **options: Any) -> RunResult:
        """One case with one seed; options as for `loadcase.api.run`."""
        return run(self, case, seed, **options)

    def alert_rules(self, prefix: str = "loadcase") -> str:
        """The alerts on the objectives, as a rule file of Prometheus; the prefix is that of the metrics."""
        return alert_rules(self, prefix)

    def pages(self, *cases: str, **options: Any) -> PagesResult:
        """What the alerts do in cases; options as for `loadcase.api.pages`."""
        return pages(self, cases, **options)

    def check(self, **options: Any) -> CheckResult:
        """The verdict; options as for `loadcase.api.check`."""
        return check(self, **options)
