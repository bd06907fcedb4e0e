"""What an operation knows of an entity, and what its writes rest on."""

from __future__ import annotations

import numpy as np

from loadcase.core.program import (
    BASE, CACHED, CHECK, CLAIM, CLAIMED, COMPARE, CONFLICT, FENCED, GRANT, KEEP, LEARN, MADE, OUTSET, RECALL,
    STASH, TAKE_UP_WRITE, YIELD,
)  # fmt: skip
from loadcase.engine.kernels.compiling import compiled, inlined
from loadcase.engine.kernels.effects import LATEST, fact, recall_fact, write_note


@inlined
def learned(version):
    """A version as a column of `bases` has it when its frame has read or written it."""
    return (np.int64(version) << 1) | 1


@compiled
def overtaken(S, versions, key, version):
    """Whether a key has had, or is just about to have, another effect since a version of it was read."""
    X = S.facts
    e = fact(S, versions, key)
    return X[e].done != X[e].value or recall_fact(S, versions + LATEST, key) > version


HOLDER, UNTIL, TOKEN = range(3)
"""What is remembered of a key that may be claimed: the operation that holds it or 0, until when in ns, and the version
that the latest claim was given; a space each."""
FOREVER, PENDING = (1 << 62) - 1, 1 << 62


@inlined
def nanoseconds(t):
    """A time as what is remembered has it."""
    return np.int64(t * 1e9)


@compiled
def holder(S, claims, key, now):
    """The operation that holds a key, or 0."""
    by = recall_fact(S, claims + HOLDER, key)
    return by if by > 0 and nanoseconds(now) < recall_fact(S, claims + UNTIL, key) else np.int64(0)


@compiled
def claim(P, S, f, pc, now):
    """An operation about claims; gives where the frame goes on."""
    X, K, F = S.facts, S.known, S.frames
    row = P.code[pc]
    op, a, b, c, me = row.op, np.int64(row.a), np.int64(row.b), np.int64(row.c), K[f].operation
    if op == CHECK:
        key = F[f].key[row.g]
        by = holder(S, a, key, now)
        copy = (F[f].held[b] - row.e) % row.f
        if by > 0 and by != me and recall_fact(S, a + TOKEN, key) <= recall_fact(S, np.int64(row.d) + copy, key):
            F[f].why = CLAIMED
            return c
        return pc + 1
    key = F[f].key[b]
    by = holder(S, a, key, now)
    if op == CLAIM:
        if by > 0 and by != me:
            F[f].why = CLAIMED
            return c
        if by == 0:
            X[fact(S, a + HOLDER, key)].value = me
            X[fact(S, a + UNTIL, key)].value = PENDING
    elif op == GRANT:
        if K[f].fresh == 1:
            X[fact(S, a + HOLDER, key)].value = me
            lease = nanoseconds(now + P.lanes[row.d - 1]) if row.d > 0 else np.int64(FOREVER)
            X[fact(S, a + UNTIL, key)].value = lease
            X[fact(S, a + TOKEN, key)].value = K[f].version
            if c >= 0:
                station = np.int64(F[f].held[row.e]) if row.e >= 0 else np.int64(-1)
                write_note(S, c, f, now, station, key, K[f].version)
    elif op == YIELD:
        if by == me and (row.d == 0 or recall_fact(S, a + UNTIL, key) == PENDING):
            X[fact(S, a + HOLDER, key)].value = 0
        if c >= 0:
            write_note(S, c, f, now, np.int64(-1), key, np.int64(0))
    elif by != me:  # GUARD, and the claim is over
        if c >= 0 and recall_fact(S, a + TOKEN, key) > S.bases[f, row.e] >> 1:
            F[f].why = FENCED
            return c
        if row.d >= 0:
            write_note(S, np.int64(row.d), f, now, np.int64(-1), key, np.int64(0))
    return pc + 1


@compiled
def act(P, S, f, pc, now):
    """An operation about what is known of an entity; gives where the frame goes on."""
    X, K, B, F = S.facts, S.known, S.bases, S.frames
    row = P.code[pc]
    op, a, b, c = row.op, np.int64(row.a), np.int64(row.b), np.int64(row.c)
    if op == OUTSET:
        K[f].turn = 0
        return pc + 1
    if op == STASH:
        B[f, a] = learned(K[f].turn)
        return pc + 1
    if op == TAKE_UP_WRITE:
        K[f].version = K[f].turn = B[f, a] >> 1
        return pc + 1
    if K[f].noted == 0:
        return pc + 1
    if op >= CLAIM:
        return claim(P, S, f, pc, now)
    if op == CACHED:
        if F[f].reg[row.f] == 1:
            B[f, a] = learned(recall_fact(S, np.int64(row.d) + F[f].held[b] - c, F[f].key[row.e]))
    elif op == KEEP:
        X[fact(S, np.int64(row.d) + F[f].held[b] - c, F[f].key[row.e])].value = max(np.int64(0), B[f, a] >> 1)
    elif op == RECALL:
        K[f].seen = B[f, a] >> 1
        station = np.int64(F[f].held[b]) if b >= 0 else np.int64(-1)
        write_note(S, np.int64(row.d), f, now, station, F[f].key[c], np.int64(0))
        K[f].seen = 0
    elif op == LEARN:
        B[f, a] = learned(K[f].seen)
        if b == 1:
            K[f].seen = 0
    elif op == MADE:
        B[f, a] = learned(K[f].version)
        K[f].seen = 0
    elif op == BASE:
        K[f].seen = B[f, a] >> 1
    elif op == COMPARE:
        e = np.int64(row.e)
        if e >= 0 and X[fact(S, e, K[f].operation)].done == 1:
            return pc + 1
        if overtaken(S, c, F[f].key[b], B[f, a] >> 1):
            F[f].why = CONFLICT
            return np.int64(row.d)
    return pc + 1
