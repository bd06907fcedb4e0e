"""Reading ``units.txt``: a unit a line, as its definition by units above it, with its other names.

kilo- = 1e3 = k- = K-
second = [time] = s = sec
month = year / 12
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from loadcase.core.quantity import Dims, combine_dims

_FILE = Path(__file__).parent / "units.txt"
_PART = re.compile(r"([*/]?)\s*([^\s*/]+)\s*")


@dataclass(frozen=True)
class Unit:
    """One unit: the first of its names, how much of the base units it is, and of what dimension."""

    name: str
    factor: float
    dims: Dims


@dataclass(frozen=True)
class UnitFile:
    """Units and prefixes (as their first name and factor) by every name that they have."""

    units: dict[str, Unit]
    prefixes: dict[str, tuple[str, float]]

    def readings(self, text: str) -> Iterator[tuple[str, float, Unit]]:
        """Every way to read a name as prefix, its factor and unit, the one without a prefix first.

        What ends in s may be the plural of a unit, but of none of one letter.
        """
        for prefix, (name, factor) in {"": ("", 1.0), **self.prefixes}.items():
            rest = text[len(prefix) :]
            for unit in (rest, rest[:-1]) if rest.endswith("s") and len(rest) > 2 else (rest,):
                if text.startswith(prefix) and unit in self.units:
                    yield name, factor, self.units[unit]


@lru_cache(maxsize=1)
def unit_file() -> UnitFile:
    """The unit file that comes with Loadcase."""
    units: dict[str, Unit] = {}
    prefixes: dict[str, tuple[str, float]] = {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, definition, *others = (part.strip() for part in line.split("="))
        if name.endswith("-"):
            prefixes.update(dict.fromkeys((p.rstrip("-") for p in (name, *others)), (name[:-1], float(definition))))
        else:
            units.update(dict.fromkeys((name, *others), _unit(name, definition, units)))
    return UnitFile(units, prefixes)


def _unit(name: str, definition: str, known: dict[str, Unit]) -> Unit:
    if definition.startswith("["):
        return Unit(name, 1.0, ((definition.strip("[]"), 1),))
    factor = 1.0
    dims: list[tuple[str, int]] = []
    for operator, part in _PART.findall(definition):
        sign = -1 if operator == "/" else 1
        unit = known.get(part)
        factor *= (unit.factor if unit else float(part)) ** sign
        dims += [(dim, power * sign) for dim, power in unit.dims] if unit else []
    return Unit(name, factor, combine_dims(dims))
