"""A choice without a reason."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class DecisionWithoutReason(Rule):
    """A decision does not say why.

    What: `because` is not given.

    Why: without the reason nobody can tell, when the numbers change, whether the choice has to change with them.

    Source: M. Nygard, Documenting Architecture Decisions, 2011.
    """

    code = "LC595"
    severity = "warning"
    covers = (
        "trd-flip",
        "data-store-reason",
    )
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
  d: {choose: a, over: [b], at_the_cost_of: d, flips_when: e}  # <-
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Decisions that lack it."""
        for name, decision in design.b.decisions.items():
            if not (decision.because or "").strip():
                yield Found(
                    ("decisions", name),
                    f"{name} does not say why",
                    "because: the number or the requirement that decides it",
                )
