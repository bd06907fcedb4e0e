"""Sizes for a design: the fewest replicas, shards and partitions that hold the contract in closed form.

Every component gets the smallest count at which its busiest part keeps a headroom at the peak; then, while a guarantee
that a closed form can judge is broken, the component whose growth helps most for its price grows. Copies of shards and
of partitions are never changed: they are about durability, which no load decides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from loadcase.blueprint.model import Blueprint, Guarantee
from loadcase.core.quantity import Quantity
from loadcase.core.unitformat import format_quantity
from loadcase.estimate.estimate import ComponentLine, EstimateReport, estimate
from loadcase.kinds.base import Component
from loadcase.kinds.gateway import Gateway
from loadcase.kinds.limiter import Limiter
from loadcase.kinds.log import Log
from loadcase.kinds.search_index import SearchIndex
from loadcase.kinds.store import Store

ROUNDS = 12
REPAIRS = 60
STEP = 1.15
MOST = 100_000


@dataclass(frozen=True)
class Change:
    """A proposed count: replicas, shards or partitions of one component, and why."""

    component: str
    field: str
    before: int
    after: int
    utilisation_before: float | None
    utilisation_after: float | None
    cost_before: float
    cost_after: float
    reason: str


@dataclass(frozen=True)
class SizeReport:
    """What `size` proposes. `blueprint` is the design with the new counts."""

    case: str
    load: float
    headroom: float
    changes: list[Change]
    cost_before: float
    cost_after: float
    unmet: list[str]
    blueprint: Blueprint

    def to_json(self) -> dict[str, Any]:
        """The documented JSON shape."""
        return {
            "case": self.case,
            "load": self.load,
            "headroom": self.headroom,
            "components": {
                c.component: {
                    "field": c.field,
                    "before": c.before,
                    "after": c.after,
                    "utilisation_before": _finite(c.utilisation_before),
                    "utilisation_after": _finite(c.utilisation_after),
                    "cost_before": c.cost_before,
                    "cost_after": c.cost_after,
                    "reason": c.reason,
                }
                for c in self.changes
            },
            "cost_before": self.cost_before,
            "cost_after": self.cost_after,
            "unmet": self.unmet,
        }


def size(blueprint: Blueprint, headroom: float = 0.3) -> SizeReport:
    """Proposes counts for the peak: the case of the highest load that relaxes nothing, or load factor 1."""
    case, load = peak_of(blueprint)
    before = estimate(blueprint, load)
    sizer = _Sizer(blueprint, load, headroom)
    sizer.fit()
    sizer.repair()
    after = sizer.report
    lines = {c.name: c for c in before.components}
    changes = []
    for line in after.components:
        field = count_field(blueprint.components[line.name])
        if field is None:
            continue
        old, new = (getattr(b.components[line.name], field) for b in (blueprint, sizer.b))
        was = lines[line.name]
        because = sizer.reasons.get(line.name, "as it is")
        changes.append(Change(line.name, field, old, new, _busiest(was), _busiest(line), was.cost, line.cost, because))
    unmet = [*sizer.stuck, *(why for g in blueprint.contract if (why := _broken(g, after)) is not None)]
    return SizeReport(case, load, headroom, changes, before.cost, after.cost, unmet, sizer.b)


def peak_of(blueprint: Blueprint) -> tuple[str, float]:
    """Name and load factor of the case that sizes are for."""
    full = {name: c.load for name, c in blueprint.cases.items() if not c.degrade}
    name = max(full, key=lambda n: full[n], default="")
    return (name, full[name]) if name else ("normal", 1.0)


def count_field(component: Component) -> str | None:
    """The field that counts what takes the load; None where the provider sizes it."""
    if isinstance(component, Store | SearchIndex):
        return "shards"
    if isinstance(component, Log):
        return "partitions"
    if component.kind in ("service", "load_balancer", "gateway", "cache"):
        return "replicas"
    return None


def fewest(component: Component) -> int:
    """Fewest that keep what the design has against failures: one per zone, and two where there are two."""
    if isinstance(component, Store | SearchIndex | Log):
        return 1
    return max(component.zones * component.regions, min(2, component.replicas))


class _Sizer:
    def __init__(self, blueprint: Blueprint, load: float, headroom: float) -> None:
        self.b = blueprint
        self.load = load
        self.most = 1.0 - headroom
        self.reasons: dict[str, str] = {}
        self.stuck: list[str] = []
        self.report = estimate(blueprint, load)
        for line in self.report.components:
            if line.limited_by not in ("workers", "partitions") and (line.bottleneck or 0.0) > self.most:
                self.unfit(
                    line.name, f"{line.name}: its {line.limited_by} is {line.bottleneck:.0%} used, whatever the size"
                )

    def resized(self, counts: dict[str, int]) -> Blueprint:
        """The design with other counts."""
        components = dict(self.b.components)
        for name, count in counts.items():
            field = count_field(components[name])
            assert field is not None
            changes: dict[str, Any] = {field: count}
            components[name] = components[name].model_copy(update=changes)
        return replace(self.b, components=components)

    def fit(self) -> None:
        """Counts by utilisation: a change of one moves the time that others are held, so it goes round."""
        tried: dict[str, int] = {}
        for _ in range(ROUNDS):
            counts = {}
            for line in self.report.components:
                count = self.wanted(line, tried)
                if count is not None:
                    counts[line.name] = count
            if not counts:
                return
            self.b = self.resized(counts)
            self.report = estimate(self.b, self.load)

    def wanted(self, line: ComponentLine, tried: dict[str, int]) -> int | None:
        """The smallest count that keeps the headroom, if it is another than now."""
        component = self.b.components[line.name]
        field = count_field(component)
        used = _busiest(line)
        if field is None or isinstance(component, Limiter) or line.rate <= 0:
            return None
        now = int(getattr(component, field))
        if used is None and not isinstance(component, Gateway):
            return None
        floor = fewest(component)
        need = floor
        reason = f"{floor} stay for the zones and against a failure" if floor > 1 else "one suffices"
        if used is not None and used > 0:
            if not math.isfinite(used):
                self.unfit(line.name, f"{line.name} waits for what does not keep up")
                return None
            share = used * now / self.most
            spread = used / line.utilisation if line.utilisation else 1.0
            count = max(floor, math.ceil(share - 1e-9))
            even = math.ceil((line.utilisation or used) * now / self.most)
            if count > MOST or (count > now and spread > 3.0 and tried.get(line.name, 0) > 2):
                self.unfit(
                    line.name, f"{line.name}: one key takes more than one {field[:-1]} can; more of them do not help"
                )
                return None
            if count > floor:
                reason = f"the busiest stays at most {self.most:.0%} used at the peak ({even} if the load were even)"
            need = count
        if isinstance(component, Gateway) and component.online is not None:
            open_sockets = math.ceil(component.online / (component.connections * self.bound(line.name)))
            if open_sockets > need:
                need = open_sockets
                reason = f"{component.online:,.0f} connections at {component.connections:,} each bind before pushes do"
        self.reasons[line.name] = reason
        tried[line.name] = tried.get(line.name, 0) + 1
        if need < now and tried[line.name] > 3:
            return None  # it has been lower, and that was too few
        return need if need != now else None

    def bound(self, gateway: str) -> float:
        """Most of the connections that may be used: the contract's share, or what the headroom leaves."""
        lines = [g.bound for g in self.b.contract if g.metric == f"{gateway}.connections"]
        return min([*lines, self.most]) if not lines else min(lines) * (1.0 - 1e-9)

    def unfit(self, name: str, why: str) -> None:
        if why not in self.stuck:
            self.stuck.append(why)
        self.reasons[name] = why

    def repair(self) -> None:
        """Grows one component at a time while that brings a broken guarantee nearer."""
        hopeless: set[str] = set()
        for _ in range(REPAIRS):
            broken = [g for g in self.b.contract if g.metric not in hopeless and _broken(g, self.report)]
            if not broken:
                return
            goal = broken[0]
            best: tuple[float, str, int, Blueprint, EstimateReport] | None = None
            for name, component in self.b.components.items():
                field = count_field(component)
                if field is None or goal.metric == "cost":
                    continue
                count = max(int(getattr(component, field)) + 1, math.ceil(getattr(component, field) * STEP))
                if count > MOST:
                    continue
                other = self.resized({name: count})
                report = estimate(other, self.load)
                gain = _gap(goal, self.report) - _gap(goal, report)
                price = max(1.0, report.cost - self.report.cost)
                if gain > 1e-6 * abs(goal.bound) and (best is None or gain / price > best[0]):
                    best = (gain / price, name, count, other, report)
            if best is None:
                hopeless.add(goal.metric)
                continue
            _, name, count, self.b, self.report = best
            self.reasons[name] = f"{count} so that {goal.text}"


