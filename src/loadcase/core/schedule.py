"""What faults do to a design, as changes of parameters in time, and how overlapping ones compose.

A fault lowers to `Change`s: a field of one part of the design is multiplied, set or added to from `start` to `end`.
`compose` flattens them to the states that each field goes through, which is all that the engine replays.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

Target = tuple[str | int, ...]
"""A part of the design: ("replica", component, number), ("flow", name), ("cache", name, number), ("key", space),
("consumer", flow), ("clock", flow), ("messages", component), ("shard", component, number), ("link", from, to) with
"client" for the clients, ("zones", from, to) by number of the area."""
BASE = {"speed": 1.0, "arrivals": 1.0}
"""The value of a field on which no fault acts; 0 for those not listed."""


@dataclass(frozen=True)
class Change:
    """A field of a target is changed from `start` until just before `end`, seconds after the warm-up."""

    target: Target
    field: str
    how: Literal["factor", "set", "add"]
    value: float
    start: float
    end: float = math.inf


@dataclass(frozen=True)
class State:
    """From `time` on, seconds after the warm-up, a field of a target has this value."""

    time: float
    target: Target
    field: str
    value: float


def value_at(changes: Iterable[Change], field: str, time: float) -> float:
    """The state of one field at a time: the largest value that is set, or else its base, times all factors, plus all
    that is added. The order in which faults are listed does not matter."""
    value, factor, added = -math.inf, 1.0, 0.0
    for change in changes:
        if not change.start <= time < change.end:
            continue
        if change.how == "set":
            value = max(value, change.value)
        elif change.how == "factor":
            factor *= change.value
        else:
            added += change.value
    return (value if value > -math.inf else BASE.get(field, 0.0)) * factor + added


def compose(changes: Iterable[Change]) -> list[State]:
    """The states that the changed fields go through, in order of time; only where the value changes."""
    ordered = sorted(changes, key=lambda c: (_sortable(c.target), c.field, c.start, c.end, c.how, c.value))
    states: list[State] = []
    for (_, field), group in groupby(ordered, key=lambda c: (_sortable(c.target), c.field)):
        same = list(group)
        before = BASE.get(field, 0.0)
        active: list[Change] = []
        waiting = iter([*same, None])
        following = next(waiting)
        for time in sorted({t for c in same for t in (c.start, c.end) if math.isfinite(t)}):
            while following is not None and following.start <= time:
                active.append(following)
                following = next(waiting)
            active = [c for c in active if c.end > time]
            value = value_at(active, field, time)
            if value != before:
                states.append(State(time, same[0].target, field, value))
                before = value
    return sorted(states, key=lambda s: s.time)


def _sortable(target: Target) -> tuple[tuple[bool, str, int], ...]:
    return tuple((isinstance(p, int), "" if isinstance(p, int) else p, p if isinstance(p, int) else 0) for p in target)
