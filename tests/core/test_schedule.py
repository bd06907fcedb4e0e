"""Overlapping changes compose to the right state at every instant, against an oracle that knows no order."""

from __future__ import annotations

import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from loadcase.core.schedule import BASE, Change, compose

TARGETS = [("replica", "a", 0), ("replica", "a", 1), ("flow", "a"), ("zones", 0, 1), ("link", "a", "b")]
FIELDS = {"speed": ("factor",), "down": ("set",), "errors": ("add",), "mixed": ("factor", "set", "add")}
VALUES = st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0])
INSTANTS = st.integers(0, 12).map(lambda i: i / 4)


@st.composite
def change(draw: st.DrawFn) -> Change:
    field = draw(st.sampled_from(sorted(FIELDS)))
    end = draw(INSTANTS | st.just(math.inf))
    how = draw(st.sampled_from(FIELDS[field]))
    return Change(draw(st.sampled_from(TARGETS)), field, how, draw(VALUES), draw(INSTANTS), end)  # type: ignore[arg-type]


def oracle(changes: list[Change], target: object, field: str, time: float) -> float:
    """The state by definition."""
    on = [c for c in changes if c.target == target and c.field == field and c.start <= time < c.end]
    value = max((c.value for c in on if c.how == "set"), default=BASE.get(field, 0.0))
    for c in on:
        value *= c.value if c.how == "factor" else 1.0
    return value + math.fsum(c.value for c in on if c.how == "add")


@given(st.lists(change(), max_size=9), st.randoms())
def test_the_states_are_right_at_every_instant(changes: list[Change], random: object) -> None:
    states = compose(changes)
    assert [s.time for s in states] == sorted(s.time for s in states)
    for target in TARGETS:
        for field in FIELDS:
            mine = [s for s in states if s.target == target and s.field == field]
            assert len({s.time for s in mine}) == len(mine)
            for k in range(-1, 30):
                time = k / 8
                reached = [s.value for s in mine if s.time <= time]
                now = reached[-1] if reached else BASE.get(field, 0.0)
                assert now == oracle(changes, target, field, time), (target, field, time)
            values = [BASE.get(field, 0.0), *(s.value for s in mine)]
            assert all(a != b for a, b in pairwise(values))
    random.shuffle(changes)  # type: ignore[attr-defined]
    assert compose(changes) == states


@given(st.lists(change(), max_size=9))
def test_all_is_as_before_once_every_change_is_over(changes: list[Change]) -> None:
    over = [c for c in changes if math.isfinite(c.end)]
    last: dict[object, float] = {}
    for state in compose(over):
        last[state.target, state.field] = state.value
    assert all(value == BASE.get(field, 0.0) for (_, field), value in last.items())  # type: ignore[misc]
