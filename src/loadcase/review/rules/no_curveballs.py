"""A design that was only tried on good days."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class NoCurveballs(Rule):
    """No case breaks anything.

    What: the design has a contract with an availability or a guarantee of correctness, and no case has a fault.

    Why: a design that was tried with everything up says nothing of the day on which something is down. Which it
    outlives, and what gives way then, is most of what a design is for.

    Source: A. Basiri et al., Chaos Engineering, IEEE Software 33(3), 2016.
    """

    code = "LC575"
    severity = "note"
    covers = ("dsm-curveball-check",)
    valid = (
        """
requirements: {contract: [r.availability >= 99 %]}
components: {s: {kind: service, replicas: 3}}
flows: {r: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [s.handle]}}
cases: {normal: {}, crash: {faults: [crash: {on: s, count: 1, at: 5 s, for: 5 s}], degrade: {r.availability: 90 %}}}
""",
        """
requirements: {contract: [r.p95 < 1 s]}
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [s.handle]}}
""",
    )
    invalid = (
        """
requirements: {contract: [r.availability >= 99 %]}
components: {s: {kind: service, replicas: 3}}
flows: {r: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [s.handle]}}
cases:  # <-
  normal: {}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """The cases."""
        b = design.b
        strict = any(g.metric.endswith(".availability") or g.unit == "count" for g in b.contract)
        if strict and not any(case.faults for case in b.cases.values()):
            message = "no case breaks anything, so that nobody knows what the design outlives"
            yield Found(("cases",), message, "loadcase faults lists them: a crash, a flush, an outage, a hot key")
