"""Sizes for a design: the fewest replicas, shards and partitions that hold the contract in closed form.

Every component gets the smallest count at which its busiest part keeps a headroom at the peak; then, while a guarantee
that a closed form can judge is broken, the component whose growth helps most for its price grows; at last every count
is lowered until one fewer would cost the headroom or a guarantee. Copies of shards and of partitions are never changed:
they are about durability, which no load decides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

from loadcase.blueprint.model import Blueprint, Guarantee
from loadcase.core.values import show
from loadcase.estimate.availability import PER_INSTANCE
from loadcase.estimate.estimate import ComponentLine, EstimateReport, estimate, factor_of
from loadcase.kinds.base import Component
from loadcase.kinds.gateway import Gateway
from loadcase.kinds.limiter import Limiter
from loadcase.kinds.log import Log
from loadcase.kinds.search_index import SearchIndex
from loadcase.kinds.store import Store

HEADROOM = 0.3
"""Part of the busiest workers, shards and partitions that stays free at the peak when nobody says otherwise.

At 70 % a burst of 1.4 times the peak still fits, and a queue before one worker is 2.3 service times long; at 90 % it
is 9 (M/M/1).
"""
ROUNDS = 12
REPAIRS = 30
STEP = 1.15
WORTH = 0.01
"""Part of the way to its bound that a guarantee must come nearer by a step, or no size will bring it there."""
MOST = 100_000

Driver = Literal["headroom", "consumers", "connections", "guarantee", "floor", "idle", "no size helps"]


@dataclass(frozen=True)
class Change:
    """A proposed count: replicas, shards or partitions of one component, what drives it, and why in words."""

    component: str
    field: str
    before: int
    after: int
    utilisation_before: float | None
    utilisation_after: float | None
    cost_before: float
    cost_after: float
    driver: Driver
    reason: str


@dataclass(frozen=True)
class SizeReport:
    """What `size` proposes. `blueprint` is the design with the new counts, `overlay` the same as a variant's lines."""

    name: str
    case: str
    load: float
    headroom: float
    changes: list[Change]
    cost_before: float
    cost_after: float
    unmet: list[str]
    blueprint: Blueprint

    @property
    def overlay(self) -> dict[str, int]:
        """The counts that change, as a variant writes them."""
        return {f"components.{c.component}.{c.field}": c.after for c in self.changes if c.after != c.before}


def size(blueprint: Blueprint, headroom: float = HEADROOM, case: str | None = None) -> SizeReport:
    """Proposes counts for a case; for the peak by default: the highest load that relaxes nothing, or load factor 1.

    `headroom` is the share of the busiest part that stays free, from 0 up to but not 1. Raises UsageError for an
    unknown case.
    """
    if not 0.0 <= headroom < 1.0:
        raise ValueError(f"headroom is a share from 0 up to 1, got {headroom:g}")
    name, load = peak_of(blueprint) if case is None else (case, factor_of(blueprint, case))
    before = estimate(blueprint, load)
    sizer = _Sizer(blueprint, load, headroom)
    sizer.fit()
    sizer.repair()
    sizer.trim()
    after = sizer.report
    lines = {c.name: c for c in before.components}
    changes = []
    for line in after.components:
        field = count_field(blueprint.components[line.name])
        if field is None:
            continue
        old, new = (getattr(b.components[line.name], field) for b in (blueprint, sizer.b))
        was = lines[line.name]
        driver, because = sizer.reasons.get(line.name, ("idle", "nothing here depends on how many there are"))
        changes.append(
            Change(line.name, field, old, new, _busiest(was), _busiest(line), was.cost, line.cost, driver, because)
        )
    unmet = [*sizer.stuck, *(why for g in blueprint.contract if (why := _broken(g, after)) is not None)]
    return SizeReport(blueprint.name, name, load, headroom, changes, before.cost, after.cost, unmet, sizer.b)


def peak_of(blueprint: Blueprint) -> tuple[str, float]:
    """Name and load factor of the case that sizes are for."""
    full = {name: c.load for name, c in blueprint.cases.items() if not c.degrade}
    name = max(full, key=lambda n: full[n], default="")
    return (name, full[name]) if name else ("normal", 1.0)


