"""Messages that reached the same receiver more than once."""

from __future__ import annotations

import numpy as np

from loadcase.check.checker import Checker, Finding, Witness, some, unknown
from loadcase.check.grouping import firsts, packed, stable_order
from loadcase.check.view import View


class Duplicates(Checker):
    """Messages that one receiver gets more than once.

    What: a message is one operation and step; each receiver counts for itself, and deliveries without a receiver count
    as to one. What a receiver recognises as a repetition and drops is no delivery: it has no row.

    Why: at-least-once delivery hands a message out again when its consumer dies between the effect and the commit of
    its offset, or does not finish within the visibility timeout.

    Example:
        notify.duplicates == 0

    Source: Apache Kafka documentation, 4.6 Message delivery semantics.
    """

    name = "duplicates"
    of = "flow"

    def judge(self, view: View, target: str) -> Finding:
        """Judges a flow."""
        rows = view.rows("deliver", flow=target)
        if not len(rows):
            return unknown(f"nothing was delivered by {target}")
        code = packed(view.op[rows], view.history["step"][rows], view.history["receiver"][rows])
        order = stable_order(code)
        new, rows = firsts(code[order]), rows[order]
        second = np.zeros(len(rows), bool)
        second[1:] = ~new[1:] & new[:-1]
        places = np.flatnonzero(second)
        places = places[np.argsort(rows[places], kind="stable")]
        witnesses = []
        for i in some(places):
            end = i
            while end < len(rows) and not new[end]:
                end += 1
            same = rows[i - 1 : end].tolist()
            witnesses.append(Witness(f"delivered {len(same)} times", tuple(same), (int(view.op[same[0]]),)))
        return Finding(float(len(places)), int(new.sum()), tuple(witnesses))
