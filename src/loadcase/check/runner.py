"""Runs cases seed by seed until every guarantee is decided or the budget is spent."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from loadcase.blueprint.model import Blueprint
from loadcase.check.contract import judge_case, promises
from loadcase.check.statistics import LEVEL, LOOK_LEVEL
from loadcase.core.results import CaseVerdict, CheckResult, RunResult, worst

MIN_SEEDS = 3
MAX_SEEDS = 1536
"""Seeds double from look to look: ten looks are the most, which LOOK_LEVEL is made for."""
TICK_S = 0.1


class Run(Protocol):
    """How a case is run; the engine's `run` with the rest of its arguments bound."""

    def __call__(
        self,
        blueprint: Blueprint,
        case: str,
        seed: int,
        *,
        stop: threading.Event | None,
        wall_limit_s: float | None,
        progress: Callable[[float], None] | None,
    ) -> RunResult: ...


@dataclass(frozen=True)
class Progress:
    """What has been done so far: whole runs, shares of those going on, cases decided of all, the seconds spent."""

    runs: int
    going: dict[str, float]
    decided: int
    cases: int
    spent_s: float


@dataclass(frozen=True)
class _Done:
    run: RunResult
    cut: bool


@dataclass
class _Case:
    name: str
    whole: dict[int, RunResult] = field(default_factory=dict)
    cut: dict[int, RunResult] = field(default_factory=dict)

    def judge(self, blueprint: Blueprint, level: float) -> CaseVerdict:
        whole, cut = (self.whole[s] for s in sorted(self.whole)), (self.cut[s] for s in sorted(self.cut))
        return judge_case(blueprint, self.name, list(whole), list(cut), level)


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
    started: float | None = None,
    make_exact: Callable[[str], bool] | None = None,
    until_broken: bool = False,
    on_verdict: Callable[[CaseVerdict], None] | None = None,
) -> CheckResult:
    """Judges a blueprint in its cases.

    Every case is first run with three seeds; those with an undecided guarantee go on, with twice as many seeds each
    time, until the budget is spent, counted from `started` (`time.perf_counter`). What the budget cuts short is not
    counted. With `seeds` exactly that many are run, however long they take: a fixed number of seeds gives the same
    verdict on any number of threads. `make_exact` turns a case from its scale model to the exact design, and says
    whether it was one; it is asked when more seeds of the model would decide nothing. With `until_broken` a case gets
    no more seeds once a guarantee is broken, whatever is undecided besides. `on_verdict` is told what the runs of a
    case say so far, each time that those that were wanted of it are done.
    """
    work = _Check(blueprint, run, seeds, budget_s, stop or threading.Event(), started, on_progress)
    work.on_verdict = on_verdict
    names = list(cases) if cases is not None else list(blueprint.cases) or ["normal"]
    work.cases = {name: _Case(name) for name in names}
    with _pool(threads, work.stop) as pool:
        work.go_on(pool, make_exact, until_broken)
    verdicts = [case.judge(blueprint, work.level) for case in work.cases.values()]
    return CheckResult(
        blueprint.name,
        worst([v.verdict for v in verdicts]),
        verdicts,
        time.perf_counter() - work.started,
        work.stop.is_set(),
        work.level,
    )


def run_all(
    blueprint: Blueprint,
    run: Run,
    cases: Iterable[str],
    seeds: int,
    budget_s: float,
    *,
    threads: int | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
    started: float | None = None,
) -> tuple[dict[str, list[RunResult]], bool]:
    """Runs every case with each of the seeds, and judges nothing; says too whether it was interrupted.

    Runs that the budget cuts short are among the others, as partial; those that it left no time for are missing.
    """
    work = _Check(blueprint, run, seeds, budget_s, stop or threading.Event(), started, on_progress)
    work.deadline = work.started + budget_s
    work.cases = {name: _Case(name) for name in cases}
    with _pool(threads, work.stop) as pool:
        work.batch(pool, list(work.cases.values()))
    found = {name: {**case.whole, **case.cut} for name, case in work.cases.items()}
    return {name: [by[s] for s in sorted(by)] for name, by in found.items()}, work.stop.is_set()


@contextmanager
def _pool(threads: int | None, stop: threading.Event) -> Iterator[ThreadPoolExecutor]:
    """Threads that are done at the end; an interrupt ends the block, and `stop` tells of it, as of an error."""
    pool = ThreadPoolExecutor(max_workers=threads or os.cpu_count() or 1)
    try:
        yield pool
    except KeyboardInterrupt:
        stop.set()
    except BaseException:
        stop.set()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


