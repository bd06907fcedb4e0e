"""The load between one that holds and one that breaks, with loads at which nobody can tell."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from loadcase.core.results import Verdict
from loadcase.growth.paper import BRACKET
from loadcase.growth.search import TRIES, Bracket, bracket


def world(holds_to: float, breaks_from: float, asked: list[float]) -> Callable[[float], Verdict]:
    def ask(load: float) -> Verdict:
        asked.append(load)
        return "holds" if load <= holds_to else "broken" if load >= breaks_from else "unknown"

    return ask


@pytest.mark.parametrize("truth", [1.01, 1.3, 2.0, 3.97, 6.0, 9.9])
@pytest.mark.parametrize("guess", [1.0, 2.0, 4.0, 10.5])
def test_the_truth_is_bracketed_from_any_guess(truth: float, guess: float) -> None:
    asked: list[float] = []
    found = bracket(1.0, 10.0, guess, world(truth, truth, asked))
    assert found is not None
    assert found.low <= truth <= found.high <= found.low * BRACKET * 1.001
    assert len(asked) < TRIES


def test_a_good_guess_takes_two_loads() -> None:
    asked: list[float] = []
    bracket(1.0, 10.0, 4.0, world(4.0, 4.0, asked))
    assert len(asked) == 2


def test_where_nothing_breaks_the_end_alone_is_asked() -> None:
    asked: list[float] = []
    assert bracket(1.0, 10.0, math.inf, world(20.0, 20.0, asked)) == Bracket(10.0, math.inf)
    assert asked == [10.0]


def test_what_breaks_at_once_breaks_where_it_begins() -> None:
    assert bracket(2.0, 10.0, 4.0, world(1.0, 1.0, [])) == Bracket(2.0, 2.0)


@pytest.mark.parametrize("guess", [2.0, 4.1, 8.0])
def test_what_runs_cannot_tell_is_between_and_named(guess: float) -> None:
    asked: list[float] = []
    found = bracket(1.0, 10.0, guess, world(4.0, 4.4, asked))
    assert found is not None
    assert found.low <= 4.0 < 4.4 <= found.high <= 4.4 * 1.011 / (4.0 / 1.011) * found.low
    assert found.undecided
    assert all(4.0 < load < 4.4 for load in found.undecided)
    assert len(asked) < TRIES


def test_a_doubt_up_to_the_end_is_no_break() -> None:
    found = bracket(1.0, 10.0, 9.0, world(8.0, 20.0, []))
    assert found is not None
    assert math.isinf(found.high)
    assert found.undecided[-1] == 10.0
    assert found.low <= 8.0


def test_no_answer_is_no_bracket() -> None:
    assert bracket(1.0, 10.0, 4.0, lambda load: None) is None


def test_what_is_known_when_the_answers_end_is_a_bracket() -> None:
    asked: list[float] = []
    ask = world(5.0, 5.0, asked)
    assert bracket(1.0, 10.0, 4.0, lambda load: ask(load) if len(asked) < 2 else None) is None
    asked.clear()
    found = bracket(1.0, 10.0, 4.0, lambda load: ask(load) if len(asked) < 5 else None)
    assert found is not None
    assert found.low <= 5.0 < found.high
    assert found.high / found.low > BRACKET
