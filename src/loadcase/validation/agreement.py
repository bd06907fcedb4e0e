"""The closed form against the engine: the same blueprint through both, metric by metric.

Compared are the rate, the mean, p50, p95 and p99 of every flow (and of the age of what a consumer finishes), and of
every component the mean time from arrival there until its worker is free, its utilisation, its hit ratio and stored
keys, and the share that leaves its queue out of patience. A design takes part when it is stable and feed-forward and
has a closed form; for every other one there is the reason why not.
"""

from __future__ import annotations

import math
import statistics
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from loadcase.blueprint.load import load, loads
from loadcase.blueprint.model import Blueprint
from loadcase.blueprint.steps import Call, Step, walk
from loadcase.core.errors import UsageError
from loadcase.core.results import RunResult
from loadcase.estimate.closed import solved
from loadcase.estimate.estimate import EstimateReport, estimate
from loadcase.estimate.load import source_of
from loadcase.estimate.roughly import roughly
from loadcase.kinds.cache import Cache
from loadcase.kinds.limiter import Limiter
from loadcase.kinds.log import Log
from loadcase.kinds.service import Service
from loadcase.validation.plan import NotExpressible
from loadcase.validation.run import built_in, in_turn
from loadcase.validation.translate import translate

LIMITS = {
    "mean": 0.10, "p50": 0.10, "p95": 0.15, "p99": 0.15, "rate": 0.05, "utilisation": 0.05, "hit_ratio": 0.03,
    "abandoned_ratio": 0.05, "stored_keys": 0.05,
}  # fmt: skip
"""Largest relative difference, by the last word of a metric."""
NOISE = {
    "mean": 1e-6, "p50": 1e-6, "p95": 1e-6, "p99": 1e-6, "rate": 0.0, "utilisation": 2e-5, "hit_ratio": 2e-3,
    "abandoned_ratio": 2e-5, "stored_keys": 1.0,
}  # fmt: skip
"""What is nearer than this is alike: a microsecond, 0.002 per cent of the time, a fifth of a per cent, one entry."""
OF_COMPONENTS = ("utilisation", "hit_ratio", "stored_keys", "abandoned_ratio")
SEEDS = 3
OPERATIONS = 300_000
"""Operations of one seed of a design that does not say how long it runs, and most of one that does."""
RAREST = 1_000
"""Operations of its rarest flow that a run holds where the design says how long it runs."""
LATE = 1e-3
"""Share of the calls that may time out before a design with retries counts as feedback."""
LOST = 1e-3

Status = Literal["agree", "off", "excluded"]


@dataclass(frozen=True)
class Subject:
    """A design to be compared, and how long one seed of it is simulated, s (0: by its rate)."""

    name: str
    group: str
    blueprint: Blueprint
    duration_s: float = 0.0
    warmup_s: float = 0.0


@dataclass(frozen=True)
class Row:
    """One metric from both. `low` and `high` are the least and the largest of the engine's seeds."""

    metric: str
    closed: float
    engine: float
    low: float
    high: float

    @property
    def what(self) -> str:
        """The last word of the metric."""
        return self.metric.rsplit(".", 1)[-1]

    @property
    def limit(self) -> float:
        """Largest relative difference."""
        return LIMITS[self.what]

    @property
    def difference(self) -> float:
        """Of the closed form from the engine, relative."""
        if abs(self.closed - self.engine) <= NOISE[self.what]:
            return 0.0
        return self.closed / self.engine - 1.0 if self.engine else math.inf

    @property
    def ok(self) -> bool:
        """Whether it is within the limit."""
        return abs(self.difference) <= self.limit


@dataclass
class Agreement:
    """A design through both; `reason` says why it is excluded."""

    name: str
    group: str
    status: Status
    reason: str = ""
    rows: list[Row] = field(default_factory=list)

    @property
    def worst(self) -> Row | None:
        """The metric that uses most of its limit."""
        return max(self.rows, key=lambda r: abs(r.difference) / r.limit, default=None)

    def to_json(self) -> dict[str, Any]:
        """One entry of `designs` in `validate --closed-form --format json`."""
        rows = [
            {
                "metric": r.metric, "closed": r.closed, "engine": r.engine, "low": r.low, "high": r.high,
                "difference": r.difference if math.isfinite(r.difference) else None, "limit": r.limit, "ok": r.ok,
            }
            for r in self.rows
        ]  # fmt: skip
        return {"name": self.name, "group": self.group, "status": self.status, "reason": self.reason, "metrics": rows}


