"""The compiled event loop: it replays the operations of a Program and knows nothing of kinds.

Everything that changes lives in the arrays of a State, so that a run can stop at any event and go on later: to grow
an array, to show progress, to be cancelled. Frames (calls in flight) are rows of `fi`, `fl` and `fd`. The calendar is
a 4-ary heap ordered by (time, sequence); constant delays and timeouts wait in lanes, doubly linked lists in order of
time, of which only the heads are in the heap. An event's payload is `sequence << 24 | slot`; a frame remembers the
payload it waits for, so that a cancelled event is recognised when it comes up.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit, uint64

from loadcase.core.distributions import CONST, ERLANG, EXP, LOGNORMAL, MIX, PARETO, UNIFORM
from loadcase.core.program import (
    ABANDONED, ACQUIRE, ADDED_JITTER, ADMIT, BRANCH, BUCKET, CALL, CHANCE, CHOICES, CHOICES_REPL, CHOOSE, COIN,
    COUNT, DAILY, DELAY, DONE, DROP, EACH, EQUAL_JITTER, FAIL, FAILED, FC_ARRIVED, FC_FAILED,
    FC_HEDGES, FC_OK, FC_REASON0, FC_RETRIES, FC_TIMEOUTS, FILL, FIRST, FLIGHT, FORK,
    FULL_JITTER, GAUGE, GROUP_ANY, HASH, HOP, HOT_KEYS, JUMP, KEYED, LANDED, LEAST, LFU, LIFO, LOCK, LOOKUP, LOOP, LRU,
    OPEN, OWNER, PACED, PICK, POISSON, PREEMPTIVE, PRIORITY, PSEND, PUBLISH, RANDOM, RANDOM_CACHE, REASON,
    REFUSED, RELEASE, REPORT, RETRY, RETURN, ROUND_ROBIN, SA_BUSY, SA_BUSY2, SA_LAST, SA_QUEUE, SA_SPEED, SA_V,
    SA_VLAST, SA_WAITED, SA_WIDTH, SC_ABANDONED, SC_SERVED, SC_SHED, SC_VISITS, SC_WAITED, SC_WIDTH, SEL_BASE, SEL_COPIES, SEL_COUNTER, SEL_D,
    SEL_KEY, SEL_MODULO, SEL_N, SEL_PLACE, SEL_POLICY, SERVE, SET, SHARD_COPY, SHARD_LEADER, SHARED, SHED, SLIDING_WINDOW,
    SPAWN, ST_BOUND, ST_BUSY, ST_CAP, ST_DISC, ST_HEAD, ST_PATIENCE, ST_PLACE, ST_POOL, ST_PSF, ST_QLEN, ST_QMAX,
    ST_REGION, ST_SERVING, ST_TAIL, ST_ZONE, START, STILL, TAKE, TIMEOUT, TRACE, TRIP, UNLOCK, WAIT, WEIGHTED_KEYS,
    ZIPF_KEYS,
)  # fmt: skip

# --- frame columns -----------------------------------------------------------------------------------------------
PC, PARENT, FLOW, WHY, RANKED, IDX, NEED, LEFT, PART, NEXT, PREV, QFAIL, LANE, LANE2, FPC, HELD0 = range(16)
SLOTS = 8
REG0 = HELD0 + SLOTS
REGS = 8
FI_WIDTH = REG0 + REGS  # 32
EV, TOKEN, PTOKEN, KEY0, KEY1, LNEXT = range(6)  # event and answers waited for, keys, next in a lock's line
FL_WIDTH = 6
BEGAN, ORIGIN, QUEUED, REST = range(4)
FD_WIDTH = 4

# --- slots of the calendar ---------------------------------------------------------------------------------------
SLOT_BITS = 24
SLOT_MASK = (1 << SLOT_BITS) - 1
LANE0 = SLOT_MASK - 8191
SOURCE0 = SLOT_MASK - 4095
TICK = SLOT_MASK
MAX_FRAMES = 12_000_000

# --- registers of a State ----------------------------------------------------------------------------------------
(R_HEAP, R_SEQ, R_TOKEN, R_FREE, R_READY, R_EVENTS, R_TICKS, R_DONE, R_PEAK, R_LOCKS, R_MARGIN) = range(11)
(D_NOW, D_WARM, D_STEP, D_END, D_LIMIT) = range(5)

# --- why `run` came back -----------------------------------------------------------------------------------------
FINISHED, PAUSED, GROW_FRAMES, GROW_HEAP, DRAIN_LIMIT, TOO_MANY = range(6)

# --- latency histograms: 2**7 linear parts of each power of two from 2**-30 s ------------------------------------
FINE_BITS, COARSE_BITS, LOW_EXP, OCTAVES = 7, 4, -30, 54
FINE_BINS = OCTAVES << FINE_BITS
COARSE_BINS = OCTAVES << COARSE_BITS


class Caches(NamedTuple):
    """The contents of all caches; an entry's place in the arrays is its replica's first entry plus its number."""

    table: np.ndarray  # int32 hash tables: entry + 1
    ekey: np.ndarray  # int64 key of an entry
    elink: np.ndarray  # (entries, 2) int32: next and previous in the eviction order, or LFU heap and place in it
    euse: np.ndarray  # int32 uses of an entry (LFU only)
    eend: np.ndarray  # float64 expiry of an entry (TTL only)
    cstate: np.ndarray  # (replicas of all caches, 3) int64: entries, head, tail
    cfirst: np.ndarray  # first row of each cache in cstate


class State(NamedTuple):
    """All that changes in a run."""

    regs: np.ndarray  # int64
    times: np.ndarray  # float64: now, end of warm-up, interval, end of arrivals, limit of the drain
    rng: np.ndarray  # (places, 4) uint64
    fi: np.ndarray  # (frames, FI_WIDTH) int32
    fl: np.ndarray  # (frames, FL_WIDTH) int64
    fd: np.ndarray  # (frames, FD_WIDTH) float64
    free: np.ndarray  # int32 stack of free frames
    ready: np.ndarray  # int32 stack of frames that go on now
    ht: np.ndarray  # heap times
    hp: np.ndarray  # heap payloads
    lane_head: np.ndarray  # int32 entries: 2*frame resumes it, 2*frame+1 is its timeout
    lane_tail: np.ndarray
    lane_live: np.ndarray  # int8: the lane has an event in the heap
    ln: np.ndarray  # (2*frames, 2) int32 next and previous entry
    lt: np.ndarray  # (2*frames,) time of an entry
    ls: np.ndarray  # (2*frames,) payload of an entry
    st: np.ndarray  # (stations, ST_WIDTH) int32
    sa: np.ndarray  # (stations, SA_WIDTH) float64
    sc: np.ndarray  # (stations, SC_WIDTH) int64
    counters: np.ndarray  # round robin
    src: np.ndarray  # (sources, 4) float64: phase, end of the phase, trace position
    fc: np.ndarray  # (flows, FC_WIDTH) int64
    fsum: np.ndarray  # (2*flows, 3) float64: sum, sum of squares, maximum
    fine: np.ndarray  # (2*flows, FINE_BINS) int64
    coarse: np.ndarray  # (2*flows, intervals, COARSE_BINS) int32
    fts: np.ndarray  # (flows, intervals, 4) int64: arrived, ok, failed, retries
    pts: np.ndarray  # (pools, intervals, 4) float64: busy, queue areas, visits, shed
    plast: np.ndarray  # (pools, 4) the same at the last tick
    ptotal: np.ndarray  # (pools, 4) scratch
    seen: np.ndarray  # int64 scratch: the stations among which a balancer chooses
    sa_end: np.ndarray  # the stations' sums when the arrivals ended
    sc_end: np.ndarray
    cts: np.ndarray  # (caches, intervals, 3) int64: look-ups, hits, entries
    cache: Caches
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


compiled: Any = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)  # type: ignore[call-overload]
"""How every kernel is compiled. Without numba's reference counts, which cost more than the events do: a kernel may
then not allocate (no `np.zeros`, no slices of arrays); scratch space is part of the State."""


# --- random numbers ----------------------------------------------------------------------------------------------
@compiled
def uniform(rng, p):
    """One xoshiro256+ draw in [0, 1). Source: Blackman and Vigna, ACM TOMS 47(4), 2021."""
    a = rng[p, 0]
    b = rng[p, 1]
    c = rng[p, 2]
    d = rng[p, 3]
    r = a + d
    t = b << uint64(17)
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= t
    d = (d << uint64(45)) | (d >> uint64(19))
    rng[p, 0] = a
    rng[p, 1] = b
    rng[p, 2] = c
    rng[p, 3] = d
    return (r >> uint64(11)) * (1.0 / 9007199254740992.0)


@compiled
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
def draw_simple(rng, p, kind, a, b):
    """One draw of a distribution that is no mixture, s."""
    if kind == CONST:
        return a
    if kind == EXP:
        return -math.log(1.0 - uniform(rng, p)) * a
    if kind == LOGNORMAL:
        return math.exp(a + b * inverse_normal(uniform(rng, p)))
    if kind == UNIFORM:
        return a + (b - a) * uniform(rng, p)
    if kind == ERLANG:
        x = 0.0
        for _ in range(int(a)):
            x -= math.log(1.0 - uniform(rng, p))
        return x * b
    if kind == PARETO:
        return a * (1.0 - uniform(rng, p)) ** (-1.0 / b)
    # NORMAL, truncated at zero
    x = a + b * inverse_normal(uniform(rng, p))
    while x < 0.0:
        x = a + b * inverse_normal(uniform(rng, p))
    return x


@compiled
def draw(rng, p, dist_kind, dist, i):
    """One draw of distribution `i`, s."""
    kind = dist_kind[i]
    if kind == MIX:
        u = uniform(rng, p)
        n = int(dist[i, 0])
        j = i + 1
        while j < i + n and u >= dist[j, 2]:
            j += 1
        return draw_simple(rng, p, dist_kind[j], dist[j, 0], dist[j, 1])
    return draw_simple(rng, p, kind, dist[i, 0], dist[i, 1])


@compiled
def mix64(x):
    """A key's hash. Source: Steele, Lea, Flood, SplitMix, OOPSLA 2014."""
    z = uint64(x) + uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> uint64(27))) * uint64(0x94D049BB133111EB)
    return z ^ (z >> uint64(31))


