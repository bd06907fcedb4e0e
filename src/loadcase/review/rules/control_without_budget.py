"""A control call that may take any time."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class ControlWithoutBudget(Rule):
    """The contract does not say how fast a control call takes effect.

    What: the flow of an endpoint of kind `control` has no line about its time in the contract, although there is one.

    Why: a ban that takes an hour is none. The control plane has the strictest budget of all, since it is used when
    something is wrong.

    Source: published interview guides (propagation budget of the control plane).
    """

    code = "LC581"
    severity = "warning"
    covers = ("slo-control-budget", "cor-control-wins")
    valid = (
        """
requirements: {contract: [send.p95 < 300 ms, ban.p99 < 500 ms]}
api: {ban: {kind: control}}
components: {s: {kind: service}, c: {kind: service}}
flows: {send: {arrive: {rate: 1 /s}, steps: [s.handle]}, ban: {arrive: {rate: 1 /s}, steps: [c.handle]}}
""",
    )
    invalid = (
        """
requirements: {contract: [send.p95 < 300 ms]}
api: {ban: {kind: control}}
components: {s: {kind: service}, c: {kind: service}}
flows:
  send: {arrive: {rate: 1 /s}, steps: [s.handle]}
  ban: {arrive: {rate: 1 /s}, steps: [c.handle]}  # <-
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Flows of control endpoints."""
        for name, endpoint in design.b.api.items():
            if endpoint.kind != "control" or name not in design.b.flows or not design.b.contract:
                continue
            if not design.latency_promises(name):
                yield Found(("flows", name), f"nothing says how fast {name} takes effect", f"{name}.p99 < 500 ms")
