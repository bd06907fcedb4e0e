"""Where the better choice changes: along a value that is varied, and where a decision says that it does.

A flip is found by bisection: between two values at which the better design differs, the one half way (by equal factors
where the range is logarithmic) is compared next, until both are within a tenth of each other, the runs do not tell, or
the budget is spent.
"""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from loadcase.blueprint.load import build, loads
from loadcase.blueprint.model import Blueprint
from loadcase.core.errors import LoadcaseError, UsageError, suggest
from loadcase.core.expressions import Estimate, evaluate, evaluate_all
from loadcase.core.quantity import Quantity, median, strip_counts
from loadcase.core.results import Verdict
from loadcase.core.unitformat import format_dims, format_quantity
from loadcase.engine.run import case_of
from loadcase.explore.axes import Axis, Range, Setting
from loadcase.explore.compare import Better, Comparison, Progress, compare
from loadcase.explore.work import told

WITHIN = 0.1
"""A flip is looked for until its bracket is no wider than this share of its value."""
AGREES = 1.25
"""A decision's own value agrees with the flip when it is at most this factor outside of the bracket."""
WIDEST = 2.0
"""Factor between the ends of a bracket up to which it tells that a decision agrees."""
FURTHER, TIMES = 3.0, 5
"""How far from what a decision says a flip is looked for: by this factor, so many times."""
MOST_SEEDS = 24
"""Seeds that one value takes before it counts as undecided."""
NARROWED = 3
"""Values that are compared on either side of an undecided one within a bracket."""
BUDGET_S = 300.0
_CLAIM = re.compile(r"\s*([A-Za-z_]\w*)\s*(<=|>=|<|>)\s*(\S.*?)\s*\Z")


@dataclass(frozen=True)
class At:
    """Which design is the better at one value."""

    setting: Setting
    comparison: Comparison

    @property
    def better(self) -> Better:
        """Which it is."""
        return self.comparison.better


@dataclass(frozen=True)
class Flip:
    """The better choice is `before` at `low` and `after` at `high`; it changes between them."""

    low: Setting
    high: Setting
    before: str
    after: str


@dataclass(frozen=True)
class Curve:
    """The better choice along a value, in the order of the values; `interrupted` by the user or for want of budget."""

    axis: Axis
    names: tuple[str, str]
    points: tuple[At, ...]
    flips: tuple[Flip, ...]
    wall_s: float
    interrupted: bool = False

    @property
    def decided(self) -> bool:
        """Whether what is undecided lies within the brackets of flips alone, where both designs are as good."""
        order = [p.setting for p in self.points]
        within = [(order.index(f.low), order.index(f.high)) for f in self.flips]
        open_ = [i for i, p in enumerate(self.points) if p.better == "unknown"]
        return not self.interrupted and all(any(low < i < high for low, high in within) for i in open_)


@dataclass(frozen=True)
class Claim:
    """What a decision says about when it flips: an estimate compared with a quantity."""

    text: str
    estimate: str
    comparison: str
    bound: Quantity

    @property
    def downwards(self) -> bool:
        """Whether the variant is said to be the better for small values."""
        return self.comparison.startswith("<")


@dataclass(frozen=True)
class Flipped:
    """A decision whose `flips_when` was tested.

    `verdict`: holds when the choice flips where the decision says, broken when it flips elsewhere or not at all,
    unknown when the runs do not tell, or when there is nothing to run (`tested` is false). Values are those of the
    estimate, in base units.
    """

    decision: str
    variant: str | None
    said: str | None
    verdict: Verdict
    why: str
    tested: bool = False
    estimate: str | None = None
    by: str | None = None
    """The estimate that was changed, on which the first depends; itself where it is a number."""
    unit: str = ""
    now: float | None = None
    bound: float | None = None
    low: float | None = None
    high: float | None = None
    points: tuple[tuple[float, Comparison], ...] = ()
    wall_s: float = 0.0
    interrupted: bool = False


