"""A promise of a mean time."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class MeanPromise(Rule):
    """The time of a flow is promised as a mean, and by no percentile.

    What: a line of the contract bounds `<flow>.mean`, and no line bounds a percentile of the same flow.

    Why: a mean hides its tail: it stays the same while one request in twenty takes ten times as long.

    Source: J. Dean, L. Barroso, The Tail at Scale, CACM 56(2), 2013.
    """

    code = "LC513"
    severity = "warning"
    covers = ("slo-p95-by-stage",)
    valid = (
        """
requirements: {contract: [r.mean < 100 ms, r.p95 < 300 ms]}
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
""",
    )
    invalid = (
        """
requirements:
  contract:
    - r.mean < 100 ms  # <-
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Means without a percentile beside them."""
        for flow in design.b.flows:
            lines = design.latency_promises(flow)
            if lines and all(line.metric.endswith("mean") for line in lines):
                metric = lines[0].metric
                yield Found(lines[0].path, f"{metric} hides the slow requests", f"promise {metric[:-4]}p95 as well")
