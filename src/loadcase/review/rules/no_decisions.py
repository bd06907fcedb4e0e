"""A design in which nothing was chosen."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule

LEAST = 3
"""Components from which something was chosen."""


class NoDecisions(Rule):
    """A design of several parts has no decision.

    What: there are three components or more and a contract, and `decisions` is empty.

    Why: a design is its choices: what over what, why, at which cost, and when the other would be better. The boxes can
    be had from any book.

    Source: M. Nygard, Documenting Architecture Decisions, 2011.
    """

    code = "LC593"
    severity = "warning"
    covers = ("trd-commit",)
    valid = (
        """
requirements: {contract: [r.p95 < 1 s]}
components: {s: {kind: service}, c: {kind: cache, hit_ratio: 50 %}, db: {kind: store}}
flows: {r: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [s.handle, c.get: {miss: [db.read]}]}}
decisions: {c: {choose: a cache, over: [none], because: a, at_the_cost_of: b, flips_when: c}}
""",
        """
requirements: {contract: [r.p95 < 1 s]}
components: {s: {kind: service}, db: {kind: store}}
flows: {r: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [s.handle, db.read]}}
""",
    )
    invalid = (
        """
requirements: {contract: [r.p95 < 1 s]}
components: {s: {kind: service}, c: {kind: cache, hit_ratio: 50 %}, db: {kind: store}}
flows: {r: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [s.handle, c.get: {miss: [db.read]}]}}
decisions: {}  # <-
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """The decisions of a design that has a contract."""
        b = design.b
        if len(b.components) >= LEAST and b.contract and not b.decisions:
            hint = "decisions: {store: {choose: ..., over: [...], because: ..., at_the_cost_of: ..., flips_when: ...}}"
            yield Found(("decisions",), f"{len(b.components)} components, and nothing was decided", hint)
