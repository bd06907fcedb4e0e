"""The compiled event loop: it replays the operations of a Program and knows nothing of kinds.

Everything that changes lives in the arrays of a State, so that a run can stop at any event and go on later: to grow
an array, to show progress, to be cancelled. Frames are calls in flight. The calendar is
a 4-ary heap ordered by (time, sequence); constant delays and timeouts wait in lanes, doubly linked lists in order of
time, of which only the heads are in the heap. An event's payload is `sequence << 24 | slot`; a frame remembers the
payload it waits for, so that a cancelled event is recognised when it comes up.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import njit, types, uint64
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.numpy_support import from_dtype

from loadcase.core.distributions import CONST, ERLANG, EXP, LOGNORMAL, MIX, PARETO, UNIFORM
from loadcase.core.program import (
    ABANDON, ABANDONED, ACQUIRE, ADDED_JITTER, ADMIT, APPLY, BRANCH, BUCKET, CALL, CHANCE, CHOICES, CHOICES_REPL, CHOOSE, COIN,
    COMMIT, COUNT, DAILY, DEDUPE, DELAY, DONE, DROP, EACH, EQUAL_JITTER, FAIL, FAILED, FC_ARRIVED, FC_FAILED, FC_HEDGES, FC_OK,
    FC_REASON0, FC_RETRIES, FC_TIMEOUTS, FILL, FIRST, FLIGHT, FORGET, FORK, FRESH, FULL_JITTER, GAUGE, GROUP_ANY, HASH, HOP,
    HOT_KEYS, INVOKE, JUMP, KEYED, LANDED, LEAST, LFU, LIFO, LOCK, LOOKUP, LOOP, LRU, NOTE, OPEN, PASS, OWNER, PACED, PEEK, PICK, POISSON,
    PREEMPTIVE, PRIORITY, PUBLISH, RANDOM, RANK, RANDOM_CACHE, REASON, REFUSED, REGISTERS, RELEASE, REPORT, RETRY, RETURN,
    ROUND_ROBIN, SEE, SEL_BASE, SEL_COPIES, SEL_COUNTER, SEL_D, SEL_FROM, SEL_FROM_BASE, SEL_KEY, SEL_MODULO, SEL_N, SEL_PLACE, SEL_POLICY, SEQUENCE, SERVE,
    SERVED, SET, SHARD_COPY, SHARD_LEADER, SHARED, SHED, SLIDING_WINDOW, SLOTS, SPAWN, START, STILL, TAKE, TIMEOUT, TRACE,
    TRIP, TURN, UNLOCK, WAIT, WEIGHTED_KEYS, ZIPF_KEYS,
    ADDED, ALIVE, AT_FLUSH, AT_KNOB, AT_LIFE, AT_LINK, AT_SOURCE, AT_SPEED, ATTEND, AWAKE, CUT, DOWN, DOWN_NOW, ENTER,
    EPOCH, FROZEN, GATE, HOLD, LINK, LOSS, MARK, ODDS, OUT, PICK_UP, REKEY, RESEND, SHARD_ANY, STAND, TAKEN, TAKE_UP,
    TOLD, VANISH,
)  # fmt: skip

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
FACT = np.dtype([("space", "i8"), ("key", "i8"), ("value", "i8"), ("done", "i8")])
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
CHUNK = 64
OVER = -1  # payload of a first event that has been taken: the next one that is added takes its place
L_HEAD, L_TAIL, L_LIVE = range(3)

# --- registers of a State ----------------------------------------------------------------------------------------
(R_HEAP, R_SEQ, R_CHUNKS, R_FREE, R_READY, R_EVENTS, R_TICKS, R_DONE, R_PEAK, R_LOCKS, R_MARGIN, R_ROW) = range(12)
(R_NUMBER, R_NOTED, R_FACTS, R_SHARE, R_WOKEN) = range(12, 17)
(D_NOW, D_WARM, D_STEP, D_END, D_LIMIT) = range(5)

# --- why `run` came back -----------------------------------------------------------------------------------------
FINISHED, PAUSED, GROW_FRAMES, GROW_HEAP, GROW_LANES, DRAIN_LIMIT, GROW_FACTS, FULL_NOTES = range(8)

# --- latency histograms: 2**7 linear parts of each power of two from 2**-30 s ------------------------------------
FINE_BITS, COARSE_BITS, LOW_EXP, OCTAVES = 7, 4, -30, 54
FINE_BINS = OCTAVES << FINE_BITS
COARSE_BINS = OCTAVES << COARSE_BITS
LEVEL_BINS = 1024 + 64 * 16  # numbers of busy workers


class Caches(NamedTuple):
    """The contents of all caches; an entry's place in the arrays is its replica's first entry plus its number."""

    table: np.ndarray  # int64 hash tables
    entries: np.ndarray  # ENTRY
    euse: np.ndarray  # int32 uses of an entry (LFU only)
    cstate: np.ndarray  # (replicas of all caches, 3) int64: entries, head, tail
    cfirst: np.ndarray  # first row of each cache in cstate


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
    fts: np.ndarray  # (flows, intervals, 4) int64: arrived, ok, failed, retries
    pts: np.ndarray  # (pools, intervals, 4) float64: busy, queue areas, visits, shed
    plast: np.ndarray  # (pools, 4) the same at the last tick
    ptotal: np.ndarray  # (pools, 4) scratch
    seen: np.ndarray  # int64 scratch: the stations among which a balancer chooses
    ended: np.ndarray  # STATION: the stations when the arrivals ended
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
    lim: np.ndarray  # (counters, 2) float64: tokens or current count, previous count
    lim_t: np.ndarray  # time of the last change or number of the window
    refused: np.ndarray  # int64 refusals of each limiter
    budget: np.ndarray  # tokens of the retry budgets
    known: np.ndarray  # KNOWN: what each frame knows of its operation; empty when nothing depends on it
    noted: np.ndarray  # NOTED: rows of the history that have not been fetched yet
    facts: np.ndarray  # FACT: a hash table
    # only with faults; else of one row each
    life: np.ndarray  # (stations, LIFE_WIDTH) int32
    born: np.ndarray  # (frames, SLOTS) int32: how often a station that it is at had died when it came
    land: np.ndarray  # (frames, SLOTS) int32: pc where its caller goes on when the station dies; negative: at once
    mark: np.ndarray  # (frames,) int8 scratch
    knobs: np.ndarray  # float64 probabilities and switches
    gates: np.ndarray  # (knobs,) int32 first frame that waits at a gate
    links: np.ndarray  # (links, LINK_WIDTH) float64
    lwait: np.ndarray  # (links,) int32 first frame that waits for a link


compiled: Any = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)  # type: ignore[call-overload]
"""How every kernel is compiled. Without numba's reference counts, which cost more than the events do: a kernel may
then not allocate (no `np.zeros`, no slices of arrays); scratch space is part of the State."""

inlined: Any = njit(cache=True, error_model="numpy", forceinline=True, _nrt=False)  # type: ignore[call-overload]
"""For small parts of the loop: a call that is not inlined hands over every array as seven words on the stack."""


def _prefetch(_typing: Any, array: Any, index: Any) -> Any:
    """Asks the memory for a row of an array, or its first and third cache lines, and does not wait for it."""
    signature = types.void(array, index)

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        rows = context.make_array(signature.args[0])(context, builder, values[0])
        item = builder.gep(rows.data, [values[1]])
        byte, i32 = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, i32, i32, i32])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        start = builder.bitcast(item, byte)
        builder.call(function, [start, i32(0), i32(3), i32(1)])
        if signature.args[0].dtype == FRAME_TYPE:
            builder.call(function, [builder.gep(start, [i32(128)]), i32(0), i32(3), i32(1)])
        return context.get_dummy_value()

    return signature, generate


FRAME_TYPE = from_dtype(FRAME)
prefetch: Any = intrinsic(_prefetch)


# --- random numbers ----------------------------------------------------------------------------------------------
@inlined
def bits(rng, p):
    """64 random bits of place `p`: xoshiro256+. Source: Blackman and Vigna, ACM TOMS 47(4), 2021."""
    a = rng[p, 0]
    b = rng[p, 1]
    c = rng[p, 2]
    d = rng[p, 3]
    t = b << uint64(17)
    c ^= a
    rng[p, 1] = b ^ c
    rng[p, 0] = a ^ d ^ b
    rng[p, 2] = c ^ t
    e = d ^ b
    rng[p, 3] = (e << uint64(45)) | (e >> uint64(19))
    return a + d


@inlined
def uniform(rng, p):
    """A draw in [0, 1)."""
    return (bits(rng, p) >> uint64(11)) * (1.0 / 9007199254740992.0)


ZIGGURAT_R, ZIGGURAT_V = 7.69711747013104972, 0.0039496598225815571993


def _ziggurat() -> np.ndarray:
    """Right ends of 256 layers of equal area under exp(-x), the widest first, and the density there: (257, 2)."""
    x = [ZIGGURAT_V / math.exp(-ZIGGURAT_R), ZIGGURAT_R]
    while len(x) < 256:
        x.append(-math.log(math.exp(-x[-1]) + ZIGGURAT_V / x[-1]))
    x.append(0.0)
    return np.array([(right, math.exp(-right)) for right in x])


LAYERS = _ziggurat()


@inlined
def exponential(rng, p):
    """A draw with mean 1. Source: Marsaglia and Tsang, The Ziggurat Method, J. Stat. Software 5(8), 2000."""
    while True:
        r = bits(rng, p)
        i = (r >> uint64(3)) & uint64(255)
        x = (r >> uint64(11)) * (1.0 / 9007199254740992.0) * LAYERS[i, 0]
        if x < LAYERS[i + uint64(1), 0]:
            return x
        if i == 0:
            return ZIGGURAT_R - math.log(1.0 - uniform(rng, p))
        low = LAYERS[i, 1]
        if low + uniform(rng, p) * (LAYERS[i + uint64(1), 1] - low) < math.exp(-x):
            return x


@inlined
def below(rng, p, n):
    """A whole number in [0, n)."""
    k = int(uniform(rng, p) * n)
    return k if k < n else n - 1


@compiled
def inverse_normal(u):
    """Standard normal quantile. Source: Wichura, Algorithm AS 241, Applied Statistics 37(3), 1988 (PPND7)."""
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return (
            q
            * (((5.9109374720e1 * r + 1.5929113202e2) * r + 5.0434271938e1) * r + 3.3871327179)
            / (((6.7187563600e1 * r + 7.8757757664e1) * r + 1.7895169469e1) * r + 1.0)
        )
    r = u if q < 0.0 else 1.0 - u
    if r < 1e-300:
        r = 1e-300
    r = math.sqrt(-math.log(r))
    if r <= 5.0:
        r -= 1.6
        x = (((1.7023821103e-1 * r + 1.3067284816) * r + 2.7568153900) * r + 1.4234372777) / (
            (1.2021132975e-1 * r + 7.3700164250e-1) * r + 1.0
        )
    else:
        r -= 5.0
        x = (((1.7337203997e-2 * r + 4.2868294337e-1) * r + 3.0812263860) * r + 6.6579051150) / (
            (1.2258202635e-2 * r + 2.4197894225e-1) * r + 1.0
        )
    return -x if q < 0.0 else x


@compiled
def draw_other(rng, p, kind, a, b):
    """One draw of a distribution that is not constant, exponential or a mixture, s."""
    if kind == LOGNORMAL:
        return math.exp(a + b * inverse_normal(uniform(rng, p)))
    if kind == UNIFORM:
        return a + (b - a) * uniform(rng, p)
    if kind == ERLANG:
        x = 0.0
        for _ in range(int(a)):
            x += exponential(rng, p)
        return x * b
    if kind == PARETO:
        return a * (1.0 - uniform(rng, p)) ** (-1.0 / b)
    # NORMAL, truncated at zero
    x = a + b * inverse_normal(uniform(rng, p))
    while x < 0.0:
        x = a + b * inverse_normal(uniform(rng, p))
    return x


@inlined
def draw(rng, p, dist_kind, dist, i):
    """One draw of distribution `i`, s."""
    kind = dist_kind[i]
    if kind == MIX:
        u = uniform(rng, p)
        last = i + int(dist[i, 0])
        i += 1
        while i < last and u >= dist[i, 2]:
            i += 1
        kind = dist_kind[i]
    if kind == EXP:
        return exponential(rng, p) * dist[i, 0]
    if kind == CONST:
        return dist[i, 0]
    return draw_other(rng, p, kind, dist[i, 0], dist[i, 1])


@inlined
def mix64(x):
    """A key's hash. Source: Steele, Lea, Flood, SplitMix, OOPSLA 2014."""
    z = uint64(x) + uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> uint64(27))) * uint64(0x94D049BB133111EB)
    return z ^ (z >> uint64(31))


@inlined
def hashed(key, salt, n):
    """Bucket of a key among n."""
    h = mix64(uint64(key) * uint64(0x9E3779B97F4A7C15) + uint64(salt))
    return np.int64((h >> uint64(11)) * (1.0 / 9007199254740992.0) * n)


@inlined
def draw_bin(rng, p, first, count, alias_p, alias_k):
    """Row of a bin, by Vose's alias method."""
    u = uniform(rng, p) * count
    i = int(u)
    if i >= count:
        i = count - 1
    return first + i if u - i < alias_p[first + i] else first + alias_k[first + i]


