"""What is known of a candidate's blueprint: what loads of it, what is wrong on paper, what its runs show.

Everything is kept by the text, raises nothing for whatever a text says, and gives the same for the same text and seed
on every machine: what bounds a run is simulated time and events.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar, cast

from loadcase import api
from loadcase.blueprint.model import Blueprint
from loadcase.core.errors import LoadcaseError, Path, Problem, UsageError
from loadcase.core.results import CaseVerdict, CheckResult, Outcome, Verdict, worst
from loadcase.core.values import show
from loadcase.deep.ablation import AblationProgress, ablate
from loadcase.engine.run import Warmed
from loadcase.estimate.estimate import EstimateReport
from loadcase.practice.effects import effect
from loadcase.practice.running import Plan, TooMuchError, events_of, judged, plan, reckoned, run_all
from loadcase.practice.throwing import CALM, THROWN, Throw, aimed, has_a_place, watching
from loadcase.practice.wiring import wired
from loadcase.review.reviewing import Finding
from loadcase.systems import system
from loadcase.systems.facts import Curveball, Facts

Result = Literal["holds", "broken", "undecided", "refused", "not_run"]
T = TypeVar("T")
KEPT = 64
"""Results that are kept, the latest used."""
SEEDS = 3
PAIRS = 2
"""Seeds of a check, and of a curveball, each of which is run without it and with it."""
SHORT_S = 6.0
"""Simulated time below which a curveball gets one seed, and more time."""
THROW_SHARE = 0.4
"""Of the budget, for one curveball."""
MOST_CUTS = 24
TOLD = 2
"""Undecided guarantees that are named."""
NOT_RUN = "designs are not run here"
_RESULTS: dict[Verdict, Result] = {"holds": "holds", "broken": "broken", "unknown": "undecided"}


@dataclass(frozen=True)
class Look:
    """A blueprint on paper, as far as it is wired."""

    blueprint: Blueprint | None
    """The part of it that loads; None when nothing does."""
    problems: tuple[Problem, ...] = ()
    """What is wrong or not wired yet, told plainly."""
    left_out: tuple[str, ...] = ()
    """What was left out to make the rest load, each with the reason."""
    findings: tuple[Finding, ...] = ()
    report: EstimateReport | None = None
    """The closed form; None where it cannot be computed."""


@dataclass(frozen=True)
class Line:
    """One guarantee in one case: what came of it, the value in words, and why."""

    case: str
    guarantee: str
    metric: str
    outcome: Result
    value: str
    evidence: str

    @classmethod
    def of(cls, case: str, found: Outcome) -> Line:
        """From a judged guarantee."""
        value = "" if found.value is None else show(found.value, found.unit)
        return cls(case, found.guarantee, found.metric, _RESULTS[found.verdict], value, found.evidence)


@dataclass(frozen=True)
class Checked:
    """The design's own cases against its own contract. `cases` has the outcome of each; `text` tells it in a line."""

    outcome: Result
    text: str
    cases: dict[str, Result] = field(default_factory=dict)
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Thrown:
    """A curveball in the design. `effect` tells users' side of it; `before` and `after` are metrics in base units."""

    name: str
    outcome: Result
    effect: str
    fault: dict[str, Any] = field(default_factory=dict)
    place: str = ""
    """What of the design it struck."""
    before: dict[str, float] = field(default_factory=dict)
    after: dict[str, float] = field(default_factory=dict)
    lines: tuple[Line, ...] = ()


class _NotRunError(LoadcaseError):
    """Nothing may be run."""


_TROUBLE = (LoadcaseError, RecursionError, MemoryError, ArithmeticError)