@compiled
def hashed(key, salt, n):
    """Bucket of a key among n."""
    h = mix64(uint64(key) * uint64(0x9E3779B97F4A7C15) + uint64(salt))
    return np.int64((h >> uint64(11)) * (1.0 / 9007199254740992.0) * n)


@compiled
def zipf_integral(x, s):
    """Integral of x**-s, shifted so that it is stable near s = 1."""
    lx = math.log(x)
    y = (1.0 - s) * lx
    if abs(y) > 1e-8:
        return math.expm1(y) / y * lx
    return lx * (1.0 + y * 0.5 * (1.0 + y / 3.0))


@compiled
def zipf_inverse(x, s):
    """Inverse of `zipf_integral`."""
    t = x * (1.0 - s)
    if t < -1.0:
        t = -1.0
    if abs(t) > 1e-8:
        return math.exp(math.log1p(t) / t * x)
    return math.exp(x * (1.0 - t * 0.5 * (1.0 - t * 2.0 / 3.0)))


@compiled
def draw_zipf(rng, p, n, s, h1, hn, edge):
    """Rank in [0, n). Source: Hoermann and Derflinger, Rejection-inversion, ACM TOMACS 6(3), 1996."""
    while True:
        u = hn + uniform(rng, p) * (h1 - hn)
        x = zipf_inverse(u, s)
        k = math.floor(x + 0.5)
        if k < 1.0:
            k = 1.0
        elif k > n:
            k = float(n)
        if k - x <= edge or u >= zipf_integral(k + 0.5, s) - math.exp(-s * math.log(k)):
            return int(k) - 1


@compiled
def draw_key(rng, p, law, n, par, first, count, alias_p, alias_k):
    """A key's rank, the most popular 0."""
    if law == ZIPF_KEYS:
        return draw_zipf(rng, p, n, par[0], par[1], par[2], par[3])
    if law == HOT_KEYS:
        hot = int(par[1])
        if uniform(rng, p) < par[0]:
            return int(uniform(rng, p) * hot)
        return hot + int(uniform(rng, p) * (n - hot)) if n > hot else int(uniform(rng, p) * hot)
    if law == WEIGHTED_KEYS:
        u = uniform(rng, p) * count
        i = int(u)
        if i >= count:
            i = count - 1
        return i if u - i < alias_p[first + i] else alias_k[first + i]
    return int(uniform(rng, p) * n)


# --- the calendar ------------------------------------------------------------------------------------------------
@compiled
def push(ht, hp, n, t, p):
    """Adds an event; gives the new size."""
    i = n
    while i > 0:
        j = (i - 1) >> 2
        if ht[j] < t or (ht[j] == t and hp[j] < p):
            break
        ht[i] = ht[j]
        hp[i] = hp[j]
        i = j
    ht[i] = t
    hp[i] = p
    return n + 1


@compiled
def sift(ht, hp, n, t, p):
    """Puts an event in the place of the first one and restores the order."""
    i = 0
    while True:
        c = 4 * i + 1
        if c >= n:
            break
        m = c
        e = c + 4
        if e > n:
            e = n
        for k in range(c + 1, e):
            if ht[k] < ht[m] or (ht[k] == ht[m] and hp[k] < hp[m]):
                m = k
        if t < ht[m] or (t == ht[m] and p < hp[m]):
            break
        ht[i] = ht[m]
        hp[i] = hp[m]
        i = m
    ht[i] = t
    hp[i] = p


@compiled
def enlane(lh, ltl, live, ln, lt, ls, ht, hp, n, lane, e, t, seq, f):
    """Appends entry `e` to a lane; gives the new heap size."""
    lt[e] = t
    ls[e] = (seq << SLOT_BITS) | f
    ln[e, 0] = -1
    tail = ltl[lane]
    ln[e, 1] = tail
    ltl[lane] = e
    if tail >= 0:
        ln[tail, 0] = e
    else:
        lh[lane] = e
        if live[lane] == 0:
            live[lane] = 1
            n = push(ht, hp, n, t, (seq << SLOT_BITS) | (LANE0 + lane))
    return n


@compiled
def unlane(lh, ltl, ln, lane, e):
    """Takes entry `e` out of its lane; a stale head event is mended when it comes up."""
    a = ln[e, 1]
    b = ln[e, 0]
    if a >= 0:
        ln[a, 0] = b
    else:
        lh[lane] = b
    if b >= 0:
        ln[b, 1] = a
    else:
        ltl[lane] = a


# --- stations ----------------------------------------------------------------------------------------------------
@compiled
def touch(st, sa, i, now):
    """Brings the time integrals of a station up to now."""
    dt = now - sa[i, SA_LAST]
    if dt > 0.0:
        busy = st[i, ST_BUSY]
        cap = st[i, ST_CAP]
        over = 0
        if st[i, ST_DISC] == SHARED and 0 < cap < busy:
            over = busy - cap
        sa[i, SA_BUSY] += dt * (busy - over)
        sa[i, SA_QUEUE] += dt * (st[i, ST_QLEN] + over)
        sa[i, SA_BUSY2] += dt * (busy - over) * (busy - over)
        sa[i, SA_LAST] = now


@compiled
def enqueue(st, fi, i, f, front):
    """Puts a frame into the queue of a station, by its priority."""
    q = 0
    d = st[i, ST_DISC]
    if d >= PRIORITY:
        q = fi[f, RANKED]
    h = ST_HEAD + q
    t = ST_TAIL + q
    if front or d == LIFO:
        b = st[i, h]
        fi[f, NEXT] = b
        fi[f, PREV] = -1
        st[i, h] = f
        if b >= 0:
            fi[b, PREV] = f
        else:
            st[i, t] = f
    else:
        a = st[i, t]
        fi[f, PREV] = a
        fi[f, NEXT] = -1
        st[i, t] = f
        if a >= 0:
            fi[a, NEXT] = f
        else:
            st[i, h] = f
    st[i, ST_QLEN] += 1
    if st[i, ST_QLEN] > st[i, ST_QMAX]:
        st[i, ST_QMAX] = st[i, ST_QLEN]


