"""One thing promised to two."""

from __future__ import annotations

import math

import numpy as np

from loadcase.check.checker import WITNESSES, Checker, Finding, Witness, unknown
from loadcase.check.grouping import NONE, Array, firsts, packed, running_max, stable_order
from loadcase.check.view import NEVER, View


class DoubleClaims(Checker):
    """Claims of a key while another operation holds it.

    What: a claim holds its key until the same operation releases it, until its `value` in seconds is over, or for
    ever. A claim that another operation makes meanwhile is one promise too many. An operation may renew its own.

    Why: a seat that is looked up as free and then written is sold twice whenever two look at once; a lock without a
    fencing token has two holders after a pause.

    Example:
        seat.double_claims == 0

    Source: M. Burrows, The Chubby lock service for loosely-coupled distributed systems, OSDI 2006 (sequencers).
    """

    name = "double_claims"
    of = "entity"

    def judge(self, view: View, target: str) -> Finding:
        """Judges an entity."""
        h = view.history
        claims = view.rows("claim", entity=target)
        if not len(claims):
            return unknown(f"nothing of {target} was claimed")
        rows = np.sort(np.concatenate([claims, view.rows("release", entity=target)]))
        keys = h["key"][rows]
        doubtful = np.isin(keys, h["key"][_overlapping(view, claims, rows)])
        found: list[Witness] = []
        count = 0
        held: dict[tuple[int, int], tuple[float, int]] = {}  # key and operation: until when, and the claim's row
        holders: dict[int, set[int]] = {}
        claim = int(h["event"][claims[0]])
        for row in rows[doubtful].tolist():
            key, op, now = int(h["key"][row]), int(view.op[row]), float(h["time_s"][row])
            if h["event"][row] != claim:
                held.pop((key, op), None)
                continue
            others = [o for o in holders.setdefault(key, set()) if o != op and held.get((key, o), _OVER)[0] > now]
            if others:
                count += 1
                if len(found) < WITNESSES:
                    first = held[key, others[0]][1]
                    found.append(Witness("claimed while another holds it", (first, row), (int(view.op[first]), op)))
            lasts = float(h["value"][row])
            held[key, op] = (now + lasts if lasts >= 0 else math.inf, row)
            holders[key] = {o for o in holders[key] if (key, o) in held and held[key, o][0] > now} | {op}
        return Finding(float(count), len(claims), tuple(found))


_OVER = (-math.inf, -1)


def _overlapping(view: View, claims: Array, rows: Array) -> Array:
    """Claims that begin before the latest end of those before them: a key with a double claim has one.

    The end of a claim is taken as its operation's next release of the key, or its expiry, in rows.
    """
    h = view.history
    order = stable_order(packed(h["key"][rows], view.op[rows]))
    ordered = rows[order]
    code = packed(h["key"][ordered], view.op[ordered])
    release = h["event"][ordered] != h["event"][claims[0]]
    # the next release within key and operation: a running maximum from the back
    back = running_max(firsts(code[::-1]), np.where(release, -ordered, NONE)[::-1])[::-1]
    end = np.where(back == NONE, NEVER, -back)
    lasts = h["value"][ordered]
    expiring = ~release & ~np.isnan(lasts) & (lasts >= 0)
    expires = np.searchsorted(h["time_s"], h["time_s"][ordered[expiring]] + lasts[expiring], side="left")
    end[expiring] = np.minimum(end[expiring], expires)
    claimed, end = ordered[~release], end[~release]
    order = stable_order(claimed)
    claimed, end = claimed[order], end[order]
    order = stable_order(packed(h["key"][claimed]))
    claimed, end = claimed[order], end[order]
    new = firsts(h["key"][claimed])
    latest = np.full(len(claimed), NONE)
    latest[1:] = running_max(new, end)[:-1]
    latest[new] = NONE
    found: Array = claimed[latest > claimed]
    return found
