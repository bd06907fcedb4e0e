"""Actions that a permission let through after it was taken away."""

from __future__ import annotations

import numpy as np

from loadcase.check.checker import Checker, Finding, Witness, some, unknown
from loadcase.check.grouping import NONE, highest_before
from loadcase.check.view import NEVER, View


class AllowedAfterRevoke(Checker):
    """Actions that were allowed though a revoke had been acknowledged before they began.

    What: an `allow` counts when a `revoke` of its key was acknowledged before it began and no `grant` of the key came
    after that revoke, up to the moment of the action.

    Why: a ban, a stolen token, a left employee: the control plane has won only when every gateway knows, and caches of
    permissions and a control queue shared with the data make them know late.

    Example:
        permission.allowed_after_revoke == 0

    Source: R. Pang et al., Zanzibar: Google's consistent, global authorization system, USENIX ATC 2019 (new enemy).
    """

    name = "allowed_after_revoke"
    of = "entity"

    def judge(self, view: View, target: str) -> Finding:
        """Judges an entity."""
        key = view.history["key"]
        actions = view.rows("allow", entity=target)
        revokes, grants = view.rows("revoke", entity=target), view.rows("grant", entity=target)
        if not len(actions):
            return unknown(f"no action was let through by {target}")
        told = revokes[view.acknowledged[view.op[revokes]] < NEVER]
        done = view.acknowledged[view.op[told]]
        revoked = highest_before(key[told], done, told, key[actions], view.began(actions))
        granted = highest_before(key[grants], grants, grants, key[actions], actions)
        late = np.flatnonzero((revoked != NONE) & (granted < revoked))
        witnesses = []
        for i in some(late):
            pair = (int(revoked[i]), int(actions[i]))
            operations = tuple(int(view.op[r]) for r in pair if view.op[r] >= 0)
            witnesses.append(Witness("allowed after the revoke was acknowledged", pair, operations))
        return Finding(float(len(late)), len(actions), tuple(witnesses))
