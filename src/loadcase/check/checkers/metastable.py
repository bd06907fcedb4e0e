"""A collapse that outlives its trigger."""

from __future__ import annotations

from loadcase.check.answers import Answers
from loadcase.check.checker import Checker, Finding, Witness, unknown
from loadcase.check.recovery import outlives
from loadcase.check.story import faults
from loadcase.check.view import View


class Metastable(Checker):
    """Whether goodput stays collapsed though the trigger is gone and the load is no higher than before.

    What: 1 when in the latter half of the time after the last fault less than half of the goodput before the first
    fault is left, at no more load; else 0. Unknown with fewer than five intervals before or after, or when the load has
    grown. Intervals are as long as it takes for 20 arrivals.

    Why: retries keep a service overloaded by work that nobody waits for any more: removing what tipped it over does
    not set it upright.

    Example:
        send.metastable == 0

    Source: N. Bronson et al., Metastable failures in distributed systems, HotOS 2021.
    """

    name = "metastable"
    of = "flow"
    adds_up = False

    def judge(self, view: View, target: str) -> Finding:
        """Judges a flow."""
        h, answers = view.history, Answers(view, target)
        told = faults(view)
        if not told:
            return unknown("the history has no fault that could have triggered anything")
        start_s, end_s = float(h["time_s"][told[0].start]), float(h["time_s"][max(f.end for f in told)])
        offered, goodput, _ = answers.course()
        found = outlives(goodput, offered, start_s, end_s)
        if found is None:
            return unknown("too little was recorded before or after the faults, or the load has grown")
        failed = answers.failed()
        after = failed[h["time_s"][view.invoked[failed]] > end_s]
        if not found or not len(after):
            return Finding(float(found), len(offered.values))
        first = int(after[view.invoked[after].argmin()])
        witness = Witness("fails though the trigger is gone", (int(view.invoked[first]),), (first,))
        return Finding(1.0, len(offered.values), (witness,))
