"""The estimate of a design: its numbers, the load on its parts, what saturates first, what it costs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from loadcase.blueprint.model import Blueprint
from loadcase.core.quantity import Uncertain, median
from loadcase.core.units import format_quantity
from loadcase.estimate.load import Load, loads
from loadcase.estimate.queueing import mgc, mmc_sojourn_quantile
from loadcase.kinds.base import Component

MONTH_S = 365.25 * 86400 / 12


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


@dataclass(frozen=True)
class ComponentLine:
    """The closed-form load of one component. `saturates_at` is the factor on the load at which it is full."""

    name: str
    kind: str
    nodes: int
    rate: float
    utilisation: float | None
    wait_mean_s: float | None
    p99_s: float | None
    formula: str
    saturates_at: float | None
    cost: float
    hit_ratio: float | None = None


@dataclass(frozen=True)
class EstimateReport:
    """Everything that `loadcase estimate` says."""

    blueprint: str
    estimates: list[EstimateLine]
    components: list[ComponentLine]
    flows: dict[str, float]
    first: ComponentLine | None
    cost: float

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
                "utilisation": c.utilisation,
                "wait_mean_s": _finite(c.wait_mean_s),
                "p99_s": _finite(c.p99_s),
                "formula": c.formula,
                "saturates_at": c.saturates_at,
                "hit_ratio": c.hit_ratio,
                "cost": c.cost,
            }
            for c in self.components
        }
        first = None if self.first is None else {"component": self.first.name, "at_load": self.first.saturates_at}
        return {
            "blueprint": self.blueprint,
            "estimates": estimates,
            "components": components,
            "flows": {name: {"rate": rate} for name, rate in self.flows.items()},
            "first_to_saturate": first,
            "cost": self.cost,
        }


def estimate(blueprint: Blueprint, load: float = 1.0) -> EstimateReport:
    """The closed form under a load factor; costs are always those at factor 1."""
    found = loads(blueprint, load)
    base = found if load == 1.0 else loads(blueprint, 1.0)
    lines = []
    for name, entry in blueprint.estimates.items():
        value = entry.value
        spread = (value.p5, value.p50, value.p95) if isinstance(value, Uncertain) else None
        middle = median(value)
        unit = "*".join(f"{d}^{p}" if p != 1 else d for d, p in middle.dims)
        lines.append(EstimateLine(name, middle.value, unit, format_quantity(value), str(entry.formula), spread))
    components = [
        _component(name, c, found.components[name], base.components[name], load, found.hit_ratios.get(name))
        for name, c in blueprint.components.items()
    ]
    full = [c for c in components if c.saturates_at is not None]
    first = min(full, key=lambda c: c.saturates_at or math.inf, default=None)
    return EstimateReport(blueprint.name, lines, components, found.flows, first, math.fsum(c.cost for c in components))


def monthly_cost(blueprint: Blueprint) -> float:
    """USD per month at load factor 1: nodes, stored bytes, requests."""
    found = loads(blueprint, 1.0)
    return math.fsum(_cost(c, found.components[n]) for n, c in blueprint.components.items())


def _cost(component: Component, load: Load) -> float:
    return component.standing_cost() + load.cost_per_s * MONTH_S


def _component(
    name: str, component: Component, load: Load, base: Load, factor: float, hits: float | None
) -> ComponentLine:
    pool = component.pools()[0]
    cost = _cost(component, base)
    if pool.workers == 0:
        return ComponentLine(
            name, component.kind, component.nodes, load.rate, None, 0.0, None, "unlimited", None, cost, hits
        )
    capacity = pool.stations * pool.workers
    used = load.busy / capacity
    full = factor / used if used > 0 else None
    wait, p99, formula = _waiting(load, pool.stations, pool.workers)
    return ComponentLine(name, component.kind, component.nodes, load.rate, used, wait, p99, formula, full, cost, hits)


def _waiting(load: Load, stations: int, workers: int) -> tuple[float | None, float | None, str]:
    """Mean wait and p99 of wait and work at one station, taken as M/G/c with the load spread evenly."""
    if load.rate <= 0 or not load.works:
        return 0.0, None, ""
    rate = load.rate / stations
    held = load.busy / load.rate
    if rate * held >= workers:
        return math.inf, math.inf, "overloaded"
    works = {w for _, w in load.works}
    single = next(iter(works))
    if len(works) == 1 and abs(held - single.mean()) < 1e-12:
        scv = single.scv()
        wait = mgc(rate, held, scv, workers).mean_wait
        if abs(scv - 1) < 1e-9:
            return wait, mmc_sojourn_quantile(0.99, rate, held, workers), "M/M/c"
        return wait, None, "M/G/1 (Pollaczek-Khinchine)" if workers == 1 else "M/G/c (Lee-Longton, Cosmetatos)"
    return mgc(rate, held, 1.0, workers).mean_wait, None, "M/M/c on the mean time held"


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
