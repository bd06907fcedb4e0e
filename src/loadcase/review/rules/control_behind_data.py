"""A control plane that waits in the same queue."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.kinds.base import PRIORITIES
from loadcase.review.design import Design, Site
from loadcase.review.rule import Found, Rule


class ControlBehindData(Rule):
    """A control call waits behind the traffic that it has to stop.

    What: the flow of an endpoint of kind `control` uses a service, a balancer or a gateway with a queue that flows of
    clients use too, its calls have no higher priority there, and the contract does not bound its time in every case.

    Why: a ban, a kill switch or a refund is needed most when the data plane is flooded. It has to win then: with
    replicas of its own, or a priority.

    Source: AWS Builders' Library, C. MacCarthaigh, Static stability (control and data plane); B. Beyer et al., Site
    Reliability Engineering, 2016, ch. 21 (criticality).
    """

    code = "LC572"
    severity = "warning"
    covers = ("dsm-control-plane", "cor-control-wins")
    valid = (
        """
api: {ban: {kind: control}}
components: {api: {kind: service, replicas: 4}}
flows:
  send: {arrive: {rate: 10 /s, timeout: 1 s}, steps: [api.handle]}
  ban: {arrive: {rate: 1 /s, timeout: 1 s, priority: highest}, steps: [api.handle]}
""",
        """
api: {ban: {kind: control}}
components: {api: {kind: service, replicas: 4}, control: {kind: service, replicas: 2}}
flows:
  send: {arrive: {rate: 10 /s, timeout: 1 s}, steps: [api.handle]}
  ban: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [control.handle]}
""",
        """
requirements: {contract: [ban.p99 < 500 ms]}
api: {ban: {kind: control}}
components: {api: {kind: service, replicas: 4}}
flows:
  send: {arrive: {rate: 10 /s, timeout: 1 s}, steps: [api.handle]}
  ban: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [api.handle]}
""",
    )
    invalid = (
        """
api: {ban: {kind: control}}
components: {api: {kind: service, replicas: 4}}
flows:
  send: {arrive: {rate: 10 /s, timeout: 1 s}, steps: [api.handle]}
  ban:
    arrive: {rate: 1 /s, timeout: 1 s}
    steps:
      - api.handle  # <-
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Flows of control endpoints."""
        b = design.b
        control = {name for name, e in b.api.items() if e.kind == "control" and name in b.flows}
        relaxed = {metric for case in b.cases.values() for metric in case.degrade}
        for name in control:
            if any(line.metric not in relaxed for line in design.latency_promises(name)):
                continue
            for site in design.of(name):
                data = [s for s in design.sites if s.call.component == site.call.component
                        and s.flow.name not in control]  # fmt: skip
                queued = site.component.kind in ("service", "load_balancer", "gateway") and site.component.workers > 0
                first = min((priority(s) for s in data), default=9)
                if queued and data and priority(site) >= first:
                    message = f"{name} queues at {site.call.component} behind {data[0].flow.name}"
                    hint = "priority: highest on its arrive, or replicas of its own"
                    yield Found(site.call.path, message, hint)
                    break


def priority(site: Site) -> int:
    """Who is first: 0 before 3."""
    base = site.flow.arrive.priority if site.flow.arrive is not None else None
    return PRIORITIES[site.call.options.priority or base or site.component.priority]
