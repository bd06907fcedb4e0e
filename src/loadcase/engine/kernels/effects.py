"""What happened to operations: versions, effects, the order of writes, rows of the history."""

from __future__ import annotations

import numpy as np
from numba import uint64

from loadcase.core.program import (
    ABANDON, ANSWER, APPLY, CLAIMED, COMMIT, DEDUPE, DOWN, FORGET, FRESH, INVOKE, NOTE, OPERATIONS, PASS, SAME_KEY, SEE,
    SEQUENCE, TIMEOUT, TURN,
)  # fmt: skip
from loadcase.engine.kernels.compiling import compiled, entry, inlined
from loadcase.engine.kernels.tables import R_FACTS, R_NOTED, R_NUMBER, R_SHARE, R_VOIDS, R_WOKEN
from loadcase.engine.kernels.draws import hashed, mix64


SHARES = 1 << 30


@inlined
def fact_home(space, key, mask):
    """Where the search for a fact begins: what is remembered of one key lies side by side."""
    at = key if space >= OPERATIONS else np.int64(mix64(uint64(key)))
    return (at * 8 + space) & mask


@compiled
def fact(S, space, key):
    """Place of what is remembered of a key in a space; made, with value 0, where there is nothing."""
    X = S.facts
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
    X[i].first = 0
    S.regs[R_FACTS] += 1
    return i


@compiled
def recall_fact(S, space, key):
    """The value that is remembered of a key in a space; 0 where there is nothing."""
    X = S.facts
    mask = X.shape[0] - 1
    i = fact_home(space, key, mask)
    while X[i].space != 0:
        if X[i].key == key and X[i].space == space:
            return X[i].value
        i = (i + 1) & mask
    return np.int64(0)


@compiled
def forget_fact(S, space, key):
    """Forgets what is remembered of a key in a space, closing the gap (backward shift); whether there was anything."""
    X = S.facts
    mask = X.shape[0] - 1
    i = fact_home(space, key, mask)
    while X[i].key != key or X[i].space != space:
        if X[i].space == 0:
            return False
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
            X[i].first = X[j].first
            i = j
    X[i].space = 0
    S.regs[R_FACTS] -= 1
    return True


@entry
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
        X[i].first = old[k].first


@compiled
def write_note(S, note, f, t, station, key, version):
    """Adds a row to the history, if that has the operation."""
    N, K = S.noted, S.known
    if K[f].noted != 3:
        return
    n = S.regs[R_NOTED]
    S.regs[R_NOTED] = n + 1
    N[n].t = t
    N[n].operation = K[f].operation
    N[n].key = key
    N[n].version = version
    N[n].seen = K[f].seen
    N[n].origin = S.frames[f].origin + K[f].skew
    N[n].note = note
    N[n].place = station
    N[n].attempt = K[f].attempt


@inlined
def inherit(S, g, f):
    """A new frame belongs to the operation of another one, and knows what that knows."""
    K, B = S.known, S.bases
    K[g].operation = K[f].operation
    K[g].version = K[f].version
    K[g].seen = K[f].seen
    K[g].skew = K[f].skew
    K[g].turn = K[f].turn
    K[g].attempt = K[f].attempt
    K[g].noted = K[f].noted
    K[g].fresh = K[f].fresh
    for j in range(B.shape[1]):
        B[g, j] = B[f, j] & ~1


@inlined
def hand_back(S, p, f):
    """What a frame tells the one that waited for it: what it wrote, and what it has learned."""
    K, B = S.known, S.bases
    K[p].version = K[f].version
    K[p].fresh = K[f].fresh
    K[p].attempt = max(K[p].attempt, K[f].attempt)
    for j in range(B.shape[1]):
        if B[f, j] & 1 == 1:
            B[p, j] = B[f, j]


VOID, LATEST = 1, 2
"""What is remembered of a key whose effects follow each other is one fact: `value` is the last number that has passed,
`done` the last that was given out, `first` 1 + the first frame that waits for its turn. The numbers that will not come
are in the next space, and the number of the last effect, where something depends on it, in the one after that."""


