"""Runs cases seed by seed until every guarantee is decided or the budget is spent."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from loadcase.blueprint.model import Blueprint
from loadcase.check.contract import judge_case
from loadcase.core.results import CaseVerdict, CheckResult, RunResult, worst

MIN_SEEDS = 3
MAX_SEEDS = 30
LEAST_S = 0.5
"""What a run that has been started may take when the budget is spent."""


class Run(Protocol):
    """How a case is run; the engine's `run` with the rest of its arguments bound."""

    def __call__(
        self, blueprint: Blueprint, case: str, seed: int, *, stop: threading.Event | None, wall_limit_s: float | None
    ) -> RunResult: ...


@dataclass(frozen=True)
class Progress:
    """What has been done so far: runs finished, cases decided of all, and the case just run."""

    runs: int
    decided: int
    cases: int
    case: str


def check(
    blueprint: Blueprint,
    run: Run,
    *,
    cases: Iterable[str] | None = None,
    seeds: int | None = None,
    budget_s: float = 60.0,
    threads: int | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
) -> CheckResult:
    """Judges a blueprint in its cases.

    Every case is first run with three seeds; those with an undecided guarantee go on, three seeds at a time, until the
    budget is spent or thirty are reached. With `seeds` exactly that many are run. Which seeds are judged depends on
    whole batches alone, so that a fixed number of seeds gives the same verdict on any number of threads.
    """
    started = time.perf_counter()
    names = list(cases) if cases is not None else list(blueprint.cases) or ["normal"]
    stop = stop or threading.Event()
    workers = threads or os.cpu_count() or 1
    results: dict[str, list[RunResult]] = {name: [] for name in names}
    verdicts: dict[str, CaseVerdict] = {}
    open_cases = list(names)
    interrupted = False
    runs = 0
    with ThreadPoolExecutor(max_workers=workers) as pool:
        try:
            while open_cases:
                batch: list[tuple[str, Future[RunResult]]] = []
                for name in open_cases:
                    done = len(results[name])
                    count = seeds if seeds is not None else MIN_SEEDS
                    for seed in range(done + 1, done + count + 1):
                        batch.append(
                            (name, pool.submit(_one, run, blueprint, name, seed, stop, started, budget_s, seeds))
                        )
                for name, future in batch:
                    if seeds is None and time.perf_counter() - started > budget_s:
                        for _, waiting in batch:
                            waiting.cancel()  # what has begun goes on to its own end
                    if future.cancelled():
                        continue
                    results[name].append(future.result())
                    runs += 1
                    if on_progress is not None:
                        on_progress(Progress(runs, len(names) - len(open_cases), len(names), name))
                for name in open_cases:
                    verdicts[name] = judge_case(blueprint, name, results[name])
                spent = time.perf_counter() - started >= budget_s
                if seeds is not None or spent or stop.is_set():
                    break
                open_cases = [n for n in open_cases if _undecided(verdicts[n], len(results[n]))]
        except KeyboardInterrupt:
            stop.set()
            interrupted = True
            pool.shutdown(wait=True, cancel_futures=True)
    for name in names:
        if name not in verdicts or interrupted:
            verdicts[name] = judge_case(blueprint, name, results[name])
    ordered = [verdicts[name] for name in names]
    return CheckResult(
        blueprint.name,
        worst([v.verdict for v in ordered]),
        ordered,
        time.perf_counter() - started,
        interrupted or stop.is_set(),
    )


def _one(
    run: Run, blueprint: Blueprint, case: str, seed: int, stop: threading.Event, started: float, budget_s: float,
    seeds: int | None,
) -> RunResult:  # fmt: skip
    """One run; without a fixed number of seeds it may take what is left of the budget."""
    left = None if seeds is not None else max(LEAST_S, budget_s - (time.perf_counter() - started))
    return run(blueprint, case, seed, stop=stop, wall_limit_s=left)


def _undecided(verdict: CaseVerdict, seeds: int) -> bool:
    if seeds >= MAX_SEEDS or verdict.partial:
        return False
    return any(o.verdict == "unknown" and o.value is not None for o in verdict.guarantees)
