"""What rules ask of a design: every call with what is around it, what is promised, the closed form at the peak."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

from loadcase.blueprint.knowledge import entity_of, parts
from loadcase.blueprint.model import Blueprint, FlowSpec, Guarantee
from loadcase.blueprint.steps import Call, Choose, FanOut, Parallel, Repeat, Spawn, Step, Wait, children
from loadcase.core.errors import Path
from loadcase.estimate.availability import of_component
from loadcase.estimate.estimate import ComponentLine, EstimateReport, estimate
from loadcase.estimate.load import Loads, at_least, binomial, loads
from loadcase.estimate.size import peak_of
from loadcase.kinds.base import Component, Visit
from loadcase.kinds.log import Log
from loadcase.kinds.store import Store
from loadcase.review.allow import Allow, allows

_LATENCY = re.compile(r"(age\.)?(p\d+|mean|max)\Z")
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
RUN_BY_OTHERS = ("external", "model", "object_store", "cdn")
BUFFERS = ("log", "queue", "topic")


@dataclass(frozen=True)
class Site:
    """One call of a flow: the steps that it stands in, the outermost first, each with the list that leads to it."""

    flow: FlowSpec
    call: Call
    component: Component
    above: tuple[tuple[Step, str], ...]

    @property
    def waited(self) -> bool:
        """Whether the flow waits for its answer."""
        return not any(isinstance(step, Spawn) for step, _ in self.above)

    @property
    def callers(self) -> list[Call]:
        """The calls of whose attempts it is a part, the outermost first: a fallback comes after all attempts."""
        return [step for step, through in self.above if isinstance(step, Call) and through != "fallback"]

    @property
    def writes(self) -> bool:
        """Whether it changes an entity in a store."""
        return isinstance(self.component, Store) and self.call.verb in self.component.effects

    @property
    def written(self) -> list[Call]:
        """The writes that it makes: those of a transaction one by one."""
        return [part for part in parts(self.call) if self.writes and entity_of(part) is not None]

    @property
    def publishes(self) -> bool:
        """Whether it puts a message into a log, a queue or a topic."""
        return self.component.kind in BUFFERS and self.call.verb == "publish"

    @property
    def pushes(self) -> bool:
        """Whether it sends something to clients."""
        return self.component.kind == "gateway" and self.call.verb in ("push", "broadcast")


class Design:
    """A blueprint with what follows from it, computed when a rule first asks."""

    def __init__(self, b: Blueprint) -> None:
        self.b = b
        self.allows: list[Allow] = allows(b.document)
        self.looked: frozenset[str] = frozenset()
        """Names of the rules that this review looks at."""

    def allow_at(self, line: int, name: str, code: str) -> Allow | None:
        """The comment that silences a rule at a line."""
        return next((a for a in self.allows if line and a.about == line and {name, code} & set(a.names)), None)

    # --- calls ----------------------------------------------------------------------------------------------------
    @cached_property
    def sites(self) -> list[Site]:
        """Every call of every flow, callers before what they call."""
        return [site for flow in self.b.flows.values() for site in self._sites(flow, flow.steps, ())]

    def _sites(self, flow: FlowSpec, steps: tuple[Step, ...], above: tuple[tuple[Step, str], ...]) -> Iterator[Site]:
        for step in steps:
            if isinstance(step, Call):
                if step.verb != "release":
                    yield Site(flow, step, self.b.components[step.component], above)
                for through, inner in step.nested.items():
                    yield from self._sites(flow, inner, (*above, (step, through)))
            else:
                for inner in children(step):
                    yield from self._sites(flow, inner, (*above, (step, "steps")))

    def of(self, flow: str) -> list[Site]:
        """The calls of a flow."""
        return [site for site in self.sites if site.flow.name == flow]

    @cached_property
    def arriving(self) -> list[FlowSpec]:
        """The flows of clients."""
        return [flow for flow in self.b.flows.values() if flow.arrive is not None]

    @cached_property
    def consuming(self) -> list[FlowSpec]:
        """The flows of consumers."""
        return [flow for flow in self.b.flows.values() if flow.consume is not None]

    def repeated_by(self, site: Site) -> list[tuple[str, Path]]:
        """Who may make a call again, from the inside outwards: in words, and where that is written."""
        layers: list[tuple[str, Path]] = []
        for call in (site.call, *reversed(site.callers)):
            for policy in ("retry", "hedge"):
                if repeats(getattr(call.options, policy)):
                    who = "its own" if call is site.call else f"the {policy} of {call.component}.{call.verb}"
                    layers.append((who if who != "its own" else f"its own {policy}", (*call.path, policy)))
        arrive = site.flow.arrive
        if arrive is not None:
            for policy in ("retry", "hedge"):
                if repeats(getattr(arrive, policy)):
                    path: Path = ("flows", site.flow.name, "arrive", policy)
                    layers.append((f"the {policy} of flow {site.flow.name}'s clients", path))
        return layers

    def redelivers(self, flow: FlowSpec) -> bool:
        """Whether a consuming flow may get a message twice: it is done with it only after the work."""
        return flow.consume is not None and flow.consume.topic is None and flow.consume.commit != "before"

    # --- promises -------------------------------------------------------------------------------------------------
    def promise(self, metric: str) -> Guarantee | None:
        """The first line of the contract about a metric."""
        return next((g for g in self.b.contract if g.metric == metric), None)

    def promises(self, target: str) -> list[Guarantee]:
        """The lines of the contract about a flow, a component or an entity."""
        return [g for g in self.b.contract if g.metric.partition(".")[0] == target]

    def nothing_of(self, metric: str) -> Guarantee | None:
        """The line of the contract that allows none of something: `message.lost == 0`, `< 1`."""
        for line in self.b.contract:
            if line.metric == metric and line.comparison in ("==", "<=", "<") and line.bound <= 1:
                return line
        return None

    def latency_promises(self, flow: str) -> list[Guarantee]:
        """The upper bounds of a flow's time."""
        return [g for g in self.promises(flow) if _LATENCY.match(g.metric.partition(".")[2]) and g.comparison[0] == "<"]

    # --- numbers --------------------------------------------------------------------------------------------------
    @cached_property
    def peak(self) -> float:
        """The load factor that has to be borne: the highest of a case that relaxes nothing, at least 1."""
        return max(1.0, peak_of(self.b)[1])

    @cached_property
    def peak_case(self) -> str:
        """Its case."""
        name, load = peak_of(self.b)
        return name if load >= 1.0 else "normal"

    @cached_property
    def closed(self) -> EstimateReport:
        """The closed form at the peak."""
        return estimate(self.b, self.peak)

    @cached_property
    def lines(self) -> dict[str, ComponentLine]:
        """The closed form of each component at the peak."""
        return {line.name: line for line in self.closed.components}

    @cached_property
    def relieved(self) -> frozenset[str]:
        """Components of which the closed form is no bound: they scale, shed, or are left out when something is busy."""
        by_themselves = {
            name
            for name, c in self.b.components.items()
            if getattr(c, "autoscale", None) is not None or getattr(c, "shed", None) is not None
        }
        skipped = {s.flow.name for s in self.sites if s.call.skip is not None}
        return frozenset(by_themselves | {s.call.component for s in self.sites if s.flow.name in skipped})

    @cached_property
    def loads(self) -> Loads:
        """How often every step is made at the peak."""
        return loads(self.b, self.peak)

    def rate(self, site: Site) -> float:
        """How often a call is made at the peak, per second."""
        found = self.loads.sites.get((site.flow.name, site.call.path))
        return found.rate if found is not None else 0.0

    # --- failure --------------------------------------------------------------------------------------------------
    def managed(self, name: str) -> bool:
        """Whether somebody else keeps it up: a provider's interface, or what is paid by the request."""
        c = self.b.components[name]
        return c.kind in RUN_BY_OTHERS or c.kind == "queue" or (c.price == 0 and c.price_per_request > 0)

    def lost_without(self, flow: FlowSpec, fails: Callable[[Call], float]) -> float:
        """Share of a flow's operations that fail when each call fails by itself with the given probability."""
        return 1.0 - self._up(flow.name, flow.steps, fails)

    def _up(self, flow: str, steps: tuple[Step, ...], fails: Callable[[Call], float]) -> float:
        up = 1.0
        for step in steps:
            up *= self._step_up(flow, step, fails)
        return up

    def _step_up(self, flow: str, step: Step, fails: Callable[[Call], float]) -> float:
        match step:
            case Wait() | Spawn():
                return 1.0
            case Repeat(steps=inner):
                return self._up(flow, inner, fails)
            case FanOut(n=n, need=need, steps=inner):
                return binomial(self._up(flow, inner, fails), n, need)[1]
            case Parallel(branches=branches, need=need):
                return at_least([self._up(flow, branch, fails) for branch in branches], need)
            case Choose(weights=weights, branches=branches):
                shares = [w * self._up(flow, b, fails) for w, b in zip(weights, branches, strict=True)]
                return sum(shares) / sum(weights)
            case Call():
                found = self.loads.sites.get((flow, step.path))
                up = (1.0 - fails(step)) * self._up(flow, step.nested.get("do", ()), fails)
                if "miss" in step.nested and found is not None:
                    up *= found.hit + (1.0 - found.hit) * self._up(flow, step.nested["miss"], fails)
                if "fallback" in step.nested and step.options.falls_back("down"):
                    up = 1.0 - (1.0 - up) * (1.0 - self._up(flow, step.nested["fallback"], fails))
                return up

    def down_without_one(self, call: Call) -> float:
        """Share of the calls that fail while one machine, the worst to lose, is down; 0 where another takes over."""
        component = self.b.components[call.component]
        if self.managed(call.component) or (isinstance(component, Log) and component.replicas > 1):
            return 0.0
        visits = component.visits(call.verb, call.options)
        return max((self._visit_down(component, visit) for visit in visits if visit.need), default=0.0)

    def _visit_down(self, component: Component, visit: Visit) -> float:
        pool = next(p for p in component.pools() if p.name == visit.pool)
        groups = max(1, pool.groups)
        copies = pool.stations // groups
        match visit.pick:
            case "balance":
                return 1.0 if pool.room == 1 else 0.0
            case "leader":
                return 0.0 if getattr(component, "failover", None) is not None else 1.0 / groups
            case "shard":
                return 1.0 / groups if copies == 1 else 0.0
            case "copies" | "some":
                return 1.0 / groups if visit.need >= copies else 0.0
            case "all":
                return 1.0 if copies == 1 and visit.need >= groups else 0.0
            case _:
                return 0.0

    def unavailable(self, call: Call) -> float:
        """Share of the time that a call finds what it needs down, by the availability of single machines."""
        component = self.b.components[call.component]
        up = 1.0
        for visit in component.visits(call.verb, call.options):
            up *= of_component(component, visit, None)
        return 1.0 - up

    # --- words ----------------------------------------------------------------------------------------------------
    @cached_property
    def prose(self) -> list[tuple[Path, str]]:
        """What people wrote in words, each with its place."""
        b = self.b
        r = b.requirements
        found: list[tuple[Path, str]] = []
        found += [(("title",), b.title), (("prompt",), b.prompt)]
        found += [(("requirements", "functional", i), t) for i, t in enumerate(r.functional)]
        found += [(("requirements", "deferred", i), t) for i, t in enumerate(r.deferred)]
        found += [(("requirements", "hard_part"), r.hard_part or "")]
        for name, endpoint in b.api.items():
            found += [(("api", name, "guarantees", i), t) for i, t in enumerate(endpoint.guarantees)]
        found += [(("components", name, "why"), c.why or "") for name, c in b.components.items()]
        for name, d in b.decisions.items():
            for part in ("choose", "because", "at_the_cost_of", "flips_when"):
                found += [(("decisions", name, part), getattr(d, part) or "")]
            found += [(("decisions", name, "over", i), t) for i, t in enumerate(d.over)]
        o = b.operate
        found += [(("operate", "rollout"), o.rollout or ""), (("operate", "rollback"), o.rollback or "")]
        found += [(("operate", "alerts", i), t) for i, t in enumerate(o.alerts)]
        for what, then in o.runbook.items():
            found += [(("operate", "runbook", what), f"{what}: {then}")]
        return [(path, text) for path, text in found if text]

    def mentions(self, *stems: str) -> bool:
        """Whether a word of the prose begins with one of these."""
        return any(self.says(text, *stems) for _, text in self.prose)

    @staticmethod
    def says(text: str, *stems: str) -> bool:
        """Whether a word of a text begins with one of these (in lower case)."""
        return any(word.startswith(stems) for word in _WORD.findall(text.lower()))


def failing(components: Collection[str], share: float) -> Callable[[Call], float]:
    """The calls of some components fail with a probability, and no others."""
    return lambda call: share if call.component in components else 0.0


def repeats(policy: object) -> bool:
    """Whether a retry or a hedge makes a call more than once."""
    return policy is not None and getattr(policy, "max", 1) > 0
