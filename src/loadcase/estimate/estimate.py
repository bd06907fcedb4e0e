"""The estimate of a design: its numbers, the load on its parts, what saturates first, how long flows take, the cost."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from loadcase.blueprint.model import Blueprint, FlowSpec
from loadcase.blueprint.steps import Call, walk
from loadcase.core.errors import UsageError, suggest
from loadcase.core.quantity import Quantity, Uncertain, median
from loadcase.core.unitformat import format_dims, format_quantity
from loadcase.estimate.availability import PER_INSTANCE, availability
from loadcase.estimate.closed import solved
from loadcase.estimate.cost import Cost, costs, total
from loadcase.estimate.latency import Latency
from loadcase.estimate.load import Loads, loads, source_of
from loadcase.estimate.roughly import roughly
from loadcase.estimate.stations import Solved
from loadcase.estimate.times import Times
from loadcase.kinds.base import Component, Options, Retry
from loadcase.kinds.gateway import Gateway

PERCENTILES = {"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p98": 0.98, "p99": 0.99, "p999": 0.999}


@dataclass(frozen=True)
class EstimateLine:
    """One entry of `estimates`: value in base units, as people read it, and the formula."""

    name: str
    value: float
    unit: str
    text: str
    formula: str
    spread: tuple[float, float, float] | None = None
    """p5, p50, p95 of a range."""
    spread_text: tuple[str, str, str] | None = None
    """The same as people read them."""


@dataclass(frozen=True)
class ComponentLine:
    """The closed-form load of one component. `saturates_at` is the load factor at which it is full."""

    name: str
    kind: str
    nodes: int
    rate: float
    utilisation: float | None
    """Offered to its workers: above 1 it cannot keep up."""
    wait_mean_s: float | None
    p99_s: float | None
    formula: str
    saturates_at: float | None
    cost: float
    hit_ratio: float | None = None
    hottest: float | None = None
    """Utilisation of its busiest replica, shard or partition."""
    limited_by: str = "workers"
    """What is full first: workers, partitions, keys in order, in flight, a quota or a limit."""
    bottleneck: float | None = None
    """How full that is; None where nothing can be full."""
    sojourn_mean_s: float | None = None
    """Mean time from arrival until the worker is free, of a visit of the first group of stations."""


@dataclass(frozen=True)
class FlowLine:
    """A flow in closed form; None where it does not keep up. A consuming flow's times run from publish to done."""

    name: str
    rate: float
    mean_s: float | None
    p50_s: float | None
    p95_s: float | None
    p99_s: float | None
    availability: float
    age_p99_s: float | None = None
    """For a consuming flow: from the first client's send to done."""


