"""A choice of one."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class DecisionWithoutAlternative(Rule):
    """A decision names nothing that it was chosen over.

    What: `over` is empty.

    Why: what has no alternative is no decision but a fact; and the reader's first question is what else was thought
    of.

    Source: M. Nygard, Documenting Architecture Decisions, 2011.
    """

    code = "LC594"
    severity = "warning"
    covers = ("trd-commit",)
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
  d: {choose: a, because: c, at_the_cost_of: d, flips_when: e}  # <-
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Decisions that lack it."""
        for name, decision in design.b.decisions.items():
            if not decision.over:
                yield Found(("decisions", name), f"{name} was chosen over nothing", "over: [what else would do]")