class _Check:
    def __init__(
        self,
        blueprint: Blueprint,
        run: Run,
        seeds: int | None,
        budget_s: float,
        stop: threading.Event,
        started: float | None,
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        self.blueprint = blueprint
        self.run = run
        self.seeds = seeds
        self.stop = stop
        self.on_progress = on_progress
        self.started = time.perf_counter() if started is None else started
        self.deadline = None if seeds is not None else self.started + budget_s
        self.level = LOOK_LEVEL if seeds is None else LEVEL
        self.cases: dict[str, _Case] = {}
        self.going: dict[tuple[str, int], float] = {}
        self.decided = 0
        self.on_verdict: Callable[[CaseVerdict], None] | None = None

    def spent(self) -> bool:
        """Whether nothing more should be started."""
        late = self.deadline is not None and time.perf_counter() >= self.deadline
        return late or self.stop.is_set()

    def go_on(
        self, pool: ThreadPoolExecutor, make_exact: Callable[[str], bool] | None, until_broken: bool = False
    ) -> None:
        """Batch after batch, until everything is decided or time is up."""
        undecided = [case for case in self.cases.values() if promises(self.blueprint, case.name)]
        while undecided and not self.spent():
            self.batch(pool, undecided)
            if self.seeds is not None:
                return
            left = []
            for case in undecided:
                verdict = case.judge(self.blueprint, self.level)
                if not _goes_on(verdict, len(case.whole)) or (until_broken and verdict.verdict == "broken"):
                    continue
                if _too_rough(verdict) and make_exact is not None and make_exact(case.name):
                    case.whole, case.cut = {}, {}
                left.append(case)
            undecided = left
            self.decided = len(self.cases) - len(left)

    def batch(self, pool: ThreadPoolExecutor, cases: list[_Case]) -> None:
        """Runs each case as often again as it has been run, the first seeds of all cases before the second."""
        tasks: dict[Future[_Done | None], tuple[_Case, int]] = {}
        counts = {c.name: self.seeds or len(c.whole) or MIN_SEEDS for c in cases}
        for i in range(max(counts.values())):
            for case in cases:
                if i < counts[case.name]:
                    seed = len(case.whole) + i + 1
                    tasks[pool.submit(self.one, case.name, seed)] = case, seed
        pending = set(tasks)
        while pending:
            done, pending = wait(pending, timeout=TICK_S)
            for task in done:
                result = task.result()  # an error ends the check
                if result is not None:
                    case, seed = tasks[task]
                    (case.cut if result.cut else case.whole)[seed] = result.run
            self.show()
            self.tell({id(tasks[t][0]): tasks[t][0] for t in done}.values(), [tasks[t][0] for t in pending])

    def tell(self, done: Iterable[_Case], pending: list[_Case]) -> None:
        """What is known of the cases of which no run is left in this batch."""
        if self.on_verdict is not None:
            for case in done:
                if not any(case is other for other in pending):
                    self.on_verdict(case.judge(self.blueprint, self.level))

    def one(self, case: str, seed: int) -> _Done | None:
        """One run; None when there is no time for it."""
        if self.spent():
            return None
        left = None if self.deadline is None else self.deadline - time.perf_counter()
        self.going[case, seed] = 0.0

        def progress(share: float) -> None:
            self.going[case, seed] = share

        try:
            run = self.run(self.blueprint, case, seed, stop=self.stop, wall_limit_s=left, progress=progress)
            return _Done(run, cut=run.partial is not None and self.spent())
        finally:
            self.going.pop((case, seed), None)

    def show(self) -> None:
        if self.on_progress is None:
            return
        going = {f"{case} {seed}": share for (case, seed), share in dict(self.going).items()}
        runs = sum(len(c.whole) for c in self.cases.values())
        self.on_progress(Progress(runs, going, self.decided, len(self.cases), time.perf_counter() - self.started))


def _goes_on(verdict: CaseVerdict, seeds: int) -> bool:
    """Whether more seeds could decide what is undecided."""
    if seeds >= MAX_SEEDS or verdict.partial:
        return False
    return any(o.verdict == "unknown" and o.value is not None for o in verdict.guarantees)


def _too_rough(verdict: CaseVerdict) -> bool:
    """Whether a scale model leaves something undecided."""
    return verdict.scale > 1 and any(o.verdict == "unknown" and o.rough for o in verdict.guarantees)
