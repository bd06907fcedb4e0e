"""The story of a growing load: what breaks first and where, what mends it, what breaks next.

The closed form says where to look; runs bracket the load at which the first guarantee breaks to 5 %. Then the part that
is to blame, and what would be full next to it, get what `loadcase size` proposes for the next rung of the ladder, and
the search goes on from there.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from loadcase.blueprint.load import build
from loadcase.blueprint.model import Blueprint
from loadcase.core.errors import UsageError
from loadcase.core.results import Verdict
from loadcase.core.values import digits
from loadcase.estimate.cost import costs, total
from loadcase.estimate.estimate import estimate
from loadcase.estimate.load import loads
from loadcase.growth.mitigation import Mitigation, at, mitigation, sized_for
from loadcase.growth.paper import BRACKET, blamed, first_line, on_paper
from loadcase.growth.runs import WARMUP, Answer, Judge, Sample, answer, overtaken, sample
from loadcase.growth.search import Bracket, bracket

LADDER = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
BUDGET_S = 600.0
TOGETHER = 1.15
"""What would break up to this factor above a break is mended with it."""
STEPS = 40


@dataclass(frozen=True)
class Break:
    """The load factors between which the first guarantee breaks: it holds at `low`, and at `high` it is broken.

    `unmeasured` says why no run bracketed it; empty where runs did. `paper` is where the closed form expects it.
    `undecided` are loads in between at which the runs cannot tell. `k` and `duration_s` are the scale model and the
    simulated seconds of a run.

    `component` is the part to blame and `limited_by` what is full there; empty where nothing was found to blame.
    `mitigations` are what mends it, its own first, then those of parts that would break next to it. `lasts_to` is the
    load factor that the mended design bears: as runs have shown where `lasts_measured` (None where they have shown
    that it helps nothing), else at least and on paper.
    """

    low: float
    high: float
    paper: float
    guarantee: str
    value: float | None
    component: str
    limited_by: str
    evidence: str
    mitigations: tuple[Mitigation, ...] = ()
    lasts_to: float | None = None
    lasts_measured: bool = False
    unmeasured: str = ""
    undecided: tuple[float, ...] = ()
    k: int = 1
    duration_s: float = 0.0

    @property
    def edit(self) -> dict[str, object]:
        """All that is mended, as a variant writes it."""
        return {path: value for one in self.mitigations for path, value in one.edit.items()}

    @property
    def price(self) -> float:
        """USD per month more for all that is mended."""
        return math.fsum(one.price for one in self.mitigations)


@dataclass(frozen=True)
class Rung:
    """One load factor: what the design costs there with all that has been mended up to it, and how much was."""

    load: float
    breaks: int
    cost: float
    edit: dict[str, object]


@dataclass(frozen=True)
class Story:
    """All that breaks on the way. `ends` says why the story ends; `partial` why it ended early, if it did; `unjudged`
    which guarantees no run has judged; `behind` from which load factor on the hottest key of a log falls behind, which
    runs are too short to show."""

    blueprint: str
    to: float
    breaks: tuple[Break, ...]
    rungs: tuple[Rung, ...]
    ends: str
    partial: str
    unjudged: tuple[str, ...]
    behind: dict[str, float]
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


@dataclass(frozen=True)
class _Found:
    """Where the next break was looked for: what was found, what the highest load asked says, why no run was made."""

    bracket: Bracket
    last: Answer | None
    sample: Sample | None
    unmeasured: str = ""


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
        self.b = build(blueprint.data)  # without its text, which would be edited at every step
        self.to = to
        self.judge = judge
        self.started = time.perf_counter()
        self.deadline = self.started + budget_s
        self.on_progress = on_progress
        self.stop = stop
        self.breaks: list[Break] = []
        self.answers: dict[float, Answer] = {}
        """Of the design as it is by now."""
        self.unjudged: dict[str, None] = {}
        self.late = False
        """Whether something was told in closed form for want of time."""

    def tell(self) -> Story:
        """Break after break, to the end."""
        reached, edit = 1.0, dict[str, object]()
        states: list[tuple[float, Blueprint, dict[str, object]]] = [(1.0, self.b, {})]
        ends = f"mended {STEPS} times, it still breaks"
        for _ in range(STEPS):
            paper = on_paper(self.b, reached, self.to)
            found = self.found(reached, paper)
            if self.stop.is_set():
                ends = f"interrupted above {digits(reached)}x"
                break
            self.lasted(found)
            if found.bracket.high > self.to:
                ends = self.ending(found)
                break
            one = self.told(found, paper)
            if any(one.component == b.component and one.low < b.high for b in self.breaks):
                ends = f"more {one.component} does not help"
                break
            self.breaks.append(one)
            if not one.edit:
                ends = "no count and no limit of the blueprint mends this"
                break
            edit = {**edit, **one.edit}
            self.b = self.b.changed(one.edit)
            self.answers = {}
            reached = max(reached, one.low)
            states.append((one.low, self.b, dict(edit)))
        last = math.inf if ends.startswith("it bears") else reached
        partial = "interrupted" if self.stop.is_set() else "the budget is spent" if self.late else ""
        wall = time.perf_counter() - self.started
        return Story(
            self.b.name, self.to, tuple(self.breaks), tuple(self.rungs(states, last)), ends, partial,
            tuple(self.unjudged), self.behind(), wall,
        )  # fmt: skip

    def behind(self) -> dict[str, float]:
        """Logs whose hottest key falls behind on the way, with the load factor from which on."""
        ends = {c.name: c.saturates_at for c in estimate(self.b, self.to).components}
        return {log: max(1.0, ends[log] or 1.0) for log in overtaken(self.b, self.to).values()}

    def rungs(self, states: list[tuple[float, Blueprint, dict[str, object]]], last: float) -> list[Rung]:
        """The ladder up to the end, or to where the story ends, with what is mended by then."""
        rungs = []
        for load in [f for f in LADDER if f < self.to] + [self.to]:
            if load > last and load > 1.0:
                break
            done = [s for s in states if s[0] <= load] or states[:1]
            _, design, edit = done[-1]
            rungs.append(Rung(load, len(done) - 1, total(costs(design, loads(design, load))), edit))
        return rungs

    def ending(self, found: _Found) -> str:
        """Where nothing breaks any more."""
        bears = f"it bears {digits(self.to)} times the load"
        if found.unmeasured:
            return f"{bears}, on paper"
        if found.bracket.low >= self.to:
            return bears
        name = "" if found.last is None or found.last.outcome is None else f" of {found.last.outcome.guarantee}"
        return f"it bears {digits(found.bracket.low)} times the load; what becomes{name} above, runs cannot tell"

    # --- one break ------------------------------------------------------------------------------------------------
    def found(self, low: float, paper: float) -> _Found:
        """Between which loads something breaks above one that holds; the closed form's answer where nothing is run."""
        sampled = sample(self.b, min(paper, self.to))
        why = "too much to be run"
        if sampled is not None:
            found = bracket(low, self.to, paper, lambda load: self.asked(load, sampled))
            if found is not None:
                return _Found(
                    found, self.answers.get(found.high, self.answers.get(max(found.undecided, default=0.0))), sampled
                )
            why = "no time was left" if self.spent() else "its runs take too long, or hold too many calls"
        self.late = self.late or self.spent()
        return _Found(Bracket(max(low, paper / BRACKET), paper if paper <= self.to else math.inf), None, None, why)

    def spent(self) -> bool:
        """Whether nothing more should be run."""
        return self.stop.is_set() or time.perf_counter() >= self.deadline

    def asked(self, load: float, sampled: Sample) -> Verdict | None:
        """What runs at a load say; None when time is up, or there is no such scale model at this load."""
        left = self.deadline - time.perf_counter()
        if self.spent():
            return None
        if self.on_progress is not None:
            self.on_progress(StoryProgress(len(self.breaks), load, time.perf_counter() - self.started))
        length = sampled.duration_s
        try:
            result = self.judge(at(self.b, load, length, WARMUP * length), sampled.k, left)
        except UsageError:
            return None
        found = answer(self.b, load, result)
        if found is None or (found.verdict == "unknown" and self.spent()):
            return None
        self.answers[load] = found
        self.unjudged.update(dict.fromkeys(found.unjudged))
        return found.verdict

    def lasted(self, found: _Found) -> None:
        """What the runs of the mended design show of how far the last mitigation reaches."""
        if self.breaks and not found.unmeasured:
            held = found.bracket.low if found.bracket.low < found.bracket.high else None
            self.breaks[-1] = replace(self.breaks[-1], lasts_to=held, lasts_measured=True)

    def told(self, found: _Found, paper: float) -> Break:
        """A break with the part to blame, and what mends it."""
        low, high = found.bracket.low, found.bracket.high
        outcome = None if found.last is None else found.last.outcome
        metric = outcome.metric if outcome is not None else first_line(self.b, high)
        lines = {c.name: c for c in estimate(self.b, high).components}
        line = blamed(self.b, metric, lines)
        goal = next((f for f in LADDER if f > high * TOGETHER), high * 2)
        mended = [] if line is None else self.mended(metric, high, min(goal, max(self.to, high * TOGETHER)))
        one = Break(
            low, high, paper, metric if outcome is None else outcome.guarantee,
            None if outcome is None else outcome.value, "" if line is None else line.name,
            "" if line is None else line.limited_by, "closed form" if outcome is None else outcome.evidence,
            tuple(mended), None, False, found.unmeasured, found.bracket.undecided,
        )  # fmt: skip
        if found.sample is not None:
            one = replace(one, k=found.sample.k, duration_s=found.sample.duration_s)
        if one.edit:
            lasts = on_paper(self.b.changed(one.edit), low, max(goal, high)) / BRACKET
            one = replace(one, lasts_to=lasts)
        return one

    def mended(self, metric: str, high: float, goal: float) -> list[Mitigation]:
        """What mends a metric, and what would break up to `TOGETHER` above it, sized for a goal."""
        found: list[Mitigation] = []
        design, load, sized = self.b, high, sized_for(self.b, goal)
        while True:
            line = blamed(design, metric, {c.name: c for c in estimate(design, load).components})
            if line is None or line.name in {one.component for one in found}:
                return found
            one = mitigation(design, line.name, line.limited_by, metric, load, goal, sized)
            if one.edit or not found:
                found.append(one)
            if not one.edit:
                return found
            design = design.changed(one.edit)
            load = on_paper(design, high, high * TOGETHER)
            if load > high * TOGETHER:
                return found
            metric = first_line(design, load)
