"""How often every step is made, and so the load on every component: flows are walked with their rates.

Rates follow weights, repetitions, fan-out, misses (the closed-form hit ratio), refusals and errors; a consuming flow
runs at the rate at which its log, queue or topic is published to. Second copies count by the shares that `hedges`
gives; retries after timeouts add nothing here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from loadcase.blueprint.model import Blueprint, FlowSpec, Popularity
from loadcase.blueprint.steps import Call, Choose, FanOut, Parallel, Repeat, Spawn, Step, Wait
from loadcase.core.distributions import Dist
from loadcase.estimate.caching import outcomes
from loadcase.estimate.places import Here, after, arrived, hop, is_local, moves, rank_of
from loadcase.estimate.popularity import key_rates
from loadcase.kinds.base import PRIORITIES, Component, Options
from loadcase.kinds.cache import Cache
from loadcase.kinds.limiter import Limiter
from loadcase.kinds.log import Log
from loadcase.kinds.store import Store

Place = tuple[str, tuple[str | int, ...]]
"""A flow and the path of a step in it."""
ONE_KEY = Popularity(1)
ROUNDS = 30


@dataclass
class Site:
    """One call of one flow: how often it is made, from where, about which keys, and what becomes of it."""

    place: Place
    call: Call
    component: Component
    here: Here
    rate: float
    rank: int
    space: Popularity | None
    scv: float = 1.0
    hit: float = 1.0
    waiting: float = 0.0
    """Share of the look-ups that wait for another caller's fetch of the same key."""
    at_once: int = 1
    """How many of these calls one event makes at the same time, by fan-out."""
    passed: float = 1.0
    """Share of the calls that are neither refused nor fail by themselves, after retries."""


@dataclass
class Load:
    """What reaches one component: requests per second, busy workers, and the works that make it up."""

    rate: float = 0.0
    """Visits of stations per second."""
    requests: float = 0.0
    """Calls per second."""
    busy: float = 0.0
    """Mean number of busy workers, with the time that they are held over nested steps but without its waits."""
    works: list[tuple[float, Dist]] = field(default_factory=list)
    cost_per_s: float = 0.0


@dataclass
class Loads:
    """The load of a whole design under one load factor."""

    components: dict[str, Load]
    flows: dict[str, float]
    hit_ratios: dict[str, float]
    sites: dict[Place, Site] = field(default_factory=dict)
    published: dict[str, float] = field(default_factory=dict)
    limits: dict[str, float] = field(default_factory=dict)
    """Use of quotas and limits, as a share of what is let through, by component."""
    stored_keys: dict[str, float] = field(default_factory=dict)
    """Mean number of entries of each cache that holds keys."""
    publishers: dict[str, str | None] = field(default_factory=dict)
    """Key space of what is published to each log, queue or topic."""


def loads(
    blueprint: Blueprint,
    factor: float = 1.0,
    closed: dict[str, float] | None = None,
    hedges: dict[Place, float] | None = None,
) -> Loads:
    """Walks every flow under a load factor; `closed` gives the rates of closed loops where they are known, `hedges` the
    share of the calls (path of the step) and of the requests (empty path) that are sent twice."""
    return _Walker(blueprint, factor, closed or {}, hedges or {}).walk()


