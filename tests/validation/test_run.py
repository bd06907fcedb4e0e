"""Running cases, with an engine of our own making."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from loadcase.core.errors import UsageError
from loadcase.core.results import Metric, Series
from loadcase.validation.lengths import MOST_SEEDS, SEEDS
from loadcase.validation.plan import NotExpressible
from loadcase.validation.run import at_end, built_in, read_cases, run_cases
from loadcase.validation.table import table
from loadcase.validation.translate import translate

MODEL = {"arrival": "poisson", "arrival_rate": 0.5, "servers": 1, "service": {"dist": "exponential", "mean": 1.0}}


def case(**changes: Any) -> dict[str, Any]:
    whole = {"id": "x", "group": "1-queueing", "phenomenon": "M/M/1", "title": "An M/M/1", "model": MODEL}
    return {**whole, "expected": {"mean_wait": 1.0}, "tolerance": {"sim_rel": 0.02, "analytic_rel": 1e-4}, **changes}


class Engine:
    """Gives the same metrics for every run, with noise, and remembers what it was asked."""

    def __init__(self, noise: float = 0.0, partial: str | None = None, **metrics: float) -> None:
        self.noise, self.partial, self.metrics = noise, partial, metrics
        self.calls: list[tuple[str, int, float, float]] = []

    def __call__(self, blueprint: Any, case: str, seed: int, *, duration: float, warmup: float) -> Any:
        self.calls.append((case, seed, duration, warmup))
        sign = 1 if seed % 2 else -1
        found = {k.replace("__", "."): Metric(v * (1 + sign * self.noise), "s") for k, v in self.metrics.items()}
        return SimpleNamespace(metrics=found, series={}, partial=self.partial)


def run(engine: Engine, *cases: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    return run_cases(list(cases), run=engine, loads=lambda text: text, **options)


def test_a_value_within_its_tolerance_passes() -> None:
    (result,) = run(Engine(server__wait__mean=1.01), case())
    assert (result["status"], result["got"]) == ("pass", {"mean_wait": pytest.approx(1.01)})
    assert result["residual"]["mean_wait"] == pytest.approx(0.01)
    assert result["metrics"]["mean_wait"]["by"] == "server.wait.mean"


def test_a_value_outside_its_tolerance_fails() -> None:
    (result,) = run(Engine(server__wait__mean=1.03), case())
    assert result["status"] == "fail"
    assert "mean_wait" in result["reason"]


def test_a_tolerance_of_its_own_replaces_the_general_one() -> None:
    own = {"sim_rel": 0.02, "per_metric": {"mean_wait": {"sim_abs": 0.1}}}
    assert run(Engine(server__wait__mean=1.09), case(tolerance=own))[0]["status"] == "pass"
    assert run(Engine(server__wait__mean=1.11), case(tolerance=own))[0]["status"] == "fail"


def test_what_the_engine_does_not_report_is_named() -> None:
    (result,) = run(Engine(request__mean=2.0), case(expected={"mean_wait": 1.0, "mean_sojourn": 2.0}))
    assert result["status"] == "not-expressible"
    assert "server.wait.mean" in result["reason"]
    assert "mean_sojourn within tolerance" in result["reason"]


def test_seeds_are_added_until_the_error_is_small() -> None:
    steady, noisy = Engine(server__wait__mean=1.0), Engine(0.1, server__wait__mean=1.0)
    run(steady, case())
    run(noisy, case())
    assert [seed for _, seed, _, _ in steady.calls] == [*range(1, SEEDS + 1)]
    assert len(noisy.calls) == MOST_SEEDS


def test_a_run_that_ended_early_is_not_a_pass() -> None:
    (result,) = run(Engine(partial="over 2000000 requests in flight", server__wait__mean=1.0), case())
    assert result["status"] == "fail"
    assert "in flight" in result["reason"]


def test_only_keeps_an_id_a_group_or_a_phenomenon() -> None:
    cases = (case(id="a"), case(id="b", group="2"), case(id="c", phenomenon="M/D/1"))
    engine = Engine(server__wait__mean=1.0)
    assert [r["id"] for r in run(engine, *cases, only=["a"])] == ["a"]
    assert [r["id"] for r in run(engine, *cases, only=["2", "M/D/1"])] == ["b", "c"]
    with pytest.raises(UsageError, match="nothing"):
        run(engine, *cases, only=["nothing"])


def test_progress_is_told_after_each_case() -> None:
    told: list[tuple[int, int, str]] = []
    run(Engine(server__wait__mean=1.0), case(), case(id="y"), on_progress=lambda i, n, r: told.append((i, n, r["id"])))
    assert told == [(1, 2, "x"), (2, 2, "y")]


@pytest.mark.parametrize(
    "broken", [{"model": None}, {"expected": {}}, {"model": {**MODEL, "servers": "many"}}, {"phenomenon": "?"}]
)
def test_a_broken_case_gives_a_reason(broken: dict[str, Any]) -> None:
    model = {"model": {"nothing": 1}} if broken.get("phenomenon") else {}
    (result,) = run(Engine(), case(**{**broken, **model}))
    assert result["status"] == "not-expressible"
    assert result["reason"]


def test_cases_are_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "cases.json"
    file.write_text(json.dumps([case()]))
    assert read_cases(file)[0]["id"] == "x"
    file.write_text('{"a": 1}')
    with pytest.raises(UsageError, match="not a list of cases"):
        read_cases(file)
    file.write_text("{")
    with pytest.raises(UsageError, match="cannot read"):
        read_cases(file)


def test_the_package_brings_its_cases() -> None:
    assert len({c["id"] for c in built_in()}) == len(built_in()) > 100


def test_the_table_shows_values_and_reasons() -> None:
    results = run(Engine(server__wait__mean=1.01), case(), case(id="y", phenomenon="resharding", title="a | b"))
    page = table(results)
    assert "| x | mean_wait | 1 | 1.01 | +1 % | 2 % | ok |" in page
    assert "| **all** | **1** | **0** | **1** |" in page
    assert "a \\| b" in page


def test_yes_or_no_has_no_tolerance() -> None:
    whole = case(expected={"mean_wait": True}, tolerance={"sim_rel": 0.05, "sim_abs": 5})
    assert run(Engine(server__wait__mean=1.0), whole)[0]["status"] == "pass"
    assert run(Engine(server__wait__mean=0.0), whole)[0]["status"] == "fail"


def test_what_is_reported_over_time_is_there_as_it_is_at_the_end() -> None:
    line = Series(0.0, 1.0, "1/s", [5.0] * 18 + [1.0, 3.0])
    assert at_end({"r.goodput": line, "r.p99": Series(0.0, 1.0, "s", [None])}) == {"r.goodput.at_end": 2.0}


def test_clients_that_contend_for_one_row_write_as_often_as_measured_elsewhere() -> None:
    """Brooker's simulator of backoff and jitter; decorrelated jitter is not a policy of the format."""
    (result,) = run_cases(only=["RT-JITTER-1"])
    metrics = result["metrics"]
    assert {name: m["status"] for name, m in metrics.items()} == {
        **dict.fromkeys(("calls_Nobackoff", "calls_Exponential", "calls_FullJitter", "calls_EqualJitter"), "pass"),
        "calls_Decorr": "not-expressible",
    }


@pytest.mark.parametrize("case", built_in(), ids=lambda case: str(case["id"]))
def test_every_closed_form_that_a_case_asks_for_is_there_and_answers(case: dict[str, Any]) -> None:
    try:
        plan = translate(case)
    except NotExpressible:
        return
    assert not [why for why in plan.missing.values() if "needs the closed form" in why]
    for name, function in plan.closed.items():
        slack = case["tolerance"].get("analytic_rel", 1e-4)
        assert function() == pytest.approx(case["expected"][name], rel=slack), name
