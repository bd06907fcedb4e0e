"""A backlog that nobody looks at."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class BacklogUnwatched(Rule):
    """Messages may pile up, and the contract does not mind.

    What: a flow consumes a log, a queue or a topic, and there is a contract, but no line about the lag of that buffer,
    nor about the time, the age or the delivery of the flow.

    Why: a consumer that is a little too slow fails nobody's request. The backlog grows for days, until what comes out
    is too old to matter.

    Source: B. Beyer et al., The Site Reliability Workbook, 2018, ch. 13 (data processing pipelines: freshness).
    """

    code = "LC567"
    severity = "warning"
    covers = ("slo-domain-pack", "trg-queue-lag", "fail-backpressure")
    valid = (
        """
requirements: {contract: [p.p95 < 1 s, l.lag < 1k]}
components: {l: {kind: log}, s: {kind: service}}
flows: {p: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [l.publish]}, r: {consume: {log: l, by: s}, steps: [s.handle]}}
""",
        """
requirements: {contract: [p.p95 < 1 s, r.age.p99 < 5 s]}
components: {l: {kind: log}, s: {kind: service}}
flows: {p: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [l.publish]}, r: {consume: {log: l, by: s}, steps: [s.handle]}}
""",
    )
    invalid = (
        """
requirements: {contract: [p.p95 < 1 s]}
components: {l: {kind: log}, s: {kind: service}}
flows:
  p: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [l.publish]}
  r:
    consume: {log: l, by: s}  # <-
    steps: [s.handle]
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Consuming flows."""
        if not design.b.contract:
            return
        for flow in design.consuming:
            consume = flow.consume
            source = consume.source if consume is not None else ""
            if not design.promises(flow.name) and not design.promises(source):
                message = f"nothing says how far {flow.name} may fall behind"
                hint = f"{source}.lag < 1k, or {flow.name}.age.p99 < 5 s"
                yield Found(("flows", flow.name, "consume"), message, hint)