class _Walker:
    def __init__(
        self, blueprint: Blueprint, factor: float, closed: dict[str, float], hedges: dict[Place, float]
    ) -> None:
        self.b = blueprint
        self.hedges = hedges
        self.factor = factor
        self.closed = closed
        self.hits: dict[str, float] = {}
        self.waits: dict[str, float] = {}
        self.stored: dict[str, float] = {}
        self.fetch: dict[str, float] = {}
        self.at_once = 1
        self.lookups: dict[str, dict[str | None, float]] = {}
        self.flow_space: str | None = None
        self.publishers: dict[str, str | None] = {}
        self.clear()

    def clear(self) -> None:
        self.load = {name: Load() for name in self.b.components}
        self.published = dict.fromkeys(self.b.components, 0.0)
        self.rates: dict[str, float] = {}
        self.sites: dict[Place, Site] = {}
        self.limits: dict[str, float] = {}
        self.quota: dict[str, float] = {}

    def walk(self) -> Loads:
        before: dict[str, float] = {}
        for _ in range(ROUNDS):
            published, lookups = (self.published, self.lookups)
            self.clear()
            self.lookups = {}
            self.hits = {n: self.hit_ratio(n, seen) for n, seen in lookups.items()}
            for flow in self.b.flows.values():
                self.flow(flow, self.arrivals(flow) if flow.arrive is not None else self.consumed(flow, published))
            now = {**self.rates, **{f"{n}:": sum(r.values()) for n, r in self.lookups.items()}}
            if before.keys() == now.keys() and all(abs(now[n] - before[n]) <= 1e-9 * max(1.0, now[n]) for n in now):
                break
            before = now
        self.hits = {n: self.hit_ratio(n, seen) for n, seen in self.lookups.items()}
        return Loads(
            self.load, self.rates, self.hits, self.sites, self.published, self.limits, self.stored, self.publishers
        )

    # --- flows ------------------------------------------------------------------------------------------------------
    def arrivals(self, flow: FlowSpec) -> float:
        arrive = flow.arrive
        assert arrive is not None
        if flow.name in self.closed:
            return self.closed[flow.name]
        if arrive.users is not None:
            pause = (arrive.think.mean() if arrive.think else 0.0) + self.bare_time(flow)
            return arrive.users * self.factor / pause if pause > 0 else 0.0
        return (arrive.rate or 0.0) * self.factor

    def bare_time(self, flow: FlowSpec) -> float:
        """Mean seconds of a flow without any wait."""
        return self.bare(flow.steps, start_of(flow), top=True)

    def bare(self, steps: tuple[Step, ...], here: Here, top: bool = False) -> float:
        """Mean seconds of a list without any wait: works, and hops there and back."""
        total, trail = 0.0, [here]
        for step in steps:
            match step:
                case Call():
                    component = self.b.components[step.component]
                    there = arrived(step, component, here)
                    trip = 0.0 if is_local(step, here) else hop(self.b, here, there).mean
                    stay = moves(step, component, top)
                    total += trip * (1 if stay else 2) + self.bare(step.nested.get("do", ()), there)
                    for v in component.visits(step.verb, step.options):
                        if v.need:
                            total += v.work.mean() + (v.then.mean() if v.then and not v.detach else 0.0)
                    if component.behaviours.get(step.verb) == "deliver" and self.b.network is not None:
                        total += self.b.network.client.mean()
                    if "miss" in step.nested:
                        total += (1.0 - self.hits.get(step.component, 1.0)) * self.bare(step.nested["miss"], here)
                    if stay:
                        here = after(step, component, there)
                        trail.append(here)
                case Wait(time=time):
                    total += time.mean()
                case Repeat(times=times, steps=inner):
                    total += times * self.bare(inner, here)
                case FanOut(steps=inner):
                    total += self.bare(inner, here)
                case Parallel(branches=branches):
                    total += max(self.bare(branch, here) for branch in branches)
                case Choose(weights=weights, branches=branches):
                    parts = [w * self.bare(branch, here) for w, branch in zip(weights, branches, strict=True)]
                    total += math.fsum(parts) / math.fsum(weights)
                case Spawn():
                    pass
        while len(trail) > 1:
            end = trail.pop()
            if end.component != trail[-1].component or not end.sticky:
                total += hop(self.b, end, trail[-1]).mean
        return total

    def consumed(self, flow: FlowSpec, published: dict[str, float]) -> float:
        source = source_of(flow)
        return published[source] * float(getattr(self.b.components[source], "sample", 1.0))

    def flow(self, flow: FlowSpec, rate: float) -> None:
        self.rates[flow.name] = rate
        self.name = flow.name
        self.rank = rank_of_flow(flow)
        self.flow_space = space_of_flow(self.b, flow, self.publishers)
        self.scv = _arrival_scv(flow)
        self.steps(flow.steps, start_of(flow), rate * (1.0 + self.hedges.get((flow.name, ()), 0.0)), top=True)

    # --- steps ------------------------------------------------------------------------------------------------------
    def steps(self, steps: tuple[Step, ...], here: Here, rate: float, top: bool = False) -> float:
        """Walks a list; gives the share of its rate that passes."""
        passed = 1.0
        for step in steps:
            share, here = self.step(step, here, rate * passed, top)
            passed *= share
        return passed

    def step(self, step: Step, here: Here, rate: float, top: bool) -> tuple[float, Here]:
        match step:
            case Call():
                return self.call(step, here, rate, top)
            case Wait():
                return 1.0, here
            case Repeat(times=times, steps=steps):
                one = self.steps(steps, here, rate * times)
                return one**times, here
            case Spawn(steps=steps):
                self.steps(steps, here, rate)
                return 1.0, here
            case FanOut(n=n, steps=steps, need=need):
                before, self.at_once = self.at_once, self.at_once * n
                one = self.steps(steps, here, rate * n)
                self.at_once = before
                return binomial(one, n, need)[1], here
            case Parallel(branches=branches, need=need):
                return at_least([self.steps(b, here, rate) for b in branches], need), here
            case Choose(weights=weights, branches=branches):
                total = sum(weights)
                return (
                    sum(
                        self.steps(b, here, rate * w / total) * w / total
                        for w, b in zip(weights, branches, strict=True)
                    ),
                    here,
                )

    def call(self, call: Call, here: Here, rate: float, top: bool) -> tuple[float, Here]:
        name, component, options = call.component, self.b.components[call.component], call.options
        rank = rank_of(options, component, self.rank)
        key = options.key or getattr(component, "key", None) or self.flow_space
        site = Site((self.name, call.path), call, component, here, rate, rank, self.b.keys.get(key or ""), self.scv)
        site.at_once = self.at_once
        self.scv = 1.0
        kept = self.refused(site, component, options)
        error = component.error_rate_of(call.verb)
        tries = 1 + (options.retry.max if options.retry else 0)
        attempts = tries if error >= 1.0 else (1.0 - error**tries) / (1.0 - error)
        attempts *= 1.0 + self.hedges.get((self.name, call.path), 0.0)
        site.rate = rate * attempts
        there = arrived(call, component, here)
        before, self.rank = self.rank, rank
        inner = self.steps(call.nested.get("do", ()), there, rate * attempts * kept)
        self.count(site, rate * attempts * kept, self.bare(call.nested.get("do", ()), there))
        site.passed = kept * (1.0 - error**tries)
        if component.behaviours.get(call.verb) == "publish":
            self.publish(name, rate * kept)
        if isinstance(component, Store) and call.verb in component.effects:
            self.feed(name, rate * kept, site)
        self.rank = before
        found = site.passed * inner
        miss = call.nested.get("miss")
        if component.behaviours.get(call.verb) == "lookup" and isinstance(component, Cache):
            seen = self.lookups.setdefault(name, {})
            seen[key] = seen.get(key, 0.0) + rate
            if miss is not None:
                self.fetch[name] = self.bare(miss, here)
            site.hit = self.hits[name] if name in self.hits else self.hit_ratio(name, {key: rate})
            site.waiting = self.waits.get(name, 0.0)
            if miss is not None:
                misses = max(0.0, 1.0 - site.hit - site.waiting)
                fetched = self.steps(miss, here, rate * kept * misses)
                found *= site.hit + (1.0 - site.hit) * fetched
        self.sites[site.place] = site
        if "fallback" in call.nested:
            reached = call.options.falls_back("refused", "shed", "abandoned", "error")
            left = 1.0 - found if reached else 0.0  # what nothing reaches here is known all the same
            found += left * self.steps(call.nested["fallback"], here, rate * left)
        return found, after(call, component, there) if moves(call, component, top) else here

    def count(self, site: Site, rate: float, inner: float = 0.0) -> None:
        """Adds a call to the load of its component."""
        load = self.load[site.call.component]
        load.requests += rate
        load.cost_per_s += rate * site.component.request_cost(site.call.verb, site.call.options)
        for visit in site.component.visits(site.call.verb, site.call.options):
            times = rate * max(0, visit.copies)
            load.rate += times
            load.busy += times * (visit.work.mean() + (visit.then.mean() if visit.then else 0.0) + inner)
            load.works.append((times, visit.work))

    def publish(self, name: str, rate: float) -> None:
        self.published[name] += rate
        self.publishers.setdefault(name, self.flow_space)

    def feed(self, store: str, rate: float, site: Site) -> None:
        """A commit at a store goes on to the logs that it feeds."""
        for name, log in self.b.components.items():
            if isinstance(log, Log) and log.source == store:
                call = feeding(name, site.call)
                here = Here(name, placed=False)
                space = self.b.keys.get(log.key or self.flow_space or "")
                place = (site.place[0], call.path)
                fed = Site(place, call, log, here, rate, rank_of(call.options, log, self.rank), space)
                self.sites[place] = fed
                self.count(fed, rate)
                self.publish(name, rate)

    # --- what is let through ------------------------------------------------------------------------------------------
    def refused(self, site: Site, component: Component, options: Options) -> float:
        """Share of the calls that a quota or a limit lets through, as a fluid."""
        name, rate = site.call.component, site.rate
        if isinstance(component, Limiter):
            cost = float(getattr(options, "cost", 1.0))
            if component.key is None or site.space is None:
                used, kept = rate * cost / component.rate, 1.0
                kept = min(1.0, 1.0 / used) if used > 0 else 1.0
            else:
                share, count = key_rates(site.space)
                each = share * rate * cost / component.rate
                used = float(each.max())
                kept = float((share * count / each.clip(1.0)).sum())
            self.limits[name] = max(self.limits.get(name, 0.0), used)
            return kept
        quota = component.quota_of(site.call.verb)
        if quota is None or component.behaviours.get(site.call.verb) != "flaky":
            return 1.0
        label = f"{name}:{site.call.verb}"
        self.quota[label] = self.quota.get(label, 0.0) + rate * component.quota_cost(options)
        used = self.quota[label] / quota if quota > 0 else math.inf
        self.limits[name] = max(self.limits.get(name, 0.0), used)
        return min(1.0, 1.0 / used) if used > 0 else 1.0

    def hit_ratio(self, name: str, seen: dict[str | None, float]) -> float:
        """Share of the look-ups that a cache answers; flows with other keys share its room by their rates."""
        cache = self.b.components[name]
        assert isinstance(cache, Cache)
        self.waits[name] = 0.0
        if cache.hit_ratio is not None:
            return cache.hit_ratio
        total = sum(seen.values())
        owned = (cache.balance or cache.default_balance) == "hash"
        parts = 1 if owned else cache.replicas
        found = waiting = stored = 0.0
        for key, rate in seen.items():
            share = rate / total if total > 0 else 1.0 / len(seen)
            room = None if cache.keys is None else max(1.0, cache.keys * share / parts)
            space = self.b.keys.get(key or "", ONE_KEY)
            hits, meanwhile, entries = outcomes(
                space,
                room,
                cache.policy,
                cache.ttl,
                rate / parts,
                cache.ttl_from == "access",
                self.fetch.get(name, 0.0),
            )
            found += share * hits
            waiting += share * meanwhile
            stored += entries * parts
        if cache.coalesce:
            self.waits[name] = waiting
        self.stored[name] = stored
        return found


