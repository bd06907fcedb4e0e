"""What an operation knows of an entity, and what its writes rest on."""

from __future__ import annotations

import numpy as np

from loadcase.core.program import ANSWER, BASE, COMPARE, CONFLICT, KEEP, LEARN, MADE, OUTSET, RECALL
from loadcase.engine.kernels.tables import compiled, inlined
from loadcase.engine.kernels.effects import LATEST, fact, recall_fact, write_note


@inlined
def learned(version):
    """A version as a column of `bases` has it when its frame has read or written it."""
    return (np.int64(version) << 1) | 1


@compiled
def overtaken(X, regs, versions, key, version):
    """Whether a key has had, or is just about to have, another effect since a version of it was read."""
    e = fact(X, regs, versions, key)
    return X[e].done != X[e].value or recall_fact(X, versions + LATEST, key) > version


@compiled
def act(code, X, K, B, F, N, regs, f, pc, now):
    """An operation about what is known of an entity; gives where the frame goes on."""
    row = code[pc]
    op, a, b, c = row.op, np.int64(row.a), np.int64(row.b), np.int64(row.c)
    if op == OUTSET:
        K[f].turn = 0
        return pc + 1
    if K[f].noted == 0:
        return pc + 1
    if op == ANSWER:
        if F[f].reg[row.f] == 1:
            B[f, a] = learned(recall_fact(X, np.int64(row.d) + F[f].held[b] - c, F[f].key[row.e]))
    elif op == KEEP:
        X[fact(X, regs, np.int64(row.d) + F[f].held[b] - c, F[f].key[row.e])].value = max(np.int64(0), B[f, a] >> 1)
    elif op == RECALL:
        K[f].seen = B[f, a] >> 1
        station = np.int64(F[f].held[b]) if b >= 0 else np.int64(-1)
        write_note(N, K, F, regs, np.int64(row.d), f, now, station, F[f].key[c], np.int64(0))
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
        if e >= 0 and X[fact(X, regs, e, K[f].operation)].done == 1:
            return pc + 1
        if overtaken(X, regs, c, F[f].key[b], B[f, a] >> 1):
            F[f].why = CONFLICT
            return np.int64(row.d)
    return pc + 1
