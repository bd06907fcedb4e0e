"""Availability from parts: series, parallel, quorums, and a flow's own from its steps.

A component's `availability` is that of one replica, 99.9 % where none is given (an assumption: about 9 hours a year).
Replicas fail independently. A service is up while as many of its replicas are as the load needs; a store answers while
the copies that a call waits for are up; nothing fails over that is not a replica.
"""

from __future__ import annotations

import math

from loadcase.blueprint.model import Blueprint, FlowSpec
from loadcase.blueprint.steps import Call, Choose, FanOut, Parallel, Repeat, Spawn, Step, Wait
from loadcase.estimate.latency import Latency
from loadcase.estimate.load import Loads, at_least, binomial
from loadcase.estimate.times import Times
from loadcase.kinds.base import Component, Visit

PER_INSTANCE = 0.999
"""Assumed for a replica that gives none."""
MOST_EXACT = 500
MINUTES_PER_YEAR = 365.25 * 1440.0


def parallel(*parts: float) -> float:
    """At least one of several independent parts is up."""
    return 1.0 - math.prod(1.0 - p for p in parts)


def k_of_n(p: float, n: int, need: int) -> float:
    """At least `need` of `n` independent parts are up, each with probability `p`."""
    return 1.0 - k_of_n_down(p, n, need)


def k_of_n_down(p: float, n: int, need: int) -> float:
    """The complement, without loss of digits: fewer than `need` of `n` are up."""
    if n > MOST_EXACT:
        return binomial(p, n, need)[0]
    return math.fsum(math.comb(n, j) * p**j * (1.0 - p) ** (n - j) for j in range(need))


def from_repair(mtbf: float, mttr: float) -> float:
    """Share of the time that a part is up, which runs for `mtbf` and is repaired for `mttr` on average."""
    return mtbf / (mtbf + mttr)


def pair_down(mtbf: float, mttr: float, crews: int = 2) -> float:
    """Share of the time that both of a pair are down, with one repair crew or one each.

    Source: the birth and death chain of the number that is down; R. Barlow, F. Proschan, Mathematical Theory of
    Reliability, 1965.
    """
    ratio = mttr / mtbf
    both = ratio**2 if crews >= 2 else 2.0 * ratio**2
    return both / (1.0 + 2.0 * ratio + both)


def downtime_minutes(availability: float, minutes: float = MINUTES_PER_YEAR) -> float:
    """Minutes down in a year of 365.25 days, or in another span."""
    return (1.0 - availability) * minutes


# --- of a design ------------------------------------------------------------------------------------------------------
def of_component(component: Component, visit: Visit, utilisation: float | None) -> float:
    """The stations that a visit needs are up."""
    p = PER_INSTANCE if component.availability is None else component.availability
    pool = next(x for x in component.pools() if x.name == visit.pool)
    copies = pool.stations // max(1, pool.groups)
    match visit.pick:
        case "balance":
            busy = 0.0 if utilisation is None or not math.isfinite(utilisation) else min(1.0, utilisation)
            return k_of_n(p, pool.stations, max(1, math.ceil(busy * pool.stations - 1e-9)))
        case "shard":
            return parallel(*[p] * copies)
        case "leader":
            return p
        case "some":
            return p**visit.need
        case "copies":
            return k_of_n(p, visit.copies, visit.need)
        case "all":
            return k_of_n(parallel(*[p] * copies), visit.copies, visit.need)
        case "every":
            return k_of_n(p, visit.copies, visit.need)
        case _:
            return 1.0


def availability(blueprint: Blueprint, flow: FlowSpec, found: Loads, known: Times) -> float:
    """Share of a flow's operations that are acknowledged in time, in the long run.

    Series along the steps, a component that is needed twice counted once; quorums for fan-outs; a fallback in parallel;
    refusals, errors, sheds and timeouts by the shares that the closed forms give, each retried where the step says so.
    """
    walker = _Walker(blueprint, flow.name, found, known)
    up = walker.steps(flow.steps, set())
    if flow.arrive is not None and flow.arrive.timeout is not None:
        late = 1.0 - in_time(known.flows[flow.name].latency, flow.arrive.timeout)
        tries = 1 + (flow.arrive.retry.max if flow.arrive.retry else 0)
        up *= 1.0 - late**tries
    if flow.consume is not None and flow.consume.queue is not None:  # what fails is handed out again
        queue = blueprint.components[flow.consume.queue]
        up = 1.0 - (1.0 - up) ** int(getattr(queue, "max_receives", 1))
    return up


def in_time(law: Latency, timeout_s: float) -> float:
    """Share of the answers that come before a timeout."""
    return law.share_up_to(timeout_s)


class _Walker:
    def __init__(self, blueprint: Blueprint, flow: str, found: Loads, known: Times) -> None:
        self.b, self.flow, self.found, self.known = blueprint, flow, found, known

    def steps(self, steps: tuple[Step, ...], seen: set[tuple[str, str]]) -> float:
        return math.prod(self.step(step, seen) for step in steps)

    def step(self, step: Step, seen: set[tuple[str, str]]) -> float:
        match step:
            case Call():
                return self.call(step, seen)
            case Wait() | Spawn():
                return 1.0
            case Repeat(times=times, steps=steps):
                first = self.steps(steps, seen)
                return first * self.steps(steps, seen) ** (times - 1)
            case FanOut(n=n, need=need, steps=steps):
                return binomial(self.steps(steps, set(seen)), n, need)[1]
            case Parallel(branches=branches, need=need):
                return at_least([self.steps(branch, set(seen)) for branch in branches], need)
            case Choose(weights=weights, branches=branches):
                shares = [self.steps(branch, set(seen)) for branch in branches]
                return math.fsum(w * s for w, s in zip(weights, shares, strict=True)) / math.fsum(weights)

    def call(self, call: Call, seen: set[tuple[str, str]]) -> float:
        site = self.found.sites[self.flow, call.path]
        up = 1.0
        loss = 0.0
        for visit in site.component.visits(call.verb, call.options):
            pool = self.known.pools[call.component, visit.pool]
            loss = max(loss, pool.loss + pool.abandoned)
            label = (call.component, f"{visit.pick}:{visit.need}")
            if visit.need and label not in seen:
                seen.add(label)
                up *= of_component(site.component, visit, pool.utilisation)
        options = call.options
        tries = 1 + (options.retry.max if options.retry else 0)
        late = 0.0
        if options.timeout is not None and (self.flow, call.path) in self.known.calls:
            late = 1.0 - in_time(self.known.calls[self.flow, call.path], options.timeout)
        up *= site.passed * (1.0 - loss**tries) * (1.0 - late**tries)
        up *= self.steps(call.nested.get("do", ()), seen)
        if "miss" in call.nested:
            up *= site.hit + (1.0 - site.hit) * self.steps(call.nested["miss"], seen)
        if "fallback" in call.nested and call.options.falls_back("down"):
            up = parallel(up, self.steps(call.nested["fallback"], set(seen)))
        return up
