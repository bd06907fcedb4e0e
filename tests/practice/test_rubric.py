"""The rubric is data: what ships is whole, and what is wrong in one is told with its line."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from loadcase.core.errors import BlueprintError, Problem
from loadcase.practice.judging.sorts import SORTS
from loadcase.practice.rubric import AXES, LEVELS, TOP, loads, rubric
from loadcase.practice.topics import ABOUT, TOPICS

TEXT = files("loadcase.practice").joinpath("rubric.yaml").read_text("utf-8")


def problem(text: str) -> Problem:
    with pytest.raises(BlueprintError) as raised:
        loads(text, "mine.yaml")
    return raised.value.problems[0]


def line(text: str, words: str) -> int:
    return next(i for i, one in enumerate(text.splitlines(), 1) if words in one)


def test_what_ships_is_whole() -> None:
    made = rubric()
    for axis in AXES:
        assert 6 <= len(made.of(axis)) <= 10
    for criterion in made.criteria.values():
        assert set(criterion.weight) == set(LEVELS)
        assert len(criterion.levels) == TOP
    assert {sort for one in made.criteria.values() for sort in one.evidence} == set(SORTS)
    assert set(ABOUT) == set(TOPICS)


def test_weights_move_from_breadth_to_depth_and_proactiveness() -> None:
    weights = rubric().weights
    assert weights["mid"]["breadth"] > weights["senior"]["breadth"] > weights["staff"]["breadth"]
    assert weights["mid"]["proactiveness"] < weights["senior"]["proactiveness"] < weights["staff"]["proactiveness"]
    assert weights["mid"]["depth"] < weights["senior"]["depth"] <= weights["staff"]["depth"]
    assert max(weights["mid"], key=lambda a: weights["mid"][a]) == "breadth"


def test_points_between_two_levels_give_a_fraction() -> None:
    criterion = rubric().criteria["decisions"]
    first, second, _, last = criterion.thresholds()
    assert criterion.score(0) == 0
    assert criterion.score(first) == 1
    assert criterion.score((first + second) / 2) == pytest.approx(1.5)
    assert criterion.score(last) == criterion.score(last + 10) == TOP


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ("asked: 0.5, assumed", "asks: 0.5, assumed", "LC410", "unknown sort of evidence 'asks'"),
        ("{scoping: 0.5}", "{skoping: 0.5}", "LC410", "unknown criterion 'skoping'"),
        ("{scoping: 0.5}", "{scoping: 5}", "LC412", "no criterion scores above 4"),
        ("    score: 46", "    score: 460", "LC412", "no score is above 100"),
        ("mid: {breadth: 0.5, depth: 0.3, proactiveness: 0.2}", "mid: {breadth: 0.5}", "LC412", "no axis depth"),
        ("    due: clarify", "    due: clarity", "LC305", "none of the possible values"),
        ("topics: [contract]", "topics: [contracts]", "LC305", "none of the possible values"),
        ("weight: {mid: 1.2, senior: 1, staff: 0.8}", "weight: {mid: 1.2, senior: 1}", "LC412", "no level staff"),
        ("prompted: 0.5", "prompted: 1.5", "LC306", "less than or equal to 1"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(old: str, new: str, code: str, says: str) -> None:
    text = TEXT.replace(old, new, 1)
    assert text != TEXT
    found = problem(text)
    assert (found.code, found.file) == (code, "mine.yaml")
    assert says in found.message
    assert abs(found.line - line(text, new.strip().splitlines()[0])) <= 0
    assert found.hint


def test_levels_have_to_rise() -> None:
    text = re.sub(r"(- \{from: )1\.9(, says: \"Promises of two)", r"\g<1>0.5\2", TEXT)
    found = problem(text)
    assert found.code == "LC411"
    assert found.line == line(text, 'from: 0.5, says: "Promises of two')
    assert "level 2 is reached from 0.5 points on, the one below from 0.8" in found.message


def test_an_axis_has_six_to_ten_criteria() -> None:
    start, end = TEXT.index("  landing:\n"), len(TEXT)
    text = TEXT[:start]
    start = text.index("  pushback:\n    axis")
    text = text[:start].replace(", pushback: 1.4", "")
    assert end > start
    found = problem(text)
    assert found.code == "LC412"
    assert "proactiveness has 5 criteria" in found.message
