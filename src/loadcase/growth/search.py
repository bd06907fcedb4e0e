"""The load between one that holds and one that breaks, by asking what becomes of a few."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from loadcase.core.results import Verdict
from loadcase.growth.paper import BRACKET

TRIES = 24
NARROW = 1.01
"""Nearer than this to a load at which runs cannot tell no other is asked for."""


@dataclass(frozen=True)
class Bracket:
    """`low` holds, and `high` breaks; infinite where nothing breaks up to the end. Equal where it breaks at the very
    load at which it begins. `undecided`: loads in between at which runs cannot tell, in ascending order."""

    low: float
    high: float
    undecided: tuple[float, ...] = ()


def bracket(low: float, end: float, guess: float, ask: Callable[[float], Verdict | None]) -> Bracket | None:
    """Brings the load that holds and the one that breaks to within `BRACKET` of each other.

    `low` is taken to hold until the search comes to it, `guess` is where to look first. Loads at which `ask` cannot
    tell narrow the bracket from neither side, so that it may stay wider. So it may when `ask` has no answer any more;
    None when it has none before something held and something broke.
    """
    start, high, asked = low, math.inf, False
    grey: list[float] = []
    reach = BRACKET
    load = end if guess > end else max(low, guess / math.sqrt(BRACKET))
    for _ in range(TRIES):
        verdict = ask(load)
        if verdict is None:
            if asked and not math.isinf(high):
                break
            return None
        if verdict == "holds":
            low, asked = load, True
            if load >= end:
                return Bracket(load, math.inf)
        elif verdict == "broken":
            if load <= start:
                return Bracket(load, load)
            high = load
        else:
            grey.append(load)
            if load <= start:
                asked = True
        grey = sorted(g for g in grey if low < g < high)
        if asked and high / low <= BRACKET * (1 + 1e-9):
            break
        lowest, highest = min([*grey, high]), max([*grey, low])
        if not asked:  # down, until something holds
            load, reach = max(start, lowest / reach), reach**1.5
        elif math.isinf(high):
            if highest >= end:
                break
            load, reach = min(end, highest * reach), reach**1.5
        else:
            pairs = [(low, lowest), (highest, high)]
            left, right = max(pairs, key=lambda p: p[1] / p[0])
            if right / left <= NARROW:
                break
            load = math.sqrt(left * right)
    return Bracket(low, high, tuple(grey))
