"""Whether a load holds in runs: the scale model and the length of a run, and what its verdict comes to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from loadcase.blueprint.model import Blueprint
from loadcase.check.runner import MIN_SEEDS
from loadcase.core.results import CheckResult, Outcome, Verdict
from loadcase.estimate.estimate import estimate
from loadcase.estimate.load import loads
from loadcase.growth.paper import KEYS_IN_ORDER, first_line
from loadcase.scales import FACTORS, agrees, closed_form, closed_form_of_model, fits_into, scales

SIMULATED = 500_000
"""Requests that a run simulates: those of a scale model."""
MOST = 4 * SIMULATED
"""Requests that it simulates where even the shortest run has more."""
ENOUGH = 200_000
"""Requests that a scale model is left with at least."""
LONGEST_S, SHORTEST_S = 10.0, 0.5
WARMUP = 0.25
CALM = 0.7
"""Share of the load at which a scale model has to agree with the design: at the load that breaks it, the closed form
speaks of queues without end, in which no two designs agree."""


class Judge(Protocol):
    """How the case `scale` of a design is judged as a scale model 1:k within some wall seconds."""

    def __call__(self, blueprint: Blueprint, k: int, budget_s: float) -> CheckResult: ...


@dataclass(frozen=True)
class Sample:
    """How a load is run: `duration_s` simulated seconds of a scale model 1:k."""

    k: int
    duration_s: float


@dataclass(frozen=True)
class Answer:
    """What the runs of a load say: the verdict, the guarantee that is broken or undecided, and those that were not
    judged at all, because a scale model tells them roughly or nothing of them was observed."""

    verdict: Verdict
    outcome: Outcome | None
    unjudged: tuple[str, ...] = ()


def sample(blueprint: Blueprint, load: float) -> Sample | None:
    """How a design is run at a load; None where no run is small enough."""
    found = loads(blueprint, load)
    rate = math.fsum(found.flows.values())
    if rate <= 0:
        return Sample(1, LONGEST_S)
    k = 1
    if rate * SHORTEST_S > ENOUGH and scales(blueprint):
        calm = CALM * load
        jammed = tuple(f"{name}." for name in overtaken(blueprint, calm))
        exact, calm_loads = _without(jammed, closed_form(blueprint, calm)), loads(blueprint, calm)
        for factor in reversed(FACTORS):
            if rate * LONGEST_S / factor < ENOUGH or not fits_into(blueprint, calm_loads, factor):
                continue
            if agrees(exact, _without(jammed, closed_form_of_model(blueprint, calm, factor))):
                k = factor
                break
    if rate / k * SHORTEST_S > MOST:
        return None
    return Sample(k, round(max(SHORTEST_S, min(LONGEST_S, SIMULATED * k / rate)), 2))


def overtaken(blueprint: Blueprint, load: float) -> dict[str, str]:
    """Flows that fall behind with the hottest key of their log, and the log.

    A key is worked off in order, one message after the other, and its own queue grows by a few messages a second: runs
    of seconds do not show it, and a scale model, whose hottest key is another, does not either.
    """
    full = {
        c.name
        for c in estimate(blueprint, load).components
        if c.limited_by == KEYS_IN_ORDER and (c.bottleneck or 0.0) >= 1.0
    }
    sources = {n: f.consume.log for n, f in blueprint.flows.items() if f.consume is not None}
    return {name: log for name, log in sources.items() if log is not None and log in full}


def _without(prefixes: tuple[str, ...], metrics: dict[str, float]) -> dict[str, float]:
    return {n: v for n, v in metrics.items() if not n.startswith(prefixes)} if prefixes else metrics


def answer(blueprint: Blueprint, load: float, result: CheckResult) -> Answer | None:
    """What a judgement of the case `scale` says of its load.

    It holds where every guarantee that could be judged does, breaks where one is certainly broken, and is unknown where
    the runs cannot tell. More calls under way than the engine holds are a jam where the closed form has one, and else
    no answer: there may be as many at this load. Too few seeds in the time that there was are none either.
    """
    outcomes = [o for case in result.cases for o in case.guarantees]
    unjudged = tuple(o.guarantee for o in outcomes if o.verdict == "unknown" and (o.rough or o.value is None))
    broken = [o for o in outcomes if o.verdict == "broken"]
    if broken:
        return Answer("broken", min(broken, key=lambda o: 0.0 if o.margin is None else o.margin), unjudged)
    partial = [c.partial for c in result.cases if c.partial]
    if any("does not keep up" in why for why in partial):
        metric = first_line(blueprint, load)
        blocked = [o for o in outcomes if o.metric == metric] or outcomes
        return Answer("broken", next(iter(blocked), None)) if metric else None
    if any(len(case.seeds) < MIN_SEEDS for case in result.cases):
        return None
    doubtful = [o for o in outcomes if o.verdict == "unknown" and o.guarantee not in unjudged]
    if doubtful or partial:
        return Answer("unknown", next(iter(doubtful), None), unjudged)
    return Answer("holds", None, unjudged)
