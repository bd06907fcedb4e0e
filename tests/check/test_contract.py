"""Verdicts from made-up runs."""

from __future__ import annotations

import pytest

from loadcase.blueprint.load import loads
from loadcase.check.contract import judge_case
from loadcase.check.runner import check
from loadcase.check.statistics import interval, share_interval, student_t975
from loadcase.core.results import Metric, RunResult

B = loads(
    """\
loadcase: 1
name: t
requirements: {contract: [r.p95 < 300 ms, r.availability >= 99 %, s.utilisation < 80 %]}
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
cases: {normal: {}, bad: {degrade: {r.p95: 1 s}}}
"""
)


def result(seed: int, p95: float, availability: float = 1.0, used: float = 0.5, **more: object) -> RunResult:
    metrics = {
        "r.p95": Metric(p95, "s", int(more.pop("samples", 10_000))),  # type: ignore[call-overload]
        "r.availability": Metric(availability, "ratio", 10_000),
        "s.utilisation": Metric(used, "ratio"),
    }
    return RunResult("t", "normal", seed, metrics, {}, 1, 1, 0.0, 0, 60.0, 10.0, **more)  # type: ignore[arg-type]


def verdicts(*runs: RunResult, case: str = "normal") -> list[str]:
    return [o.verdict for o in judge_case(B, case, runs).guarantees]


def test_an_interval_inside_the_bound_holds_and_outside_is_broken() -> None:
    assert verdicts(*(result(i, 0.1 + i / 1000) for i in range(3))) == ["holds"] * 3
    assert verdicts(*(result(i, 0.5 + i / 1000) for i in range(3))) == ["broken", "holds", "holds"]


def test_an_interval_across_the_bound_is_unknown() -> None:
    assert verdicts(*(result(i, 0.2 + i / 10) for i in range(3)))[0] == "unknown"


def test_too_few_samples_are_unknown() -> None:
    assert verdicts(*(result(i, 0.1 + i / 1000, samples=50) for i in range(3)))[0] == "unknown"


def test_one_seed_decides_nothing_that_is_measured() -> None:
    assert verdicts(result(1, 0.1))[0] == "unknown"


def test_a_case_may_degrade_a_bound() -> None:
    runs = [result(i, 0.5 + i / 1000) for i in range(3)]
    assert verdicts(*runs, case="bad") == ["holds"] * 3
    assert judge_case(B, "bad", runs).guarantees[0].degraded


def test_a_partial_run_never_holds() -> None:
    runs = [result(i, 0.1 + i / 1000, partial="the design does not keep up") for i in range(3)]
    assert "holds" not in verdicts(*runs)
    assert judge_case(B, "normal", runs).verdict == "unknown"


def test_failures_of_a_flow_are_not_taken_for_a_component() -> None:
    runs = [result(i, 0.5 + i / 1000) for i in range(3)]
    for run in runs:
        run.metrics["r.errors.shed"] = Metric(9.0, "1/s")
        run.metrics["s.shed"] = Metric(5.0, "1/s")
    assert "; s sheds 5/s" in judge_case(B, "normal", runs).guarantees[0].evidence


def test_a_broken_line_names_the_busiest_component() -> None:
    outcome = judge_case(B, "normal", [result(i, 0.5 + i / 1000, used=0.97) for i in range(3)]).guarantees[0]
    assert "busiest: s at 97 %" in outcome.evidence
    assert outcome.margin is not None
    assert outcome.margin < 0


def test_a_check_goes_on_until_it_is_decided_and_not_further() -> None:
    seen: list[int] = []

    def run(blueprint: object, case: str, seed: int, **_: object) -> RunResult:
        seen.append(seed)
        # too noisy for three seeds, clear with more
        return result(seed, 0.25 + (0.02 if seed % 2 else -0.02))

    found = check(B, run, cases=["normal"], budget_s=30, threads=2)  # type: ignore[arg-type]
    assert found.verdict == "holds"
    assert sorted(seen) == list(range(1, len(seen) + 1))
    assert 3 < len(seen) < 30


def test_a_fixed_number_of_seeds_is_kept_on_any_number_of_threads() -> None:
    def run(blueprint: object, case: str, seed: int, **_: object) -> RunResult:
        return result(seed, 0.2 + seed / 100)

    one, four = (check(B, run, seeds=5, threads=n) for n in (1, 4))  # type: ignore[arg-type]
    assert one.cases == four.cases
    assert one.cases[0].seeds == [1, 2, 3, 4, 5]


def test_intervals() -> None:
    assert student_t975(4) == 2.776
    assert student_t975(1000) == pytest.approx(1.9623, abs=1e-3)
    mean, low, high = interval([1.0, 2.0, 3.0])
    assert mean == 2.0
    assert high - mean == pytest.approx(4.303 / 3**0.5, rel=1e-3)
    assert mean - low == pytest.approx(high - mean)
    assert share_interval(1.0, 1000)[0] == pytest.approx(0.99617, abs=1e-4)
