"""What a run changes: frames and the State."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from loadcase.core.program import REGISTERS, SLOTS


# --- a frame: a call in flight ---------------------------------------------------------------------------------------
FRAME = np.dtype(
    [
        # what every event touches: one cache line
        ("ev", "i8"),  # payload of the event that it waits for, or 0
        ("token", "i8"),  # of the answer that it waits for, or 0
        ("began", "f8"),  # when its request came
        ("pc", "i4"),
        ("flow", "i4"),
        ("parent", "i4"),
        ("why", "i4"),  # reason of the latest failure
        ("need", "i4"),  # successes of children still wanted, and children still out
        ("left", "i4"),
        ("qfail", "i4"),  # where to go when its patience in a queue ends, or -1; next in the line for a lock
        ("qslot", "i4"),
        ("next", "i4"),  # neighbours in a queue or among those in service
        ("prev", "i4"),
        # what calls and measuring need
        ("owed", "i8"),  # token of the parent that it answers to
        ("key", "i8", (2,)),
        ("origin", "f8"),  # when the first request of all came that led to this one
        ("rest", "f8"),  # end of its service, or what is left of it
        ("queued", "f8"),
        ("rank", "i4"),
        ("idx", "i4"),  # number among its siblings
        ("part", "i4"),  # partition of its message
        ("fpc", "i4"),  # where to go when its call fails
        # stations that it holds, and registers
        ("held", "i4", (SLOTS,)),
        ("reg", "i4", (REGISTERS,)),
    ]
)
EVENT = np.dtype([("t", "f8"), ("p", "i8")])
FACT = np.dtype([("key", "i8"), ("value", "i8"), ("done", "i8"), ("space", "i4"), ("first", "i4")])
"""What is remembered of a key or an operation; `space` 0 is an empty place."""
ENTRY = np.dtype([("key", "i8"), ("end", "f8"), ("next", "i4"), ("prev", "i4")])
"""A cached key, when it expires, and its neighbours in the eviction order; with LFU `next` is a heap of entries and
`prev` an entry's place in it."""

# --- slots of the calendar ---------------------------------------------------------------------------------------
SLOT_BITS = 24
SLOT_MASK = (1 << SLOT_BITS) - 1
LANE0 = SLOT_MASK - 8191
SOURCE0 = SLOT_MASK - 4095
TICK = SLOT_MASK
FAULT = SLOT_MASK - 1
CONTROL0 = SLOT_MASK - 1023
MOST_CONTROLS = 1000
CHUNK = 64
OVER = -1  # payload of a first event that has been taken: the next one that is added takes its place
L_HEAD, L_TAIL, L_LIVE = range(3)

# --- registers of a State ----------------------------------------------------------------------------------------
(R_HEAP, R_SEQ, R_CHUNKS, R_FREE, R_READY, R_EVENTS, R_TICKS, R_DONE, R_PEAK, R_LOCKS, R_MARGIN, R_ROW) = range(12)
(R_NUMBER, R_NOTED, R_FACTS, R_SHARE, R_WOKEN, R_VOIDS) = range(12, 18)
(D_NOW, D_WARM, D_STEP, D_END, D_LIMIT) = range(5)

# --- why `run` came back -----------------------------------------------------------------------------------------
FINISHED, PAUSED, GROW_FRAMES, GROW_HEAP, GROW_LANES, DRAIN_LIMIT, GROW_FACTS, FULL_NOTES, STRUCK = range(9)

# --- latency histograms: 2**7 linear parts of each power of two from 2**-30 s ------------------------------------
FINE_BITS, COARSE_BITS, LOW_EXP, OCTAVES = 7, 4, -30, 54
FINE_BINS = OCTAVES << FINE_BITS
COARSE_BINS = OCTAVES << COARSE_BITS
LEVEL_BINS = 1024 + 64 * 16  # numbers of busy workers


TICKETS = 1 << 16
"""Counts of a cache with leases: two keys that share one refuse a fill of each other's now and then."""


class Caches(NamedTuple):
    """The contents of all caches; an entry's place in the arrays is its replica's first entry plus its number."""

    table: np.ndarray  # int64 hash tables
    entries: np.ndarray  # ENTRY
    euse: np.ndarray  # int32 uses of an entry (LFU only)
    cstate: np.ndarray  # (replicas of all caches, 3) int64: entries, head, tail
    cfirst: np.ndarray  # first row of each cache in cstate
    tickets: np.ndarray  # (caches with leases, TICKETS) int64: times that a key with that hash was stored or dropped


