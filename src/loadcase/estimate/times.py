"""How long everything takes: the waits at every group of stations, and from them the law of every flow's latency.

Streams of requests are taken as Poisson, except behind round robin and for paced clients; waits at different stations
and the copies of a fan-out as independent; a worker is held for its work, its nested steps and their waits. Sums are
convolutions, fan-outs order statistics, branches mixtures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from loadcase.blueprint.model import Blueprint, FlowSpec
from loadcase.blueprint.steps import Call, Choose, FanOut, Parallel, Repeat, Spawn, Step, Wait, walk
from loadcase.core.distributions import Const, Dist, Uniform
from loadcase.estimate.latency import NEVER, Array, Latency, hedged, kth, mixture, queued, scattered
from loadcase.estimate.load import Loads, Site, feeding, rank_of_flow, source_of, space_of_flow, start_of
from loadcase.estimate.networks import uneven_hold
from loadcase.estimate.places import (
    Here,
    after,
    arrived,
    balance_of,
    beside,
    choose,
    hop,
    in_regions,
    is_local,
    moves,
    round_trips,
)
from loadcase.estimate.popularity import bucket_shares, first_keys
from loadcase.estimate.queueing import erlang_c
from loadcase.estimate.stations import Solved, Stream, delayed, heeded, solve
from loadcase.kinds.base import PRIORITIES, SPREAD, Visit
from loadcase.kinds.log import Log
from loadcase.kinds.queue import Queue
from loadcase.kinds.service import Service
from loadcase.kinds.store import Store

NOTHING = Latency.constant(0.0)
MOST_TRIES = 20
"""Retries up to which the time of all attempts is added up."""
NORMAL = PRIORITIES["normal"]
KEYS_IN_ORDER = 512
"""Most popular keys whose messages may wait for one another; the others are taken not to."""
MOST_CLAIMS = 2000
"""Messages in flight up to which the uneven spread over replicas is computed."""
MOST_WAYS = 64
"""Combinations of regions that successive places are told apart in; beyond it they are as spread."""
MOST_MET = 200
"""Calls of a fan-out up to which those that meet at one station are told apart."""
Prefix = tuple[Latency, ...]


@dataclass
class FlowTimes:
    """The latency of a flow: from arrival to acknowledgement, or from publish to done."""

    latency: Latency
    age: Latency | None = None
    """For a consuming flow: from the first client's send to done."""
    lag: float = 0.0
    """Mean number of messages that wait for a consumer."""


@dataclass
class Times:
    """Waits by component and pool, and latencies by flow."""

    pools: dict[tuple[str, str], Solved] = field(default_factory=dict)
    gates: dict[str, list[tuple[str, Solved]]] = field(default_factory=dict)
    """What bounds a consuming flow: partitions, keys in order, messages in flight."""
    flows: dict[str, FlowTimes] = field(default_factory=dict)
    calls: dict[tuple[str, tuple[str | int, ...]], Latency] = field(default_factory=dict)
    """Round trip of one attempt of each call, by flow and path."""
    once: dict[str, Latency] = field(default_factory=dict)
    """Latency of one copy of a flow's requests, without its client's hedge."""
    sources: dict[str, str] = field(default_factory=dict)
    """What each consuming flow consumes."""
    notes: list[str] = field(default_factory=list)


def times(blueprint: Blueprint, found: Loads) -> Times:
    """Solves all stations and flows under the rates of a load walk."""
    return _Solver(blueprint, found).run()