@compiled
def dequeue(st, fi, i, f):
    """Takes a frame out of the queue of a station."""
    q = fi[f, RANKED] if st[i, ST_DISC] >= PRIORITY else 0
    a = fi[f, PREV]
    b = fi[f, NEXT]
    if a >= 0:
        fi[a, NEXT] = b
    else:
        st[i, ST_HEAD + q] = b
    if b >= 0:
        fi[b, PREV] = a
    else:
        st[i, ST_TAIL + q] = a
    st[i, ST_QLEN] -= 1


@compiled
def join(st, fi, i, f):
    """Adds a frame to the list of those in service (shared and preemptive stations)."""
    b = st[i, ST_SERVING]
    fi[f, NEXT] = b
    fi[f, PREV] = -1
    if b >= 0:
        fi[b, PREV] = f
    st[i, ST_SERVING] = f


@compiled
def leave(st, fi, i, f):
    """Takes a frame out of the list of those in service."""
    a = fi[f, PREV]
    b = fi[f, NEXT]
    if a >= 0:
        fi[a, NEXT] = b
    else:
        st[i, ST_SERVING] = b
    if b >= 0:
        fi[b, PREV] = a


@compiled
def advance(st, sa, i, now):
    """Brings the virtual time of a shared station (work done per request) up to now; gives the rate."""
    busy = 0
    busy = st[i, ST_PSF]
    cap = st[i, ST_CAP]
    rate = 1.0
    if 0 < cap < busy:
        rate = cap / busy
    sa[i, SA_V] += (now - sa[i, SA_VLAST]) * rate
    sa[i, SA_VLAST] = now
    return rate


@compiled
def share(st, sa, fi, fl, fd, ht, hp, i, now, n, seq):
    """Schedules the next completion at a shared station; gives the heap size and the sequence."""
    busy = st[i, ST_PSF]
    if busy == 0:
        return n, seq
    best = st[i, ST_SERVING]
    g = fi[best, NEXT]
    while g >= 0:
        if fd[g, REST] < fd[best, REST]:
            best = g
        g = fi[g, NEXT]
    g = st[i, ST_SERVING]
    while g >= 0:
        fl[g, EV] = 0
        g = fi[g, NEXT]
    cap = st[i, ST_CAP]
    rate = cap / busy if 0 < cap < busy else 1.0
    left = (fd[best, REST] - sa[i, SA_V]) / rate
    if left < 0.0:
        left = 0.0
    seq += 1
    p = (seq << SLOT_BITS) | best
    fl[best, EV] = p
    return push(ht, hp, n, now + left, p), seq


# --- caches ------------------------------------------------------------------------------------------------------
@compiled
def find(table, ekey, first, bits, key, salt):
    """Entry of a key in a cache's hash table (linear probing), or -1."""
    mask = (1 << bits) - 1
    i = np.int64(mix64(uint64(key) ^ uint64(salt)) & uint64(mask))
    while True:
        e = table[first + i]
        if e == 0:
            return -1
        if ekey[e - 1] == key:
            return e - 1
        i = (i + 1) & mask


@compiled
def insert(table, first, bits, key, salt, e):
    """Adds a key that is not there."""
    mask = (1 << bits) - 1
    i = np.int64(mix64(uint64(key) ^ uint64(salt)) & uint64(mask))
    while table[first + i] != 0:
        i = (i + 1) & mask
    table[first + i] = e + 1


@compiled
def erase(table, ekey, first, bits, key, salt):
    """Removes a key that is there, closing the gap (backward shift)."""
    mask = (1 << bits) - 1
    i = np.int64(mix64(uint64(key) ^ uint64(salt)) & uint64(mask))
    while ekey[table[first + i] - 1] != key:
        i = (i + 1) & mask
    j = i
    while True:
        j = (j + 1) & mask
        e = table[first + j]
        if e == 0:
            break
        home = np.int64(mix64(uint64(ekey[e - 1]) ^ uint64(salt)) & uint64(mask))
        if ((j - home) & mask) >= ((j - i) & mask):
            table[first + i] = e
            i = j
    table[first + i] = 0


@compiled
def order_out(elink, cs, row, e):
    """Takes an entry out of the eviction order."""
    a = elink[e, 1]
    b = elink[e, 0]
    if a >= 0:
        elink[a, 0] = b
    else:
        cs[row, 1] = b
    if b >= 0:
        elink[b, 1] = a
    else:
        cs[row, 2] = a


@compiled
def order_in(elink, cs, row, e):
    """Makes an entry the last to be evicted."""
    t = cs[row, 2]
    elink[e, 1] = t
    elink[e, 0] = -1
    cs[row, 2] = e
    if t >= 0:
        elink[t, 0] = e
    else:
        cs[row, 1] = e


@compiled
def lfu_less(euse, a, b):
    """Whether entry a is evicted before entry b."""
    return euse[a] < euse[b] or (euse[a] == euse[b] and a < b)


@compiled
def lfu_up(elink, euse, base, i, e):
    """Moves an entry towards the top of the heap of least used ones."""
    while i > 0:
        j = (i - 1) >> 1
        p = elink[base + j, 0]
        if not lfu_less(euse, e, p):
            break
        elink[base + i, 0] = p
        elink[p, 1] = i
        i = j
    elink[base + i, 0] = e
    elink[e, 1] = i


@compiled
def lfu_down(elink, euse, base, n, i, e):
    """Moves an entry towards the bottom of the heap of least used ones."""
    while True:
        c = 2 * i + 1
        if c >= n:
            break
        if c + 1 < n and lfu_less(euse, elink[base + c + 1, 0], elink[base + c, 0]):
            c += 1
        p = elink[base + c, 0]
        if not lfu_less(euse, p, e):
            break
        elink[base + i, 0] = p
        elink[p, 1] = i
        i = c
    elink[base + i, 0] = e
    elink[e, 1] = i


@compiled
def forget(caches, C, c, row, base, key, e):
    """Removes entry `e` and fills its place with the replica's last entry."""
    policy = caches[c, 0]
    first, bits = caches[c, 4], caches[c, 5]
    cs, elink, ekey, euse, eend = C.cstate, C.elink, C.ekey, C.euse, C.eend
    salt = c
    erase(C.table, ekey, first, bits, key, salt)
    n = cs[row, 0] - 1
    cs[row, 0] = n
    last = base + n
    if policy == LFU:
        i = elink[e, 1]
        moved = elink[base + n, 0]
        if moved != e:
            lfu_down(elink, euse, base, n, i, moved)
            lfu_up(elink, euse, base, elink[moved, 1], moved)
    elif policy != RANDOM_CACHE:
        order_out(elink, cs, row, e)
    if e != last:
        erase(C.table, ekey, first, bits, ekey[last], salt)
        k = ekey[last]
        ekey[e] = k
        if eend.shape[0] > 1:
            eend[e] = eend[last]
        if policy == LFU:
            euse[e] = euse[last]
            i = elink[last, 1]
            elink[e, 1] = i
            elink[base + i, 0] = e
        elif policy != RANDOM_CACHE:
            a = elink[last, 1]
            b = elink[last, 0]
            elink[e, 1] = a
            elink[e, 0] = b
            if a >= 0:
                elink[a, 0] = e
            else:
                cs[row, 1] = e
            if b >= 0:
                elink[b, 1] = e
            else:
                cs[row, 2] = e
        insert(C.table, first, bits, k, salt, e)


@compiled
def look_up(caches, cache_par, C, rng, c, replica, key, now):
    """Whether the cache holds the key, with what an access does to the eviction order."""
    policy = caches[c, 0]
    if policy == COIN:
        return uniform(rng, caches[c, 7]) < cache_par[c, 1]
    row = C.cfirst[c] + replica
    base = caches[c, 2] + replica * caches[c, 3]
    e = find(C.table, C.ekey, caches[c, 4], caches[c, 5], key * caches[c, 1] + replica, c)
    if e < 0:
        return False
    ttl = cache_par[c, 0]
    if ttl < 1e300:
        if C.eend[e] <= now:
            forget(caches, C, c, row, base, key * caches[c, 1] + replica, e)
            return False
        if caches[c, 6] == 1:
            C.eend[e] = now + ttl
    if policy == LRU:
        if C.cstate[row, 2] != e:
            order_out(C.elink, C.cstate, row, e)
            order_in(C.elink, C.cstate, row, e)
    elif policy == LFU:
        C.euse[e] += 1
        lfu_down(C.elink, C.euse, base, C.cstate[row, 0], C.elink[e, 1], e)
    return True


