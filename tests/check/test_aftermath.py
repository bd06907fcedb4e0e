"""What is told of the time after the faults of a run."""

from __future__ import annotations

from loadcase import api
from loadcase.blueprint.load import loads
from loadcase.check.aftermath import collapse
from loadcase.core.results import RunResult, Series

DESIGN = """\
loadcase: 1
name: t
network: {client: 5 ms, same_zone: 1 ms}
requirements: {contract: [r.metastable == 0, r.recovery_time < 5 s]}
components: {s: {kind: service, workers: 8, work: exp(10 ms)}}
flows: {r: {arrive: {rate: 500 /s, timeout: 150 ms, retry: {max: 3, budget: 10 %}}, steps: [s.handle]}}
cases:
  normal: {duration: 5 s, warmup: 1 s}
  slowed: {duration: 30 s, warmup: 2 s, faults: [slow: {on: s, factor: 3, at: 6 s, for: 2 s}]}
variants: {eager: {flows.r.arrive.retry.budget: null}}
"""


def told(done: list[float], rate: float = 100.0) -> RunResult:
    """A run of thirty seconds after a warm-up of two, of what it got done in each second."""
    series = {"r.rate": Series(2.0, 1.0, "1/s", [rate] * 30), "r.goodput": Series(2.0, 1.0, "1/s", list(done))}
    return RunResult("t", "slowed", 1, {}, series, 0, 0, 0.0, 0, 30.0, 2.0)


WELL, ILL = [100.0] * 6, [10.0] * 2


def test_a_collapse_is_told_in_words() -> None:
    b = loads(DESIGN)
    said = collapse("r", b.cases["slowed"], told([*WELL, *ILL, *[20.0] * 22]))
    assert "11 s to 22 s after the last fault the goodput of r is 20 % of what it was" in said
    assert collapse("r", b.cases["slowed"], told([*WELL, *ILL, *[100.0] * 22])) == ""


def test_retries_with_a_budget_let_a_run_recover_and_without_one_they_do_not() -> None:
    result = api.check(loads(DESIGN), seeds=3)
    assert result.verdict == "holds", result
    broken = api.check(loads(DESIGN, variant="eager"), seeds=3)
    outcomes = {(c.case, o.metric): o for c in broken.cases for o in c.guarantees}
    assert outcomes["normal", "r.metastable"].verdict == "holds"
    assert outcomes["slowed", "r.metastable"].verdict == "broken"
    assert "outlives its trigger" in outcomes["slowed", "r.metastable"].evidence
    assert outcomes["slowed", "r.recovery_time"].verdict == "broken"
