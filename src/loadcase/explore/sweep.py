"""Sweeps: a design run at many points, each of them in cases and with seeds."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from loadcase import api
from loadcase.blueprint.load import build
from loadcase.blueprint.model import Blueprint, Guarantee
from loadcase.check.contract import Runs, interval_of, judge
from loadcase.check.runner import MIN_SEEDS
from loadcase.core.errors import LoadcaseError, UsageError
from loadcase.core.results import Outcome, RunResult, Verdict, worst
from loadcase.engine.memory import check_memory
from loadcase.engine.run import case_of, changes_of, check_size, read_traces
from loadcase.explore.axes import Axis, Point, grid, latin_hypercube
from loadcase.explore.journal import Journal, Row, content_hash, engine_version, result_of, run_key
from loadcase.explore.pool import Pool, pool_for
from loadcase.explore.table import check_table, write_table
from loadcase.explore.work import RUN_AIM_S, Task, told

MOST_RUNS = 1_000_000
UNJUDGED = "recover_within and page_within are judged by check"


@dataclass(frozen=True)
class Progress:
    """Runs that are done of all, those among them that were done before, and the seconds spent."""

    done: int
    runs: int
    before: int
    spent_s: float


@dataclass(frozen=True)
class At:
    """What was found at one point in one case: the contract over the seeds that were run."""

    point: int
    settings: Point
    case: str
    seeds: tuple[int, ...]
    scale: int
    verdict: Verdict
    guarantees: tuple[Outcome, ...]
    values: dict[str, tuple[float, float, float, str]]
    """Of metrics that were asked for: the mean, the ends of its interval, and the unit."""
    partial: str | None = None
    error: str | None = None


@dataclass(frozen=True)
class SweepResult:
    """A sweep: `found` for each point and case of which something was run, in their order.

    `interrupted`: fewer than `runs` are done. `before` of those that are done were so when the sweep began.
    """

    blueprint: str
    axes: tuple[Axis, ...]
    points: int
    runs: int
    done: int
    before: int
    interrupted: bool
    wall_s: float
    found: tuple[At, ...]
    file: Path | None = None
    notes: tuple[str, ...] = ()


@dataclass
class _Plan:
    """The points of a sweep, checked, and its runs."""

    blueprint: Blueprint
    points: list[Point]
    cases: list[str]
    seeds: int
    exact: bool
    trace_folder: Path | None
    contracts: list[tuple[tuple[Guarantee, ...], dict[str, dict[str, float]]]] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)

    def check(self) -> None:
        """Builds the design of every point. Raises UsageError, naming the first value that breaks it, and why."""
        # variants and decisions are about the design as it is, and change nothing about a run
        self.data = {k: v for k, v in self.blueprint.data.items() if k not in ("variants", "decisions")}
        plain = build(self.data)
        for name in self.cases:
            case_of(self.blueprint, name)
        for setting in self.points[0]:
            _must_exist(plain, setting.path)
        broken: list[tuple[Point, LoadcaseError]] = []
        for point in self.points:
            try:
                design = plain.changed({s.path: s.value for s in point})
                for name in self.cases:
                    case = case_of(design, name)
                    check_size(design, case.load)
                    check_memory(design, case.load)
                    changes_of(design, case, case.lengths()[0])
            except LoadcaseError as error:
                broken.append((point, error))
                continue
            self.contracts.append((design.contract, design.relaxed))
        if broken:
            point, first = broken[0]
            more = f" ({len(broken)} of {len(self.points)} points are broken)" if len(self.points) > 1 else ""
            said, path = _culprit(plain, point)
            raise UsageError(f"{said}: {told(first, path)}{more}", hint="nothing was run")

    def tasks(self) -> Iterator[tuple[int, Task]]:
        """Every run with the number of its point: point by point, so that runs of one design follow each other."""
        version, design = engine_version(), content_hash(self.data)
        options = f"{'exact' if self.exact else f'aim={RUN_AIM_S} s'}{self.traces()}"
        for number, point in enumerate(self.points):
            changes = tuple((s.path, s.value) for s in point)
            for case in self.cases:
                for seed in range(1, self.seeds + 1):
                    key = run_key(design, dict(changes), case, seed, version, options)
                    yield (
                        number,
                        Task(key, self.data, design, changes, case, seed, self.exact, version, self.trace_folder),
                    )

    def traces(self) -> str:
        """A hash of the arrival traces that the design replays, which are no part of its data."""
        names = {f.arrive.trace for f in self.blueprint.flows.values() if f.arrive is not None and f.arrive.trace}
        if self.trace_folder is None or not names:
            return ""
        read_traces(self.blueprint, self.trace_folder)
        told = [hashlib.blake2b((self.trace_folder / name).read_bytes()).hexdigest() for name in sorted(names)]
        return f" traces={told}"

    def at(self, number: int, case: str, rows: dict[int, Row], metrics: Sequence[str]) -> At:
        """The contract at a point in a case, over the seeds that were run."""
        contract, relaxed = self.contracts[number]
        design = replace(self.blueprint, contract=contract, relaxed=relaxed)
        error = next((row["error"] for row in rows.values() if row["error"]), None)
        whole = [result_of(row, design.name, case, seed) for seed, row in sorted(rows.items()) if not row["error"]]
        runs = Runs(whole)
        outcomes = tuple(judge(design, g, runs, relaxed.get(case, {}).get(g.metric)) for g in contract)
        return At(
            number, self.points[number], case, tuple(r.seed for r in whole), max((r.scale for r in whole), default=1),
            worst([o.verdict for o in outcomes]) if not error else "unknown", outcomes,
            {name: value for name in metrics if (value := _value(name, whole)) is not None},
            next((r.partial for r in whole if r.partial), None), error,
        )  # fmt: skip


def sweep(
    blueprint: Blueprint,
    axes: Sequence[Axis],
    *,
    cases: Iterable[str] | None = None,
    seeds: int = MIN_SEEDS,
    samples: int | None = None,
    sampling_seed: int = 1,
    out: Path | None = None,
    metrics: Sequence[str] = (),
    exact: bool = False,
    threads: int | None = None,
    cluster: str | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
    trace_folder: Path | None = None,
    pool: Pool | None = None,
) -> SweepResult:
    """Runs a design at every point of a grid, or at `samples` points of a Latin hypercube.

    Each point is run in each case (`normal` where none is given) with the seeds 1 to `seeds`. With `out`, a Parquet
    file, every run is kept in a journal beside it as it is done, and those that are there are not run again; the file
    is written at the end, or when `stop` is set. `metrics` are told beside those of the contract. `threads` runs go on
    at once in processes of this machine, or on the Dask cluster whose scheduler is at `cluster`.

    Raises UsageError for what cannot be run, before anything is: an unknown case, a broken point, a file that cannot
    be written.
    """
    if not 1 <= seeds <= 10_000:
        raise UsageError(f"--seeds takes 1 to 10000, got {seeds}")
    points = grid(axes) if samples is None else latin_hypercube(axes, samples, sampling_seed)
    names = list(dict.fromkeys(cases or ["normal"]))
    total = len(points) * len(names) * seeds
    if total > MOST_RUNS:
        raise UsageError(f"the sweep has {total:,} runs, {MOST_RUNS:,} are the most", hint="take fewer points or seeds")
    plan = _Plan(blueprint, points, names, seeds, exact, trace_folder)
    if out is not None:
        check_table(out)
    plan.check()
    started = time.perf_counter()
    stop = stop or threading.Event()
    tasks = list(plan.tasks())
    with Journal(None if out is None else journal_of(out)) as journal:
        keys = {task.key for _, task in tasks}
        rows = journal.known(keys)
        before = len(rows)
        todo = list({task.key: task for _, task in tasks if task.key not in rows}.values())

        def show() -> None:
            if on_progress is not None:
                on_progress(Progress(len(rows), len(keys), before, time.perf_counter() - started))

        show()
        try:
            if todo and not stop.is_set():
                api.prepare()
                chosen = pool or pool_for(cluster, threads, len(todo))
                with closing(chosen.results(todo, stop)) as results:
                    for found in results:
                        if found is not None:
                            task, row = found
                            journal.add(task.key, row)
                            rows[task.key] = row
                        show()
        except KeyboardInterrupt:
            stop.set()
    runs = [(number, task.case, task.seed, rows[task.key]) for number, task in tasks if task.key in rows]
    interrupted = len(rows) < len(keys)
    if out is not None:
        write_table(out, blueprint.name, axes, points, runs, len(tasks), interrupted)
    return SweepResult(
        blueprint.name, tuple(axes), len(points), len(tasks), len(runs), before, interrupted,
        time.perf_counter() - started, tuple(_found(plan, runs, metrics)), out, _notes(plan),
    )  # fmt: skip


def journal_of(out: Path) -> Path:
    """Where the journal of a sweep's file is."""
    return out.with_name(f"{out.name}.journal")


