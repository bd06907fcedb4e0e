"""What usually bites a design, by the closed form at its peak: how bad it would be, and whether a case tries it.

Each function gives risks in figures. What a run alone can tell (whether queues drain, whether retries make it worse) is
for the case that it proposes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from loadcase.advice.facts import Facts, looks_up
from loadcase.blueprint.steps import Call
from loadcase.core.errors import Path
from loadcase.core.values import digits, show
from loadcase.faults.base import Fault
from loadcase.kinds.gateway import Gateway
from loadcase.kinds.service import Service
from loadcase.review.design import Site, failing
from loadcase.review.rules.cache_bears_the_load import while_cold

STOPPED_S = 60.0
"""How long a consumer is taken to stand still."""
LITTLE = 2.0
"""Times the peak, or the load of the busiest key, below which there is little room to grow."""
POPULAR = 0.01
"""Share of the requests of a key that is worth a word."""
NEEDED = 0.5
"""Share of a flow's operations that fail without a component from which the flow needs it."""


@dataclass(frozen=True)
class Curveball:
    """One thing that may happen. `weak` says that in closed form the design has no room for it, or hardly any."""

    name: str
    trigger: str
    mitigation: str
    impact: str
    weak: bool
    path: Path
    faults: tuple[tuple[str, str], ...]
    """Faults that try it, each with the component (or flow, or entity) that it has to strike; empty for any."""
    case: str
    """A case that would try it, as the blueprint says it."""


def growth(facts: Facts) -> Iterator[Curveball]:
    """More load than the peak."""
    first, peak = facts.design.closed.first, facts.design.peak
    if (
        first is None
        or first.saturates_at is None
        or not math.isfinite(first.saturates_at)
        or first.saturates_at <= peak
    ):
        return
    times = first.saturates_at / peak
    full = "is full" if first.limited_by == "workers" else f"is full ({first.limited_by})"
    how = "`loadcase size` says how many more it takes"
    if first.limited_by == "keys in order":
        how = "a finer key, or several messages of a key at a time; more partitions do not help one key"
    yield Curveball(
        "growth", f"at {digits(times, 2)}x the peak {first.name} {full} first", how,
        _flows(facts, first.name, "waits or is refused", "wait or are refused") + "; the rest has room",
        times < LITTLE, ("components", first.name),
        (("load", ""), ("traffic_spike", "")), "ten_times: {load: 10, degrade: {...}, sacred: [...]}",
    )  # fmt: skip


def cold_cache(facts: Facts) -> Iterator[Curveball]:
    """A cache that has forgotten everything."""
    for name, component in facts.b.components.items():
        if component.kind not in ("cache", "cdn"):
            continue
        asking = [s.flow.name for s in facts.sites if s.call.component == name and looks_up(s)]
        for store, before, after in while_cold(facts.design, name):
            holds = f"{store} bears it" if after <= 1.0 else f"{store} does not bear it"
            yield Curveball(
                "cold_cache",
                f"{name} is empty: {store} goes from {show(before, 'ratio')} to {show(after, 'ratio')} busy",
                f"{holds}; a limit before it, or a cache that is filled before it takes traffic"
                if after > 1.0 else f"{holds}, so {name} is for latency and not for capacity",
                _together(asking, "is", "are") + " slower until it is warm" if after <= 1.0 else
                _together(asking, "times", "time") + " out, and what times out does not fill the cache",
                after > 1.0, ("components", name), (("flush", name), ("crash", name)),
                f"cold: {{faults: [flush: {{on: {name}, at: 10 s}}]}}",
            )  # fmt: skip
            break


def zone_lost(facts: Facts) -> Iterator[Curveball]:
    """A zone that is gone."""
    worst: tuple[float, str, str] | None = None
    for name, component in facts.b.components.items():
        if component.zones < 2 or component.kind not in ("service", "load_balancer", "gateway"):
            continue
        more = component.zones / (component.zones - 1)
        used = (facts.design.lines[name].bottleneck or 0.0) * more
        found = (used, name, f"{show(used, 'ratio')} busy")
        if isinstance(component, Gateway) and component.online:
            held = component.online / (component.connections * component.replicas) * more
            found = max(found, (held, name, f"asked to hold {show(held, 'ratio')} of its connections"))
        if math.isfinite(found[0]) and (worst is None or found > worst):
            worst = found
    if worst is None:
        return
    used, name, told = worst
    component = facts.b.components[name]
    replicas = math.ceil(component.replicas * used / 0.9)
    yield Curveball(
        "zone_lost", f"a zone is gone: {name} is {told} on what is left",
        f"replicas: {replicas} on {name}, so that what is left stays below 90 %" if used > 1.0 else
        f"spread over {component.zones} zones: what is left bears it",
        _flows(facts, name, "fails", "fail") + " for some, for as long as the zone is gone" if used > 1.0 else
        "errors until the balancers have noticed, then slower",
        used > 1.0, ("components", name), (("outage", ""),),
        "zone_outage: {faults: [outage: {zone: 1, at: 10 s, for: 20 s}], recover_within: 10 s}",
    )  # fmt: skip


