"""Makes the arrays of a run, and makes them larger."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from loadcase.core import program as op
from loadcase.engine.compile import Compiled
from loadcase.engine.kernels import calendar, control, effects, policies, tables, warming

INTERVALS = 60
LOCK_BUCKETS = 1 << 16
NOTES = 1 << 17
"""Rows of a history that the kernel writes before they are fetched (8 MB)."""
FACTS = 1 << 12
LIFE = np.array([0, 0, 0, 0, 0, 0, -1, -1, -1, 0], np.int32)
"""A station's life at the start: up, and nobody waits for it."""


ARRIVING = (":arrivals", ":key", ":key:hot", ":clock", ":session:key", ":session:hot", ":twice")
"""What the places of a flow are called that draw when its requests come and what they are about."""


def streams(places: dict[str, int], seed: int, schedule: int = 0, flows: Sequence[str] = ()) -> np.ndarray:
    """One generator per place, from the seed and the place's name alone: (places, 4) uint64.

    Another `schedule` gives other streams to all places but those that draw what arrives at the `flows`.
    """
    table = np.empty((max(1, len(places)), 4), np.uint64)
    same = {f"{flow}{part}" for flow in flows for part in ARRIVING} if schedule else places.keys()
    for name, row in places.items():
        drawn = f"{seed}:{name}" if name in same else f"{seed}/{schedule}:{name}"
        digest = hashlib.blake2b(drawn.encode(), digest_size=32).digest()
        table[row] = np.frombuffer(digest, np.uint64)
    return table


def counters_of(names: dict[str, tuple[int, int, int]], seed: int) -> np.ndarray:
    """Where each round begins: with several callers each begins anywhere, as they have been at it for long."""
    counters = np.zeros(max([1, *(first + callers for first, callers, _ in names.values())]), np.int64)
    for name, (first, callers, stations) in names.items():
        if callers > 1:
            digest = hashlib.blake2b(f"{seed}:{name}:turn".encode()).digest()
            counters[first : first + callers] = np.random.default_rng(list(digest)).integers(stations, size=callers)
    return counters


