"""Acknowledged operations whose effect is gone."""

from __future__ import annotations

import numpy as np

from loadcase.check.checker import Checker, Finding, Witness, some, unknown
from loadcase.check.grouping import Array, counted, members, packed
from loadcase.check.view import NEVER, View


class Lost(Checker):
    """Operations that were acknowledged and whose effect is not stored at the end.

    What: an operation promises an effect when its client got an `ok` that names the entity, when the metadata say that
    its flow `writes` the entity, or when it was acknowledged and did commit. The effect is stored when the final rows
    list it; without final rows of the entity, when it was committed and not reverted. An operation that made several
    effects (several keys or steps) is lost when one of them is gone.

    Why: an acknowledgement that does not outlive a failover is the worst thing a store can say; asynchronous
    replication says it whenever a leader dies.

    Example:
        message.lost == 0

    Source: the set checker of Jepsen (lost: acknowledged and not in the final read).
    """

    name = "lost"
    of = "entity"
    needs_drained = True

    def judge(self, view: View, target: str) -> Finding:
        """Judges an entity."""
        commits = view.rows("commit", entity=target)
        committed = counted(view.op[commits], view.operations)
        named = view.rows("ok", entity=target)
        acknowledged = view.acknowledged < NEVER
        promised = acknowledged & (committed > 0)
        promised[view.op[named]] = True
        writers = [view.history.code("flow", flow) for flow, e in view.history.meta.writes.items() if target in e]
        promised |= acknowledged & np.isin(view.invoking_flow, writers)
        samples = int(promised.sum())
        if not samples:
            return unknown(f"no operation was acknowledged that writes {target}")
        stored = view.stored(target)
        kept = counted(view.op[stored], view.operations)
        gone = (kept == 0) | _partly(view, commits, stored, (kept < committed) & promised)
        lost = np.flatnonzero(promised & gone)
        lost = lost[np.argsort(view.acknowledged[lost], kind="stable")]
        told = bool(len(named) or writers)
        doubt = "" if told else (
            f"nothing says which operations promise an effect on {target}: let their ok name it, or the metadata "
            "`writes`"
        )  # fmt: skip
        witnesses = tuple(
            Witness("acknowledged, and not stored at the end", (int(view.acknowledged[o]),), (o,)) for o in some(lost)
        )
        return Finding(float(len(lost)), samples, witnesses, doubt, at_least=not told)


def _partly(view: View, made: Array, stored: Array, doubtful: Array) -> Array:
    """Operations, among the doubtful ones, with an effect (key and step) that was made and is not stored."""
    gone = np.zeros(view.operations, bool)
    made, stored = made[doubtful[view.op[made]]], stored[doubtful[view.op[stored]]]
    rows = np.concatenate([made, stored])
    columns = (view.history[name] for name in ("key", "step"))
    told = [column for column in columns if (column[stored] >= 0).any()]  # final rows may omit them
    code = packed(view.op[rows], *(column[rows] for column in told))
    gone[view.op[made[~members(code[: len(made)], code[len(made) :])]]] = True
    return gone
