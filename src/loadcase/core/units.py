"""Reading quantities: ``50M user``, ``300 B``, ``40 message/user/day``, ``250 ms``, ``99.95 %``.

Inside, everything is in seconds, bytes, US dollars and counts. The units themselves are in ``units.txt``;
pint reads that file when the first unit is met, not when this module is imported.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from loadcase.core.errors import UnitError, shorten, suggest
from loadcase.core.quantity import (
    HIGHEST_POWER,
    PHYSICAL,
    Dims,
    Quantity,
    Uncertain,
    Value,
    combine_dims,
    describe_dims,
    from_range,
    is_counted,
    median,
    strip_counts,
)
from loadcase.core.unitformat import format_quantity

__all__ = [
    "PHYSICAL",
    "Dims",
    "Quantity",
    "Uncertain",
    "Value",
    "describe_dims",
    "format_quantity",
    "in_unit",
    "is_counted",
    "looks_like_quantity",
    "median",
    "missing_unit",
    "parse_ends",
    "parse_quantity",
    "parse_unit",
    "strip_counts",
]

_LONGEST = 200
_MOST_UNITS = 12
_EXAMPLES = "write a number and a unit, such as 250 ms, 300 B, 50M user or 40 message/user/day"

_NUMBER = re.compile(r"([+-]?)\s*(\$?)\s*((?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)")
_MULTIPLIER = re.compile(r"\s?(k|K|M|G|T|thousand|million|billion|trillion)(?=$|\s|/)")
_BILLION = re.compile(r"B(?=$|\s+[A-Za-z%])")  # attached only: "2B user" is two billion, "300 B" is bytes
_TERM = re.compile(r"\s*([A-Za-zµμ%_]+)\s*(?:(?:\^|\*\*)\s*(-?\d{1,2})(?!\d))?\s*")
_SHAPE = re.compile(r"[+-]?\s*\$?\s*(?:\d|\.\d)[^()]*$")

_MULTIPLIERS = {
    "": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "B": 1e9, "T": 1e12,
    "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12,
}  # fmt: skip

_PREFIXED = ("ms", "us", "ns", "kB", "MB", "GB", "TB", "PB")
_CONFUSED = {
    "m": "write min for minutes, ms for milliseconds, month for months",
    "b": "write B for bytes, bit for bits",
    "Mb": "write MB for megabytes, Mbit for megabits",
    "Gb": "write GB for gigabytes, Gbit for gigabits",
    "Kb": "write kB for kilobytes, kbit for kilobits",
    "kb": "write kB for kilobytes, kbit for kilobits",
    "mb": "write MB for megabytes",
    "gb": "write GB for gigabytes",
    "tb": "write TB for terabytes",
    "Ms": "write ms for milliseconds",
    "EUR": "prices are in USD",
    "GBP": "prices are in USD",
}


def parse_quantity(text: str | float, name: str = "") -> Value:
    """Read ``50M user``, ``300 B``, ``$900k/month``, ``99.95 %``, a number, or a range ``20M..80M user``.

    k, M, G, T multiply; so does B (billion) attached to its number. A range is a 90 % interval; its samples
    are drawn from a seed made of ``name`` and the text. Raises UnitError.
    """
    if isinstance(text, bool) or not isinstance(text, (str, int, float)):
        raise UnitError(f"expected a quantity, got {shorten(repr(text))}", hint=_EXAMPLES)
    if not isinstance(text, str):
        try:
            return Quantity(float(text))
        except OverflowError:
            raise UnitError("the number is too large", hint=_EXAMPLES) from None
    if len(text) > _LONGEST:
        raise UnitError(f"a quantity has at most {_LONGEST} characters, got {len(text)}", hint=_EXAMPLES)
    if ".." in text:
        return _parse_range(text, name)
    number, unit = _split(text.strip())
    factor, dims = parse_unit(unit)
    return Quantity(number * factor, dims)


def looks_like_quantity(text: str) -> bool:
    """True when the text has the outward form of a quantity: a number, then nothing but units or a range."""
    if not _SHAPE.match(text.strip()) or len(text) > _LONGEST:
        return False
    try:
        for part in text.strip().split("..", 1):
            _terms(_split(part)[1])
    except UnitError:
        return False
    return True


def in_unit(x: Value, unit: str) -> float:
    """The number of ``unit`` (``GB/day``) in a quantity, or in a range's median."""
    factor, dims = parse_unit(unit)
    if dims != x.dims:
        raise UnitError(
            f"cannot show {format_quantity(x)} ({describe_dims(x.dims)}) in {unit} ({describe_dims(dims)})",
            code="LC202",
        )
    return median(x).value / factor


