"""The promise to recover: judged on series made by hand, and on runs."""

from __future__ import annotations

import math

import pytest

from loadcase import api
from loadcase.blueprint.load import loads
from loadcase.blueprint.model import Blueprint
from loadcase.check.recover_within import judge_recovery
from loadcase.core.errors import BlueprintError
from loadcase.core.results import Outcome, RunResult, Series

DESIGN = """\
loadcase: 1
name: t
requirements: {contract: [r.p95 < 100 ms, r.availability >= 99 %, cost < 5 USD/month]}
components: {s: {kind: service, replicas: 2, workers: 8, work: exp(5 ms)}}
flows: {r: {arrive: {rate: 200 /s}, steps: [s.handle]}}
cases:
  hit:
    duration: 10 s
    warmup: 1 s
    faults: [crash: {on: s, at: 2 s, for: 2 s}, slow: {on: s, factor: 2, at: 1 s, for: 1 s}]
    degrade: {r.p95: 20 s, r.availability: 10 %}
    recover_within: 3 s
"""


@pytest.fixture
def blueprint() -> Blueprint:
    return loads(DESIGN)


def made(late: list[float | None], rate: list[float], done: list[float]) -> RunResult:
    """A run of ten intervals of a second after a warm-up of one."""
    series = {
        name: Series(1.0, 1.0, unit, list(values))
        for name, unit, values in (("r.p95", "s", late), ("r.rate", "1/s", rate), ("r.goodput", "1/s", done))
    }
    return RunResult("t", "hit", 1, {}, series, 0, 0, 0.0, 0, 10.0, 1.0)


def judged(blueprint: Blueprint, *lates: list[float | None], done: list[float] | None = None) -> Outcome:
    rate = [100.0] * 10
    found = judge_recovery(blueprint, blueprint.cases["hit"], [made(x, rate, done or rate) for x in lates], 0.95)
    assert found is not None
    return found


GOOD = [0.05] * 10


def test_nothing_is_late_any_more(blueprint: Blueprint) -> None:
    found = judged(blueprint, *[[0.05, 0.5, 0.5, 0.5, 0.3, 0.3, 0.05, 0.05, 0.05, 0.05]] * 3)
    assert (found.verdict, found.value, found.bound) == ("holds", 2.0, 3.0)


def test_the_bound_before_it_was_relaxed_counts(blueprint: Blueprint) -> None:
    late: list[float | None] = [*GOOD[:7], 0.3, *GOOD[8:]]
    found = judged(blueprint, late, late, late)
    assert (found.verdict, found.value) == ("broken", 4.0)
    assert "r.p95 < 100 ms" in found.evidence


def test_what_is_late_during_the_fault_does_not_count(blueprint: Blueprint) -> None:
    assert judged(blueprint, *[[9.0, 9.0, 9.0, 9.0, *GOOD[4:]]] * 3).value == 0.0


def test_availability_counts_too_and_what_never_ends_is_late(blueprint: Blueprint) -> None:
    found = judged(blueprint, GOOD, GOOD, GOOD, done=[100.0] * 9 + [90.0])
    assert (found.verdict, found.value) == ("broken", 6.0)
    assert judged(blueprint, *[[*GOOD[:9], None]] * 3).verdict == "broken"


def test_seeds_that_differ_do_not_tell(blueprint: Blueprint) -> None:
    assert judged(blueprint, GOOD, GOOD, [*GOOD[:9], 0.2]).verdict == "unknown"
    assert judged(blueprint, GOOD, GOOD, [*GOOD[:9], math.inf]).verdict == "unknown"


def test_without_runs_it_is_unknown(blueprint: Blueprint) -> None:
    found = judge_recovery(blueprint, blueprint.cases["hit"], [], 0.95)
    assert found is not None
    assert found.verdict == "unknown"


def test_a_design_that_recovers_and_one_that_does_not(blueprint: Blueprint) -> None:
    (case,) = api.check(blueprint, seeds=3).cases
    assert [o.verdict for o in case.guarantees if o.metric == "recovery"] == ["holds"]
    full = blueprint.changed({"components.s.workers": 1, "components.s.work": "9.5 ms",
                              "cases.hit.faults": [{"pause": {"on": "s", "at": "2 s", "for": "2 s"}}]})  # fmt: skip
    (case,) = api.check(full, seeds=3).cases
    assert [o.verdict for o in case.guarantees if o.metric == "recovery"] == ["broken"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("faults: [crash: {on: s, at: 2 s, for: 2 s}, slow: {on: s, factor: 2, at: 1 s, for: 1 s}]", "", "no fault"),
        ("recover_within: 3 s", "recover_within: 6 s", "nothing is measured after the recovery"),
        ("at: 2 s, for: 2 s", "at: 2 s", "nothing is measured after the recovery"),
    ],
)
def test_a_promise_that_no_run_can_show_is_refused(old: str, new: str, message: str) -> None:
    assert old in DESIGN
    with pytest.raises(BlueprintError, match=message) as raised:
        loads(DESIGN.replace(old, new))
    assert raised.value.problems[0].code == "LC383"
