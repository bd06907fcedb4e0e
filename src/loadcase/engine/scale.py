"""Scale models: 1/k of the load on 1/k of the parts.

A design of many like parts behaves, per part, as one of fewer: latency, ratios and utilisation stay, and what grows
with the size (rates, queues, lag) is multiplied back. A component whose parts do not divide stays whole.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from loadcase.blueprint.model import Arrive, Blueprint
from loadcase.blueprint.steps import Call, walk
from loadcase.kinds.base import Component

COUNTS = {
    "store": ("shards",),
    "log": ("partitions",),
    "search_index": (),
    "cache": ("replicas",),
    "cdn": ("replicas",),
}
"""The field that counts a kind's like parts; `replicas` for the kinds that are not listed."""
EXTENSIVE = frozenset(
    [
        "rate",
        "goodput",
        "errors",
        "timeouts",
        "retries",
        "queue",
        "in_service",
        "shed",
        "rejected",
        "lag",
        "dead_letters",
        "expired",
        "stored_keys",
    ]
)
"""Metrics that grow with the size of the design: a scale model's are multiplied back."""
EXTREMES = frozenset(
    ["max", "age.max", "queue.peak", "lag.peak", "catch_up", "utilisation.peak", "hottest_shard", "rejected.first"]
)
"""The largest of many, be it requests, parts or intervals: of fewer it is another."""
FEWEST = 2
TOLERANCE = 0.02
QUIET = 0.005


def extensive(name: str) -> bool:
    """Whether a metric grows with the size of the design."""
    metric = name.split(".", 1)[-1]
    return metric in EXTENSIVE or metric.startswith("errors.")


def parts_of(component: Component) -> tuple[str, ...]:
    """Names of the fields that a scale model divides."""
    return COUNTS.get(component.kind, ("replicas",))


def divides(component: Component, k: int) -> bool:
    """Whether 1/k of the component's parts is a whole number, nearly enough, of at least two."""
    fields = parts_of(component)
    if not fields:
        return False
    for field in fields:
        part = getattr(component, field) / k
        if part < FEWEST or abs(part - round(part)) > TOLERANCE * part:
            return False
    return True


def whole_flows(blueprint: Blueprint, k: int) -> frozenset[str]:
    """Flows so quiet that at their full rate they still weigh nothing on a model of 1/k: they keep it."""
    rates = {n: f.arrive.rate for n, f in blueprint.flows.items() if f.arrive is not None and f.arrive.rate}
    total = sum(rates.values())
    return frozenset(n for n, rate in rates.items() if rate * k < QUIET * total)


def whole_components(blueprint: Blueprint, k: int) -> frozenset[str]:
    """Components that nothing but whole flows reach, and that stay whole themselves."""
    whole = whole_flows(blueprint, k)
    reached = {
        step.component
        for name, flow in blueprint.flows.items()
        if name not in whole
        for step in walk(flow.steps)
        if isinstance(step, Call)
    }
    return frozenset(n for n, c in blueprint.components.items() if n not in reached and not divides(c, k))


def shrink(blueprint: Blueprint, k: int) -> Blueprint:
    """The design at 1/k of its size."""
    whole = whole_flows(blueprint, k)
    components = {n: _smaller(c, k) if divides(c, k) else c for n, c in blueprint.components.items()}
    flows = {
        n: replace(f, arrive=_quieter(f.arrive, k)) if f.arrive is not None and n not in whole else f
        for n, f in blueprint.flows.items()
    }
    keys = {n: replace(s, count=max(1, round(s.count / k))) if not s.weights else s for n, s in blueprint.keys.items()}
    return replace(blueprint, components=components, flows=flows, keys=keys)


def _smaller(component: Component, k: int) -> Component:
    changes: dict[str, Any] = {f: max(1, round(getattr(component, f) / k)) for f in parts_of(component)}
    for field in ("keys", "bound"):
        value = getattr(component, field, None)
        if value:
            changes[field] = max(1, round(value / k))
    for field in ("online", "quota", "get_quota", "put_quota"):
        value = getattr(component, field, None)
        if value:
            changes[field] = value / k
    if component.kind == "limiter" and getattr(component, "key", None) is None:
        rate: float = component.rate  # type: ignore[attr-defined]
        changes["rate"] = rate / k
        if getattr(component, "burst", None) is not None:
            changes["burst"] = component.burst / k  # type: ignore[attr-defined]
    return component.model_copy(update=changes)


def _quieter(arrive: Arrive, k: int) -> Arrive:
    changes: dict[str, Any] = {}
    if arrive.rate is not None:
        changes["rate"] = arrive.rate / k
    if arrive.users is not None:
        changes["users"] = max(1, round(arrive.users / k))
    return arrive.model_copy(update=changes)