def parse_unit(text: str) -> tuple[float, Dims]:
    """Read a unit alone: ``message/user/day``, ``/s``, ``GB``, or nothing; gives (factor to base, dims)."""
    factor = 1.0
    parts: list[tuple[str, int]] = []
    for unit, power, sign in _terms(text):
        one, dims = _known_unit(unit)
        factor *= one ** (power * sign)
        parts += [(dim, p * power * sign) for dim, p in dims]
    return factor, combine_dims(parts)


def missing_unit(given: object, value: Value, units: Sequence[str], example: str) -> str:
    """What to try when ``given`` came to a plain ``value`` and one of ``units`` was wanted; empty if it has a unit."""
    if value.dims:
        return ""
    text = given.strip() if isinstance(given, str) else ""
    if re.search(r"\dB$", text):
        return f'B attached to a number means billion; write "{text[:-1]} B" for bytes'
    if isinstance(value, Uncertain) or text.endswith("%") or (text and not looks_like_quantity(text)):
        return f"it has no unit, and a quantity such as {example} has one"
    return f"it has no unit; write {' or '.join(f'{format_quantity(value)} {unit}' for unit in units)}"


def unit_names() -> list[str]:
    """Every unit's name and aliases, in the order of the unit file, without prefixes."""
    return list(_unit_table())


def parse_ends(text: str) -> tuple[Quantity, Quantity, str]:
    """Both ends of ``10..200``, ``10..200 ms`` or ``$1M..2M/month``, and the text of their unit. Raises UnitError."""
    low_text, _, high_text = text.strip().partition("..")
    if not low_text.strip() or not high_text.strip():
        shown = shorten(f"{low_text}..{high_text}")
        raise UnitError(f'expected a quantity at both ends, got "{shown}"', hint="write a range as 20M..80M user")
    low, low_unit = _split(low_text)
    high, high_unit = _split(high_text)
    if low_unit == "USD" and "$" in low_text:  # $1M..$2M/month and $1M..2M/month
        if "USD" not in high_unit:
            high_unit = f"USD{'*' if high_unit and high_unit[0] != '/' else ''}{high_unit}"
        low_unit = ""
    low_factor, low_dims = parse_unit(low_unit or high_unit)
    high_factor, high_dims = parse_unit(high_unit)
    if low_dims != high_dims:
        raise UnitError(
            f"the ends differ: {describe_dims(low_dims)} and {describe_dims(high_dims)}",
            hint="give the unit once, as in 20M..80M user",
            code="LC202",
        )
    return Quantity(low * low_factor, low_dims), Quantity(high * high_factor, high_dims), high_unit


def _parse_range(text: str, name: str) -> Uncertain:
    low, high, _ = parse_ends(text)
    return from_range(low.value, high.value, low.dims, f"{name}:{text.strip()}")


def _split(text: str) -> tuple[float, str]:
    """The number with its multiplier applied, and the text of the unit."""
    text = text.strip()
    found = _NUMBER.match(text)
    if not found:
        raise UnitError(f'expected a quantity, got "{shorten(text)}"', hint=_EXAMPLES, column=1)
    sign, dollar, digits = found.groups()
    rest = text[found.end() :]
    if rest[:1] == ",":
        raise UnitError(f'a comma does not belong in a number, got "{shorten(text)}"', hint="write 1000000 or 1M")
    multiplier = _MULTIPLIER.match(rest) or _BILLION.match(rest)
    scale = 1.0
    if multiplier:
        scale, rest = _MULTIPLIERS[multiplier.group().strip()], rest[multiplier.end() :]
    number = Quantity(float(digits.replace("_", "")) * scale * (-1 if sign == "-" else 1)).value
    unit = rest.strip()
    return number, f"USD{'*' if unit and unit[0] != '/' else ''}{unit}" if dollar else unit


