"""Scale models answer as the exact run does."""

from __future__ import annotations

import pytest

from loadcase.engine.run import run
from loadcase.engine.scale import divides, shrink
from tests.conftest import design
from tests.engine.test_run import values


def test_a_scale_model_keeps_ratios_and_multiplies_rates_back() -> None:
    b = design(
        "  lb: {kind: load_balancer, replicas: 16, workers: 4}\n  s: {kind: service, replicas: 64, workers: 4}\n"
        "  db: {kind: store, shards: 32, replicas: 3, workers: 4}",
        "  r:\n    arrive: {rate: 12800 /s, key: {count: 1M, popularity: zipf(0.5)}}\n"
        "    steps: [lb.forward, {s.handle: {work: exp(5 ms), do: [{db.read: {work: exp(2 ms)}}]}}]",
    )
    exact = values(run(b, seed=1, duration=20, warmup=3))
    model = values(run(b, seed=1, duration=20, warmup=3, scale=8))
    for name in ("r.p50", "r.p95", "r.mean", "s.utilisation", "db.utilisation", "r.rate", "s.rate", "s.in_service"):
        assert model[name] == pytest.approx(exact[name], rel=0.03), name
    assert model["r.p99"] == pytest.approx(exact["r.p99"], rel=0.05)


def test_what_does_not_divide_stays_whole() -> None:
    b = design("  s: {kind: service, replicas: 3}", "  r: {arrive: {rate: 8 /s}, steps: [s.handle]}")
    assert not divides(b.components["s"], 2)
    small = shrink(b, 2)
    assert small.components["s"].replicas == 3
    arrive = small.flows["r"].arrive
    assert arrive is not None
    assert arrive.rate == 4