@inlined
def turn_comes(S, e, f):
    """Whether it is the turn of a frame; else it is parked."""
    X = S.facts
    if S.known[f].turn == X[e].value + 1:
        return True
    S.frames[f].next = X[e].first - 1
    X[e].first = f + 1
    return False


@inlined
def void_key(key, number):
    """A key and a number as one key."""
    return np.int64(mix64(mix64(uint64(key)) + uint64(number)))


@compiled
def whose_turn(S, e):
    """Takes a frame out of those that are parked whose turn it is, or whose turn is past; gives 1 + it, or 0."""
    X, K, F = S.facts, S.known, S.frames
    last = X[e].value
    before = np.int64(-1)
    g = np.int64(X[e].first - 1)
    while g >= 0 and K[g].turn > last + 1:
        before = g
        g = np.int64(F[g].next)
    if g >= 0:
        if before < 0:
            X[e].first = F[g].next + 1
        else:
            F[before].next = F[g].next
    return g + 1


@compiled
def settle(S, space, key, number):
    """A number has passed, or will not come; gives 1 + a frame whose turn it is now, or 0."""
    X, regs = S.facts, S.regs
    e = fact(S, space, key)
    last = X[e].value
    if number != last + 1:
        if number > last:
            X[fact(S, space + VOID, void_key(key, number))].value = 1
            regs[R_VOIDS] += 1
        return np.int64(0)
    last = number
    while regs[R_VOIDS] > 0 and forget_fact(S, space + VOID, void_key(key, last + 1)):
        regs[R_VOIDS] -= 1
        last += 1
    if last != number:
        e = fact(S, space, key)
    X[e].value = last
    return whose_turn(S, e)


@compiled
def commit(S, row, f, now):
    """An effect, unless the operation has had it; gives False when it has to wait for those before it."""
    X, K, F, regs = S.facts, S.known, S.frames, S.regs
    a, b, once, space = np.int64(row.a), row.b, np.int64(row.d), np.int64(row.e)
    key = F[f].key[row.c]
    noted = K[f].noted != 0
    if once >= 0 and X[fact(S, once, K[f].operation)].done == 1:
        K[f].fresh = 0
        if noted:
            e = fact(S, space, key)
            if K[f].turn > X[e].value:  # a number of its own, since another attempt had given up the first
                regs[R_WOKEN] = settle(S, space, key, K[f].turn)
            else:
                regs[R_WOKEN] = whose_turn(S, e)
        return True
    if noted:
        e = fact(S, space, key)
        again = K[f].turn <= X[e].value
        if again:  # an attempt with the same version was given up
            X[e].done += 1
            K[f].version = K[f].turn = X[e].done
        if not turn_comes(S, e, f):
            if again:  # it may have been woken in the place of the one whose turn it is
                regs[R_WOKEN] = whose_turn(S, e)
            return False
        regs[R_WOKEN] = settle(S, space, key, K[f].turn)
        if row.g == 1:
            X[fact(S, space + LATEST, key)].value = K[f].turn
        if row.f >= 0:
            v = fact(S, np.int64(row.f), key)
            X[v].done += 1
            K[f].turn = X[v].done
    K[f].fresh = 1
    if once >= 0:
        X[fact(S, once, K[f].operation)].done = 1
    if noted and a >= 0:
        write_note(S, a, f, now, np.int64(F[f].held[b]) if b >= 0 else np.int64(-1), key, K[f].version)
    return True


@compiled
def note_message(S, of, note, g, now):
    """Notes that a message has been accepted; it has the version of what was written, or its place in the stream."""
    X, K, F = S.facts, S.known, S.frames
    if K[g].noted == 0:
        return
    if of >= 0:
        e = fact(S, of, F[g].key[0])
        X[e].value += 1
        K[g].version = X[e].value
    if note >= 0:
        write_note(S, note, g, now, np.int64(F[g].part), F[g].key[0], K[g].version)


