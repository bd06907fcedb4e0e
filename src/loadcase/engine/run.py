"""Runs one case of a blueprint with one seed.

The kernel releases the interpreter's lock, so that several runs go on in threads at once. The same blueprint, case and
seed give the same result whatever the number of threads: nothing is shared between runs.
"""

from __future__ import annotations

import hashlib
import resource
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from loadcase.blueprint.faults import outside, site_of
from loadcase.blueprint.model import Blueprint, Case
from loadcase.core import program as op
from loadcase.core.errors import BlueprintError, UsageError, suggest
from loadcase.core.history import History, Meta, Sample
from loadcase.core.results import RunResult
from loadcase.core.schedule import Change
from loadcase.engine import cache
from loadcase.engine.memory import check_memory, most_frames, shareable
from loadcase.engine.scale import shrink, whole_components, whole_flows
from loadcase.faults import faults

cache.folder()

from loadcase.engine.compile import Compiled, compile_blueprint  # noqa: E402
from loadcase.engine.histories import HASH, Active, history_of  # noqa: E402
from loadcase.engine.kernels import effects, strikes, tables, warming  # noqa: E402  (numba reads its cache folder)
from loadcase.engine.kernels import loop as kernel  # noqa: E402
from loadcase.engine.measure import Measures, scaled_back  # noqa: E402
from loadcase.engine.recording import Recording  # noqa: E402
from loadcase.engine.state import make_state, more_facts, more_frames, more_heap, more_lanes, streams  # noqa: E402
from loadcase.engine.watching import EVENTS, EVERY_S, Watch, seen  # noqa: E402

needs_compile = cache.needs_compile

DRAIN_S = 60.0
QUOTA = 1_000_000
MAX_FRAMES = 2_000_000
OVERLOADED = "the design does not keep up"
"""How the reason ends for which a run of more load than the design can take is given up."""
UNTIDY_CHUNKS = 1 << 15
"""Room for timeouts (32 MB) that is made before those that nobody waits for are looked for: most end by themselves."""
MAX_STATIONS = 2_000_000
MAX_TRACE = 64 << 20
MAX_FACTS = 1 << 25
MAX_STILL = 20
"""Quotas of events without any simulated time passing."""
MAX_USERS = 250_000
WARM_ACCESSES = 400_000_000
WARM_BATCHES = 2_000
"""Batches of requests before a warm-up looks whether it was stopped."""
WARM_TURNS, WARM_LEAST = 20, 2_000
"""Requests for each key, and more, after which a cache that holds every key is as full as it gets."""
RECENT = 0.05
"""Share of a time to live in which an LRU cache has to fill for expiry not to decide what it holds."""
Progress = Callable[[float], None]


