"""Numbers in base units as people read them, without loading the unit registry."""

from __future__ import annotations

import math

_TIMES = ((1e-6, 1e9, "ns"), (1e-3, 1e6, "µs"), (1.0, 1e3, "ms"), (120.0, 1.0, "s"))
_PREFIXES = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def digits(value: float, places: int = 3) -> str:
    """A number with three significant digits, and no exponent up to 10^21."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    size = math.floor(math.log10(abs(value)))
    if size > 20:
        return f"{value:.{places}g}"
    rounded = float(f"{value:.{places - 1}e}")
    text = f"{rounded:.{max(0, places - 1 - size)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def show(value: float, unit: str) -> str:
    """`0.0544, "s"` as 54.4 ms; `46296, "1/s"` as 46.3k/s; `0.99951, "ratio"` as 99.951 %."""
    if not math.isfinite(value):
        return "-"
    if unit == "s":
        if abs(value) < 1e-10:
            return "0 s"
        for limit, factor, name in _TIMES:
            if abs(value) < limit:
                return f"{digits(value * factor)} {name}"
        return f"{digits(value)} s"
    if unit == "ratio":
        percent = value * 100
        near = abs(100 - percent)
        places = 3 if near > 1 or near == 0 else min(9, 3 + max(0, math.ceil(-math.log10(near))))
        return f"{digits(percent, places)} %"
    if unit == "B":
        return f"{_prefixed(value)}B" if abs(value) >= 999.5 else f"{digits(value)} B"
    if unit == "USD/month":
        return f"${_prefixed(value)}/month".replace(" ", "")
    text = _prefixed(value).replace(" ", "")
    return f"{text}/s" if unit == "1/s" else text


def _prefixed(value: float) -> str:
    for factor, prefix in _PREFIXES:
        if abs(value) >= factor * 0.9995:
            return f"{digits(value / factor)} {prefix}"
    return digits(value)
