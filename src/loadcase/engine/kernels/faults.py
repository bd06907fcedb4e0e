"""Operations that only cases with faults have."""

from __future__ import annotations

import numpy as np

from loadcase.core.program import (
    ADDED, ALIVE, ATTEND, AWAKE, CHOICES, CHOICES_REPL, CUT, DOWN, DOWN_NOW, EACH, ENTER, EPOCH, FROZEN, GATE,
    GROUP_ANY, HASH, HOLD, LEAST, LINK, LOSS, ODDS, OFF, OUT, OWNER, PICK_UP, PREEMPTIVE, REKEY, RESEND,
    ROUND_ROBIN, SEL_BASE, SEL_COPIES, SEL_D, SEL_N, SEL_PLACE, SEL_POLICY, SHARD_ANY, SHARD_COPY, SHARD_DEAL,
    SHARD_LEADER, SHARED, SLOTS, STAND, TAKEN, TAKE_UP, TOLD, VANISH,
)  # fmt: skip
from loadcase.engine.kernels.compiling import compiled, inlined
from loadcase.engine.kernels.draws import below, uniform
from loadcase.engine.kernels.stations import load_of, pick_station
from loadcase.engine.kernels.waiting import ENDED, WAITS, park


@inlined
def shunned(L, i, knows):
    """Whether a station is left out: it is not there, those who choose know that it is dead, or learn of it at once."""
    return L[i, OUT] > 0 or L[i, OFF] > 0 or (knows == 1 and L[i, DOWN_NOW] > 0)


@compiled
def pick_up(P, S, s, f, knows):
    """The station that selection `s` chooses among those that are not left out; among all when none is left."""
    row = P.select[s]
    policy, base, n = row[SEL_POLICY], row[SEL_BASE], row[SEL_N]
    L, T = S.life, S.stations
    place = row[SEL_PLACE]
    first = pick_station(P, S, s, f)
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
            k = pick_station(P, S, s, f)
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
        F[f].held[b] = pick_up(P, S, a, f, np.int64(row.c))
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
