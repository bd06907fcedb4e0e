"""Reads that miss what was acknowledged before they began."""

from __future__ import annotations

import numpy as np

from loadcase.check.checker import Checker, Finding, Witness, some, unknown
from loadcase.check.grouping import NONE, Array, highest_before, packed
from loadcase.check.view import NEVER, View


class StaleReads(Checker):
    """Reads that miss a write that was acknowledged before they began.

    What: a read tells the version that it saw (`base`), a commit the version that it made. A read is stale when a
    higher version of its key, not reverted since, was acknowledged to its client before the read began (its `began_s`,
    else the invoke of its operation).

    Why: a replica that lags, a quorum that does not overlap, or a cache that is not invalidated answers with the past.

    Example:
        profile.stale_reads == 0

    Source: P. Bailis et al., Probabilistically bounded staleness for practical partial quorums, PVLDB 5(8), 2012.
    """

    name = "stale_reads"
    of = "entity"

    def judge(self, view: View, target: str) -> Finding:
        """Judges an entity."""
        reads, untold = versioned_reads(view, target)
        writes = acknowledged_writes(view, target)
        if not len(reads):
            return unknown(f"no read of {target} says which version it saw")
        key, version = view.history["key"], view.version
        newest = highest_before(
            key[writes], view.acknowledged[view.op[writes]], version[writes], key[reads], view.began(reads)
        )
        stale = reads[view.base[reads] < newest]
        witnesses = _witnesses(view, np.array(some(stale), np.int64), writes)
        doubt = f"{untold} reads of {target} do not say which version they saw" if untold else ""
        return Finding(float(len(stale)), len(reads), witnesses, doubt, at_least=bool(untold))


def versioned_reads(view: View, entity: str) -> tuple[Array, int]:
    """The reads of an entity that tell the version they saw, and how many do not."""
    reads = view.rows("read", entity=entity)
    told = view.base[reads] >= 0
    return reads[told], len(reads) - int(told.sum())


def acknowledged_writes(view: View, entity: str) -> Array:
    """The commits of an entity that have a version, stand, and were acknowledged to their client."""
    rows = view.rows("commit", entity=entity)
    rows = rows[view.standing(entity) & (view.version[rows] >= 0)]
    return rows[view.acknowledged[view.op[rows]] < NEVER]


def committed_before(view: View, entity: str, reads: Array) -> tuple[Array, Array]:
    """Those reads of an entity before which their key was committed, and the row of the newest commit for each.

    The newest is the one of the highest version; of several with that version the first.
    """
    commits = view.rows("commit", entity=entity)
    commits = commits[view.standing(entity) & (view.version[commits] >= 0)]
    key, version = view.history["key"], view.version
    newest = highest_before(key[commits], commits, version[commits], key[reads], view.began(reads))
    reads, newest = reads[newest != NONE], newest[newest != NONE]
    code = packed(np.concatenate([key[commits], key[reads]]), np.concatenate([version[commits], newest]))
    listed, first = np.unique(code[: len(commits)], return_index=True)
    if not len(reads):
        return reads, reads
    return reads, commits[first[np.searchsorted(listed, code[len(commits) :])]]


def first_missed(view: View, reads: Array, writes: Array) -> Array:
    """For each stale read the row at which the first of the writes that it misses was acknowledged."""
    h = view.history
    # walk the versions of a key from the highest down: the earliest acknowledgement of those above the one seen
    keys = packed(np.concatenate([h["key"][writes], h["key"][reads]]))
    down = -np.concatenate([view.version[writes], view.base[reads]])
    n = len(writes)
    missed = highest_before(keys[:n], down[:n], -view.acknowledged[view.op[writes]], keys[n:], down[n:])
    return np.where(missed == NONE, NEVER, -missed)


def _witnesses(view: View, reads: Array, writes: Array) -> tuple[Witness, ...]:
    key = view.history["key"]
    missed = first_missed(view, reads, writes[np.isin(key[writes], key[reads])]).tolist()
    said = "the read misses a write that was acknowledged before it began"
    return tuple(
        Witness(said, (row, read), tuple(int(view.op[r]) for r in (row, read) if view.op[r] >= 0))
        for row, read in zip(missed, reads.tolist(), strict=True)
    )
