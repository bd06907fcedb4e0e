"""A flow of clients of which the contract says nothing."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class FlowWithoutPromise(Rule):
    """The contract says nothing of a flow that clients wait for.

    What: the contract has guarantees, and none is about the time, the availability or the goodput of this flow.

    Why: what is not promised is not judged: a change may make it ten times as slow, and every check still holds.

    Source: B. Beyer et al., Site Reliability Engineering, 2016, ch. 4 (service level objectives).
    """

    code = "LC511"
    severity = "note"
    covers = ("scope-eight-answers", "slo-golden-four")
    valid = (
        """
requirements: {contract: [r.p95 < 300 ms]}
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
""",
    )
    invalid = (
        """
requirements: {contract: [r.p95 < 300 ms]}
components: {s: {kind: service}}
flows:
  r: {arrive: {rate: 1 /s}, steps: [s.handle]}
  w: {arrive: {rate: 1 /s}, steps: [s.handle]}  # <-
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Flows without a guarantee, beside others that have some."""
        if not design.b.contract:
            return
        for flow in design.arriving:
            if not design.promises(flow.name):
                hint = f"for example {flow.name}.p95 < 300 ms and {flow.name}.availability >= 99.9 %"
                yield Found(("flows", flow.name), f"no guarantee is about flow {flow.name}", hint)
