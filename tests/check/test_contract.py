"""Verdicts from made-up runs."""

from __future__ import annotations

import math

import pytest

from loadcase.blueprint.load import loads
from loadcase.check.contract import judge_case
from loadcase.check.statistics import LEVEL
from loadcase.core.results import Metric, RunResult, Series

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


SHARES = loads(
    """\
loadcase: 1
name: t
requirements: {contract: [r.availability >= 99.9 %, r.availability == 100 %, s.shed <= 0 /s, r.retries < 1 /s]}
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
"""
)


def counted(seed: int, *, lost: int = 0, arrived: int = 1_000, **more: object) -> RunResult:
    """A run in which so many of the operations were lost, all of them shed."""
    metrics = {
        "r.rate": Metric(arrived / 60, "1/s", arrived),
        "r.errors": Metric(lost / 60, "1/s", lost),
        "r.availability": Metric(1 - lost / arrived, "ratio", arrived),
        "s.shed": Metric(lost / 60, "1/s", arrived),
        "r.retries": Metric(0.0, "1/s", 0),
    }
    return RunResult("t", "normal", seed, metrics, {}, 1, 1, 0.0, 0, 60.0, 10.0, **more)  # type: ignore[arg-type]


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


def test_one_seed_without_a_course_over_time_decides_nothing() -> None:
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
    assert ", s sheds 5/s" in judge_case(B, "normal", runs).guarantees[0].evidence


def test_a_broken_line_names_the_busiest_component() -> None:
    outcome = judge_case(B, "normal", [result(i, 0.5 + i / 1000, used=0.97) for i in range(3)]).guarantees[0]
    assert "busiest: s at 97 %" in outcome.evidence
    assert outcome.margin is not None
    assert outcome.margin < 0


def test_a_share_of_the_time_needs_no_number_of_operations() -> None:
    b = loads(
        "loadcase: 1\nname: t\nrequirements: {contract: [s.in_service.p99 < 9]}\n"
        "components: {s: {kind: service}}\nflows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}\n"
    )
    metrics = {"s.in_service.p99": Metric(3.0, "count")}
    runs = [RunResult("t", "normal", i, metrics, {}, 1, 1, 0.0, 0, 60.0, 10.0) for i in range(3)]
    outcome = judge_case(b, "normal", runs).guarantees[0]
    assert outcome.verdict == "holds"
    assert outcome.high == pytest.approx(3 + 3.689 / 3, rel=1e-3)  # three equal whole numbers are not all there is


def test_seeds_that_all_show_everything_still_leave_an_interval() -> None:
    few = judge_case(SHARES, "normal", [counted(i) for i in range(3)]).guarantees[0]
    assert few.high == 1.0
    # Wilson's interval of 3,000 of 3,000
    assert few.low == pytest.approx(1 / (1 + 1.96**2 / 3_000), abs=1e-5)
    assert few.verdict == "unknown"
    assert judge_case(SHARES, "normal", [counted(i, arrived=10_000) for i in range(3)]).guarantees[0].verdict == "holds"


def test_never_and_always_are_refuted_by_one_exception() -> None:
    clean = judge_case(SHARES, "normal", [counted(i) for i in range(3)]).guarantees
    assert [o.verdict for o in clean[1:3]] == ["holds", "holds"]
    assert "without exception in 3k operations" in clean[1].evidence
    assert clean[1].low is not None
    assert clean[1].low < 1.0
    one = judge_case(SHARES, "normal", [counted(1), counted(2, lost=1), counted(3)]).guarantees
    assert [o.verdict for o in one[1:3]] == ["broken", "broken"]


def test_a_rate_that_was_never_seen_may_still_be_there() -> None:
    outcome = judge_case(SHARES, "normal", [counted(i) for i in range(3)]).guarantees[3]
    assert outcome.high == pytest.approx(3.689 / 180, rel=1e-3)
    assert judge_case(SHARES, "normal", [counted(i, scale=8) for i in range(3)]).guarantees[3].high == pytest.approx(
        8 * 3.689 / 180, rel=1e-3
    )


def test_what_was_cut_short_is_left_out_unless_it_contradicts() -> None:
    whole = [counted(i, arrived=10_000) for i in range(3)]
    calm = counted(9, arrived=10_000, partial="out of time")
    verdict = judge_case(SHARES, "normal", whole, [calm])
    assert verdict.seeds == [0, 1, 2]
    assert verdict.partial is None
    assert verdict.guarantees[0].verdict == "holds"
    assert "cut short" in verdict.notes[0]
    stormy = counted(9, lost=5_000, arrived=10_000, partial="out of time")
    assert judge_case(SHARES, "normal", whole, [stormy]).guarantees[0].verdict == "unknown"
    alone = judge_case(SHARES, "normal", [], [stormy])
    assert (alone.verdict, alone.partial) == ("unknown", "out of time")
    assert judge_case(SHARES, "normal", []).partial == "no run was finished"


def test_a_rough_metric_is_decided_with_the_models_factor_to_spare() -> None:
    def rough(value: float) -> RunResult:
        run = result(1, value, scale=8)
        metrics = {name: metric for name, metric in run.metrics.items() if name != "r.p95"}
        return RunResult(**{**vars(run), "metrics": metrics, "rough": {"r.p95": Metric(value, "s", 10_000)}})

    def verdict(value: float) -> str:
        return judge_case(B, "normal", [rough(value * (1 + i / 1e4)) for i in range(3)]).guarantees[0].verdict

    assert verdict(0.3 / 9) == "holds"
    assert verdict(0.3 / 7) == "unknown"
    assert verdict(0.3 * 7) == "unknown"
    assert verdict(0.3 * 9) == "broken"


