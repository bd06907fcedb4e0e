"""The estimate pad: lines with units, computed from one another and from the figures that the interviewer told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from loadcase.core.errors import ExpressionError, LoadcaseError, UnitError
from loadcase.core.expressions import FUNCTIONS, evaluate
from loadcase.core.quantity import Value
from loadcase.core.units import format_quantity, looks_like_quantity, parse_quantity, parse_unit
from loadcase.practice.events import Answered, Changed, Estimated
from loadcase.practice.record import Record
from loadcase.systems.facts import Facts

_NAME = re.compile(r"[A-Za-z_]\w{0,59}", re.ASCII)
_NUMBER = re.compile(r"(?<![\w.])\$?\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_MULTIPLIER = re.compile(r"[kKMGTB]\b| (?:thousand|million|billion|trillion)\b")
_UNIT = re.compile(r"\s*([A-Za-zµμ]+|%)")
_PER = re.compile(r"\s*/\s*([A-Za-zµμ]+)(?![\w(])")


@dataclass
class Pad:
    """The named figures of a session, and why a line could not be computed, by the number of its event."""

    values: dict[str, Value] = field(default_factory=dict)
    told: dict[str, Value] = field(default_factory=dict)
    problems: dict[int, LoadcaseError] = field(default_factory=dict)

    @property
    def scope(self) -> dict[str, Value]:
        """What a formula may use: the candidate's lines, then what was told."""
        return {**self.told, **self.values}


def pad(record: Record, facts: Facts) -> Pad:
    """The pad as the events leave it: each line is computed with what was known when it was written."""
    found, now = Pad(), facts
    figures = now.figures()
    for number, one in enumerate(record.events):
        if isinstance(one, Changed) and one.name in now.changes:
            now = now.after(one.name)
            figures = now.figures()
            found.told |= {name: figures[name] for name in found.told if name in figures}
        elif isinstance(one, Answered):
            found.told |= {name: figures[name] for name in one.facts if name in figures}
        elif isinstance(one, Estimated):
            try:
                found.values[one.name] = computed(one.name, one.formula, found.scope)
            except LoadcaseError as error:
                found.problems[number] = error
    return found


def computed(name: str, formula: str, scope: Mapping[str, Value]) -> Value:
    """What a line gives. Quantities may stand in the formula itself, as in `users * 40 message/user/day`.

    Raises ExpressionError or UnitError.
    """
    if not _NAME.fullmatch(name) or name in FUNCTIONS:
        raise ExpressionError(f"{name!r} is no name", hint="letters, digits and _, a letter first")
    if (".." in formula or looks_like_quantity(formula)) and not set(_NAME.findall(formula)) & scope.keys():
        return parse_quantity(formula, name)
    plain, quantities = _lifted(formula, scope)
    return evaluate(plain, {**scope, **quantities}, name)


def shown(value: Value) -> str:
    """A value as the pad shows it, with its unit."""
    return format_quantity(value)


def _lifted(formula: str, scope: Mapping[str, Value]) -> tuple[str, dict[str, Value]]:
    """The formula with a name in the place of each quantity that has a unit, and what those names stand for."""
    quantities: dict[str, Value] = {}
    parts, at = [], 0
    for number in _NUMBER.finditer(formula):
        if number.start() < at:
            continue
        end = _end(formula, number.end(), scope)
        if end == number.end() and not number[0].startswith("$"):
            continue
        name = f"q_{len(quantities)}_"
        quantities[name] = parse_quantity(formula[number.start() : end].strip())
        parts += [formula[at : number.start()], name]
        at = end
    return "".join([*parts, formula[at:]]), quantities


def _end(formula: str, at: int, scope: Mapping[str, Value]) -> int:
    """Where a quantity ends whose number ends at `at`: after its multiplier and its units."""
    if found := _MULTIPLIER.match(formula, at):
        at = found.end()
    if (unit := _UNIT.match(formula, at)) and _is_unit(unit[1]):
        at = unit.end()
    while (per := _PER.match(formula, at)) and per[1] not in scope and _is_unit(per[1]):
        at = per.end()
    return at


def _is_unit(word: str) -> bool:
    try:
        parse_unit(word)
    except UnitError:
        return False
    return True
