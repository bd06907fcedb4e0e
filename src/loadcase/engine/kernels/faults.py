"""Faults: a schedule of changed parameters, and what dies with a station."""

from __future__ import annotations

import math

import numpy as np

from loadcase.core.program import (
    ADDED, ALIVE, ATTEND, AT_FLUSH, AT_KNOB, AT_LEAD, AT_LIFE, AT_LINK, AT_SOURCE, AT_SPEED, AWAKE, CHOICES, CHOICES_REPL,
    COIN, CUT, DAILY, DOWN, DOWN_NOW, EACH, ENTER, EPOCH, FROZEN, GATE, GROUP_ANY, HASH, HOLD, LEAST, LINK, LOSS,
    MARK, ODDS, OFF, OUT, OWNER, PACED, PICK_UP, POISSON, PREEMPTIVE, REKEY, RESEND, ROUND_ROBIN, SEL_BASE, SEL_COPIES,
    SEL_D, SEL_N, SEL_PLACE, SEL_POLICY, SERVE, SHARD_ANY, SHARD_COPY, SHARD_DEAL, SHARD_LEADER, SHARED, SLOTS, STAND, TAKEN,
    TAKE_UP, TOLD, VANISH,
)  # fmt: skip
from loadcase.engine.kernels.tables import D_END, LANE0, OVER, R_ROW, SLOT_BITS, SLOT_MASK, SOURCE0, compiled, inlined
from loadcase.engine.kernels.draws import below, uniform
from loadcase.engine.kernels.calendar import before, push
from loadcase.engine.kernels.stations import advance, load_of, pick_station, share, touch
from loadcase.engine.kernels.caches import forget
from loadcase.engine.kernels.measuring import next_arrival
from loadcase.engine.kernels.effects import inherit
from loadcase.engine.kernels.waiting import ENDED, WAITS, mark_live, park, wake, wake_all
from loadcase.engine.kernels.replication import risen, switch


@inlined
def shunned(L, i, knows):
    """Whether a station is left out: it is not there, those who choose know that it is dead, or learn of it at once."""
    return L[i, OUT] > 0 or L[i, OFF] > 0 or (knows == 1 and L[i, DOWN_NOW] > 0)


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
    if policy == SHARD_LEADER or policy == SHARD_COPY or policy == SHARD_DEAL or policy == EACH:
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
            if L[i, DOWN_NOW] == 1 or (row.c == 1 and L[i, OUT] > 0):
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
            inherit(S.known, S.bases, g, f)
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
    return n, seq, nfree
