"""The story of a growing load: what breaks first and where, what mends it, what breaks next.

The closed form says where to look; runs bracket the load at which the first guarantee breaks to 5 %. Then the part that
is to blame gets what `loadcase size` proposes for the next rung of the ladder, and the search goes on from there.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from loadcase.blueprint.model import Blueprint
from loadcase.blueprint.steps import Call, walk
from loadcase.core.errors import UsageError
from loadcase.core.results import CheckResult, Outcome
from loadcase.core.values import digits
from loadcase.estimate.cost import costs, total
from loadcase.estimate.estimate import ComponentLine, estimate
from loadcase.estimate.load import loads
from loadcase.growth.mitigation import Mitigation, at, mitigation
from loadcase.scales import FACTORS, agrees, closed_form, closed_form_of_model, fits_into, scales

LADDER = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
BRACKET = 1.05
BUDGET_S = 600.0
FULL = 0.98
"""How full a part may be before the closed form expects that something breaks."""
SIMULATED = 500_000
"""Requests that a run simulates at most: those of a scale model."""
ENOUGH = 200_000
"""Requests that a scale model is left with at least."""
LONGEST_S, SHORTEST_S = 10.0, 0.5
WARMUP = 0.25
CALM = 0.7
"""Share of the load that breaks it at which a scale model has to agree with the design."""
STEPS = 40
TRIES = 24


class Judge(Protocol):
    """How the case `scale` of a design is judged as a scale model 1:k within some wall seconds."""

    def __call__(self, blueprint: Blueprint, k: int, budget_s: float) -> CheckResult: ...


@dataclass(frozen=True)
class Break:
    """The load factor between `low` and `high` at which the first guarantee breaks, and why.

    `measured` says whether runs bracketed it; else it is the closed form's. `duration_s` are the seconds of a run, `k`
    its scale model. `mitigation` is None where nothing was found to blame.
    """

    low: float
    high: float
    paper: float
    measured: bool
    guarantee: str
    value: float | None
    component: str
    limited_by: str
    evidence: str
    mitigation: Mitigation | None
    lasts_to: float | None
    """Load factor that the mitigated design bears at least, as its closed form says."""
    k: int = 1
    duration_s: float = 0.0


@dataclass(frozen=True)
class Rung:
    """One load factor: what the design costs there with all that has been mended up to it, and how much was."""

    load: float
    breaks: int
    cost: float
    edit: dict[str, object]


@dataclass(frozen=True)
class Story:
    """All that breaks on the way. `ends` says why the story ends; `partial` why it ended early, if it did."""

    blueprint: str
    to: float
    breaks: tuple[Break, ...]
    rungs: tuple[Rung, ...]
    ends: str
    partial: str
    wall_s: float


@dataclass(frozen=True)
class StoryProgress:
    """Breaks found, the load factor that is tried, seconds spent."""

    breaks: int
    load: float
    spent_s: float


def grow(
    blueprint: Blueprint,
    to: float,
    judge: Judge,
    *,
    budget_s: float = BUDGET_S,
    on_progress: Callable[[StoryProgress], None] | None = None,
    stop: threading.Event | None = None,
) -> Story:
    """The story up to a load factor above 1. What the budget leaves no time for is told in closed form, and says so."""
    return _Growth(blueprint, to, judge, budget_s, on_progress, stop or threading.Event()).tell()


class _Growth:
    def __init__(
        self,
        blueprint: Blueprint,
        to: float,
        judge: Judge,
        budget_s: float,
        on_progress: Callable[[StoryProgress], None] | None,
        stop: threading.Event,
    ) -> None:
        self.b = blueprint
        self.to = to
        self.judge = judge
        self.started = time.perf_counter()
        self.deadline = self.started + budget_s
        self.on_progress = on_progress
        self.stop = stop
        self.breaks: list[Break] = []
        self.edit: dict[str, object] = {}
        self.skipped = False
        """Whether something was told in closed form for want of time."""

    def tell(self) -> Story:
        """Break after break, to the end."""
        reached, ends = 1.0, f"it bears {digits(self.to)} times the load"
        states: list[tuple[float, Blueprint, dict[str, object]]] = [(1.0, self.b, {})]
        for _ in range(STEPS):
            if self.stop.is_set():
                ends = "interrupted"
                break
            found = self.first(reached)
            if found is None:
                break
            self.breaks.append(found)
            if found.mitigation is None or not found.mitigation.edit:
                ends = "no count and no limit of the blueprint mends this"
                break
            self.edit = {**self.edit, **found.mitigation.edit}
            self.b = self.b.changed(found.mitigation.edit)
            reached = max(reached, found.low)
            states.append((found.low, self.b, dict(self.edit)))
        else:
            ends = f"after {STEPS} mitigations"
        rungs = []
        last = self.breaks[-1].low if self.breaks and ends.startswith("no count") else math.inf
        for load in [f for f in LADDER if f < self.to] + [self.to]:
            if load > last and load > 1.0:
                break
            done = [s for s in states if s[0] <= load] or states[:1]
            _, design, edit = done[-1]
            cost = total(costs(design, loads(design, load)))
            rungs.append(Rung(load, len(done) - 1, cost, edit))
        partial = "interrupted" if self.stop.is_set() else ""
        if not partial and self.skipped:
            partial = "the budget is spent: what is marked so is the closed form's"
        wall = time.perf_counter() - self.started
        return Story(self.b.name, self.to, tuple(self.breaks), tuple(rungs), ends, partial, wall)

    # --- one break ------------------------------------------------------------------------------------------------
    def first(self, low: float) -> Break | None:
        """What breaks first above a load factor; None where nothing does up to the end."""
        paper = on_paper(self.b, low, self.to)
        guess = min(paper, self.to)
        k, seconds = model(self.b, guess)
        outcome: Outcome | None = None
        measured = k > 0
        high = paper
        if k:
            bracket = self.bracket(low, guess, k, seconds)
            if bracket is None:
                measured = False
            else:
                low, high, outcome = bracket
        if not measured:
            self.skipped = True
            low, high = max(low, paper / BRACKET), paper
        if high > self.to or (measured and outcome is None):
            return None
        return self.told(low, high, paper, outcome, k, seconds)

    def bracket(self, low: float, guess: float, k: int, seconds: float) -> tuple[float, float, Outcome | None] | None:
        """Loads that hold and break, 5 % apart, and what breaks; None where time is up. High is above the end where
        nothing breaks before it."""
        high, broken = math.inf, None
        step = math.sqrt(BRACKET)
        climb = BRACKET
        load = min(max(low, guess / step), self.to)
        known_low = low
        for _ in range(TRIES):
            answer = self.holds(load, k, seconds)
            if answer is None:
                return None
            if isinstance(answer, bool):
                known_low = load
                if load >= self.to:
                    return load, math.inf, None
                load, climb = (
                    (min(self.to, load * climb), climb**1.5) if math.isinf(high) else (math.sqrt(load * high), climb)
                )
            else:
                high, broken = load, answer
                if load <= known_low:  # it breaks where the last one had held
                    return load, load, broken
                step *= BRACKET
                load = max(known_low, load / step) if known_low <= low else math.sqrt(known_low * load)
            if high / known_low <= BRACKET * (1 + 1e-9):
                return known_low, high, broken
        return (known_low, high, broken) if broken is not None else None

    def holds(self, load: float, k: int, seconds: float) -> Outcome | bool | None:
        """True where the guarantees hold, what is broken or in doubt otherwise; None when time is up.

        What a scale model does not tell at this load is left to the loads below, at which it does.
        """
        left = self.deadline - time.perf_counter()
        if self.stop.is_set() or left <= 0:
            return None
        if self.on_progress is not None:
            self.on_progress(StoryProgress(len(self.breaks), load, time.perf_counter() - self.started))
        try:
            result = self.judge(at(self.b, load, seconds, WARMUP * seconds), k, left)
        except UsageError:  # at this load it has no such scale model
            return None
        outcomes = [o for case in result.cases for o in case.guarantees]
        broken = [o for o in outcomes if o.verdict == "broken"]
        if broken:
            return min(broken, key=lambda o: 0.0 if o.margin is None else o.margin)
        doubtful = [o for o in outcomes if o.verdict == "unknown" and not o.rough and o.value is not None]
        jammed = [c.partial for c in result.cases if c.partial and "does not keep up" in c.partial]
        if self.stop.is_set() or (time.perf_counter() >= self.deadline and len(doubtful) > 0):
            return None
        if doubtful:  # so near to the bound that runs cannot tell: not to be relied upon
            return doubtful[0]
        if jammed and outcomes:  # more calls under way than the engine holds: a jam only where paper has one
            return outcomes[0] if first_line(self.b, load) else None
        return True

    def told(self, low: float, high: float, paper: float, outcome: Outcome | None, k: int, seconds: float) -> Break:
        """A break with the part to blame, and what mends it."""
        lines = {c.name: c for c in estimate(self.b, high).components}
        metric = outcome.metric if outcome is not None else first_line(self.b, high)
        line = blamed(self.b, metric, lines)
        goal = next((f for f in LADDER if f > high * 1.1), high * 2)
        goal = min(goal, max(self.to, high * 1.1))
        mended = None if line is None else mitigation(self.b, line.name, line.limited_by, metric, high, goal)
        lasts = None
        if mended is not None and mended.edit:
            lasts = on_paper(self.b.changed(mended.edit), low, max(goal, high)) / BRACKET
        text = outcome.guarantee if outcome is not None else metric
        value = None if outcome is None else outcome.value
        return Break(
            low, high, paper, outcome is not None, text, value, "" if line is None else line.name,
            "" if line is None else line.limited_by, "closed form" if outcome is None else outcome.evidence,
            mended, lasts, k, seconds,
        )  # fmt: skip


# --- closed form ------------------------------------------------------------------------------------------------------
def on_paper(blueprint: Blueprint, low: float, high: float) -> float:
    """The lowest load factor between two at which the closed form breaks something; above `high` where it does not."""
    if first_line(blueprint, low):
        return low
    if not first_line(blueprint, high):
        return high * BRACKET
    while high / low > 1.005:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if first_line(blueprint, middle) else (middle, high)
    return high


def first_line(blueprint: Blueprint, load: float) -> str:
    """A metric of the contract that the closed form breaks at a load, and not at 1; else the utilisation of a part
    that is full; empty for nothing."""
    here, start = estimate(blueprint, load), estimate(blueprint, 1.0).metrics
    for line in blueprint.contract:
        value, was = here.metrics.get(line.metric), start.get(line.metric)
        if (
            line.metric != "cost"
            and value is not None
            and was is not None
            and line.holds(was)
            and not line.holds(value)
        ):
            return line.metric
    full = [c for c in here.components if (c.bottleneck or 0.0) > FULL and c.limited_by != "keys in order"]
    worst = max(full, key=lambda c: c.bottleneck or 0.0, default=None)
    return "" if worst is None else f"{worst.name}.utilisation"


def blamed(blueprint: Blueprint, metric: str, lines: dict[str, ComponentLine]) -> ComponentLine | None:
    """The part to blame for a metric: itself, or what is full first on the way of its flow; of a log's lag also who
    consumes it. A part that is busy with waiting for another is not to blame."""
    target = metric.partition(".")[0]
    names: set[str] = set()
    for name, flow in blueprint.flows.items():
        consume = flow.consume
        source = None if consume is None else consume.log or consume.queue or consume.topic
        if name == target or (source == target and metric.split(".")[1] in ("lag", "catch_up", "queue")):
            names |= {s.component for s in walk(flow.steps) if isinstance(s, Call)}
            names |= {n for n in (source, None if consume is None else consume.by) if n}
    if target in lines and not names:
        names = {target}
    if not names:
        names = set(lines)  # an entity: whatever is full
    known = [lines[n] for n in sorted(names) if lines[n].saturates_at is not None]
    return min(known, key=lambda c: c.saturates_at or math.inf, default=None)


def model(blueprint: Blueprint, load: float) -> tuple[int, float]:
    """The scale model 1:k and the seconds that a run at a load takes; 0 where the load is too high to be run."""
    found = loads(blueprint, load)
    rate = math.fsum(found.flows.values())
    if rate <= 0:
        return 1, LONGEST_S
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
    seconds = min(LONGEST_S, SIMULATED * k / rate)
    return (k, max(SHORTEST_S, round(seconds, 2))) if seconds >= SHORTEST_S / 2 else (0, 0.0)