def run(
    blueprint: Blueprint,
    case: str = "normal",
    seed: int = 1,
    *,
    duration: float | None = None,
    warmup: float | None = None,
    scale: int = 1,
    progress: Progress | None = None,
    stop: threading.Event | None = None,
    trace_folder: Path | None = None,
    wall_limit_s: float | None = None,
    warmed: Warmed | None = None,
    record: Recording | None = None,
    schedule: int = 0,
    watch: Watch | None = None,
) -> RunResult:
    """Simulates `warmup` and then `duration` seconds, and drains what is in flight.

    `scale` k runs a scale model: 1/k of the load on 1/k of the parts. With `record` the result has a history.
    `watch` is called with the series so far at most ten times a second, and once when the run is over.
    Another `schedule` has the same arrivals (when they come, what they are about, whose they are); all else is drawn
    anew. Ends early, as a partial result, when `stop` is set, when `wall_limit_s` has passed, or when more requests are
    in flight than the machine should hold.

    Raises UsageError for an unknown case, a design too large for the engine, or a trace that cannot be read.
    """
    started = time.perf_counter()
    chosen = case_of(blueprint, case)
    duration_s, warmup_s = chosen.lengths(duration, warmup)
    if not (0 < duration_s < 1e9 and 0 <= warmup_s < 1e9):
        raise UsageError(f"a run lasts between 0 and 10^9 seconds, not {duration_s} after {warmup_s}")
    whole = blueprint
    if scale > 1:
        blueprint = shrink(blueprint, scale)
    check_size(blueprint, chosen.load)
    sizes = check_memory(blueprint, chosen.load)
    traces = read_traces(blueprint, trace_folder)
    changes, cut = changes_of(blueprint, chosen, duration_s)
    compiled = compile_located(blueprint, chosen.load, traces, changes, warmup_s, record)
    loop = Loop(compiled, seed, warmup_s, duration_s, progress, stop, wall_limit_s, started, schedule)
    loop.state.regs[tables.R_SHARE] = 0 if record is None else round(record.share * effects.SHARES)
    loop.frames_limit = min(MAX_FRAMES, most_frames(sizes))
    whole_parts = whole_flows(whole, scale) | whole_components(whole, scale) if scale > 1 else frozenset()
    if watch is not None:
        loop.look = lambda done: watch(seen(blueprint, compiled, loop.state, scale, whole_parts, done))
    loop.warm_caches(warmed if warmed is not None and shareable(sizes, warmed.most) else None)
    partial = loop.run()
    state = loop.state
    reached = min(float(state.times[tables.D_NOW]), warmup_s + duration_s)
    measures = Measures(blueprint, compiled, state, [g.metric for g in whole.contract])
    if partial and reached > warmup_s:
        measures.seconds = reached - warmup_s
    measures.flows()
    measures.components()
    measures.limiters(compiled.limiters)
    rough: set[str] = set()
    if scale > 1:
        rough = scaled_back(measures.metrics, measures.series, scale, measures.seconds, whole_parts)
    metrics = sorted(measures.metrics.items())
    return RunResult(
        blueprint=whole.name,
        case=case,
        seed=seed,
        metrics={name: metric for name, metric in metrics if name not in rough},
        series=dict(sorted(measures.series.items())),
        requests=int(state.regs[tables.R_DONE]),
        events=int(state.regs[tables.R_EVENTS]),
        wall_s=time.perf_counter() - started,
        peak_rss_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        duration_s=duration_s,
        warmup_s=warmup_s,
        scale=scale,
        partial=partial,
        notes=(*loop.notes, *cut),
        history=None if record is None else recorded(loop, whole, chosen, case, seed, record.share, partial),
        rough={name: metric for name, metric in metrics if name in rough},
        tallies={
            o.metric: measures.tally(o) for o in whole.objectives if not partial or reached >= warmup_s + duration_s
        },
    )


class Warmed:
    """Filled caches, shared by the seeds and the cases that have the same; at most so many are kept."""

    def __init__(self, most: int = 1) -> None:
        self.most = most
        self.lock = threading.Lock()
        self.kept: OrderedDict[bytes, _Filled] = OrderedDict()

    def caches(self, key: bytes, warm: Callable[[], tuple[tables.Caches, bool]]) -> tables.Caches:
        """What is kept under a key; else what `warm` gives, while others that ask for the same wait for it.

        It is kept if `warm` says that it was not stopped before its end.
        """
        with self.lock:
            filled = self.kept.setdefault(key, _Filled())
            self.kept.move_to_end(key)
            if len(self.kept) > self.most:
                self.kept.popitem(last=False)
        with filled.lock:
            if filled.caches is not None:
                return filled.caches
            caches, whole = warm()
            if whole:
                filled.caches = caches
            return caches


@dataclass
class _Filled:
    lock: threading.Lock = field(default_factory=threading.Lock)
    caches: tables.Caches | None = None


