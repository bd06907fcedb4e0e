"""The calls behind every face: load a design, estimate it, run it, check it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadcase.blueprint.model import Blueprint as Model
from loadcase.core.errors import LoadcaseError, UsageError
from loadcase.core.results import CheckResult, Metric, RunResult
from loadcase.core.units import in_unit, parse_quantity

if TYPE_CHECKING:
    from loadcase.check.runner import Progress
    from loadcase.estimate.estimate import EstimateReport

TARGET_REQUESTS = 400_000
"""Requests that a scale model simulates at least; k grows only while it keeps that many."""
IDLE = 0.1
"""Utilisation below which a component may stay whole in a scale model."""


def estimate(blueprint: Model, load: float = 1.0) -> EstimateReport:
    """The closed form of a design under a load factor."""
    from loadcase.estimate.estimate import estimate as closed_form

    return closed_form(blueprint, load)


def run(
    blueprint: Model,
    case: str = "normal",
    seed: int = 1,
    *,
    duration: float | str | None = None,
    warmup: float | str | None = None,
    scale: int = 1,
    progress: Callable[[float], None] | None = None,
    stop: threading.Event | None = None,
    trace_folder: Path | None = None,
    wall_limit_s: float | None = None,
    warmed: Any = None,
) -> RunResult:
    """One case with one seed; see `loadcase.engine.run.run`. Adds the metric `cost`, from the closed form.

    `duration` and `warmup` are simulated times, in seconds or as text ("30 s"). Raises UsageError.
    """
    from loadcase.engine.run import run as simulate
    from loadcase.estimate.estimate import monthly_cost

    result = simulate(
        blueprint, case, seed, duration=_seconds(duration), warmup=_seconds(warmup), scale=scale, progress=progress,
        stop=stop, trace_folder=trace_folder, wall_limit_s=wall_limit_s, warmed=warmed,
    )  # fmt: skip
    metrics = {**result.metrics, "cost": Metric(monthly_cost(blueprint), "USD/month")}
    return replace(result, metrics=dict(sorted(metrics.items())))


def _seconds(value: float | str | None) -> float | None:
    """A simulated time in seconds, given as a number or as text with a unit."""
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    try:
        return in_unit(parse_quantity(value), "s")
    except LoadcaseError as error:
        raise UsageError(f"a simulated time is seconds or text with a unit, got {value!r}", hint=str(error)) from None


def scale_for(blueprint: Model, case: str) -> int:
    """k of the scale model 1:k that a check runs: the largest that keeps enough requests and like parts."""
    from loadcase.engine.run import DURATION_S, case_of
    from loadcase.engine.scale import divides
    from loadcase.estimate.load import loads

    chosen = case_of(blueprint, case)
    if any(f.arrive is not None and (f.arrive.users or f.arrive.trace) for f in blueprint.flows.values()):
        return 1
    found = loads(blueprint, chosen.load)
    requests = sum(found.flows.values()) * (chosen.duration or DURATION_S)
    for k in (64, 32, 16, 8, 4, 2):
        if requests / k < TARGET_REQUESTS:
            continue
        if all(divides(c, k) or _idle(c, found.components[n]) for n, c in blueprint.components.items()):
            return k
    return 1


def _idle(component: Any, load: Any) -> bool:
    pool = component.pools()[0]
    if pool.workers == 0:
        return component.kind not in ("cache", "cdn", "limiter")
    return bool(load.busy / (pool.stations * pool.workers) < IDLE) and component.kind not in ("cache", "limiter", "log")


def check(
    blueprint: Model,
    *,
    cases: Iterable[str] | None = None,
    seeds: int | None = None,
    budget_s: float = 60.0,
    threads: int | None = None,
    exact: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
    trace_folder: Path | None = None,
) -> CheckResult:
    """Judges a design in its cases; see `loadcase.check.runner.check`. `exact` forbids scale models."""
    from loadcase.check.runner import check as judge
    from loadcase.engine.run import Warmed, case_of

    names = list(cases) if cases is not None else list(blueprint.cases) or ["normal"]
    for name in names:
        case_of(blueprint, name)
    scales = {name: 1 if exact else scale_for(blueprint, name) for name in names}

    memos = {name: Warmed() for name in names}

    def one(
        blueprint: Model, case: str, seed: int, *, stop: threading.Event | None, wall_limit_s: float | None
    ) -> RunResult:
        return run(
            blueprint, case, seed, scale=scales[case], stop=stop, wall_limit_s=wall_limit_s, trace_folder=trace_folder,
            warmed=memos[case],
        )  # fmt: skip

    return judge(
        blueprint, one, cases=names, seeds=seeds, budget_s=budget_s, threads=threads, on_progress=on_progress, stop=stop
    )


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

    def run(self, case: str = "normal", seed: int = 1, **options: Any) -> RunResult:
        """One case with one seed; options as for `loadcase.api.run`."""
        return run(self, case, seed, **options)

    def check(self, **options: Any) -> CheckResult:
        """The verdict; options as for `loadcase.api.check`."""
        return check(self, **options)