def make_state(
    compiled: Compiled, seed: int, warmup_s: float, duration_s: float, drain_s: float, schedule: int = 0
) -> tables.State:
    """The arrays before the first event; another `schedule` is the same arrivals with other luck."""
    p = compiled.program
    flows, intervals = len(compiled.flows), INTERVALS
    dealt = p.select[:, op.SEL_POLICY] == op.SHARD_DEAL
    scratch = np.where(dealt, p.select[:, op.SEL_COPIES], p.select[:, op.SEL_D])
    users = int(p.sources[p.sources[:, 0] == op.CLOSED, 4].sum())
    stations = max(1, len(p.stations))
    pools = len(compiled.groups)
    entries = max(1, compiled.cache_entries)
    rows = max(1, compiled.cache_rows)
    first = np.cumsum([0, *p.caches[:, 1]])[:-1].astype(np.int64) if len(p.caches) else np.zeros(1, np.int64)
    cstate = np.full((rows, 3), -1, np.int64)
    cstate[:, 0] = 0
    caches = tables.Caches(
        table=np.zeros(max(1, compiled.cache_table), np.int64),
        entries=np.zeros(entries, tables.ENTRY),
        euse=np.zeros(entries if compiled.lfu else 1, np.int32),
        cstate=cstate,
        cfirst=first,
        tickets=np.zeros((compiled.leases, tables.TICKETS if compiled.leases else 1), np.int64),
    )
    stations_now = rows_of(op.STATION, stations)
    stations_now[:] = p.stations
    lanes = np.zeros((len(p.lanes), 3), np.int64)
    lanes[:, tables.L_HEAD] = -1
    state = tables.State(
        regs=np.zeros(18, np.int64),
        times=np.array([0.0, warmup_s, duration_s / intervals, warmup_s + duration_s, warmup_s + duration_s + drain_s]),
        rng=streams(compiled.places, seed, schedule, compiled.flows),
        frames=np.zeros(0, tables.FRAME),
        free=np.zeros(0, np.int32),
        ready=np.zeros(0, np.int32),
        heap=np.zeros(0, tables.EVENT),
        lane=lanes,
        waiting=np.zeros(0, tables.EVENT),
        wnext=np.zeros(0, np.int64),
        wfree=np.zeros(0, np.int64),
        stations=stations_now,
        counters=counters_of(compiled.counters, seed),
        src=np.tile([0.0, 0.0, 0.0, 0.0, 0.0, 1.0], (max(1, len(p.sources)), 1)),
        fc=np.zeros((flows, op.FC_WIDTH), np.int64),
        fsum=np.zeros((2 * flows, 3)),
        fine=np.zeros((2 * flows, tables.FINE_BINS), np.int64),
        coarse=np.zeros((2 * flows, intervals, tables.COARSE_BINS), np.int32),
        fts=np.zeros((flows, intervals, 6), np.int64),
        pts=np.zeros((max(1, pools), intervals, 5)),
        plast=np.zeros((max(1, pools), 4)),
        ptotal=np.zeros((max(1, pools), 4)),
        seen=np.zeros(max(1, int(scratch.max(initial=1))), np.int64),
        ended=rows_of(op.STATION, stations),
        levels=np.zeros((1 + int(p.stations["levels"].max()), tables.LEVEL_BINS)),
        cts=np.zeros((max(1, len(p.caches)), intervals, 4), np.int64),
        cache=caches,
        batch=np.zeros((warming.BATCH, 3), np.int64),
        locks=np.full(LOCK_BUCKETS, -1, np.int32),
        lkey=np.zeros((0, 2), np.int64),
        llink=np.zeros((0, 3), np.int32),
        lfree=np.zeros(0, np.int32),
        brk=np.zeros((max(1, len(p.breakers)), 5), np.int64),
        brk_t=np.zeros(max(1, len(p.breakers))),
        ring=np.zeros(max(1, compiled.ring), np.int8),
        thr=np.zeros((max(1, len(p.throttles)), 2, 1 + policies.PARTS)),
        thr_at=np.zeros(max(1, len(p.throttles)), np.int64),
        lim=np.zeros((max(1, compiled.limiter_counters), 2)),
        lim_t=np.full(max(1, compiled.limiter_counters), -1.0),
        refused=np.zeros(max(1, len(p.limiters)), np.int64),
        refused_at=np.zeros(max(1, len(p.limiters))),
        budget=np.full(max(1, len(p.retries)), 10.0),
        lead=leaders(p.led),
        copied=np.tile(np.array([0, -1], np.int64), (stations if len(p.led) else 1, 1)),
        due=np.zeros(stations if len(p.led) else 1),
        life=np.tile(LIFE, (stations if len(p.sched_t) or len(p.controls) else 1, 1)),
        born=np.zeros((0 if len(p.sched_t) else 1, op.SLOTS), np.int32),
        land=np.zeros((0 if len(p.sched_t) else 1, op.SLOTS), np.int32),
        mark=np.zeros(0 if len(p.sched_t) else 1, np.int8),
        knobs=np.zeros((max(1, compiled.knobs), 1)),
        gates=np.full((max(1, compiled.knobs), 1), -1, np.int32),
        links=np.zeros((max(1, compiled.links), op.LINK_WIDTH)),
        lwait=np.full((max(1, compiled.links), 1), -1, np.int32),
        control=np.zeros((max(1, len(p.controls)), control.CONTROL)),
        looked=np.zeros((stations if len(p.controls) else 1, 2)),
        scaled=np.zeros((max(1, len(p.controls)), intervals, 2)),
        known=np.zeros(0, op.KNOWN),
        bases=np.zeros((0, compiled.recorder.columns), np.int64),
        noted=np.zeros(0, op.NOTED),
        facts=np.zeros(0, tables.FACT),
    )
    state.regs[tables.R_MARGIN] = compiled.margin
    for scaled in compiled.scaled.values():
        group, row = compiled.groups[scaled.group], state.control[scaled.control]
        state.life[group.base + scaled.begins : group.base + group.count, op.OFF] = 2
        row[[control.X_NOW, control.X_READY, control.X_PEAK]] = scaled.begins
    if compiled.knowing:
        rows = compiled.margin + (NOTES if compiled.recorder.on else 0)
        state = state._replace(
            noted=np.zeros(rows, op.NOTED), facts=rows_of(tables.FACT, FACTS), known=np.zeros(1, op.KNOWN)
        )
        state = more_facts(state, 4 * compiled.margin)
    state = more_frames(state, 2 * compiled.margin + 1024 + users)
    state = more_heap(state, 2 * compiled.margin + 1024 + users)
    state = more_lanes(state, 2 * calendar.chunk_margin.py_func(len(p.lanes), compiled.margin + users))
    _begin(compiled, state)
    return state


def leaders(led: np.ndarray) -> np.ndarray:
    """The shards that are led, each by its first copy."""
    rows = [[base + k, 0, 0, 0, -1] for _, base, n, copies, _ in led.tolist() for k in range(0, n, copies)]
    return np.array(rows or [[0, 0, 0, 0, -1]], np.int64)


