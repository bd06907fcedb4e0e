"""A guarantee that the closed form breaks."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.blueprint.model import Guarantee
from loadcase.core.values import show
from loadcase.estimate.availability import PER_INSTANCE
from loadcase.review.design import Design, Site
from loadcase.review.rule import Found, Rule

SLACK = 0.15
"""What a closed form may be off by before it says that a guarantee is broken: the agreement that is published."""
DOWN_SLACK = 0.5
"""The same of unavailability, which rests on assumed availabilities of single machines."""


class PromiseBrokenOnPaper(Rule):
    """The closed form breaks a guarantee, before anything is run.

    What: at the peak (the highest load of a case that relaxes nothing) a metric that has a closed form is beyond its
    bound by more than the closed form may be off. Flows through what scales by itself, sheds or skips steps are left
    out: there the closed form is no bound.

    Why: a minute of arithmetic shows what a month of building would. Nothing is down and nobody is slow in it: the
    guarantee cannot hold on a good day.

    Source: J. L. Hennessy, D. A. Patterson, Computer Architecture, 6th ed. 2017, ch. 1 (quantitative design); the
    formulas of `loadcase estimate`.
    """

    code = "LC515"
    severity = "error"
    covers = ("slo-golden-four",)
    valid = (
        """
requirements: {contract: [r.p95 < 100 ms]}
components: {s: {kind: service, workers: 4}}
flows: {r: {arrive: {rate: 10 /s}, steps: [s.handle: {work: exp(5 ms)}]}}
""",
        """
requirements: {contract: [r.p95 < 62 ms]}
components: {s: {kind: service, workers: 4}}
flows: {r: {arrive: {rate: 10 /s}, steps: [s.handle: {work: exp(8 ms)}]}}
""",
        """
requirements: {contract: [r.p95 < 100 ms]}
components: {s: {kind: service, workers: 4}}
flows: {r: {arrive: {rate: 10 /s}, steps: [s.handle: {work: exp(5 ms)}]}}
cases: {normal: {}, ten_times: {load: 100, degrade: {r.p95: 1 s}}}
""",
    )
    invalid = (
        """
requirements:
  contract:
    - r.p95 < 30 ms  # <-
    - cost < 10 USD/month  # <-
components: {s: {kind: service, workers: 4, price: 92 USD/month}}
flows: {r: {arrive: {rate: 10 /s}, steps: [s.handle: {work: exp(5 ms)}]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Lines of the contract beyond their bounds."""
        for line in design.b.contract:
            value = design.closed.metrics.get(line.metric)
            if value is None or line.holds(value) or within(line, value) or relieved(design, line):
                continue
            under = f" at {design.peak:g} times the load" if design.peak != 1.0 and line.metric != "cost" else ""
            message = f"{line.metric} is {show(value, line.unit)}{under} in closed form"
            if line.metric.endswith(".availability"):
                message += f", a replica being up {100 * PER_INSTANCE:g} % of the time unless it says"
            hint = "loadcase estimate shows where it comes from; loadcase size proposes counts that hold it"
            yield Found(line.path, message, hint, key=False)


def relieved(design: Design, line: Guarantee) -> bool:
    """Whether a line is about a flow or a component that changes with its load; or needs every replica of one, of which
    those that are down have no clients to reach."""
    target = line.metric.partition(".")[0]
    if line.metric.endswith(".availability") and any(everywhere(site) for site in design.of(target)):
        return True
    parts = {site.call.component for site in design.of(target)} if target in design.b.flows else {target}
    return bool(parts & design.relieved)


def everywhere(site: Site) -> bool:
    """Whether a call goes to every replica."""
    return any(v.pick == "every" for v in site.component.visits(site.call.verb, site.call.options))


def within(line: Guarantee, value: float) -> bool:
    """Whether a value is as near to its bound as the closed form is to the truth."""
    if line.metric.endswith(".availability"):
        return 1.0 - value <= (1.0 - line.bound) * (1.0 + DOWN_SLACK) + 1e-12
    return abs(value - line.bound) <= SLACK * abs(line.bound)
