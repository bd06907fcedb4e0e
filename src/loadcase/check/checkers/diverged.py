"""Keys whose final value depends on the schedule."""

from __future__ import annotations

import numpy as np

from loadcase.check.checker import Checker, Finding, Witness, some, unknown
from loadcase.check.grouping import Array, firsts, members, packed, stable_order
from loadcase.check.view import View


class Diverged(Checker):
    """Keys that end differently when the same arrivals meet another schedule.

    What: two histories of the same operations are compared key by key. The final value of a key is what its final row
    says; without final rows the sum of the amounts, if all commits have one; else the order in which the operations
    that stand were written.

    Why: last-write-wins by drifting clocks, unordered consumers, and replicas that merge by chance end in a state that
    no test saw before.

    Example:
        document.diverged == 0

    Source: M. Shapiro et al., Conflict-free replicated data types, SSS 2011 (strong eventual consistency).
    """

    name = "diverged"
    of = "entity"
    needs_drained = True

    def judge(self, view: View, target: str) -> Finding:
        """One history alone does not tell."""
        return unknown("it takes a second history of the same arrivals (--against)")

    def compare(self, view: View, other: View, target: str) -> Finding:
        """Judges an entity in two histories."""
        if other.history.meta.drained is False:
            return unknown("the other history did not drain")
        tier = max(_tier(view, target), _tier(other, target))
        rows, mine, where = _contents(view, target, tier)
        _, theirs, elsewhere = _contents(other, target, tier)
        if not len(mine) and not len(theirs):
            return unknown(f"nothing was written to {target}")
        code = packed(*_numbered(np.concatenate([mine, theirs])))
        n = len(mine)
        keys = np.concatenate([where, elsewhere])
        alone = np.concatenate([~members(code[:n], code[n:]), ~members(code[n:], code[:n])])
        names, index = np.unique(keys, return_inverse=True)
        diverged = np.unique(index[alone])
        shown = np.full(len(names), -1, np.int64)
        shown[index[:n]] = rows
        parts = np.flatnonzero(alone[:n])[::-1]  # from the first of them on the two histories go their own ways
        shown[index[parts]] = rows[parts]
        witnesses = tuple(
            Witness("the key ends differently in the other history", (int(shown[k]),), _operations(view, shown[k]))
            for k in some(diverged)
            if shown[k] >= 0
        )
        return Finding(float(len(diverged)), len(names), witnesses)


def _operations(view: View, row: int) -> tuple[int, ...]:
    return (int(view.op[row]),) if view.op[row] >= 0 else ()


def _tier(view: View, entity: str) -> int:
    """0: final rows say the values, 1: commits say amounts, 2: only the order of the writes tells."""
    h = view.history
    finals = view.rows("final", entity=entity)
    if len(finals) and not np.isnan(h["value"][finals]).any():
        return 0
    commits = view.rows("commit", entity=entity)
    return 1 if len(commits) and not np.isnan(h["value"][commits]).any() else 2


def _contents(view: View, entity: str, tier: int) -> tuple[Array, Array, Array]:
    """For each entry its row, its (key, place, content) as text, and its key: one for each key, or for each write."""
    h = view.history
    if tier == 0:
        rows = view.rows("final", entity=entity)
        keys = _texts(view, "key", rows)
        return rows, np.stack([keys, np.zeros_like(keys), _rounded(h["value"][rows])], 1), keys
    rows = view.rows("commit", entity=entity)[view.standing(entity)]
    if tier == 2:
        rows = rows[stable_order(view.version[rows])]  # without versions the order of the rows
    rows = rows[stable_order(packed(h["key"][rows]))]
    starts = np.flatnonzero(firsts(h["key"][rows]))
    ends = np.append(starts[1:], len(rows))
    if tier == 1:
        keys = _texts(view, "key", rows[starts])
        total = np.add.reduceat(h["value"][rows], starts) if len(rows) else np.zeros(0)
        return rows[ends[: len(starts)] - 1], np.stack([keys, np.zeros_like(keys), _rounded(total)], 1), keys
    place = np.arange(len(rows)) - np.repeat(starts, ends[: len(starts)] - starts)
    keys = _texts(view, "key", rows)
    return rows, np.stack([keys, place.astype(keys.dtype), _texts(view, "operation", rows)], 1), keys


def _texts(view: View, name: str, rows: Array) -> Array:
    """Ids as texts, since two histories number their names by themselves."""
    codes = view.history[name][rows]
    names = view.history.names.get(name)
    if names is None:
        return codes.astype("U20").astype(object)
    return np.array([*names, ""], object)[codes]


def _rounded(values: Array) -> Array:
    """Sums whose order differs may differ in the last digits."""
    return np.array([f"{v:.9g}" for v in values.tolist()], object)


def _numbered(table: Array) -> list[Array]:
    return [np.unique(column, return_inverse=True)[1] for column in table.T]
