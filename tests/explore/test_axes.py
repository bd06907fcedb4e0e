"""What can be written behind --set, and which points follow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from loadcase.core.errors import UsageError
from loadcase.explore.axes import Axis, grid, latin_hypercube, parse_axes, parse_axis


def values(text: str) -> list[Any]:
    return [s.value for s in parse_axis(text).settings]


def numbers(axis: Axis) -> Sequence[float | None]:
    return [s.number for s in axis.settings]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("web.replicas=10..40 step 10", [10, 20, 30, 40]),
        ("web.replicas=10..45 step 10", [10, 20, 30, 40]),
        ("web.replicas=10..200 x3", [10, 105, 200]),
        ("web.replicas=0..100", [0, 25, 50, 75, 100]),
        ("web.replicas=1..3", [1, 2, 3]),
        ("web.share=0..1 x5", [0.0, 0.25, 0.5, 0.75, 1.0]),
        ("web.share=0.0..1.0 x3", [0.0, 0.5, 1.0]),
        ("estimates.users=1k..1M log x4", [1000, 10_000, 100_000, 1_000_000]),
        ("estimates.users=1k..1M x4 log", [1000, 10_000, 100_000, 1_000_000]),
        ("web.replicas=1..8 log", [1, 2, 3, 5, 8]),
        ("web.wait=100..300 ms x3", ["100 ms", "200 ms", "300 ms"]),
        ("web.wait=100 ms..1 s x2", ["0.1 s", "1 s"]),
        ("web.wait=10..30 ms step 10", ["10 ms", "20 ms", "30 ms"]),
        ("web.wait=10..30 ms step 10 ms", ["10 ms", "20 ms", "30 ms"]),
        ("web.share=10..20 % x2", ["10 %", "20 %"]),
        ("web.price=$1k..2k/month x3", ["1000 USD/month", "1500 USD/month", "2000 USD/month"]),
        ("cache.policy=lru,lfu", ["lru", "lfu"]),
        ("web.replicas=2, 4,8", [2, 4, 8]),
        ("web.work=exp(2 ms),lognormal(p50=2 ms, p99=20 ms)", ["exp(2 ms)", "lognormal(p50=2 ms, p99=20 ms)"]),
        ("web.zones=null,3", [None, 3]),
        ("flows.r.steps=[web.handle],[web.handle, db.read]", [["web.handle"], ["web.handle", "db.read"]]),
        ("estimates.users=1k", ["1k"]),
    ],
)
def test_values(text: str, expected: list[Any]) -> None:
    assert values(text) == expected
    assert [type(v) for v in values(text)] == [type(v) for v in expected]


def test_numbers_are_in_base_units() -> None:
    axis = parse_axis("web.wait=100..300 ms x3")
    assert numbers(axis) == pytest.approx([0.1, 0.2, 0.3])
    assert axis.unit == "s"
    listed = parse_axis("web.wait=100 ms,1 s")
    assert numbers(listed) == pytest.approx([0.1, 1.0])
    assert numbers(parse_axis("a.b=lru,lfu")) == [None, None]
    assert parse_axis("a.b=lru,5").unit == "text"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("web.replicas", "PATH=VALUES"),
        ("web.replicas=", "PATH=VALUES"),
        ("=3", "PATH=VALUES"),
        ("a.b=5..1", "smaller to its larger"),
        ("a.b=5..5", "smaller to its larger"),
        ("a.b=0..9 log", "its low end is above 0"),
        ("a.b=1..9 log step 2", "a step is a distance"),
        ("a.b=1..9 x3 step 2", "not both"),
        ("a.b=1..9 x1", "at least two"),
        ("a.b=1..9 x3 x4", "twice"),
        ("a.b=1..9 step 0", "positive distance"),
        ("a.b=1..9 ms step 1 B", "positive distance"),
        ("a.b=1 ms..9 B", "the ends differ"),
        ("a.b=1..9 furlong", "unknown unit"),
        ("a.b=..9", "both ends"),
        ("a.b=1,,2", "cannot read the values"),
        ("a.b=exp(1 ms", "cannot read the values"),
        ("a.b={x: [,2", "cannot read the values"),
        ("a.b=0..1M step 1", "take a larger step"),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_axis(text)
    assert said in str(caught.value)


def test_a_path_stands_once_and_there_is_one() -> None:
    with pytest.raises(UsageError, match="set twice"):
        parse_axes(["a.b=1,2", "a.b=3"])
    with pytest.raises(UsageError, match="at least one value"):
        parse_axes([])


def test_a_grid_has_every_value_with_every_other() -> None:
    points = grid(parse_axes(["a.b=1,2", "c.d=x,y,z"]))
    assert [[s.label for s in p] for p in points] == [[b, d] for b in "12" for d in "xyz"]
    with pytest.raises(UsageError, match="points"):
        grid(parse_axes(["a.b=0..999 step 1", "c.d=0..999 step 1"]))


def test_a_latin_hypercube_has_one_point_in_each_part_of_each_axis() -> None:
    axes = parse_axes(["a.b=0.0..10.0", "c.d=1..1000 s log", "e.f=1..20", "g.h=x,y"])
    points = latin_hypercube(axes, 20, 1)
    assert sorted(int((p[0].number or 0.0) / 0.5) for p in points) == list(range(20))
    shares = sorted(float(parse_log(p[1].number or 0.0)) for p in points)
    assert [int(20 * s) for s in shares] == list(range(20))
    assert sorted(p[2].value for p in points) == list(range(1, 21))
    assert [p[3].label for p in points].count("x") == 10
    assert points == latin_hypercube(axes, 20, 1) != latin_hypercube(axes, 20, 2)


def parse_log(seconds: float) -> float:
    """Where a number is between 1 and 1000, by equal factors."""
    import math

    return math.log(seconds) / math.log(1000.0)


def test_a_hypercube_draws_from_the_values_where_a_step_or_a_count_is_given() -> None:
    points = latin_hypercube(parse_axes(["a.b=0..100 step 50"]), 9, 1)
    assert sorted(p[0].value for p in points) == [0, 0, 0, 50, 50, 50, 100, 100, 100]
    with pytest.raises(UsageError, match="--samples takes"):
        latin_hypercube(parse_axes(["a.b=1,2"]), 0, 1)