def count_field(component: Component) -> str | None:
    """The field that counts what takes the load; None where the provider or a control loop sizes it."""
    if getattr(component, "autoscale", None) is not None:
        return None
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
        self.reasons: dict[str, tuple[Driver, str]] = {}
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

    def adopt(self, blueprint: Blueprint, report: EstimateReport | None = None) -> None:
        """Goes on from another design."""
        self.b, self.report = blueprint, report or estimate(blueprint, self.load)

    # --- by load --------------------------------------------------------------------------------------------------
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
            self.adopt(self.resized(counts))

    def wanted(self, line: ComponentLine, tried: dict[str, int]) -> int | None:
        """The smallest count that keeps the headroom, if it is another than now."""
        name, component = line.name, self.b.components[line.name]
        field = count_field(component)
        if field is None or isinstance(component, Limiter) or line.rate <= 0:
            return None
        consumes = self.consumed_by(name)
        used = line.utilisation if consumes else _busiest(line)  # a log's partitions decide how even its consumers are
        now = int(getattr(component, field))
        if used is None and not isinstance(component, Gateway):
            return None
        need, self.reasons[name] = self.least(name)
        if used is not None and used > 0:
            if not math.isfinite(used):
                self.unfit(name, f"{name} waits for what does not keep up")
                return None
            count = max(1, math.ceil(used * now / self.most - 1e-9))
            even = math.ceil((line.utilisation or used) * now / self.most - 1e-9)
            spread = used / line.utilisation if line.utilisation else 1.0
            if count > MOST or (count > now and spread > 3.0 and tried.get(name, 0) > 2):
                self.unfit(name, f"{name}: one key takes more than one {field[:-1]} can; more of them do not help")
                return None
            if count > need:
                uneven = f"; {even} if keys spread evenly" if even < count else ""
                need = count
                self.reasons[name] = ("headroom", f"at most {_percent(self.most)} used{uneven}")
        if isinstance(component, Log):
            need = self.for_consumers(name, need)
        tried[name] = tried.get(name, 0) + 1
        if need < now and tried[name] > 3:
            return None  # it has been lower, and that was too few
        return need if need != now else None

    def least(self, name: str) -> tuple[int, tuple[Driver, str]]:
        """The fewest that any load allows, and why: zones, a spare one, open connections."""
        component = self.b.components[name]
        floor = fewest(component)
        need = floor
        why: tuple[Driver, str] = ("idle", "one does")
        if floor > 1:
            areas = component.zones * component.regions
            why = ("floor", "one for each zone" if floor == areas > 1 else "two, so that one may fail")
        if isinstance(component, Gateway) and component.online is not None:
            share = self.bound(name)
            sockets = math.ceil(component.online / (component.connections * share))
            if sockets > need:
                text = f"{show(component.online, '')} connections at {show(component.connections, '')} each, "
                return sockets, ("connections", text + f"{_percent(share)} of them in use")
        return need, why

    def consumed_by(self, service: str) -> list[str]:
        """The logs whose partitions the replicas of a service share out among them."""
        found = [f.consume.log for f in self.b.flows.values() if f.consume is not None and f.consume.by == service]
        return [log for log in found if log is not None]

    def for_consumers(self, log: str, count: int) -> int:
        """Partitions at which no consumer owns so many that it loses the headroom which its service has on average."""
        lines = {c.name: c for c in self.report.components}
        for flow in self.b.flows.values():
            consume = flow.consume
            if consume is None or consume.log != log or consume.by is None:
                continue
            replicas = self.b.components[consume.by].replicas
            used = lines[consume.by].utilisation or 0.0
            if used > self.most or used <= 0:
                continue  # its own count comes first
            start = count
            while math.ceil(count / replicas) * replicas / count * used > self.most and count < MOST:
                count += 1
            if count > start:
                text = f"{consume.by} at most {_percent(self.most)} used: its {replicas} share them out"
                self.reasons[log] = ("consumers", text)
        return count

    def bound(self, gateway: str) -> float:
        """Most of the connections that may be used: the contract's share, or what the headroom leaves."""
        lines = [g.bound for g in self.b.contract if g.metric == f"{gateway}.connections"]
        return min([*lines, self.most]) if not lines else min(lines) * (1.0 - 1e-9)

    def unfit(self, name: str, why: str) -> None:
        """Notes what no count can mend."""
        if why not in self.stuck:
            self.stuck.append(why)
        self.reasons[name] = ("no size helps", why)

    # --- by contract ----------------------------------------------------------------------------------------------
    def repair(self) -> None:
        """Grows one component at a time while that brings a broken guarantee nearer."""
        hopeless: set[str] = set()
        helpful: dict[str, set[str]] = {}
        for _ in range(REPAIRS):
            broken = [g for g in self.b.contract if g.metric not in hopeless and _broken(g, self.report)]
            if not broken:
                return
            goal = broken[0]
            best: tuple[float, str, int, Blueprint, EstimateReport] | None = None
            tried = helpful.get(goal.metric, set(self.b.components))
            helpful[goal.metric] = set()
            for name, component in self.b.components.items():
                field = count_field(component)
                if field is None or goal.metric == "cost" or name not in tried:
                    continue
                count = max(int(getattr(component, field)) + 1, math.ceil(getattr(component, field) * STEP))
                if count > MOST:
                    continue
                other = self.resized({name: count})
                report = estimate(other, self.load)
                gain = _gap(goal, self.report) - _gap(goal, report)
                price = max(1.0, report.cost - self.report.cost)
                if gain > 0.0:
                    helpful[goal.metric].add(name)
                if gain > WORTH * _gap(goal, self.report) and (best is None or gain / price > best[0]):
                    best = (gain / price, name, count, other, report)
            if best is None:
                hopeless.add(goal.metric)
                continue
            _, name, _, blueprint, report = best
            self.adopt(blueprint, report)
            self.reasons[name] = ("guarantee", f"so that {goal.text}")

    # --- no more than that ------------------------------------------------------------------------------------------
    def trim(self) -> None:
        """Lowers every count until one fewer would cost the headroom or a guarantee."""
        broken = {g.metric for g in self.b.contract if _broken(g, self.report)}
        for _ in range(3):
            changed = False
            for name, component in self.b.components.items():
                field = count_field(component)
                if field is None or self.reasons.get(name, ("idle", ""))[0] not in DRIVEN:
                    continue
                least, why = self.least(name)
                count = int(getattr(component, field))
                low, next_one = least - 1, count - 1
                while next_one > low:  # one fewer first; where that will do, halfway to the least
                    other = self.resized({name: next_one})
                    report = estimate(other, self.load)
                    if self.held(report, broken):
                        self.adopt(other, report)
                        count, changed = next_one, True
                    else:
                        low = next_one
                    next_one = (low + count) // 2
                if count == least:
                    self.reasons[name] = why
            if not changed:
                return

    def held(self, report: EstimateReport, broken: set[str]) -> bool:
        """Whether no part loses its headroom and no further guarantee breaks."""
        limits = {c.name: max(self.most, _busiest(c) or 0.0) for c in self.report.components}
        if any((_busiest(c) or 0.0) > limits[c.name] + 1e-9 for c in report.components):
            return False
        return not any(_broken(g, report) for g in self.b.contract if g.metric not in broken)


DRIVEN: tuple[Driver, ...] = ("headroom", "consumers", "guarantee")
"""What a count of one fewer would break, beside what never changes."""


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
    assumed = ""
    if guarantee.metric.endswith(".availability"):
        assumed = f" (a replica that gives no availability is taken to be up {_percent(PER_INSTANCE)} of the time)"
    return f"{guarantee.text}: it would be {_shown(value, guarantee.unit)}{assumed}"


def _shown(value: float, unit: str) -> str:
    return show(value, "" if unit == "count" else unit)


def _percent(share: float) -> str:
    return f"{100.0 * share:.3g} %"
