"""Where the runs of a sweep are made: in this process, in processes of this machine, or on a Dask cluster.

Results come in whatever order they are done; each task gives one. A worker process that dies (killed, or out of
memory) is replaced, and what it had in hand is run again; so it is with the workers of a cluster.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Protocol

from loadcase.core.errors import LoadcaseError, UsageError
from loadcase.explore.journal import Row
from loadcase.explore.work import Task, begin, one_run

TICK_S = 0.1
AHEAD = 4
"""Tasks that are handed out for each worker: none waits for the next, and few are lost with one."""
MOST_LOSSES = 5
"""Times in a row that worker processes may die without a run being done."""


Found = Generator[tuple[Task, Row] | None, None, None]
"""Each task with its row as it is done, and None now and then while nothing is."""


class Pool(Protocol):
    """Runs tasks."""

    def results(self, tasks: Iterable[Task], stop: threading.Event) -> Found:
        """Runs each of the tasks; ends early when `stop` is set."""
        ...


class Here:
    """One run after the other, in this process."""

    def results(self, tasks: Iterable[Task], stop: threading.Event) -> Found:
        """As the protocol says."""
        with ThreadPoolExecutor(1) as pool:
            yield from _drive(lambda task: pool.submit(one_run, task, stop), iter(tasks), 1, stop)


class Processes:
    """Processes of this machine: each has an interpreter of its own, so that all cores are busy."""

    def __init__(self, count: int) -> None:
        self.count = count

    def results(self, tasks: Iterable[Task], stop: threading.Event) -> Found:
        """As the protocol says. Raises UsageError when the workers die whatever they run."""
        context = multiprocessing.get_context("spawn")
        left = list(tasks)
        losses = 0
        while left and not stop.is_set():
            halt = context.Event()
            pool = ProcessPoolExecutor(self.count, context, begin, (halt,))
            done: set[str] = set()
            try:
                for found in _drive(lambda task: pool.submit(one_run, task), iter(left), self.count, stop):  # noqa: B023
                    if found is not None:
                        done.add(found[0].key)
                        losses = 0
                    yield found
                return
            except BrokenProcessPool:
                losses += 1
                if losses >= MOST_LOSSES:
                    raise UsageError(
                        f"{losses} times in a row a worker process died", hint="is there memory for --threads of them?"
                    ) from None
            finally:
                halt.set()
                pool.shutdown(wait=True, cancel_futures=True)
            left = [task for task in left if task.key not in done]


class Cluster:
    """The workers of a running Dask cluster, by the address of its scheduler."""

    def __init__(self, address: str) -> None:
        self.address = address

    def results(self, tasks: Iterable[Task], stop: threading.Event) -> Found:
        """As the protocol says. Raises UsageError without dask, when the scheduler cannot be reached, or is lost."""
        client = connect(self.address)
        try:
            slots = sum(client.nthreads().values())
            if not slots:
                raise UsageError(f"the cluster at {self.address} has no workers", hint="dask worker ADDRESS starts one")
            with client.get_executor(pure=False, retries=MOST_LOSSES) as pool:
                yield from _drive(lambda task: pool.submit(one_run, task, key=task.key), iter(tasks), slots, stop)
        except LoadcaseError:
            raise
        except Exception as error:  # whatever ends a cluster, or the workers that take a run one after the other
            reason = f"{type(error).__name__}: {error}"
            raise UsageError(
                f"the cluster at {self.address} gave up: {reason}",
                hint="with --out the same command goes on from there",
            ) from None
        finally:
            client.close()


def connect(address: str) -> Any:
    """A client of a running Dask cluster. Raises UsageError without dask, or when there is nothing at the address."""
    try:
        from distributed import Client
    except ImportError:
        raise UsageError("a cluster needs dask", hint="pip install 'loadcase[cluster]'") from None
    logging.getLogger("distributed").setLevel(logging.ERROR)  # lost workers are dealt with here
    try:
        return Client(address, timeout=10, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"no cluster at {address}: {error}", hint="for example --cluster tcp://head:8786") from None


def pool_for(cluster: str | None, threads: int | None, tasks: int) -> Pool:
    """Where to run so many tasks."""
    if cluster is not None:
        return Cluster(cluster)
    count = min(threads or os.cpu_count() or 1, tasks)
    return Processes(count) if count > 1 else Here()


def _drive(
    submit: Callable[[Task], Future[Row | None]], tasks: Iterator[Task], workers: int, stop: threading.Event
) -> Found:
    """Hands tasks out, some ahead of what is done, until there are no more or `stop` is set."""
    pending: dict[Future[Row | None], Task] = {}
    while not stop.is_set():
        while len(pending) < AHEAD * workers and (task := next(tasks, None)) is not None:
            pending[submit(task)] = task
        if not pending:
            return
        done, _ = wait(pending, TICK_S, FIRST_COMPLETED)
        for future in done:
            row, task = future.result(), pending.pop(future)
            if row is not None:
                yield task, row
        if not done:
            yield None
    for future in pending:
        future.cancel()
