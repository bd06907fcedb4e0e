"""More availability than a dependency has."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.core.values import show
from loadcase.review.design import RUN_BY_OTHERS, Design, failing
from loadcase.review.rule import Found, Rule


class PromiseBeyondDependencies(Rule):
    """A flow promises more availability than a dependency that it cannot do without.

    What: the flow waits for something that somebody else runs, its `availability` is below the flow's bound, and no
    fallback or other branch stands in for it.

    Why: availabilities in series multiply: a flow is never up more than what it needs. A dependency that is critical
    has to be one nine better than the promise.

    Source: B. Treynor, M. Dahlin, V. Rau, B. Beyer, The Calculus of Service Availability, ACM Queue 15(2), 2017.
    """

    code = "LC519"
    severity = "error"
    covers = ("trg-dependency-slow",)
    valid = (
        """
requirements: {contract: [pay.availability >= 99 %]}
components: {psp: {kind: external, availability: 99.9 %}}
flows: {pay: {arrive: {rate: 1 /s}, steps: [psp.call]}}
""",
        """
requirements: {contract: [pay.availability >= 99.99 %]}
components: {psp: {kind: external, availability: 99.9 %}, later: {kind: queue}}
flows: {pay: {arrive: {rate: 1 /s}, steps: [psp.call: {timeout: 1 s, fallback: [later.publish]}]}}
""",
        """
requirements: {contract: [pay.availability >= 99.99 %]}
components: {a: {kind: external, availability: 99.9 %}, b: {kind: external, availability: 99.9 %}}
flows: {pay: {arrive: {rate: 1 /s}, steps: [parallel: {branches: [[a.call], [b.call]], need: any}]}}
""",
    )
    invalid = (
        """
requirements:
  contract:
    - pay.availability >= 99.99 %  # <-
components: {psp: {kind: external, availability: 99.9 %}}
flows: {pay: {arrive: {rate: 1 /s}, steps: [psp.call]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Promises of availability, with the first dependency that does not keep up."""
        for flow in design.arriving:
            line = design.promise(f"{flow.name}.availability")
            if line is None or line.comparison not in (">", ">="):
                continue
            used = dict.fromkeys(site.call.component for site in design.of(flow.name))
            for name in used:
                component = design.b.components[name]
                up = component.availability
                if component.kind not in RUN_BY_OTHERS or up is None or component.replicas > 1 or up >= line.bound:
                    continue
                if design.lost_without(flow, failing({name}, 1.0 - up)) > 1.0 - line.bound:
                    message = f"{line.text} rests on {name}, which is up {show(up, 'ratio')} of the time"
                    hint = "promise less, or do without it for a while: a fallback, a queue, a second provider"
                    yield Found(line.path, message, hint, key=False)
                    break