class _Solver:
    def __init__(self, blueprint: Blueprint, found: Loads) -> None:
        self.b = blueprint
        self.found = found
        self.times = Times()
        self.visitors: dict[tuple[str, str], list[tuple[Site, Visit]]] = {}
        for site in found.sites.values():
            for visit in site.component.visits(site.call.verb, site.call.options):
                self.visitors.setdefault((site.call.component, visit.pool), []).append((site, visit))
        self.solving: set[tuple[str, str]] = set()
        self.nested: dict[tuple[str, tuple[str | int, ...]], Latency] = {}
        self.ages: dict[str, list[tuple[float, Latency]]] = {}
        self.flow: FlowSpec | None = None
        self.share = 1.0
        """Of the flow's events, where its steps are walked for each region."""
        self.ways = 1
        """Combinations of regions that are told apart."""

    def run(self) -> Times:
        for name, component in self.b.components.items():
            for pool in component.pools():
                self.pool(name, pool.name)
        waiting = []
        for flow in self.b.flows.values():
            if flow.arrive is not None:
                self.times.flows[flow.name] = FlowTimes(self.whole(flow, ()))
            else:
                waiting.append(flow)
        for _ in range(len(waiting) + 1):  # in the order in which they feed one another
            for flow in list(waiting):
                if source_of(flow) in self.ages or _ == len(self.b.flows):
                    waiting.remove(flow)
                    self.consumer(flow)
        for flow in waiting:
            self.consumer(flow)
        return self.times

    # --- stations -----------------------------------------------------------------------------------------------------
    def pool(self, name: str, pool_name: str) -> Solved:
        """The waits at a pool; each is solved once, those that it waits for first."""
        label = (name, pool_name)
        if label in self.times.pools:
            return self.times.pools[label]
        component = self.b.components[name]
        pool = next(p for p in component.pools() if p.name == pool_name)
        self.solving.add(label)
        streams, balance, choices, replacement = [], "", 2, False
        for site, visit in self.visitors.get(label, ()):
            if is_local(site.call, site.here):
                pattern, counter, scv = self.taken(self.b.flows[site.place[0]], name, pool.stations)
                batch = float(site.at_once - 1)
            else:
                choice = choose(self.b, name, visit, site.here, site.space, site.scv)
                pattern, counter, scv = choice.pattern, choice.counter, choice.scv
                batch = beside(visit, choice, pool.stations, max(1, pool.groups), site.at_once)
                if choice.counter and site.at_once > 1:
                    scv = min(1.0, scv * site.at_once)
                if choice.balance:
                    balance, choices, replacement = choice.balance, choice.choices, choice.replacement
            streams.append(Stream(site.rate, pattern, self.held(site, visit), site.rank, counter, scv, batch))
        self.solving.discard(label)
        discipline = pool.discipline
        if discipline == "fifo" and len({s.rank for s in streams}) > 1:
            discipline = "priority"
        patience = None if component.patience is None else Latency.of(component.patience)
        solved = solve(streams, pool.workers, pool.queue, discipline, balance, choices, replacement, patience)
        sites = [site for site, _ in self.visitors.get(label, ())]
        if sites and all(self.claimed(site) for site in sites):
            solved.waits, solved.by_class = {NORMAL: NOTHING}, []
            solved.mean_wait = solved.in_queue = solved.p_wait = solved.abandoned = 0.0
            solved.formula = "no wait: no more messages are taken than there are workers"
        if balance in ("least_loaded", "two_choices"):
            self.stale(name, solved, sites)
        if patience is not None and solved.p_wait > 1e-3:
            if not heeded(streams, pool.queue, discipline, balance):
                self.note(f"{name}: requests that lose patience are not taken out of its queue here")
            elif abs(solved.held.scv - 1.0) > 0.1:
                self.note(f"{name}: patience is told as if the time that its workers are held were exponential")
        if isinstance(component, Service) and component.contention:
            self.note(f"{name}: contention makes its work longer than it is here")
        self.times.pools[label] = solved
        return solved

    def taken(self, flow: FlowSpec, name: str, replicas: int) -> tuple[Array, str, float]:
        """How a consuming flow's messages come to the replicas: of a log to the partition's, of others in turn."""
        assert flow.consume is not None
        if flow.consume.log:
            return self.owned(flow, replicas), "", 1.0
        return np.full(replicas, 1.0 / replicas), f"{flow.name}:{name}", 1.0 / replicas

    def owned(self, flow: FlowSpec, replicas: int) -> Array:
        """Share of a log's messages that each replica takes: those of its own partitions."""
        assert flow.consume is not None
        log = self.b.components[flow.consume.log or ""]
        assert isinstance(log, Log)
        owner = np.arange(log.partitions) % replicas
        return np.bincount(owner, self.partition_shares(flow, log), replicas)

    def partition_shares(self, flow: FlowSpec, log: Log) -> Array:
        """Share of a log's messages in each of its partitions."""
        space = self.b.keys.get(space_of_flow(self.b, flow, self.found.publishers) or "")
        return bucket_shares(space, log.partitions) if space else np.full(log.partitions, 1.0 / log.partitions)

    def claimed(self, site: Site) -> bool:
        """Whether a call is a queue's consumer at its own replica, which takes only what its workers can do at once."""
        consume = self.b.flows[site.place[0]].consume
        if consume is None or consume.queue is None or not is_local(site.call, site.here):
            return False
        return consume.in_flight is None or consume.in_flight <= site.component.workers

    def stale(self, name: str, solved: Solved, sites: list[Site]) -> None:
        """Notes that a balancer does not see what is still on its way."""
        way = max((hop(self.b, s.here, Here(name)).mean for s in sites), default=0.0)
        if way * solved.rate > 0.5:
            self.note(
                f"{name}: {way * solved.rate:.3g} requests are on their way when a balancer chooses the shorter queue, "
                "and it does not see them: waits are longer than these"
            )

    def held(self, site: Site, visit: Visit) -> Latency:
        """How long a visit holds its worker."""
        law = Latency.of(visit.work)
        if visit.then is not None:
            law = law.plus(Latency.of(visit.then))
        if visit.pick == "balance" or visit.copies == 1:
            law = law.plus(self.inner(site))
        return law

    def inner(self, site: Site) -> Latency:
        """Time of the steps that a call makes while it holds its worker."""
        if "do" not in site.call.nested:
            return NOTHING
        if site.place not in self.nested:
            if (site.call.component, "main") in self.solving and self._deep(site):
                self.note(f"{site.call.component} waits for itself; that wait is left out")
                return NOTHING
            self.nested[site.place] = NEVER
            keep, self.flow = self.flow, self.b.flows[site.place[0]]
            there = arrived(site.call, site.component, site.here)
            self.nested[site.place] = self.placed(site.call.nested["do"], there, site.rank, None)
            self.flow = keep
        return self.nested[site.place]

    def _deep(self, site: Site) -> bool:
        return site.place in self.nested

    def note(self, text: str) -> None:
        if text not in self.times.notes:
            self.times.notes.append(text)

    def wait(self, name: str, visit: Visit, rank: int, work: Latency) -> Latency:
        """Wait and work at one station of a pool."""
        label = (name, visit.pool)
        if label in self.solving:
            self.note(f"{name} waits for itself; that wait is left out")
            return work
        solved = self.pool(name, visit.pool)
        if solved.shared:
            return solved.wait(rank)  # the time of the merged work
        return solved.wait(rank).plus(work)

    # --- flows --------------------------------------------------------------------------------------------------------
    def whole(self, flow: FlowSpec, before: Prefix | None) -> Latency:
        """The latency of a flow's steps."""
        self.flow = flow
        start, consume, owned = start_of(flow), flow.consume, None
        if consume is not None and consume.log and consume.by:
            owned = self.owned(flow, self.b.components[consume.by].nodes)
        law = self.placed(flow.steps, start, rank_of_flow(flow), before, top=True, owned=owned)
        self.times.once[flow.name] = law
        if flow.arrive is not None and flow.arrive.hedge is not None:
            law = hedged(law, law, flow.arrive.hedge.after)
        return law

    def consumer(self, flow: FlowSpec) -> None:
        """A consuming flow: what its messages wait for before they are taken, then its steps."""
        source = source_of(flow)
        rate = self.found.flows.get(flow.name, 0.0)
        steps = self.whole(flow, None)
        ages = self.ages.get(source, [])
        component = self.b.components[source]
        gates: list[tuple[str, Solved]] = []
        wait = NOTHING
        consume = flow.consume
        assert consume is not None
        by = self.b.components[consume.by] if consume.by else None
        replicas = by.replicas if by else 1
        held, uneven = steps, NOTHING
        if isinstance(component, Log):
            owned = self.owned(flow, replicas)
            flight = solve([Stream(rate, owned, held)], consume.in_flight or 500, None, "fifo")
            gates.append(("in flight", flight))
            wait = flight.wait(NORMAL)
            if consume.in_order in (None, "partition"):
                shares = self.partition_shares(flow, component)
                order = solve([Stream(rate, shares, wait.plus(held))], 1, None, "fifo")
                gates.append(("partitions", order))
                wait = wait.plus(order.wait(NORMAL))
            elif consume.in_order != "none":
                keys = first_keys(self.b.keys[consume.in_order], KEYS_IN_ORDER)
                order = solve([Stream(rate, keys, wait.plus(held))], 1, None, "fifo")
                gates.append(("keys in order", order))
                share = float(keys.sum())
                wait = wait.plus(mixture([share, 1.0 - share], [order.wait(NORMAL), NOTHING]))
        elif isinstance(component, Queue):
            claims = replicas * (consume.in_flight or (by.workers if by else 1))
            if by is not None and replicas > 1 and claims <= MOST_CLAIMS and rate * held.mean < claims:
                uneven = self.uneven(rate, steps, claims, replicas, by.workers)
                held = steps = uneven.plus(steps)
            flight = solve([Stream(rate, np.ones(1), held)], claims, None, "fifo")
            gates.append(("in flight", flight))
            wait = flight.wait(NORMAL)
        latency = wait.plus(steps)
        age = None
        if any(r > 0 for r, _ in ages):
            age = mixture([r for r, _ in ages], [a for _, a in ages]).plus(latency)
            before = mixture([r for r, _ in ages], [a for _, a in ages]).plus(wait).plus(uneven)
            if self.publishes(flow.steps):
                self.whole(flow, (before,))
        lag = rate * wait.mean if math.isfinite(wait.mean) else math.inf
        self.times.gates[flow.name] = gates
        self.times.sources[flow.name] = source
        self.times.flows[flow.name] = FlowTimes(latency, age, lag)

    def uneven(self, rate: float, held: Latency, claims: int, replicas: int, workers: int) -> Latency:
        """Wait at a consumer's replica, as its messages are spread in turn whatever each has in hand: half of what
        random spreading would cost (a fit)."""
        longer = 1.0
        for _ in range(20):
            busy = rate * held.mean * longer
            jobs = min(float(claims), busy + math.sqrt(busy) / 2.0)  # messages come when more than the mean are in hand
            longer = 1.0 + (uneven_hold(jobs, replicas, workers) - 1.0) / 2.0
        wait = held.mean * (longer - 1.0)
        one = held.mean / workers
        return delayed(min(1.0, wait / one), max(wait, one), 1.0) if wait > 1e-9 else NOTHING

    # --- steps --------------------------------------------------------------------------------------------------------
    def placed(
        self,
        steps: tuple[Step, ...],
        here: Here,
        rank: int,
        before: Prefix | None,
        top: bool = False,
        came: Here | None = None,
        owned: Array | None = None,
    ) -> Latency:
        """Steps from a place, and the way there and back from where the flow `came`.

        Where several calls set out from the place they are told for each region that it can be in: far for one of them
        is far for the others. `owned` are the visits of its stations where these are not alike.
        """
        places = self.places(steps, here, top, owned)
        if len(places) == 1:
            return self.onward(steps, here, rank, before, top, came)
        outer, whole, ways = self.times.calls, self.share, self.ways
        self.ways *= len(places)
        laws: list[Latency] = []
        told: dict[tuple[str, tuple[str | int, ...]], list[tuple[float, Latency]]] = {}
        for share, at in places:
            self.times.calls, self.share = {}, whole * share
            laws.append(self.onward(steps, at, rank, before, top, came))
            for place, law in self.times.calls.items():
                told.setdefault(place, []).append((share, law))
        self.times.calls, self.share, self.ways = outer, whole, ways
        for place, found in told.items():
            outer[place] = mixture([share for share, _ in found], [law for _, law in found])
        return mixture([share for share, _ in places], laws)

    def places(
        self, steps: tuple[Step, ...], here: Here, top: bool, owned: Array | None = None
    ) -> list[tuple[float, Here]]:
        """Where steps are told apart: in the regions that the place can be in, or as they are spread over them."""
        if owned is None and not self.starts_many(steps, top):
            return [(1.0, here)]
        found = in_regions(self.b, here, owned)
        return found if len(found) * self.ways <= MOST_WAYS else [(1.0, here)]

    def onward(
        self, steps: tuple[Step, ...], here: Here, rank: int, before: Prefix | None, top: bool, came: Here | None
    ) -> Latency:
        if came is None:
            return self.steps(steps, here, rank, before, top)
        before = None if before is None else (*before, hop(self.b, came, here))
        return hop(self.b, came, here, 2).plus(self.steps(steps, here, rank, before, top))

    def starts_many(self, steps: tuple[Step, ...], top: bool) -> bool:
        """Whether more than one call sets out from the place where these steps begin."""
        calls = 0
        for step in steps:
            match step:
                case Call():
                    calls += 2 if step.nested.keys() & {"miss", "fallback"} else 1
                    if moves(step, self.b.components[step.component], top):
                        break
                case FanOut() | Repeat() | Parallel():
                    calls += 2
                case Choose():
                    calls += max(2 if self.starts_many(b, top) else len(b) for b in step.branches)
        return calls > 1

    def steps(
        self, steps: tuple[Step, ...], here: Here, rank: int, before: Prefix | None, top: bool = False
    ) -> Latency:
        """A list of steps; `before` is what has passed since the start of the flow, where that is to be noted."""
        law = since = NOTHING
        for i, step in enumerate(steps):
            now = None if before is None else (*before, since)
            took, moved = self.step(step, here, rank, now, top)
            law, since = law.plus(took), since.plus(took)
            if moved is here:
                continue
            came = None if moved.component == here.component and moved.sticky else here
            before = None if before is None else (*before, since)
            rest = steps[i + 1 :]
            if len(self.places(rest, moved, top)) > 1:
                return law.plus(self.placed(rest, moved, rank, before, top, came))
            if came is not None:
                law = law.plus(hop(self.b, came, moved, 2))
                before = None if before is None else (*before, hop(self.b, came, moved))
            here, since = moved, NOTHING
        return law

    def step(self, step: Step, here: Here, rank: int, before: Prefix | None, top: bool) -> tuple[Latency, Here]:
        match step:
            case Call():
                return self.call(step, here, rank, before, top)
            case Wait(time=time):
                return Latency.of(time), here
            case Repeat(times=count, steps=steps):
                return self.steps(steps, here, rank, before).times_over(count), here
            case Spawn(steps=steps):
                self.steps(steps, here, rank, before)
                return NOTHING, here
            case FanOut(steps=steps):
                return self.fanned(step, self.steps(steps, here, rank, before), here), here
            case Parallel(branches=branches, need=need):
                tie = self.tie(branches, here) if need == len(branches) else 0.0
                return kth([self.steps(b, here, rank, before) for b in branches], need, tie), here
            case Choose(weights=weights, branches=branches):
                return mixture(weights, [self.steps(b, here, rank, before) for b in branches]), here

    def call(self, call: Call, here: Here, rank: int, before: Prefix | None, top: bool) -> tuple[Latency, Here]:
        assert self.flow is not None
        site = self.found.sites[self.flow.name, call.path]
        stay = moves(call, site.component, top)
        there = arrived(call, site.component, here)
        law = self.visits(site, here, there, stay, before)
        miss = call.nested.get("miss")
        if miss is not None and site.component.behaviours.get(call.verb) == "lookup":
            # the miss is noted after the look-up, which is left out of the age here
            fetch = self.steps(miss, here, rank, before)
            rest = Latency.of(Uniform(0.0, fetch.mean)) if site.waiting > 0 and 0 < fetch.mean < math.inf else fetch
            shares = [site.hit, 1.0 - site.hit - site.waiting, site.waiting]
            law = law.plus(mixture(shares, [NOTHING, fetch, rest]))
        self.times.calls[site.place] = law
        law = self.tried(site, law)
        if call.options.timeout is not None:
            law = law.capped(call.options.timeout)
        if call.options.hedge is not None:
            law = hedged(law, law, call.options.hedge.after)
        if "fallback" in call.nested:
            self.steps(call.nested["fallback"], here, rank, before)
        return law, after(call, site.component, there) if stay else here

    def tried(self, site: Site, law: Latency) -> Latency:
        """The time of a call that is tried again while its callee fails by itself, of those that succeed at last."""
        retry, p = site.call.options.retry, site.component.error_rate_of(site.call.verb)
        if retry is None or not 0.0 < p < 1.0 or retry.max > MOST_TRIES:
            return law
        laws, weights = [law], [1.0]
        pause = retry.backoff
        for _ in range(retry.max):
            wait = min(pause, retry.cap) if retry.cap is not None else pause
            laws.append(laws[-1].plus(jittered(wait, retry.jitter)).plus(law))
            weights.append(weights[-1] * p)
            pause *= retry.multiplier
        return mixture(weights, laws)

    def fanned(self, step: FanOut, law: Latency, here: Here) -> Latency:
        """The time of a fan-out of which each call takes `law`. Those that meet at one station are not independent."""
        n, need = step.n, step.need
        met = self.meeting(step, here)
        if met is not None:
            return met
        apart = self.distinct(step, here)
        if apart >= n:
            return kth([law] * n, need)
        few = math.floor(apart)
        part = apart - few
        laws = [kth([law] * m, m if need == n else min(need, m)) for m in (few, few + 1)]
        return mixture([1.0 - part, part], laws)

    def tie(self, branches: tuple[tuple[Step, ...], ...], here: Here) -> float:
        """How much the times of branches of one call each are tied, since the same requests make their queues."""
        ties = []
        for branch in branches:
            call = branch[0] if len(branch) == 1 else None
            if not isinstance(call, Call) or self.flow is None:
                return 0.0
            site = self.found.sites[self.flow.name, call.path]
            pool = site.component.pools()[0]
            if (call.component, pool.name) in self.solving:
                return 0.0
            solved = self.pool(call.component, pool.name)
            mine = site.rate / solved.rate if solved.rate else 0.0
            alike = mine / pool.stations / (1.0 + solved.held.scv)
            ties.append(bond(solved.p_wait, alike))
        pairs = [math.sqrt(a * b) for i, a in enumerate(ties) for b in ties[:i]]
        return math.fsum(pairs) / len(pairs) if pairs else 0.0

    def meeting(self, step: FanOut, here: Here) -> Latency | None:
        """The time of plain calls at random stations of one worker that nobody else calls; one or all must answer.

        What the first call finds at its station is the work left of the fan-outs before: M/G/1 whose service is all the
        work that one fan-out brings to a station.
        """
        inner = step.steps[0] if len(step.steps) == 1 else None
        if not isinstance(inner, Call) or self.flow is None or step.need not in (1, step.n) or step.n > MOST_MET:
            return None
        site = self.found.sites[self.flow.name, inner.path]
        pools = site.component.pools()
        balance, _ = balance_of(self.b, site.component, here)
        plain = not (inner.options.policed or inner.nested or is_local(inner, here)) and site.at_once == step.n
        alone = len(self.visitors.get((inner.component, pools[0].name), ())) == 1
        visits = site.component.visits(inner.verb, inner.options)
        simple = len(pools) == len(visits) == 1 and visits[0].then is None and visits[0].pick == "balance"
        turn = (pools[0].workers, pools[0].queue, pools[0].discipline) == (1, None, "fifo")
        if not (plain and alone and simple and turn and balance == "random") or step.n == 1:
            return None
        n, stations = step.n, pools[0].stations
        work = self.answer(visits[0])
        share, weights, sums = (1.0 - 1.0 / stations) ** n, [], [work]
        reached = 1.0 - share
        for k in range(1, n + 1 if stations > 1 else 1):
            share *= (n - k + 1) / k / (stations - 1)
            weights.append(share)
            if share < 1e-9 and k > n / stations:
                break
            sums.append(sums[-1].plus(work))
        batch = mixture(weights, sums[: len(weights)]) if weights else work.times_over(n)
        rate = site.rate / n * reached
        busy = rate * batch.mean
        if busy >= 1.0 or not math.isfinite(batch.third_moment):
            return None
        mean = rate * (batch.variance + batch.mean**2) / (2.0 * (1.0 - busy))
        variance = mean**2 + rate * batch.third_moment / (3.0 * (1.0 - busy))
        both, own = n * (n - 1) / stations**2, n / stations * (1.0 - 1.0 / stations) + (n / stations) ** 2
        alike = both * work.mean**2 / (n / stations * work.variance + own * work.mean**2) if work.mean > 0 else 0.0
        first = queued(batch, busy, mean, variance).plus(work).plus(hop(self.b, here, Here(inner.component), 2))
        return scattered(first, work, n, stations, step.need, bond(busy, alike))

    def distinct(self, step: FanOut, here: Here) -> float:
        """Mean number of stations that the calls of a fan-out reach, where each is one call at a random station.

        Calls that meet at a station of several workers count apart where they are served at once (a fit).
        """
        inner = step.steps[0] if len(step.steps) == 1 else None
        if not isinstance(inner, Call) or self.flow is None:
            return float(step.n)
        site = self.found.sites[self.flow.name, inner.path]
        balance, _ = balance_of(self.b, site.component, here)
        stations = site.component.pools()[0].stations
        if balance != "random" or not site.component.pools()[0].workers or is_local(inner, here):
            return float(step.n)
        reached = stations * (1.0 - (1.0 - 1.0 / stations) ** step.n)
        solved, workers = self.pool(inner.component, "main"), site.component.workers
        used = solved.utilisation or 0.0
        together = erlang_c(workers, used * workers) / used / workers if 0.0 < used < 1.0 else 1.0
        return step.n - (step.n - reached) * together

    def visits(self, site: Site, here: Here, there: Here, stay: bool, before: Prefix | None) -> Latency:
        """One attempt of a call: there, wait, work, nested steps, and back; a call that the flow moves with is without
        the way of its last visit."""
        law = NOTHING
        call, component = site.call, site.component
        deliver = component.behaviours.get(call.verb) == "deliver"
        found = component.visits(call.verb, call.options)
        for i, visit in enumerate(found):
            if visit.need == 0:
                continue
            if visit.pick in SPREAD:
                law = law.plus(self.spread(site, visit, here, there, deliver))
                continue
            way = both = NOTHING
            if not is_local(call, here):
                seen = None
                if visit.pick != "balance":
                    seen = choose(self.b, call.component, visit, here, site.space).pattern
                way, both = (hop(self.b, here, there, ways, seen) for ways in (1, 2))
            law = law.plus(self.wait(call.component, visit, site.rank, self.answer(visit)))
            if "do" in call.nested:
                now = None if before is None else (*before, way, law)
                if now is not None and self.publishes(call.nested["do"]):
                    self.placed(call.nested["do"], there, site.rank, now)
                law = law.plus(self.inner(site))
            if component.behaviours.get(call.verb) == "publish" and before is not None:
                self.published(call.component, site.rate, (*before, way, law))
            if deliver:
                law = law.plus(self.client())
            if not (stay and i == len(found) - 1):
                law = law.plus(both)
        many = bool(found) and (found[0].pick in SPREAD or found[0].need == 0)
        if many and component.behaviours.get(call.verb) == "publish" and before is not None:
            self.published(call.component, site.rate, (*before, law))
        if isinstance(component, Store) and call.verb in component.effects and before is not None:
            self.feed(site, (*before, law))
        return law

    def spread(self, site: Site, visit: Visit, here: Here, there: Here, deliver: bool) -> Latency:
        """A visit of many stations at once. The copies of one shard are alike in load; those of all shards are not."""
        name = site.call.component
        work = self.answer(visit)
        solved = None if (name, visit.pool) in self.solving else self.pool(name, visit.pool)
        if visit.pick in ("copies", "some") and solved is not None and len(solved.by_class) > 1:
            branches = [(weight, work.plus(wait)) for weight, wait in solved.by_class]
        else:
            branches = [(1.0, self.wait(name, visit, site.rank, work))]
        trips = [(1.0, [NOTHING] * visit.copies)]
        if not is_local(site.call, here):
            pattern = choose(self.b, name, visit, here, site.space).pattern
            trips = round_trips(self.b, here, there, visit, pattern)
        weights, laws = [], []
        for weight, branch in branches:
            one = branch.plus(self.client()) if deliver else branch
            for share, ways in trips:
                took = {id(way): one.plus(way) for way in ways}
                laws.append(kth([took[id(way)] for way in ways], visit.need))
                weights.append(weight * share)
        return mixture(weights, laws)

    def answer(self, visit: Visit) -> Latency:
        """Work until the answer, at the station."""
        law = Latency.of(visit.work)
        if visit.then is not None and not visit.detach:
            law = law.plus(Latency.of(visit.then))
        return law

    def client(self) -> Latency:
        assert self.b.network is not None
        return Latency.of(self.b.network.client)

    def publishes(self, steps: tuple[Step, ...]) -> bool:
        """Whether messages leave from somewhere in these steps."""
        sources = {c.source for c in self.b.components.values() if isinstance(c, Log) and c.source}
        for step in walk(steps):
            if isinstance(step, Call):
                component = self.b.components[step.component]
                if component.behaviours.get(step.verb) == "publish" or step.component in sources:
                    return True
        return False

    def feed(self, site: Site, before: Prefix) -> None:
        """The appends to the logs that a commit feeds."""
        for name, log in self.b.components.items():
            if isinstance(log, Log) and log.source == site.call.component:
                fed = self.found.sites[site.place[0], feeding(name, site.call).path]
                delay: Dist = Const(log.delay)
                law = self.visits(fed, fed.here, Here(name), False, None)
                self.times.calls[fed.place] = law
                self.published(name, fed.rate, (*before, Latency.of(delay), law))

    def published(self, channel: str, rate: float, before: Prefix) -> None:
        """Notes how old messages are when they are published."""
        law = NOTHING
        for part in before:
            law = law.plus(part)
        self.ages.setdefault(channel, []).append((rate * self.share, law))


def bond(busy: float, alike: float) -> float:
    """How much the queues of two stations are tied: by the share of the time that one is busy, and by the correlation
    of the work that comes to both.

    Gives the mean of two queues that every request comes to, with exponential service, exactly (L. Flatto, S. Hahn, Two
    Parallel Queues Created by Arrivals with Two Demands, SIAM J. Applied Math. 44(5), 1984); else a fit to the engine.
    """
    return busy * alike * (1.0 + alike) / 3.0


def jittered(wait_s: float, jitter: str | float) -> Latency:
    """The pause before a retry."""
    if not isinstance(jitter, str):
        return Latency.of(Uniform(wait_s, wait_s + jitter)) if jitter > 0 else Latency.constant(wait_s)
    low = {"none": wait_s, "equal": wait_s / 2.0, "full": 0.0}[jitter]
    return Latency.of(Uniform(low, wait_s)) if low < wait_s else Latency.constant(wait_s)
