"""Transfers that made or destroyed something."""

from __future__ import annotations

import numpy as np

from loadcase.check.checker import Checker, Finding, Witness, some, unknown
from loadcase.check.grouping import Array
from loadcase.check.view import View

NEAR = 1e-9
"""Sums of amounts that differ by this share of them are equal."""


class Unbalanced(Checker):
    """Operations whose amounts do not sum to zero.

    What: the standing commits of one operation are the entries of one transaction, and their `value`s sum to zero: what
    one account loses another gains. Operations that all balance leave a ledger that sums to zero. Entries that are
    still under way look like a transfer that lost its other half.

    Why: a debit and a credit that are not one transaction part company in the first crash between them.

    Example:
        account.unbalanced == 0

    Source: P. Helland, Life beyond distributed transactions, CIDR 2007; the bank test of Jepsen.
    """

    name = "unbalanced"
    of = "entity"
    by_key = False
    needs_drained = True

    def judge(self, view: View, target: str) -> Finding:
        """Judges an entity."""
        commits = view.rows("commit", entity=target)
        value = view.history["value"][commits]
        rows = commits[view.standing(target) & ~np.isnan(value)]
        untold = int(np.isnan(value).sum())
        if not len(rows):
            return unknown(f"no commit of {target} that stands has an amount")
        amount = view.history["value"][rows]
        total = np.bincount(view.op[rows], weights=amount, minlength=view.operations)
        moved = np.bincount(view.op[rows], weights=np.abs(amount), minlength=view.operations)
        wrong = np.flatnonzero(np.abs(total) > NEAR * moved)
        order = np.argsort(_first_rows(view, rows)[wrong], kind="stable")
        witnesses = tuple(
            Witness(f"its amounts sum to {total[o]:.9g}", tuple(rows[view.op[rows] == o].tolist()), (o,))
            for o in some(wrong[order])
        )
        doubt = f"{untold} commits of {target} have no amount" if untold else ""
        return Finding(float(len(wrong)), int((moved > 0).sum()), witnesses, doubt, at_least=bool(untold))


def _first_rows(view: View, rows: Array) -> Array:
    first = np.zeros(view.operations, np.int64)
    first[view.op[rows[::-1]]] = rows[::-1]
    return first
