"""A scope that was never cut."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule

MOST = 4
"""Core features of one design."""


class NothingDeferred(Rule):
    """Nothing is left out on purpose.

    What: the requirements name functions and no deferred ones, or more than four functions.

    Why: a design for everything decides nothing. Three or four core functions, and the others named as left out, say
    what the design is judged by.

    Source: A. Xu, System Design Interview, 2nd ed. 2020, ch. 3 (establish design scope).
    """

    code = "LC516"
    severity = "note"
    covers = ("scope-defer",)
    valid = (
        """
requirements: {functional: [send a message], deferred: [group chat], contract: [r.p95 < 1 s]}
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
""",
        """
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
""",
    )
    invalid = (
        """
requirements:
  functional: [send a message]  # <-
  contract: [r.p95 < 1 s]
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
""",
        """
requirements:
  deferred: [media]
  functional: [send, read, search, group chat, calls]  # <-
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """The functional requirements."""
        r = design.b.requirements
        path = ("requirements", "functional")
        if len(r.functional) > MOST:
            message = f"{len(r.functional)} functions are more than one design is about"
            yield Found(path, message, f"keep the {MOST} that carry the risk, and move the others to deferred")
        elif r.functional and not r.deferred:
            yield Found(path, "nothing is left out on purpose", "deferred: [what this design is not about]")
