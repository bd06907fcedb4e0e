"""The objectives of `operate.slos`: `metric comparison quantity over time`, each as a share of operations."""

from __future__ import annotations

import re
from typing import Any

from loadcase.blueprint.contract import ContractParser
from loadcase.blueprint.model import Guarantee, Objective
from loadcase.blueprint.problems import Path, Problems, describe
from loadcase.core.errors import LoadcaseError
from loadcase.core.units import in_unit, parse_quantity

SHORTEST_S, LONGEST_S = 3 * 86400.0, 366 * 86400.0
"""Of the time of an objective: its slowest alert looks back three days."""
EXAMPLE = "for example send.availability >= 99.9 % over 28 day, or send.p95 < 300 ms over 28 day"
_LINE = re.compile(r"(.*\S)\s+over\s+(\S.*?)\s*\Z", re.DOTALL)
_PERCENTILE = re.compile(r"(?:age\.)?p(\d+)\Z")


def objectives_of(parser: ContractParser, lines: list[str]) -> tuple[Objective, ...]:
    """The objectives of a blueprint; what is wrong is noted, and left out."""
    found: dict[str, Objective] = {}
    for i, text in enumerate(lines):
        path: Path = ("operate", "slos", i)
        one = _objective(parser, text, path)
        if one is None:
            continue
        if one.metric in found:
            parser.problems.add("LC349", f"there is an objective for {one.metric} already", path,
                                f"keep one of the two: {found[one.metric].text}")  # fmt: skip
            continue
        found[one.metric] = one
    return tuple(found.values())


def _objective(parser: ContractParser, text: str, path: Path) -> Objective | None:
    match = _LINE.match(text) if len(text) < 500 else None
    if match is None:
        parser.problems.add("LC347", f"cannot read the objective {describe(text)}: over what time?", path, EXAMPLE)
        return None
    line = parser.guarantee(match[1], path)
    window_s = _window(parser.problems, match[2], path, match.start(2))
    if line is None or window_s is None:
        return None
    flow, _, metric = line.metric.partition(".")
    percentile = _PERCENTILE.match(metric)
    if flow not in parser.b.flows or not (metric == "availability" or percentile):
        parser.problems.add("LC348", f"{line.metric} counts no good and bad operations to make a budget of", path,
                            f"an objective is about a flow's availability or a percentile, {EXAMPLE}")  # fmt: skip
        return None
    if not _points_up(parser.problems, line, percentile is None, path):
        return None
    share, limit_s = (float(f"0.{percentile[1]}"), line.bound) if percentile else (line.bound, None)
    if not 0.0 < share < 1.0 or limit_s == 0.0:
        what = f"an objective of {share:.6g}" if limit_s is None else "a time of 0 s"
        parser.problems.add("LC348", f"{what} leaves no budget to alert on: it has to be between never and always",
                            path, EXAMPLE)  # fmt: skip
        return None
    return Objective(" ".join(text.split()), line.metric, flow, share, limit_s, window_s, path)


def _points_up(problems: Problems, line: Guarantee, availability: bool, path: Path) -> bool:
    """Whether an objective asks for much availability, or for little time."""
    wanted = (">=", ">") if availability else ("<", "<=")
    if line.comparison not in wanted:
        more = "better" if availability else "worse"
        problems.add("LC348", f"{line.metric} {line.comparison} ... is no objective: more of it is {more}", path,
                     f"write {line.metric} {wanted[0]} ...")  # fmt: skip
        return False
    return True


def _window(problems: Problems, text: Any, path: Path, at: int) -> float | None:
    """The time of an objective, s."""
    try:
        window_s = in_unit(parse_quantity(text), "s")
    except LoadcaseError as error:
        problems.error(error, path, at=at)
        return None
    if not SHORTEST_S <= window_s <= LONGEST_S:
        problems.add("LC349", f"an objective is over 3 day to 366 day, got {describe(text)}", path,
                     "28 day has the same number of weekends every time", offset=at)  # fmt: skip
        return None
    return window_s
