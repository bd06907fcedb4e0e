"""How a load is run, and what its verdict comes to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from loadcase.blueprint.load import load, loads
from loadcase.blueprint.model import Blueprint
from loadcase.core.results import CaseVerdict, CheckResult, Outcome, Verdict
from loadcase.growth.mitigation import CASE, even
from loadcase.growth.paper import first_line
from loadcase.growth.runs import SHORTEST_S, answer, overtaken, sample

CHAT = load(Path(__file__).parents[2] / "gallery" / "chat" / "blueprint.yaml")
TINY = """\
loadcase: 1
name: tiny
requirements: {contract: [r.p95 < 1 s, s.utilisation < 80 %]}
components: {s: {kind: service, replicas: 2}}
flows: {r: {arrive: {rate: 100 /s}, steps: [s.handle: {work: 10 ms}]}}
"""


@pytest.fixture
def tiny() -> Blueprint:
    return loads(TINY)


def outcome(verdict: Verdict, metric: str = "r.p95", value: float | None = 0.5, rough: bool = False) -> Outcome:
    return Outcome(f"{metric} < 1", metric, value, value, value, 1.0, "<", "s", verdict, "", rough=rough)


def result(*outcomes: Outcome, seeds: int = 3, partial: str | None = None) -> CheckResult:
    case = CaseVerdict(CASE, "holds", list(range(seeds)), list(outcomes), partial=partial)
    return CheckResult("tiny", "holds", [case])


def test_a_load_holds_breaks_or_cannot_be_told(tiny: Blueprint) -> None:
    for verdict in ("holds", "broken", "unknown"):
        found = answer(tiny, 1.0, result(outcome("holds", "s.utilisation"), outcome(verdict)))
        assert found is not None
        assert found.verdict == verdict
        assert (found.outcome is None) == (verdict == "holds")


def test_the_worst_of_what_is_broken_is_told(tiny: Blueprint) -> None:
    bad, worse = replace(outcome("broken"), margin=-0.1), replace(outcome("broken", "s.utilisation"), margin=-0.2)
    found = answer(tiny, 1.0, result(bad, worse))
    assert found is not None
    assert found.outcome == worse


def test_what_a_scale_model_tells_roughly_is_not_judged(tiny: Blueprint) -> None:
    rough, unseen = outcome("unknown", rough=True), outcome("unknown", "s.utilisation", None)
    found = answer(tiny, 1.0, result(rough, unseen, outcome("holds", "r.p99")))
    assert found is not None
    assert (found.verdict, found.unjudged) == ("holds", ("r.p95 < 1", "s.utilisation < 1"))


def test_a_jam_breaks_where_paper_has_one_and_is_no_answer_elsewhere(tiny: Blueprint) -> None:
    jam = result(outcome("unknown", value=None), partial="over 9 calls in flight: the design does not keep up")
    assert first_line(tiny, 4.0)
    found = answer(tiny, 4.0, jam)
    assert found is not None
    assert found.verdict == "broken"
    assert answer(tiny, 1.0, jam) is None


def test_too_few_seeds_are_no_answer(tiny: Blueprint) -> None:
    assert answer(tiny, 1.0, result(outcome("unknown"), seeds=2)) is None
    assert answer(tiny, 1.0, result(outcome("broken"), seeds=2)) is not None


def test_a_large_load_is_run_as_a_scale_model_or_not_at_all() -> None:
    found = sample(CHAT, 5.0)
    assert found is not None
    assert found.k == 8
    assert found.duration_s >= SHORTEST_S
    assert sample(CHAT, 100.0) is None  # far beyond what breaks it no model agrees with it


def test_the_hottest_key_of_a_log_is_named() -> None:
    assert overtaken(CHAT, 4.0) == {}
    assert overtaken(CHAT, 6.0) == {"deliver": "changes"}
    assert "changes" not in first_line(CHAT, 5.13)


def test_even_counts_are_at_most_an_eighth_more() -> None:
    for places in (1, 2, 3):
        for count in range(1, 3000, 7):
            found = even(count, places)
            assert count <= found <= max(count * 1.125, count + places - 1)
            assert found % places == 0
    assert even(222) == 224
    assert even(255, 3) == 264