@compiled
def remember(P, S, f, pc, now):
    """An operation about what is known; gives where the frame goes on."""
    X, K, F, regs = S.facts, S.known, S.frames, S.regs
    row = P.code[pc]
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
        K[f].noted = 3 if hashed(by, 11, SHARES) < regs[R_SHARE] else c
        for j in range(S.bases.shape[1]):
            S.bases[f, j] = -1
        if a >= 0:
            who = np.int64(f) if row.d == 2 else F[f].key[row.d] if row.d >= 0 else np.int64(-1)
            write_note(S, a, f, F[f].began, np.int64(-1), by if b == 1 else np.int64(-1), who)
        return pc + 1
    if op == FRESH:
        return pc + 1 if K[f].fresh == 1 else a
    if op == FORGET:
        if K[f].attempt == 1:
            forget_fact(S, a, K[f].operation)
        return pc + 1
    if op == SAME_KEY:
        e = fact(S, a, K[f].operation)
        if X[e].value == 0:
            X[e].value = F[f].key[b] + 1
        else:
            F[f].key[b] = X[e].value - 1
        return pc + 1
    noted = K[f].noted != 0
    if op == SEQUENCE:
        version = np.int64(0)
        if c >= 0:
            e = fact(S, c, K[f].operation)
            version, done = X[e].value, X[e].done
            if noted and version > 0 and done == 0:
                key = F[f].key[b]
                passed = version <= recall_fact(S, a, key)
                if passed or recall_fact(S, a + VOID, void_key(key, version)) > 0:
                    version = np.int64(0)  # an attempt had it that has failed: what the copies get now has its own
        if version == 0:
            version = np.int64(1)
            if noted:
                v = fact(S, a, F[f].key[b])
                X[v].done += 1
                version = X[v].done
            if c >= 0:
                X[fact(S, c, K[f].operation)].value = version
        K[f].version = K[f].turn = version
        return pc + 1
    if op == COMMIT:
        if not commit(S, row, f, now):
            F[f].pc = pc
            return np.int64(-1)
        return pc + 1
    if not noted:
        return pc + 1
    if op == ABANDON or op == PASS:
        regs[R_WOKEN] = settle(S, a, F[f].key[b], K[f].turn)
    elif op == TURN:
        e = fact(S, a, F[f].key[b])
        if K[f].turn <= X[e].value:
            regs[R_WOKEN] = whose_turn(S, e)
            return np.int64(c)
        if not turn_comes(S, e, f):
            F[f].pc = pc
            return np.int64(-1)
    elif op == NOTE:
        t = now + P.lanes[row.d - 1] if row.d > 0 else now
        if row.e > 0 and (K[f].attempt > 1 or F[f].why == TIMEOUT or F[f].why == DOWN):
            a = np.int64(row.e)
        elif row.f > 0 and F[f].why == CLAIMED:
            a = np.int64(row.f)
        write_note(S, a, f, t, np.int64(F[f].held[b]) if b >= 0 else np.int64(-1), F[f].key[c], K[f].version)
        K[f].seen = 0
    elif op == APPLY:
        copy = (F[f].held[b] - c) % row.d
        v = fact(S, a + copy, F[f].key[row.e])
        X[v].value = max(X[v].value, K[f].version)
    elif op == SEE:
        copy = (F[f].held[b] - c) % row.d
        v = recall_fact(S, a + copy, F[f].key[row.e])
        K[f].seen = v
        K[f].looked = now
    elif op == ANSWER:
        if row.d == 1:
            p = F[f].parent
            if p < 0 or F[p].token != F[f].owed:  # enough of the others were quicker
                return pc + 1
            K[p].seen = max(K[p].seen, K[f].seen)
        if a >= 0 and K[f].noted == 3:
            write_note(S, a, f, now, np.int64(F[f].held[b]), F[f].key[c], K[f].version)
            S.noted[regs[R_NOTED] - 1].origin = K[f].looked
    elif op == DEDUPE:
        e = fact(S, a, K[f].operation)
        if X[e].value == 1:
            return np.int64(b)
        X[e].value = 1
    return pc + 1