def _busiest(line: ComponentLine) -> float | None:
    """Use of the busiest part that more parts would relieve: keys in order, quotas and limits are none."""
    relieved = line.limited_by in ("workers", "partitions") and line.bottleneck is not None
    return line.bottleneck if relieved else line.hottest


def _gap(guarantee: Guarantee, report: EstimateReport) -> float:
    """How far a metric is on the wrong side of its bound; huge where it has no value."""
    value = report.metrics.get(guarantee.metric)
    if value is None:
        return 1e18
    return value - guarantee.bound if guarantee.comparison.startswith("<") else guarantee.bound - value


def _broken(guarantee: Guarantee, report: EstimateReport) -> str | None:
    """Why a guarantee does not hold in closed form; None when it does, or when no closed form speaks of it."""
    target = guarantee.metric.split(".")[0]
    value = report.metrics.get(guarantee.metric)
    if value is None:
        late = target in report.flows and report.flows[target].p99_s is None
        known = guarantee.metric.rsplit(".", 1)[-1]
        if late and (known == "mean" or (known[:1] == "p" and known[1:].isdigit())):
            return f"{guarantee.text}: it does not keep up"
        return None
    gap = _gap(guarantee, report)
    inside = gap < 0 if guarantee.comparison in ("<", ">") else gap <= 0
    if inside or guarantee.comparison == "==":
        return None
    return f"{guarantee.text}: it would be {_shown(value, guarantee.unit)}"


def _shown(value: float, unit: str) -> str:
    if unit == "ratio":
        return f"{100.0 * value:.6g} %"
    if unit == "s":
        return format_quantity(Quantity(value, (("time", 1),)))
    return f"{value:.4g} {unit}" if unit not in ("count", "") else f"{value:.4g}"


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