@dataclass(frozen=True)
class EstimateReport:
    """Everything that `loadcase estimate` says."""

    blueprint: str
    estimates: list[EstimateLine]
    components: list[ComponentLine]
    flows: dict[str, FlowLine]
    first: ComponentLine | None
    cost: float
    load: float = 1.0
    costs: dict[str, Cost] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    """By the names of the contract, in base units, where a closed form gives them."""
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The documented JSON shape."""
        estimates: dict[str, Any] = {}
        for e in self.estimates:
            estimates[e.name] = {"value": e.value, "unit": e.unit, "text": e.text, "formula": e.formula}
            if e.spread is not None:
                estimates[e.name] |= dict(zip(("p5", "p50", "p95"), e.spread, strict=True))
        components = {
            c.name: {
                "kind": c.kind,
                "nodes": c.nodes,
                "rate": c.rate,
                "utilisation": finite(c.utilisation),
                "hottest": finite(c.hottest),
                "wait_mean_s": finite(c.wait_mean_s),
                "p99_s": finite(c.p99_s),
                "formula": c.formula,
                "saturates_at": finite(c.saturates_at),
                "limited_by": c.limited_by,
                "hit_ratio": c.hit_ratio,
                "cost": c.cost,
            }
            for c in self.components
        }
        flows = {
            name: {
                "rate": f.rate,
                "mean_s": f.mean_s,
                "p50_s": f.p50_s,
                "p95_s": f.p95_s,
                "p99_s": f.p99_s,
                "age_p99_s": f.age_p99_s,
                "availability": f.availability,
            }
            for name, f in self.flows.items()
        }
        first = None
        if self.first is not None:
            first = {
                "component": self.first.name,
                "at_load": self.first.saturates_at,
                "limited_by": self.first.limited_by,
                "text": f"{self.first.name} saturates at {self.first.saturates_at:.3g}x",
            }
        breakdown = {
            n: {"nodes": c.nodes, "stored": c.stored, "requests": c.requests, "total": c.total}
            for n, c in self.costs.items()
        }
        return {
            "blueprint": self.blueprint,
            "load": self.load,
            "estimates": estimates,
            "components": components,
            "flows": flows,
            "first_to_saturate": first,
            "cost": self.cost,
            "cost_by_component": breakdown,
            "metrics": {n: v for n, v in self.metrics.items() if math.isfinite(v)},
            "notes": list(self.notes),
        }


def estimate(blueprint: Blueprint, case: str | float | None = None) -> EstimateReport:
    """The closed form under the load of a case, or under a load factor; costs are always those at factor 1.

    Raises UsageError for an unknown case.
    """
    load = factor_of(blueprint, case)
    found, known = solved(blueprint, load)
    base = found if load == 1.0 else loads(blueprint, 1.0)
    parts = costs(blueprint, base)
    components = [_component(n, c, found, known, parts[n].total, load) for n, c in blueprint.components.items()]
    full = [c for c in components if c.saturates_at is not None]
    first = min(full, key=lambda c: c.saturates_at or math.inf, default=None)
    flows = {name: _flow(blueprint, name, found, known, load) for name in blueprint.flows}
    metrics = _metrics(blueprint, found, known, flows, total(parts))
    notes = list(known.notes)
    if any(c.availability is None for c in blueprint.components.values()):
        notes.append(f"a replica that gives no availability is taken to be up {100 * PER_INSTANCE:g} % of the time")
    notes += [f"{name}: {' and '.join(left)} left out, `loadcase run` has it" for name, left in _left_out(blueprint)]
    notes += roughly(blueprint).values()
    notes += [f"{name}: no step is skipped here, `loadcase run` does" for name in _skipping(blueprint)]
    if isinstance(case, str) and case in blueprint.cases and blueprint.cases[case].faults:
        notes.append(f"the faults of case {case} are left out: the closed form knows none, `loadcase run` does")
    return EstimateReport(
        blueprint.name,
        _lines(blueprint),
        components,
        flows,
        first,
        total(parts),
        load,
        parts,
        metrics,
        tuple(notes),
    )


def factor_of(blueprint: Blueprint, case: str | float | None) -> float:
    """The load factor of a case; 1 for none."""
    if case is None:
        return 1.0
    if not isinstance(case, str):
        return float(case)
    if case in blueprint.cases:
        return blueprint.cases[case].load
    if case == "normal":
        return 1.0
    near = suggest(case, blueprint.cases)
    raise UsageError(f"there is no case {case!r}", hint=near or f"cases: {', '.join(blueprint.cases) or 'none'}")


def _left_out(blueprint: Blueprint) -> Iterator[tuple[str, list[str]]]:
    """What acts in a run alone: policies of components, of the clients of a flow, and of its calls."""
    for name, component in blueprint.components.items():
        left = [field for field in ("autoscale", "shed") if getattr(component, field, None) is not None]
        if left:
            yield name, left
    for name, flow in blueprint.flows.items():
        calls = [step for step in walk(flow.steps) if isinstance(step, Call)]
        left = _policies(None, flow.arrive.retry if flow.arrive is not None else None)
        left += [f"{what} of {c.component}.{c.verb}" for c in calls for what in _policies(c.options, c.options.retry)]
        if left:
            yield name, list(dict.fromkeys(left))


def _policies(options: Options | None, retry: Retry | None) -> list[str]:
    own = [field for field in ("throttle", "breaker") if getattr(options, field, None) is not None]
    own += ["conflicts"] if getattr(options, "condition", None) is not None else []
    return own + [f"retry {field}" for field in ("breaker", "budget") if getattr(retry, field, None) is not None]


def _skipping(blueprint: Blueprint) -> list[str]:
    flows = blueprint.flows.items()
    return [n for n, f in flows if any(isinstance(s, Call) and s.skip is not None for s in walk(f.steps))]


def monthly_cost(blueprint: Blueprint) -> float:
    """USD per month at load factor 1: nodes, stored bytes, requests, second copies among them."""
    found = loads(blueprint, 1.0)
    arriving = any(flow.arrive is not None and flow.arrive.hedge is not None for flow in blueprint.flows.values())
    if arriving or any(site.call.options.hedge is not None for site in found.sites.values()):
        found, _ = solved(blueprint)
    return total(costs(blueprint, found))


def finite(value: float | None) -> float | None:
    """The value, or None where there is none or it is not finite."""
    return value if value is not None and math.isfinite(value) else None


def _lines(blueprint: Blueprint) -> list[EstimateLine]:
    lines = []
    for name, entry in blueprint.estimates.items():
        value = entry.value
        spread, shown = None, None
        if isinstance(value, Uncertain):
            spread = (value.p5, value.p50, value.p95)
            low, mid, high = (format_quantity(Quantity(v, value.dims)) for v in spread)
            shown = (low, mid, high)
        middle = median(value)
        unit, text = format_dims(middle.dims), format_quantity(value)
        lines.append(EstimateLine(name, middle.value, unit, text, str(entry.formula), spread, shown))
    return lines


def _component(name: str, component: Component, found: Loads, known: Times, cost: float, load: float) -> ComponentLine:
    pools = [known.pools[name, p.name] for p in component.pools()]
    main = pools[0]
    hits = found.hit_ratios.get(name)
    held = _without_waits(component, found.components[name].busy, pools)
    bounds: list[tuple[float, str]] = [(p.hottest * held, "workers") for p in pools if p.hottest is not None]
    for flow, gates in known.gates.items():
        if known.sources.get(flow) == name:
            bounds += [(g.hottest, what) for what, g in gates if g.hottest is not None]
    if name in found.limits:
        bounds.append((found.limits[name], "limit" if component.kind == "limiter" else "quota"))
    worst, limited = max(bounds, default=(0.0, "workers"))
    full = load / worst if worst > 0 else None
    busiest = max([b for b, _ in bounds] + [p.hottest for p in pools if p.hottest is not None], default=None)
    return ComponentLine(
        name=name,
        kind=component.kind,
        nodes=component.nodes,
        rate=main.rate,
        utilisation=main.utilisation,
        wait_mean_s=main.mean_wait if main.rate > 0 else 0.0,
        p99_s=_p99(main),
        formula=main.formula,
        saturates_at=full,
        cost=cost,
        hit_ratio=hits,
        hottest=main.hottest,
        limited_by=limited,
        bottleneck=busiest,
        sojourn_mean_s=finite(main.in_queue + main.held.mean * (1.0 - main.abandoned)) if main.rate > 0 else None,
    )


def _without_waits(component: Component, busy: float, pools: list[Solved]) -> float:
    """Share of the time that its workers are held which is work, and not waits and timeouts further on.

    Those waits belong to this load: what is full first is so without them, and all else is full sooner for them.
    """
    size, pool = component.pools()[0], pools[0]
    if len(pools) > 1 or not pool.utilisation or not math.isfinite(pool.utilisation):
        return 1.0
    return min(1.0, busy / (size.stations * size.workers) / pool.utilisation)


def _p99(pool: Solved) -> float | None:
    """99th percentile of wait and work of all visits together; None where there is no formula or no end."""
    if pool.rate <= 0 or "mean only" in pool.formula:
        return None
    if len(pool.waits) != 1:
        return None
    wait = next(iter(pool.waits.values()))
    return finite((wait if pool.shared else wait.plus(pool.held)).quantile(0.99))


def _flow(blueprint: Blueprint, name: str, found: Loads, known: Times, load: float) -> FlowLine:
    spec, times = blueprint.flows[name], known.flows[name]
    rate = found.flows.get(name, 0.0)
    law: Latency | None = acknowledged(spec, times.latency) if math.isfinite(times.latency.mean) else None
    mean = None if law is None else law.mean
    shown = law
    if spec.arrive is not None and spec.arrive.users is not None and rate > 0:
        think = spec.arrive.think.mean() if spec.arrive.think else 0.0
        mean = spec.arrive.users * load / rate - think
        if law is None or abs(law.mean / mean - 1.0) > 0.1:
            shown = None
    p50, p95, p99 = (None if shown is None else shown.quantile(q) for q in (0.5, 0.95, 0.99))
    age = None if times.age is None else finite(times.age.quantile(0.99))
    return FlowLine(name, rate, mean, p50, p95, p99, availability(blueprint, spec, found, known), age)


def acknowledged(flow: FlowSpec, law: Latency) -> Latency:
    """The time of what is acknowledged: an answer after the client's timeout is none."""
    arrive = flow.arrive
    late = arrive is not None and arrive.timeout is not None and arrive.retry is None
    return law.within(arrive.timeout) if late and arrive is not None and arrive.timeout is not None else law


