"""The engine against theory, and its habits: determinism, no leaks between flows, early ends that say so."""

from __future__ import annotations

import json
import math
from concurrent.futures import ThreadPoolExecutor

import pytest

from loadcase.blueprint.model import Blueprint
from loadcase.core.errors import UsageError
from loadcase.core.results import RunResult
from loadcase.engine.run import run
from loadcase.report.shapes import run_json
from tests.conftest import design


def values(result: RunResult) -> dict[str, float]:
    return {name: metric.value for name, metric in result.metrics.items()}


def same(result: RunResult) -> str:
    shape = run_json(result)
    del shape["wall_s"], shape["peak_rss_bytes"]
    return json.dumps(shape)


def test_mm1_agrees_with_theory(mm1: Blueprint) -> None:
    got = values(run(mm1, seed=1, duration=400_000, warmup=2_000))
    assert got["r.mean"] == pytest.approx(5.0, rel=0.05)
    assert got["r.p95"] == pytest.approx(-math.log(0.05) * 5, rel=0.06)
    assert got["s.utilisation"] == pytest.approx(0.8, rel=0.01)
    assert got["s.wait.mean"] == pytest.approx(4.0, rel=0.06)
    assert got["s.waited"] == pytest.approx(0.8, rel=0.02)
    # Little's law, exactly the same run: mean number waiting = rate x mean wait
    assert got["s.queue"] == pytest.approx(got["s.rate"] * got["s.wait.mean"], rel=0.01)


def test_same_seed_same_bytes_on_any_number_of_threads(mm1: Blueprint) -> None:
    alone = same(run(mm1, seed=7, duration=2_000))
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda s: same(run(mm1, seed=s, duration=2_000)), [7, 8, 7, 9]))
    assert together[0] == together[2] == alone
    assert together[1] != alone


def test_an_unrelated_component_changes_no_draw(mm1: Blueprint) -> None:
    flow = "  r: {arrive: {rate: 0.8 /s}, steps: [{s.handle: {work: exp(1 s)}}]}"
    other = "  a: {arrive: {rate: 3 /s}, steps: [{x.handle: {work: exp(0.1 s)}}]}\n"
    both = design("  x: {kind: service}\n  s: {kind: service}", other + flow)
    first, second = values(run(mm1, seed=3, duration=3_000)), values(run(both, seed=3, duration=3_000))
    assert {k: v for k, v in second.items() if k.startswith(("r.", "s."))} == first


def test_abandoned_work_still_happens() -> None:
    b = design(
        "  s: {kind: service}",
        "  r: {arrive: {rate: 0.5 /s, timeout: 4 s}, steps: [{s.handle: {work: exp(1 s)}}]}",
    )
    got = values(run(b, seed=1, duration=200_000, warmup=1_000))
    assert 1 - got["r.availability"] == pytest.approx(math.exp(-2), rel=0.06)
    assert got["s.utilisation"] == pytest.approx(0.5, rel=0.02)  # as if nobody had given up


def test_retries_are_attempts_of_the_same_operation() -> None:
    b = design(
        "  e: {kind: external, error_rate: 50 %}",
        "  r: {arrive: {rate: 50 /s}, steps: [{e.call: {work: 1 ms, retry: {max: 3, backoff: 1 ms}}}]}",
    )
    got = values(run(b, seed=1, duration=1_000, warmup=0))
    assert got["r.attempts"] == pytest.approx(1.875, rel=0.02)
    assert got["r.availability"] == pytest.approx(0.9375, rel=0.01)


def test_retry_budget_bounds_the_attempts() -> None:
    b = design(
        "  e: {kind: external, error_rate: 50 %}",
        "  r: {arrive: {rate: 50 /s}, steps: [{e.call: {work: 1 ms, retry: {max: 3, budget: 10 %}}}]}",
    )
    assert values(run(b, seed=1, duration=1_000, warmup=0))["r.attempts"] == pytest.approx(1.1, rel=0.01)


def test_a_full_queue_sheds() -> None:
    b = design("  s: {kind: service, queue: 4}", "  r: {arrive: {rate: 0.8 /s}, steps: [{s.handle: {work: exp(1 s)}}]}")
    got = values(run(b, seed=1, duration=200_000, warmup=1_000))
    assert got["s.shed_ratio"] == pytest.approx(0.0888, rel=0.05)
    assert got["r.errors.shed"] == pytest.approx(got["s.shed"], rel=0.01)