@compiled
def fill(caches, cache_par, C, rng, c, replica, key, now):
    """Stores a key, evicting another one from a full replica."""
    policy = caches[c, 0]
    if policy == COIN:
        return
    row = C.cfirst[c] + replica
    cap = caches[c, 3]
    base = caches[c, 2] + replica * cap
    first, bits = caches[c, 4], caches[c, 5]
    k = key * caches[c, 1] + replica
    cs = C.cstate
    ttl = cache_par[c, 0]
    e = find(C.table, C.ekey, first, bits, k, c)
    if e >= 0:
        if ttl < 1e300:
            C.eend[e] = now + ttl
        if policy == LRU and cs[row, 2] != e:
            order_out(C.elink, cs, row, e)
            order_in(C.elink, cs, row, e)
        return
    if cs[row, 0] >= cap:
        if policy == LFU:
            v = C.elink[base, 0]
        elif policy == RANDOM_CACHE:
            v = base + below(rng, caches[c, 7], cap)
        else:
            v = cs[row, 1]
        forget(caches, C, c, row, base, C.ekey[v], v)
    n = cs[row, 0]
    e = base + n
    cs[row, 0] = n + 1
    C.ekey[e] = k
    if ttl < 1e300:
        C.eend[e] = now + ttl
    if policy == LFU:
        C.euse[e] = 1
        lfu_up(C.elink, C.euse, base, n, e)
    elif policy != RANDOM_CACHE:
        order_in(C.elink, cs, row, e)
    insert(C.table, first, bits, k, c, e)


@compiled
def warm(P, S, c, space, place, modulus, rate, limit):
    """Fills a cache with the keys that arrivals would have left there; gives the accesses made.

    Key requests alone are replayed before time zero: with LRU the content is stationary as soon as every replica is
    full; the other policies go on for as long again, and a time to live for its own length. Source: the content of an
    LRU cache is the set of its latest distinct keys (King, 1971).
    """
    replicas = P.caches[c, 1]
    cap = P.caches[c, 3]
    ttl = P.cache_par[c, 0]
    row = S.cache.cfirst[c]
    space_n = P.keyspace_n[space]
    made = 0
    full_at = -1
    dt = 1.0 / rate
    now = -limit * dt
    while made < limit:
        key = draw_key(
            S.rng, place, P.keyspaces[space, 0], space_n, P.keyspace_par[space],
            P.keyspaces[space, 1], P.keyspaces[space, 2], P.alias_p, P.alias_k,
        )  # fmt: skip
        r = hashed(key, 7, replicas) if modulus == 0 else below(S.rng, place, replicas)
        if not look_up(P.caches, P.cache_par, S.cache, S.rng, c, r, key, now):
            fill(P.caches, P.cache_par, S.cache, S.rng, c, r, key, now)
        made += 1
        now += dt
        if (made & 1023) == 0:
            if full_at < 0:
                full = True
                for q in range(replicas):
                    if S.cache.cstate[row + q, 0] < cap:
                        full = False
                if full:
                    full_at = made
            age = made * dt
            if full_at >= 0:
                # FIFO and the like forget their empty start more slowly than LRU; LFU has to count
                turns = 2 if P.caches[c, 0] == LRU else 200 if P.caches[c, 0] == LFU else 8
                settled = made >= turns * full_at
                if settled or (P.caches[c, 0] == LRU and ttl > 1e300):
                    break
            elif ttl < 1e300 and age >= 2.0 * ttl:
                break
    # entries that have stayed since before the cache was full are of hot keys: they are stored again once per time to
    # live, at any moment of it; the clock then starts at zero
    if ttl < 1e300:
        long_ago = now - (made - full_at) * dt + ttl if full_at >= 0 and made * dt < ttl else -1e308
        for q in range(replicas):
            base = P.caches[c, 2] + q * cap
            for e in range(base, base + S.cache.cstate[row + q, 0]):
                if S.cache.eend[e] < long_ago:
                    S.cache.eend[e] = uniform(S.rng, place) * ttl
                else:
                    S.cache.eend[e] -= now
    return made


# --- choosing a station ------------------------------------------------------------------------------------------
@compiled
def load_of(st, i):
    """Requests at a station, waiting or in service."""
    return st[i, ST_BUSY] + st[i, ST_QLEN]


@compiled
def pick_least(st, rng, place, base, n):
    """The station with the fewest requests; ties at random."""
    best = base
    low = load_of(st, base)
    ties = 1
    for k in range(base + 1, base + n):
        x = load_of(st, k)
        if x < low:
            low = x
            best = k
            ties = 1
        elif x == low:
            ties += 1
    if ties > 1:
        nth = below(rng, place, ties)
        for k in range(base, base + n):
            if load_of(st, k) == low:
                if nth == 0:
                    return k
                nth -= 1
    return best


@compiled
def pick_choices(st, seen, rng, place, base, n, d, replacement):
    """The least loaded of d random stations; ties at random."""
    if d >= n and not replacement:
        return pick_least(st, rng, place, base, n)
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
        x = load_of(st, k)
        if best < 0 or x < low:
            best = k
            low = x
            ties = 1
        elif x == low:
            ties += 1
            if below(rng, place, ties) == 0:
                best = k
    return best


@compiled
def pick_station(select, counters, st, seen, rng, fi, fl, s, f):
    """Station that selection `s` chooses for a frame."""
    row = select[s]
    policy = row[SEL_POLICY]
    base = row[SEL_BASE]
    n = row[SEL_N]
    if policy == FIRST:
        return base
    if policy == ROUND_ROBIN:
        c = row[SEL_COUNTER]
        k = counters[c]
        counters[c] = k + 1 if k + 1 < n else 0
        return base + k
    if policy == RANDOM:
        return base + below(rng, row[SEL_PLACE], n)
    if policy == LEAST:
        return pick_least(st, rng, row[SEL_PLACE], base, n)
    if policy == CHOICES or policy == CHOICES_REPL:
        return pick_choices(st, seen, rng, row[SEL_PLACE], base, n, row[SEL_D], policy == CHOICES_REPL)
    if policy == OWNER:
        return base + fi[f, PART] % n
    copies = row[SEL_COPIES]
    groups = n // copies
    if policy == EACH:
        return base + fi[f, IDX] % n
    if policy == GROUP_ANY:
        g = fi[f, IDX] % groups
        return base + g * copies + below(rng, row[SEL_PLACE], copies)
    key = fl[f, KEY0 + row[SEL_KEY]]
    if policy == HASH:
        return base + hashed(key, 7, n)
    if row[SEL_KEY] < 0:
        g = fi[f, PART] % groups
    elif row[SEL_MODULO] == 1:
        g = int(key % groups)
    else:
        g = hashed(key, 7, groups)
    if policy == SHARD_LEADER:
        return base + g * copies
    if policy == SHARD_COPY:
        return base + g * copies + (fi[f, IDX] + row[SEL_D]) % copies
    return base + g * copies + below(rng, row[SEL_PLACE], copies)  # SHARD_ANY


# --- limiters, breakers, locks -----------------------------------------------------------------------------------
@compiled
def take(P, S, i, index, cost, now):
    """Whether limiter `i` has `cost` permits left in counter `index`, which are then taken."""
    row = P.limiters[i]
    rate, burst, window = P.limiter_par[i, 0], P.limiter_par[i, 1], P.limiter_par[i, 2]
    j = row[1] + index
    lim, lim_t = S.lim, S.lim_t
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


@compiled
def trip(P, S, b, now):
    """Whether a breaker lets a call through."""
    br = S.brk[b]
    if br[BR_STATE] == 0:
        return True
    if now - S.brk_t[b] < P.breaker_par[b, 1] or br[BR_PROBE] == 1:
        return False
    br[BR_PROBE] = 1
    return True


