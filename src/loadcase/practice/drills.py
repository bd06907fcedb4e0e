"""Ten minutes on one stage: what is asked, one thing after the other, and how each went.

| drill | asks | tells afterwards |
|---|---|---|
| estimation | the figures of the facts, all facts with a figure being told | which are of the right size |
| scoping | nothing: the candidate asks | which facts came out, and which did not |
| curveball | what goes wrong, one after the other | what a good response contains |
| tradeoff | the choices of the worked design | which parts of a decision were there, and the worked one |
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from loadcase.core.errors import LoadcaseError
from loadcase.core.quantity import median, strip_counts
from loadcase.core.units import parse_quantity
from loadcase.practice.events import Answered, Assumed, Curveball, Decided, Estimated, Event, Prompted, Said
from loadcase.practice.pad import pad
from loadcase.practice.record import Drill, Record
from loadcase.systems import System
from loadcase.systems.facts import Number

DRILLS: dict[Drill, str] = {
    "estimation": "Work out each figure on the pad: /estimate NAME = FORMULA. /next asks for the next one.",
    "scoping": "Ask what you need to know before drawing anything. What is left to you, /assume.",
    "curveball": "Say what happens, who notices, and what you do. /next throws the next one.",
    "tradeoff": "Decide, with the price: /decide X over Y because A at the cost of B flips when C. /next asks again.",
}
"""What the candidate does in each drill."""


@dataclass(frozen=True)
class Point:
    """One thing of a drill. `met` is None where only the candidate can tell; `good` is what was to be reached."""

    about: str
    met: bool | None
    yours: str
    good: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {"about": self.about, "met": self.met, "yours": self.yours, "good": list(self.good)}


def opening(record: Record, system: System) -> list[Event]:
    """How a drill begins, after its first event."""
    if record.setup.drill == "scoping":
        return [Prompted(at=0.0, probe="scope", about="scope", text="Go ahead: what do you need to know?")]
    told: list[Event] = []
    if record.setup.drill == "estimation":
        facts = {name: fact for name, fact in system.facts.facts.items() if fact.value is not None}
        text = " ".join(fact.answer for fact in facts.values())
        told = [Answered(at=0.0, to=0, how="told", text=text, facts=tuple(facts))]
    first = following(record, system, 0.0)
    return [*told, *([first] if first else [])]


def following(record: Record, system: System, at: float) -> Event | None:
    """What a drill asks for next; None when it has asked for all."""
    done = {e.probe for e in record.events if isinstance(e, Prompted)}
    done |= {e.name for e in record.events if isinstance(e, Curveball)}
    match record.setup.drill:
        case "estimation":
            for name, number in system.facts.numbers.items():
                if name not in done:
                    return Prompted(at=at, probe=name, about="estimates", text=f"{name}: {number.about}?")
        case "curveball":
            for name, one in system.facts.curveballs.items():
                if name not in done:
                    return Curveball(at=at, name=name, text=one.says)
        case "tradeoff":
            for name, decision in system.blueprint.decisions.items():
                if name not in done and decision.over:
                    choices = sorted([decision.choose, *decision.over])
                    return Prompted(at=at, probe=name, about="tradeoffs", text=f"{', or '.join(choices)}?")
    return None


def points(record: Record, system: System) -> list[Point]:
    """How a drill went, point by point; those that were not come to are left out."""
    match record.setup.drill:
        case "estimation":
            return list(_estimates(record, system))
        case "scoping":
            return list(_scoped(record, system))
        case "curveball":
            return list(_responses(record, system))
        case "tradeoff":
            return list(_decisions(record, system))
    return []


def _estimates(record: Record, system: System) -> Iterator[Point]:
    values = pad(record, system.facts).values
    lines = {e.name: e for e in record.events if isinstance(e, Estimated)}
    for name in (e.probe for e in record.events if isinstance(e, Prompted)):
        number, line = system.facts.numbers[name], lines.get(name)
        good = (f"{number.value}, from {number.from_}; within a factor of {number.within_factor:g} is right",)
        if line is None or name not in values:
            yield Point(f"{name}: {number.about}", False, line.words if line else "", good)
        else:
            yield Point(f"{name}: {number.about}", is_near(number, values[name]), line.words, good)


def is_near(number: Number, value: Any) -> bool:
    """Whether a figure is of the same sort and size as one of the facts."""
    try:
        wanted, got = median(strip_counts(parse_quantity(number.value))), median(strip_counts(value))
    except LoadcaseError:
        return False
    factor = number.within_factor
    return wanted.dims == got.dims and wanted.value / factor <= got.value <= wanted.value * factor


def _scoped(record: Record, system: System) -> Iterator[Point]:
    told: dict[str, str] = {}
    for one in record.events:
        if isinstance(one, Answered):
            asked = record.events[one.to].words
            told |= dict.fromkeys([*one.facts, *([one.silent] if one.silent else [])], asked)
    for name, fact in system.facts.facts.items():
        yield Point(fact.about, name in told, told.get(name, ""), () if name in told else (fact.asked[0],))
    assumed = [e.words for e in record.events if isinstance(e, Assumed)]
    for name, left in system.facts.silent.items():
        if name in told:
            good = "It is left to you: state what you assume."
            yield Point(left.about, bool(assumed), told[name], () if assumed else (good,))


def _responses(record: Record, system: System) -> Iterator[Point]:
    for number, one in enumerate(record.events):
        if isinstance(one, Curveball):
            said = _until_next(record, number, Curveball)
            good = tuple(system.facts.curveballs[one.name].good)
            yield Point(one.text, None if said else False, said, good)


def _decisions(record: Record, system: System) -> Iterator[Point]:
    for number, one in enumerate(record.events):
        if isinstance(one, Prompted):
            made = _after(record, number, Prompted)
            decided = next((e for e in made if isinstance(e, Decided)), None)
            worked = system.blueprint.decisions[one.probe]
            parts = {"reason": worked.because, "price": worked.at_the_cost_of, "flips when": worked.flips_when}
            good = [f"One good answer: {worked.choose}"] + [f"{name}: {text}" for name, text in parts.items() if text]
            if decided is None:
                yield Point(one.text, False, " ".join(e.words for e in made if isinstance(e, Said)), tuple(good))
                continue
            named = {"over what": decided.over, "the reason": decided.because, "the price": decided.cost,
                     "when it flips": decided.flips_when}  # fmt: skip
            lacks = [name for name, text in named.items() if not text]
            lacking = [f"It lacks {', '.join(lacks)}."] if lacks else []
            yield Point(one.text, not lacks, decided.words, (*lacking, *good))


def _after(record: Record, number: int, until: type) -> list[Event]:
    found: list[Event] = []
    for one in record.events[number + 1 :]:
        if isinstance(one, until):
            break
        found.append(one)
    return found


def _until_next(record: Record, number: int, until: type) -> str:
    return " ".join(e.words for e in _after(record, number, until) if isinstance(e, Said | Decided | Assumed))
