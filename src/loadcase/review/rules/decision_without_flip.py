"""A choice for ever."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class DecisionWithoutFlip(Rule):
    """A decision does not say when the other choice would be the better one.

    What: `flips_when` is not given.

    Why: the point at which it flips is what to watch, and what a reviewer can test: `flips_when: stored > 10 TB` is a
    sentence that a number can make true.

    Source: published interview guides (what would change your mind).
    """

    code = "LC597"
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
  d: {choose: a, over: [b], because: c, at_the_cost_of: d}  # <-
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Decisions that lack it."""
        for name, decision in design.b.decisions.items():
            if not (decision.flips_when or "").strip():
                yield Found(
                    ("decisions", name),
                    f"{name} does not say when it would flip",
                    "flips_when: stored > 10 TB, or another number that would change it",
                )