class Search:
    """Compares the two designs at values of one thing, each value once."""

    def __init__(
        self,
        a: Blueprint,
        b: Blueprint,
        names: tuple[str, str],
        *,
        cases: Iterable[str] | None = None,
        choice_by: Iterable[str] = (),
        seeds: int | None = None,
        budget_s: float = BUDGET_S,
        threads: int | None = None,
        exact: bool = False,
        on_progress: Callable[[str, Progress], None] | None = None,
        stop: threading.Event | None = None,
        trace_folder: Path | None = None,
    ) -> None:
        self.a, self.b, self.names = plain(a), plain(b), names
        self.cases = None if cases is None else list(cases)
        self.choice_by = frozenset(choice_by)
        self.seeds = seeds
        self.threads = threads
        self.exact = exact
        self.on_progress = on_progress
        self.stop = stop or threading.Event()
        self.trace_folder = trace_folder
        self.started = time.perf_counter()
        self.deadline = self.started + budget_s

    @property
    def spent(self) -> bool:
        """Whether nothing more is compared."""
        return self.stop.is_set() or time.perf_counter() >= self.deadline

    def designs(self, changes: dict[str, Any], label: str) -> tuple[Blueprint, Blueprint]:
        """Both designs with a value. Raises UsageError where it breaks one."""
        found = []
        for design, name in zip((self.a, self.b), self.names, strict=True):
            try:
                found.append(design.changed(changes))
            except LoadcaseError as error:
                raise UsageError(f"{name} with {label}: {told(error, next(iter(changes)))}") from None
        return found[0], found[1]

    def at(self, changes: dict[str, Any], label: str) -> Comparison:
        """Which design is the better with a value."""
        a, b = self.designs(changes, label)

        def on_progress(progress: Progress) -> None:
            if self.on_progress is not None:
                self.on_progress(label, progress)

        return compare(
            a, b, self.names, cases=self.cases, seeds=self.seeds, most_seeds=MOST_SEEDS, choice_only=True,
            choice_by=self.choice_by, budget_s=max(0.0, self.deadline - time.perf_counter()), threads=self.threads,
            exact=self.exact, on_progress=on_progress, stop=self.stop, trace_folder=self.trace_folder,
        )  # fmt: skip


def plain(blueprint: Blueprint) -> Blueprint:
    """The design alone, as data: without what is about other designs, and without the text that it was read from."""
    return build({k: v for k, v in blueprint.data.items() if k not in ("variants", "decisions")})


def curve(search: Search, axis: Axis, within: float = WITHIN) -> Curve:
    """The better design at each value of the axis, and between those at which it changes.

    Raises UsageError for a value that breaks a design, before anything is run.
    """
    for setting in axis.settings:
        search.designs({setting.path: setting.value}, str(setting))
    points: list[At] = []
    for setting in axis.settings:
        if search.spent:
            break
        points.append(At(setting, search.at({setting.path: setting.value}, str(setting))))
    while not search.spent and (middle := _next(points, axis, within)) is not None:
        points.append(At(middle, search.at({middle.path: middle.value}, str(middle))))
        points.sort(key=lambda at: at.setting.number or 0.0)
    flips = tuple(_flips(points))
    spent = time.perf_counter() - search.started
    return Curve(axis, search.names, tuple(points), flips, spent, search.spent)


def _next(points: Sequence[At], axis: Axis, within: float) -> Setting | None:
    """The value to compare next: half way in a bracket; where that is undecided, half way between it and an end."""
    if axis.spread is None:
        return None
    known = [i for i, at in enumerate(points) if at.better != "unknown"]
    for low, high in pairwise(known):
        if points[low].better == points[high].better or high - low - 1 >= 2 * NARROWED:
            continue
        for one, other in ((low, low + 1), (high - 1, high)):
            middle = _middle(axis.spread, axis.path, points[one].setting, points[other].setting, within)
            if middle is not None:
                return middle
    return None


def _flips(points: Sequence[At]) -> list[Flip]:
    """Changes between values that are decided; what is undecided between them is in the bracket."""
    known = [p for p in points if p.better != "unknown"]
    return [
        Flip(one.setting, other.setting, one.comparison.chosen, other.comparison.chosen)
        for one, other in pairwise(known)
        if one.better != other.better
    ]