Progress = Callable[[int, int, Agreement], None]


# --- what is compared -------------------------------------------------------------------------------------------------
def subjects(only: Iterable[str] | None = None) -> list[Subject]:
    """The blueprints of the validation cases, the feed-forward designs that come with them, and the gallery's.

    `only` keeps those whose name or group is given. Raises UsageError when one of them is unknown.
    """
    found = _all()
    if only is None:
        return list(found)
    wanted = set(only)
    known = {name for s in found for name in (s.name, s.name.split(":")[0], s.group)}
    if wanted - known:
        raise UsageError(f"no design or group is called {', '.join(sorted(wanted - known))}")
    return [s for s in found if wanted & {s.name, s.name.split(":")[0], s.group}]


@cache
def _all() -> tuple[Subject, ...]:
    return (*of_cases(), *of_designs(), *of_gallery())


def of_cases() -> Iterator[Subject]:
    """Every blueprint that a validation case is run as; `id:run` where a case has several."""
    for case in built_in():
        try:
            plan = translate(case)
        except NotExpressible:
            continue
        for name, run in plan.runs.items():
            label = case["id"] if len(plan.runs) == 1 else f"{case['id']}:{name}"
            yield Subject(label, str(case.get("group", "")), loads(run.blueprint), run.duration_s, run.warmup_s)


def of_designs() -> Iterator[Subject]:
    """Designs over all disciplines, balancers and steps, at 0.3 to 0.9 of what they can take."""
    folder = resources.files("loadcase.validation").joinpath("designs")
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".yaml"):
            text = file.read_text(encoding="utf-8")
            yield Subject(file.name.removesuffix(".yaml"), "designs", loads(text, file.name))


def of_gallery() -> Iterator[Subject]:
    """The gallery's systems at load factor 1; a short run holds enough of their requests, if none of them is rare."""
    for folder in (Path(str(resources.files("loadcase"))) / "gallery", Path(__file__).parents[3] / "gallery"):
        if folder.is_dir():
            for path in sorted(folder.glob("*/blueprint.yaml")):
                yield Subject(path.parent.name, "gallery", load(path), 2.0, 1.0)
            return


# --- what is not ------------------------------------------------------------------------------------------------------
def excluded(blueprint: Blueprint, report: EstimateReport) -> str:
    """Why a design has no part in the comparison; empty where it has."""
    return _feedback(blueprint) or _formless(blueprint, report) or _unstable(blueprint, report)


def _feedback(blueprint: Blueprint) -> str:
    if "normal" in blueprint.cases and blueprint.cases["normal"].faults:
        return "faults: the closed form is about a design that is whole"
    found, known = solved(blueprint)
    for name, component in blueprint.components.items():
        if isinstance(component, Service) and component.contention:
            return f"feedback: {name} is slower the more it does"
    for flow in blueprint.flows.values():
        if flow.arrive is not None and flow.arrive.users is not None:
            return f"feedback: the users of {flow.name} wait for its answers"
        law = known.flows[flow.name].latency
        retry, limit = (flow.arrive.retry, flow.arrive.timeout) if flow.arrive is not None else (None, None)
        if retry is not None and retry.max and (limit is None or 1.0 - law.share_up_to(limit) > LATE):
            return f"feedback: the client of {flow.name} tries again"
        for step in calls_of(flow.steps):
            o = step.options
            if o.breaker is not None or (o.retry is not None and o.retry.breaker is not None):
                return f"feedback: a breaker before {step.component}"
            if getattr(o, "condition", None) is not None:
                return f"feedback: an update of {step.component} fails when another one comes between"
            if o.throttle is not None:
                return f"feedback: callers of {step.component} throttle themselves"
            trip = known.calls.get((flow.name, step.path))
            late = o.timeout is not None and (trip is None or 1.0 - trip.share_up_to(o.timeout) > LATE)
            if late and o.retry is not None and o.retry.max:
                return f"feedback: calls of {step.component} time out and are tried again"
        consume = flow.consume
        if consume is not None and consume.queue is not None:
            queue = blueprint.components[consume.queue]
            hidden = float(getattr(queue, "visibility", math.inf))
            fails = any(found.sites[flow.name, c.path].passed < 1.0 - LOST for c in calls_of(flow.steps))
            if fails or 1.0 - law.share_up_to(hidden) > LATE:
                return f"feedback: messages of {consume.queue} are handed out again"
    if (round_trip := cycle(blueprint)) is not None:
        return f"feedback: messages of {round_trip} come round to it again"
    if any("waits for itself" in note for note in known.notes):
        return "feedback: a component waits for itself"
    return ""


