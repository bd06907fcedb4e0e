"""The closed form agrees with the engine on stable designs, and with hand arithmetic."""

from __future__ import annotations

import math

import pytest

from loadcase.blueprint.load import load
from loadcase.engine.run import run
from loadcase.estimate.estimate import estimate, monthly_cost
from loadcase.estimate.load import loads
from tests.blueprint.test_load import GALLERY
from tests.conftest import design
from tests.engine.test_run import values


def test_rates_follow_the_steps() -> None:
    b = design(
        "  a: {kind: service}\n  b: {kind: service}\n  c: {kind: cache, hit_ratio: 75 %}\n"
        "  q: {kind: queue}\n  w: {kind: service}",
        "  r:\n    arrive: {rate: 8 /s, key: {count: 10}}\n    steps:\n"
        "      - choose: [{weight: 1, do: [a.handle]}, {weight: 3, do: [{repeat: {times: 2, do: [b.handle]}}]}]\n"
        "      - c.get: {miss: [q.publish]}\n"
        "  s: {consume: {queue: q, by: w}, steps: [w.handle]}",
    )
    found = loads(b)
    got = {n: c.rate for n, c in found.components.items()}
    assert got == pytest.approx({"a": 2, "b": 12, "c": 8, "q": 2, "w": 2})
    measured = values(run(b, seed=1, duration=2_000, warmup=0))
    for name, rate in got.items():
        assert measured[f"{name}.rate"] == pytest.approx(rate, rel=0.05), name


@pytest.mark.parametrize(("reason", "rate"), [("down", 0.0), ("refused", 4.0)])
def test_a_fallback_that_only_faults_reach_has_no_load(reason: str, rate: float) -> None:
    b = design(
        "  a: {kind: limiter, rate: 4 /s}\n  b: {kind: service}\n  c: {kind: service}",
        "  r:\n    arrive: {rate: 8 /s}\n    steps:\n"
        f"      - a.take: {{fallback_on: [{reason}], fallback: [{{b.handle: {{do: [c.handle]}}}}]}}",
    )
    assert {c.name: c.rate for c in estimate(b).components} == pytest.approx({"a": 8, "b": rate, "c": rate})


def test_the_first_to_saturate_is_named() -> None:
    b = design(
        "  a: {kind: service, workers: 4}\n  b: {kind: service, workers: 4}",
        "  r: {arrive: {rate: 10 /s}, steps: [{a.handle: {work: 100 ms}}, {b.handle: {work: 200 ms}}]}",
    )
    report = estimate(b)
    assert report.first is not None
    assert (report.first.name, report.first.saturates_at) == ("b", pytest.approx(2.0))
    assert estimate(b, 2.0).first.saturates_at == pytest.approx(2.0)  # type: ignore[union-attr]


def test_cost_counts_nodes_and_requests() -> None:
    b = design(
        "  a: {kind: service, replicas: 3, price: 100 USD/month}\n  e: {kind: external, price_per_request: 0.001 USD}",
        "  r: {arrive: {rate: 1 /s}, steps: [a.handle, e.call]}",
    )
    assert monthly_cost(b) == pytest.approx(300 + 0.001 * 365.25 * 86400 / 12)


@pytest.mark.parametrize("where", ["call", "arrival"])
def test_cost_counts_second_copies(where: str) -> None:
    hedge = "hedge: {after: 1 s}"
    of_call, of_arrival = (hedge, "") if where == "call" else ("timeout: 9 min", f", {hedge}")
    b = design(
        "  e: {kind: external, work: exp(1 s), price_per_request: 0.001 USD}",
        f"  r: {{arrive: {{rate: 2 /s{of_arrival}}}, steps: [{{e.call: {{{of_call}}}}}]}}",
    )
    once = 2 * 0.001 * 365.25 * 86400 / 12
    assert monthly_cost(b) == pytest.approx(once * (1 + math.exp(-1)), rel=1e-3)
    assert monthly_cost(b) == estimate(b).cost


@pytest.mark.parametrize("path", [p for p in GALLERY if p.parent.name == "url-shortener"], ids=lambda p: p.parent.name)
def test_the_closed_form_agrees_with_the_engine(path: object) -> None:
    b = load(path)  # type: ignore[arg-type]
    report = estimate(b, b.cases["peak"].load)
    got = values(run(b, "peak", seed=1, duration=10, warmup=2))
    for c in report.components:
        assert got[f"{c.name}.rate"] == pytest.approx(c.rate, rel=0.08), c.name
        if c.utilisation:
            assert got[f"{c.name}.utilisation"] == pytest.approx(c.utilisation, rel=0.1), c.name