def _middle(spread: Range, path: str, low: Setting, high: Setting, within: float) -> Setting | None:
    """The value half way between two; None when they are near enough."""
    assert low.number is not None
    assert high.number is not None
    if spread.whole and high.number - low.number <= 1:
        return None
    if high.number - low.number <= within * max(abs(low.number), abs(high.number)):
        return None
    half = Range(low.number, high.number, spread.dims, spread.unit, spread.log, spread.whole).at(0.5)
    found = spread.setting(path, min(max(half, low.number + 1), high.number - 1) if spread.whole else half)
    return None if found.number in (low.number, high.number) else found


# --- decisions --------------------------------------------------------------------------------------------------------
def claim_of(text: str | None, estimates: dict[str, Estimate]) -> Claim | str:
    """What a decision's `flips_when` says, or why that is nothing that can be tested."""
    if text is None:
        return "it does not say when it flips"
    match = _CLAIM.match(text)
    if match is None:
        return "it flips by something that no estimate tells: to be tested, write for example `followers > 100k`"
    name, comparison, quantity = match.groups()
    if name not in estimates:
        return f"there is no estimate {name!r}" + (f"; {near}" if (near := suggest(name, estimates)) else "")
    try:
        bound = median(evaluate(quantity, {n: e.value for n, e in estimates.items()}))
    except LoadcaseError as error:
        return f"cannot read {quantity!r}: {error.message}"
    value = estimates[name].value
    if strip_counts(bound).dims != strip_counts(value).dims:
        return f"{name} is {format_quantity(median(value))}, which cannot be compared with {quantity}"
    return Claim(text, name, comparison, Quantity(bound.value, value.dims))


def mover(name: str, estimates: dict[str, Estimate]) -> str:
    """The number that an estimate is moved by: of those that its formula rests on, the one that most others do too.

    An estimate that is a number is moved by itself.
    """
    roots = [n for n in _rests_on(name, estimates) if not estimates[n].uses]
    followers = {root: sum(root in _rests_on(other, estimates) for other in estimates) for root in roots}
    return max(roots, key=lambda root: followers[root])


def _rests_on(name: str, estimates: dict[str, Estimate]) -> list[str]:
    """The estimate itself and all that its formula uses, however far, in the order of their first use."""
    found: list[str] = []
    left = [name]
    while left:
        one = left.pop(0)
        if one in estimates and one not in found:
            found.append(one)
            left += estimates[one].uses
    return found


def moved(name: str, by: str, target: float, estimates: dict[str, Estimate]) -> str | None:
    """What `by` has to be, as text with its unit, for an estimate to have a value; None when nothing makes it so."""
    formulas: dict[str, str | float] = {n: e.formula for n, e in estimates.items()}
    start = median(estimates[by].value)
    unit = format_dims(start.dims)

    def spelled(value: float) -> str:
        return f"{value:.12g} {unit}".strip()

    def value_of(number: float) -> float:
        found: dict[str, Estimate] = evaluate_all({**formulas, by: spelled(number)})
        return median(found[name].value).value

    if name == by:
        return spelled(target)
    now = value_of(start.value)
    if start.value > 0 and now > 0 and target > 0:
        straight = start.value * target / now
        if math.isclose(value_of(straight), target, rel_tol=1e-6):
            return spelled(straight)
        low, high = start.value * 1e-4, start.value * 1e4
        rising = value_of(high) > value_of(low)
        for _ in range(60):
            half = math.sqrt(low * high)
            low, high = (half, high) if (value_of(half) < target) == rising else (low, half)
        if math.isclose(value_of(low), target, rel_tol=1e-3):
            return spelled(low)
    return None


def variant_of(blueprint: Blueprint, name: str) -> Blueprint:
    """The design with one of its variants; what is wrong with it is told with its line where there is a file."""
    if blueprint.document is not None and blueprint.variant is None:
        return loads(blueprint.dump(), blueprint.document.file, name)
    return build(blueprint.data, name)


