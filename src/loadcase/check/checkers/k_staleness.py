"""How many versions behind reads are."""

from __future__ import annotations

import numpy as np

from loadcase.check.checker import Checker, Finding, Witness, some, unknown
from loadcase.check.checkers.stale_reads import committed_before, versioned_reads
from loadcase.check.grouping import packed
from loadcase.check.view import View


class KStaleness(Checker):
    """Share of the reads that return one of the last k committed versions.

    What: of the reads of keys that had been written, `k_staleness.k2` is the share that saw the newest version that was
    committed when the read began, or the one before it; `k_staleness.k1` the share that saw the newest. What the read
    saw although it was not committed counts as newer.

    Why: a counter or a timeline that is one version behind is often good enough; one that is ten behind is not.

    Example:
        profile.k_staleness.k2 >= 99.9 %

    Source: P. Bailis et al., Probabilistically bounded staleness for practical partial quorums, PVLDB 5(8), 2012,
    definition 1.
    """

    name = "k_staleness"
    of = "entity"

    def judge(self, view: View, target: str, part: str = "k1") -> Finding:
        """The share of an entity's reads within so many versions."""
        told, untold = versioned_reads(view, target)
        if untold:
            return unknown(f"{untold} reads of {target} do not say which version they saw")
        reads, newest = committed_before(view, target, told)
        if not len(reads):
            return unknown(f"no read of {target} comes after a commit")
        commits = view.rows("commit", entity=target)
        commits = commits[view.standing(target) & (view.version[commits] >= 0)]
        key, n, m = view.history["key"], len(commits), len(reads)
        code = packed(
            np.concatenate([key[commits], key[reads], key[reads]]),
            np.concatenate([view.version[commits], view.version[newest], view.base[reads]]),
        )
        listed = np.unique(code[:n])  # in order of key and version
        at = np.searchsorted(listed, code[n:], side="right")
        behind = at[:m] - at[m:]
        late = np.flatnonzero(behind >= int(part[1:]))
        witnesses = tuple(
            Witness(
                f"the read is {behind[i]} versions behind" if behind[i] > 1 else "the read is a version behind",
                (int(newest[i]), int(reads[i])),
                tuple(int(view.op[r]) for r in (newest[i], reads[i]) if view.op[r] >= 0),
            )
            for i in some(late)
        )
        return Finding(1.0 - len(late) / m, m, witnesses)