@compiled
def report(P, S, b, ok, now):
    """Tells a breaker how a call ended."""
    br = S.brk[b]
    size = P.breakers[b, 0]
    first = P.breakers[b, 1]
    if br[BR_STATE] == 1:
        if br[BR_PROBE] == 1:
            br[BR_PROBE] = 0
            if ok:
                br[BR_STATE] = 0
                br[BR_SEEN] = 0
                br[BR_BAD] = 0
                br[BR_AT] = 0
            else:
                S.brk_t[b] = now
        return
    at = br[BR_AT]
    if br[BR_SEEN] >= size:
        br[BR_BAD] -= S.ring[first + at]
    else:
        br[BR_SEEN] += 1
    bad = 0 if ok else 1
    S.ring[first + at] = bad
    br[BR_BAD] += bad
    br[BR_AT] = (at + 1) % size
    if br[BR_SEEN] >= size and br[BR_BAD] >= P.breaker_par[b, 0] * size:
        br[BR_STATE] = 1
        br[BR_PROBE] = 0
        S.brk_t[b] = now


@compiled
def bucket(locks, space, key):
    """Lock bucket of a key."""
    return np.int64(mix64(uint64(key) * uint64(31) + uint64(space)) & uint64(locks.shape[0] - 1))


@compiled
def lock_find(S, space, key):
    """The lock of a key, or -1."""
    e = S.locks[bucket(S.locks, space, key)]
    while e >= 0 and (S.lkey[e, 0] != key or S.lkey[e, 1] != space):
        e = S.llink[e, 0]
    return e


@compiled
def lock_add(S, space, key, n):
    """Makes the lock of a key; gives the number of free locks left."""
    n -= 1
    e = S.lfree[n]
    i = bucket(S.locks, space, key)
    S.lkey[e, 0] = key
    S.lkey[e, 1] = space
    S.llink[e, 0] = S.locks[i]
    S.llink[e, 1] = -1
    S.llink[e, 2] = -1
    S.locks[i] = e
    return n


@compiled
def lock_wait(S, e, f):
    """Makes a frame wait for a lock."""
    S.fl[f, LNEXT] = -1
    t = S.llink[e, 2]
    if t >= 0:
        S.fl[t, LNEXT] = f
    else:
        S.llink[e, 1] = f
    S.llink[e, 2] = f


@compiled
def lock_next(S, e):
    """The first frame that waits for a lock, taken out of the line, or -1."""
    f = S.llink[e, 1]
    if f >= 0:
        b = S.fl[f, LNEXT]
        S.llink[e, 1] = b
        if b < 0:
            S.llink[e, 2] = -1
    return f


@compiled
def lock_drop(S, e, n):
    """Removes a lock; gives the number of free locks."""
    i = bucket(S.locks, S.lkey[e, 1], S.lkey[e, 0])
    g = S.locks[i]
    if g == e:
        S.locks[i] = S.llink[e, 0]
    else:
        while S.llink[g, 0] != e:
            g = S.llink[g, 0]
        S.llink[g, 0] = S.llink[e, 0]
    S.lfree[n] = e
    return n + 1


# --- measuring ---------------------------------------------------------------------------------------------------
@compiled
def observe(fsum, fine_h, coarse_h, row, interval, x):
    """Adds a latency to the histograms and sums of a row."""
    fsum[row, 0] += x
    fsum[row, 1] += x * x
    if x > fsum[row, 2]:
        fsum[row, 2] = x
    fine = 0
    coarse = 0
    if x > 0.0:
        m, e = math.frexp(x)
        octave = e - 1 - LOW_EXP
        if octave >= OCTAVES:
            fine = FINE_BINS - 1
            coarse = COARSE_BINS - 1
        elif octave >= 0:
            part = 2.0 * m - 1.0
            fine = (octave << FINE_BITS) + int(part * (1 << FINE_BITS))
            coarse = (octave << COARSE_BITS) + int(part * (1 << COARSE_BITS))
    fine_h[row, fine] += 1
    if interval >= 0:
        coarse_h[row, interval, coarse] += 1


@compiled
def tick(P, S, now, interval):
    """Closes an interval: areas of all stations, by pool; interval -1 ends the warm-up and starts the counts."""
    st, sa, sc, pts, plast = S.st, S.sa, S.sc, S.pts, S.plast
    for i in range(st.shape[0]):
        touch(st, sa, i, now)
    if interval < 0:
        sa[:, SA_BUSY] = 0.0
        sa[:, SA_QUEUE] = 0.0
        sa[:, SA_BUSY2] = 0.0
        sa[:, SA_WAITED] = 0.0
        sc[:, :] = 0
        for i in range(st.shape[0]):
            st[i, ST_QMAX] = st[i, ST_QLEN]
        plast[:, :] = 0.0
        S.cts[:, 0, :] = 0
        return
    total = S.ptotal
    total[:, :] = 0.0
    for i in range(st.shape[0]):
        p = st[i, ST_POOL]
        total[p, 0] += sa[i, SA_BUSY]
        total[p, 1] += sa[i, SA_QUEUE]
        total[p, 2] += sc[i, SC_VISITS]
        total[p, 3] += sc[i, SC_SHED]
    for p in range(plast.shape[0]):
        for k in range(4):
            pts[p, interval, k] = total[p, k] - plast[p, k]
            plast[p, k] = total[p, k]
    for i in range(st.shape[0]):
        for k in range(SA_WIDTH):
            S.sa_end[i, k] = sa[i, k]
        for k in range(SC_WIDTH):
            S.sc_end[i, k] = sc[i, k]
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
                    if S.cache.eend[e] > now:
                        n += 1
            else:
                n += held
        S.cts[c, interval, 2] = n


@compiled
def next_arrival(P, S, i, now):
    """Time of the next arrival of source `i`, s; infinite when there is none."""
    kind = P.sources[i, 0]
    rate = P.source_par[i, 0]
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
        return now - math.log(1.0 - uniform(S.rng, place)) / rate
    top = P.source_par[i, 1]  # thinning: candidates at the highest rate, kept in proportion
    t = now
    while True:
        t -= math.log(1.0 - uniform(S.rng, place)) / top
        if kind == DAILY:
            period = P.source_par[i, 2]
            r = rate + (top - rate) * math.sin(2.0 * math.pi * t / period)
        else:  # BURSTY: exponential periods at the high and the low rate
            while t > S.src[i, 1]:
                S.src[i, 0] = 1.0 - S.src[i, 0]
                mean = P.source_par[i, 2] if S.src[i, 0] == 1.0 else P.source_par[i, 3]
                S.src[i, 1] -= math.log(1.0 - uniform(S.rng, place)) * mean
            r = top if S.src[i, 0] == 1.0 else rate
        if uniform(S.rng, place) * top < r:
            return t


