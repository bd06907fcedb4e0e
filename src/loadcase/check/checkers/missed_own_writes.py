"""Reads that miss what their own session wrote."""

from __future__ import annotations

import numpy as np

from loadcase.check.checker import Checker, Finding, Witness, some, unknown
from loadcase.check.checkers.stale_reads import acknowledged_writes, versioned_reads
from loadcase.check.grouping import highest_before, packed
from loadcase.check.view import View


class MissedOwnWrites(Checker):
    """Reads that miss a write which their own session had seen acknowledged.

    What: read your writes. As `stale_reads`, with the writes of the read's session alone.

    Why: nothing unsettles people like their own comment being gone after they posted it; a router that sends a
    session's reads to any replica does that.

    Example:
        comment.missed_own_writes == 0

    Source: D. Terry et al., Session guarantees for weakly consistent replicated data, PDIS 1994 (read your writes).
    """

    name = "missed_own_writes"
    of = "entity"

    def judge(self, view: View, target: str) -> Finding:
        """Judges an entity."""
        h = view.history
        reads, untold = versioned_reads(view, target)
        writes = acknowledged_writes(view, target)
        reading, writing = view.sessions(reads), view.sessions(writes)
        reads, writes = reads[reading >= 0], writes[writing >= 0]
        if not len(reads):
            return unknown(f"no read of {target} says its session and the version it saw")
        rows = np.concatenate([writes, reads])
        group = packed(view.sessions(rows), h["key"][rows])
        done, n = view.acknowledged[view.op[writes]], len(writes)
        own = highest_before(group[:n], done, view.version[writes], group[n:], view.began(reads))
        missed = view.base[reads] < own
        witnesses = []
        for i in some(np.flatnonzero(missed)):
            mine = writes[(group[:n] == group[n + i]) & (view.version[writes] == own[i])]
            write = int(mine[np.argmin(view.acknowledged[view.op[mine]])])
            operations = tuple(int(view.op[r]) for r in (write, reads[i]) if view.op[r] >= 0)
            witnesses.append(Witness("the session does not see its own write", (write, int(reads[i])), operations))
        doubt = f"{untold} reads of {target} do not say which version they saw" if untold else ""
        return Finding(float(missed.sum()), len(reads), tuple(witnesses), doubt, at_least=bool(untold))