@inlined
def draw_zipf(rng, p, s, first, count, alias_p, alias_k, bins):
    """Rank by a power law: a bin of neighbours by its exact weight, then one of them by rejection.

    The least popular of a bin is nearly as popular as the first, so that most candidates need no power.
    """
    i = draw_bin(rng, p, first, count, alias_p, alias_k)
    start, n, least = bins[i, 0], bins[i, 1], bins[i, 2]
    if n == 1.0:
        return np.int64(start)
    while True:
        k = math.floor(uniform(rng, p) * n)
        u = uniform(rng, p)
        if u < least or u < ((start + k + 1.0) / (start + 1.0)) ** -s:
            return np.int64(start + k)


@compiled
def draw_key(rng, p, law, n, par, first, count, alias_p, alias_k, bins):
    """A key's rank, the most popular 0."""
    if law == ZIPF_KEYS:
        return draw_zipf(rng, p, par[0], first, count, alias_p, alias_k, bins)
    if law == HOT_KEYS:
        hot = int(par[1])
        if uniform(rng, p) < par[0]:
            return int(uniform(rng, p) * hot)
        return hot + int(uniform(rng, p) * (n - hot)) if n > hot else int(uniform(rng, p) * hot)
    if law == WEIGHTED_KEYS:
        return np.int64(draw_bin(rng, p, first, count, alias_p, alias_k) - first)
    return int(uniform(rng, p) * n)


# --- the calendar ------------------------------------------------------------------------------------------------
@inlined
def before(a, b):
    """Whether event `a` comes before event `b`."""
    return (a.t < b.t) | ((a.t == b.t) & (a.p < b.p))


@inlined
def push(H, n, t, p):
    """Adds an event, in the place of a first one that is over if there is one; gives the size."""
    if n > 0 and H[0].p == OVER:
        sift(H, n, t, p)
        return n
    i = n
    while i > 0:
        j = (i - 1) >> 2
        if H[j].t < t or (H[j].t == t and H[j].p < p):
            break
        H[i].t = H[j].t
        H[i].p = H[j].p
        i = j
    H[i].t = t
    H[i].p = p
    return n + 1


@compiled
def sift(H, n, t, p):
    """Puts an event in the place of the first one and restores the order."""
    i = 0
    while True:
        c = 4 * i + 1
        if c + 3 < n:
            a = c + 1 if before(H[c + 1], H[c]) else c
            b = c + 3 if before(H[c + 3], H[c + 2]) else c + 2
            m = b if before(H[b], H[a]) else a
        elif c >= n:
            break
        else:
            m = c
            for k in range(c + 1, n):
                if before(H[k], H[m]):
                    m = k
        if t < H[m].t or (t == H[m].t and p < H[m].p):
            break
        H[i].t = H[m].t
        H[i].p = H[m].p
        i = m
    H[i].t = t
    H[i].p = p


