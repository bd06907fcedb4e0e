"""Paired differences: the same luck for both designs, intervals that keep their word, and the better of the two."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from loadcase.blueprint.load import loads
from loadcase.check.statistics import interval
from loadcase.core.errors import UsageError
from loadcase.core.results import Metric, RunResult
from loadcase.engine.watching import Seen
from loadcase.explore.compare import Comparison, Difference, Progress, Side, broken, compare, difference
from tests.explore.designs import TINY

PAIRS = 400
COST = TINY.replace("60 ms, cost < 300", "90 ms, cost < 1000")
"""Two replicas hold this contract, one does not."""


def compared(a: str = COST, b: str = COST, **options: Any) -> Comparison:
    return compare(loads(a), loads(b), ("one", "other"), **{"seeds": 3, "threads": 2, "cases": ["normal"], **options})


def of(values: list[float], name: str = "r.p95", unit: str = "s", samples: int = 0, **more: Any) -> list[RunResult]:
    return [
        RunResult("t", "normal", i, {name: Metric(v, unit, samples)}, {}, 1, 1, 0.0, 0, 60.0, 10.0, **more)
        for i, v in enumerate(values, 1)
    ]


def found(name: str, a: list[RunResult], b: list[RunResult], level: float = 0.95) -> Difference:
    one = difference(name, a, b, level)
    assert one is not None
    return one


def test_the_same_design_differs_in_nothing() -> None:
    result = compared(metrics=["*"])
    assert result.better == "same"
    assert len(result.cases[0].differences) > 20
    assert {d.difference for d in result.cases[0].differences} == {0.0}


def test_what_a_change_does_not_touch_stays_the_same_to_the_last_digit() -> None:
    two = COST.replace("flows: {", "flows: {q: {arrive: {rate: 50 /s}, steps: [{t.handle: {work: exp(1 ms)}}]}, ")
    two = two.replace("components: {", "components: {t: {kind: service}, ")
    other = two.replace("replicas: 2", "replicas: 3")
    by = {d.metric: d for d in compared(two, other, metrics=["q.p95", "t.utilisation", "r.rate"]).cases[0].differences}
    assert by["q.p95"].difference == by["t.utilisation"].difference == by["r.rate"].difference == 0.0
    assert (by["r.p95"].difference or 0.0) < 0.0


def test_a_new_component_shifts_nobody_elses_luck() -> None:
    step = "{s.handle: {work: exp(10 ms)}}"
    more = COST.replace(step, f"{step}, {{t.handle: {{work: exp(1 ms)}}}}")
    more = more.replace("components: {", "components: {t: {kind: service, workers: 64}, ")
    result = compared(COST, more, metrics=["r.mean", "s.utilisation", "s.queue"])
    by = {d.metric: d for d in result.cases[0].differences}
    assert by["s.utilisation"].difference == by["s.queue"].difference == 0.0
    assert by["r.mean"].difference == pytest.approx(1e-3, rel=0.1)
    assert (by["r.mean"].gain or 0.0) > 50


def test_a_difference_is_seed_by_seed() -> None:
    one = found("r.p95", of([1.0, 2.0, 4.0]), of([1.5, 2.5, 4.8]))
    assert (one.a, one.b) == (pytest.approx(7 / 3), pytest.approx(8.8 / 3))
    assert (one.difference, one.low, one.high) == pytest.approx(interval([0.5, 0.5, 0.8]))
    apart = np.var([0.5, 0.5, 0.8], ddof=1)
    assert one.gain == pytest.approx((np.var([1, 2, 4], ddof=1) + np.var([1.5, 2.5, 4.8], ddof=1)) / apart)


def test_the_interval_covers_the_true_difference() -> None:
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(PAIRS):
        luck = rng.normal(10.0, 3.0, 6)
        a, b = luck + rng.normal(0.0, 0.5, 6), luck + 1.0 + rng.normal(0.0, 0.5, 6)
        one = found("r.p95", of(list(a)), of(list(b)))
        assert one.low is not None
        assert one.high is not None
        inside += one.low <= 1.0 <= one.high
    assert abs(inside / PAIRS - 0.95) < 0.04


def test_shares_that_never_differ_may_still() -> None:
    one = found("r.availability", of([1.0] * 3, "r.availability", "ratio", 1000),
                of([1.0] * 3, "r.availability", "ratio", 1000))  # fmt: skip
    assert one.difference == 0.0
    assert one.high == pytest.approx(3.689 / 6000, rel=1e-3)
    assert one.gain is None


def test_what_one_design_does_not_have_has_no_difference() -> None:
    one = found("r.p95", of([1.0, 2.0]), of([1.0, 2.0], "other"))
    assert (one.a, one.b, one.difference, one.decided) == (1.5, None, None, True)
    assert difference("none", of([1.0]), of([1.0])) is None


def test_rough_metrics_are_told_and_decide_nothing() -> None:
    rough = [RunResult("t", "normal", 1, {}, {}, 1, 1, 0.0, 0, 60.0, 10.0, 8, rough={"s.lag": Metric(3.0, "count")})]
    one = found("s.lag", rough, rough)
    assert one.rough
    assert one.decided


def test_the_one_that_holds_is_the_better() -> None:
    slow = COST.replace("exp(10 ms)", "exp(30 ms)")
    result = compared(COST, slow)
    assert (result.better, result.chosen, result.a, result.b) == ("a", "one", "holds", "broken")
    assert result.why == "one holds its contract, and other breaks r.p95 < 90 ms (normal)"
    assert broken(result.cases, "b") == {("normal", "r.p95 < 90 ms")}
    assert compared(slow, COST).better == "b"


def test_of_two_that_hold_the_cheaper_is_the_better() -> None:
    result = compared(COST, COST.replace("replicas: 2", "replicas: 3"))
    assert (result.better, result.cost.difference) == ("a", pytest.approx(100.0))
    assert result.why == "both hold their contracts, and one costs $100/month less"


def test_of_two_that_break_the_one_that_breaks_less_is_the_better() -> None:
    slow, dear = COST.replace("exp(10 ms)", "exp(30 ms)"), "price: 1k USD/month"
    result = compared(slow, slow.replace("price: 100 USD/month", dear))
    assert (result.a, result.b, result.better) == ("broken", "broken", "a")
    other = compared(slow, COST.replace("price: 100 USD/month", dear))
    assert other.better == "neither"
    assert compared(slow, slow).better == "neither"


def test_a_design_that_does_not_keep_up_is_no_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadcase.engine.run.MAX_FRAMES", 20_000)
    few = COST.replace("users: 100", "users: 50k").replace("replicas: 2", "replicas: 8")
    many = few.replace("replicas: 8", "replicas: 8, workers: 100")
    result = compared(few, many)
    assert (result.a, result.b, result.better) == ("broken", "holds", "b")
    assert result.why == "other holds its contract, and one breaks keeping up with the load (normal)"


def test_what_is_undecided_is_said() -> None:
    result = compared(COST.replace("< 90 ms", "< 43 ms"), COST, seeds=4)
    assert result.a == "unknown"
    assert result.better == "unknown"
    assert result.why == "it is undecided whether one holds its contract; other holds its own"


def test_seeds_double_until_it_is_decided() -> None:
    result = compared(COST, COST.replace("exp(10 ms)", "exp(10.1 ms)"), seeds=None, budget_s=120)
    seeds = result.cases[0].seeds
    assert len(seeds) > 3
    assert len(seeds) in (6, 12, 24, 48, 96, 192)
    assert result.level == 0.994
    assert all(d.decided for d in result.cases[0].differences)


def test_only_the_choice_may_be_asked_for() -> None:
    options: dict[str, Any] = {"seeds": None, "budget_s": 120, "choice_only": True}
    near = COST.replace("exp(10 ms)", "exp(10.1 ms)").replace("replicas: 2", "replicas: 3")
    assert len(compared(COST.replace("replicas: 2", "replicas: 4"), near, **options).cases[0].seeds) == 3
    limited = compared(COST.replace("< 90 ms", "< 43 ms"), COST, seeds=None, choice_only=True, most_seeds=6)
    assert len(limited.cases[0].seeds) <= 6


def test_a_choice_that_rests_on_some_metrics_leaves_others_aside_while_they_are_undecided() -> None:
    text = COST.replace("< 90 ms", "< 43 ms")
    dear = text.replace("price: 100 USD/month", "price: 200 USD/month")
    options: dict[str, Any] = {"seeds": 4}
    assert compared(text, dear, **options).better == "unknown"
    found = compared(text, dear, choice_by=("cost",), **options)
    assert found.better == "a"
    assert found.a == "unknown", "what the runs told is told as before"
    assert compared(text, dear, choice_by=("r.p95",), **options).better == "unknown"
    slow = dear.replace("exp(10 ms)", "exp(40 ms)")
    assert "r.p95" in compared(text, slow, choice_by=("cost",), **options).why, "what is broken counts"


def test_the_budget_ends_it() -> None:
    result = compared(COST, COST, seeds=None, budget_s=1e-9)
    assert result.cases[0].seeds == ()
    assert result.better == "unknown"


def test_a_stop_ends_it_with_the_pairs_that_are_done() -> None:
    stop = threading.Event()

    def on_progress(progress: Progress) -> None:
        if progress.runs >= 4:
            stop.set()

    result = compared(COST, COST, seeds=200, stop=stop, on_progress=on_progress)
    assert result.interrupted
    assert 1 <= len(result.cases[0].seeds) < 200


def test_all_cases_that_both_have_are_compared() -> None:
    result = compared(COST, COST.replace("peak:", "rush:"), cases=None)
    assert [c.case for c in result.cases] == ["normal"]
    with pytest.raises(UsageError, match="no case 'peak'"):
        compared(COST, COST.replace("peak:", "rush:"), cases=["peak"])
    with pytest.raises(UsageError, match="no case in common"):
        compared(COST, COST.replace("peak:", "rush:").replace("normal:", "usual:"), cases=None)


def test_both_designs_are_run_at_one_scale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadcase.explore.compare.RUN_AIM_S", 1e-4)
    monkeypatch.setattr("loadcase.scales.FEWEST_REQUESTS", 1)
    large = COST.replace("kind: service,", "kind: service, balance: random,").replace("users: 100", "users: 1000")
    a, b, c = (large.replace("replicas: 2", f"replicas: {n}") for n in (32, 24, 31))
    assert compared(a, a).cases[0].scale == 16
    assert compared(a, b).cases[0].scale == 8  # 24 divide by no more
    assert compared(a, c).cases[0].scale == 1
    assert compared(a, b, exact=True).cases[0].scale == 1


def test_every_run_of_both_designs_is_watched() -> None:
    seen: dict[tuple[str, int, str], list[float | None]] = {}

    def watch(case: str, seed: int, side: Side, found: Seen) -> None:
        if found.done:
            seen[case, seed, side] = found.series()["r.rate"].values

    compared(seeds=2, watch=watch)
    assert sorted(seen) == [("normal", seed, side) for seed in (1, 2) for side in ("a", "b")]
    assert seen["normal", 1, "a"] == seen["normal", 1, "b"] != seen["normal", 2, "a"]