class State(NamedTuple):
    """All that changes in a run."""

    regs: np.ndarray  # int64
    times: np.ndarray  # float64: now, end of warm-up, interval, end of arrivals, limit of the drain
    rng: np.ndarray  # (places, 4) uint64
    frames: np.ndarray  # FRAME
    free: np.ndarray  # int32 stack of free frames
    ready: np.ndarray  # int32 stack of frames that go on now
    heap: np.ndarray  # EVENT
    lane: np.ndarray  # (lanes, 3) int64: first and last entry, whether it has an event in the heap
    waiting: np.ndarray  # EVENT: the entries of all lanes
    wnext: np.ndarray  # int64 next chunk of a lane
    wfree: np.ndarray  # int64 stack of free chunks
    stations: np.ndarray  # STATION
    counters: np.ndarray  # round robin
    src: (
        np.ndarray
    )  # (sources, 6) float64: phase, its end, trace position, 1 once begun, next arrival, factor on the rate
    fc: np.ndarray  # (flows, FC_WIDTH) int64
    fsum: np.ndarray  # (2*flows, 3) float64: sum, sum of squares, maximum
    fine: np.ndarray  # (2*flows, FINE_BINS) int64
    coarse: np.ndarray  # (2*flows, intervals, COARSE_BINS) int32
    fts: (
        np.ndarray
    )  # (flows, intervals, 6) int64: arrived, ok, failed, retries by arrival; those that ended ok, and failed, by end
    pts: (
        np.ndarray
    )  # (pools, intervals, 5) float64: busy, queue areas, visits, shed; the largest busy area of a station
    plast: np.ndarray  # (pools, 4) the first four at the last tick
    ptotal: np.ndarray  # (pools, 4) scratch
    seen: np.ndarray  # int64 scratch: the stations among which a balancer chooses
    ended: np.ndarray  # STATION: the stations at the last tick; in the end, when the arrivals ended
    levels: np.ndarray  # (single stations, LEVEL_BINS) float64: time with so many busy workers, s
    cts: np.ndarray  # (caches, intervals, 4) int64: look-ups, hits, entries, found expired
    cache: Caches
    batch: np.ndarray  # (BATCH, 3) int64 scratch: keys, replicas, hashes
    locks: np.ndarray  # int32 buckets of locked keys
    lkey: np.ndarray  # (frames, 2) int64: key and space of a lock
    llink: np.ndarray  # (frames, 3) int32: next in the bucket, first and last frame that waits
    lfree: np.ndarray  # int32 stack of free locks
    brk: np.ndarray  # (breakers, 5) int64: state, position, seen, failures, probing
    brk_t: np.ndarray  # time of opening
    ring: np.ndarray  # int8 latest outcomes
    thr: np.ndarray  # (throttles, 2, 1 + PARTS) float64: requests and accepted ones, in all and by part of the window
    thr_at: np.ndarray  # int64 the latest part of the window
    lim: np.ndarray  # (counters, 2) float64: tokens or current count, previous count
    lim_t: np.ndarray  # time of the last change or number of the window
    refused: np.ndarray  # int64 refusals of each limiter
    refused_at: np.ndarray  # time of the first of them, s
    budget: np.ndarray  # tokens of the retry budgets
    known: np.ndarray  # KNOWN: what each frame knows of its operation; empty when nothing depends on it
    bases: np.ndarray  # (frames, columns) int64: versions of entities, doubled, and 1 more where the frame learned it
    noted: np.ndarray  # NOTED: rows of the history that have not been fetched yet
    facts: np.ndarray  # FACT: a hash table
    # only where copies follow a leader; else of one row each
    lead: np.ndarray  # (shards, LEAD_WIDTH) int64
    copied: np.ndarray  # (stations, 2) int64
    due: np.ndarray  # (stations,) float64: when the latest entry reaches the copy, s
    # only with faults; else of one row each
    life: np.ndarray  # (stations, LIFE_WIDTH) int32
    born: np.ndarray  # (frames, SLOTS) int32: how often a station that it is at had died when it came
    land: np.ndarray  # (frames, SLOTS) int32: pc where its caller goes on when the station dies; negative: at once
    mark: np.ndarray  # (frames,) int8 scratch
    knobs: np.ndarray  # float64 probabilities and switches
    gates: np.ndarray  # (knobs,) int32 first frame that waits at a gate
    links: np.ndarray  # (links, LINK_WIDTH) float64
    lwait: np.ndarray  # (links,) int32 first frame that waits for a link
    # only with controls; else of one row each
    control: np.ndarray  # (controls, CONTROL) float64
    looked: np.ndarray  # (stations, 2) float64: busy_s at the last look, when it has started
    scaled: np.ndarray  # (controls, intervals, 2) float64: areas of the replicas that exist, and that are ready