@pytest.mark.parametrize(("need", "mean"), [("all", 2.0833), ("any", 0.25), ("2", 0.5833)])
def test_fan_out_waits_for_as_many_as_it_needs(need: str, mean: float) -> None:
    b = design(
        "  s: {kind: service, workers: 0}",
        f"  r: {{arrive: {{rate: 10 /s}}, steps: [{{fan_out: {{n: 4, need: {need}, do: [{{s.handle: {{work: exp(1 s)}}}}]}}}}]}}",  # noqa: E501
    )
    assert values(run(b, seed=1, duration=4_000, warmup=50))["r.mean"] == pytest.approx(mean, rel=0.03)


def test_a_hedge_cuts_the_tail() -> None:
    b = design(
        "  s: {kind: service, workers: 0}",
        "  r: {arrive: {rate: 10 /s}, steps: [{s.handle: {work: exp(1 s), hedge: {after: 1 s}}}]}",
    )
    got = values(run(b, seed=1, duration=10_000, warmup=50))
    assert got["r.mean"] == pytest.approx(0.816, rel=0.02)
    assert got["r.hedges"] == pytest.approx(math.exp(-1), rel=0.02)


def test_a_nested_call_holds_the_worker() -> None:
    steps = "{s.handle: {work: 0 s, do: [{d.handle: {work: 100 ms}}]}}"
    b = design(
        "  s: {kind: service, workers: 10}\n  d: {kind: service, workers: 0}",
        f"  r: {{arrive: {{rate: 50 /s}}, steps: [{steps}]}}",
    )
    assert values(run(b, seed=1, duration=500, warmup=10))["s.utilisation"] == pytest.approx(0.5, rel=0.02)


def test_priority_goes_first() -> None:
    flows = "\n".join(
        f"  {p}: {{arrive: {{rate: 0.3 /s, priority: {p}}}, steps: [{{s.handle: {{work: exp(1 s)}}}}]}}"
        for p in ("high", "low")
    )
    got = values(run(design("  s: {kind: service}", flows), seed=1, duration=200_000, warmup=1_000))
    # Cobham: W1 = 0.6/0.7, W2 = 0.6/(0.7*0.4)
    assert got["high.mean"] == pytest.approx(1 + 0.6 / 0.7, rel=0.04)
    assert got["low.mean"] == pytest.approx(1 + 0.6 / 0.28, rel=0.06)


def test_an_unstable_design_ends_with_a_statement() -> None:
    b = design("  s: {kind: service}", "  r: {arrive: {rate: 50 /s}, steps: [{s.handle: {work: exp(1 s)}}]}")
    result = run(b, seed=1, duration=100)
    assert result.partial is not None
    assert "does not keep up" in result.partial
    assert values(result)["r.availability"] < 0.1


def test_memory_does_not_grow_with_what_was_served(mm1: Blueprint) -> None:
    small, large = (run(mm1, seed=1, duration=d) for d in (20_000, 200_000))
    assert large.requests > 8 * small.requests
    assert large.peak_rss_bytes < small.peak_rss_bytes + 50_000_000


def test_an_unknown_case_is_named(mm1: Blueprint) -> None:
    with pytest.raises(UsageError, match="peek"):
        run(mm1, "peek")


@pytest.mark.parametrize("balance", ["round_robin", "least_loaded"])
def test_the_way_to_and_from_a_client_costs_time_but_no_event(balance: str) -> None:
    b = design(
        f"  s: {{kind: service, replicas: 2, balance: {balance}}}",
        "  r: {arrive: {rate: 100 /s, pattern: paced}, steps: [{s.handle: {work: 2 ms}}]}",
        network="network: {client: 30 ms}\n",
    )
    result = run(b, seed=1, duration=10, warmup=1)
    got = values(result)
    assert got["r.mean"] == pytest.approx(0.062, rel=1e-6)
    assert got["r.max"] == pytest.approx(0.062, rel=1e-6)
    assert got["r.rate"] == got["r.goodput"] == pytest.approx(100, rel=1e-3)  # whole intervals, ends and all
    looks_at_loads = balance == "least_loaded"  # when it leaves the client, not when it arrives
    assert result.events == pytest.approx(result.requests * (3 if looks_at_loads else 2), rel=0.01)


def test_a_client_that_comes_again_waits_for_the_way_back() -> None:
    b = design(
        "  s: {kind: service}",
        "  r: {arrive: {users: 1, think: 100 ms}, steps: [{s.handle: {work: 40 ms}}]}",
        network="network: {client: 30 ms}\n",
    )
    got = values(run(b, seed=1, duration=20, warmup=1))
    assert got["r.rate"] == pytest.approx(5.0, rel=0.02)
    assert got["r.mean"] == pytest.approx(0.1, rel=1e-6)
