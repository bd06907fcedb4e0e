"""Operations that no single copy could have answered."""

from __future__ import annotations

import numpy as np

from loadcase.check.checker import Checker, Finding, Witness, some, unknown
from loadcase.check.grouping import Array, highest_before, packed
from loadcase.check.view import NEVER, View


class Nonlinearizable(Checker):
    """Reads and writes of a key that contradict the order in which they really happened.

    What: the versions give the order of the writes of a key, and a read stands after the write that it saw and before
    the next. That order is the only one, so the key is linearizable where no operation that ended before another began
    comes after it in that order. Counted are the operations that come too low: a read of the past, a write that took
    its place before one that was over, a read of a write that had not begun; and acknowledged writes that were
    reverted. A write that was never acknowledged may end at any time. Unknown where the versions do not tell the
    order: an effect or a read without one, or two effects with the same.

    Why: locks, balances and configuration are used as if there were one copy; linearizability is that there seems to
    be one.

    Example:
        lease.nonlinearizable == 0

    Source: M. Herlihy, J. Wing, Linearizability: a correctness condition for concurrent objects, ACM TOPLAS 12(3),
    1990. With the order of the writes known the check takes a sort (P. Gibbons, E. Korach, Testing shared memories,
    SIAM J. Comput. 26(4), 1997).
    """

    name = "nonlinearizable"
    of = "entity"

    def judge(self, view: View, target: str) -> Finding:
        """Judges an entity."""
        h = view.history
        reads, writes = view.rows("read", entity=target), view.rows("commit", entity=target)
        if not len(reads) and not len(writes):
            return unknown(f"nothing was read from or written to {target}")
        samples = len(reads) + len(writes)
        standing = view.standing(target)
        doubt = self._doubt(view, target, reads, writes, standing)
        if doubt:
            return unknown(doubt, samples)
        rows = np.concatenate([writes, reads])
        place = np.concatenate([2 * view.version[writes], 2 * view.base[reads] + 1])
        ended = np.concatenate([view.acknowledged[view.op[writes]], reads])
        ended[: len(writes)][~standing] = NEVER
        began = view.began(rows)
        key = packed(h["key"][rows])
        over = ended < NEVER
        before = highest_before(key[over], ended[over], place[over], key, began)
        low = np.flatnonzero(place < before)
        low = low[np.argsort(rows[low], kind="stable")]
        gone = np.flatnonzero(~standing & (view.acknowledged[view.op[writes]] < NEVER))
        witnesses = [_witness(view, rows, place, ended, key, int(i), int(before[i])) for i in some(low)]
        witnesses += [
            Witness("an acknowledged write is undone", (int(writes[i]),), (int(view.op[writes[i]]),))
            for i in some(gone)
        ]
        return Finding(float(len(low) + len(gone)), samples, tuple(witnesses))

    @staticmethod
    def _doubt(view: View, target: str, reads: Array, writes: Array, standing: Array) -> str:
        """Why the versions do not tell the order; empty when they do."""
        h = view.history
        if (view.base[reads] < 0).any():
            return f"a read of {target} does not say which version it saw"
        if (view.version[writes] < 0).any():
            return f"a commit of {target} does not say which version it made"
        stand = writes[standing]  # the version of one that was undone may be made again
        code = np.sort(packed(h["key"][stand], view.version[stand]))
        if (code[1:] == code[:-1]).any():
            return f"two commits of {target} made the same version of a key"
        return ""


def _witness(view: View, rows: Array, place: Array, ended: Array, key: Array, i: int, before: int) -> Witness:
    same = np.flatnonzero((key == key[i]) & (place == before) & (ended < NEVER))
    first = int(rows[same[np.argmin(ended[same])]])
    pair = (first, int(rows[i]))
    return Witness(
        f"version {place[i] // 2} comes after version {before // 2} was over", pair,
        tuple(int(view.op[r]) for r in pair if view.op[r] >= 0),
    )  # fmt: skip
