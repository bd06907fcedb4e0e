"""How arrivals spread over time: `poisson`, `paced`, `bursty(...)`, `daily(...)`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from loadcase.blueprint.problems import Path, Problems, describe
from loadcase.core.errors import LoadcaseError
from loadcase.core.expressions import evaluate
from loadcase.core.quantity import median

_CALL = re.compile(r"\s*(bursty|daily)\s*\(([^()]*)\)\s*\Z")
TAKES = "poisson, paced, bursty(10, 1 s, 9 s) (factor, mean burst, mean pause) or daily(2, 24 hour) (peak, period)"


def parse_pattern(raw: Any, scope: Mapping[str, Any], problems: Problems, path: Path) -> Any:
    """`poisson` or `paced` as they are; the others as a tuple of their name and numbers (s)."""
    if raw in ("poisson", "paced"):
        return raw
    match = _CALL.match(raw) if isinstance(raw, str) else None
    if match is None:
        problems.add("LC360", f"unknown arrival pattern {describe(raw)}", path, f"expected {TAKES}")
        return "poisson"
    values, at = [], match.start(2)
    for part in match[2].split(","):
        try:
            values.append(median(evaluate(part.strip(), scope)))
        except LoadcaseError as error:
            problems.error(error, path, at=at + len(part) - len(part.lstrip()))
            return "poisson"
        at += len(part) + 1
    wanted = [(), (("time", 1),), (("time", 1),)] if match[1] == "bursty" else [(), (("time", 1),)]
    if [v.dims for v in values] != wanted or any(v.value <= 0 for v in values) or values[0].value < 1:
        problems.add("LC361", f"cannot use {describe(raw)}", path, f"expected {TAKES}; the first number is at least 1")
        return "poisson"
    if match[1] == "daily" and values[0].value > 2:
        problems.add("LC361", "a sine's peak is at most twice its mean", path, "write daily(2, 24 hour) or less")
        return "poisson"
    if match[1] == "bursty" and (values[0].value > 10_000 or min(v.value for v in values[1:]) < 1e-6):
        problems.add("LC361", f"{describe(raw)}: the factor is at most 10,000, bursts last 1 us or more", path,
                     "shorter bursts are as good as poisson")  # fmt: skip
        return "poisson"
    return (match[1], *(float(v.value) for v in values))
