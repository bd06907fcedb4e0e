"""Many times more machines than the load needs."""

from __future__ import annotations

import math
from collections.abc import Iterator

from loadcase.core.values import show
from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule
from loadcase.review.rules.saturated import fullness

TIMES = 10
"""Machines for each one that is needed."""
BUSY = 0.7
"""How full a machine may be at the peak."""
COSTS = 1_000.0
"""USD per month below which nobody minds."""
SHARE = 0.05
"""Share of the cost of the design from which it matters."""


class OverBuilt(Rule):
    """A service has ten times the machines that any load of the design needs.

    What: in closed form a tenth of its replicas would be at most 70 % full under the highest load of all cases, those
    that relax bounds too; a replica for each zone, a spare one and room for open connections are allowed for; and what
    is too much costs more than 1,000 USD a month and 5 % of the design.

    Why: too much design is a flaw too: it costs, and it has to be deployed, watched and understood.

    Source: Google Cloud, Well-Architected Framework, cost optimization (right-sizing); the levels at which each tier
    of a design is needed, from published interview guides.
    """

    code = "LC526"
    severity = "warning"
    covers = ("scale-ladder",)
    valid = (
        """
components: {s: {kind: service, replicas: 12, workers: 2, price: 200 USD/month}}
flows: {r: {arrive: {rate: 2k /s}, steps: [s.handle: {work: exp(5 ms)}]}}
""",
        """
components: {s: {kind: service, replicas: 40, workers: 2, price: 200 USD/month}}
flows: {r: {arrive: {rate: 100 /s}, steps: [s.handle: {work: exp(5 ms)}]}}
requirements: {contract: [r.p95 < 100 ms]}
cases: {normal: {}, final: {load: 50, degrade: {r.p95: 1 s}}}
""",
        """
components: {s: {kind: service, replicas: 4, workers: 2, zones: 3, price: 200 USD/month}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle: {work: exp(5 ms)}]}}
""",
    )
    invalid = (
        """
components:
  s: {kind: service, replicas: 40, workers: 2, price: 200 USD/month}  # <-
flows: {r: {arrive: {rate: 100 /s}, steps: [s.handle: {work: exp(5 ms)}]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Services, gateways and balancers whose replicas are there for load alone."""
        highest = max([design.peak, *(case.load for case in design.b.cases.values())])
        for name, used, _ in fullness(design):
            component = design.b.components[name]
            if component.kind not in ("service", "gateway", "load_balancer") or component.replicas < TIMES:
                continue
            held = design.closed.metrics.get(f"{name}.connections", 0.0) * component.replicas / BUSY
            load = max(used * highest / design.peak * component.replicas / BUSY, held)
            if not math.isfinite(load):
                continue
            needed = max(math.ceil(load), component.zones * component.regions + 1, 2)
            spare = (component.replicas - needed) * component.price
            if component.replicas >= TIMES * needed and spare > max(COSTS, SHARE * design.closed.cost):
                message = f"{name} has {component.replicas} replicas, and {needed} would bear every load of the design"
                hint = f"the others cost {show(spare, 'USD/month')}; loadcase size proposes counts"
                yield Found(("components", name), message, hint)
