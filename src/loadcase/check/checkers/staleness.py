"""How old what was read is."""

from __future__ import annotations

import numpy as np

from loadcase.check.checker import Checker, Finding, Witness, unknown
from loadcase.check.checkers.stale_reads import acknowledged_writes, first_missed, versioned_reads
from loadcase.check.grouping import Array
from loadcase.check.statistics import percentile
from loadcase.check.view import View
from loadcase.core.values import show


class Staleness(Checker):
    """Time by which reads lag behind what was acknowledged.

    What: the staleness of a read is the time between the acknowledgement of the first write that it misses and the
    moment at which the read began; 0 for a read that misses none. `staleness.p99` is the time that 99 % of all reads
    do not exceed; `staleness.mean` and `staleness.max` are there too.

    Why: most products live well with data that is a second old, and not at all with data that is an hour old.

    Example:
        profile.staleness.p99 < 1 s

    Source: P. Bailis et al., Probabilistically bounded staleness for practical partial quorums, PVLDB 5(8), 2012
    (t-visibility).
    """

    name = "staleness"
    of = "entity"

    def judge(self, view: View, target: str, part: str = "max") -> Finding:
        """One number of the staleness of an entity's reads: `mean`, `max` or a percentile, in seconds."""
        late, reads, untold = self.times(view, target)
        if not len(reads):
            return unknown(f"no read of {target} says which version it saw")
        row = int(reads[int(np.argmax(late))])
        said = f"what is read is {show(float(late.max()), 's')} old"
        told = Witness(said, (row,), (int(view.op[row]),) if view.op[row] >= 0 else ())
        doubt = f"{untold} reads of {target} do not say which version they saw" if untold else ""
        if part.startswith("p"):
            value, few = percentile(late, part)
            doubt = doubt or few
        else:
            value = float(late.mean() if part == "mean" else late.max())
        return Finding(value, len(late), (told,) if late.any() else (), doubt)

    @staticmethod
    def times(view: View, target: str) -> tuple[Array, Array, int]:
        """The staleness of each read in seconds, the reads, and how many tell no version."""
        reads, untold = versioned_reads(view, target)
        if not len(reads):
            return np.zeros(0), reads, untold
        time_s, began = view.history["time_s"], view.began(reads)
        missed = first_missed(view, reads, acknowledged_writes(view, target))
        late = np.zeros(len(reads))
        stale = missed < began
        began_s = view.began_s(reads[stale])
        late[stale] = np.maximum(began_s - time_s[missed[stale]], 0.0)
        return late, reads, untold