class Workbench:
    """Looks at designs for one system, and runs them."""

    def __init__(
        self, system: str | None, budget_s: float = 10.0, seed: int = 1, *, execute: bool = True,
        facts: Facts | None = None,
    ) -> None:  # fmt: skip
        """`budget_s` says how much may be simulated, in seconds of a constant machine; None for no known system.

        With `execute` false nothing is run. `facts` are those of a system of one's own.
        """
        self.system = system
        self.events = events_of(budget_s)
        self.seed = seed
        self.execute = execute
        self.warmed = Warmed(2)
        self._facts = facts
        self._kept: OrderedDict[tuple[str, ...], Any] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def facts(self) -> Facts | None:
        """What is known of the system."""
        if self._facts is None and self.system is not None:
            self._facts = system(self.system).facts
        return self._facts

    # --- on paper -------------------------------------------------------------------------------------------------
    def look(self, text: str) -> Look:
        """What loads of a blueprint, and what is wrong with that."""
        return self._once(("look", text), lambda: self._look(text))

    def _look(self, text: str) -> Look:
        found = wired(text, self.system or "design")
        if found.blueprint is None:
            return Look(None, found.problems, found.left_out)
        look = Look(found.blueprint, found.problems, found.left_out)
        try:
            look = replace(look, findings=api.review(found.blueprint).findings)
        except _TROUBLE as error:
            look = replace(look, problems=(*look.problems, _problem(error)))
        try:
            return replace(look, report=api.estimate(found.blueprint))
        except _TROUBLE as error:
            return replace(look, problems=(*look.problems, _problem(error)))

    # --- in runs --------------------------------------------------------------------------------------------------
    def check(self, text: str, case: str = "") -> Checked:
        """The design in its own cases, or in one of them, `normal` where it has none."""
        return self._once(("check", text, case), lambda: self._guarded(lambda: self._check(text, case), Checked))

    def _check(self, text: str, case: str) -> Checked:
        blueprint = self._runnable(text)
        names = [case] if case else list(blueprint.cases) or ["normal"]
        left, runs, filled = self.events, 0, set[float]()
        outcomes: dict[str, Result] = {}
        verdicts: list[CaseVerdict] = []
        notes: list[str] = []
        for i, name in enumerate(names):
            try:
                wanted = plan(blueprint, name, max(left / (len(names) - i), self.events / len(names)) / SEEDS)
            except UsageError as error:
                outcomes[name] = "not_run" if isinstance(error, TooMuchError) else "refused"
                notes.append(f"{name} was not run: {error}")
                continue
            left -= 0.0 if wanted.load in filled else wanted.filling
            filled.add(wanted.load)
            seeds = min(SEEDS, math.floor(left / wanted.events)) if runs else SEEDS
            if seeds < 1:
                outcomes[name] = "not_run"
                continue
            found = run_all(blueprint, [wanted], self._seeds(seeds), self.warmed)[name]
            left, runs = left - seeds * wanted.events, runs + seeds
            verdict = judged(blueprint, name, found)
            verdicts.append(verdict)
            outcomes[name] = _RESULTS[verdict.verdict]
        lines = tuple(Line.of(v.case, one) for v in verdicts for one in v.guarantees)
        return _checked(blueprint, outcomes, lines, notes)

    def throw(self, text: str, curveball: str) -> Thrown:
        """A curveball of the facts, thrown into the design."""

        def refused(outcome: Result, why: str) -> Thrown:
            return Thrown(curveball, outcome, why)

        return self._once(
            ("throw", text, curveball), lambda: self._guarded(lambda: self._throw(text, curveball), refused)
        )

    def _throw(self, text: str, name: str) -> Thrown:
        thrown = self._curveball(name)
        blueprint = self._runnable(text)
        if thrown.fault is None:
            raise _NotRunError("nothing can be run for it: say what your design does")
        throw, watched, plans, seeds = self._thrown(blueprint, thrown)
        runs = run_all(watched, plans, self._seeds(seeds), self.warmed)
        verdict = judged(throw.blueprint, THROWN, runs[THROWN])
        seen = effect(throw, watched, [r for r, _ in runs[CALM]], [r for r, _ in runs[THROWN]])
        lines = tuple(Line.of(THROWN, one) for one in verdict.guarantees)
        words = f"{throw.instead}{seen.words}. {_contract(lines)}"
        outcome = _RESULTS[verdict.verdict]
        return Thrown(name, outcome, words, throw.fault, throw.place, seen.before, seen.after, lines)

    def _thrown(self, blueprint: Blueprint, thrown: Curveball) -> tuple[Throw, Blueprint, list[Plan], int]:
        """The design with the fault, what is watched in it, how it is run and with how many seeds: with fewer, and for
        a shorter time, where more would take too long.
        """
        refused: TooMuchError | None = None
        for seeds in (PAIRS, 1):
            allowed = THROW_SHARE * self.events / (2 * seeds)
            seconds = self._seconds(blueprint, allowed)
            if seconds < SHORT_S and seeds > 1:
                continue
            for _ in range(2):
                throw = aimed(blueprint, thrown, seconds)
                watched = watching(throw.blueprint)
                try:
                    return throw, watched, [plan(watched, case, allowed) for case in (CALM, THROWN)], seeds
                except TooMuchError as error:
                    refused, seconds = error, seconds * error.share
        assert refused is not None
        raise refused

    def fits(self, text: str, curveball: str) -> bool:
        """Whether the design has what a curveball asks for; nothing is run."""
        blueprint = self.look(text).blueprint
        return blueprint is not None and has_a_place(blueprint, self._curveball(curveball))

    def needless(self, text: str) -> tuple[str, ...]:
        """Components and regions that the contract does not need in any of the design's cases, each with the reason.

        None where nothing is promised, where the design does not hold, and where the budget is spent before they were
        tried.
        """
        return self._once(("needless", text), lambda: self._guarded(lambda: self._needless(text), lambda *_: ()))

    def _needless(self, text: str) -> tuple[str, ...]:
        blueprint = self._runnable(text)
        if not blueprint.contract:
            return ()
        bench, stop = _Ablating(self), threading.Event()
        tried = min(MOST_CUTS, len(blueprint.components) + sum(c.regions > 1 for c in blueprint.components.values()))

        def progress(done: AblationProgress) -> None:
            if done.done >= tried or bench.left <= 0:
                stop.set()

        found = ablate(blueprint, bench, budget_s=math.inf, on_progress=progress, stop=stop)
        return tuple(
            f"{t.what}: {t.because}" for t in found.trials if t.state == "not needed" and _is_part(t.path)
        )  # fmt: skip

    # --- parts ----------------------------------------------------------------------------------------------------
    def _runnable(self, text: str) -> Blueprint:
        """The part that loads. Raises UsageError when nothing arrives in it, or nothing may be run."""
        if not self.execute:
            raise _NotRunError(NOT_RUN)
        blueprint = self.look(text).blueprint
        if blueprint is None or not any(f.arrive is not None for f in blueprint.flows.values()):
            raise UsageError("nothing arrives yet", hint="a flow needs arrive: {rate: ...} and steps")
        return blueprint

    def _curveball(self, name: str) -> Curveball:
        facts = self.facts
        if facts is None or name not in facts.curveballs:
            raise UsageError(f"the facts have no curveball {name!r}")
        return facts.curveballs[name]

    def _seconds(self, blueprint: Blueprint, allowed: float) -> float:
        """Simulated time for which a run of the design has about the allowed events."""
        data = {**{k: v for k, v in blueprint.data.items() if k not in ("decisions", "variants")}, "cases": {}}
        found = reckoned(Blueprint.build(data), "normal", allowed)
        return allowed / found.events * found.duration_s

    def _seeds(self, count: int) -> Sequence[int]:
        return range(self.seed, self.seed + count)

    def _guarded(self, work: Callable[[], T], refused: Callable[[Result, str], T]) -> T:
        """What the work gives; what is refused is told."""
        try:
            return work()
        except (_NotRunError, TooMuchError) as error:
            return refused("not_run", str(error))
        except _TROUBLE as error:
            return refused("refused", _problem(error).message)

    def _once(self, key: tuple[str, ...], make: Callable[[], T]) -> T:
        """What was found for the same question before, or is now."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return cast(T, self._kept[key])
        found = make()
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found


class _Ablating:
    """Judges what is left of a design, until the events are spent."""

    def __init__(self, bench: Workbench) -> None:
        self.left = bench.events
        self.each = bench.events / MOST_CUTS
        self.seeds = bench._seeds(PAIRS)
        self.warmed = bench.warmed

    def __call__(self, blueprint: Blueprint, case: str, budget_s: float) -> CheckResult:
        if self.left <= 0:
            raise UsageError("the budget is spent")
        wanted = plan(blueprint, case, self.each)
        self.left -= wanted.events * len(self.seeds)
        verdict = judged(blueprint, case, run_all(blueprint, [wanted], self.seeds, self.warmed)[case])
        return CheckResult(blueprint.name, verdict.verdict, [verdict], 0.0)


def _is_part(path: Path) -> bool:
    """Whether a cut is of a component, or of its regions: what a drawing shows."""
    return len(path) == 2 or path[-1] == "regions"


def _problem(error: BaseException) -> Problem:
    if isinstance(error, LoadcaseError):
        return Problem(error.code, str(error), hint=error.hint)
    return Problem("LC107", f"the design is too large for this machine ({type(error).__name__})")


def _contract(lines: Sequence[Line]) -> str:
    """What became of the contract, in a sentence."""
    if not lines:
        return "Nothing is promised that it could break."
    broken = [f"{one.guarantee} ({one.value})" for one in lines if one.outcome == "broken"]
    if broken:
        return f"It breaks {', '.join(broken)}."
    if all(one.outcome == "holds" for one in lines):
        return "Every guarantee holds."
    open_ = [one.guarantee for one in lines if one.outcome == "undecided"]
    more = f" and {len(open_) - TOLD} more" if len(open_) > TOLD else ""
    return f"No guarantee is broken; undecided: {', '.join(open_[:TOLD])}{more}."


def _checked(blueprint: Blueprint, outcomes: dict[str, Result], lines: tuple[Line, ...], notes: list[str]) -> Checked:
    ran = {name: one for name, one in outcomes.items() if one not in ("refused", "not_run")}
    said = [f"{name}: {_contract([one for one in lines if one.case == name])}" for name in ran]
    rest = [name for name, one in outcomes.items() if one == "not_run"]
    if rest and ran:
        notes.append(f"left for later: {', '.join(rest)}")
    if not ran:
        return Checked("not_run" if rest else "refused", "; ".join(notes), outcomes)
    if not blueprint.contract:
        return Checked("undecided", "; ".join([*said, *notes]), outcomes, lines)
    verdict = worst([{"holds": "holds", "broken": "broken"}.get(one, "unknown") for one in ran.values()])  # type: ignore[misc]
    return Checked(_RESULTS[verdict], "; ".join([*said, *notes]), outcomes, lines)
