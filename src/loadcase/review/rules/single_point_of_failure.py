"""One machine that a flow cannot do without."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.blueprint.steps import Call
from loadcase.core.values import show
from loadcase.kinds.store import Store
from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule, Severity
from loadcase.review.rules.promise_broken_on_paper import DOWN_SLACK


class SinglePointOfFailure(Rule):
    """The loss of one machine stops a flow.

    What: of each component that a client's flow waits for, the machine that is worst to lose is taken out: the only
    replica, the leader that nothing replaces (no `failover`), a copy that every write waits for (`write: all`). Where
    operations fail then, whatever fallbacks, quorums and branches there are, it is a cut of the flow. It is an error
    where that machine alone, by its availability, breaks the flow's promise. What a provider keeps up is left out, and
    so are flows of which no availability is promised: nothing says that they have to go on.

    Why: machines fail; with a thousand, one does every day. What stops with one of them is up no more than it is.

    Source: Google Cloud, Architecture Framework, reliability (eliminate single points of failure); R. Barlow,
    F. Proschan, Mathematical Theory of Reliability, 1965 (cut sets).
    """

    code = "LC570"
    severity = "warning"
    covers = ("fail-spof", "scale-under-built")
    valid = (
        """
requirements: {contract: [r.availability >= 99.9 %]}
components: {s: {kind: service, replicas: 2}, db: {kind: store, replicas: 3, write: quorum, failover: 10 s}}
flows: {r: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [s.handle: {do: [db.read, db.write]}]}}
""",
        """
requirements: {contract: [r.availability >= 99.9 %]}
components: {s: {kind: service, replicas: 2}, c: {kind: cache, hit_ratio: 90 %}, db: {kind: store, like: dynamodb}}
flows:
  r:
    arrive: {rate: 1 /s, timeout: 1 s}
    steps: [s.handle: {do: [c.get: {miss: [db.read], fallback: [db.read]}]}]
""",
        """
requirements: {contract: [r.availability >= 99 %]}
components: {a: {kind: service}, b: {kind: service}}
flows: {r: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [parallel: {branches: [[a.handle], [b.handle]], need: any}]}}
""",
    )
    invalid = (
        """
requirements: {contract: [r.availability >= 99.99 %]}
components:
  s: {kind: service, replicas: 2}
  db: {kind: store}  # <-
flows: {r: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [s.handle: {do: [db.read]}]}}
""",
        """
requirements: {contract: [w.availability >= 99 %]}
components:
  db: {kind: store, replicas: 3, write: all}  # <-
flows: {w: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [db.write]}}
""",
        """
requirements: {contract: [w.availability >= 99 %]}
components:
  db: {kind: store, replicas: 2, write: async}  # <-
flows: {w: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [db.write]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Components by the flow that loses most without one of their machines."""
        for name in design.b.components:
            worst: tuple[float, str, Severity, Call] | None = None
            for flow in design.arriving:
                calls = [s.call for s in design.of(flow.name) if s.call.component == name and s.waited]
                line = design.promise(f"{flow.name}.availability")
                if not calls or line is None or line.comparison not in (">", ">="):
                    continue

                def down(call: Call, name: str = name) -> float:
                    return design.down_without_one(call) if call.component == name else 0.0

                def rarely(call: Call, name: str = name) -> float:
                    critical = call.component == name and design.down_without_one(call) > 0
                    return design.unavailable(call) if critical else 0.0

                lost = design.lost_without(flow, down)
                breaks = design.lost_without(flow, rarely) > (1.0 - line.bound) * (1.0 + DOWN_SLACK)
                if lost > 0 and (worst is None or (breaks, lost) > (worst[2] == "error", worst[0])):
                    cut = next(c for c in calls if design.down_without_one(c) > 0)
                    worst = (lost, flow.name, "error" if breaks else "warning", cut)
            if worst is not None:
                share = "all" if worst[0] > 0.9999 else show(worst[0], "ratio")
                message = f"without {machine(design, worst[3])} {share} of {worst[1]} fails"
                yield Found(("components", name), message, mend(design, worst[3]), severity=worst[2])


def machine(design: Design, call: Call) -> str:
    """Which machine it is, in words."""
    component = design.b.components[call.component]
    if component.nodes == 1:
        return f"the one machine of {call.component}"
    if isinstance(component, Store) and component.replicas > 1:
        visit = component.visits(call.verb, call.options)[0]
        return f"a leader of {call.component}" if visit.pick == "leader" else f"one copy of {call.component}"
    return f"one machine of {call.component}"


def mend(design: Design, call: Call) -> str:
    """What helps."""
    component = design.b.components[call.component]
    if component.nodes == 1 or not isinstance(component, Store) or component.replicas == 1:
        return "replicas: 2 or more, or a fallback: for the call"
    if component.visits(call.verb, call.options)[0].pick == "leader":
        return "failover: 30 s, or whatever the product takes to replace a leader"
    return "a quorum of three copies goes on with two of them"
