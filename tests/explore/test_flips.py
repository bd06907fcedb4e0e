"""Where the better choice changes, and whether a decision says where."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from loadcase.blueprint.load import loads
from loadcase.core.errors import UsageError
from loadcase.explore.axes import parse_axis
from loadcase.explore.flips import Claim, Curve, Flipped, Search, claim_of, curve, decision, moved, mover

DESIGN = """\
loadcase: 1
name: ab
requirements: {contract: [s.utilisation < 50 %]}
estimates:
  {users: 200, each: 1 /s, share: 50 %, rate: users * each, half: rate * share, squared: users ** 2 / 100, odd: 7}
network: {client: 0 s, same_zone: 0 s, cross_zone: 0 s, cross_region: 0 s}
components: {s: {kind: service, replicas: 8, price: 100 USD/month, balance: random}}
flows: {r: {arrive: {rate: rate, pattern: paced}, steps: [{s.handle: {work: 10 ms}}]}}
cases:
  normal: {duration: 4 s, warmup: 0 s}
  hard: {duration: 4 s, warmup: 0 s, faults: [crash: {on: s, count: 1, at: 1 s, for: 1 s}]}
decisions:
  right: {choose: eight, flips_when: rate < 100 /s, variant: two}
  wrong: {choose: eight, flips_when: rate < 10 /s, variant: two}
  backwards: {choose: eight, flips_when: rate > 110 /s, variant: two}
  never: {choose: eight, flips_when: rate < 100 /s, variant: dear}
  plain: {choose: eight, flips_when: squared <= 100, variant: two}
  words: {choose: eight, flips_when: nobody cares, variant: two}
  none: {choose: eight, flips_when: rate < 100 /s}
