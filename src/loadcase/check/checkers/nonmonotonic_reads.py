"""Reads that go back in time."""

from __future__ import annotations

import numpy as np

from loadcase.check.checker import Checker, Finding, Witness, some, unknown
from loadcase.check.checkers.stale_reads import versioned_reads
from loadcase.check.grouping import highest_before, packed
from loadcase.check.view import View


class NonmonotonicReads(Checker):
    """Reads that see less than an earlier read of the same session and key.

    What: monotonic reads. A read is judged against those of its session and key that were answered before it began.

    Why: two replicas that lag by different amounts, visited in turn, make a list that grows and shrinks.

    Example:
        feed.nonmonotonic_reads == 0

    Source: D. Terry et al., Session guarantees for weakly consistent replicated data, PDIS 1994 (monotonic reads).
    """

    name = "nonmonotonic_reads"
    of = "entity"

    def judge(self, view: View, target: str) -> Finding:
        """Judges an entity."""
        reads, untold = versioned_reads(view, target)
        session = view.sessions(reads)
        reads, session = reads[session >= 0], session[session >= 0]
        if not len(reads):
            return unknown(f"no read of {target} says its session and the version it saw")
        base = view.base[reads]
        group = packed(session, view.history["key"][reads])
        seen = highest_before(group, reads, base, group, view.began(reads))
        back = base < seen
        witnesses = []
        for i in some(np.flatnonzero(back)):
            earlier = reads[(group == group[i]) & (base == seen[i]) & (reads < reads[i])]
            pair = (int(earlier[0]), int(reads[i]))
            said = f"version {base[i]} is read after version {seen[i]}"
            witnesses.append(Witness(said, pair, tuple(int(view.op[r]) for r in pair if view.op[r] >= 0)))
        doubt = f"{untold} reads of {target} do not say which version they saw" if untold else ""
        return Finding(float(back.sum()), len(reads), tuple(witnesses), doubt, at_least=bool(untold))
