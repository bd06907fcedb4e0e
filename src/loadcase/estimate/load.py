"""The load on every component in closed form: flows are walked once, with how often each step is made."""

from __future__ import annotations

from dataclasses import dataclass, field

from loadcase.blueprint.model import Blueprint, FlowSpec
from loadcase.blueprint.steps import Call, Choose, FanOut, Parallel, Repeat, Spawn, Step, Wait
from loadcase.core.distributions import Dist
from loadcase.estimate.caching import hit_ratio
from loadcase.kinds.base import Component, Visit
from loadcase.kinds.cache import Cache
from loadcase.kinds.log import Log
from loadcase.kinds.store import Store


@dataclass
class Load:
    """What reaches one component: requests per second, busy workers, and the works that make it up."""

    rate: float = 0.0
    """Visits of stations per second."""
    requests: float = 0.0
    """Calls per second."""
    busy: float = 0.0
    """Mean number of busy workers, with the time that they are held over nested steps."""
    works: list[tuple[float, Dist]] = field(default_factory=list)
    cost_per_s: float = 0.0


@dataclass
class Loads:
    """The load of a whole design under one load factor."""

    components: dict[str, Load]
    flows: dict[str, float]
    hit_ratios: dict[str, float]


def loads(blueprint: Blueprint, factor: float = 1.0) -> Loads:
    """Walks every flow; consuming flows run at the rate at which they are published to."""
    return _Walker(blueprint, factor).walk()


class _Walker:
    def __init__(self, blueprint: Blueprint, factor: float) -> None:
        self.b = blueprint
        self.factor = factor
        self.load = {name: Load() for name in blueprint.components}
        self.published = dict.fromkeys(blueprint.components, 0.0)
        self.hits: dict[str, float] = {}
        self.rates: dict[str, float] = {}

    def walk(self) -> Loads:
        waiting = [f for f in self.b.flows.values() if f.consume is not None]
        for flow in self.b.flows.values():
            if flow.arrive is not None:
                self.flow(flow, self.arrivals(flow))
        done: set[str] = set()
        for _ in range(len(waiting) + 1):  # in the order in which they feed one another
            for flow in waiting:
                source = self.source(flow)
                feeders = {f.name for f in waiting if f.name not in done and self.publishes(f, source)}
                if flow.name not in done and feeders <= {flow.name}:
                    done.add(flow.name)
                    sample = getattr(self.b.components[source], "sample", 1.0)
                    self.flow(flow, self.published[source] * sample)
        return Loads(self.load, self.rates, self.hits)

    def arrivals(self, flow: FlowSpec) -> float:
        arrive = flow.arrive
        assert arrive is not None
        if arrive.users is not None:
            pause = (arrive.think.mean() if arrive.think else 0.0) + self.bare_time(flow.steps)
            return arrive.users * self.factor / pause if pause > 0 else 0.0
        return (arrive.rate or 0.0) * self.factor

    def source(self, flow: FlowSpec) -> str:
        assert flow.consume is not None
        return flow.consume.log or flow.consume.queue or flow.consume.topic or ""

    def publishes(self, flow: FlowSpec, target: str) -> bool:
        from loadcase.blueprint.steps import walk

        for step in walk(flow.steps):
            if isinstance(step, Call):
                component = self.b.components[target]
                if step.component == target or getattr(component, "source", None) == step.component:
                    return True
        return False

    def flow(self, flow: FlowSpec, rate: float) -> None:
        self.rates[flow.name] = rate
        self.space = flow.arrive.key if flow.arrive else None
        self.steps(flow.steps, rate)

    def steps(self, steps: tuple[Step, ...], rate: float) -> float:
        """Adds the load of a list; gives the mean time that it takes without waiting, s."""
        return sum(self.step(step, rate) for step in steps)

    def step(self, step: Step, rate: float) -> float:
        match step:
            case Call():
                return self.call(step, rate)
            case Wait(time=time):
                return time.mean()
            case Repeat(times=times, steps=steps):
                return self.steps(steps, rate * times) * times
            case Spawn(steps=steps):
                self.steps(steps, rate)
                return 0.0
            case FanOut(n=n, steps=steps):
                return self.steps(steps, rate * n)
            case Parallel(branches=branches):
                return max((self.steps(branch, rate) for branch in branches), default=0.0)
            case Choose(weights=weights, branches=branches):
                total = sum(weights)
                return sum(self.steps(b, rate * w / total) * w / total for w, b in zip(weights, branches, strict=True))

    def call(self, call: Call, rate: float) -> float:
        component = self.b.components[call.component]
        load = self.load[call.component]
        load.requests += rate
        load.cost_per_s += rate * component.request_cost(call.verb, call.options)
        inner = self.steps(call.nested.get("do", ()), rate)
        time = inner
        for visit in component.visits(call.verb, call.options):
            time += self.visit(load, visit, rate, inner)
        if component.behaviours.get(call.verb) == "publish":
            self.published[call.component] += rate
        if isinstance(component, Store) and call.verb in component.effects:
            for name, log in self.b.components.items():
                if isinstance(log, Log) and log.source == call.component:
                    self.published[name] += rate
                    for visit in log.visits("publish", call.options.model_copy(update={"work": None})):
                        self.visit(self.load[name], visit, rate, 0.0)
        miss = call.nested.get("miss")
        if miss is not None and isinstance(component, Cache):
            missed = 1 - self.hit_ratio(call, component, rate)
            time += missed * self.steps(miss, rate * missed)
        return time + 2 * self.hop(component)

    def visit(self, load: Load, visit: Visit, rate: float, inner: float) -> float:
        times = rate * max(1, visit.copies)
        held = visit.work.mean() + (visit.then.mean() if visit.then else 0.0) + inner
        load.rate += times
        load.busy += times * held
        load.works.append((times, visit.work))
        if visit.need == 0:
            return 0.0
        return visit.work.mean() + (visit.then.mean() if visit.then and not visit.detach else 0.0)

    def hop(self, component: Component) -> float:
        net = self.b.network
        assert net is not None
        across = (component.zones - 1) / component.zones
        return across * net.cross_zone.mean() + (1 - across) * net.same_zone.mean()

    def bare_time(self, steps: tuple[Step, ...]) -> float:
        return _Walker(self.b, 0.0).steps(steps, 0.0)

    def hit_ratio(self, call: Call, cache: Cache, rate: float) -> float:
        if cache.hit_ratio is not None:
            return cache.hit_ratio
        space = self.b.keys.get(call.options.key or getattr(self, "space", None) or "")
        if space is None:
            return 1.0
        found = hit_ratio(space, cache.keys, cache.policy, cache.ttl, rate, cache.ttl_from == "access")
        self.hits[call.component] = found
        return found
