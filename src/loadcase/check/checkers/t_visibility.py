"""How long after its commit a write is seen."""

from __future__ import annotations

import numpy as np

from loadcase.check.checker import Checker, Finding, Witness, unknown
from loadcase.check.checkers.stale_reads import committed_before
from loadcase.check.grouping import NONE, Array, firsts, group_numbers, highest_before, packed, stable_order
from loadcase.check.statistics import percentile
from loadcase.check.view import View
from loadcase.core.values import show


class TVisibility(Checker):
    """Time after a commit from which reads see it.

    What: a read that begins t after the newest write of its key was committed sees it if one of the copies that it
    waits for has it when it is looked at. From when a copy had the write (`apply`) and when the read looked at it
    (`answer`) follows how long after the commit the read would have had to begin, whenever it did begin.
    `t_visibility.p999` is the time from which 99.9 % of the reads see the write; `t_visibility.max` the longest.

    Why: a partial quorum promises nothing at once, and nearly everything soon: this is how soon.

    Example:
        profile.t_visibility.p999 < 10 ms

    Source: P. Bailis et al., Probabilistically bounded staleness for practical partial quorums, PVLDB 5(8), 2012,
    definition 3.
    """

    name = "t_visibility"
    of = "entity"

    def judge(self, view: View, target: str, part: str = "max") -> Finding:
        """The longest such time of an entity's reads, or a percentile, in seconds."""
        after, reads, commits, doubt = visible_after(view, target)
        if not len(reads):
            return unknown(doubt)
        told = (witness(view, after, reads, commits),) if after.max() > 0 else ()
        value, few = percentile(after, part) if part.startswith("p") else (float(after.max()), "")
        if value == np.inf:
            return unknown(f"some copies of {target} never had what was written")
        return Finding(max(0.0, value), len(after), told, few)


def visible_after(view: View, entity: str) -> tuple[Array, Array, Array, str]:
    """For each read of a key that had been written: seconds after the newest commit from which it would have seen it.

    Negative where it would have seen it before the commit; infinite where it never would. With the rows of the reads
    and of the commits, each (n,), and what is missing where there are none.
    """
    h, version = view.history, view.version
    answers, applied = view.rows("answer", entity=entity), view.rows("apply", entity=entity)
    reads, commits = committed_before(view, entity, view.rows("read", entity=entity))
    nothing = np.zeros(0), reads[:0], commits[:0]
    if not len(answers) or not len(applied):
        return *nothing, f"the history does not tell when the copies of {entity} had what, and when they were read"
    which = _read_of(view, reads, answers)
    answers, which = answers[which >= 0], which[which >= 0]
    if not len(answers):
        return *nothing, f"no read of {entity} that tells its copies comes after a commit"
    wanted = version[commits][which]
    rows = np.concatenate([applied, answers])
    copy = packed(h["key"][rows], h["component"][rows], h["place"][rows])
    n = len(applied)
    down = np.concatenate([-version[applied], 1 - wanted])
    earliest = highest_before(copy[:n], down[:n], -applied, copy[n:], down[n:])
    had = np.full(len(answers), np.inf)
    there = earliest != NONE
    had[there] = h["time_s"][-earliest[there]]
    looked = h["began_s"][answers]
    looked = np.where(np.isnan(looked), h["time_s"][answers], looked)
    began = view.began_s(reads)
    after = np.full(len(reads), np.inf)
    np.minimum.at(after, which, (had - h["time_s"][commits][which]) + (began[which] - looked))
    told = np.isin(np.arange(len(reads)), which)
    return after[told], reads[told], commits[told], ""


def _read_of(view: View, reads: Array, answers: Array) -> Array:
    """For each answer the number of the read that it belongs to: the next of its operation and key; -1 for none."""
    rows = np.concatenate([reads, answers])
    code = packed(view.op[rows], view.history["key"][rows])
    order = stable_order(rows)
    order = order[stable_order(code[order])][::-1]  # from the last of each group to the first
    groups = group_numbers(firsts(code[order]))
    number = np.where(order < len(reads), np.arange(len(order)), -1)
    latest = np.maximum.accumulate(number)
    same = (latest >= 0) & (groups[np.maximum(latest, 0)] == groups)
    found = np.empty(len(order), np.int64)
    found[order] = np.where(same, order[np.maximum(latest, 0)], -1)
    return found[len(reads) :]


def witness(view: View, after: Array, reads: Array, commits: Array) -> Witness:
    """The read that would have seen the newest commit last."""
    i = int(np.argmax(after))
    when = "never" if after[i] == np.inf else f"from {show(float(after[i]), 's')} after its commit"
    rows = int(commits[i]), int(reads[i])
    operations = tuple(int(view.op[r]) for r in rows if view.op[r] >= 0)
    return Witness(f"what was written would be seen {when}", rows, operations)