# --- shared with the walk of the times ---
def source_of(flow: FlowSpec) -> str:
    """What a consuming flow consumes."""
    assert flow.consume is not None
    return flow.consume.source


def start_of(flow: FlowSpec) -> Here:
    """Where a flow starts: at its client, or at a replica of the consuming service."""
    if flow.consume is None or flow.consume.by is None:
        return Here()
    return Here(flow.consume.by, sticky=True)


def rank_of_flow(flow: FlowSpec) -> int:
    """Priority of the calls that name none."""
    return PRIORITIES[flow.arrive.priority if flow.arrive and flow.arrive.priority else "normal"]


def space_of_flow(blueprint: Blueprint, flow: FlowSpec, publishers: dict[str, str | None]) -> str | None:
    """Key space of a flow's own key; a consumer has that of the messages."""
    if flow.arrive is not None:
        return flow.arrive.key if isinstance(flow.arrive.key, str) else None
    source = source_of(flow)
    own = getattr(blueprint.components[source], "key", None)
    return own or publishers.get(source)


def feeding(log: str, commit: Call) -> Call:
    """The append to a log that follows a commit at the store which feeds it."""
    options = Options.model_construct(**{n: f.default for n, f in Options.model_fields.items()})
    return Call((*commit.path, f">{log}"), log, "publish", options, {})