def _found(plan: _Plan, runs: list[tuple[int, str, int, Row]], metrics: Sequence[str]) -> Iterator[At]:
    grouped: dict[tuple[int, str], dict[int, Row]] = {}
    for number, case, seed, row in runs:
        grouped.setdefault((number, case), {})[seed] = row
    for (number, case), rows in grouped.items():
        yield plan.at(number, case, rows, metrics)


def _notes(plan: _Plan) -> tuple[str, ...]:
    cases = [case_of(plan.blueprint, name) for name in plan.cases]
    left = any(c.recover_within is not None or c.page_within is not None for c in cases)
    return (UNJUDGED,) if left else ()


def _value(name: str, results: Sequence[RunResult]) -> tuple[float, float, float, str] | None:
    seen = [r for r in results if r.metric(name) is not None]
    if not seen:
        return None
    unit = next(m.unit for r in seen if (m := r.metric(name)) is not None)
    value, low, high = interval_of(name, unit, seen, 0.95)
    return value, low, high, unit


def _must_exist(design: Blueprint, path: str) -> None:
    """An estimate that is varied is one of the design's: another would be added, and nothing would use it.

    Raises UsageError.
    """
    section, _, name = path.partition(".")
    if section == "estimates" and name not in design.estimates:
        known = ", ".join(design.estimates) or "none"
        raise UsageError(f"{path}: the blueprint has no estimate {name!r}", hint=f"estimates: {known}")


def _culprit(design: Blueprint, point: Point) -> tuple[str, str]:
    """The value that breaks a point by itself, and its path; all values where none does."""
    for setting in point:
        try:
            design.changed({setting.path: setting.value})
        except LoadcaseError:
            return str(setting), setting.path
    return ", ".join(map(str, point)), point[0].path if len(point) == 1 else ""