def _content(compiled: Compiled) -> bytes:
    """What the contents of the caches follow from: who asks them for which keys, how often, and what they keep."""
    digest = hashlib.blake2b(repr(compiled.warmers).encode(), digest_size=16)
    p = compiled.program
    for array in (p.keyspaces, p.keyspace_n, p.keyspace_par, p.alias_p, p.alias_k, p.bins, p.caches, p.cache_par):
        digest.update(repr(array.shape).encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.digest()


class Loop:
    """Calls the kernel until the run is over, growing what is too small."""

    def __init__(
        self,
        compiled: Compiled,
        seed: int,
        warmup_s: float,
        duration_s: float,
        progress: Progress | None,
        stop: threading.Event | None,
        wall_limit_s: float | None,
        started: float,
        schedule: int = 0,
    ) -> None:
        self.compiled = compiled
        self.seed = seed
        self.end_s = warmup_s + duration_s
        self.progress = progress
        self.stop = stop
        self.deadline = None if wall_limit_s is None else started + wall_limit_s
        self.state = make_state(compiled, seed, warmup_s, duration_s, max(DRAIN_S, duration_s), schedule)
        self.notes: list[str] = []
        self.rows: list[np.ndarray] = []
        """Of the history, in the order in which they were written."""
        self.frames_limit = MAX_FRAMES
        self.look: Callable[[bool], None] | None = None
        """Shows an observer the run; told whether it is over."""
        self.looked = 0.0

    def warm_caches(self, memo: Warmed | None = None) -> None:
        """Replays key requests so that the caches hold what they would after a long time.

        What the past left is the same for all seeds: it comes from a stream of its own. A memo keeps it for other runs.
        """
        if not self.compiled.warmers:
            return
        if memo is None:
            self.state = self.warmed()
            return
        caches = memo.caches(_content(self.compiled), lambda: (self.warmed().cache, not self.notes))
        self.state = self.state._replace(cache=tables.Caches(*(array.copy() for array in caches)))

    def warmed(self) -> tables.State:
        """The state with its caches filled."""
        for row in dict.fromkeys(row for row, *_ in self.compiled.warmers):
            if not self.warm(row, [w for w in self.compiled.warmers if w[0] == row]):
                self.notes.append("the caches were not yet full when the run began")
        return self.state

    def warm(self, row: int, requests: list[tuple[int, int, str, int, float]]) -> bool:
        """Fills one cache by the requests that use it; False when it was stopped before it was done."""
        program = self.compiled.program
        mix = np.array([(space, anywhere) for _, space, _, anywhere, _ in requests], np.int64)
        rates = np.array([rate for *_, rate in requests])
        rate = float(rates.sum())
        share = np.cumsum(rates) / rate
        rng = np.vstack([self.state.rng, streams({requests[0][2]: 0}, 0)])
        state, place = self.state._replace(rng=rng), len(rng) - 1
        entries = int(program.caches[row, 1]) * int(program.caches[row, 3])
        keys, ttl = int(program.keyspace_n[np.unique(mix[:, 0])].sum()), float(program.cache_par[row, 0])
        limit = WARM_ACCESSES if entries < keys else min(WARM_ACCESSES, WARM_TURNS * keys + WARM_LEAST)
        came = np.zeros(4, np.int64)
        came[warming.W_PHASE] = warming.RECALLS if program.caches[row, 0] == op.LRU else warming.REPLAYS
        while not came[warming.W_DONE] and not self.ended():
            warming.warm(program, state, row, place, mix, share, rate, ttl * RECENT, limit, WARM_BATCHES, came)
        return bool(came[warming.W_DONE])

    def left(self) -> int:
        """Requests in flight."""
        return len(self.state.frames) - int(self.state.regs[tables.R_FREE])

    def fetch(self) -> None:
        """Takes the rows of the history that the kernel has written."""
        count = int(self.state.regs[tables.R_NOTED])
        if count:
            self.rows.append(self.state.noted[:count])
            self.state = self.state._replace(noted=np.empty_like(self.state.noted))
            self.state.regs[tables.R_NOTED] = 0

    def ended(self) -> bool:
        """Whether the run was stopped or is out of time."""
        out = self.deadline is not None and time.perf_counter() > self.deadline
        return out or (self.stop is not None and self.stop.is_set())

    def run(self) -> str | None:
        """Runs to the end; gives the reason when it ends early."""
        ended = self.to_the_end()
        if self.look is not None:
            self.look(True)
        return ended

    def some(self) -> int:
        """Runs for a quota of events, or until an array is too small; an observer may look in between."""
        left = QUOTA
        while True:
            part = left if self.look is None else min(left, EVENTS)
            status = int(kernel.run(self.compiled.program, self.state, part, UNTIDY_CHUNKS))
            left -= part
            if self.look is not None and time.perf_counter() - self.looked >= EVERY_S:
                self.look(False)
                self.looked = time.perf_counter()
            if status != tables.PAUSED or left == 0:
                return status

    def to_the_end(self) -> str | None:
        """Quota after quota."""
        before, still = -1.0, 0
        while True:
            status = self.some()
            if status == tables.STRUCK:
                status = strikes.strike(self.compiled.program, self.state)
            now = float(self.state.times[tables.D_NOW])
            still = still + 1 if now == before and status == tables.PAUSED else 0
            before = now
            if still >= MAX_STILL:
                return f"time stands still at {now:.3g} s: requests go round without work, wait or think time"
            if self.progress is not None:
                self.progress(min(1.0, now / self.end_s))
            if status == tables.FINISHED:
                return None
            if status == tables.DRAIN_LIMIT:
                return f"{self.left()} requests were still in flight when the drain ended: {OVERLOADED}"
            if status == tables.FULL_NOTES:
                self.fetch()
            elif status == tables.GROW_FACTS:
                if len(self.state.facts) >= MAX_FACTS:
                    return f"over {MAX_FACTS // 2:,} keys and operations are remembered after {now:.3g} s"
                self.state = more_facts(self.state, 2 * len(self.state.facts))
            elif status == tables.GROW_HEAP:
                self.state = more_heap(self.state, 2 * len(self.state.heap))
            elif status == tables.GROW_LANES:
                self.state = more_lanes(self.state, 2 * len(self.state.wnext))
            elif status == tables.GROW_FRAMES:
                frames = len(self.state.frames)
                if frames >= self.frames_limit:
                    return f"over {frames:,} calls in flight after {now:.3g} s: {OVERLOADED}"
                self.state = more_frames(self.state, min(2 * frames, self.frames_limit))
            if self.stop is not None and self.stop.is_set():
                return f"stopped after {now:.3g} of {self.end_s:.3g} simulated seconds"
            if self.deadline is not None and time.perf_counter() > self.deadline:
                return f"out of time after {now:.3g} of {self.end_s:.3g} simulated seconds"


def recorded(
    loop: Loop, blueprint: Blueprint, case: Case, name: str, seed: int, share: float, partial: str | None
) -> History:
    """The history of a run that has ended, with the faults of its case."""
    loop.fetch()
    drained = partial is None and loop.left() == 0
    warmup_s, end_s = float(loop.state.times[tables.D_WARM]), loop.end_s
    names = {cls: name for name, cls in faults().items()}
    active = [
        Active(names[type(f)], warmup_s + f.at, min(end_s, warmup_s + f.end), str(getattr(f, "on", None) or ""))
        for f in case.faults
        if warmup_s + f.at < end_s
    ]
    meta = Meta(blueprint.name, name, seed, drained, None if share >= 1.0 else Sample(share, HASH))
    return history_of(loop.compiled, loop.rows, meta, active)


def case_of(blueprint: Blueprint, name: str) -> Case:
    """The named case; `normal` exists without being declared.

    Raises UsageError for another name.
    """
    found = blueprint.cases.get(name)
    if found is not None:
        return found
    if name == "normal":
        return Case.model_construct(
            load=1.0,
            faults=(),
            degrade={},
            sacred=[],
            recover_within=None,
            page_within=None,
            duration=None,
            warmup=None,
        )
    known = list(blueprint.cases) or ["normal"]
    near = suggest(name, known)
    raise UsageError(f"there is no case {name!r}", hint=near if near else f"cases: {', '.join(known)}")


def check_size(blueprint: Blueprint, load: float) -> None:
    """Refuses what the engine's tables cannot count.

    Raises UsageError naming the component or flow.
    """
    stations = 0
    for name, component in blueprint.components.items():
        stations += sum(pool.room for pool in component.pools())
        if stations > MAX_STATIONS:
            raise UsageError(
                f"{name}: the design has over {MAX_STATIONS} servers; the engine simulates up to that many",
                hint="divide the counts and the load by the same factor",
            )
    for name, flow in blueprint.flows.items():
        users = (flow.arrive.users or 0) * load if flow.arrive is not None else 0
        if users > MAX_USERS:
            message = f"{name}: a closed loop has at most {MAX_USERS:,} users, got {users:,.0f} at load {load:g}"
            raise UsageError(message, hint="give a rate instead: so many users are as good as an open loop")


def changes_of(blueprint: Blueprint, case: Case, duration_s: float) -> tuple[list[Change], list[str]]:
    """What the faults of a case change, all of it over when the arrivals end; and what that cuts short.

    Raises UsageError when a fault begins after the end of a run that is shorter than the case's.
    """
    site = site_of(blueprint)
    changes: list[Change] = []
    notes: list[str] = []
    names = {cls: name for name, cls in faults().items()}
    for fault in case.faults:
        late = outside(names[type(fault)], fault, duration_s)
        if late and fault.at >= duration_s:
            raise UsageError(late, hint="run it for longer, or let the fault begin earlier")
        if late:
            notes.append(f"{late}: it is cut short")
        changes += [replace(c, end=min(c.end, duration_s)) for c in fault.changes(site) if c.start < duration_s]
    return changes, notes


def compile_located(
    blueprint: Blueprint,
    load: float,
    traces: dict[str, Any],
    changes: list[Change],
    warmup_s: float,
    record: Recording | None = None,
) -> Compiled:
    """Compiles; what is wrong is told with its place in the file."""
    try:
        return compile_blueprint(blueprint, load, traces, changes, warmup_s, record)
    except BlueprintError as error:
        raise BlueprintError([blueprint.located(p) for p in error.problems]) from None


def read_traces(blueprint: Blueprint, folder: Path | None) -> dict[str, Any]:
    """Arrival times of the flows that are driven by a file; only read when a folder for them was given.

    Raises UsageError when it was not, or when a file is not a list of rising times.
    """
    traces: dict[str, Any] = {}
    for name, flow in blueprint.flows.items():
        if flow.arrive is None or flow.arrive.trace is None:
            continue
        if folder is None:
            raise UsageError(
                f"{name} replays the file {flow.arrive.trace!r}, and no other file is read unless asked",
                hint="pass --traces FOLDER",
            )
        if "\0" in flow.arrive.trace:
            raise UsageError(
                f"{name}: {flow.arrive.trace!r} is not the name of a file", hint="name a file in the folder"
            )
        path = (folder / flow.arrive.trace).resolve()
        if not path.is_relative_to(folder.resolve()) or not path.is_file() or path.stat().st_size > MAX_TRACE:
            message = f"{name}: there is no trace {flow.arrive.trace!r} of at most {MAX_TRACE >> 20} MiB in {folder}"
            raise UsageError(message, hint="--traces names the folder; the file lies in it, or below it")
        try:
            times = np.loadtxt(path, ndmin=1, dtype=float)
        except ValueError as error:
            raise UsageError(f"{path}: {error}", hint="one arrival time in seconds on each line") from None
        if times.ndim != 1 or not np.all(np.isfinite(times)) or np.any(np.diff(times) < 0) or np.any(times < 0):
            raise UsageError(f"{path}: arrival times must be seconds from 0 on that do not fall")
        traces[name] = times
    return traces
