"""Faults strike: the schedule of changed parameters is carried out, and what dies with a station."""

from __future__ import annotations

import math

import numpy as np

from loadcase.core.program import (
    AT_FLUSH, AT_KNOB, AT_LEAD, AT_LIFE, AT_LINK, AT_SOURCE, AT_SPEED, AWAKE, COIN, CUT, DAILY, DOWN, DOWN_NOW,
    EPOCH, FROZEN, MARK, PACED, POISSON, PREEMPTIVE, SERVE, SHARED, SLOTS, TAKEN, TAKE_UP, TOLD,
)  # fmt: skip
from loadcase.engine.kernels.compiling import compiled, entry, inlined, refer
from loadcase.engine.kernels.tables import (
    D_END, D_NOW, FAULT, GROW_FRAMES, GROW_HEAP, LANE0, OVER, PAUSED, R_FREE, R_HEAP, R_MARGIN, R_PEAK, R_ROW,
    R_SEQ, SLOT_BITS, SLOT_MASK, SOURCE0,
)  # fmt: skip
from loadcase.engine.kernels.calendar import push, rise, sink
from loadcase.engine.kernels.stations import advance, share, touch
from loadcase.engine.kernels.caches import forget
from loadcase.engine.kernels.measuring import next_arrival
from loadcase.engine.kernels.effects import inherit
from loadcase.engine.kernels.waiting import mark_live, park, wake, wake_all
from loadcase.engine.kernels.replication import risen, switch


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
    mark_live(S.mark, S.free, nfree)
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
        F[g].fpc = F[f].fpc
        F[g].qfail = -1
        F[g].token = 0
        F[g].ev = 0
        F[g].why = DOWN
        if S.known.shape[0] > 0:
            inherit(S, g, f)
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
    mark_live(S.mark, S.free, nfree)
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
    if rise(H, k, t, p) == k:
        sink(H, n, k, t, p)
    return n, seq


@compiled
def flush(P, S, c, r):
    """Empties one replica of a cache."""
    if P.caches[c, 0] == COIN:
        return
    C = S.cache
    row, base = C.cfirst[c] + r, P.caches[c, 2] + r * P.caches[c, 3]
    for e in range(base + C.cstate[row, 0] - 1, base - 1, -1):
        forget(P, S, c, row, base, C.entries[e].key, e)


@entry
def strike(program, state):
    """Applies the rows of the schedule that are due, at the calendar's first event; gives why it could not, or PAUSED."""
    P, S = refer(program), refer(state)
    F, T, H, L = S.frames, S.stations, S.heap, S.life
    n, seq, nfree = S.regs[R_HEAP], S.regs[R_SEQ], S.regs[R_FREE]
    live, margin = F.shape[0] - nfree, S.regs[R_MARGIN]
    if nfree < live + margin:  # each may be parted in two
        return GROW_FRAMES
    if n + 4 * live + margin > H.shape[0]:
        return GROW_HEAP
    now = S.times[D_NOW] = H[0].t
    H[0].p = OVER
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
        elif table == AT_LEAD:
            n, seq = switch(P, S, i, value, now, n, seq, nfree)
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
                n, seq = risen(P, S, i, now, n, seq, nfree)
                for m in range(T.shape[0]):
                    if T[m].pool == T[i].pool:
                        n, seq = wake_all(F, H, n, seq, now, L, m, TAKE_UP)
    if k < P.sched_t.shape[0]:
        seq += 1
        n = push(H, n, P.sched_t[k], (seq << SLOT_BITS) | FAULT)
    S.regs[R_HEAP] = n
    S.regs[R_SEQ] = seq
    S.regs[R_PEAK] = max(S.regs[R_PEAK], F.shape[0] - nfree)
    S.regs[R_FREE] = nfree
    return PAUSED
