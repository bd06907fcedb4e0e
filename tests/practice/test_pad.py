"""The estimate pad computes with units, and with what was told."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadcase.core.errors import LoadcaseError
from loadcase.core.quantity import Quantity
from loadcase.core.units import parse_quantity
from loadcase.practice.events import Answered, Changed, Estimated, Event
from loadcase.practice.pad import computed, pad, shown
from loadcase.practice.record import Record, Setup
from loadcase.systems import system

SCOPE = {"users": parse_quantity("50M user"), "rate": parse_quantity("100 message/s")}


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("50M user", "50M user"),
        ("users * 40 message/user/day", "23.1k message/s"),
        ("rate * 300 B/message * 5 year", "4.73 TB"),
        ("10 % * users", "5M user"),
        ("users / 1k", "50k user"),
        ("$900 / users", "$18/Muser"),
        ("5 min + 3 s", "5.05 min"),
        ("50 million user * 2", "100M user"),
        ("2 ** 3", "8"),
        ("max(3 GB, 2 GB)", "3 GB"),
        ("round(5.5 GB / 1 GB)", "6"),
        ("3 users/day", "3 user/day"),
        ("20M..80M user", "40M user (20M user..80M user)"),
    ],
)
def test_lines_with_units(formula: str, value: str) -> None:
    assert shown(computed("x", formula, SCOPE)) == value


@pytest.mark.parametrize(
    ("name", "formula", "said"),
    [
        ("x", "usres * 2", 'did you mean "users"'),
        ("x", "1 / 0", "division by zero"),
        ("x", "users + rate", "cannot"),
        ("x", "__import__('os')", "not part of a formula"),
        ("max", "1", "is no name"),
        ("2x", "1", "is no name"),
        ("x", "3 Mb", "write MB"),
        ("x", "", "empty"),
    ],
)
def test_what_cannot_be_computed_says_why(name: str, formula: str, said: str) -> None:
    with pytest.raises(LoadcaseError) as caught:
        computed(name, formula, SCOPE)
    assert said in str(caught.value)


@given(st.text("0123456789 .users/day*kMGB%$()", max_size=30))
def test_any_line_is_computed_or_refused(formula: str) -> None:
    with contextlib.suppress(LoadcaseError):
        assert shown(computed("x", formula, SCOPE))


def filled(*events: Event) -> Record:
    return Record(Setup("chat"), events)


def told(name: str) -> Event:
    return Answered(at=0.0, to=0, how="told", text="x", facts=(name,))


def line(name: str, formula: str) -> Event:
    return Estimated(at=0.0, name=name, formula=formula, value="")


def test_a_fact_is_on_the_pad_once_it_was_told() -> None:
    facts = system("chat").facts
    before = pad(filled(line("rate", "users * sends")), facts)
    assert list(before.problems) == [0]
    after = pad(filled(told("users"), told("sends"), told("loss"), line("rate", "users * sends")), facts)
    assert shown(after.values["rate"]) == "23.1k message/s"
    assert list(after.told) == ["users", "sends"], "what has no figure is not on the pad"


def test_a_line_uses_the_latest_of_those_before_it() -> None:
    found = pad(
        filled(line("a", "1 s"), line("b", "a * 2"), line("a", "5 s"), line("c", "a * 2")), system("chat").facts
    )
    assert {name: value.value for name, value in found.values.items() if isinstance(value, Quantity)} == {
        "a": 5.0, "b": 2.0, "c": 10.0
    }  # fmt: skip


def test_a_requirement_that_changes_changes_what_was_told() -> None:
    changed = Changed(at=1.0, text="x", name="many_blogs")
    events = (told("users"), line("before", "users"), changed, line("after", "users"))
    found = pad(filled(*events), system("blog-comments").facts)
    assert (shown(found.values["before"]), shown(found.values["after"])) == ("100k user", "1G user")