def _terms(text: str) -> list[tuple[str, int, int]]:
    """The unit's parts as (name, power, +1 above or -1 below the line)."""
    text = re.sub(r"\bper\s", "/", text).strip()
    terms: list[tuple[str, int, int]] = []
    place, sign = 0, 1
    if text[:1] == "/":
        place, sign = 1, -1
    while text:
        found = _TERM.match(text, place)
        if not found or len(terms) == _MOST_UNITS:
            raise UnitError(f'cannot read the unit "{shorten(text)}"', hint=_EXAMPLES)
        power = int(found.group(2) or 1)
        if abs(power) > HIGHEST_POWER:
            raise UnitError(f"a unit to a power beyond {HIGHEST_POWER} has no meaning here")
        terms.append((found.group(1), power, sign))
        place = found.end()
        if place == len(text):
            break
        if text[place] not in "/*·":
            raise UnitError(f'cannot read the unit "{shorten(text)}"', hint="join units by / or *, as in GB/day")
        sign = -1 if text[place] == "/" else 1
        place += 1
    return terms


@lru_cache(maxsize=1)
def _registry() -> Any:
    """Pint's registry of our own unit file (in pint's, M is molar and k is Boltzmann's constant)."""
    import pint

    registry: Any = pint.UnitRegistry(None)
    lines = (Path(__file__).parent / "units.txt").read_text(encoding="utf-8").splitlines()
    registry.load_definitions([line for line in lines if line.strip() and not line.startswith("#")])
    return registry


@lru_cache(maxsize=1)
def _unit_table() -> dict[str, str]:
    """Unit name or alias -> its line's first name, read from the unit file for suggestions."""
    table: dict[str, str] = {}
    for line in (Path(__file__).parent / "units.txt").read_text(encoding="utf-8").splitlines():
        names = [part.strip() for part in line.split("=")]
        if len(names) > 1 and not line.startswith("#") and not names[0].endswith("-"):
            table.update(dict.fromkeys((names[0], *names[2:]), names[0]))
    return table


@lru_cache(maxsize=1024)
def _known_unit(name: str) -> tuple[float, Dims]:
    """(factor to base, dims) of one unit, prefix and plural included."""
    registry = _registry()
    spelled = {"%": "percent"}.get(name, name.replace("μ", "µ"))
    for prefix, unit, suffix in sorted(registry.parse_unit_name(spelled), key=lambda found: len(found[0])):
        dims: Dims = tuple((d.strip("[]"), int(p)) for d, p in registry.get_dimensionality(unit).items())
        dims = tuple(sorted(dims))
        if _may_join(prefix, unit, dims) and not (suffix and (len(spelled) <= 3 or spelled.endswith("Bs"))):
            return float(registry.get_root_units(prefix + unit)[0]), dims
    hint = _CONFUSED.get(name) or suggest(name, (*_unit_table(), *_PREFIXED)) or _EXAMPLES
    raise UnitError(f'unknown unit "{shorten(name)}"', hint=hint)


def _may_join(prefix: str, unit: str, dims: Dims) -> bool:
    """Whether people write that prefix on that unit: ms yes, Ms no; GB yes, mB no; Mtoken yes, Mday no."""
    if not prefix:
        return True
    if prefix in ("milli", "micro", "nano"):
        return unit == "second" or (prefix == "milli" and unit == "core")
    if prefix.endswith("bi"):
        return unit in ("byte", "bit")
    return ("time", 1) not in dims and unit not in ("percent", "cent")
