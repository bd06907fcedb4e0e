"""Updates that were overwritten unseen."""

from __future__ import annotations

import numpy as np

from loadcase.check.checker import Checker, Finding, Witness, some, unknown
from loadcase.check.grouping import packed, stable_order
from loadcase.check.view import View


class LostUpdates(Checker):
    """Read-modify-writes that overwrote another operation's write unseen.

    What: an update tells the version that it read (`base`) and the one that it made. When another operation's standing
    commit of the key lies between the two, the update was computed from a state that no longer was, and that commit is
    lost. Counted are the updates that overwrite. A write without a base read nothing, and is not judged.

    Why: two people edit one page, two workers add to one counter; without a condition on the version the last one
    wins, and the other never learns.

    Example:
        page.lost_updates == 0

    Source: A. Adya, Weak consistency: a generalized theory and optimistic implementations (MIT, 1999), P4.
    """

    name = "lost_updates"
    of = "entity"

    def judge(self, view: View, target: str) -> Finding:
        """Judges an entity."""
        h = view.history
        commits = view.rows("commit", entity=target)
        rows = commits[view.standing(target) & (view.version[commits] >= 0)]
        updates = int((view.base[rows] >= 0).sum())
        untold = int(((view.base[commits] >= 0) & (view.version[commits] < 0)).sum())
        if not updates:
            return unknown(f"no commit of {target} says which version it read and which it made")
        rows = rows[stable_order(view.version[rows])]
        rows = rows[stable_order(packed(h["key"][rows]))]
        key, op, version, base = h["key"][rows], view.op[rows], view.version[rows], view.base[rows]
        before = np.arange(len(rows)) - 1  # the version below, but for those that the operation itself made
        pending = np.flatnonzero(base >= 0)
        overwrites = np.full(len(rows), -1, np.int64)
        while len(pending):
            at = before[pending]
            near = (at >= 0) & (key[at] == key[pending]) & (version[at] > base[pending])
            own = near & ((op[at] == op[pending]) | (version[at] == version[pending]))
            found = near & ~own
            overwrites[pending[found]] = at[found]
            pending = pending[own]
            before[pending] -= 1
        lost = np.flatnonzero(overwrites >= 0)
        lost = lost[np.argsort(rows[lost], kind="stable")]
        witnesses = []
        for i in some(lost):
            pair = (int(rows[overwrites[i]]), int(rows[i]))
            said = (
                f"version {version[i]} was made from version {base[i]} and overwrites {version[overwrites[i]]} unseen"
            )
            witnesses.append(Witness(said, pair, tuple(int(view.op[r]) for r in pair)))
        doubt = f"{untold} updates of {target} do not say which version they made" if untold else ""
        return Finding(float(len(lost)), updates, tuple(witnesses), doubt, at_least=bool(untold))