def cycle(blueprint: Blueprint) -> str | None:
    """A log, queue or topic that what consumes it publishes to again, by way of others perhaps."""
    goes: dict[str, set[str]] = {}
    for flow in blueprint.flows.values():
        if flow.consume is not None:
            to = goes.setdefault(source_of(flow), set())
            for call in calls_of(flow.steps):
                if blueprint.components[call.component].behaviours.get(call.verb) == "publish":
                    to.add(call.component)
                for name, log in blueprint.components.items():
                    if isinstance(log, Log) and log.source == call.component:
                        to.add(name)
    for start in goes:
        reached, left = set[str](), [start]
        while left:
            for name in goes.get(left.pop(), set()) - reached:
                reached.add(name)
                left.append(name)
        if start in reached:
            return start
    return None


def _formless(blueprint: Blueprint, report: EstimateReport) -> str:
    for flow in blueprint.flows.values():
        arrive = flow.arrive
        if arrive is not None and (arrive.trace or arrive.pattern not in ("poisson", "paced")):
            return f"no closed form: arrivals of {flow.name} are {'a trace' if arrive.trace else arrive.pattern}"
    if (patience := next((note for note in report.notes if "patience" in note), None)) is not None:
        return f"no closed form: {patience}"
    roughness = roughly(blueprint)
    for name, component in blueprint.components.items():
        line = next(c for c in report.components if c.name == name)
        if component.discipline == "lifo" and line.hottest:
            return f"no closed form of the percentiles: {name} serves the last first"
        if name in roughness:
            return f"no closed form: {roughness[name]}"
        looks_up = [c for f in blueprint.flows.values() for c in calls_of(f.steps) if c.component == name]
        if isinstance(component, Cache) and looks_up and not any("miss" in c.nested for c in looks_up):
            return f"no closed form: {name} holds what is put there, not what its look-ups miss"
        full = isinstance(component, Cache) and component.keys is not None and component.policy == "lfu"
        if full and getattr(component, "hit_ratio", None) is None:
            return (
                f"no closed form: {name} forgets the use of what it evicts; the estimate is the bound of perfect counts"
            )
        if isinstance(component, Limiter) and report.metrics.get(f"{name}.rate", 0.0) > component.rate:
            return f"no closed form: {name} is a fluid here, and refuses in bursts"
    return ""


def _unstable(blueprint: Blueprint, report: EstimateReport) -> str:
    for line in report.components:
        component = blueprint.components[line.name]
        bounded = component.queue is not None or component.patience is not None
        if line.hottest is not None and line.hottest >= 1.0 and not bounded:
            return f"unstable: {line.name} is {line.hottest:.0%} used"
    for flow in report.flows.values():
        if flow.p99_s is None:
            return f"unstable: {flow.name} does not keep up"
    return ""


def calls_of(steps: Sequence[Step]) -> Iterator[Call]:
    """All the calls in these steps, nested ones too."""
    return (step for step in walk(tuple(steps)) if isinstance(step, Call))


