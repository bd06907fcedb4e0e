"""Frames that wait in a list until something wakes them, as faults and replication need it."""

from __future__ import annotations

from loadcase.engine.kernels.compiling import compiled, inlined
from loadcase.engine.kernels.tables import SLOT_BITS
from loadcase.engine.kernels.calendar import push


ENDED, WAITS = -2, -1
"""In place of where a frame goes on."""


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


@compiled
def mark_live(mark, free, nfree):
    """Marks the frames that are in use with 1."""
    for f in range(mark.shape[0]):
        mark[f] = 1
    for k in range(nfree):
        mark[free[k]] = 0