def test_one_seed_is_judged_by_the_spread_within_it() -> None:
    def one(spread: float) -> RunResult:
        run = result(1, 0.25)
        values: list[float | None] = [0.25 + spread * math.sin(i / 10) for i in range(60)]
        return RunResult(**{**vars(run), "series": {"r.p95": Series(10.0, 1.0, "s", values)}})

    assert judge_case(B, "normal", [one(0.01)]).guarantees[0].verdict == "holds"
    assert judge_case(B, "normal", [one(0.2)]).guarantees[0].verdict == "unknown"


def test_evidence_says_where_the_time_went() -> None:
    run = result(1, 0.5)
    metrics = {
        **run.metrics,
        "s.rate": Metric(100.0, "1/s"),
        "s.queue": Metric(45.0, "count"),
        "s.in_service": Metric(1.0, "count"),
    }
    outcome = judge_case(B, "normal", [RunResult(**{**vars(run), "metrics": metrics, "seed": i}) for i in range(3)])
    assert "s waits 450 ms and serves 10 ms" in outcome.guarantees[0].evidence
    assert "bound < 300 ms, 66.7 % outside" in outcome.guarantees[0].evidence


def test_a_flow_without_arrivals_in_one_seed_is_judged_by_the_others() -> None:
    quiet = counted(3)
    metrics = {"r.rate": Metric(0.0, "1/s"), "s.shed": Metric(0.0, "1/s")}
    quiet = RunResult(**{**vars(quiet), "metrics": metrics})
    runs = [counted(1, arrived=10_000), counted(2, arrived=10_000), quiet]
    assert judge_case(SHARES, "normal", runs).guarantees[0].verdict == "holds"
    silent = RunResult(**{**vars(quiet), "metrics": {"r.rate": Metric(5.0, "1/s")}})
    assert judge_case(SHARES, "normal", [*runs[:2], silent]).guarantees[0].verdict == "unknown"


def test_a_fixed_number_of_seeds_is_judged_at_its_level() -> None:
    runs = [result(i, 0.2 + i / 50) for i in range(3)]
    wide = judge_case(B, "normal", runs, level=0.99).guarantees[0]
    narrow = judge_case(B, "normal", runs, level=LEVEL).guarantees[0]
    assert wide.low is not None
    assert narrow.low is not None
    assert wide.low < narrow.low


def test_nothing_promised_is_nothing_judged() -> None:
    empty = loads("loadcase: 1\nname: t\ncomponents: {s: {kind: service}}\nflows: {}\n")
    verdict = judge_case(empty, "normal", [])
    assert verdict.verdict == "unknown"
    assert "contract" in verdict.notes[0]


def test_a_run_that_is_cut_in_its_warm_up_says_nothing() -> None:
    nothing = counted(1, partial="out of time after 3 of 70 simulated seconds")
    metrics = {n: Metric(0.0, m.unit) for n, m in nothing.metrics.items()}
    verdict = judge_case(SHARES, "normal", [], [RunResult(**{**vars(nothing), "metrics": metrics})])
    assert verdict.seeds == []
    assert verdict.partial == "out of time after 3 of 70 simulated seconds"
    assert all(o.value is None for o in verdict.guarantees)


def test_what_follows_from_the_design_is_judged_by_any_run() -> None:
    b = loads(
        "loadcase: 1\nname: t\nrequirements: {contract: [cost < 5 USD/month]}\n"
        "components: {s: {kind: service}}\nflows: {}\n"
    )
    run = RunResult("t", "normal", 1, {"cost": Metric(4.0, "USD/month", exact=True)}, {}, 1, 1, 0.0, 0, 60.0, 10.0)
    outcome = judge_case(b, "normal", [run]).guarantees[0]
    assert (outcome.verdict, outcome.low, outcome.high) == ("holds", 4.0, 4.0)
    measured = RunResult(**{**vars(run), "metrics": {"cost": Metric(4.0, "USD/month")}})
    assert judge_case(b, "normal", [measured]).guarantees[0].verdict == "unknown"


def test_a_guarantee_that_one_seed_cannot_tell_is_unknown() -> None:
    text = """\
loadcase: 1
name: t
requirements: {contract: [item.lost == 0]}
entities: {item: {count: 10}}
components: {s: {kind: store}}
flows: {r: {arrive: {rate: 1 /s, key: item}, steps: [s.write: {entity: item}]}}
"""
    b = loads(text)
    told = [RunResult(**{**vars(result(i, 0.1)), "metrics": {"item.lost": Metric(0.0, "count", 50)}}) for i in range(3)]
    outcome = judge_case(b, "normal", told).guarantees[0]
    assert (outcome.verdict, outcome.evidence) == (
        "holds",
        "0 [0, 0] over 3 seeds; without exception in 150 operations",
    )
    told[1] = RunResult(**{**vars(told[1]), "metrics": {}, "doubts": {"item.lost": "it did not drain"}})
    outcome = judge_case(b, "normal", told).guarantees[0]
    assert (outcome.verdict, outcome.evidence) == ("unknown", "it did not drain")