def _begin(compiled: Compiled, s: tables.State) -> None:
    """The first events: the end of the warm-up, and every source at time zero; clients of closed loops are ready."""
    p = compiled.program
    first = [(0.0, tables.SOURCE0 + i) for i, source in enumerate(p.sources) if _arrives(source[0], p.source_par[i, 0])]
    first.append((float(s.times[tables.D_WARM]), tables.TICK))
    if len(p.sched_t):
        first.append((float(p.sched_t[0]), tables.FAULT))
    for j, (every, *_) in enumerate(p.control_par):
        s.control[j, control.X_LOOK] = every
        first.append((float(every), tables.CONTROL0 + j))
    first.sort(key=lambda event: event[0])
    for i, (t, slot) in enumerate(first):  # in order of time: a heap
        s.heap[i] = t, ((i + 1) << tables.SLOT_BITS) | slot
    s.regs[tables.R_HEAP] = s.regs[tables.R_SEQ] = len(first)
    for kind, flow, _, _, users, _ in p.sources:
        if kind == op.CLOSED:
            left, ready = int(s.regs[tables.R_FREE]) - users, int(s.regs[tables.R_READY])
            clients = s.free[left : left + users]
            frames = s.frames[clients]
            frames["pc"], frames["flow"] = compiled.thinking[compiled.flows[flow]], flow
            frames["parent"] = frames["qfail"] = frames["owed"] = -1
            s.frames[clients] = frames
            s.ready[ready : ready + users] = clients
            s.regs[tables.R_FREE], s.regs[tables.R_READY] = left, ready + users


def _arrives(kind: int, rate: float) -> bool:
    """Whether requests come by themselves."""
    return kind == op.TRACE or (kind != op.CLOSED and rate > 0.0)


def more_frames(s: tables.State, count: int) -> tables.State:
    """The same state with room for `count` frames."""
    old = len(s.frames)

    def wider(a: np.ndarray, rows: int) -> np.ndarray:
        b = np.zeros((rows, *a.shape[1:]), a.dtype)
        b[: len(a)] = a
        return b

    nfree, nlock = int(s.regs[tables.R_FREE]), int(s.regs[tables.R_LOCKS])
    free, lfree = wider(s.free, count), wider(s.lfree, count)
    fresh = np.arange(count - 1, old - 1, -1, dtype=np.int32)
    free[nfree : nfree + len(fresh)] = fresh
    lfree[nlock : nlock + len(fresh)] = fresh
    s.regs[tables.R_FREE] += len(fresh)
    s.regs[tables.R_LOCKS] += len(fresh)
    frames = rows_of(tables.FRAME, count)
    frames[:old] = s.frames
    faulty = len(s.born) != 1
    return s._replace(
        born=wider(s.born, count) if faulty else s.born,
        land=wider(s.land, count) if faulty else s.land,
        mark=wider(s.mark, count) if faulty else s.mark,
        frames=frames,
        free=free,
        ready=wider(s.ready, count),
        lkey=wider(s.lkey, count),
        llink=wider(s.llink, count),
        lfree=lfree,
        known=wider(s.known, count) if len(s.known) else s.known,
        bases=wider(s.bases, count) if len(s.known) else s.bases,
    )


def more_facts(s: tables.State, places: int) -> tables.State:
    """The same state with at least that many places for what is remembered."""
    size = len(s.facts)
    while size < places:
        size *= 2
    larger = s._replace(facts=rows_of(tables.FACT, size))
    effects.refile(s.facts, larger.facts)
    return larger


def rows_of(kind: np.dtype[Any], rows: int, offset: int = 0) -> np.ndarray:
    """Zeroed records, the first of which begins `offset` bytes after a cache line."""
    flat = np.zeros(rows * kind.itemsize + 128, np.uint8)
    first = (offset - flat.ctypes.data) % 64
    return flat[first : first + rows * kind.itemsize].view(kind)


def more_lanes(s: tables.State, chunks: int) -> tables.State:
    """The same state with `chunks` chunks for the entries of lanes."""
    old, nfree = len(s.wnext), int(s.regs[tables.R_CHUNKS])
    waiting = rows_of(tables.EVENT, chunks * tables.CHUNK)
    waiting[: len(s.waiting)] = s.waiting
    wnext, wfree = np.zeros(chunks, np.int64), np.zeros(chunks, np.int64)
    wnext[:old] = s.wnext
    wfree[:nfree] = s.wfree[:nfree]
    wfree[nfree : nfree + chunks - old] = np.arange(chunks - 1, old - 1, -1)
    s.regs[tables.R_CHUNKS] += chunks - old
    return s._replace(waiting=waiting, wnext=wnext, wfree=wfree)


def more_heap(s: tables.State, count: int) -> tables.State:
    """The same state with room for `count` events."""
    heap = rows_of(tables.EVENT, count, 48)  # so that the four events below one share a cache line
    heap[: len(s.heap)] = s.heap
    return s._replace(heap=heap)
