"""An outage of the only zone."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.faults.outage import Outage
from loadcase.review.design import Design, failing
from loadcase.review.rule import Found, Rule


class OneZoneInOutage(Rule):
    """A case takes a zone or a region out in which all of a component stands.

    What: a case has an `outage`, a component that the flow of a client waits for is in one zone (or region) only, the
    one that goes out, and the case neither relaxes the flow's availability nor leaves it unpromised.

    Why: the case cannot hold, on paper: nothing is left of the component to fail over to.

    Source: AWS Builders' Library, M. Brooker and others, Static stability using Availability Zones.
    """

    code = "LC573"
    severity = "error"
    covers = ("trg-region-outage",)
    valid = (
        """
requirements: {contract: [r.availability >= 99 %]}
components: {s: {kind: service, replicas: 3, zones: 3}}
flows: {r: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [s.handle]}}
cases: {normal: {}, out: {faults: [outage: {zone: 1, at: 5 s, for: 10 s}]}}
""",
        """
requirements: {contract: [r.availability >= 99 %]}
components: {s: {kind: service, replicas: 2}, o: {kind: service, replicas: 3, zones: 3}}
flows:
  r: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [s.handle]}
  q: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [o.handle]}
cases: {normal: {}, out: {faults: [outage: {zone: 1, at: 5 s, for: 10 s}], degrade: {r.availability: 50 %}}}
""",
    )
    invalid = (
        """
requirements: {contract: [r.availability >= 99 %]}
components: {s: {kind: service, replicas: 2}, o: {kind: service, replicas: 3, zones: 3}}
flows: {r: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [s.handle, o.handle]}}
cases:
  normal: {}
  out:
    faults:
      - outage: {zone: 1, at: 5 s, for: 10 s}  # <-
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Outages of the cases."""
        for case, spec in design.b.cases.items():
            for i, fault in enumerate(spec.faults):
                if not isinstance(fault, Outage):
                    continue
                gone = struck(design, fault)
                share = min(1.0, (min(fault.end, spec.seconds) - fault.at) / spec.seconds)
                for flow in design.arriving:
                    metric = f"{flow.name}.availability"
                    line = design.promise(metric)
                    if line is None or metric in spec.degrade or line.comparison not in (">", ">="):
                        continue
                    lost = design.lost_without(flow, failing(gone, 1.0))
                    if share * lost > 1.0 - line.bound:
                        name = next(s.call.component for s in design.of(flow.name) if s.call.component in gone)
                        message = f"nothing of {name} is left in {case}, and {flow.name} cannot do without it"
                        hint = f"zones: 2 or more for {name}, or degrade: {{{metric}: ...}}"
                        yield Found(("cases", case, "faults", i), message, hint)
                        break


def struck(design: Design, fault: Outage) -> set[str]:
    """The components of which an outage leaves nothing."""
    found = set()
    for name, c in design.b.components.items():
        areas = {node % (c.zones * c.regions) for node in range(c.nodes)}
        there = (a // c.zones + 1 == (fault.region or 1) and fault.zone in (None, a % c.zones + 1) for a in areas)
        if not design.managed(name) and all(there):
            found.add(name)
    return found