# --- the loop ----------------------------------------------------------------------------------------------------
@compiled
def run(P, S, quota):
    """Runs until the calendar is empty, `quota` events have passed, or an array is too small; gives the reason."""
    code, lanes, dist_kind, dist = P.code, P.lanes, P.dist_kind, P.dist
    regs, times, rng = S.regs, S.times, S.rng
    fi, fl, fd, free, ready = S.fi, S.fl, S.fd, S.free, S.ready
    ht, hp, st, sa, sc = S.ht, S.hp, S.st, S.sa, S.sc
    lh, ltl, live, ln, lt, ls = S.lane_head, S.lane_tail, S.lane_live, S.ln, S.lt, S.ls
    fsum, fine_h, coarse_h, counters, select = S.fsum, S.fine, S.coarse, S.counters, P.select
    C = S.cache
    n = regs[R_HEAP]
    seq = regs[R_SEQ]
    token = regs[R_TOKEN]
    nfree = regs[R_FREE]
    nready = regs[R_READY]
    nlock = regs[R_LOCKS]
    margin = regs[R_MARGIN]
    events = 0
    warm_t, step, end, limit = times[D_WARM], times[D_STEP], times[D_END], times[D_LIMIT]
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
            if n == 0:
                status = FINISHED
                break
            if events >= quota:
                status = PAUSED
                break
            if nfree < margin:
                status = GROW_FRAMES
                break
            if n + margin > ht.shape[0]:
                status = GROW_HEAP
                break
            t = ht[0]
            if t > limit:
                status = DRAIN_LIMIT
                break
            pl = hp[0]
            slot = pl & SLOT_MASK
            if slot < LANE0:
                n -= 1
                sift(ht, hp, n, ht[n], hp[n])
                if fl[slot, EV] != pl:
                    continue
                fl[slot, EV] = 0
                now = t
                events += 1
                f = slot
                if fi[f, QFAIL] >= 0:  # waited in a queue for longer than its patience
                    i = fi[f, HELD0 + fi[f, LANE2]]
                    touch(st, sa, i, now)
                    dequeue(st, fi, i, f)
                    sc[i, SC_ABANDONED] += 1
                    fi[f, WHY] = ABANDONED
                    fi[f, PC] = fi[f, QFAIL]
                    fi[f, QFAIL] = -1
            elif slot < SOURCE0:
                lane = slot - LANE0
                e = lh[lane]
                if e < 0:
                    n -= 1
                    sift(ht, hp, n, ht[n], hp[n])
                    live[lane] = 0
                    continue
                if ls[e] >> SLOT_BITS != pl >> SLOT_BITS:
                    sift(ht, hp, n, lt[e], (ls[e] >> SLOT_BITS << SLOT_BITS) | slot)
                    continue
                b = ln[e, 0]
                lh[lane] = b
                if b >= 0:
                    ln[b, 1] = -1
                    sift(ht, hp, n, lt[b], (ls[b] >> SLOT_BITS << SLOT_BITS) | slot)
                else:
                    ltl[lane] = -1
                    live[lane] = 0
                    n -= 1
                    sift(ht, hp, n, ht[n], hp[n])
                now = t
                events += 1
                f = e >> 1
                if e & 1:  # the caller's patience is over; the callee carries on
                    fi[f, LANE] = -1
                    fl[f, TOKEN] = 0
                    fi[f, WHY] = TIMEOUT
                    fi[f, PC] = fi[f, FPC]
                    if fd[f, BEGAN] >= warm_t:
                        S.fc[fi[f, FLOW], FC_TIMEOUTS] += 1
                else:
                    if fl[f, EV] != ls[e]:
                        continue
                    fl[f, EV] = 0
            elif slot == TICK:
                k = regs[R_TICKS]
                now = t
                tick(P, S, now, k - 1)
                regs[R_TICKS] = k + 1
                if k < intervals:
                    seq += 1
                    sift(ht, hp, n, warm_t + (k + 1) * step, (seq << SLOT_BITS) | TICK)
                else:
                    n -= 1
                    sift(ht, hp, n, ht[n], hp[n])
                continue
            else:  # an arrival
                i = slot - SOURCE0
                now = t
                events += 1
                if now >= end:
                    n -= 1
                    sift(ht, hp, n, ht[n], hp[n])
                    continue
                nfree -= 1
                f = free[nfree]
                fi[f, PC] = P.sources[i, 2]
                fi[f, FLOW] = P.sources[i, 1]
                fi[f, PARENT] = -1
                fi[f, QFAIL] = -1
                fi[f, LANE] = -1
                fl[f, PTOKEN] = -1
                fl[f, TOKEN] = 0
                seq += 1
                t = next_arrival(P, S, i, now)
                if t < end:
                    sift(ht, hp, n, t, (seq << SLOT_BITS) | slot)
                else:
                    n -= 1
                    sift(ht, hp, n, ht[n], hp[n])
        # --- its operations, until it waits or ends
        pc = fi[f, PC]
        while True:
            op = code[pc, 0]
            a = code[pc, 1]
            if op == DELAY:
                seq += 1
                fi[f, PC] = pc + 1
                fl[f, EV] = (seq << SLOT_BITS) | f
                n = enlane(lh, ltl, live, ln, lt, ls, ht, hp, n, a, 2 * f, now + lanes[a], seq, f)
                break
            elif op == HOP:
                b = code[pc, 2]
                c = code[pc, 3]
                cls = 0
                if b >= 0 and c >= 0:
                    b = fi[f, HELD0 + b]
                    c = fi[f, HELD0 + c]
                    if st[b, ST_ZONE] != st[c, ST_ZONE]:
                        cls = 1 if st[b, ST_REGION] == st[c, ST_REGION] else 2
                lane = P.hops[a, cls]
                seq += 1
                fi[f, PC] = pc + 1
                fl[f, EV] = (seq << SLOT_BITS) | f
                if lane >= 0:
                    n = enlane(lh, ltl, live, ln, lt, ls, ht, hp, n, lane, 2 * f, now + lanes[lane], seq, f)
                else:
                    t = now + draw(rng, P.hops[a, 3], dist_kind, dist, -1 - lane)
                    n = push(ht, hp, n, t, (seq << SLOT_BITS) | f)
                break
            elif op == PICK:
                fi[f, HELD0 + code[pc, 2]] = pick_station(select, counters, st, S.seen, rng, fi, fl, a, f)
                pc += 1
            elif op == ACQUIRE:
                i = fi[f, HELD0 + a]
                touch(st, sa, i, now)
                sc[i, SC_VISITS] += 1
                cap = st[i, ST_CAP]
                busy = st[i, ST_BUSY]
                disc = st[i, ST_DISC]
                if cap == 0 or busy < cap or disc == SHARED:
                    if disc == SHARED and st[i, ST_BOUND] >= 0 and cap > 0 and busy >= cap + st[i, ST_BOUND]:
                        sc[i, SC_SHED] += 1
                        fi[f, WHY] = SHED
                        pc = code[pc, 2]
                        continue
                    st[i, ST_BUSY] = busy + 1
                    if disc == PREEMPTIVE:
                        join(st, fi, i, f)
                        fd[f, REST] = -1.0
                    pc += 1
                    continue
                if disc == PREEMPTIVE:
                    # the least important request in service gives way, and goes on later where it stopped
                    worst = -1
                    g = st[i, ST_SERVING]
                    while g >= 0:
                        if fi[g, RANKED] > fi[f, RANKED] and fd[g, REST] >= 0.0 and fl[g, EV] != 0:
                            if worst < 0 or fi[g, RANKED] > fi[worst, RANKED]:
                                worst = g
                        g = fi[g, NEXT]
                    if worst >= 0:
                        leave(st, fi, i, worst)
                        fl[worst, EV] = 0
                        fd[worst, REST] -= now
                        fd[worst, QUEUED] = now
                        enqueue(st, fi, i, worst, True)
                        join(st, fi, i, f)
                        fd[f, REST] = -1.0
                        pc += 1
                        continue
                if st[i, ST_BOUND] >= 0 and st[i, ST_QLEN] >= st[i, ST_BOUND]:
                    sc[i, SC_SHED] += 1
                    fi[f, WHY] = SHED
                    pc = code[pc, 2]
                    continue
                sc[i, SC_WAITED] += 1
                fi[f, PC] = pc + 1
                fd[f, REST] = -1.0
                fd[f, QUEUED] = now
                enqueue(st, fi, i, f, False)
                if st[i, ST_PATIENCE] >= 0:
                    fi[f, QFAIL] = code[pc, 2]
                    fi[f, LANE2] = a
                    seq += 1
                    fl[f, EV] = (seq << SLOT_BITS) | f
                    t = now + draw(rng, st[i, ST_PLACE], dist_kind, dist, st[i, ST_PATIENCE])
                    n = push(ht, hp, n, t, (seq << SLOT_BITS) | f)
                break
            elif op == SERVE:
                i = fi[f, HELD0 + a]
                x = draw(rng, code[pc, 3], dist_kind, dist, code[pc, 2]) * sa[i, SA_SPEED]
                fi[f, PC] = pc + 1
                if st[i, ST_DISC] == SHARED:
                    advance(st, sa, i, now)
                    fd[f, REST] = sa[i, SA_V] + x
                    join(st, fi, i, f)
                    st[i, ST_PSF] += 1
                    n, seq = share(st, sa, fi, fl, fd, ht, hp, i, now, n, seq)
                    break
                seq += 1
                fd[f, REST] = now + x
                fl[f, EV] = (seq << SLOT_BITS) | f
                n = push(ht, hp, n, now + x, (seq << SLOT_BITS) | f)
                break
            elif op == PSEND:
                i = fi[f, HELD0 + a]
                advance(st, sa, i, now)
                leave(st, fi, i, f)
                st[i, ST_PSF] -= 1
                n, seq = share(st, sa, fi, fl, fd, ht, hp, i, now, n, seq)
                pc += 1
            elif op == RELEASE:
                i = fi[f, HELD0 + a]
                touch(st, sa, i, now)
                sc[i, SC_SERVED] += 1
                disc = st[i, ST_DISC]
                if disc == PREEMPTIVE:
                    leave(st, fi, i, f)
                pc += 1
                if st[i, ST_QLEN] > 0:
                    g = st[i, ST_HEAD]
                    if disc >= PRIORITY:
                        q = 0
                        while st[i, ST_HEAD + q] < 0:
                            q += 1
                        g = st[i, ST_HEAD + q]
                    dequeue(st, fi, i, g)
                    sa[i, SA_WAITED] += now - fd[g, QUEUED]
                    if fi[g, QFAIL] >= 0:
                        fi[g, QFAIL] = -1
                        fl[g, EV] = 0
                    if disc == PREEMPTIVE:
                        join(st, fi, i, g)
                    if disc == PREEMPTIVE and fd[g, REST] >= 0.0:
                        seq += 1
                        fd[g, REST] += now
                        fl[g, EV] = (seq << SLOT_BITS) | g
                        n = push(ht, hp, n, fd[g, REST], (seq << SLOT_BITS) | g)
                    else:
                        ready[nready] = g
                        nready += 1
                else:
                    st[i, ST_BUSY] -= 1
            elif op == WAIT:
                seq += 1
                fi[f, PC] = pc + 1
                fl[f, EV] = (seq << SLOT_BITS) | f
                t = now + draw(rng, code[pc, 2], dist_kind, dist, a)
                n = push(ht, hp, n, t, (seq << SLOT_BITS) | f)
                break
            elif op == CALL or op == FORK or op == SPAWN:
                count = 1
                body = a
                if op == CALL:
                    need = 1
                    lane = code[pc, 2]
                    fi[f, FPC] = code[pc, 3]
                elif op == FORK:
                    count = code[pc, 2]
                    need = code[pc, 3]
                    fi[f, FPC] = code[pc, 4]
                    lane = code[pc, 5]
                else:
                    need = 0
                    lane = -1
                tok = np.int64(-1)
                if op != SPAWN:
                    token += 1
                    tok = token
                    fl[f, TOKEN] = tok
                    fi[f, NEED] = need
                    fi[f, LEFT] = count
                    if lane >= 0:
                        seq += 1
                        fi[f, LANE] = lane
                        n = enlane(lh, ltl, live, ln, lt, ls, ht, hp, n, lane, 2 * f + 1, now + lanes[lane], seq, f)
                fi[f, PC] = pc + 1
                for k in range(count - 1, -1, -1):
                    if op == FORK:
                        body = P.bodies[a] if code[pc, 6] == 1 else P.bodies[a + k]
                    nfree -= 1
                    g = free[nfree]
                    for j in range(HELD0, FI_WIDTH):
                        fi[g, j] = fi[f, j]
                    fi[g, PC] = body
                    fi[g, PARENT] = f
                    fi[g, FLOW] = fi[f, FLOW]
                    fi[g, WHY] = 0
                    fi[g, RANKED] = fi[f, RANKED]
                    fi[g, IDX] = k
                    fi[g, PART] = fi[f, PART]
                    fi[g, QFAIL] = -1
                    fi[g, LANE] = -1
                    fl[g, EV] = 0
                    fl[g, TOKEN] = 0
                    fl[g, PTOKEN] = tok
                    fl[g, KEY0] = fl[f, KEY0]
                    fl[g, KEY1] = fl[f, KEY1]
                    fd[g, BEGAN] = fd[f, BEGAN]
                    fd[g, ORIGIN] = fd[f, ORIGIN]
                    ready[nready] = g
                    nready += 1
                if op == SPAWN:
                    pc += 1
                    continue
                break
            elif op == RETURN or op == FAIL:
                p = fi[f, PARENT]
                tok = fl[f, PTOKEN]
                why = fi[f, WHY]
                free[nfree] = f
                nfree += 1
                if tok <= 0 or fl[p, TOKEN] != tok:
                    break
                if op == RETURN:
                    fi[p, NEED] -= 1
                    fi[p, LEFT] -= 1
                    if fi[p, NEED] > 0:
                        break
                else:
                    fi[p, LEFT] -= 1
                    if fi[p, LEFT] >= fi[p, NEED]:
                        break
                    fi[p, WHY] = why
                    fi[p, PC] = fi[p, FPC]
                fl[p, TOKEN] = 0
                if fi[p, LANE] >= 0:
                    unlane(lh, ltl, ln, fi[p, LANE], 2 * p + 1)
                    fi[p, LANE] = -1
                f = p
                pc = fi[f, PC]
            elif op == START:
                fd[f, BEGAN] = now
                fd[f, ORIGIN] = now
                fi[f, WHY] = 0
                fi[f, RANKED] = code[pc, 3]
                if now >= warm_t:
                    w = fi[f, FLOW]
                    S.fc[w, FC_ARRIVED] += 1
                    k = int((now - warm_t) / step)
                    if k < intervals:
                        S.fts[w, k, 0] += 1
                if a >= 0:
                    fl[f, KEY0] = draw_key(
                        rng, code[pc, 2], P.keyspaces[a, 0], P.keyspace_n[a], P.keyspace_par[a],
                        P.keyspaces[a, 1], P.keyspaces[a, 2], P.alias_p, P.alias_k,
                    )  # fmt: skip
                pc += 1
            elif op == DONE or op == FAILED:
                w = fi[f, FLOW]
                t0 = fd[f, BEGAN]
                if t0 >= warm_t:
                    k = int((t0 - warm_t) / step)
                    if k >= intervals:
                        k = -1
                    if op == DONE:
                        S.fc[w, FC_OK] += 1
                        if k >= 0:
                            S.fts[w, k, 1] += 1
                        observe(fsum, fine_h, coarse_h, w, k, now - t0)
                        if P.ages[w] >= 0:
                            observe(fsum, fine_h, coarse_h, P.ages[w], k, now - fd[f, ORIGIN])
                    else:
                        S.fc[w, FC_FAILED] += 1
                        S.fc[w, FC_REASON0 + fi[f, WHY]] += 1
                        if k >= 0:
                            S.fts[w, k, 2] += 1
                regs[R_DONE] += 1
                if P.think[w] >= 0:  # a closed loop: the client pauses and comes again
                    t = now + draw(rng, a, dist_kind, dist, P.think[w])
                    if t < end:
                        seq += 1
                        fi[f, PC] = code[pc, 2]
                        fl[f, EV] = (seq << SLOT_BITS) | f
                        n = push(ht, hp, n, t, (seq << SLOT_BITS) | f)
                        break
                free[nfree] = f
                nfree += 1
                break
            elif op == JUMP:
                pc = a
            elif op == CHANCE:
                if uniform(rng, a) < P.weights[code[pc, 3]]:
                    pc = code[pc, 2]
                else:
                    pc += 1
            elif op == CHOOSE:
                u = uniform(rng, a)
                k = code[pc, 2]
                last = k + code[pc, 3] - 1
                while k < last and u >= P.weights[k]:
                    k += 1
                pc = P.bodies[code[pc, 4] + k - code[pc, 2]]
            elif op == SET:
                fi[f, REG0 + a] = code[pc, 2]
                pc += 1
            elif op == LOOP:
                fi[f, REG0 + a] -= 1
                pc = code[pc, 2] if fi[f, REG0 + a] > 0 else pc + 1
            elif op == RETRY:
                k = fi[f, REG0 + code[pc, 2]]
                share_of = P.retry_par[a, 4]
                if k >= P.retries[a, 0] or (share_of >= 0.0 and S.budget[a] < 1.0):
                    pc += 1
                    continue
                if share_of >= 0.0:
                    S.budget[a] -= 1.0
                fi[f, REG0 + code[pc, 2]] = k + 1
                x = min(P.retry_par[a, 0] * P.retry_par[a, 1] ** k, P.retry_par[a, 2])
                jitter = P.retries[a, 1]
                if jitter == FULL_JITTER:
                    x *= uniform(rng, P.retries[a, 2])
                elif jitter == EQUAL_JITTER:
                    x = 0.5 * x * (1.0 + uniform(rng, P.retries[a, 2]))
                elif jitter == ADDED_JITTER:
                    x += P.retry_par[a, 3] * uniform(rng, P.retries[a, 2])
                if fd[f, BEGAN] >= warm_t:
                    w = fi[f, FLOW]
                    S.fc[w, FC_RETRIES] += 1
                    j = int((fd[f, BEGAN] - warm_t) / step)
                    if j < intervals:
                        S.fts[w, j, 3] += 1
                if x <= 0.0:
                    pc = code[pc, 3]
                    continue
                seq += 1
                fi[f, PC] = code[pc, 3]
                fl[f, EV] = (seq << SLOT_BITS) | f
                n = push(ht, hp, n, now + x, (seq << SLOT_BITS) | f)
                break
            elif op == ADMIT:
                S.budget[a] = min(10.0, S.budget[a] + P.retry_par[a, 4])
                pc += 1
            elif op == STILL:
                if fl[fi[f, PARENT], TOKEN] != fl[f, PTOKEN]:
                    free[nfree] = f
                    nfree += 1
                    break
                if fd[f, BEGAN] >= warm_t:
                    S.fc[fi[f, FLOW], FC_HEDGES] += 1
                pc += 1
            elif op == TRIP:
                if trip(P, S, a, now):
                    pc += 1
                else:
                    fi[f, WHY] = OPEN
                    pc = code[pc, 2]
            elif op == REPORT:
                report(P, S, a, code[pc, 2] == 1, now)
                pc += 1
            elif op == KEYED:
                fl[f, KEY1] = draw_key(
                    rng, code[pc, 2], P.keyspaces[a, 0], P.keyspace_n[a], P.keyspace_par[a],
                    P.keyspaces[a, 1], P.keyspaces[a, 2], P.alias_p, P.alias_k,
                )  # fmt: skip
                pc += 1
            elif op == LOOKUP:
                r = fi[f, HELD0 + code[pc, 2]] - P.caches[a, 8]
                hit = look_up(P.caches, P.cache_par, C, rng, a, r, fl[f, KEY0 + code[pc, 4]], now)
                if now >= warm_t:
                    k = int((now - warm_t) / step)
                    if k < intervals:
                        S.cts[a, k, 0] += 1
                        if hit:
                            S.cts[a, k, 1] += 1
                fi[f, REG0 + code[pc, 5]] = 1 if hit else 0
                pc += 1
            elif op == FILL:
                r = fi[f, HELD0 + code[pc, 2]] - P.caches[a, 8]
                fill(P.caches, P.cache_par, C, rng, a, r, fl[f, KEY0 + code[pc, 3]], now)
                pc += 1
            elif op == DROP:
                r = fi[f, HELD0 + code[pc, 2]] - P.caches[a, 8]
                k = fl[f, KEY0 + code[pc, 3]] * P.caches[a, 1] + r
                row = C.cfirst[a] + r
                if P.caches[a, 0] != COIN:
                    e = find(C.table, C.ekey, P.caches[a, 4], P.caches[a, 5], k, a)
                    if e >= 0:
                        forget(P.caches, C, a, row, P.caches[a, 2] + r * P.caches[a, 3], k, e)
                pc += 1
            elif op == BRANCH:
                pc = code[pc, 2] if fi[f, REG0 + a] == 0 else pc + 1
            elif op == LOCK:
                e = lock_find(S, a, fl[f, KEY0 + code[pc, 2]])
                pc += 1
                if e < 0:
                    nlock = lock_add(S, a, fl[f, KEY0 + code[pc - 1, 2]], nlock)
                    continue
                lock_wait(S, e, f)
                fi[f, PC] = pc
                break
            elif op == UNLOCK:
                e = lock_find(S, a, fl[f, KEY0 + code[pc, 2]])
                g = lock_next(S, e)
                if g >= 0:
                    ready[nready] = g
                    nready += 1
                else:
                    nlock = lock_drop(S, e, nlock)
                pc += 1
            elif op == FLIGHT:
                e = lock_find(S, a, fl[f, KEY0 + code[pc, 2]])
                if e < 0:
                    nlock = lock_add(S, a, fl[f, KEY0 + code[pc, 2]], nlock)
                    pc += 1
                    continue
                lock_wait(S, e, f)
                fi[f, PC] = code[pc, 3]
                fi[f, FPC] = code[pc, 4]
                break
            elif op == LANDED:
                e = lock_find(S, a, fl[f, KEY0 + code[pc, 2]])
                g = lock_next(S, e)
                while g >= 0:
                    if code[pc, 3] == 0:
                        fi[g, PC] = fi[g, FPC]
                        fi[g, WHY] = fi[f, WHY]
                    ready[nready] = g
                    nready += 1
                    g = lock_next(S, e)
                nlock = lock_drop(S, e, nlock)
                pc += 1
            elif op == TAKE:
                index = np.int64(0)
                if code[pc, 4] >= 0:
                    index = fl[f, KEY0 + code[pc, 4]]
                if code[pc, 2] >= 0:
                    index = index * P.limiters[a, 3] + fi[f, HELD0 + code[pc, 2]] - P.limiters[a, 4]
                if take(P, S, a, index, P.weights[code[pc, 5]], now):
                    pc += 1
                else:
                    if now >= warm_t:
                        S.refused[a] += 1
                    fi[f, WHY] = REFUSED
                    pc = code[pc, 3]
            elif op == PUBLISH:
                i = P.channels[a, 3]
                if i >= 0 and st[i, ST_QLEN] >= P.channels[a, 4]:
                    sc[i, SC_SHED] += 1
                    fi[f, WHY] = REFUSED
                    pc = code[pc, 3]
                    continue
                kr = code[pc, 2]
                part = np.int64(0)
                parts = P.channels[a, 0]
                if parts > 1:
                    if kr >= 0:
                        part = hashed(fl[f, KEY0 + kr], 7, parts)
                    else:
                        part = counters[code[pc, 4]]
                        counters[code[pc, 4]] = part + 1 if part + 1 < parts else 0
                for s in range(P.channels[a, 1], P.channels[a, 1] + P.channels[a, 2]):
                    if P.subscriber_par[s] < 1.0 and uniform(rng, P.subscribers[s, 2]) >= P.subscriber_par[s]:
                        continue
                    nfree -= 1
                    g = free[nfree]
                    w = P.subscribers[s, 1]
                    fi[g, PC] = P.subscribers[s, 0]
                    fi[g, FLOW] = w
                    fi[g, PARENT] = -1
                    fi[g, WHY] = 0
                    fi[g, RANKED] = fi[f, RANKED]
                    fi[g, PART] = part
                    fi[g, QFAIL] = -1
                    fi[g, LANE] = -1
                    fl[g, EV] = 0
                    fl[g, TOKEN] = 0
                    fl[g, PTOKEN] = -1
                    fl[g, KEY0] = fl[f, KEY0 + kr] if kr >= 0 else fl[f, KEY0]
                    fl[g, KEY1] = fl[f, KEY1]
                    fd[g, BEGAN] = now
                    fd[g, ORIGIN] = fd[f, ORIGIN]
                    if now >= warm_t:
                        S.fc[w, FC_ARRIVED] += 1
                        k = int((now - warm_t) / step)
                        if k < intervals:
                            S.fts[w, k, 0] += 1
                    i = P.subscribers[s, 3]
                    if i >= 0:
                        touch(st, sa, i, now)
                        sc[i, SC_VISITS] += 1
                        st[i, ST_QLEN] += 1
                        if st[i, ST_QLEN] > st[i, ST_QMAX]:
                            st[i, ST_QMAX] = st[i, ST_QLEN]
                    ready[nready] = g
                    nready += 1
                pc += 1
            elif op == GAUGE:
                touch(st, sa, a, now)
                st[a, ST_QLEN] += code[pc, 2]
                pc += 1
            elif op == REASON:
                fi[f, WHY] = a
                pc += 1
            elif op == COUNT:
                if fd[f, BEGAN] >= warm_t:
                    S.fc[fi[f, FLOW], a] += 1
                pc += 1
            else:  # RANK
                fi[f, RANKED] = a
                pc += 1
        used = fi.shape[0] - nfree
        if used > regs[R_PEAK]:
            regs[R_PEAK] = used
    regs[R_HEAP] = n
    regs[R_SEQ] = seq
    regs[R_TOKEN] = token
    regs[R_FREE] = nfree
    regs[R_READY] = nready
    regs[R_LOCKS] = nlock
    regs[R_EVENTS] += events
    times[D_NOW] = now
    return status
