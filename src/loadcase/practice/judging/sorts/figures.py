"""Evidence of figures: estimates that are right, and those that are used again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from loadcase.core.errors import LoadcaseError
from loadcase.core.expressions import evaluate
from loadcase.core.quantity import Quantity, median, strip_counts
from loadcase.core.units import looks_like_quantity
from loadcase.practice.events import Decided, Estimated
from loadcase.practice.judging.evidence import Piece, Sort
from loadcase.practice.judging.view import View
from loadcase.practice.judging.words import concepts
from loadcase.practice.rubric import Criterion

SAME = 1.3
"""Two figures are the same when they differ by less than this factor."""
WORKED_OUT = 0.5
"""What a figure counts for that is worked out and is none of those that the facts know."""
_MAGNITUDE = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "b": 1e9, "billion": 1e9}
_BYTES = {"kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "pb": 1e15, "kilobytes": 1e3, "megabytes": 1e6, "gigabytes": 1e9,
          "terabytes": 1e12, "petabytes": 1e15}  # fmt: skip
_PER = {"second": 1.0, "sec": 1.0, "s": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0, "month": 2629746.0}
_SPOKEN = re.compile(
    r"(?<![\w.])(\d[\d,]*(?:\.\d+)?)"
    r"(?:\s?(k|m|b|thousand|million|billion|[kmgtp]b|(?:kilo|mega|giga|tera|peta)bytes?)\b)?"
    r"(?:(?:\s+[a-z-]+){0,3}?\s*(?:per|a|an|each|every|/)\s*(second|sec|s|minute|hour|day|month)\b)?"
)


@dataclass(frozen=True)
class Known:
    """A figure of the facts, in base units."""

    name: str
    about: str
    value: Quantity
    within: float


def known(view: View) -> list[Known]:
    """The figures that an answer should reach."""
    figures = view.facts.figures()
    return [Known(name, f"{name.replace('_', ' ')} {one.about}", median(strip_counts(figures[name])), one.within_factor)
            for name, one in view.facts.numbers.items()]  # fmt: skip


def quantity(text: str) -> Quantity | None:
    """What a written value is; None where it is none."""
    try:
        return median(strip_counts(evaluate(text, {}))) if looks_like_quantity(text) else None
    except LoadcaseError:
        return None


def _within(a: float, b: float, factor: float) -> bool:
    return a > 0 and b > 0 and 1 / factor <= a / b <= factor


def _right(name: str, value: Quantity, figures: list[Known]) -> Known | None:
    """The figure of the facts that an estimate has reached."""
    said = concepts(name.replace("_", " "))
    best = [f for f in figures if f.value.dims == value.dims and _within(value.value, f.value.value, f.within)]
    for one in sorted(best, key=lambda f: abs(1 - value.value / f.value.value)):
        if said & concepts(one.about) or _within(value.value, one.value.value, SAME):
            return one
    return None


def _estimates(view: View) -> Iterator[tuple[int, str, str, Quantity, float, str]]:
    """(event, name, formula, value, factor, words) of the pad's lines and the blueprint's estimates."""
    named = set()
    for i, event in enumerate(view.events):
        value = quantity(event.value) if isinstance(event, Estimated) else None
        if isinstance(event, Estimated) and value is not None:
            named.add(event.name)
            yield i, event.name, event.formula, value, 1.0, event.words
    if view.look is None or view.look.report is None or view.copied:
        return
    for line in view.look.report.estimates:
        value = quantity(line.text)
        if value is not None and line.name not in named:
            words = f"{line.name}: {line.formula}"
            yield view.wrote(line.formula), line.name, line.formula, value, view.trust, words


def _figure(view: View, criterion: Criterion) -> Iterator[Piece]:
    """An estimate of the right order, or one that is worked out from others."""
    figures = known(view)
    for number, name, formula, value, factor, words in _estimates(view):
        right = _right(name, value, figures)
        computed = bool(re.search(r"[*/+]", formula)) and quantity(formula) is None
        if right is not None:
            yield Piece(right.name, factor, view.quote(number, f"the right order for {right.about}", words))
        elif computed or len(re.findall(r"\d[\d.]*", formula)) > 1:
            yield Piece(f"own {name}", factor * WORKED_OUT, view.quote(number, "a figure that is worked out", words))


def spoken(text: str) -> Iterator[tuple[float, str]]:
    """(value, `rate`, `bytes` or `count`) of the figures in a sentence, in base units."""
    for found in _SPOKEN.finditer(text.casefold()):
        value = float(found[1].replace(",", ""))
        unit = found[2] or ""
        if unit in _BYTES or unit + "s" in _BYTES:
            yield value * (_BYTES.get(unit) or _BYTES[unit + "s"]), "bytes"
        else:
            value *= _MAGNITUDE.get(unit, 1.0)
            yield (value / _PER[found[3]], "rate") if found[3] else (value, "count")


_DIMS = {(("time", -1),): "rate", (("data", 1),): "bytes", (): "count"}


def _spoken_figure(view: View, criterion: Criterion) -> Iterator[Piece]:
    """A figure in a statement that is one of those to be reached."""
    figures = [one for one in known(view) if one.value.dims in _DIMS]
    for statement in view.spoken:
        if "figure" not in statement.marks:
            continue
        for value, sort in spoken(statement.text):
            for one in figures:
                if _DIMS[one.value.dims] == sort and value > 3 and _within(value, one.value.value, SAME):
                    quote = view.of(statement, f"the right order for {one.about}")
                    yield Piece(one.name, view.weight(statement, "estimates"), quote)


def _leaves(data: Any) -> Iterator[str]:
    if isinstance(data, Mapping):
        for value in data.values():
            yield from _leaves(value)
    elif isinstance(data, list):
        for value in data:
            yield from _leaves(value)
    elif data is not None:
        yield str(data)


def _carried(view: View, criterion: Criterion) -> Iterator[Piece]:
    """An estimate counts once: by its name or value in the blueprint's parts, or in a reason given after it."""
    b = view.blueprint
    data = b.data if b is not None and not view.copied else {}
    sized = [text for section in ("components", "flows", "entities") for text in _leaves(data.get(section))]
    values = [q for q in map(quantity, sized) if q is not None and q.value > 3]
    formulas = " ".join(sized)
    reasons = [s for s in view.spoken if s.source in ("said", "decided") and {"figure", "reason"} <= s.marks]
    reasons += [s for s in view.spoken if s.source == "decided" and s not in reasons]
    for number, name, _, value, factor, words in _estimates(view):
        if re.search(rf"\b{re.escape(name)}\b", formulas) or any(
            v.dims == value.dims and _within(v.value, value.value, 1.1) for v in values if value.value > 3
        ):
            shows = "sizes a part or a load of the blueprint"
            yield Piece(name, factor * view.trust, view.quote(number, shows, words))
        for statement in reasons:
            if statement.number > number and (_named(name, statement.text) or _valued(value, statement.text)):
                decided = isinstance(view.events[statement.number], Decided)
                shows = f"uses {name} as a reason" if decided else f"argues with {name}"
                yield Piece(name, view.weight(statement, "estimates"), view.of(statement, shows))


def _named(name: str, text: str) -> bool:
    return "_" in name and name in text


def _valued(value: Quantity, text: str) -> bool:
    sort = _DIMS.get(value.dims)
    return value.value > 3 and any(s == sort and _within(v, value.value, 1.15) for v, s in spoken(text))


SORTS: dict[str, Sort] = {"figure": _figure, "spoken_figure": _spoken_figure, "carried": _carried}