# --- comparing --------------------------------------------------------------------------------------------------------
def compare(
    chosen: Sequence[Subject],
    on_progress: Progress | None = None,
    *,
    seeds: int = SEEDS,
    threads: int = 2,
    stop: threading.Event | None = None,
) -> list[Agreement]:
    """Every design through the closed form and, if it takes part, through the engine; `stop` ends a run early."""
    return in_turn(chosen, lambda subject, pool: _compared(subject, pool, seeds, stop), on_progress, threads)


def _compared(subject: Subject, pool: ThreadPoolExecutor, seeds: int, stop: threading.Event | None) -> Agreement:
    report = estimate(subject.blueprint)
    reason = excluded(subject.blueprint, report)
    if reason:
        return Agreement(subject.name, subject.group, "excluded", reason)
    duration, warmup = lengths(subject, report)
    runs = simulate(subject, range(1, seeds + 1), duration, warmup, pool, stop)
    partial = next((r.partial for r in runs if r.partial), None)
    if partial:
        return Agreement(subject.name, subject.group, "excluded", f"the run ended early: {partial}")
    found = rows(subject.blueprint, report, runs)
    if all(r.what == "rate" for r in found):
        return Agreement(
            subject.name, subject.group, "excluded", "nothing in it takes time, is kept busy or is looked up"
        )
    return Agreement(subject.name, subject.group, "agree" if all(r.ok for r in found) else "off", "", found)


def simulate(
    subject: Subject,
    seeds: Iterable[int],
    duration: float,
    warmup: float,
    pool: ThreadPoolExecutor,
    stop: threading.Event | None,
) -> list[RunResult]:
    """The engine's runs at load factor 1, whatever cases the blueprint has; caches are warmed once."""
    from loadcase.engine.run import Warmed, run

    plain = replace(subject.blueprint, cases={})
    warmed = Warmed()

    def one(seed: int) -> RunResult:
        return run(plain, "normal", seed, duration=duration, warmup=warmup, warmed=warmed, stop=stop)

    return list(pool.map(one, seeds))


def lengths(subject: Subject, report: EstimateReport) -> tuple[float, float]:
    """Seconds that one seed is measured, and before that."""
    rate = sum(f.rate for f in report.flows.values())
    enough = OPERATIONS / rate
    if subject.duration_s:
        rare = RAREST / min((f.rate for f in report.flows.values() if f.rate > 0), default=math.inf)
        return max(min(subject.duration_s, max(enough, 60.0 * subject.warmup_s)), rare), subject.warmup_s
    return enough, enough / 10.0


def rows(blueprint: Blueprint, report: EstimateReport, runs: Sequence[RunResult]) -> list[Row]:
    """The metrics that both give."""
    pairs: dict[str, tuple[float, Callable[[RunResult], float | None]]] = {}
    for flow in blueprint.flows:
        for prefix in ("", "age."):
            for what in ("mean", "p50", "p95", "p99", "rate"):
                name = f"{flow}.{prefix}{what}"
                if name in report.metrics:
                    pairs[name] = (report.metrics[name], _metric(name))
    for line in report.components:
        for name in (f"{line.name}.{what}" for what in OF_COMPONENTS):
            if name in report.metrics and line.rate > 0:
                pairs[name] = (report.metrics[name], _metric(name))
        if line.sojourn_mean_s is not None and line.utilisation is not None:
            pairs[f"{line.name}.sojourn.mean"] = (line.sojourn_mean_s, _sojourn(line.name))
    found = []
    for name, (closed, read) in pairs.items():
        values = [v for r in runs if (v := read(r)) is not None]
        if len(values) == len(runs) and (closed or any(values)):
            found.append(Row(name, closed, statistics.fmean(values), min(values), max(values)))
    return found


def _metric(name: str) -> Callable[[RunResult], float | None]:
    return lambda run: run.metrics[name].value if name in run.metrics else None


def _sojourn(component: str) -> Callable[[RunResult], float | None]:
    """By Little's law, of those that are taken in."""

    def value(run: RunResult) -> float | None:
        got = [run.metrics.get(f"{component}.{what}") for what in ("queue", "in_service", "rate", "shed")]
        queue, busy, rate, shed = (m.value if m else 0.0 for m in got)
        return (queue + busy) / (rate - shed) if rate > shed else None

    return value
