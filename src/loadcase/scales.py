"""Which scale model a check may run: as small as the budget asks, and none that the closed form tells from the design.

A model of 1/k of the load on 1/k of the parts differs from the design where the number of parts matters by itself:
round robin smooths the stream of each replica, the most popular keys are on shards of their own. The closed form knows
these effects at once, for the design and for its model: a model is refused when a latency, a utilisation or
a hit ratio comes out differently, and numbers that decide little but differ (waits next to nothing, lag) are told
apart as rough.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from loadcase.blueprint.faults import site_of
from loadcase.blueprint.model import Blueprint
from loadcase.blueprint.steps import Call, walk
from loadcase.core.errors import UsageError
from loadcase.core.results import RunResult
from loadcase.engine.scale import EXTREMES, divides, extensive, parts_of, shrink, whole_components, whole_flows
from loadcase.estimate.load import Loads, loads
from loadcase.faults.base import Fault, NoTargetError, Site

FACTORS = (2, 4, 8, 16, 32, 64)
FEWEST_REQUESTS = 400_000
"""Requests that a scale model simulates at least: with fewer, more seeds would be needed for the same interval."""
IDLE = 0.1
"""Utilisation below which a component may stay whole in a scale model."""
AGREES = 0.02
"""Relative difference of the closed forms up to which the model stands for the design."""
HOTTER = 0.01
"""The same for the utilisation of the hottest part, in points: it matters when that part fills up."""
NEVER_WHOLE = ("cache", "cdn", "limiter", "log")
EVENTS_PER_VISIT = 3.0
"""Measured: 2.9 on the chat design, 3.0 on the URL shortener."""
EVENTS_PER_S = 2.5e6
"""Speed of the engine on one thread of a busy machine. A constant, so that every machine makes the same choice."""
ENTRIES_PER_S = 2.5e6
"""Speed at which caches are filled before the start."""
CORES = 2
"""Cores that the choice reckons with, whatever there are."""
SHARE = 0.5
"""Share of the budget that the first seeds of all cases may take."""


@dataclass(frozen=True)
class Scale:
    """A scale model 1:k, and the metrics that it tells within a factor of k only."""

    k: int = 1
    rough: frozenset[str] = frozenset()


def choose(
    blueprint: Blueprint,
    load: float,
    seconds: float,
    allowed_s: float,
    seeds: int,
    faults: Sequence[Fault] = (),
) -> Scale:
    """The largest model, the design itself first, whose seeds take no longer than `allowed_s` on one thread.

    `seconds` are simulated by each run. A model is only chosen when the faults do the same to it.
    When none is fast enough it is the smallest that the closed form vouches for.
    """
    found = loads(blueprint, load)
    visits = math.fsum(one.rate for one in found.components.values())
    entries = math.fsum(getattr(c, "keys", None) or 0 for c in blueprint.components.values())
    needed_s = seeds * visits * seconds * EVENTS_PER_VISIT / EVENTS_PER_S + entries / ENTRIES_PER_S
    if needed_s <= allowed_s or not scales(blueprint):
        return Scale()
    requests = math.fsum(found.flows.values()) * seconds
    fits = [
        k
        for k in FACTORS
        if requests / k >= FEWEST_REQUESTS
        and fits_into(blueprint, found, k)
        and not any(indivisible(blueprint, fault, k) for fault in faults)
    ]
    exact = closed_form(blueprint, load)
    fast = [k for k in fits if needed_s / k <= allowed_s]
    for k in [*fast, *(k for k in reversed(fits) if k not in fast)]:
        model = closed_form_of_model(blueprint, load, k)
        if agrees(exact, model):
            return Scale(k, differing(exact, model))
    return Scale()


def vouched(blueprint: Blueprint, load: float, k: int, faults: Sequence[Fault] = ()) -> Scale | None:
    """The model 1:k of a design, where it divides and the closed form does not tell it from the design; else None."""
    if k == 1:
        return Scale()
    if not scales(blueprint) or not fits_into(blueprint, loads(blueprint, load), k):
        return None
    if any(indivisible(blueprint, fault, k) for fault in faults):
        return None
    exact, model = closed_form(blueprint, load), closed_form_of_model(blueprint, load, k)
    return Scale(k, differing(exact, model)) if agrees(exact, model) else None


def scales(blueprint: Blueprint) -> bool:
    """Whether a design has scale models at all.

    Clients in a closed loop and traces do not divide; neither do a few hot keys, the window of a circuit breaker, what
    a control loop counts, or a guarantee about the longest or the fullest of many.
    """
    for flow in blueprint.flows.values():
        if flow.arrive is not None and (flow.arrive.users or flow.arrive.trace):
            return False
        calls = [step.options for step in walk(flow.steps) if isinstance(step, Call)]
        retries = [flow.arrive.retry if flow.arrive is not None else None, *(o.retry for o in calls)]
        if any(o.breaker is not None for o in calls) or any(r is not None and r.breaker is not None for r in retries):
            return False
    if any(space.law in ("hot", "weights") for space in blueprint.keys.values()) or looped(blueprint):
        return False
    return not any(is_extreme(g.metric) for g in blueprint.contract)


def looped(blueprint: Blueprint) -> str:
    """What of a design follows a control loop that counts requests or replicas; empty for nothing."""
    for name, component in blueprint.components.items():
        if getattr(component, "autoscale", None) is not None:
            return f"{name} has autoscale"
    for name, flow in blueprint.flows.items():
        if any(isinstance(step, Call) and step.skip is not None for step in walk(flow.steps)):
            return f"{name} skips steps"
    return ""


def fits_into(blueprint: Blueprint, found: Loads, k: int) -> bool:
    """Whether every component divides by k, or is so idle that it may stay whole."""
    return all(divides(c, k) or _idle(c, found.components[n].busy) for n, c in blueprint.components.items())


def indivisible(blueprint: Blueprint, fault: Fault, k: int) -> str:
    """Why a fault does not do the same to the model 1:k; empty when it does.

    It must be of a sort that divides, and strike the same share of the replicas of each component: of a component that
    stays whole under a load that does not, all of them.
    """
    if not fault.divides:
        return "it does not grow with the design, as one key does not"
    whole, model = site_of(blueprint), site_of(shrink(blueprint, k))
    struck, fewer = _struck(whole, fault), _struck(model, fault)
    alone = whole_components(blueprint, k)
    for name in struck.keys() | fewer.keys():
        one, other = whole.parts[name], model.parts[name]
        if struck[name] * other.nodes != fewer[name] * one.nodes:
            return f"it strikes {struck[name]} of {one.nodes} replicas of {name}, and {fewer[name]} of {other.nodes}"
        if struck[name] < one.nodes == other.nodes and name not in alone:
            return f"{name} does not divide"
    return ""


def _struck(site: Site, fault: Fault) -> Counter[str]:
    """How many replicas of each component a fault strikes."""
    try:
        targets = {c.target for c in fault.changes(site) if c.target[0] in ("replica", "cache")}
    except NoTargetError:  # too few are left in the model
        return Counter()
    return Counter(name for name, _ in {(str(t[1]), t[2]) for t in targets})


def require(blueprint: Blueprint, load: float, k: int, faults: Sequence[Fault] = ()) -> None:
    """Refuses a scale model 1:k that would not be one.

    Raises UsageError when k is under 1, or names the component or flow that does not divide by it.
    """
    if not 1 <= k <= 10**6:
        raise UsageError(f"a scale model is 1:1 or smaller, got 1:{k}", hint="--scale takes a whole number from 1")
    if k == 1:
        return
    for name, flow in blueprint.flows.items():
        if flow.arrive is not None and (flow.arrive.users or flow.arrive.trace):
            raise UsageError(f"{name} has a closed loop or a trace, which a scale model does not divide")
    if looped(blueprint):
        raise UsageError(f"{looped(blueprint)}, which a scale model does not divide", hint="run it exactly")
    for fault in faults:
        why = indivisible(blueprint, fault, k)
        if why:
            raise UsageError(f"a fault of the case does not divide by {k}: {why}", hint="run it exactly")
    found = loads(blueprint, load)
    for name, component in blueprint.components.items():
        if not divides(component, k) and not _idle(component, found.components[name].busy):
            fields = " and ".join(f"{getattr(component, f)} {f}" for f in parts_of(component)) or "its shards"
            raise UsageError(
                f"{name} does not divide by {k}: {fields}", hint="each part of the model must be two or more of them"
            )


def _idle(component: Any, busy: float) -> bool:
    pool = component.pools()[0]
    if component.kind in NEVER_WHOLE:
        return False
    return bool(pool.workers == 0 or busy / (pool.stations * pool.workers) < IDLE)


def closed_form(blueprint: Blueprint, load: float) -> dict[str, float]:
    """The metrics of a design for which there is a formula."""
    from loadcase.estimate.estimate import estimate

    return estimate(blueprint, load).metrics


def closed_form_of_model(blueprint: Blueprint, load: float, k: int) -> dict[str, float]:
    """The same of its scale model, multiplied back."""
    whole = whole_flows(blueprint, k) | whole_components(blueprint, k)
    found = closed_form(shrink(blueprint, k), load)
    return {n: v * k if extensive(n) and n.split(".")[0] not in whole else v for n, v in found.items()}


def agrees(exact: dict[str, float], model: dict[str, float]) -> bool:
    """Whether all that decides comes out the same: latencies, utilisations, hit ratios, sheds."""
    return not any(_decides(n, exact, model) for n in differing(exact, model))


def differing(exact: dict[str, float], model: dict[str, float]) -> frozenset[str]:
    """Metrics by which the closed form tells a model from its design."""
    known = {n for n in exact.keys() | model.keys() if not n.endswith("availability") and n != "cost"}
    return frozenset(
        n for n in known if n not in exact or n not in model or abs(model[n] - exact[n]) > AGREES * abs(exact[n])
    )


def _decides(name: str, exact: dict[str, float], model: dict[str, float]) -> bool:
    metric = name.split(".", 1)[1]
    if metric == "hottest_shard" and name in exact and name in model:
        return abs(model[name] - exact[name]) > HOTTER
    return metric not in ("queue", "wait.mean", "lag")


def rough_metrics(blueprint: Blueprint, load: float, k: int) -> frozenset[str]:
    """Metrics that the model 1:k of a design does not tell within the tolerance."""
    return differing(closed_form(blueprint, load), closed_form_of_model(blueprint, load, k)) if k > 1 else frozenset()


def set_apart(result: RunResult, rough: frozenset[str]) -> RunResult:
    """The result of a scale model, with what it does not tell within the tolerance in `rough` alone."""
    found = {n: m for n, m in result.metrics.items() if not m.exact and _is_rough(n, rough)}
    metrics = {n: m for n, m in result.metrics.items() if n not in found}
    return replace(result, metrics=metrics, rough=dict(sorted({**result.rough, **found}.items())))


def _is_rough(name: str, rough: frozenset[str]) -> bool:
    return name in rough or (name.endswith(".waited") and f"{name.removesuffix('.waited')}.wait.mean" in rough)


def is_extreme(name: str) -> bool:
    """Whether a metric is the largest of many."""
    return name.split(".", 1)[-1] in EXTREMES
