"""A bad day on which nothing may give."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule

FAR = 5.0
"""Load factor from which something has to give."""


class EverythingSacred(Rule):
    """In a case with far too much load nothing is allowed to give.

    What: a case has five times the load, or more, the contract has at least three lines, and the case relaxes none,
    although the design would be more than full in closed form.

    Why: something gives whether one says so or not. Who decides beforehand what (history late, typing marks dropped)
    keeps what is sacred: what is stored, what is right, who is banned.

    Source: B. Beyer et al., Site Reliability Engineering, 2016, ch. 22 (load shedding and graceful degradation).
    """

    code = "LC576"
    severity = "warning"
    covers = ("deg-declared",)
    valid = (
        """
requirements: {contract: [r.p95 < 100 ms, r.availability >= 99 %, cost < 1k USD/month]}
components: {s: {kind: service, replicas: 2, workers: 2, queue: 20}}
flows: {r: {arrive: {rate: 300 /s, timeout: 1 s}, steps: [s.handle: {work: exp(5 ms)}]}}
cases: {normal: {}, ten_times: {load: 10, degrade: {r.p95: 1 s, r.availability: 20 %}}}
""",
        """
requirements: {contract: [r.p95 < 100 ms, r.availability >= 99 %, cost < 1k USD/month]}
components: {s: {kind: service, replicas: 2, workers: 20, queue: 20}}
flows: {r: {arrive: {rate: 300 /s, timeout: 1 s}, steps: [s.handle: {work: exp(5 ms)}]}}
cases: {normal: {}, ten_times: {load: 10}}
""",
    )
    invalid = (
        """
requirements: {contract: [r.p95 < 100 ms, r.availability >= 99 %, cost < 1k USD/month]}
components: {s: {kind: service, replicas: 2, workers: 2, queue: 20}}
flows: {r: {arrive: {rate: 300 /s, timeout: 1 s}, steps: [s.handle: {work: exp(5 ms)}]}}
cases:
  normal: {}
  ten_times: {load: 10}  # <-
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Cases of much load."""
        full = max((line.bottleneck or 0.0 for line in design.lines.values()), default=0.0) / design.peak
        for name, case in design.b.cases.items():
            if case.load >= FAR and not case.degrade and len(design.b.contract) >= 3 and full * case.load > 1.0:
                message = (
                    f"at {case.load:g} times the load nothing may give in {name}, and the design would be over full"
                )
                yield Found(("cases", name), message, "degrade: what may give; sacred: what may not")
