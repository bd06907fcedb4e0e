"""Operations whose effect was applied more than once."""

from __future__ import annotations

import numpy as np

from loadcase.check.checker import Checker, Finding, Witness, some, unknown
from loadcase.check.grouping import counted, packed, stable_order
from loadcase.check.view import View


class AppliedTwice(Checker):
    """Operations whose effect is stored more than once.

    What: one effect is one operation, key and step; it counts when it was committed more often than reverted, or when
    the final rows list it more than once. Whether the client was told does not matter.

    Why: a client that times out tries again, while the first attempt goes on: without an idempotency key that the
    store checks in the same commit, both take place, and the card is charged twice.

    Example:
        payment.applied_twice == 0

    Source: P. Helland, Idempotence is not a medical condition, ACM Queue 10(4), 2012.
    """

    name = "applied_twice"
    of = "entity"

    def judge(self, view: View, target: str) -> Finding:
        """Judges an entity."""
        commits = view.rows("commit", entity=target)
        rows = view.stored(target)
        times = counted(view.op[rows], view.operations)
        samples = int((counted(view.op[commits], view.operations) > 0).sum()) or int((times > 0).sum())
        if not samples:
            return unknown(f"nothing was written to {target}")
        rows = rows[times[view.op[rows]] > 1]
        code = packed(view.op[rows], view.history["key"][rows], view.history["step"][rows])
        order = stable_order(code)
        again = np.zeros(len(rows), bool)
        again[1:] = code[order][1:] == code[order][:-1]
        second = np.sort(rows[order][again])
        twice, first = np.unique(view.op[second], return_index=True)
        twice = twice[np.argsort(second[first], kind="stable")]
        witnesses = tuple(
            Witness(f"applied {times[o]} times", tuple(rows[view.op[rows] == o].tolist()), (o,)) for o in some(twice)
        )
        return Finding(float(len(twice)), samples, witnesses)
