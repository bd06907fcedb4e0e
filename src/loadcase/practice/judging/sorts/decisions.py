"""Evidence of decisions, by their parts: chose, over, because, at the cost of, flips when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from loadcase.practice.events import Decided
from loadcase.practice.judging.evidence import NotAssessedError, Piece, Sort
from loadcase.practice.judging.result import Quote
from loadcase.practice.judging.view import View
from loadcase.practice.judging.words import figure, near
from loadcase.practice.rubric import Criterion

BASE, OVER, BECAUSE, COST, FLIPS = 0.05, 0.15, 0.4, 0.25, 0.15
"""What the parts of a decision count for, 1 in all; nothing without a reason that says something."""
FALLEN = 0.75
"""How much of a pitfall a choice has to say."""
SAME = 0.5
"""Likeness of two choices from which on they are one."""


@dataclass(frozen=True)
class Choice:
    """A decision, stated as such or in the blueprint."""

    chose: str
    over: str
    because: str
    cost: str
    flips: str
    factor: float
    quote: Quote


def choices(view: View) -> list[Choice]:
    """The candidate's own decisions; those of the blueprint as far as its making was seen."""
    found = [
        Choice(e.chose, e.over, e.because, e.cost, e.flips_when, 1.0, view.quote(i, ""))
        for i, e in enumerate(view.events)
        if isinstance(e, Decided) and view.own(e.because) and view.own(e.chose) and not view.echo(i, e.words)
    ]
    for name, one in (view.blueprint.decisions if view.blueprint else {}).items():
        because = one.because or ""
        if view.own(because) and view.own(one.choose):
            parts = [one.choose, ", ".join(one.over), because, one.at_the_cost_of or "", one.flips_when or ""]
            lead = ("", "over ", "because ", "at the cost of ", "flips when ")
            words = f"{name}: " + ", ".join(a + b for a, b in zip(lead, parts, strict=True) if b)
            quote = view.quote(view.wrote(because or one.choose), "", words, "blueprint")
            found.append(Choice(parts[0], parts[1], parts[2], parts[3], parts[4], view.trust, quote))
    return found


def worth(view: View, one: Choice) -> tuple[float, list[str]]:
    """What a choice counts for, 0 to 1, and which of its parts say something."""
    reason = view.field.substance(one.because)
    if reason == 0 or view.field.specific(one.chose) == 0:
        return 0.0, []
    total, parts = BASE + BECAUSE * reason, ["a figure" if reason == 1 else "a reason"]
    for name, text, part in (
        ("the alternative", one.over, OVER),
        ("the cost", one.cost, COST),
        ("when it flips", one.flips, FLIPS),
    ):
        if view.field.specific(text) and (name == "the alternative" or view.field.substance(text)):
            total += part
            parts.append(name)
    return total, parts


def _decided(view: View, criterion: Criterion) -> Iterator[Piece]:
    """A decision, by its parts: because, over, at the cost of, flips when. Without a reason it counts for nothing."""
    kept: list[tuple[float, Choice, list[str]]] = []
    for one in choices(view):
        value, parts = worth(view, one)
        if value * one.factor > 0:
            kept.append((value * one.factor, one, parts))
    named: list[str] = []
    for value, one, parts in sorted(kept, key=lambda k: -k[0]):
        same = next((other for other in named if near(other, one.chose) >= SAME), None)
        if same is None:
            named.append(one.chose)
        yield Piece(same or one.chose, value, _shown(one.quote, f"a decision with {', '.join(parts)}"))


def _pitfall(view: View, criterion: Criterion) -> Iterator[Piece]:
    """A choice that is a pitfall of this system; it counts against. What is only spoken of may be what is avoided."""
    if view.look is None:
        raise NotAssessedError("there is no blueprint to review")
    for one in choices(view):
        for pitfall in view.facts.good.pitfalls:
            if view.field.says(one.chose, pitfall.says) >= FALLEN > view.field.says(one.over, pitfall.says):
                shows = f"chooses a pitfall of this system: {pitfall.says}"
                yield Piece(pitfall.says, -1.0, _shown(one.quote, shows))


def _pulled(view: View, criterion: Criterion) -> Iterator[Piece]:
    """Choices that rest on a figure."""
    for one in choices(view):
        if worth(view, one)[0] and figure(one.because):
            yield Piece(f"choice {one.chose}", one.factor, _shown(one.quote, "a choice that rests on a figure"))


def _spoken(view: View, criterion: Criterion) -> Iterator[Piece]:
    """Choices made in passing: an alternative and a reason in one statement."""
    for statement in view.spoken:
        if statement.source != "decided" and {"alternative", "reason"} <= statement.marks:
            factor = 0.6 + 0.2 * ("price" in statement.marks) + 0.2 * ("figure" in statement.marks)
            shows = "a choice with its alternative and reason"
            yield Piece(statement.text.casefold(), factor * view.weight(statement), view.of(statement, shows))


def _priced(view: View, criterion: Criterion) -> Iterator[Piece]:
    """A price, or when it flips, of a decision that has a reason."""
    for one in choices(view):
        if worth(view, one)[0]:
            for name, text in (("price", one.cost), ("flip", one.flips)):
                if view.field.substance(text):
                    shows = "says what it costs" if name == "price" else "says when it would flip"
                    yield Piece(f"{name} {text.casefold()}", one.factor, _shown(one.quote, shows))


def _shown(quote: Quote, shows: str) -> Quote:
    return Quote(quote.event, quote.at, quote.source, quote.words, shows, 0.0)


SORTS: dict[str, Sort] = {
    "decided": _decided,
    "pitfall": _pitfall,
    "pulled": _pulled,
    "spoken_decision": _spoken,
    "priced": _priced,
}
