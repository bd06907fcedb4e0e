"""Copies that follow a leader: what it has is shipped to them in its order, and one of them may take its place.

An entry of a shard's log is a frame for each copy that does not have it yet: shipped after a lag, by whoever leads at
that moment, applied in the order of the log. Whoever leads has all entries; an election makes the copy that has most
of them the leader, and what it does not have is gone.
"""

from __future__ import annotations

import numpy as np

from loadcase.core.program import (
    BEHIND, DOWN, DOWN_NOW, DUE, ENTRY, FORCED, LAG, LEAD, LEADER, LEADING, LED_BASE, LED_COPIES, LED_FIRST, LED_LAG,
    LED_N, LENGTH, POSITION, REVERT, SEND, SENDING, SHIP, SHUT, SKEW,
)  # fmt: skip
from loadcase.engine.kernels.compiling import compiled, inlined
from loadcase.engine.kernels.tables import R_WOKEN
from loadcase.engine.kernels.draws import draw, uniform
from loadcase.engine.kernels.stations import pick_station
from loadcase.engine.kernels.effects import fact_home, forget_fact, write_note
from loadcase.engine.kernels.waiting import ENDED, WAITS, mark_live, park, wake_all


DROPPED, UNDONE = -1, -2
"""In place of an entry's position: no copy will have it; the same, and it had been committed."""
BRINGS = -2
"""A frame whose parent is BRINGS - i brings an entry to copy i; nobody waits for it."""


