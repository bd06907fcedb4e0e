"""Deliveries that arrive after a later one."""

from __future__ import annotations

import numpy as np

from loadcase.check.checker import Checker, Finding, Witness, some, unknown
from loadcase.check.grouping import NONE, Array, firsts, packed, running_max, stable_order
from loadcase.check.view import NEVER, View


class OutOfOrder(Checker):
    """Deliveries that arrive after a later one of the same key and receiver.

    What: the order is that of the server-assigned versions where the deliveries have them; else that of the clients'
    own clocks when the operations were invoked, which may be wrong. Only the first delivery of a message to a receiver
    is judged: a repetition is counted by `duplicates`. Equal numbers are in order.

    Why: two workers on one partition, a retry that overtakes, or order by clocks that drift: the answer is read before
    the question.

    Example:
        deliver.out_of_order == 0

    Source: L. Lamport, Time, clocks, and the ordering of events in a distributed system, CACM 21(7), 1978.
    """

    name = "out_of_order"
    of = "flow"

    def judge(self, view: View, target: str) -> Finding:
        """Judges a flow."""
        h = view.history
        rows = view.rows("deliver", flow=target)
        if not len(rows):
            return unknown(f"nothing was delivered by {target}")
        rows = _first_deliveries(view, rows)
        place, by = _places(view, rows)
        told = place != NONE
        if not told.any():
            return unknown(f"the deliveries of {target} have neither a version nor their client's clock", len(rows))
        group = packed(h["key"][rows], h["receiver"][rows])
        order = stable_order(group)
        rows, place, group = rows[order], place[order], group[order]
        highest = running_max(firsts(group), place)
        at = np.flatnonzero((place != NONE) & (place < highest))
        at = at[np.argsort(rows[at], kind="stable")]
        witnesses = []
        for i in some(at):
            start = int(np.searchsorted(group, group[i]))
            later = start + int(np.argmax(place[start:i] == highest[i]))
            pair = (int(rows[later]), int(rows[i]))
            said = f"arrives after one that is later by {by}"
            witnesses.append(Witness(said, pair, tuple(int(view.op[r]) for r in pair)))
        missing = len(rows) - int(told.sum())
        doubt = f"{missing} of {len(rows)} deliveries of {target} have no place in the order" if missing else ""
        return Finding(float(len(at)), int(told.sum()), tuple(witnesses), doubt, at_least=bool(missing))


def _first_deliveries(view: View, rows: Array) -> Array:
    """The deliveries without the repetitions to one receiver."""
    code = packed(view.op[rows], view.history["step"][rows], view.history["receiver"][rows])
    order = stable_order(code)
    return np.sort(rows[order][firsts(code[order])])


def _places(view: View, rows: Array) -> tuple[Array, str]:
    """Where each delivery belongs in the order, `NONE` if that is not known; and by what."""
    h = view.history
    version = view.version[rows]
    if (version >= 0).any():
        return np.where(version >= 0, version, NONE), "the server's sequence"
    clock = h["clock_s"][rows]
    invoked = view.of_operations(view.invoked, rows, NEVER)
    there = np.isnan(clock) & (invoked < NEVER)
    clock = np.where(there, h["clock_s"][np.where(there, invoked, 0)], clock)
    told = ~np.isnan(clock)
    ranks = np.full(len(rows), NONE)
    ranks[told] = np.unique(clock[told], return_inverse=True)[1]
    return ranks, "the clients' clocks"
