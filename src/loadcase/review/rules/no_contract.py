"""A design without a contract."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class NoContract(Rule):
    """Nothing says when the design is good enough.

    What: clients arrive, and `requirements.contract` is empty.

    Why: without numbers for latency, availability and correctness every design passes, and none can be preferred.

    Source: B. Beyer et al., Site Reliability Engineering, 2016, ch. 4 (service level objectives).
    """

    code = "LC510"
    severity = "warning"
    covers = ("scope-eight-answers",)
    valid = (
        """
requirements: {contract: [r.p95 < 300 ms]}
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
""",
        """
components: {s: {kind: service}, l: {kind: log}}
flows: {r: {consume: {log: l, by: s}, steps: [s.handle]}}
""",
    )
    invalid = (
        """
requirements: {functional: [read a page]}  # <-
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """The requirements, where there is no guarantee in them."""
        if design.arriving and not design.b.contract:
            hint = "requirements: {contract: [send.p95 < 300 ms, send.availability >= 99.9 %]}"
            yield Found(("requirements",), "no guarantee says when the design is good enough", hint)
