"""One run of a sweep, as a worker does it: in this process, in another one, or on another machine."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from loadcase.blueprint.load import build, changed
from loadcase.blueprint.model import Blueprint
from loadcase.core.errors import BlueprintError, LoadcaseError, UsageError, dotted
from loadcase.explore.journal import Row, engine_version, failed, row_of

RUN_AIM_S = 4.0
"""Wall time that a run of a sweep aims at when it chooses its scale model."""
_stop: Any = None
"""What tells this worker process that it should end."""


@dataclass(frozen=True)
class Task:
    """One run, complete in itself: the data of the design, the values of the point, case and seed."""

    key: str
    design: Mapping[str, Any]
    design_hash: str
    changes: tuple[tuple[str, Any], ...]
    case: str
    seed: int
    exact: bool
    version: str
    trace_folder: Path | None = None


def one_run(task: Task, stop: Any = None) -> Row | None:
    """Runs a task; None when it was stopped. What the engine refuses is a row that says so.

    Raises UsageError when this worker's engine is not the one that the sweep was begun with.
    """
    if task.version != engine_version():
        raise UsageError(
            f"a worker has Loadcase {engine_version()}, and the sweep {task.version}",
            hint="install the same version on all of them: another one gives other numbers",
        )
    stop = stop or _stop
    if stop is not None and stop.is_set():
        return None
    try:
        # values may be lists, which no cache takes: their spelling names them
        job = _job(_Held(task), task.design_hash, repr(task.changes), task.case, task.exact)
        from loadcase import api

        result = api.run(
            job.blueprint, task.case, task.seed, scale=job.scale, warmed=job.warmed, stop=stop,
            trace_folder=task.trace_folder,
        )  # fmt: skip
    except LoadcaseError as error:
        return failed(told(error))
    if result.partial is not None and stop is not None and stop.is_set():
        return None
    return row_of(result)


def told(error: LoadcaseError, path: str = "") -> str:
    """What is wrong, in a line: with its path in the design where it is not the one that is known already."""
    if isinstance(error, BlueprintError):
        problem = error.problems[0]
        place = dotted(problem.path)
        where = f"{place}: " if place not in ("", path, f"components.{path}") else ""
        return f"{where}{problem.message}{f'; {problem.hint}' if problem.hint else ''}"
    return str(error)


@dataclass
class _Job:
    """What the seeds of a case at a point share."""

    blueprint: Blueprint
    scale: Any
    warmed: Any


class _Held:
    """A task that is the same as any other to a cache."""

    def __init__(self, task: Task) -> None:
        self.task = task

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=2)
def _job(held: _Held, design: str, changes: str, case: str, exact: bool) -> _Job:
    from loadcase import api
    from loadcase.engine.run import Warmed
    from loadcase.scales import Scale

    task = held.task
    blueprint = changed(_design(held, design), dict(task.changes))
    scale = Scale() if exact else api.scales_of(blueprint, [case], RUN_AIM_S, 1)[case]
    return _Job(blueprint, scale, Warmed())


@lru_cache(maxsize=2)
def _design(held: _Held, design: str) -> Blueprint:
    return build(held.task.design)


def begin(stop: Any) -> None:
    """Begins a worker process: it leaves Ctrl-C to the one that started it, and ends with that one, however it ends."""
    global _stop
    _stop = stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)