def plain_cases(blueprint: Blueprint) -> list[str] | None:
    """The cases in which nothing goes wrong and nothing gives; None, which is all of them, where there is none such."""
    found = [n for n, c in blueprint.cases.items() if not c.faults and not c.degrade]
    return found or None


def decision(
    blueprint: Blueprint, name: str, *, by: str | None = None, within: float = WITHIN, **options: Any
) -> Flipped:
    """Where the choice of a decision flips to its variant, and whether that is where the decision says.

    The estimate that `flips_when` names is moved to what the decision says, and from there both ways; where it is a
    formula, `by` is the number that is changed for that, or else the one that most estimates rest on. `options` are
    those of `Search`. Where none are given, the cases are those in which the decision is shown, or else those without
    faults and without relaxed bounds; and the choice rests on what the variant is said to break, if anything.

    Raises UsageError for an unknown decision or estimate.
    """
    found = blueprint.decisions.get(name)
    if found is None:
        hint = suggest(name, blueprint.decisions) or f"decisions: {', '.join(blueprint.decisions) or 'none'}"
        raise UsageError(f"there is no decision {name!r}", hint=hint)
    claim = claim_of(found.flips_when, blueprint.estimates)
    if found.variant is None:
        claim = "it names no variant that could be run"
    if isinstance(claim, str) or found.variant is None:
        return Flipped(name, found.variant, found.flips_when, "unknown", str(claim))
    if by is not None and by not in _rests_on(claim.estimate, blueprint.estimates):
        raise UsageError(
            f"{claim.estimate} does not rest on {by!r}",
            hint=f"it rests on {', '.join(_rests_on(claim.estimate, blueprint.estimates))}",
        )
    other = variant_of(blueprint, found.variant)
    if options.get("cases") is None:
        options["cases"] = found.shown_in or plain_cases(blueprint)
    options.setdefault("choice_by", found.breaks)
    for case in options["cases"] or ():
        case_of(blueprint, case)
        case_of(other, case)
    own = blueprint.name if blueprint.name != found.variant else f"{blueprint.name} as it is"
    search = Search(blueprint, other, (own, found.variant), **options)
    return _Decided(blueprint, name, claim, by or mover(claim.estimate, blueprint.estimates), search).found(within)