# --- lanes: a constant delay or a timeout each; entries in order of time, in chunks of CHUNK ------------------------
@inlined
def enlane(lane, W, wnext, wfree, nw, H, n, i, t, p):
    """Appends payload `p` at time `t` to lane `i`; gives the new heap size and the number of free chunks."""
    e = lane[i, L_TAIL]
    if lane[i, L_HEAD] < 0:
        nw -= 1
        e = wfree[nw] * CHUNK
        lane[i, L_HEAD] = e
        if lane[i, L_LIVE] == 0:
            lane[i, L_LIVE] = 1
            n = push(H, n, t, (p >> SLOT_BITS << SLOT_BITS) | (LANE0 + i))
    elif (e & (CHUNK - 1)) == CHUNK - 1:
        nw -= 1
        c = wfree[nw]
        wnext[e // CHUNK] = c
        e = c * CHUNK
    else:
        e += 1
    lane[i, L_TAIL] = e
    W[e].t = t
    W[e].p = p
    return n, nw


@inlined
def step_lane(lane, wnext, wfree, nw, i):
    """Takes the first entry out of lane `i`; gives the new first one, or -1, and the number of free chunks."""
    e = lane[i, L_HEAD]
    if e == lane[i, L_TAIL]:
        wfree[nw] = e // CHUNK
        lane[i, L_HEAD] = -1
        return -1, nw + 1
    if (e & (CHUNK - 1)) == CHUNK - 1:
        c = e // CHUNK
        wfree[nw] = c
        nw += 1
        e = wnext[c] * CHUNK
    else:
        e += 1
    lane[i, L_HEAD] = e
    return e, nw


@compiled
def chunk_margin(lanes, margin):
    """Free chunks that there have to be before an event: each lane may begin one, and fill them with `margin` entries."""
    return 2 * lanes + margin // CHUNK + 2


@compiled
def tidy(P, S):
    """Drops the timeouts that nobody waits for any more from the lanes; gives the number of free chunks."""
    lane, W, wnext, wfree, F = S.lane, S.waiting, S.wnext, S.wfree, S.frames
    nw = S.regs[R_CHUNKS]
    for i in range(P.timers.shape[0]):
        r = lane[i, L_HEAD]
        if P.timers[i] == 0 or r < 0:
            continue
        w = -1
        while True:
            p = W[r].p
            if F[p & SLOT_MASK].token == p >> SLOT_BITS:
                if w < 0:
                    w = lane[i, L_HEAD]
                elif (w & (CHUNK - 1)) == CHUNK - 1:
                    w = wnext[w // CHUNK] * CHUNK
                else:
                    w += 1
                W[w].t = W[r].t
                W[w].p = p
            if r == lane[i, L_TAIL]:
                break
            r = wnext[r // CHUNK] * CHUNK if (r & (CHUNK - 1)) == CHUNK - 1 else r + 1
        last = r // CHUNK
        c = lane[i, L_HEAD] // CHUNK if w < 0 else w // CHUNK
        if w < 0:
            lane[i, L_HEAD] = -1
            wfree[nw] = c
            nw += 1
        else:
            lane[i, L_TAIL] = w
        while c != last:
            c = wnext[c]
            wfree[nw] = c
            nw += 1
    S.regs[R_CHUNKS] = nw
    return nw


# --- stations ----------------------------------------------------------------------------------------------------
@inlined
def level_bin(n):
    """Bin of a number of workers: exact up to 1,023, then 64 to a power of two."""
    if n < 1024:
        return np.int64(n)
    b = (np.float64(n).view(np.int64) >> 46) - ((1023 + 10) << 6) + 1024
    return b if b < LEVEL_BINS else np.int64(LEVEL_BINS - 1)


@inlined
def touch(T, levels, i, now):
    """Brings the time integrals of a station up to now."""
    dt = now - T[i].last
    if dt > 0.0:
        busy = T[i].busy
        cap = T[i].cap
        over = 0
        if T[i].disc == SHARED and 0 < cap < busy:
            over = busy - cap
        T[i].busy_s += dt * (busy - over)
        T[i].queue_s += dt * (T[i].qlen + over)
        T[i].busy2_s += dt * (busy - over) * (busy - over)
        T[i].last = now
        if T[i].levels >= 0:
            levels[T[i].levels, level_bin(busy - over)] += dt


@inlined
def enqueue(T, F, i, f, front):
    """Puts a frame into the queue of a station, by its priority."""
    q = 0
    d = T[i].disc
    if d >= PRIORITY:
        q = F[f].rank
    if front or d == LIFO:
        b = T[i].head[q]
        F[f].next = b
        F[f].prev = -1
        T[i].head[q] = f
        if b >= 0:
            F[b].prev = f
        else:
            T[i].tail[q] = f
    else:
        a = T[i].tail[q]
        F[f].prev = a
        F[f].next = -1
        T[i].tail[q] = f
        if a >= 0:
            F[a].next = f
        else:
            T[i].head[q] = f
    T[i].qlen += 1
    if T[i].qlen > T[i].qmax:
        T[i].qmax = T[i].qlen


@inlined
def dequeue(T, F, i, f):
    """Takes a frame out of the queue of a station."""
    q = F[f].rank if T[i].disc >= PRIORITY else 0
    a = F[f].prev
    b = F[f].next
    if a >= 0:
        F[a].next = b
    else:
        T[i].head[q] = b
    if b >= 0:
        F[b].prev = a
    else:
        T[i].tail[q] = a
    T[i].qlen -= 1


@inlined
def join(T, F, i, f):
    """Adds a frame to the list of those in service (shared and preemptive stations)."""
    b = T[i].serving
    F[f].next = b
    F[f].prev = -1
    if b >= 0:
        F[b].prev = f
    T[i].serving = f


@inlined
def leave(T, F, i, f):
    """Takes a frame out of the list of those in service."""
    a = F[f].prev
    b = F[f].next
    if a >= 0:
        F[a].next = b
    else:
        T[i].serving = b
    if b >= 0:
        F[b].prev = a


@inlined
def advance(T, i, now):
    """Brings the virtual time of a shared station (work done per request) up to now; gives the rate."""
    busy = 0
    busy = T[i].sharing
    cap = T[i].cap
    rate = 1.0
    if 0 < cap < busy:
        rate = cap / busy
    T[i].work += (now - T[i].work_at) * rate
    T[i].work_at = now
    return rate


@compiled
def share(T, F, H, i, now, n, seq):
    """Schedules the next completion at a shared station; gives the heap size and the sequence."""
    busy = T[i].sharing
    if busy == 0:
        return n, seq
    best = T[i].serving
    g = F[best].next
    while g >= 0:
        if F[g].rest < F[best].rest:
            best = g
        g = F[g].next
    g = T[i].serving
    while g >= 0:
        F[g].ev = 0
        g = F[g].next
    cap = T[i].cap
    rate = cap / busy if 0 < cap < busy else 1.0
    left = (F[best].rest - T[i].work) / rate
    if left < 0.0:
        left = 0.0
    seq += 1
    p = (seq << SLOT_BITS) | best
    F[best].ev = p
    return push(H, n, now + left, p), seq


# --- caches ------------------------------------------------------------------------------------------------------
# A place of a table holds 31 bits of a key's hash, of which the first say where its search begins, and the entry + 1:
# searching and closing gaps read no entry but the one that is looked for.
@inlined
def hash31(key, salt):
    """Hash of a key in a cache, below 2**31."""
    return np.int64(mix64(uint64(key) ^ uint64(salt)) >> uint64(33))


@inlined
def find(table, E, first, bits, key, h):
    """Entry of a key with hash `h` in a cache's hash table (linear probing), or -1."""
    mask = (1 << bits) - 1
    i = h >> (31 - bits)
    while True:
        x = table[first + i]
        if x == 0:
            return -1
        if x >> 32 == h:
            e = (x & 0xFFFFFFFF) - 1
            if E[e].key == key:
                return e
        i = (i + 1) & mask


@inlined
def insert(table, first, bits, h, e):
    """Adds a key with hash `h` that is not there."""
    mask = (1 << bits) - 1
    i = h >> (31 - bits)
    while table[first + i] != 0:
        i = (i + 1) & mask
    table[first + i] = (h << 32) | (e + 1)


@compiled
def erase(table, first, bits, key, salt, e):
    """Removes a key whose entry is `e`, closing the gap (backward shift)."""
    mask = (1 << bits) - 1
    h = hash31(key, salt)
    i = h >> (31 - bits)
    while table[first + i] != (h << 32) | (e + 1):
        i = (i + 1) & mask
    j = i
    while True:
        j = (j + 1) & mask
        x = table[first + j]
        if x == 0:
            break
        home = x >> (63 - bits)
        if ((j - home) & mask) >= ((j - i) & mask):
            table[first + i] = x
            i = j
    table[first + i] = 0


@inlined
def order_out(E, cs, row, e):
    """Takes an entry out of the eviction order."""
    a = E[e].prev
    b = E[e].next
    if a >= 0:
        E[a].next = b
    else:
        cs[row, 1] = b
    if b >= 0:
        E[b].prev = a
    else:
        cs[row, 2] = a


@inlined
def order_in(E, cs, row, e):
    """Makes an entry the last to be evicted."""
    t = cs[row, 2]
    E[e].prev = t
    E[e].next = -1
    cs[row, 2] = e
    if t >= 0:
        E[t].next = e
    else:
        cs[row, 1] = e


@inlined
def lfu_less(euse, a, b):
    """Whether entry a is evicted before entry b."""
    return euse[a] < euse[b] or (euse[a] == euse[b] and a < b)


@compiled
def lfu_up(E, euse, base, i, e):
    """Moves an entry towards the top of the heap of least used ones: `next` of place i, `prev` is an entry's place."""
    while i > 0:
        j = (i - 1) >> 1
        p = E[base + j].next
        if not lfu_less(euse, e, p):
            break
        E[base + i].next = p
        E[p].prev = i
        i = j
    E[base + i].next = e
    E[e].prev = i


@compiled
def lfu_down(E, euse, base, n, i, e):
    """Moves an entry towards the bottom of the heap of least used ones."""
    while True:
        c = 2 * i + 1
        if c >= n:
            break
        if c + 1 < n and lfu_less(euse, E[base + c + 1].next, E[base + c].next):
            c += 1
        p = E[base + c].next
        if not lfu_less(euse, p, e):
            break
        E[base + i].next = p
        E[p].prev = i
        i = c
    E[base + i].next = e
    E[e].prev = i


@compiled
def forget(caches, C, c, row, base, key, e):
    """Removes entry `e` and fills its place with the replica's last entry."""
    policy = caches[c, 0]
    first, bits = caches[c, 4], caches[c, 5]
    cs, E, euse = C.cstate, C.entries, C.euse
    salt = c
    erase(C.table, first, bits, key, salt, e)
    n = cs[row, 0] - 1
    cs[row, 0] = n
    last = base + n
    if policy == LFU:
        i = E[e].prev
        moved = E[base + n].next
        if moved != e:
            lfu_down(E, euse, base, n, i, moved)
            lfu_up(E, euse, base, E[moved].prev, moved)
    elif policy != RANDOM_CACHE:
        order_out(E, cs, row, e)
    if e != last:
        k = E[last].key
        erase(C.table, first, bits, k, salt, last)
        E[e].key = k
        E[e].end = E[last].end
        if policy == LFU:
            euse[e] = euse[last]
            i = E[last].prev
            E[e].prev = i
            E[base + i].next = e
        elif policy != RANDOM_CACHE:
            a = E[last].prev
            b = E[last].next
            E[e].prev = a
            E[e].next = b
            if a >= 0:
                E[a].next = e
            else:
                cs[row, 1] = e
            if b >= 0:
                E[b].prev = e
            else:
                cs[row, 2] = e
        insert(C.table, first, bits, hash31(k, salt), e)


HIT, MISS, EXPIRED = 1, 0, -1


@compiled
def look_up(caches, cache_par, C, rng, c, replica, key, now):
    """Whether the cache holds the key, or held it for too long, with what an access does to the eviction order."""
    policy = caches[c, 0]
    if policy == COIN:
        return HIT if uniform(rng, caches[c, 7]) < cache_par[c, 1] else MISS
    E = C.entries
    row = C.cfirst[c] + replica
    base = caches[c, 2] + replica * caches[c, 3]
    k = key * caches[c, 1] + replica
    e = find(C.table, E, caches[c, 4], caches[c, 5], k, hash31(k, c))
    if e < 0:
        return MISS
    ttl = cache_par[c, 0]
    if ttl < 1e300:
        if E[e].end <= now:
            forget(caches, C, c, row, base, k, e)
            return EXPIRED
        if caches[c, 6] == 1:
            E[e].end = now + ttl
    if policy == LRU:
        if C.cstate[row, 2] != e:
            order_out(E, C.cstate, row, e)
            order_in(E, C.cstate, row, e)
    elif policy == LFU:
        C.euse[e] += 1
        lfu_down(E, C.euse, base, C.cstate[row, 0], E[e].prev, e)
    return HIT


@compiled
def fill(caches, cache_par, C, rng, c, replica, key, now):
    """Stores a key, in the place of another one when the replica is full."""
    policy = caches[c, 0]
    if policy == COIN:
        return
    E = C.entries
    row = C.cfirst[c] + replica
    cap = caches[c, 3]
    base = caches[c, 2] + replica * cap
    first, bits = caches[c, 4], caches[c, 5]
    k = key * caches[c, 1] + replica
    cs = C.cstate
    h = hash31(k, c)
    e = find(C.table, E, first, bits, k, h)
    if e >= 0:
        E[e].end = now + cache_par[c, 0]
        if policy == LRU and cs[row, 2] != e:
            order_out(E, cs, row, e)
            order_in(E, cs, row, e)
        return
    n = cs[row, 0]
    if n < cap:
        e = base + n
        cs[row, 0] = n + 1
        if policy == LFU:
            C.euse[e] = 1
            lfu_up(E, C.euse, base, n, e)
    elif policy == LFU:
        e = E[base].next
        erase(C.table, first, bits, E[e].key, c, e)
        C.euse[e] = 1
        lfu_down(E, C.euse, base, n, 0, e)
    else:
        e = base + below(rng, caches[c, 7], cap) if policy == RANDOM_CACHE else cs[row, 1]
        erase(C.table, first, bits, E[e].key, c, e)
        if policy != RANDOM_CACHE:
            order_out(E, cs, row, e)
            after = cs[row, 1]  # the next to go: what that will read is asked for now
            if after >= 0:
                prefetch(C.table, first + (hash31(E[after].key, c) >> (31 - bits)))
                if E[after].next >= 0:
                    prefetch(E, E[after].next)
    E[e].key = k
    E[e].end = now + cache_par[c, 0]
    if policy != LFU and policy != RANDOM_CACHE:
        order_in(E, cs, row, e)
    insert(C.table, first, bits, h, e)


@inlined
def peek(caches, C, c, replica, key, stage):
    """Asks the memory for what a look-up of the key will read: its place in the table first, later its entry."""
    if caches[c, 0] == COIN:
        return
    k = key * caches[c, 1] + replica
    h = hash31(k, c)
    i = caches[c, 4] + (h >> (31 - caches[c, 5]))
    if stage == 0:
        prefetch(C.table, i)
    elif C.table[i] >> 32 == h:
        prefetch(C.entries, (C.table[i] & 0xFFFFFFFF) - 1)


# --- what caches hold at the start -------------------------------------------------------------------------------
W_MADE, W_FULL_AT, W_DONE, W_TOO_OLD = range(4)
BATCH = 256


@inlined
def cache_key(P, key, space):
    """A key of a space as a number that no key of another space has."""
    return key * (P.keyspaces.shape[0] + 1) + space


@inlined
def any_request(P, S, place, mix, share, replicas, j):
    """Draws one of the requests that use a cache into row `j` of the batch: key and replica.

    `mix` has a key space, and 1 where a replica is chosen at random, for each kind of request; `share` their shares,
    cumulative.
    """
    i = 0
    if mix.shape[0] > 1:
        u = uniform(S.rng, place)
        while i < mix.shape[0] - 1 and u >= share[i]:
            i += 1
    space = mix[i, 0]
    key = draw_key(
        S.rng, place, P.keyspaces[space, 0], P.keyspace_n[space], P.keyspace_par[space],
        P.keyspaces[space, 1], P.keyspaces[space, 2], P.alias_p, P.alias_k, P.bins,
    )  # fmt: skip
    S.batch[j, 0] = cache_key(P, key, space)
    S.batch[j, 1] = below(S.rng, place, replicas) if mix[i, 1] == 1 else hashed(key, 7, replicas)


@inlined
def all_full(caches, C, c):
    """Whether every replica of a cache is full."""
    row = C.cfirst[c]
    short = 0
    for q in range(caches[c, 1]):
        if C.cstate[row + q, 0] < caches[c, 3]:
            short += 1
    return short == 0


@compiled
def recall(P, S, c, place, mix, share, rate, oldest, limit, batches, w):
    """Fills an LRU cache with its latest distinct keys, going back in time; `w` says how far it came.

    A key that is not there yet was used before all that are. Stops when every replica is full, or when the requests
    are older than `oldest` seconds, where times to live begin to matter. Source: the content of an LRU cache is the
    set of its latest distinct keys (W. King, IFIP Congress 1971).
    """
    C = S.cache
    E, table, cs = C.entries, C.table, C.cstate
    replicas, cap, first, bits = P.caches[c, 1], P.caches[c, 3], P.caches[c, 4], P.caches[c, 5]
    row, zero = C.cfirst[c], P.caches[c, 2]
    for _ in range(batches):
        for j in range(BATCH):
            any_request(P, S, place, mix, share, replicas, j)
            S.batch[j, 0] = S.batch[j, 0] * replicas + S.batch[j, 1]
            h = hash31(S.batch[j, 0], c)
            S.batch[j, 2] = h
            prefetch(table, first + (h >> (31 - bits)))
        for j in range(BATCH):
            h = S.batch[j, 2]
            x = table[first + (h >> (31 - bits))]
            if x >> 32 == h:
                prefetch(E, (x & 0xFFFFFFFF) - 1)
        for j in range(BATCH):
            k = S.batch[j, 0]
            r = S.batch[j, 1]
            n = cs[row + r, 0]
            h = S.batch[j, 2]
            if n >= cap or find(table, E, first, bits, k, h) >= 0:
                continue
            e = zero + r * cap + n
            E[e].key = k
            E[e].end = 1e308
            E[e].next = e - 1 if n > 0 else -1
            E[e].prev = -1
            if n > 0:
                E[e - 1].prev = e
            else:
                cs[row + r, 2] = e
            cs[row + r, 1] = e
            cs[row + r, 0] = n + 1
            insert(table, first, bits, h, e)
        w[W_MADE] += BATCH
        if w[W_MADE] > rate * oldest:
            w[W_TOO_OLD] = 1
        elif w[W_MADE] >= limit or all_full(P.caches, C, c):
            w[W_DONE] = 1
        if w[W_DONE] + w[W_TOO_OLD] > 0:
            break


@compiled
def empty(P, S, c):
    """Empties a cache."""
    first, bits = P.caches[c, 4], P.caches[c, 5]
    for i in range(first, first + (1 << bits)):
        S.cache.table[i] = 0
    for r in range(S.cache.cfirst[c], S.cache.cfirst[c] + P.caches[c, 1]):
        S.cache.cstate[r, 0] = 0
        S.cache.cstate[r, 1] = S.cache.cstate[r, 2] = -1


@compiled
def spread_ends(P, S, c, place):
    """Gives the entries of a cache any age below the time to live: they are of keys that are stored once in it."""
    for r in range(P.caches[c, 1]):
        base = P.caches[c, 2] + r * P.caches[c, 3]
        for e in range(base, base + S.cache.cstate[S.cache.cfirst[c] + r, 0]):
            S.cache.entries[e].end = uniform(S.rng, place) * P.cache_par[c, 0]


@compiled
def replay(P, S, c, place, mix, share, rate, limit, batches, w):
    """Replays key requests before time zero, any policy; `w` says how far it came.

    An LRU cache is stationary as soon as every replica is full; the others forget their empty start more slowly, and
    a time to live has to pass.
    """
    C = S.cache
    replicas = P.caches[c, 1]
    ttl = P.cache_par[c, 0]
    policy = P.caches[c, 0]
    dt = 1.0 / rate
    for _ in range(batches):
        for _ in range(BATCH):
            now = (w[W_MADE] - limit) * dt
            any_request(P, S, place, mix, share, replicas, 0)
            key, r = S.batch[0, 0], S.batch[0, 1]
            if look_up(P.caches, P.cache_par, C, S.rng, c, r, key, now) != HIT:
                fill(P.caches, P.cache_par, C, S.rng, c, r, key, now)
            w[W_MADE] += 1
        made = w[W_MADE]
        if w[W_FULL_AT] == 0 and all_full(P.caches, C, c):
            w[W_FULL_AT] = made
        if w[W_FULL_AT] > 0:
            # FIFO and the like forget their empty start more slowly than LRU; LFU has to count
            turns = 2 if policy == LRU else 200 if policy == LFU else 8
            if made >= turns * w[W_FULL_AT] or (policy == LRU and ttl > 1e300):
                w[W_DONE] = 1
        elif ttl < 1e300 and made * dt >= 2.0 * ttl:
            w[W_DONE] = 1
        if made >= limit:
            w[W_DONE] = 1
        if w[W_DONE] == 1:
            break


@compiled
def start_clock(P, S, c, place, rate, limit, w):
    """After `replay`: the clock starts at zero.

    Entries that have stayed since before the cache was full are of hot keys: they are stored again once per time to
    live, at any moment of it.
    """
    ttl = P.cache_par[c, 0]
    if ttl > 1e300:
        return
    dt = 1.0 / rate
    made = w[W_MADE]
    now = (made - limit) * dt
    long_ago = now - (made - w[W_FULL_AT]) * dt + ttl if w[W_FULL_AT] > 0 and made * dt < ttl else -1e308
    for r in range(P.caches[c, 1]):
        base = P.caches[c, 2] + r * P.caches[c, 3]
        for e in range(base, base + S.cache.cstate[S.cache.cfirst[c] + r, 0]):
            if S.cache.entries[e].end < long_ago:
                S.cache.entries[e].end = uniform(S.rng, place) * ttl
            else:
                S.cache.entries[e].end -= now


# --- choosing a station ------------------------------------------------------------------------------------------
@inlined
def load_of(T, i):
    """Requests at a station, waiting or in service."""
    return T[i].busy + T[i].qlen


@compiled
def pick_least(T, rng, place, base, n):
    """The station with the fewest requests; ties at random."""
    best = base
    low = load_of(T, base)
    ties = 1
    for k in range(base + 1, base + n):
        x = load_of(T, k)
        if x < low:
            low = x
            best = k
            ties = 1
        elif x == low:
            ties += 1
    if ties > 1:
        nth = below(rng, place, ties)
        for k in range(base, base + n):
            if load_of(T, k) == low:
                if nth == 0:
                    return k
                nth -= 1
    return best


@compiled
def pick_choices(T, seen, rng, place, base, n, d, replacement):
    """The least loaded of d random stations; ties at random."""
    if d >= n and not replacement:
        return pick_least(T, rng, place, base, n)
    best = -1
    low = 0
    ties = 0
    for j in range(d):
        while True:
            k = base + below(rng, place, n)
            fresh = True
            if not replacement:
                for m in range(j):
                    if seen[m] == k:
                        fresh = False
            if fresh:
                break
        seen[j] = k
        x = load_of(T, k)
        if best < 0 or x < low:
            best = k
            low = x
            ties = 1
        elif x == low:
            ties += 1
            if below(rng, place, ties) == 0:
                best = k
    return best


@inlined
def pick_station(select, counters, T, seen, rng, F, s, f):
    """Station that selection `s` chooses for a frame."""
    row = select[s]
    policy = row[SEL_POLICY]
    base = row[SEL_BASE]
    n = row[SEL_N]
    if policy == FIRST:
        return base
    if policy == ROUND_ROBIN:
        c = row[SEL_COUNTER]
        if row[SEL_FROM] >= 0:  # each caller goes round by itself
            c += F[f].held[row[SEL_FROM]] - row[SEL_FROM_BASE]
        k = counters[c]
        counters[c] = k + 1 if k + 1 < n else 0
        return base + k
    if policy == RANDOM:
        return base + below(rng, row[SEL_PLACE], n)
    if policy == LEAST:
        return pick_least(T, rng, row[SEL_PLACE], base, n)
    if policy == CHOICES or policy == CHOICES_REPL:
        return pick_choices(T, seen, rng, row[SEL_PLACE], base, n, row[SEL_D], policy == CHOICES_REPL)
    if policy == OWNER:
        return base + F[f].part % n
    copies = row[SEL_COPIES]
    groups = n // copies
    if policy == EACH:
        return base + F[f].idx % n
    if policy == GROUP_ANY:
        g = F[f].idx % groups
        return base + g * copies + below(rng, row[SEL_PLACE], copies)
    key = F[f].key[row[SEL_KEY]]
    if policy == HASH:
        return base + hashed(key, 7, n)
    if row[SEL_KEY] < 0:
        g = F[f].part % groups
    elif row[SEL_MODULO] == 1:
        g = int(key % groups)
    else:
        g = hashed(key, 7, groups)
    if policy == SHARD_LEADER:
        return base + g * copies
    if policy == SHARD_COPY:
        return base + g * copies + (F[f].idx + row[SEL_D]) % copies
    return base + g * copies + below(rng, row[SEL_PLACE], copies)  # SHARD_ANY


# --- limiters, breakers, locks -----------------------------------------------------------------------------------
@inlined
def take(limiters, par, lim, lim_t, i, index, cost, now):
    """Whether limiter `i` has `cost` permits left in counter `index`, which are then taken."""
    row = limiters[i]
    rate, burst, window = par[i, 0], par[i, 1], par[i, 2]
    j = row[1] + index
    if row[0] == BUCKET:
        if lim_t[j] < 0.0:
            lim[j, 0] = burst
        else:
            lim[j, 0] = min(burst, lim[j, 0] + (now - lim_t[j]) * rate)
        lim_t[j] = now
        if lim[j, 0] >= cost - 1e-9:
            lim[j, 0] -= cost
            return True
        return False
    w = math.floor(now / window)
    if lim_t[j] != w:
        lim[j, 1] = lim[j, 0] if lim_t[j] == w - 1.0 else 0.0
        lim[j, 0] = 0.0
        lim_t[j] = w
    used = lim[j, 0]
    if row[0] == SLIDING_WINDOW:
        used += lim[j, 1] * (1.0 - (now / window - w))
    if used + cost <= rate * window + 1e-9:
        lim[j, 0] += cost
        return True
    return False


BR_STATE, BR_AT, BR_SEEN, BR_BAD, BR_PROBE = range(5)


@inlined
def trip(breakers, par, brk, brk_t, ring, b, now):
    """Whether a breaker lets a call through."""
    br = brk[b]
    if br[BR_STATE] == 0:
        return True
    if now - brk_t[b] < par[b, 1] or br[BR_PROBE] == 1:
        return False
    br[BR_PROBE] = 1
    return True


@inlined
def report(breakers, par, brk, brk_t, ring, b, ok, now):
    """Tells a breaker how a call ended."""
    br = brk[b]
    size = breakers[b, 0]
    first = breakers[b, 1]
    if br[BR_STATE] == 1:
        if br[BR_PROBE] == 1:
            br[BR_PROBE] = 0
            if ok:
                br[BR_STATE] = 0
                br[BR_SEEN] = 0
                br[BR_BAD] = 0
                br[BR_AT] = 0
            else:
                brk_t[b] = now
        return
    at = br[BR_AT]
    if br[BR_SEEN] >= size:
        br[BR_BAD] -= ring[first + at]
    else:
        br[BR_SEEN] += 1
    bad = 0 if ok else 1
    ring[first + at] = bad
    br[BR_BAD] += bad
    br[BR_AT] = (at + 1) % size
    if br[BR_SEEN] >= size and br[BR_BAD] >= par[b, 0] * size:
        br[BR_STATE] = 1
        br[BR_PROBE] = 0
        brk_t[b] = now


@inlined
def bucket(locks, space, key):
    """Lock bucket of a key."""
    return np.int64(mix64(uint64(key) * uint64(31) + uint64(space)) & uint64(locks.shape[0] - 1))


@inlined
def lock_find(B, LK, LL, space, key):
    """The lock of a key, or -1."""
    e = B[bucket(B, space, key)]
    while e >= 0 and (LK[e, 0] != key or LK[e, 1] != space):
        e = LL[e, 0]
    return e


@inlined
def lock_add(B, LK, LL, LF, space, key, n):
    """Makes the lock of a key; gives the number of free locks left."""
    n -= 1
    e = LF[n]
    i = bucket(B, space, key)
    LK[e, 0] = key
    LK[e, 1] = space
    LL[e, 0] = B[i]
    LL[e, 1] = -1
    LL[e, 2] = -1
    B[i] = e
    return n


@inlined
def lock_wait(LL, F, e, f):
    """Makes a frame wait for a lock; the line goes through a column that only frames in a queue use."""
    F[f].qfail = -1
    t = LL[e, 2]
    if t >= 0:
        F[t].qfail = f
    else:
        LL[e, 1] = f
    LL[e, 2] = f


@inlined
def lock_next(LL, F, e):
    """The first frame that waits for a lock, taken out of the line, or -1."""
    f = LL[e, 1]
    if f >= 0:
        b = F[f].qfail
        F[f].qfail = -1
        LL[e, 1] = b
        if b < 0:
            LL[e, 2] = -1
    return f


@inlined
def lock_drop(B, LK, LL, LF, e, n):
    """Removes a lock; gives the number of free locks."""
    i = bucket(B, LK[e, 1], LK[e, 0])
    g = B[i]
    if g == e:
        B[i] = LL[e, 0]
    else:
        while LL[g, 0] != e:
            g = LL[g, 0]
        LL[g, 0] = LL[e, 0]
    LF[n] = e
    return n + 1


# --- measuring ---------------------------------------------------------------------------------------------------
@inlined
def observe(fsum, fine_h, coarse_h, row, interval, x):
    """Adds a latency to the histograms and sums of a row."""
    fsum[row, 0] += x
    fsum[row, 1] += x * x
    if x > fsum[row, 2]:
        fsum[row, 2] = x
    fine: Any = (np.float64(x).view(np.int64) >> (52 - FINE_BITS)) - (
        (1023 + LOW_EXP) << FINE_BITS
    )  # exponent, mantissa
    if fine < 0:
        fine = 0
    elif fine >= FINE_BINS:
        fine = FINE_BINS - 1
    coarse = fine >> (FINE_BITS - COARSE_BITS)
    fine_h[row, fine] += 1
    if interval >= 0:
        coarse_h[row, interval, coarse] += 1


@compiled
def tick(P, S, now, interval):
    """Closes an interval: areas of all stations, by pool; interval -1 ends the warm-up and starts the counts."""
    T, pts, plast, levels = S.stations, S.pts, S.plast, S.levels
    for i in range(T.shape[0]):
        touch(T, levels, i, now)
    if interval < 0:
        for i in range(T.shape[0]):
            T[i].busy_s = T[i].queue_s = T[i].busy2_s = T[i].waited_s = 0.0
            T[i].visits = T[i].waited = T[i].served = T[i].shed = T[i].abandoned = 0
            T[i].qmax = T[i].qlen
        plast[:, :] = 0.0
        levels[:, :] = 0.0
        S.cts[:, 0, :] = 0
        return
    total = S.ptotal
    total[:, :] = 0.0
    for i in range(T.shape[0]):
        p = T[i].pool
        total[p, 0] += T[i].busy_s
        total[p, 1] += T[i].queue_s
        total[p, 2] += T[i].visits
        total[p, 3] += T[i].shed
        S.ended[i] = T[i]
        if interval == pts.shape[1] - 1:
            T[i].levels = -1
    for p in range(plast.shape[0]):
        for k in range(4):
            pts[p, interval, k] = total[p, k] - plast[p, k]
            plast[p, k] = total[p, k]
    for c in range(P.caches.shape[0]):
        if P.caches[c, 0] == COIN:
            continue
        row = S.cache.cfirst[c]
        n = 0
        for r in range(P.caches[c, 1]):
            held = S.cache.cstate[row + r, 0]
            if P.cache_par[c, 0] < 1e300 and held <= 200_000:
                base = P.caches[c, 2] + r * P.caches[c, 3]
                for e in range(base, base + held):
                    if S.cache.entries[e].end > now:
                        n += 1
            else:
                n += held
        S.cts[c, interval, 2] = n


@inlined
def next_arrival(P, S, i, now):
    """Time of the next arrival of source `i`, s; infinite when there is none."""
    kind = P.sources[i, 0]
    factor = S.src[i, 5]
    if factor <= 0.0:
        return math.inf
    rate = P.source_par[i, 0] * factor
    place = P.sources[i, 3]
    if kind == PACED:
        return now + 1.0 / rate
    if kind == TRACE:
        k = int(S.src[i, 2])
        if k >= P.sources[i, 4]:
            return math.inf
        S.src[i, 2] = k + 1
        return P.trace[P.sources[i, 5] + k]
    if kind == POISSON:
        return now + exponential(S.rng, place) / rate
    top = P.source_par[i, 1] * factor  # thinning: candidates at the highest rate, kept in proportion
    t = now
    while True:
        t += exponential(S.rng, place) / top
        if kind == DAILY:
            period = P.source_par[i, 2]
            r = rate + (top - rate) * math.sin(2.0 * math.pi * t / period)
        else:  # BURSTY: exponential periods at the high and the low rate
            while t > S.src[i, 1]:
                S.src[i, 0] = 1.0 - S.src[i, 0]
                mean = P.source_par[i, 2] if S.src[i, 0] == 1.0 else P.source_par[i, 3]
                S.src[i, 1] += exponential(S.rng, place) * mean
            r = top if S.src[i, 0] == 1.0 else rate
        if uniform(S.rng, place) * top < r:
            return t


# --- faults: a schedule of changed parameters -----------------------------------------------------------------------
@inlined
def park(F, f, head, i, column, pc):
    """Makes a frame wait in a list, to go on at `pc`."""
    F[f].pc = pc
    F[f].next = head[i, column]
    head[i, column] = f


@inlined
def wake(F, H, n, seq, now, f):
    """Lets a frame go on, as an event of now; gives the heap size and the sequence."""
    seq += 1
    F[f].ev = (seq << SLOT_BITS) | f
    return push(H, n, now, (seq << SLOT_BITS) | f), seq


@compiled
def wake_all(F, H, n, seq, now, head, i, column):
    """Lets all frames of a list go on, in the order in which they came."""
    f = head[i, column]
    head[i, column] = -1
    last = -1
    while f >= 0:
        after = F[f].next
        F[f].next = last
        last = f
        f = after
    while last >= 0:
        after = F[last].next
        n, seq = wake(F, H, n, seq, now, last)
        last = after
    return n, seq


@inlined
def shunned(L, i, knows):
    """Whether a station is left out: those who choose know that it is dead, or learn of it at once."""
    return L[i, OUT] > 0 or (knows == 1 and L[i, DOWN_NOW] > 0)


@compiled
def pick_up(P, S, s, f, knows):
    """The station that selection `s` chooses among those that are not left out; among all when none is left."""
    row = P.select[s]
    policy, base, n = row[SEL_POLICY], row[SEL_BASE], row[SEL_N]
    L, F, T = S.life, S.frames, S.stations
    place = row[SEL_PLACE]
    first = pick_station(P.select, S.counters, T, S.seen, S.rng, F, s, f)
    if policy == OWNER:
        k = first
        for _ in range(n):
            if L[k, TAKEN] == 0:
                return k
            k = k + 1 if k + 1 < base + n else base
        return first
    if policy == CHOICES or policy == CHOICES_REPL:
        left = 0
        for k in range(base, base + n):
            if shunned(L, k, knows):
                left += 1
        if left == 0 or left == n:
            return first
        best = -1
        ties = 1
        for j in range(row[SEL_D]):
            k = base + below(S.rng, place, n)
            again = True
            for _ in range(64 * n):
                again = shunned(L, k, knows)
                if policy == CHOICES and j < n - left:
                    for m in range(j):
                        if S.seen[m] == k:
                            again = True
                if not again:
                    break
                k = base + below(S.rng, place, n)
            S.seen[j] = k
            if again:
                continue
            if best < 0 or load_of(T, k) < load_of(T, best):
                best = k
                ties = 1
            elif load_of(T, k) == load_of(T, best):
                ties += 1
                if below(S.rng, place, ties) == 0:
                    best = k
        return first if best < 0 else best
    if not shunned(L, first, knows) and policy != LEAST:
        return first
    if policy == SHARD_LEADER or policy == SHARD_COPY or policy == EACH:
        return first
    low, high = base, base + n
    if policy == SHARD_ANY or policy == GROUP_ANY:
        low = base + (first - base) // row[SEL_COPIES] * row[SEL_COPIES]
        high = low + row[SEL_COPIES]
    if policy == ROUND_ROBIN:
        for _ in range(n):
            k = pick_station(P.select, S.counters, T, S.seen, S.rng, F, s, f)
            if not shunned(L, k, knows):
                return k
        return first
    if policy == HASH:
        k = first
        for _ in range(n):
            if not shunned(L, k, knows):
                return k
            k = k + 1 if k + 1 < high else low
        return first
    best = -1
    ties = 1
    for k in range(low, high):
        if shunned(L, k, knows):
            continue
        if best < 0 or (policy == LEAST and load_of(T, k) < load_of(T, best)):
            best = k
            ties = 1
        elif policy != LEAST or load_of(T, k) == load_of(T, best):
            ties += 1
            if below(S.rng, place, ties) == 0:
                best = k
    return first if best < 0 else best


ENDED, WAITS = -2, -1


@compiled
def trouble(P, S, f, pc):
    """An operation that only cases with faults have: where the frame goes on, or ENDED, or WAITS; and after how long."""
    F, L, rng = S.frames, S.life, S.rng
    row = P.code[pc]
    op, a, b = row.op, np.int64(row.a), np.int64(row.b)
    if op == ODDS:
        k = a if row.d < 0 else a + F[f].held[row.d] - row.e
        if S.knobs[k, 0] > 0.0 and uniform(rng, row.c) < S.knobs[k, 0]:
            return b, 0.0
        return pc + 1, 0.0
    if op == REKEY:
        F[f].key[a] = b
        return pc + 1, 0.0
    if op == GATE:
        if S.knobs[a, 0] > 0.0:
            park(F, f, S.gates, a, 0, pc)
            return WAITS, 0.0
        return pc + 1, 0.0
    if op == VANISH:
        return ENDED, 0.0
    if op == LINK:
        x = 0.0
        for way in range(2):
            k = a
            if way == 1:
                if row.e < 0 or b < 0 or row.c < 0:
                    break
                T = S.stations
                k = row.e + T[F[f].held[b]].zone * P.areas[0] + T[F[f].held[row.c]].zone
            if k < 0:
                continue
            if S.links[k, CUT] > 0.0:
                if S.links[k, CUT] > 1.0:
                    F[f].why = DOWN
                park(F, f, S.lwait, k, 0, row.d if S.links[k, CUT] > 1.0 else pc)
                return WAITS, 0.0
            x += S.links[k, ADDED]
            again = S.links[k, RESEND]
            if S.links[k, LOSS] > 0.0:
                for _ in range(64):
                    if uniform(rng, row.f) >= S.links[k, LOSS]:
                        break
                    x += again
                    again = min(120.0, 2.0 * again)
        return pc + 1, x
    if op == PICK_UP:
        F[f].held[b] = pick_up(P, S, a, f, row.c)
        return pc + 1, 0.0
    i = F[f].held[a]
    if op == ENTER:
        if L[i, DOWN_NOW] > 0:
            F[f].why = DOWN
            if L[i, DOWN_NOW] == 1:
                return b, 0.0
            park(F, f, L, i, TOLD, b)
            return WAITS, 0.0
        disc = S.stations[i].disc
        if L[i, FROZEN] > 0 and (disc == SHARED or disc == PREEMPTIVE):
            park(F, f, L, i, AWAKE, pc)
            return WAITS, 0.0
    elif op == ATTEND:
        if L[i, DOWN_NOW] > 0:
            park(F, f, L, i, TAKE_UP, b)
            return WAITS, 0.0
    elif op == HOLD:
        S.born[f, a] = L[i, EPOCH]
        S.land[f, a] = -b if row.c == 1 else b
    else:  # ALIVE, STAND
        if S.born[f, a] != L[i, EPOCH]:
            if op == ALIVE:
                F[f].why = DOWN
                return b, 0.0
            for k in range(SLOTS):
                S.land[f, k] = 0
            return ENDED, 0.0
        if L[i, FROZEN] > 0:
            park(F, f, L, i, AWAKE, pc)
            return WAITS, 0.0
        if op == STAND and b == 0:
            S.land[f, a] = 0
    return pc + 1, 0.0


@compiled
def mark_live(S, nfree):
    """Marks the frames that are in use with 1."""
    for f in range(S.mark.shape[0]):
        S.mark[f] = 1
    for k in range(nfree):
        S.mark[S.free[k]] = 0


@inlined
def in_service(code, F, f):
    """The station at which a frame is in service, if it waits for the end of that, or -1."""
    pc = F[f].pc - 1
    return F[f].held[code[pc].a] if pc >= 0 and code[pc].op == SERVE else -1


@compiled
def part_from(P, S, now, n, seq, nfree):
    """Parts the callers from what dies with the stations that are marked.

    A frame stands for a call and for the work that is done for it. A copy of it, which is the caller, goes on where
    the call fails: at once, or when the station is back if that answers nothing. The frame itself is a ghost: what it
    had asked for elsewhere goes on, and it ends when it would next do something at a dead station.
    """
    F, L, H, born, land = S.frames, S.life, S.heap, S.born, S.land
    mark_live(S, nfree)
    for f in range(F.shape[0]):
        if S.mark[f] == 0:
            continue
        s = 0
        while s < SLOTS and (land[f, s] == 0 or born[f, s] == L[F[f].held[s], EPOCH]):
            s += 1
        if s == SLOTS:
            continue
        i = F[f].held[s]
        nfree -= 1
        g = S.free[nfree]
        for j in range(SLOTS):
            F[g].held[j] = F[f].held[j]
            F[g].reg[j] = F[f].reg[j]
            born[g, j] = born[f, j]
            land[g, j] = land[f, j] if j < s else 0
        pc = land[f, s]
        for j in range(s + 1):
            land[f, j] = 0
        F[g].flow = F[f].flow
        F[g].parent = F[f].parent
        F[g].owed = F[f].owed
        F[g].rank = F[f].rank
        F[g].idx = F[f].idx
        F[g].part = F[f].part
        F[g].key[0] = F[f].key[0]
        F[g].key[1] = F[f].key[1]
        F[g].began = F[f].began
        F[g].origin = F[f].origin
        F[g].qfail = -1
        F[g].token = 0
        F[g].ev = 0
        F[g].why = DOWN
        if S.known.shape[0] > 0:
            inherit(S.known, g, f)
        F[f].owed = -1
        F[f].parent = -1
        if pc > 0 and L[i, DOWN_NOW] == 2:
            park(F, g, L, i, TOLD, pc)
        else:
            F[g].pc = abs(pc)
            n, seq = wake(F, H, n, seq, now, g)
        k = in_service(P.code, F, f)
        if k >= 0 and L[k, MARK] == 1 and S.stations[k].disc != SHARED and S.stations[k].disc != PREEMPTIVE:
            n, seq = wake(F, H, n, seq, now, f)  # its service is over
            F[f].rest = -1.0
    return n, seq, nfree


@compiled
def clear(P, S, i, now, n, seq):
    """Empties a station that has died: nobody waits or is in service there."""
    F, T, H, L = S.frames, S.stations, S.heap, S.life
    touch(T, S.levels, i, now)
    for q in range(4):
        f = T[i].head[q]
        T[i].head[q] = T[i].tail[q] = -1
        while f >= 0:
            after = F[f].next
            F[f].qfail = -1
            F[f].ev = 0
            F[f].why = DOWN
            if T[i].disc == PREEMPTIVE and F[f].rest >= 0.0:  # its caller has been parted from it
                F[f].pc += 1
                n, seq = wake(F, H, n, seq, now, f)
            elif L[i, DOWN_NOW] == 2:
                park(F, f, L, i, TOLD, P.code[F[f].pc - 1].b)
            else:
                F[f].pc = P.code[F[f].pc - 1].b
                n, seq = wake(F, H, n, seq, now, f)
            f = after
    f = T[i].serving
    while f >= 0:
        after = F[f].next
        F[f].pc += 1  # past the end of a shared service
        n, seq = wake(F, H, n, seq, now, f)
        f = after
    T[i].serving = -1
    T[i].sharing = T[i].busy = T[i].qlen = 0
    return n, seq


@compiled
def pause(P, S, now, n, seq, nfree):
    """Stops what is in service at the stations marked 2, and lets that at those marked 3 go on."""
    F, T, H, L = S.frames, S.stations, S.heap, S.life
    for k in range(n):
        f = H[k].p & SLOT_MASK
        if H[k].p == OVER or f >= LANE0 or F[f].ev != H[k].p or F[f].qfail >= 0:
            continue
        i = in_service(P.code, F, f)
        if i >= 0 and L[i, MARK] == 2:
            F[f].ev = 0
            if T[i].disc != SHARED:
                F[f].rest = H[k].t - now
    mark_live(S, nfree)
    for f in range(F.shape[0]):
        if S.mark[f] == 0 or F[f].ev != 0:
            continue
        i = in_service(P.code, F, f)
        if i >= 0 and L[i, MARK] == 3 and T[i].disc != SHARED and F[f].rest >= 0.0:
            seq += 1
            F[f].ev = (seq << SLOT_BITS) | f
            n = push(H, n, now + F[f].rest, (seq << SLOT_BITS) | f)
            F[f].rest = now + F[f].rest if T[i].disc == PREEMPTIVE else -1.0
    return n, seq


@compiled
def reschedule(P, S, i, factor, now, n, seq):
    """Changes the rate of source `i`: its next arrival comes earlier or later in proportion."""
    H = S.heap
    old = S.src[i, 5]
    S.src[i, 5] = factor
    if S.src[i, 3] != 1.0:
        return n, seq
    k = 0
    while k < n and (H[k].p == OVER or (H[k].p & SLOT_MASK) != SOURCE0 + i):
        k += 1
    kind = P.sources[i, 0]
    t = math.inf
    if k < n and old > 0.0 and factor > 0.0 and (kind == POISSON or kind == PACED):
        t = now + (H[k].t - now) * old / factor
    elif k < n and old > 0.0 and factor > 0.0 and kind != DAILY:
        t = H[k].t
    elif factor > 0.0:
        t = next_arrival(P, S, i, now)
    if t >= S.times[D_END]:
        t = math.inf
    S.src[i, 4] = t
    if k == n:
        if t < math.inf:
            seq += 1
            n = push(H, n, t, (seq << SLOT_BITS) | (SOURCE0 + i))
        return n, seq
    p = H[k].p
    while k > 0 and t < H[(k - 1) >> 2].t and H[(k - 1) >> 2].p != OVER:
        H[k].t = H[(k - 1) >> 2].t
        H[k].p = H[(k - 1) >> 2].p
        k = (k - 1) >> 2
    while 4 * k + 1 < n:
        least = 4 * k + 1
        for c in range(4 * k + 2, min(n, 4 * k + 5)):
            if before(H[c], H[least]):
                least = c
        if t < H[least].t or (t == H[least].t and p < H[least].p):
            break
        H[k].t = H[least].t
        H[k].p = H[least].p
        k = least
    H[k].t = t
    H[k].p = p
    return n, seq


@compiled
def flush(P, S, c, r):
    """Empties one replica of a cache."""
    if P.caches[c, 0] == COIN:
        return
    C = S.cache
    row, base = C.cfirst[c] + r, P.caches[c, 2] + r * P.caches[c, 3]
    for e in range(base + C.cstate[row, 0] - 1, base - 1, -1):
        forget(P.caches, C, c, row, base, C.entries[e].key, e)


@compiled
def strike(P, S, now, n, seq, nfree):
    """Applies the rows of the schedule that are due; gives the heap size, the sequence and the number of free frames."""
    F, T, H, L = S.frames, S.stations, S.heap, S.life
    first = k = S.regs[R_ROW]
    deaths = pauses = 0
    while k < P.sched_t.shape[0] and P.sched_t[k] <= now:
        table, i, column = P.sched[k, 0], np.int64(P.sched[k, 1]), P.sched[k, 2]
        value = P.sched_v[k]
        k += 1
        if table == AT_SPEED:
            T[i].speed = value
        elif table == AT_SOURCE:
            n, seq = reschedule(P, S, i, value, now, n, seq)
        elif table == AT_FLUSH:
            flush(P, S, i, column)
        elif table == AT_KNOB:
            S.knobs[i, 0] = value
            if value <= 0.0:
                n, seq = wake_all(F, H, n, seq, now, S.gates, i, 0)
        elif table == AT_LINK:
            S.links[i, column] = value
            if column == CUT and value <= 0.0:
                n, seq = wake_all(F, H, n, seq, now, S.lwait, i, 0)
        elif column == DOWN_NOW:
            if L[i, DOWN_NOW] == 0:
                L[i, EPOCH] += 1
                L[i, MARK] = 1
                deaths += 1
            L[i, DOWN_NOW] = int(value)
        elif column == FROZEN:
            touch(T, S.levels, i, now)
            if value > 0.0 and T[i].disc == SHARED:
                advance(T, i, now)
            L[i, FROZEN] = int(value)
            L[i, MARK] = max(L[i, MARK], 2 if value > 0.0 else 3) if L[i, MARK] != 1 else 1
            pauses += 1
        else:
            L[i, column] = int(value)
            if column == TAKEN and value > 0.0:
                n, seq = wake_all(F, H, n, seq, now, L, i, TAKE_UP)
    S.regs[R_ROW] = k
    if pauses > 0:
        n, seq = pause(P, S, now, n, seq, nfree)
    if deaths > 0:
        n, seq, nfree = part_from(P, S, now, n, seq, nfree)
    for j in range(first, k):
        i = P.sched[j, 1]
        if P.sched[j, 0] == AT_LIFE:
            if L[i, MARK] == 1:
                n, seq = clear(P, S, i, now, n, seq)
            elif L[i, MARK] == 3 and T[i].disc == SHARED:
                T[i].work_at = now
                n, seq = share(T, F, H, i, now, n, seq)
            L[i, MARK] = 0
            if L[i, FROZEN] == 0:
                n, seq = wake_all(F, H, n, seq, now, L, i, AWAKE)
            if L[i, DOWN_NOW] != 2:
                n, seq = wake_all(F, H, n, seq, now, L, i, TOLD)
            if L[i, DOWN_NOW] == 0 and P.sched[j, 2] == DOWN_NOW:
                for m in range(T.shape[0]):
                    if T[m].pool == T[i].pool:
                        n, seq = wake_all(F, H, n, seq, now, L, m, TAKE_UP)
    return n, seq, nfree


# --- what happened to operations -----------------------------------------------------------------------------------
SHARES = 1 << 30


@inlined
def fact_home(space, key, mask):
    """Where the search for a fact begins."""
    return np.int64(mix64(uint64(key) * uint64(0x9E3779B97F4A7C15) + uint64(space)) & uint64(mask))


@compiled
def fact(X, regs, space, key):
    """Place of what is remembered of a key in a space; made, with value 0, where there is nothing."""
    mask = X.shape[0] - 1
    i = fact_home(space, key, mask)
    while X[i].space != 0:
        if X[i].key == key and X[i].space == space:
            return i
        i = (i + 1) & mask
    X[i].space = space
    X[i].key = key
    X[i].value = 0
    X[i].done = 0
    regs[R_FACTS] += 1
    return i


@compiled
def forget_fact(X, regs, space, key):
    """Forgets what is remembered of a key in a space, closing the gap (backward shift)."""
    mask = X.shape[0] - 1
    i = fact_home(space, key, mask)
    while X[i].key != key or X[i].space != space:
        if X[i].space == 0:
            return
        i = (i + 1) & mask
    j = i
    while True:
        j = (j + 1) & mask
        if X[j].space == 0:
            break
        home = fact_home(X[j].space, X[j].key, mask)
        if ((j - home) & mask) >= ((j - i) & mask):
            X[i].space = X[j].space
            X[i].key = X[j].key
            X[i].value = X[j].value
            X[i].done = X[j].done
            i = j
    X[i].space = 0
    regs[R_FACTS] -= 1


@compiled
def refile(old, X):
    """Moves all facts of a smaller table into a larger one."""
    mask = X.shape[0] - 1
    for k in range(old.shape[0]):
        if old[k].space == 0:
            continue
        i = fact_home(old[k].space, old[k].key, mask)
        while X[i].space != 0:
            i = (i + 1) & mask
        X[i].space = old[k].space
        X[i].key = old[k].key
        X[i].value = old[k].value
        X[i].done = old[k].done


@compiled
def write_note(N, K, F, regs, note, f, t, station, key, version):
    """Adds a row to the history."""
    n = regs[R_NOTED]
    regs[R_NOTED] = n + 1
    N[n].t = t
    N[n].operation = K[f].operation
    N[n].key = key
    N[n].version = version
    N[n].seen = K[f].seen
    N[n].origin = F[f].origin
    N[n].note = note
    N[n].place = station
    N[n].attempt = K[f].attempt


@inlined
def inherit(K, g, f):
    """A new frame belongs to the operation of another one."""
    K[g].operation = K[f].operation
    K[g].version = K[f].version
    K[g].seen = K[f].seen
    K[g].turn = K[f].turn
    K[g].attempt = K[f].attempt
    K[g].noted = K[f].noted
    K[g].fresh = K[f].fresh


SETTLED, PARKED, VOID, ISSUED = range(4)
"""What is remembered of a key whose effects follow each other: the last number that has passed, the first frame that
waits for its turn, the numbers that will not come, and the last number that was given out; a space each."""


@compiled
def turn_comes(X, K, F, regs, space, key, f):
    """Whether it is the turn of a frame; else it is parked."""
    if K[f].turn == X[fact(X, regs, space + SETTLED, key)].value + 1:
        return True
    p = fact(X, regs, space + PARKED, key)
    F[f].next = X[p].value - 1
    X[p].value = f + 1
    return False


@inlined
def void_key(key, number):
    """A key and a number as one key."""
    return np.int64(mix64(mix64(uint64(key)) + uint64(number)))


@compiled
def whose_turn(X, K, F, regs, space, key):
    """Takes a frame out of those that are parked whose turn it is, or whose turn is past; gives 1 + it, or 0."""
    last = X[fact(X, regs, space + SETTLED, key)].value
    p = fact(X, regs, space + PARKED, key)
    before = np.int64(-1)
    g = X[p].value - 1
    while g >= 0 and K[g].turn > last + 1:
        before = g
        g = np.int64(F[g].next)
    if g >= 0:
        if before < 0:
            X[p].value = F[g].next + 1
        else:
            F[before].next = F[g].next
    return g + 1


@compiled
def settle(X, K, F, regs, space, key, number):
    """A number has passed, or will not come; gives 1 + a frame whose turn it is now, or 0."""
    e = fact(X, regs, space + SETTLED, key)
    if number != X[e].value + 1:
        if number > X[e].value:
            X[fact(X, regs, space + VOID, void_key(key, number))].value = 1
        return np.int64(0)
    last = number
    while X[fact(X, regs, space + VOID, void_key(key, last + 1))].value == 1:
        forget_fact(X, regs, space + VOID, void_key(key, last + 1))
        last += 1
    forget_fact(X, regs, space + VOID, void_key(key, last + 1))
    X[fact(X, regs, space + SETTLED, key)].value = last
    return whose_turn(X, K, F, regs, space, key)


@compiled
def commit(X, K, F, N, regs, row, f, now):
    """An effect, unless the operation has had it; gives False when it has to wait for those before it."""
    a, b, once, space = np.int64(row.a), row.b, np.int64(row.d), np.int64(row.e)
    if once >= 0 and X[fact(X, regs, once, K[f].operation)].done == 1:
        K[f].fresh = 0
        if K[f].noted == 1:
            regs[R_WOKEN] = whose_turn(X, K, F, regs, space, F[f].key[row.c])
        return True
    key = F[f].key[row.c]
    noted = K[f].noted == 1
    if noted:
        if K[f].turn <= X[fact(X, regs, space + SETTLED, key)].value:  # an attempt with the same version was given up
            v = fact(X, regs, space + ISSUED, key)
            X[v].value += 1
            K[f].version = K[f].turn = X[v].value
        if not turn_comes(X, K, F, regs, space, key, f):
            return False
        regs[R_WOKEN] = settle(X, K, F, regs, space, key, K[f].turn)
        v = fact(X, regs, np.int64(row.f) + ISSUED, key)
        X[v].value += 1
        K[f].turn = X[v].value
    K[f].fresh = 1
    if once >= 0:
        X[fact(X, regs, once, K[f].operation)].done = 1
    if noted and a >= 0:
        write_note(N, K, F, regs, a, f, now, np.int64(F[f].held[b]) if b >= 0 else np.int64(-1), key, K[f].version)
    return True


@compiled
def note_message(X, K, F, N, regs, of, note, g, now):
    """Notes that a message has been accepted; it has the version of what was written, or its place in the stream."""
    if K[g].noted == 0:
        return
    if of >= 0:
        e = fact(X, regs, of, F[g].key[0])
        X[e].value += 1
        K[g].version = X[e].value
    if note >= 0:
        write_note(N, K, F, regs, note, g, now, np.int64(F[g].part), F[g].key[0], K[g].version)


@compiled
def remember(code, X, K, F, N, regs, f, pc, now, lanes):
    """An operation about what is known; gives where the frame goes on."""
    row = code[pc]
    op, a, b, c = row.op, np.int64(row.a), np.int64(row.b), np.int64(row.c)
    if op == INVOKE:
        regs[R_NUMBER] += 1
        number = regs[R_NUMBER]
        K[f].operation = number
        K[f].version = 0
        K[f].seen = 0
        K[f].attempt = 1
        K[f].fresh = 0
        by = F[f].key[0] if b == 1 else number
        K[f].noted = 1 if hashed(by, 11, SHARES) < regs[R_SHARE] else 0
        if K[f].noted == 1 and a >= 0:
            write_note(N, K, F, regs, a, f, F[f].began, np.int64(-1), by if b == 1 else np.int64(-1), np.int64(0))
        return pc + 1
    if op == FRESH:
        return pc + 1 if K[f].fresh == 1 else a
    if op == FORGET:
        if K[f].attempt == 1:
            forget_fact(X, regs, a, K[f].operation)
        return pc + 1
    noted = K[f].noted == 1
    if op == SEQUENCE:
        version = X[fact(X, regs, c, K[f].operation)].value if c >= 0 else np.int64(0)
        if version == 0:
            version = np.int64(1)
            if noted:
                v = fact(X, regs, a + ISSUED, F[f].key[b])
                X[v].value += 1
                version = X[v].value
            if c >= 0:
                X[fact(X, regs, c, K[f].operation)].value = version
        K[f].version = K[f].turn = version
        return pc + 1
    if op == COMMIT:
        if not commit(X, K, F, N, regs, row, f, now):
            F[f].pc = pc
            return np.int64(-1)
        return pc + 1
    if not noted:
        return pc + 1
    if op == ABANDON or op == PASS:
        regs[R_WOKEN] = settle(X, K, F, regs, a, F[f].key[b], K[f].turn)
    elif op == TURN:
        if K[f].turn <= X[fact(X, regs, a + SETTLED, F[f].key[b])].value:
            regs[R_WOKEN] = whose_turn(X, K, F, regs, a, F[f].key[b])
            return np.int64(c)
        if not turn_comes(X, K, F, regs, a, F[f].key[b], f):
            F[f].pc = pc
            return np.int64(-1)
    elif op == NOTE:
        t = now + lanes[row.d - 1] if row.d > 0 else now
        if row.e > 0 and (K[f].attempt > 1 or F[f].why == TIMEOUT):
            a = np.int64(row.e)
        write_note(
            N, K, F, regs, a, f, t, np.int64(F[f].held[b]) if b >= 0 else np.int64(-1), F[f].key[c], K[f].version
        )
        K[f].seen = 0
    elif op == APPLY:
        copy = (F[f].held[b] - c) % row.d
        v = fact(X, regs, a + copy, F[f].key[row.e])
        X[v].value = max(X[v].value, K[f].version)
    elif op == SEE:
        copy = (F[f].held[b] - c) % row.d
        v = X[fact(X, regs, a + copy, F[f].key[row.e])].value
        K[f].seen = v
        p = F[f].parent
        if row.f == 1 and p >= 0 and F[p].token == F[f].owed:
            K[p].seen = max(K[p].seen, v)
    elif op == DEDUPE:
        e = fact(X, regs, a, K[f].operation)
        if X[e].value == 1:
            return np.int64(b)
        X[e].value = 1
    return pc + 1


# --- the loop ----------------------------------------------------------------------------------------------------
@compiled
def run(P, S, quota):
    """Runs until the calendar is empty, `quota` events have passed, or an array is too small; gives the reason."""
    code, lanes, dist_kind, dist = P.code, P.lanes, P.dist_kind, P.dist
    regs, times, rng = S.regs, S.times, S.rng
    F, free, ready, H, T, levels = S.frames, S.free, S.ready, S.heap, S.stations, S.levels
    lane, W, wnext, wfree, timers = S.lane, S.waiting, S.wnext, S.wfree, P.timers
    fsum, fine_h, coarse_h, counters, select = S.fsum, S.fine, S.coarse, S.counters, P.select
    C = S.cache
    K = S.known
    tracking = K.shape[0] > 0
    n = regs[R_HEAP]
    seq = regs[R_SEQ]
    nw = regs[R_CHUNKS]
    nfree = regs[R_FREE]
    least = nfree
    nready = regs[R_READY]
    nlock = regs[R_LOCKS]
    margin = regs[R_MARGIN]
    chunks = chunk_margin(timers.shape[0], margin)
    mortal = S.born.shape[0] > 1
    events = 0
    warm_t, step, end, limit = times[D_WARM], times[D_STEP], times[D_END], times[D_LIMIT]
    per_s = 1.0 / step
    intervals = S.fts.shape[1]
    now = times[D_NOW]
    status = FINISHED
    while True:
        # --- the next frame
        f = -1
        if nready > 0:
            nready -= 1
            f = ready[nready]
        else:
            if n > 0 and H[0].p == OVER:
                n -= 1
                if n > 0:
                    sift(H, n, H[n].t, H[n].p)
            if n == 0:
                status = FINISHED
                break
            if events >= quota:
                status = PAUSED
                break
            if nfree < margin:
                status = GROW_FRAMES
                break
            if n + margin > H.shape[0]:
                status = GROW_HEAP
                break
            if nw < chunks:
                status = GROW_LANES
                break
            if tracking:
                if regs[R_NOTED] + margin > S.noted.shape[0]:
                    status = FULL_NOTES
                    break
                if 2 * (regs[R_FACTS] + margin) > S.facts.shape[0]:
                    status = GROW_FACTS
                    break
            t = H[0].t
            if t > limit:  # what is left may be timeouts that nobody waits for
                status = FINISHED if nfree == F.shape[0] else DRAIN_LIMIT
                break
            pl = H[0].p
            slot = pl & SLOT_MASK
            if slot < LANE0:
                H[0].p = OVER
                if F[slot].ev != pl:
                    continue
                F[slot].ev = 0
                now = t
                events += 1
                f = slot
                if F[f].qfail >= 0:  # waited in a queue for longer than its patience
                    i = F[f].held[F[f].qslot]
                    touch(T, levels, i, now)
                    dequeue(T, F, i, f)
                    T[i].abandoned += 1
                    F[f].why = ABANDONED
                    F[f].pc = F[f].qfail
                    F[f].qfail = -1
            elif slot < SOURCE0:
                i = slot - LANE0
                e = lane[i, L_HEAD]
                if e >= 0 and W[e].p >> SLOT_BITS != pl >> SLOT_BITS:  # the entry of this event was tidied away
                    sift(H, n, W[e].t, (W[e].p >> SLOT_BITS << SLOT_BITS) | slot)
                    continue
                p = W[e].p if e >= 0 else 0
                f = p & SLOT_MASK
                timeout = timers[i] == 1
                stale = e < 0 or (timeout and F[f].token != p >> SLOT_BITS)
                while e >= 0:
                    e, nw = step_lane(lane, wnext, wfree, nw, i)
                    if e < 0 or not timeout or F[W[e].p & SLOT_MASK].token == W[e].p >> SLOT_BITS:
                        break
                if e >= 0:
                    if e != lane[i, L_TAIL] and (e & (CHUNK - 1)) != CHUNK - 1:
                        prefetch(F, W[e + 1].p & SLOT_MASK)
                    p = F[W[e].p & SLOT_MASK].parent
                    if p >= 0:
                        prefetch(F, p)
                    sift(H, n, W[e].t, (W[e].p >> SLOT_BITS << SLOT_BITS) | slot)
                else:
                    lane[i, L_LIVE] = 0
                    H[0].p = OVER
                if stale:
                    continue
                now = t
                events += 1
                if timeout:  # the caller's patience is over; the callee carries on
                    F[f].token = 0
                    F[f].why = TIMEOUT
                    F[f].pc = F[f].fpc
                    if F[f].began >= warm_t:
                        S.fc[F[f].flow, FC_TIMEOUTS] += 1
            elif slot == TICK:
                k = regs[R_TICKS]
                now = t
                tick(P, S, now, k - 1)
                regs[R_TICKS] = k + 1
                if k < intervals:
                    seq += 1
                    sift(H, n, warm_t + (k + 1) * step, (seq << SLOT_BITS) | TICK)
                else:
                    H[0].p = OVER
                continue
            elif slot == FAULT:
                live = F.shape[0] - nfree
                if nfree < live + margin:  # each may be parted in two
                    status = GROW_FRAMES
                    break
                if n + 4 * live + margin > H.shape[0]:
                    status = GROW_HEAP
                    break
                now = t
                H[0].p = OVER
                n, seq, nfree = strike(P, S, now, n, seq, nfree)
                if regs[R_ROW] < P.sched_t.shape[0]:
                    seq += 1
                    n = push(H, n, P.sched_t[regs[R_ROW]], (seq << SLOT_BITS) | FAULT)
                continue
            else:  # an arrival; its event is at the end of a delay that follows it
                i = slot - SOURCE0
                pc = P.sources[i, 2]
                begun = S.src[i, 3] == 1.0
                if begun:
                    came = S.src[i, 4]
                    now = t
                    events += 1
                    nfree -= 1
                    f = free[nfree]
                    F[f].pc = pc
                    F[f].flow = P.sources[i, 1]
                    F[f].parent = -1
                    F[f].qfail = -1
                    F[f].owed = -1
                    F[f].token = 0
                    F[f].began = came
                    t = next_arrival(P, S, i, came)
                else:  # the source begins: nothing arrives yet
                    S.src[i, 3] = 1.0
                    paced = P.sources[i, 0] == PACED
                    t = uniform(rng, P.sources[i, 3]) / P.source_par[i, 0] if paced else next_arrival(P, S, i, 0.0)
                S.src[i, 4] = t
                if t < end:
                    seq += 1
                    d = code[pc].d
                    sift(H, n, t + lanes[d - 1] if d > 0 else t, (seq << SLOT_BITS) | slot)
                else:
                    H[0].p = OVER
                if not begun:
                    continue
        # --- its operations, until it waits or ends
        pc = F[f].pc
        while True:
            op = code[pc].op
            a = code[pc].a
            if op == DELAY:
                seq += 1
                F[f].pc = pc + 1
                p = (seq << SLOT_BITS) | f
                n, nw = enlane(lane, W, wnext, wfree, nw, H, n, a, now + lanes[a], p)
                break
            elif op == HOP:
                b = code[pc].b
                c = code[pc].c
                cls = 0
                if b >= 0 and c >= 0:
                    b = F[f].held[b]
                    c = F[f].held[c]
                    if T[b].zone != T[c].zone:
                        cls = 1 if T[b].region == T[c].region else 2
                i = P.hops[a, cls]
                seq += 1
                p = (seq << SLOT_BITS) | f
                F[f].pc = pc + 1
                if i >= 0:
                    n, nw = enlane(lane, W, wnext, wfree, nw, H, n, i, now + lanes[i], p)
                else:
                    F[f].ev = p
                    n = push(H, n, now + draw(rng, P.hops[a, 3], dist_kind, dist, -1 - i), p)
                break
            elif op == PICK:
                F[f].held[code[pc].b] = pick_station(select, counters, T, S.seen, rng, F, a, f)
                pc += 1
            elif op == ACQUIRE:
                i = F[f].held[a]
                touch(T, levels, i, now)
                T[i].visits += 1
                cap = T[i].cap
                busy = T[i].busy
                disc = T[i].disc
                if cap == 0 or busy < cap or disc == SHARED:
                    if disc == SHARED and T[i].bound >= 0 and cap > 0 and busy >= cap + T[i].bound:
                        T[i].shed += 1
                        F[f].why = SHED
                        pc = code[pc].b
                        continue
                    T[i].busy = busy + 1
                    pc += 1
                    continue
                if disc == PREEMPTIVE:
                    # the least important request in service gives way, and goes on later where it stopped
                    worst = -1
                    g = T[i].serving
                    while g >= 0:
                        if F[g].rank > F[f].rank and (worst < 0 or F[g].rank > F[worst].rank):
                            worst = g
                        g = F[g].next
                    if worst >= 0:
                        leave(T, F, i, worst)
                        F[worst].ev = 0
                        F[worst].rest -= now
                        F[worst].queued = now
                        enqueue(T, F, i, worst, True)
                        pc += 1
                        continue
                if T[i].bound >= 0 and T[i].qlen >= T[i].bound:
                    T[i].shed += 1
                    F[f].why = SHED
                    pc = code[pc].b
                    continue
                T[i].waited += 1
                F[f].pc = pc + 1
                F[f].rest = -1.0
                F[f].queued = now
                enqueue(T, F, i, f, False)
                if T[i].patience >= 0:
                    F[f].qfail = code[pc].b
                    F[f].qslot = a
                    seq += 1
                    F[f].ev = (seq << SLOT_BITS) | f
                    t = now + draw(rng, T[i].place, dist_kind, dist, T[i].patience)
                    n = push(H, n, t, (seq << SLOT_BITS) | f)
                break
            elif op == SERVE:
                i = F[f].held[a]
                x = draw(rng, code[pc].c, dist_kind, dist, code[pc].b) * T[i].speed
                F[f].pc = pc + 1
                if T[i].disc == SHARED:
                    advance(T, i, now)
                    F[f].rest = T[i].work + x
                    join(T, F, i, f)
                    T[i].sharing += 1
                    n, seq = share(T, F, H, i, now, n, seq)
                    break
                if T[i].disc == PREEMPTIVE:
                    F[f].rest = now + x
                    join(T, F, i, f)
                seq += 1
                F[f].ev = (seq << SLOT_BITS) | f
                n = push(H, n, now + x, (seq << SLOT_BITS) | f)
                break
            elif op == SERVED:
                i = F[f].held[a]
                leave(T, F, i, f)
                if T[i].disc == SHARED:
                    advance(T, i, now)
                    T[i].sharing -= 1
                    n, seq = share(T, F, H, i, now, n, seq)
                pc += 1
            elif op == RELEASE:
                i = F[f].held[a]
                touch(T, levels, i, now)
                T[i].served += 1
                disc = T[i].disc
                pc += 1
                if T[i].qlen > 0:
                    g = T[i].head[0]
                    if disc >= PRIORITY:
                        q = 0
                        while T[i].head[q] < 0:
                            q += 1
                        g = T[i].head[q]
                    dequeue(T, F, i, g)
                    T[i].waited_s += now - F[g].queued
                    if F[g].qfail >= 0:
                        F[g].qfail = -1
                        F[g].ev = 0
                    if disc == PREEMPTIVE and F[g].rest >= 0.0:
                        join(T, F, i, g)
                        seq += 1
                        F[g].rest += now
                        F[g].ev = (seq << SLOT_BITS) | g
                        n = push(H, n, F[g].rest, (seq << SLOT_BITS) | g)
                    else:
                        ready[nready] = g
                        nready += 1
                else:
                    T[i].busy -= 1
            elif op == WAIT:
                seq += 1
                F[f].pc = pc + 1
                F[f].ev = (seq << SLOT_BITS) | f
                t = now + draw(rng, code[pc].b, dist_kind, dist, a)
                n = push(H, n, t, (seq << SLOT_BITS) | f)
                break
            elif op == CALL or op == FORK or op == SPAWN:
                count = 1
                body = a
                if op == CALL:
                    need = 1
                    i = code[pc].b
                    F[f].fpc = code[pc].c
                elif op == FORK:
                    count = code[pc].b
                    need = code[pc].c
                    F[f].fpc = code[pc].d
                    i = code[pc].e
                else:
                    need = 0
                    i = -1
                tok = np.int64(-1)
                if op != SPAWN:
                    seq += 1
                    tok = seq
                    F[f].token = tok
                    F[f].need = need
                    F[f].left = count
                    if i >= 0:
                        p = (seq << SLOT_BITS) | f
                        n, nw = enlane(lane, W, wnext, wfree, nw, H, n, i, now + lanes[i], p)
                F[f].pc = pc + 1
                for k in range(count - 1, -1, -1):
                    if op == FORK:
                        body = P.bodies[a] if code[pc].f == 1 else P.bodies[a + k]
                    nfree -= 1
                    g = free[nfree]
                    for j in range(SLOTS):
                        F[g].held[j] = F[f].held[j]
                    for j in range(REGISTERS):
                        F[g].reg[j] = F[f].reg[j]
                    if mortal:
                        for j in range(SLOTS):
                            S.born[g, j] = S.born[f, j]
                    F[g].pc = body
                    F[g].parent = f
                    F[g].flow = F[f].flow
                    F[g].why = 0
                    F[g].rank = F[f].rank
                    F[g].idx = k
                    F[g].part = F[f].part
                    F[g].qfail = -1
                    F[g].ev = 0
                    F[g].token = 0
                    F[g].owed = tok
                    F[g].key[0] = F[f].key[0]
                    F[g].key[1] = F[f].key[1]
                    F[g].began = F[f].began
                    F[g].origin = F[f].origin
                    if tracking:
                        inherit(K, g, f)
                    ready[nready] = g
                    nready += 1
                if op == SPAWN:
                    pc += 1
                    continue
                break
            elif op == RETURN or op == FAIL:
                p = F[f].parent
                tok = F[f].owed
                why = F[f].why
                free[nfree] = f
                nfree += 1
                if tok <= 0 or F[p].token != tok:
                    break
                if op == RETURN:
                    F[p].need -= 1
                    F[p].left -= 1
                    if F[p].need > 0:
                        break
                else:
                    F[p].left -= 1
                    if F[p].left >= F[p].need:
                        break
                    F[p].why = why
                    F[p].pc = F[p].fpc
                F[p].token = 0
                if tracking:
                    K[p].version = K[f].version
                    K[p].fresh = K[f].fresh
                    K[p].attempt = max(K[p].attempt, K[f].attempt)
                f = p
                pc = F[f].pc
            elif op == START:
                t = F[f].began if code[pc].d > 0 else now
                if t >= end:  # a client that thought for too long
                    free[nfree] = f
                    nfree += 1
                    break
                F[f].began = t
                F[f].origin = t
                F[f].why = 0
                F[f].rank = code[pc].c
                if t >= warm_t:
                    w = F[f].flow
                    S.fc[w, FC_ARRIVED] += 1
                    k = int((t - warm_t) * per_s)
                    if k < intervals:
                        S.fts[w, k, 0] += 1
                if a >= 0:
                    F[f].key[0] = draw_key(
                        rng, code[pc].b, P.keyspaces[a, 0], P.keyspace_n[a], P.keyspace_par[a],
                        P.keyspaces[a, 1], P.keyspaces[a, 2], P.alias_p, P.alias_k, P.bins,
                    )  # fmt: skip
                pc += 1
            elif op == DONE or op == FAILED:
                w = F[f].flow
                t0 = F[f].began
                t = now + lanes[code[pc].c - 1] if code[pc].c > 0 else now
                if t0 >= warm_t:
                    k = int((t0 - warm_t) * per_s)
                    if k >= intervals:
                        k = -1
                    if op == DONE:
                        S.fc[w, FC_OK] += 1
                        if k >= 0:
                            S.fts[w, k, 1] += 1
                        observe(fsum, fine_h, coarse_h, w, k, t - t0)
                        if P.ages[w] >= 0:
                            observe(fsum, fine_h, coarse_h, P.ages[w], k, t - F[f].origin)
                    else:
                        S.fc[w, FC_FAILED] += 1
                        S.fc[w, FC_REASON0 + F[f].why] += 1
                        if k >= 0:
                            S.fts[w, k, 2] += 1
                regs[R_DONE] += 1
                if P.think[w] >= 0:  # a closed loop: the client pauses and comes again
                    t = now + draw(rng, a, dist_kind, dist, P.think[w])
                    if t < end:
                        seq += 1
                        F[f].pc = code[pc].b
                        F[f].ev = (seq << SLOT_BITS) | f
                        n = push(H, n, t, (seq << SLOT_BITS) | f)
                        break
                free[nfree] = f
                nfree += 1
                break
            elif op == JUMP:
                pc = a
            elif op == CHANCE:
                if uniform(rng, a) < P.weights[code[pc].c]:
                    pc = code[pc].b
                else:
                    pc += 1
            elif op == CHOOSE:
                u = uniform(rng, a)
                k = code[pc].b
                last = k + code[pc].c - 1
                while k < last and u >= P.weights[k]:
                    k += 1
                pc = P.bodies[code[pc].d + k - code[pc].b]
            elif op == SET:
                F[f].reg[a] = code[pc].b
                pc += 1
            elif op == LOOP:
                F[f].reg[a] -= 1
                pc = code[pc].b if F[f].reg[a] > 0 else pc + 1
            elif op == RETRY:
                k = F[f].reg[code[pc].b]
                share_of = P.retry_par[a, 4]
                if k >= P.retries[a, 0] or (share_of >= 0.0 and S.budget[a] < 1.0):
                    pc += 1
                    continue
                if share_of >= 0.0:
                    S.budget[a] -= 1.0
                F[f].reg[code[pc].b] = k + 1
                if tracking:
                    K[f].attempt += 1
                x = min(P.retry_par[a, 0] * P.retry_par[a, 1] ** k, P.retry_par[a, 2])
                jitter = P.retries[a, 1]
                if jitter == FULL_JITTER:
                    x *= uniform(rng, P.retries[a, 2])
                elif jitter == EQUAL_JITTER:
                    x = 0.5 * x * (1.0 + uniform(rng, P.retries[a, 2]))
                elif jitter == ADDED_JITTER:
                    x += P.retry_par[a, 3] * uniform(rng, P.retries[a, 2])
                if F[f].began >= warm_t:
                    w = F[f].flow
                    S.fc[w, FC_RETRIES] += 1
                    j = int((F[f].began - warm_t) * per_s)
                    if j < intervals:
                        S.fts[w, j, 3] += 1
                if x <= 0.0:
                    pc = code[pc].c
                    continue
                seq += 1
                F[f].pc = code[pc].c
                F[f].ev = (seq << SLOT_BITS) | f
                n = push(H, n, now + x, (seq << SLOT_BITS) | f)
                break
            elif op == ADMIT:
                S.budget[a] = min(10.0, S.budget[a] + P.retry_par[a, 4])
                pc += 1
            elif op == STILL:
                if F[F[f].parent].token != F[f].owed:
                    free[nfree] = f
                    nfree += 1
                    break
                if F[f].began >= warm_t:
                    S.fc[F[f].flow, FC_HEDGES] += 1
                pc += 1
            elif op == TRIP:
                if trip(P.breakers, P.breaker_par, S.brk, S.brk_t, S.ring, a, now):
                    pc += 1
                else:
                    F[f].why = OPEN
                    pc = code[pc].b
            elif op == REPORT:
                report(P.breakers, P.breaker_par, S.brk, S.brk_t, S.ring, a, code[pc].b == 1, now)
                pc += 1
            elif op == KEYED:
                F[f].key[1] = draw_key(
                    rng, code[pc].b, P.keyspaces[a, 0], P.keyspace_n[a], P.keyspace_par[a],
                    P.keyspaces[a, 1], P.keyspaces[a, 2], P.alias_p, P.alias_k, P.bins,
                )  # fmt: skip
                pc += 1
            elif op == LOOKUP:
                r = F[f].held[code[pc].b] - P.caches[a, 8]
                key = cache_key(P, F[f].key[code[pc].d], code[pc].c)
                hit = look_up(P.caches, P.cache_par, C, rng, a, r, key, now)
                if now >= warm_t:
                    k = int((now - warm_t) * per_s)
                    if k < intervals:
                        S.cts[a, k, 0] += 1
                        if hit == HIT:
                            S.cts[a, k, 1] += 1
                        elif hit == EXPIRED:
                            S.cts[a, k, 3] += 1
                F[f].reg[code[pc].e] = 1 if hit == HIT else 0
                pc += 1
            elif op == PEEK:
                r = F[f].held[code[pc].b] - P.caches[a, 8]
                peek(P.caches, C, a, r, cache_key(P, F[f].key[code[pc].c], code[pc].d), code[pc].e)
                pc += 1
            elif op == FILL:
                r = F[f].held[code[pc].b] - P.caches[a, 8]
                key = cache_key(P, F[f].key[code[pc].c], code[pc].d)
                fill(P.caches, P.cache_par, C, rng, a, r, key, now)
                pc += 1
            elif op == DROP:
                r = F[f].held[code[pc].b] - P.caches[a, 8]
                k = cache_key(P, F[f].key[code[pc].c], code[pc].d) * P.caches[a, 1] + r
                row = C.cfirst[a] + r
                if P.caches[a, 0] != COIN:
                    e = find(C.table, C.entries, P.caches[a, 4], P.caches[a, 5], k, hash31(k, a))
                    if e >= 0:
                        forget(P.caches, C, a, row, P.caches[a, 2] + r * P.caches[a, 3], k, e)
                pc += 1
            elif op == BRANCH:
                pc = code[pc].b if F[f].reg[a] == 0 else pc + 1
            elif op == LOCK:
                e = lock_find(S.locks, S.lkey, S.llink, a, F[f].key[code[pc].b])
                pc += 1
                if e < 0:
                    nlock = lock_add(S.locks, S.lkey, S.llink, S.lfree, a, F[f].key[code[pc - 1].b], nlock)
                    continue
                lock_wait(S.llink, F, e, f)
                F[f].pc = pc
                break
            elif op == UNLOCK:
                e = lock_find(S.locks, S.lkey, S.llink, a, F[f].key[code[pc].b])
                g = lock_next(S.llink, F, e)
                if g >= 0:
                    ready[nready] = g
                    nready += 1
                else:
                    nlock = lock_drop(S.locks, S.lkey, S.llink, S.lfree, e, nlock)
                pc += 1
            elif op == FLIGHT:
                e = lock_find(S.locks, S.lkey, S.llink, a, F[f].key[code[pc].b])
                if e < 0:
                    nlock = lock_add(S.locks, S.lkey, S.llink, S.lfree, a, F[f].key[code[pc].b], nlock)
                    pc += 1
                    continue
                lock_wait(S.llink, F, e, f)
                F[f].pc = code[pc].c
                F[f].fpc = code[pc].d
                break
            elif op == LANDED:
                e = lock_find(S.locks, S.lkey, S.llink, a, F[f].key[code[pc].b])
                g = lock_next(S.llink, F, e)
                while g >= 0:
                    if code[pc].c == 0:
                        F[g].pc = F[g].fpc
                        F[g].why = F[f].why
                    ready[nready] = g
                    nready += 1
                    g = lock_next(S.llink, F, e)
                nlock = lock_drop(S.locks, S.lkey, S.llink, S.lfree, e, nlock)
                pc += 1
            elif op == TAKE:
                index = np.int64(0)
                if code[pc].d >= 0:
                    index = F[f].key[code[pc].d]
                if code[pc].b >= 0:
                    index = index * P.limiters[a, 3] + F[f].held[code[pc].b] - P.limiters[a, 4]
                if take(P.limiters, P.limiter_par, S.lim, S.lim_t, a, index, P.weights[code[pc].e], now):
                    pc += 1
                else:
                    if now >= warm_t:
                        S.refused[a] += 1
                    F[f].why = REFUSED
                    pc = code[pc].c
            elif op == PUBLISH:
                i = P.channels[a, 3]
                if i >= 0 and T[i].qlen >= P.channels[a, 4]:
                    T[i].shed += 1
                    F[f].why = REFUSED
                    pc = code[pc].c
                    continue
                kr = code[pc].b
                part = np.int64(0)
                parts = P.channels[a, 0]
                if parts > 1:
                    if kr >= 0:
                        part = hashed(F[f].key[kr], 7, parts)
                    else:
                        part = counters[code[pc].d]
                        counters[code[pc].d] = part + 1 if part + 1 < parts else 0
                for s in range(P.channels[a, 1], P.channels[a, 1] + P.channels[a, 2]):
                    if P.subscriber_par[s] < 1.0 and uniform(rng, P.subscribers[s, 2]) >= P.subscriber_par[s]:
                        continue
                    nfree -= 1
                    g = free[nfree]
                    w = P.subscribers[s, 1]
                    F[g].pc = P.subscribers[s, 0]
                    F[g].flow = w
                    F[g].parent = -1
                    F[g].why = 0
                    F[g].rank = F[f].rank
                    F[g].part = part
                    F[g].qfail = -1
                    F[g].ev = 0
                    F[g].token = 0
                    F[g].owed = -1
                    F[g].key[0] = F[f].key[kr] if kr >= 0 else F[f].key[0]
                    F[g].key[1] = F[f].key[1]
                    F[g].began = now
                    F[g].origin = F[f].origin
                    if now >= warm_t:
                        S.fc[w, FC_ARRIVED] += 1
                        k = int((now - warm_t) * per_s)
                        if k < intervals:
                            S.fts[w, k, 0] += 1
                    if tracking:
                        inherit(K, g, f)
                        K[g].attempt = 1
                        of = np.int64(P.channels[a, 5])
                        note_message(
                            S.facts, K, F, S.noted, regs, of + s if of >= 0 else of, np.int64(P.subscribers[s, 4]),
                            np.int64(g), now,
                        )  # fmt: skip
                    i = P.subscribers[s, 3]
                    if i >= 0:
                        touch(T, levels, i, now)
                        T[i].visits += 1
                        T[i].qlen += 1
                        if T[i].qlen > T[i].qmax:
                            T[i].qmax = T[i].qlen
                    ready[nready] = g
                    nready += 1
                pc += 1
            elif op == GAUGE:
                touch(T, levels, a, now)
                T[a].qlen += code[pc].b
                if T[a].qlen > T[a].qmax:
                    T[a].qmax = T[a].qlen
                pc += 1
            elif op == REASON:
                F[f].why = a
                pc += 1
            elif op == COUNT:
                if F[f].began >= warm_t:
                    S.fc[F[f].flow, a] += 1
                pc += 1
            elif op == RANK:
                F[f].rank = a
                pc += 1
            elif op < INVOKE:
                pc, x = trouble(P, S, np.int64(f), np.int64(pc))
                if pc == ENDED:
                    free[nfree] = f
                    nfree += 1
                    break
                if pc == WAITS:
                    break
                if x > 0.0:
                    seq += 1
                    F[f].pc = pc
                    F[f].ev = (seq << SLOT_BITS) | f
                    n = push(H, n, now + x, (seq << SLOT_BITS) | f)
                    break
            else:
                pc = remember(code, S.facts, K, F, S.noted, regs, np.int64(f), np.int64(pc), now, lanes)
                if regs[R_WOKEN] > 0:  # after all that this event has begun
                    n, seq = wake(F, H, n, seq, now, regs[R_WOKEN] - 1)
                    regs[R_WOKEN] = 0
                if pc < 0:
                    break
        if nfree < least:
            least = nfree
    regs[R_HEAP] = n
    regs[R_SEQ] = seq
    regs[R_CHUNKS] = nw
    regs[R_PEAK] = max(regs[R_PEAK], F.shape[0] - least)
    regs[R_FREE] = nfree
    regs[R_READY] = nready
    regs[R_LOCKS] = nlock
    regs[R_EVENTS] += events
    times[D_NOW] = now
    return status
