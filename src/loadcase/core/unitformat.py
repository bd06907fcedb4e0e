"""Quantities as engineers read them: 23.1k/s, 600 GB/day, 1.1 PB, 250 ms, $900k/month."""

from __future__ import annotations

from collections.abc import Sequence

from loadcase.core.quantity import Dims, Quantity, Uncertain, Value

MINUTE_S, HOUR_S, DAY_S = 60.0, 3600.0, 86400.0
YEAR_S = 365.25 * DAY_S
MONTH_S = YEAR_S / 12

_Step = tuple[float, str]
_PLAIN: Sequence[_Step] = ((1, ""), (1e3, "k"), (1e6, "M"), (1e9, "G"), (1e12, "T"))
_DATA: Sequence[_Step] = (
    (1, " B"), (1e3, " kB"), (1e6, " MB"), (1e9, " GB"), (1e12, " TB"), (1e15, " PB"), (1e18, " EB"),
)  # fmt: skip
_TIME: Sequence[_Step] = (
    (1e-9, " ns"), (1e-6, " µs"), (1e-3, " ms"), (1, " s"), (2 * MINUTE_S, " min"), (HOUR_S, " h"),
    (DAY_S, " day"), (YEAR_S, " year"),
)  # fmt: skip
_TIME_SIZE = {" min": MINUTE_S, " h": HOUR_S, " day": DAY_S, " year": YEAR_S}
_PER = {"s": 1.0, "min": MINUTE_S, "h": HOUR_S, "day": DAY_S, "month": MONTH_S, "year": YEAR_S}
_BASE = {"time": "s", "data": "B", "money": "USD"}


def format_quantity(x: Value, unit: str = "", *, per: str = "", digits: int = 3) -> str:
    """Show a quantity, or a range as ``p50 (p5..p95)``, in the unit that reads best or in the given ``unit``.

    ``unit`` may be any unit of the right dimension (``%``, ``GB/day``); ``per`` (s, min, h, day, month, year)
    only chooses the time below the line. Left to itself, growth of data is shown per day, money per month,
    all else per second.
    """
    if isinstance(x, Uncertain):
        low, mid, high = (
            format_quantity(Quantity(x.percentile(p), x.dims), unit, per=per, digits=digits) for p in (5, 50, 95)
        )
        return f"{mid} ({low}..{high})"
    if unit:
        from loadcase.core.units import in_unit

        number = in_unit(x, unit)
        if unit == "%":
            return f"{number:.{digits + 3}g} %"
        return _join(_scaled(number, _PLAIN, digits), unit)
    return _format(x, per, digits)


def _format(x: Quantity, per: str, digits: int) -> str:
    dims = dict(x.dims)
    value = x.value or 0.0  # -0.0 is 0
    below = ""
    if dims.get("time") == -1:
        per = per or _natural_per(value, dims)
        value *= _PER[per]
        del dims["time"]
        below = f"/{per}"
    if dims.get("money") == 1 and dims.get("data") == -1:
        value *= 1e9
        del dims["data"]
        below = f"/GB{below}"
    elif dims.get("money") == 1 and 0 < abs(value) < 1e-3 and -1 in dims.values():
        thing = next(name for name, p in dims.items() if p == -1)
        value *= 1e6
        del dims[thing]
        below = f"/M{thing}{below}"
    lead, unit_of_lead = _lead(value, dims, digits, exact=not below)
    return lead + _rest(dims, unit_of_lead) + below


def _lead(value: float, dims: dict[str, int], digits: int, exact: bool) -> tuple[str, str]:
    """The number with the unit that its size is shown in, and the dimension that this unit has used up."""
    if dims.get("money") == 1:
        sign = "-" if value < 0 else ""
        return f"{sign}${_scaled(abs(value), _PLAIN, digits)}", "money"
    if dims.get("data") == 1:
        return _scaled(value, _DATA, digits), "data"
    if dims.get("time") == 1:
        return _scaled(value, _TIME, digits), "time"
    if exact and value == int(value) and abs(value) < 10_000:
        return f"{value:.0f}", ""
    if 0.9 < value < 1:  # a share such as 0.9995, where rounding to 1 would hide what matters
        digits += 3
    return _scaled(value, _PLAIN, digits), ""


def _rest(dims: dict[str, int], used: str) -> str:
    """The units that are left, counted things first: `` message/user``."""
    left = sorted(((n, p) for n, p in dims.items() if n != used), key=lambda item: item[0] in _BASE)
    above = "*".join(_power(n, p) for n, p in left if p > 0)
    below = "".join(f"/{_power(n, -p)}" for n, p in left if p < 0)
    if above:
        above = f"*{above}" if used in ("data", "time") else f" {above}"
    return above + below


def _power(name: str, power: int) -> str:
    name = _BASE.get(name, name)
    return name if power == 1 else f"{name}^{power}"


def _natural_per(value: float, dims: dict[str, int]) -> str:
    if dims.get("money"):
        return "month"
    if dims.get("data") == 1 and len(dims) == 2:
        return "day"
    if value == 0 or abs(value) >= 0.1:
        return "s"
    return "day" if abs(value) * DAY_S >= 0.1 else "year"


def _scaled(value: float, steps: Sequence[_Step], digits: int) -> str:
    """The value to ``digits`` significant digits, in the largest step that leaves 1 or more of it."""
    if value == 0:
        base = next(mark for size, mark in steps if size >= 1)
        return f"0{base}"
    size, mark = steps[0]
    for threshold, name in steps:
        if abs(_significant(value, digits)) >= threshold:
            size, mark = _TIME_SIZE.get(name, threshold), name
    shown = _significant(value / size, digits)
    return f"{shown:.15g}{mark}"


def _significant(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")


def _join(number: str, unit: str) -> str:
    return number + unit if unit.startswith("/") else f"{number} {unit}"


def format_dims(dims: Dims) -> str:
    """The base unit of a dimension: ``B/s``, ``message/s``, or nothing for a plain number."""
    return _rest(dict(dims), "").strip()