variants: {two: {s.replicas: 2}, dear: {s.price: 200 USD/month}}
"""
# Two replicas are half busy at 100 requests a second of 10 ms: below that they hold the contract, and cost less.
B = loads(DESIGN)
TWO = loads(DESIGN, variant="two")


def searched(text: str, within: float = 0.05, **options: Any) -> Curve:
    search = Search(B, TWO, ("eight", "two"), **{"cases": ["normal"], "seeds": 3, **options})
    return curve(search, parse_axis(text), within)


def flipped(name: str, **options: Any) -> Flipped:
    return decision(B, name, **{"seeds": 3, **options})


def test_the_flip_is_bracketed() -> None:
    found = searched("estimates.users=20..320 log x4")
    assert len(found.flips) == 1
    flip = found.flips[0]
    assert (flip.before, flip.after) == ("two", "eight")
    assert flip.low.number is not None
    assert flip.high.number is not None
    assert flip.low.number < 100 <= flip.high.number
    assert flip.high.number - flip.low.number <= max(1, 0.05 * flip.high.number)
    assert [p.setting.number for p in found.points] == sorted(p.setting.number or 0 for p in found.points)
    assert len(searched("estimates.users=20..320 log x4", within=0.5).points) < len(found.points)


def test_whole_values_are_bracketed_by_neighbours() -> None:
    busy = [design.changed({"estimates.users": 250}) for design in (B, TWO)]
    search = Search(busy[0], busy[1], ("eight", "two"), cases=["normal"], seeds=3)
    found = curve(search, parse_axis("s.workers=1..6 x2"), 1e-6)
    assert [(f.low.value, f.high.value, f.before, f.after) for f in found.flips] == [(2, 3, "eight", "two")]


def test_a_list_is_compared_and_not_divided() -> None:
    found = searched("flows.r.steps.s.handle.work=1 ms,10 ms")
    assert [p.comparison.chosen for p in found.points] == ["two", "eight"]
    assert (found.flips[0].low.label, found.flips[0].high.label) == ("1 ms", "10 ms")


def test_several_flips_are_found() -> None:
    found = searched("estimates.users=50..800 log x5")  # above 400 a second eight replicas do not hold it either
    assert [(f.before, f.after) for f in found.flips] == [("two", "eight"), ("eight", "neither")]


def test_the_budget_ends_a_search() -> None:
    found = searched("estimates.users=20..320 x4", budget_s=1e-9)
    assert found.interrupted
    assert not found.decided
    assert found.points == ()


def test_what_is_undecided_at_a_flip_leaves_it_decided() -> None:
    found = searched("estimates.users=90..111 x2", 0.001, seeds=2)  # 100 users is the flip itself
    assert any(p.better == "unknown" for p in found.points)
    assert len(found.flips) == 1
    assert found.decided
    open_ = [at for at in found.points if at.better == "unknown"]
    assert not replace(found, points=(open_[0], *found.points)).decided


def test_a_value_that_breaks_a_design_is_named() -> None:
    with pytest.raises(UsageError, match=r"eight with s.workers=0: "):
        searched("s.workers=0,1")


@pytest.mark.parametrize(
    ("name", "verdict", "near"),
    [("right", "holds", 100.0), ("wrong", "broken", 100.0), ("backwards", "broken", 100.0), ("plain", "holds", 100.0)],
)
def test_a_decision_flips_where_it_says_or_it_is_told_where(name: str, verdict: str, near: float) -> None:
    found = flipped(name)
    assert found.verdict == verdict
    assert found.tested
    assert found.low is not None
    assert found.high is not None
    assert found.low < near * 1.02
    assert found.high > near * 0.98
    assert found.high / found.low < 1.25
    assert str(found.said) in found.why
    assert found.by == "users"
    assert (found.now, found.bound) == (
        {"plain": 400.0}.get(name, 200.0),
        {"wrong": 10, "backwards": 110}.get(name, 100),
    )


def test_a_wide_bracket_tells_nothing_of_what_is_within() -> None:
    wide = flipped("right", within=8.0)
    assert wide.high is not None
    assert wide.low is not None
    assert wide.high / wide.low > 2.0
    assert wide.verdict == "unknown"
    far = flipped("wrong", within=8.0)
    assert far.verdict == "broken", "10 is far outside of it"


def test_a_decision_that_never_flips_is_told() -> None:
    found = flipped("never")
    assert found.verdict == "broken"
    assert (found.low, found.high) == (None, None)
    assert found.why.startswith("it does not flip from")


def test_cases_without_faults_are_compared() -> None:
    found = flipped("right")
    assert {c.case for _, comparison in found.points for c in comparison.cases} == {"normal"}
    asked = flipped("right", cases=["hard"])
    assert {c.case for _, comparison in asked.points for c in comparison.cases} == {"hard"}


def test_a_decision_is_compared_where_it_is_shown_and_by_what_it_breaks() -> None:
    shown = loads(DESIGN.replace("right: {", "right: {breaks: [s.utilisation], shown_in: [hard], "))
    found = decision(shown, "right", seeds=3)
    assert {c.case for _, comparison in found.points for c in comparison.cases} == {"hard"}
    undecided = DESIGN.replace("[s.utilisation < 50 %]", "[s.utilisation < 50 %, r.availability >= 99.99 %]")
    assert decision(loads(undecided), "right", seeds=3).verdict == "unknown"
    breaks = undecided.replace("right: {", "right: {breaks: [s.utilisation], ")
    assert decision(loads(breaks), "right", seeds=3).verdict == "holds"


@pytest.mark.parametrize(
    ("name", "said"), [("words", "write for example `followers > 100k`"), ("none", "names no variant")]
)
def test_what_cannot_be_run_is_not_flipped(name: str, said: str) -> None:
    found = flipped(name)
    assert (found.tested, found.verdict, found.points) == (False, "unknown", ())
    assert said in found.why


def test_another_estimate_may_be_moved() -> None:
    found = flipped("right", by="each")
    assert found.by == "each"
    assert found.verdict == "holds"
    with pytest.raises(UsageError, match="rate does not rest on 'odd'"):
        flipped("right", by="odd")
    with pytest.raises(UsageError, match="no decision 'rigth'"):
        flipped("rigth")
    with pytest.raises(UsageError, match="no case 'rush'"):
        flipped("right", cases=["rush"])


def test_a_value_that_the_estimate_cannot_have_ends_the_search() -> None:
    text = DESIGN.replace("rate: users * each", "cap: 150 /s, rate: 'min(users * each, cap)'")
    text = text.replace("rate < 100 /s", "rate > 160 /s")
    found = decision(loads(text), "right", seeds=2)
    assert found.verdict != "holds"
    assert "users does not bring rate to" in found.why


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "does not say when"),
        ("it rains", "no estimate tells"),
        ("user > 5", 'did you mean "users"?'),
        ("users > 5 ms", "cannot be compared with 5 ms"),
        ("users > 5 furlong", "cannot read"),
    ],
)
def test_what_is_no_claim(text: str | None, said: str) -> None:
    assert said in str(claim_of(text, B.estimates))


def test_what_is_a_claim() -> None:
    found = claim_of("rate >= 2 * users * each", B.estimates)
    assert isinstance(found, Claim)
    assert (found.estimate, found.comparison, found.bound.value, found.downwards) == ("rate", ">=", 400.0, False)


def test_an_estimate_is_moved_by_the_number_that_most_rest_on() -> None:
    assert mover("half", B.estimates) == "users"  # rate, half and squared rest on it
    assert mover("odd", B.estimates) == "odd"
    assert moved("half", "users", 50.0, B.estimates) == "100"
    assert moved("half", "half", 50.0, B.estimates) == "50 1/s".replace("1/s", "/s")
    value = moved("squared", "users", 100.0, B.estimates)
    assert value is not None
    assert math.isclose(float(value), 100.0, rel_tol=1e-3)
    assert moved("half", "odd", 50.0, B.estimates) is None
