"""What an experienced engineer would say of a design: its shape, what follows, what bites it, and what comes next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from loadcase.advice.curveballs import CURVEBALLS, Curveball, tried_by
from loadcase.advice.facts import Facts, Said, filled
from loadcase.advice.knowledge import StageEntry, knowledge
from loadcase.advice.patterns import PATTERNS, Answer, Has, Lacks, Later
from loadcase.advice.shapes import STRUCTURE
from loadcase.blueprint.model import Blueprint, real
from loadcase.core.errors import Path
from loadcase.review.design import Design
from loadcase.review.reviewing import Finding, Review, review
from loadcase.review.rule import SEVERITIES
from loadcase.review.settings import Settings

State = Literal["present", "in words", "not yet", "missing"]
"""In the design; only in its words, as the format cannot express it; not needed at these figures; not there."""


@dataclass(frozen=True)
class Place:
    """Where something is said: its path, and line and column from 1 (0 in a blueprint that was built in code)."""

    path: Path
    line: int = 0
    column: int = 0


@dataclass(frozen=True)
class Evidence:
    """What says that a design has a shape."""

    text: str
    place: Place


@dataclass(frozen=True)
class Shape:
    """A shape of the design: the question `asks` is answered with yes. `risk` is what usually goes wrong with it."""

    name: str
    asks: str
    risk: str
    source: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class Pattern:
    """What follows from shapes. `reasons` are by shape, with figures; `note` says what is missing, or why it may be."""

    name: str
    title: str
    state: State
    reasons: dict[str, str]
    how: str
    place: Place | None = None
    note: str = ""


@dataclass(frozen=True)
class Risk:
    """What may happen, what helps, what people notice.

    `rule` is of the review, empty for a curveball; `tried_by` is a case that tries a curveball, `case` is how to write
    one. `weak` says that on paper the design has no room for it, or hardly any.
    """

    name: str
    trigger: str
    mitigation: str
    impact: str
    place: Place
    weak: bool
    severity: Literal["error", "warning", "note"]
    rule: str = ""
    tried_by: str = ""
    case: str = ""


@dataclass(frozen=True)
class Step:
    """What is missing at a stage: what to say of it, and how to mend it. `rule` is empty for an empty section."""

    stage: str
    say: str
    how: str
    place: Place
    rule: str = ""


@dataclass(frozen=True)
class Stage:
    """One stage of a design with what is left to do there."""

    name: str
    title: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Advice:
    """All of it. `risks` has the worst first; `stages` are in the order of a design."""

    blueprint: str
    title: str
    file: str
    shapes: tuple[Shape, ...]
    patterns: tuple[Pattern, ...]
    risks: tuple[Risk, ...]
    stages: tuple[Stage, ...]

    @property
    def next(self) -> Stage | None:
        """The first stage that is not finished; None when all are."""
        return next((stage for stage in self.stages if stage.steps), None)

    def having(self, *states: State) -> list[Pattern]:
        """The patterns in some states."""
        return [p for p in self.patterns if p.state in states]


def advise(blueprint: Blueprint, settings: Settings | None = None) -> Advice:
    """Advice on a design, which may be half-finished. Settings are those of the review. Nothing is run."""
    return _Adviser(blueprint, review(blueprint, settings)).advice()


class _Adviser:
    def __init__(self, blueprint: Blueprint, found: Review) -> None:
        self.b = blueprint
        self.review = found
        self.facts = Facts(Design(blueprint))

    def advice(self) -> Advice:
        shapes = tuple(self.shapes())
        patterns = tuple(self.patterns(shapes))
        risks = tuple(sorted((*self.flaws(), *self.curveballs()), key=_urgency))
        stages = tuple(self.stage(entry, patterns, risks) for entry in knowledge().stages.values())
        return Advice(self.b.name, self.b.title, self.review.file, shapes, patterns, risks, stages)

    def place(self, path: Path) -> Place:
        if self.b.document is None:
            return Place(path)
        return Place(path, *self.b.document.position(real(path, self.b.moved), key=True))

    # --- shapes and patterns --------------------------------------------------------------------------------------
    def shapes(self) -> Iterable[Shape]:
        for name, entry in knowledge().shapes.items():
            said: list[Said] = list(STRUCTURE[name](self.facts)) if name in STRUCTURE else []
            asked = self.facts.asks(entry.words)
            evidence = tuple(Evidence(s.text, self.place(s.path)) for s in [*said, *([asked] if asked else [])])
            if evidence:
                yield Shape(name, entry.asks, entry.risk, entry.source, evidence)

    def patterns(self, shapes: Iterable[Shape]) -> Iterable[Pattern]:
        reasons: dict[str, dict[str, str]] = {}
        for shape in shapes:
            for pattern, why in knowledge().shapes[shape.name].patterns.items():
                reasons.setdefault(pattern, {})[shape.name] = filled(why, self.facts.figures)
        for name, whys in reasons.items():
            entry = knowledge().patterns[name]
            answer = PATTERNS[name](self.facts)
            place = self.place(answer.path) if isinstance(answer, Has) else None
            note = answer.why if isinstance(answer, Later) else answer.what if isinstance(answer, Lacks) else ""
            yield Pattern(name, entry.title, _state(answer), whys, entry.how, place, note)

    # --- what bites it --------------------------------------------------------------------------------------------
    def flaws(self) -> Iterable[Risk]:
        for finding in self.review.findings:
            entry = knowledge().risks.get(finding.rule)
            if entry is not None:
                trigger = f"{entry.when}: {finding.message}"
                worst = finding.severity == "error"
                yield Risk(
                    finding.rule,
                    trigger,
                    finding.hint,
                    entry.impact,
                    _found_at(finding),
                    worst,
                    finding.severity,
                    finding.rule,
                )

    def curveballs(self) -> Iterable[Risk]:
        for curveball in (one for each in CURVEBALLS for one in each(self.facts)):
            tried = tried_by(self.facts, curveball)
            yield self.curveball(curveball, tried)

    def curveball(self, one: Curveball, tried: str) -> Risk:
        return Risk(
            one.name, one.trigger, one.mitigation, one.impact, self.place(one.path), one.weak,
            "warning" if one.weak and not tried else "note", "", tried, "" if tried else one.case,
        )  # fmt: skip

    # --- what comes next ------------------------------------------------------------------------------------------
    def stage(self, entry: StageEntry, patterns: tuple[Pattern, ...], risks: tuple[Risk, ...]) -> Stage:
        steps: list[Step] = []
        rules = {f.rule for f in self.review.findings}
        for empty in entry.empty:
            if not rules & set(empty.unless) and self.is_empty(empty.section):
                path: Path = tuple(empty.section.split("."))
                steps.append(Step(entry.name, empty.say, empty.how, self.place(path)))
        found = [f for f in self.review.findings if f.rule in entry.rules]
        steps += [Step(entry.name, f.message, f.hint, _found_at(f), f.rule) for f in found]
        if self.b.flows:
            missing = [p for p in patterns if p.state == "missing"]
            steps += [self.without(p) for p in missing if _stage_of(p) == entry.name]
        if entry.name == "break_it":
            for risk in (r for r in risks if r.case and r.weak):
                steps.append(Step(entry.name, f"no case tries a weak spot: {risk.trigger}", risk.case, risk.place))
        return Stage(entry.name, entry.title, tuple(steps))

    def without(self, pattern: Pattern) -> Step:
        why = pattern.note or next(iter(pattern.reasons.values()))
        return Step(_stage_of(pattern), f"no {pattern.title}: {why}", pattern.how, self.place(()))

    def is_empty(self, section: str) -> bool:
        value: object = self.b
        for part in section.split("."):
            value = getattr(value, part)
        return not value


def _state(answer: Answer) -> State:
    match answer:
        case Has(said=said):
            return "in words" if said else "present"
        case Later():
            return "not yet"
        case Lacks():
            return "missing"


def _stage_of(pattern: Pattern) -> str:
    return "break_it" if pattern.name.endswith("-case") else "deep_dive"


def _found_at(finding: Finding) -> Place:
    return Place(finding.path, finding.line, finding.column)


def _urgency(risk: Risk) -> tuple[int, bool, bool]:
    return SEVERITIES.index(risk.severity), not risk.weak, bool(risk.tried_by)
