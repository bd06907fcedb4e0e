"""The capacity envelope: over which values of two axes a design holds its contract, and what breaks beyond.

The closed form judges every point of a grid. Then runs judge the points on both sides of the border, which moves where
they find it elsewhere, spread over all of it, until none is left on paper alone or the budget is spent.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from loadcase.blueprint.load import build
from loadcase.blueprint.model import Blueprint
from loadcase.core.errors import BlueprintError, UsageError
from loadcase.core.results import Verdict
from loadcase.estimate.cost import costs, total
from loadcase.estimate.estimate import estimate
from loadcase.estimate.load import loads
from loadcase.explore.axes import Axis, Setting, parse_axes
from loadcase.explore.work import told
from loadcase.growth.mitigation import at
from loadcase.growth.paper import first_line
from loadcase.growth.runs import WARMUP, Judge, Sample, answer, sample

LOAD = "load"
"""The axis that is no field of the blueprint: a factor on every arrival rate and on the users of closed loops."""
POINTS = (16, 12)
"""Points of a range that says nothing of their number, across and up."""
MOST = 10_000
"""Points that a map has at most."""
BUDGET_S = 600.0

Index = tuple[int, int]


@dataclass(frozen=True)
class Spot:
    """One point: what holds there, and what does not.

    `verdict` is that of runs where `ran`, else the closed form's. `guarantee` is what breaks or is undecided, with its
    `value` where runs measured it. `on_paper` is the guarantee that the closed form breaks. `dear`: nothing breaks but
    the bound on the cost, in USD per month. `refused` says why there is no such design; then it has no verdict.
    """

    verdict: Verdict | None
    guarantee: str = ""
    on_paper: str = ""
    value: float | None = None
    cost: float | None = None
    dear: bool = False
    ran: bool = False
    k: int = 1
    duration_s: float = 0.0
    refused: str = ""


@dataclass(frozen=True)
class Envelope:
    """The grid: `spots[j][i]` is at value i of the first axis and j of the second.

    `partial` says why points of the border were left on paper, if some were; `unrun` how many.
    """

    blueprint: str
    axes: tuple[Axis, Axis]
    spots: tuple[tuple[Spot, ...], ...]
    partial: str
    unrun: int
    wall_s: float


@dataclass(frozen=True)
class EnvelopeProgress:
    """Points run, points of the border that are still on paper, seconds spent."""

    ran: int
    left: int
    spent_s: float


def parse(texts: Sequence[str]) -> tuple[Axis, Axis]:
    """Two axes, written as those of a sweep; ranges have more points. Raises UsageError."""
    axes = parse_axes(texts)
    if len(axes) != 2:
        raise UsageError(
            f"an envelope has two axes, got {len(axes)}", hint="--envelope load=1..10 --envelope PATH=VALUES"
        )
    across, up = (_finer(axis, most) for axis, most in zip(axes, POINTS, strict=True))
    for axis in (across, up):
        if axis.path == LOAD and any(s.number is None or s.number <= 0 for s in axis.settings):
            raise UsageError("load takes factors above 0", hint="load=1..10, or load=1,2,5,10")
    count = len(across.settings) * len(up.settings)
    if count > MOST:
        raise UsageError(f"the map has {count:,} points, {MOST:,} are the most", hint="PATH=LOW..HIGH x12 has twelve")
    return across, up


def _finer(axis: Axis, most: int) -> Axis:
    """A range that says nothing of its points, with as many as a map wants; load factors need not be whole."""
    if axis.spread is None or not axis.free:
        return axis
    spread = replace(axis.spread, whole=axis.spread.whole and axis.path != LOAD)
    count = min(most, round(spread.high - spread.low) + 1) if spread.whole else most
    values = [spread.at(i / (count - 1)) for i in range(count)]
    return replace(axis, settings=tuple(dict.fromkeys(spread.setting(axis.path, value) for value in values)))


def envelope(
    blueprint: Blueprint,
    axes: tuple[Axis, Axis],
    *,
    judge: Judge | None = None,
    budget_s: float = BUDGET_S,
    threads: int | None = None,
    on_progress: Callable[[EnvelopeProgress], None] | None = None,
    stop: threading.Event | None = None,
) -> Envelope:
    """Maps the contract over two axes, under load alone: nothing fails and nothing gives way.

    `judge` runs a point: `api.grown` when none is given. With a budget of 0 all of it is told in closed form. Raises
    UsageError where no point has a valid design.
    """
    stop = stop or threading.Event()
    if judge is None:
        from loadcase import api

        judge = api.grown(threads, stop)
        if budget_s > 0:
            api.prepare()
    return _Map(blueprint, axes, judge, budget_s, on_progress, stop).drawn()


class _Map:
    def __init__(
        self,
        blueprint: Blueprint,
        axes: tuple[Axis, Axis],
        judge: Judge,
        budget_s: float,
        on_progress: Callable[[EnvelopeProgress], None] | None,
        stop: threading.Event,
    ) -> None:
        self.b = build(blueprint.data)  # without its text, which would be edited for every point
        self.axes = axes
        self.judge = judge
        self.started = time.perf_counter()
        self.deadline = self.started + budget_s
        self.on_progress = on_progress
        self.stop = stop
        self.known = estimate(blueprint, 1.0).metrics
        self.ran: set[Index] = set()
        self.tried: set[Index] = set()
        """Points that were run or cannot be."""

    def drawn(self) -> Envelope:
        """The closed form first, then the border in runs."""
        across, up = self.axes
        indices = [(i, j) for j in range(len(up.settings)) for i in range(len(across.settings))]
        self.spots = {one: Spot(None) for one in indices}
        for one in indices:
            if self.stop.is_set():
                break
            self.spots[one] = self.paper(one)
            self.show(0)
        refused = [s.refused for s in self.spots.values()]
        if all(refused):
            raise UsageError(f"no point has a valid design: {refused[0]}", hint="see the paths of the two axes")
        while True:
            border = [one for one in self.border() if one not in self.tried]
            if not border:
                break
            self.show(len(border))
            if self.spent():
                break
            self.run(max(border, key=self.apart))
        left = [one for one in self.border() if one not in self.ran]
        partial = ""
        if self.stop.is_set():
            partial = "interrupted"
        elif left:
            partial = "too much to be run" if self.tried.issuperset(left) else "the budget is spent"
        rows = tuple(tuple(self.spots[i, j] for i in range(len(across.settings))) for j in range(len(up.settings)))
        return Envelope(self.b.name, self.axes, rows, partial, len(left), time.perf_counter() - self.started)

    def spent(self) -> bool:
        """Whether nothing more should be run."""
        return self.stop.is_set() or time.perf_counter() >= self.deadline

    def show(self, left: int) -> None:
        """Tells how far it is."""
        if self.on_progress is not None:
            self.on_progress(EnvelopeProgress(len(self.ran), left, time.perf_counter() - self.started))

    # --- points ---------------------------------------------------------------------------------------------------
    def settings(self, one: Index) -> tuple[Setting, Setting]:
        """The values of a point."""
        return self.axes[0].settings[one[0]], self.axes[1].settings[one[1]]

    def design(self, one: Index) -> tuple[Blueprint, float]:
        """The design of a point and its load factor. Raises BlueprintError."""
        changes = {s.path: s.value for s in self.settings(one) if s.path != LOAD}
        factors = [s.number or 1.0 for s in self.settings(one) if s.path == LOAD]
        return self.b.changed(changes) if changes else self.b, factors[0] if factors else 1.0

    def paper(self, one: Index) -> Spot:
        """What the closed form says of a point."""
        try:
            design, load = self.design(one)
            metric = first_line(design, load, self.known)
        except BlueprintError as error:
            return Spot(None, refused=told(error))
        cost = total(costs(design, loads(design, load)))
        if metric:
            line = next((g.text for g in design.contract if g.metric == metric), f"{metric} < 100 %")
            return Spot("broken", line, line, cost=cost)
        return _priced(design, Spot("holds", cost=cost))

    def run(self, one: Index) -> None:
        """Runs a point; what comes of it replaces the closed form's word."""
        self.tried.add(one)
        design, load = self.design(one)
        sampled = sample(design, load)
        if sampled is None:
            return
        left = self.deadline - time.perf_counter()
        try:
            found = self.answered(design, load, sampled, left)
        except UsageError:  # there it has no such scale model
            return
        if found is None:
            return
        verdict, guarantee, value = found
        spot = replace(
            self.spots[one], verdict=verdict, guarantee=guarantee, value=value, dear=False, ran=True, k=sampled.k,
            duration_s=sampled.duration_s,
        )  # fmt: skip
        self.spots[one] = _priced(design, spot)
        self.ran.add(one)

    def answered(
        self, design: Blueprint, load: float, sampled: Sample, left: float
    ) -> tuple[Verdict, str, float | None] | None:
        """Verdict, guarantee and value of a point; None when time was up before it was decided."""
        length = sampled.duration_s
        result = self.judge(at(design, load, length, WARMUP * length), sampled.k, left)
        found = answer(design, load, result)
        if found is None or (found.verdict == "unknown" and self.spent()):
            return None
        outcome = found.outcome
        return found.verdict, "" if outcome is None else outcome.guarantee, None if outcome is None else outcome.value

    # --- the border -----------------------------------------------------------------------------------------------
    def border(self) -> Iterator[Index]:
        """Points beside one of another verdict; those that only cost too much count as if they held."""
        for one, spot in self.spots.items():
            here = _performs(spot)
            if here is not None and any(_performs(self.spots[n]) not in (None, here) for n in self.beside(one)):
                yield one

    def beside(self, one: Index) -> Iterable[Index]:
        """The points next to one, across and up."""
        i, j = one
        return [n for n in ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)) if n in self.spots]

    def apart(self, one: Index) -> tuple[int, int, int]:
        """How far a point is from all that were run: the farthest comes first, so that runs spread over the border."""
        nearest = min(((i - one[0]) ** 2 + (j - one[1]) ** 2 for i, j in self.tried), default=0)
        return nearest, -one[1], -one[0]


def _performs(spot: Spot) -> Verdict | None:
    return "holds" if spot.dear else spot.verdict


def _priced(design: Blueprint, spot: Spot) -> Spot:
    """A point at which all else holds, with its cost held against the contract."""
    line = next((g for g in design.contract if g.metric == "cost"), None)
    if spot.verdict == "holds" and line is not None and spot.cost is not None and not line.holds(spot.cost):
        return replace(spot, verdict="broken", guarantee=line.text, dear=True)
    return spot