def binomial(p: float, n: int, need: int) -> tuple[float, float]:
    """P(fewer than `need`) and P(at least `need`) of `n` independent events of one probability.

    The tail away from the mode is summed from its largest term on, so that it keeps its digits and ends after a
    number of terms that grows as the root of n.
    """
    if need <= 0 or p >= 1.0 or p <= 0.0 or need > n:
        return (0.0, 1.0) if need <= 0 or (p >= 1.0 and need <= n) else (1.0, 0.0)
    up, down = math.log(p), math.log1p(-p)
    above = need > n * p
    total, j = 0.0, need if above else need - 1
    while 0 <= j <= n:
        ways = math.lgamma(n + 1) - math.lgamma(j + 1) - math.lgamma(n - j + 1)
        one = math.exp(ways + j * up + (n - j) * down)
        total += one
        if one <= 1e-18 * total:
            break
        j += 1 if above else -1
    total = min(1.0, total)
    return (1.0 - total, total) if above else (total, 1.0 - total)


def at_least(shares: list[float], need: int) -> float:
    """P(at least `need` of independent events) with these probabilities."""
    counts = [1.0] + [0.0] * need
    for p in shares:
        counts[need] += counts[need - 1] * p if need else 0.0
        for j in range(need - 1, 0, -1):
            counts[j] = counts[j] * (1.0 - p) + counts[j - 1] * p
        if need:
            counts[0] *= 1.0 - p
    return min(1.0, counts[need])


def _arrival_scv(flow: FlowSpec) -> float:
    """Squared coefficient of variation of the times between arrivals of a flow."""
    if flow.arrive is not None and flow.arrive.pattern == "paced" and flow.arrive.users is None:
        return 0.0
    return 1.0
