"""Stations: their queues and workers, and how one is chosen."""

from __future__ import annotations

import numpy as np

from loadcase.core.program import (
    CHOICES, CHOICES_REPL, EACH, FIRST, GROUP_ANY, HASH, LEAST, LIFO, OWNER, PRIORITY, RANDOM, ROUND_ROBIN,
    SEL_BASE, SEL_COPIES, SEL_COUNTER, SEL_D, SEL_FROM, SEL_FROM_BASE, SEL_KEY, SEL_MODULO, SEL_N, SEL_PLACE,
    SEL_POLICY, SHARD_COPY, SHARD_DEAL, SHARD_LEADER, SHARED,
)  # fmt: skip
from loadcase.engine.kernels.compiling import compiled, inlined
from loadcase.engine.kernels.tables import LEVEL_BINS, SLOT_BITS
from loadcase.engine.kernels.draws import below, hashed
from loadcase.engine.kernels.calendar import push


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


@compiled
def dealt(seen, word, at, n):
    """What comes at a place in the random order of n things that a word stands for: all orders are as likely."""
    for j in range(n):
        seen[j] = j
    for j in range(at + 1):
        k = j + hashed(np.int64(word), j, n - j)
        seen[j], seen[k] = seen[k], seen[j]
    return seen[at]


@inlined
def pick_station(P, S, s, f):
    """Station that selection `s` chooses for a frame."""
    T, F, rng, seen, counters = S.stations, S.frames, S.rng, S.seen, S.counters
    row = P.select[s]
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
    if policy == SHARD_DEAL:
        return base + g * copies + dealt(seen, F[f].reg[row[SEL_D]], F[f].idx, copies)
    return base + g * copies + below(rng, row[SEL_PLACE], copies)  # SHARD_ANY
