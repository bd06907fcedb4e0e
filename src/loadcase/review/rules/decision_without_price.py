"""A choice that costs nothing."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class DecisionWithoutPrice(Rule):
    """A decision does not say what it costs.

    What: `at_the_cost_of` is not given.

    Why: every choice gives something up. A decision that names no price has not been looked at from the other side.

    Source: published interview guides (X because A, at the cost of B).
    """

    code = "LC596"
    severity = "warning"
    covers = ("trd-flip",)
    valid = (
        """
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [s.handle]}}
decisions: {d: {choose: a, over: [b], because: c, at_the_cost_of: d, flips_when: e}}
""",
    )
    invalid = (
        """
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [s.handle]}}
decisions:
  d: {choose: a, over: [b], because: c, flips_when: e}  # <-
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Decisions that lack it."""
        for name, decision in design.b.decisions.items():
            if not (decision.at_the_cost_of or "").strip():
                yield Found(
                    ("decisions", name),
                    f"{name} costs nothing, it seems",
                    "at_the_cost_of: what the other choice would have given",
                )
