"""Promises that nobody watches."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class NoObjectives(Rule):
    """The contract promises clients something, and no objective watches it once the design runs.

    What: the contract bounds the time or the availability of a client's flow, and `operate.slos` is empty.

    Why: what was judged before the start changes after it. An objective over weeks has an error budget, and burn-rate
    alerts follow from it (`loadcase alerts`).

    Source: B. Beyer et al., The Site Reliability Workbook, 2018, ch. 5 (alerting on SLOs).
    """

    code = "LC580"
    severity = "note"
    covers = ("dsm-curveball-check", "slo-golden-four")
    valid = (
        """
requirements: {contract: [r.p95 < 300 ms]}
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
operate: {slos: [r.p95 < 300 ms over 28 day]}
""",
    )
    invalid = (
        """
requirements: {contract: [r.p95 < 300 ms]}
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
operate:  # <-
  rollout: one at a time
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """The operation of a design that promises something."""
        promised = [g for f in design.arriving for g in design.promises(f.name) if objective(g.metric)]
        if promised and not design.b.objectives:
            line = promised[0].text
            yield Found(("operate",), f"no objective watches {line}", f"operate: {{slos: [{line} over 28 day]}}")


def objective(metric: str) -> bool:
    """Whether a metric of a flow can be an objective."""
    last = metric.rpartition(".")[2]
    return last == "availability" or (last[:1] == "p" and last[1:].isdigit())