class _Decided:
    """The search for the flip of one decision, over values of its estimate."""

    def __init__(self, blueprint: Blueprint, name: str, claim: Claim, by: str, search: Search) -> None:
        self.blueprint = blueprint
        self.name = name
        self.claim = claim
        self.by = by
        self.search = search
        self.now = median(blueprint.estimates[claim.estimate].value).value
        self.known: dict[float, Comparison] = {}
        self.refused = ""
        """Why nothing is known at a value that was tried; empty where all are decided."""

    def at(self, value: float) -> None:
        """Compares at a value of the estimate."""
        if value not in self.known:
            text = moved(self.claim.estimate, self.by, value, self.blueprint.estimates)
            if text is None:
                self.refused = f"{self.by} does not bring {self.claim.estimate} to {self.shown(value)}"
                return
            if self.search.spent:
                self.refused = "the budget is spent"
                return
            label = f"{self.claim.estimate} {self.shown(value)}"
            try:
                self.known[value] = self.search.at({f"estimates.{self.by}": text}, label)
            except UsageError as error:
                self.refused = error.message
                return
        if self.known[value].better == "unknown":
            self.refused = f"at {self.shown(value)} {self.known[value].why}"

    def shown(self, value: float) -> str:
        return format_quantity(Quantity(value, self.claim.bound.dims))

    def found(self, within: float) -> Flipped:
        """The bracket of the flip, and what follows from it."""
        self.look()
        bracket = self.bracket()
        while bracket is not None and not self.search.spent:
            value = self.next(*bracket, within)
            if value is None:
                break
            self.at(value)
            if value not in self.known:  # it is refused, and would be again
                break
            bracket = self.bracket()
        return self.told(bracket)

    def look(self) -> None:
        """Compares where the decision says that it flips, and further on from there, until both have been the better.

        First towards where the other one should be the better, by equal factors.
        """
        bound = self.claim.bound.value
        if bound <= 0 or self.now <= 0:
            self.refused = "values from 0 down are not looked for"
            return
        inwards = 1 / FURTHER if self.claim.downwards else FURTHER
        further = [bound * inwards**i for i in range(1, TIMES + 1)]
        outwards = [bound / inwards**i for i in range(1, TIMES + 1)]
        self.at(bound)
        for value in [*outwards, *further] if self.wins(bound) else [*further, *outwards]:
            if self.bracket() is not None or self.search.spent:
                return
            self.at(value)

    def wins(self, value: float) -> bool | None:
        """Whether the variant is the better at a value that was compared, or as good: then the choice buys nothing.

        None while that is not known.
        """
        comparison = self.known.get(value)
        return None if comparison is None or comparison.better == "unknown" else comparison.better in ("b", "same")

    def bracket(self) -> tuple[float, float] | None:
        """The values next to each other, of those decided, between which the choice changes; None if it does not.

        Of several the pair that is nearest to what the decision says.
        """
        known = sorted(value for value in self.known if self.wins(value) is not None)
        pairs = [(one, other) for one, other in pairwise(known) if self.wins(one) != self.wins(other)]
        bound = self.claim.bound.value
        return min(pairs, key=lambda p: abs(math.log(math.sqrt(p[0] * p[1]) / bound)), default=None)

    def next(self, low: float, high: float, within: float) -> float | None:
        """Where to compare next within a bracket; None when it is narrow enough, as far as the runs tell.

        Half way; where that is undecided, half way between it and each end.
        """
        inside = sorted(value for value in self.known if low < value < high)  # all of them undecided
        borders = [low, *inside, high] if len(inside) < 2 * NARROWED else [low, high]
        if len(borders) == 2 and inside:
            return None
        ends = [(borders[0], borders[1]), (borders[-2], borders[-1])]
        one, other = max(ends, key=lambda e: e[1] / e[0])
        return math.sqrt(one * other) if other / one > 1 + within else None

    def told(self, bracket: tuple[float, float] | None) -> Flipped:
        """The result, in words too."""
        claim, bound = self.claim, self.claim.bound.value
        verdict: Verdict
        reached = sorted(self.known)
        if bracket is None:
            told = [value for value in reached if self.wins(value) is not None]
            verdict = "unknown" if self.refused or not told else "broken"
            tried = f"from {self.shown(told[0])} to {self.shown(told[-1])}" if told else "anywhere"
            why = (
                f"it is not known: {self.refused}"
                if self.refused
                else f"it does not flip {tried}; it says {claim.text}"
            )
        else:
            low, high = bracket
            verdict = "broken"
            if low / AGREES <= bound <= high * AGREES:  # a wide bracket does not tell where in it the flip is
                verdict = "holds" if high / low <= WIDEST else "unknown"
            below = self.wins(low) is True
            if below != claim.downwards:
                verdict = "broken"
            way = "below" if below else "above"
            better = "the better" if self.known[low if below else high].better == "b" else "as good and no dearer"
            undecided = any(low < value < high for value in reached)
            more = "; between these the runs do not tell" if undecided else ""
            more = "; the budget allowed no nearer" if self.search.spent else more
            why = (
                f"{self.search.names[1]} is {better} {way} {claim.estimate} {self.shown(math.sqrt(low * high))} "
                f"({self.shown(low)} to {self.shown(high)}); it says {claim.text}{more}"
            )
        points = tuple((value, self.known[value]) for value in reached)
        found = bracket or (None, None)
        return Flipped(
            self.name, self.search.names[1], claim.text, verdict, why, True, claim.estimate, self.by,
            format_dims(claim.bound.dims), self.now, bound, found[0], found[1], points,
            time.perf_counter() - self.search.started, self.search.stop.is_set(),
        )  # fmt: skip