@inlined
def shard_of(led, s, station):
    """Row of the shard that a station has a copy of."""
    return np.int64(led[s, LED_FIRST] + (station - led[s, LED_BASE]) // led[s, LED_COPIES])


@compiled
def follow(P, S, f, pc, now):
    """An operation of leaders and followers: where the frame goes on, or ENDED, or WAITS; and after how long."""
    F, led, lead = S.frames, P.led, S.lead
    row = P.code[pc]
    op, b = row.op, np.int64(row.b)
    if op == LAG:
        k = b if row.a < 0 else b + F[f].held[row.a] - row.c
        return pc + 1, S.knobs[k, 0]
    if op == SKEW:
        S.known[f].skew = S.knobs[b, 0] * (2.0 * uniform(S.rng, row.a) - 1.0)
        return pc + 1, 0.0
    if op == REVERT:
        if row.b >= 0 and S.known[f].noted == 3:
            write_note(S, b, f, now, np.int64(F[f].held[row.a]), F[f].key[row.c], S.known[f].version)
        return np.int64(ENDED), 0.0
    if op == LEAD:
        i = np.int64(pick_station(P, S, np.int64(row.c), f))
        g = shard_of(led, b, i)
        F[f].held[row.a] = lead[g, LEADER]
        if row.d >= 0 and lead[g, SHUT] > 0:
            F[f].why = DOWN
            return np.int64(row.d), 0.0
        return pc + 1, 0.0
    i = np.int64(F[f].held[row.a])
    g = shard_of(led, b, i)
    if op == LEADING:
        if lead[g, LEADER] == i and lead[g, SHUT] == 0:
            return pc + 1, 0.0
        F[f].why = DOWN
        return np.int64(row.c), 0.0
    if op == ENTRY:
        lead[g, LENGTH] += 1
        S.copied[i, POSITION] = lead[g, LENGTH]
        F[f].reg[row.c] = lead[g, LENGTH]
        return pc + 1, 0.0
    if op == SHIP:
        copies = np.int64(led[b, LED_COPIES])
        first = i - (i - led[b, LED_BASE]) % copies
        to = first + (i - first + 1 + row.d) % copies
        F[f].held[row.e] = to
        F[f].part = F[f].reg[row.c]
        F[f].parent = BRINGS - to
        F[f].fpc = pc + 1
        t = now
        if row.f >= 0:
            t += draw(S.rng, row.g, P.dist_kind, P.dist, row.f)
        if led[b, LED_LAG] >= 0:
            t += S.knobs[led[b, LED_LAG] + to - led[b, LED_BASE], 0]
        t = max(t, S.due[to])
        S.due[to] = t
        return pc + 2, t - now
    part = np.int64(F[f].part)
    if part < 0:
        return np.int64(F[f].fpc) if part == UNDONE else np.int64(ENDED), 0.0
    if op == SEND:
        i = np.int64(lead[g, LEADER])
        F[f].held[row.c] = i
        if lead[g, SHUT] == FORCED or S.life[i, DOWN_NOW] > 0:
            park(F, f, lead, g, SENDING, pc)
            return np.int64(WAITS), 0.0
        return pc + 1, 0.0
    if part != S.copied[i, POSITION] + 1:
        park(F, f, S.copied, i, BEHIND, pc)
        return np.int64(WAITS), 0.0
    S.copied[i, POSITION] = part
    last = np.int64(-1)
    h = np.int64(S.copied[i, BEHIND])
    while h >= 0 and F[h].part != part + 1:
        last = h
        h = np.int64(F[h].next)
    if h >= 0:
        if last < 0:
            S.copied[i, BEHIND] = F[h].next
        else:
            F[last].next = F[h].next
        S.regs[R_WOKEN] = h + 1
    return pc + 1, 0.0


@inlined
def lower(S, space, key, value):
    """The numbers that are remembered of a key are at most `value`, if there are any."""
    X = S.facts
    mask = X.shape[0] - 1
    i = fact_home(space, key, mask)
    while X[i].space != 0:
        if X[i].key == key and X[i].space == space:
            X[i].value = min(X[i].value, value)
            X[i].done = min(X[i].done, value)
            return
        i = (i + 1) & mask


@compiled
def undo(P, S, f, copies):
    """What was remembered of a committed entry that no copy will have: its identity, its version."""
    F, K = S.frames, S.known
    row = P.code[F[f].fpc]
    if row.d >= 0:
        forget_fact(S, np.int64(row.d), K[f].operation)
    if K[f].noted == 0 or row.e < 0:
        return
    key, version = F[f].key[row.c], K[f].version - 1
    lower(S, np.int64(row.e), key, version)
    if row.f >= 0:
        for j in range(copies):
            lower(S, np.int64(row.f) + j, key, version)


@compiled
def elect(P, S, s, g, loser, now, n, seq, nfree):
    """Makes the copy that has most the leader of a shard, unless none is up; gives the heap size and the sequence.

    Of several that have as much it is the first one. `loser` is not elected while another one is up, or -1.
    """
    F, L, H, lead, copied = S.frames, S.life, S.heap, S.lead, S.copied
    copies = np.int64(P.led[s, LED_COPIES])
    first = P.led[s, LED_BASE] + (g - P.led[s, LED_FIRST]) * copies
    best = np.int64(-1)
    for i in range(first, first + copies):
        if L[i, DOWN_NOW] == 0 and i != loser and (best < 0 or copied[i, POSITION] > copied[best, POSITION]):
            best = np.int64(i)
    if best < 0 and loser >= 0 and L[loser, DOWN_NOW] == 0:
        best = np.int64(loser)
    lead[g, DUE] = 1 if best < 0 else 0
    if best < 0:
        return n, seq
    has = copied[best, POSITION]
    lead[g, LEADER] = best
    lead[g, LENGTH] = has
    mark_live(S.mark, S.free, nfree)
    for f in range(F.shape[0]):
        i = BRINGS - F[f].parent
        if S.mark[f] == 1 and first <= i < first + copies and F[f].part > has:
            F[f].part = UNDONE if i == best else DROPPED
            if i == best and S.known.shape[0] > 0:
                undo(P, S, np.int64(f), copies)
    n, seq = wake_all(F, H, n, seq, now, lead, g, SENDING)
    for i in range(first, first + copies):
        copied[i, POSITION] = min(copied[i, POSITION], has)
        S.due[i] = now  # what the old leader would have sent later is in nobody's way
        n, seq = wake_all(F, H, n, seq, now, copied, i, BEHIND)
    return n, seq


@compiled
def risen(P, S, i, now, n, seq, nfree):
    """A station is up again: it may lead, or there may be a leader at last."""
    for s in range(P.led.shape[0]):
        base = P.led[s, LED_BASE]
        if base <= i < base + P.led[s, LED_N]:
            g = shard_of(P.led, s, np.int64(i))
            if S.lead[g, DUE] == 1:
                n, seq = elect(P, S, s, g, np.int64(-1), now, n, seq, nfree)
            elif S.lead[g, LEADER] == i:
                n, seq = wake_all(S.frames, S.heap, n, seq, now, S.lead, g, SENDING)
    return n, seq


@compiled
def switch(P, S, i, value, now, n, seq, nfree):
    """An election is due: of a shard whose leader has died (value -1), or by a planned or forced switch."""
    for s in range(P.led.shape[0]):
        base = P.led[s, LED_BASE]
        if not base <= i < base + P.led[s, LED_N]:
            continue
        g = shard_of(P.led, s, np.int64(i))
        if value < 0.0:
            if S.lead[g, LEADER] == i and S.life[i, DOWN_NOW] > 0:
                n, seq = elect(P, S, s, g, np.int64(-1), now, n, seq, nfree)
        else:
            S.lead[g, SHUT] = int(value)
            if value == 0.0:
                n, seq = elect(P, S, s, g, np.int64(S.lead[g, LEADER]), now, n, seq, nfree)
    return n, seq
