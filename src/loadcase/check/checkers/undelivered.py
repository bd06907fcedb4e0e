"""Messages that were never delivered."""

from __future__ import annotations

import numpy as np

from loadcase.check.checker import Checker, Finding, Witness, some, unknown
from loadcase.check.grouping import Array, members, packed
from loadcase.check.view import View


class Undelivered(Checker):
    """Messages that the flow has to deliver and that never arrive.

    What: a message is one operation and step, and one receiver where the publish names it. What is owed are the
    publishes of the flow and, for each entity that the metadata say it `delivers`, the commits that were not reverted:
    so a message that was stored and never published counts too.

    Why: a crash between the commit and the publish stores what nobody is sent (the dual write); a consumer that commits
    its offset before the effect skips what it was working on when it died.

    Example:
        deliver.undelivered == 0

    Source: M. Kleppmann, Designing Data-Intensive Applications, 2017, ch. 11 (keeping systems in sync).
    """

    name = "undelivered"
    of = "flow"
    needs_drained = True

    def judge(self, view: View, target: str) -> Finding:
        """Judges a flow."""
        h = view.history
        delivered, published = view.rows("deliver", flow=target), view.rows("publish", flow=target)
        known = h["receiver"][published] >= 0
        missing = [self._absent(view, published[~known], delivered, ("step",))]
        missing += [self._absent(view, published[known], delivered, ("step", "receiver"))]
        owed = len(np.unique(packed(*(c[published] for c in (view.op, h["step"], h["receiver"])))))
        for entity in h.meta.delivers.get(target, ()):
            stored = view.rows("commit", entity=entity)[view.standing(entity)]
            stored = stored[~members(view.op[stored], view.op[published])]  # those are owed already
            missing.append(self._absent(view, stored, delivered, ()))
            owed += len(np.unique(view.op[stored]))
        if not owed:
            return unknown(f"nothing was published for {target}")
        gone = np.sort(np.concatenate(missing))
        witnesses = tuple(
            Witness("stored or published, and never delivered", (r,), (int(view.op[r]),)) for r in some(gone)
        )
        return Finding(float(len(gone)), owed, witnesses)

    @staticmethod
    def _absent(view: View, owed: Array, delivered: Array, parts: tuple[str, ...]) -> Array:
        """The first row of each message that no delivery matches."""
        rows = np.concatenate([owed, delivered])
        code = packed(view.op[rows], *(view.history[part][rows] for part in parts))
        absent = ~members(code[: len(owed)], code[len(owed) :])
        first = np.unique(code[: len(owed)][absent], return_index=True)[1]
        return owed[absent][first]