def hot_key(facts: Facts) -> Iterator[Curveball]:
    """One key that everybody wants."""
    hot = facts.hottest
    if hot is None or hot.rate <= 0:
        return
    for name, line in facts.design.lines.items():
        if line.limited_by == "keys in order" and line.bottleneck and 0 < line.bottleneck < math.inf:
            most, times = show(hot.rate / line.bottleneck, "1/s"), digits(1 / line.bottleneck, 2)
            yield Curveball(
                "hot_key", f"one {hot.entity} gets more than {most}, {times}x what the busiest has now",
                "deliver several of a key at a time, or shed what nobody can read so fast",
                f"what is about that {hot.entity} arrives later and later; everybody else notices nothing",
                LITTLE * line.bottleneck > 1.0, ("components", name), (("hot_key", hot.entity),),
                f"celebrity: {{faults: [hot_key: {{entity: {hot.entity}, share: 1 %, at: 10 s, for: 10 s}}]}}",
            )  # fmt: skip
            return
    if hot.share < POPULAR:
        return
    caches = [s.call.component for s in facts.lookups()]
    plan = f"{caches[0]} answers most of it" if caches else "cache it, split the key, or send less of it"
    yield Curveball(
        "hot_key", f"one {hot.entity} is popular: {show(hot.rate, '1/s')} ask for it, {show(hot.share, 'ratio')}",
        plan, f"who asks for that {hot.entity}, and who shares its node, waits", False,
        ("entities", hot.entity), (("hot_key", hot.entity),),
        f"viral: {{faults: [hot_key: {{entity: {hot.entity}, share: 20 %, at: 10 s, for: 10 s}}]}}",
    )  # fmt: skip


def slow_dependency(facts: Facts) -> Iterator[Curveball]:
    """Something that is called does not answer, and holds the workers of those who wait for it."""
    held: dict[tuple[str, str], float] = {}
    guarded: dict[tuple[str, str], bool] = {}
    for site in facts.sites:
        outer = next((c for c in reversed(site.callers) if isinstance(facts.b.components[c.component], Service)), None)
        if outer is None or not site.waited or site.component.kind in ("service", "load_balancer"):
            continue
        pair = (outer.component, site.call.component)
        rate = facts.design.rate(site)
        if rate > 0:
            held[pair] = held.get(pair, 0.0) + rate * _longest(site, outer)
        safe = site.call.options.breaker is not None or site.call.options.throttle is not None
        guarded[pair] = guarded.get(pair, True) and safe
    shares = {}
    for (service, callee), busy in held.items():
        workers = facts.b.components[service].replicas * facts.b.components[service].workers
        if workers and busy > 0:
            shares[service, callee] = busy / workers
    if not shares:
        return
    most = max(shares, key=lambda pair: (shares[pair] > 1.0 and bool(_others(facts, *pair)), shares[pair], pair))
    (service, callee), share = most, shares[most]
    others = _others(facts, service, callee)
    wanted = f"{show(share, 'ratio')} of the workers" if math.isfinite(share) else "every worker"
    weak = share > 1.0 and bool(others) and not guarded[service, callee]
    if share <= 1.0:
        how = "its timeouts are short enough: no more is held than there is"
    elif guarded[service, callee]:
        how = "its breaker lets go of it"
    elif not others:
        how = f"nothing else needs {service}"
    else:
        how = (
            "a breaker: on the call lets go of it"
            if math.isfinite(share)
            else "a timeout: on each call, and a breaker:"
        )
    waiting = [name for name in _through(facts, callee) if name not in others]
    told = _together(waiting, "waits", "wait") + " until it is back" if waiting else "it is slower"
    if weak:
        told += f"; {_together(others, 'does', 'do')} not need it, and {'fails' if len(others) == 1 else 'fail'} too"
    hangs = [("slow", callee), ("crash", callee), ("pause", callee), ("dependency_down", callee)]
    yield Curveball(
        "slow_dependency", f"{callee} hangs: calls that wait for it take {wanted} of {service}", how, told, weak,
        ("components", callee), tuple(hangs),
        f"hangs: {{faults: [pause: {{on: {callee}, at: 10 s, for: 10 s}}]}}",
    )  # fmt: skip


