"""Whether a load holds in runs: the scale model and the length of a run, and what its verdict comes to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from loadcase.blueprint.model import Blueprint
from loadcase.core.results import CheckResult, Outcome, Verdict
from loadcase.estimate.load import loads
from loadcase.growth.paper import first_line
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
        exact, calm_loads = closed_form(blueprint, calm), loads(blueprint, calm)
        for factor in reversed(FACTORS):
            if rate * LONGEST_S / factor < ENOUGH or not fits_into(blueprint, calm_loads, factor):
                continue
            if agrees(exact, closed_form_of_model(blueprint, calm, factor)):
                k = factor
                break
    if rate / k * SHORTEST_S > MOST:
        return None
    return Sample(k, round(max(SHORTEST_S, min(LONGEST_S, SIMULATED * k / rate)), 2))


def answer(blueprint: Blueprint, load: float, result: CheckResult) -> Answer:
    """What a judgement of the case `scale` says of its load.

    It holds where every guarantee that could be judged does, breaks where one is certainly broken, and is unknown where
    the runs cannot tell. A jam, with more calls under way than the engine holds, breaks where the closed form has one.
    """
    outcomes = [o for case in result.cases for o in case.guarantees]
    unjudged = tuple(o.guarantee for o in outcomes if o.verdict == "unknown" and (o.rough or o.value is None))
    broken = [o for o in outcomes if o.verdict == "broken"]
    if broken:
        return Answer("broken", min(broken, key=lambda o: 0.0 if o.margin is None else o.margin), unjudged)
    partial = [c.partial for c in result.cases if c.partial]
    if any("does not keep up" in why for why in partial) and first_line(blueprint, load):
        return Answer("broken", next(iter(outcomes), None), unjudged)
    doubtful = [o for o in outcomes if o.verdict == "unknown" and o.guarantee not in unjudged]
    if doubtful or partial:
        return Answer("unknown", next(iter(doubtful), None), unjudged)
    return Answer("holds", None, unjudged)
