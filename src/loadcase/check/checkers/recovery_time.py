"""How long a flow takes to be well again after the last fault."""

from __future__ import annotations

import numpy as np

from loadcase.check.answers import Answers
from loadcase.check.checker import Checker, Finding, Witness, unknown
from loadcase.check.recovery import NORMAL, recovered
from loadcase.check.story import faults
from loadcase.check.view import View


class RecoveryTime(Checker):
    """Seconds from the end of the last fault until the flow is well again, and stays so.

    What: of the operations that arrive in each interval, the share that is acknowledged is compared with the share
    before the first fault; the flow is well at nine tenths of it. Intervals are as long as it takes for 20 arrivals.
    Where the last one is not well the value is a lower bound.

    Why: a restart meets cold caches, a backlog and clients that all come back at once; what is promised is when the
    users stop noticing.

    Example:
        send.recovery_time < 30 s

    Source: ISO 22301:2019, recovery time objective.
    """

    name = "recovery_time"
    of = "flow"

    def judge(self, view: View, target: str) -> Finding:
        """Judges a flow."""
        h, answers = view.history, Answers(view, target)
        told = faults(view)
        if not told:
            return unknown("the history has no fault to recover from")
        if any(h["event"][f.end] == h["event"][f.start] or f.end == h.rows - 1 for f in told):
            return unknown("a fault goes on until the end of the history")
        start_s, end_s = float(h["time_s"][told[0].start]), float(h["time_s"][max(f.end for f in told)])
        offered, _, share = answers.course()
        before = [
            v for i, v in enumerate(share.values) if v is not None and share.start + (i + 1) * share.step <= start_s
        ]
        if not before or not any(before):
            return unknown(f"nothing of {target} was acknowledged before the first fault")
        least = NORMAL * float(np.mean(before))
        seconds, well = recovered(share, lambda value: value >= least, end_s)
        doubt = "" if well else "it is not well at the end of the history"
        failed = answers.failed()
        last = failed[view.invoked[failed].argmax()] if len(failed) else -1
        found = (Witness("the last that failed", (int(view.invoked[last]),), (int(last),)),) if last >= 0 else ()
        return Finding(seconds, len(offered.values), found, doubt, at_least=not well)