def _others(facts: Facts, service: str, callee: str) -> list[str]:
    """The flows that go through a service, and could do without something that it calls."""
    through = dict.fromkeys(s.flow.name for s in facts.sites if s.call.component == service)
    down = failing({callee}, 1.0)
    return [name for name in through if facts.design.lost_without(facts.b.flows[name], down) < NEEDED]


def reconnects(facts: Facts) -> Iterator[Curveball]:
    """Clients that have lost their gateway."""
    for name, component in facts.b.components.items():
        if isinstance(component, Gateway) and component.online:
            each = component.online / component.replicas
            connects = any(s.call.component == name and s.call.verb == "connect" for s in facts.sites)
            case = f"gateway_dies: {{faults: [crash: {{on: {name}, share: 10 %, at: 10 s, for: 10 s}}]}}"
            if connects:
                case = f"reconnects: {{faults: [reconnect_storm: {{on: {name}, at: 10 s, within: 10 s}}]}}"
            yield Curveball(
                "reconnects", f"one {name} of {component.replicas} dies: {show(each, 'count')} clients connect again",
                "spread them with jitter in the app, and let them ask from their last number",
                "they are offline until they are back in, and what came meanwhile has to be fetched",
                False, ("components", name), (("reconnect_storm", name), ("crash", name)), case,
            )  # fmt: skip


def stopped_consumer(facts: Facts) -> Iterator[Curveball]:
    """A consumer that stands still for a minute."""
    worst: tuple[float, str, str, str, float] | None = None
    for flow in facts.consumers:
        assert flow.consume is not None
        source, by = flow.consume.source, flow.consume.by or ""
        used = [facts.design.lines[n].bottleneck or 0.0 for n in (source, by) if n in facts.design.lines]
        rate, busiest = facts.rate(flow), max(used, default=0.0)
        if rate > 0 and math.isfinite(busiest) and (worst is None or busiest > worst[0]):
            worst = (busiest, flow.name, source, by, rate)
    if worst is None:
        return
    used_now, name, source, by, rate = worst
    drain = STOPPED_S * used_now / (1.0 - used_now) if used_now < 1.0 else math.inf
    told = f"takes {show(drain, 's')} to catch up" if math.isfinite(drain) else "never catches up"
    yield Curveball(
        "stopped_consumer",
        f"{name} stands still for a minute: {show(rate * STOPPED_S, 'count')} messages wait in {source}, and it {told}",
        f"`loadcase size` for more of {by or source}" if drain > STOPPED_S else "there is room to catch up",
        f"{name} is up to a minute late" + ("" if drain <= STOPPED_S else ", and stays late long after"),
        drain > STOPPED_S, ("flows", name), (("consumer_pause", name), ("crash", by), ("pause", by)),
        f"stopped: {{faults: [consumer_pause: {{flow: {name}, at: 10 s, for: 20 s}}]}}",
    )  # fmt: skip


def tried_by(facts: Facts, curveball: Curveball) -> str:
    """The first case that tries it; empty when none does."""
    for name, case in facts.b.cases.items():
        if ("load", "") in curveball.faults and case.load > facts.design.peak:
            return name
        for fault in case.faults:
            struck = {str(getattr(fault, field, "")) for field in ("on", "flow", "entity")}
            if any(_kind(fault) == kind and (not what or what in struck) for kind, what in curveball.faults):
                return name
    return ""


def _kind(fault: Fault) -> str:
    return type(fault).__module__.rpartition(".")[2]


def _longest(site: Site, outer: Call) -> float:
    """How long a call that gets no answer holds the worker of the service above it, s."""
    inside = site.callers[site.callers.index(outer) + 1 :] if outer in site.callers else []
    waits = []
    for call in (site.call, *inside):
        if call.options.timeout is not None:
            retry = call.options.retry
            waits.append(call.options.timeout * (1 + (retry.max if retry is not None else 0)))
    return min(waits, default=math.inf)


def _through(facts: Facts, component: str) -> list[str]:
    """The flows through a component."""
    found = [s.flow.name for s in facts.sites if s.call.component == component]
    for flow in facts.consumers:
        if flow.consume is not None and component in (flow.consume.source, flow.consume.by):
            found.append(flow.name)
    return list(dict.fromkeys(found))


def _flows(facts: Facts, component: str, one: str, many: str) -> str:
    """The flows through a component, with what they do."""
    found = _through(facts, component)
    return _together(found, one, many) if found else f"{component} {one}"


def _together(flows: list[str], one: str, many: str) -> str:
    names = list(dict.fromkeys(flows))
    return f"{', '.join(names[:-1])} and {names[-1]} {many}" if len(names) > 1 else f"{names[0]} {one}"


CURVEBALLS: tuple[Callable[[Facts], Iterator[Curveball]], ...] = (
    growth, cold_cache, zone_lost, hot_key, slow_dependency, reconnects, stopped_consumer,
)  # fmt: skip
