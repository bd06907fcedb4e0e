"""How likely a read sees what has just been committed."""

from __future__ import annotations

from loadcase.check.checker import Checker, Finding, unknown
from loadcase.check.checkers.t_visibility import visible_after, witness
from loadcase.check.view import View


class ConsistentAtCommit(Checker):
    """Share of the reads that would see the newest write if they began just as it was committed.

    What: the probability of consistency at t = 0: the share of the reads whose time of
    [t-visibility](t_visibility.md) is not above 0. Quorums that overlap have 100 %.

    Why: it is what a client meets that writes and reads at once, without any guarantee of its session.

    Example:
        profile.consistent_at_commit >= 99 %

    Source: P. Bailis et al., Probabilistically bounded staleness for practical partial quorums, PVLDB 5(8), 2012,
    section 5.
    """

    name = "consistent_at_commit"
    of = "entity"

    def judge(self, view: View, target: str) -> Finding:
        """Judges an entity."""
        after, reads, commits, doubt = visible_after(view, target)
        if not len(reads):
            return unknown(doubt)
        late = after > 0
        told = (witness(view, after, reads, commits),) if late.any() else ()
        return Finding(1.0 - float(late.sum()) / len(after), len(after), told)
