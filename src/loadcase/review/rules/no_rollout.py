"""A design without a way to change it."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class NoRollout(Rule):
    """Nothing says how a change goes out, and how it comes back.

    What: the design has decisions or objectives, and `operate` lacks `rollout` or `rollback`.

    Why: most outages begin with a change. A change that reaches a share of the traffic first, and that can be taken
    back in minutes, is a small one.

    Source: B. Beyer et al., Site Reliability Engineering, 2016, ch. 8 (release engineering) and 27 (launches).
    """

    code = "LC583"
    severity = "note"
    covers = ("ops-wrap-up",)
    valid = (
        """
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
decisions: {d: {choose: a, over: [b], because: c, at_the_cost_of: d, flips_when: e}}
operate: {rollout: one zone at a time, rollback: the image before}
""",
        """
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
""",
    )
    invalid = (
        """
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
decisions: {d: {choose: a, over: [b], because: c, at_the_cost_of: d, flips_when: e}}
operate:  # <-
  rollout: one zone at a time
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """The operation of a design that has got as far as decisions."""
        b = design.b
        if not b.decisions and not b.objectives:
            return
        missing = [part for part in ("rollout", "rollback") if not (getattr(b.operate, part) or "").strip()]
        if missing:
            hint = "for example one zone at a time, 5 % of traffic for 30 min first; the image before"
            yield Found(("operate",), f"not said: {' and '.join(missing)}", hint)