def _metrics(
    blueprint: Blueprint, found: Loads, known: Times, flows: dict[str, FlowLine], cost: float
) -> dict[str, float]:
    values: dict[str, float] = {"cost": cost}
    looped = any(f.arrive is not None and f.arrive.users is not None for f in blueprint.flows.values())
    lag: dict[str, float] = {}
    for name, line in flows.items():
        times = known.flows[name]
        values[f"{name}.rate"] = line.rate
        values[f"{name}.availability"] = line.availability
        if line.mean_s is not None:
            values[f"{name}.mean"] = line.mean_s
        law = acknowledged(blueprint.flows[name], times.latency) if line.p99_s is not None else None
        laws = {"": law, "age.": times.age}
        for prefix, law in laws.items():
            if law is not None and math.isfinite(law.mean):
                for p, q in _percentiles(blueprint, name, prefix).items():
                    values[f"{name}.{prefix}{p}"] = law.quantile(q)
        if times.age is not None and math.isfinite(times.age.mean):
            values[f"{name}.age.mean"] = times.age.mean
        if blueprint.flows[name].consume is not None:
            source = source_of(blueprint.flows[name])
            lag[source] = lag.get(source, 0.0) + times.lag
    for source, value in lag.items():
        values[f"{source}.lag"] = value
    for name, component in blueprint.components.items():
        pool = known.pools[name, component.pools()[0].name]
        values[f"{name}.rate"] = pool.rate
        if pool.utilisation is not None and pool.hottest is not None:
            taken = 1.0 - pool.loss
            served = taken - pool.abandoned  # what is shed or leaves occupies nobody
            values[f"{name}.utilisation"] = min(1.0, pool.utilisation * served)
            values[f"{name}.hottest_shard"] = min(1.0, pool.hottest * served)
            values[f"{name}.shed_ratio"] = pool.loss
            if component.patience is not None:
                values[f"{name}.abandoned_ratio"] = pool.abandoned
            if not looped:
                values[f"{name}.wait.mean"] = pool.mean_wait
                values[f"{name}.queue"] = pool.rate * taken * pool.in_queue
        if name in found.hit_ratios:
            values[f"{name}.hit_ratio"] = found.hit_ratios[name]
        if name in found.stored_keys:
            values[f"{name}.stored_keys"] = found.stored_keys[name]
        if isinstance(component, Gateway) and component.online is not None:
            values[f"{name}.connections"] = component.online / (component.connections * component.replicas)
    return {n: v for n, v in values.items() if math.isfinite(v)}


def _percentiles(blueprint: Blueprint, flow: str, prefix: str) -> dict[str, float]:
    """The usual ones, and those that the contract speaks of."""
    start = f"{flow}.{prefix}p"
    wanted = {g.metric[len(start) - 1 :] for g in blueprint.contract if g.metric.startswith(start)}
    own = {p: float(f"0.{p[1:]}") for p in wanted if p[1:].isdigit()}
    return {**PERCENTILES, **own}
