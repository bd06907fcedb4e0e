"""Requirements without the one that is hard."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class NoHardPart(Rule):
    """The requirements do not say what is hard about this design.

    What: functions are listed, and `hard_part` is not given.

    Why: every design has one property that the others bend around. Where it is not named, effort goes to what any
    design has.

    Source: published interview guides (name the one hard part before the first box).
    """

    code = "LC517"
    severity = "note"
    covers = ("scope-uniquely-hard",)
    valid = (
        """
requirements: {functional: [send], deferred: [media], hard_part: order while clients retry}
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
""",
    )
    invalid = (
        """
requirements: {functional: [send], deferred: [media]}  # <-
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Requirements without it."""
        r = design.b.requirements
        if r.functional and not (r.hard_part or "").strip():
            yield Found(("requirements",), "what is hard about this design is not said", "add hard_part: one sentence")
