"""The scale model that a check chooses: small enough for its budget, and the same answer as the design itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadcase import api
from loadcase.blueprint.load import load, loads
from loadcase.blueprint.model import Blueprint
from loadcase.core.errors import UsageError
from loadcase.core.results import Metric
from loadcase.engine.run import Warmed
from loadcase.engine.scale import whole_components, whole_flows
from loadcase.scales import (
    EVENTS_PER_S,
    EVENTS_PER_VISIT,
    agrees,
    choose,
    closed_form,
    closed_form_of_model,
    indivisible,
    require,
    scales,
)

GALLERY = Path(__file__).parents[1] / "gallery"
WIDE = """\
loadcase: 1
name: wide
network: {{client: 0 s, same_zone: 0 s}}
requirements: {{contract: [{contract}]}}
entities: {{k: {{count: 1M, popularity: {popularity}}}}}
components:
  s: {{kind: service, replicas: 128, workers: 8, work: exp(5 ms), balance: {balance}}}
  db: {{kind: store, shards: 128, workers: 4, work: exp(1 ms)}}
flows:
  r: {{arrive: {{rate: {rate} /s, key: k}}, steps: [s.handle, db.read{step}]}}
"""


def wide(
    contract: str = "r.p99 < 1 s",
    popularity: str = "uniform",
    balance: str = "random",
    step: str = "",
    rate: int = 80_000,
) -> Blueprint:
    text = WIDE.format(contract=contract, popularity=popularity, balance=balance, step=step, rate=rate)
    return loads(text)


def chosen(blueprint: Blueprint, allowed_s: float = 10.0) -> int:
    return choose(blueprint, 1.0, 60.0, allowed_s, 3).k


def test_a_small_budget_takes_a_small_model_and_a_large_one_none() -> None:
    b = wide()
    assert chosen(b, 1e9) == 1
    exact_s = 3 * 60.0 * 2 * 80_000 * EVENTS_PER_VISIT / EVENTS_PER_S
    assert chosen(b, exact_s * 1.01) == 1
    assert chosen(b, exact_s / 3) == 4
    assert chosen(b, exact_s / 100) == 8  # with 1:16 too few requests would be left
    assert chosen(wide(rate=1_000), 0.001) == 1


def test_what_a_model_cannot_stand_for_is_run_exactly() -> None:
    assert chosen(wide(contract="db.hottest_shard < 50 %"), 3.0) == 1
    assert chosen(wide(contract="r.max < 1 s"), 3.0) == 1
    assert not scales(wide(popularity='"hot(1 %, 1)"'))
    assert not scales(wide(step=": {breaker: {}}"))


def test_the_closed_form_refuses_a_model_that_waits_differently() -> None:
    b = wide(balance="round_robin", rate=184_000)  # 90 % full: round robin over 16 waits longer than over 128
    exact = closed_form(b, 1.0)
    assert not agrees(exact, closed_form_of_model(b, 1.0, 16))
    calm = wide(balance="round_robin", rate=60_000)
    assert agrees(closed_form(calm, 1.0), closed_form_of_model(calm, 1.0, 8))


def test_rough_metrics_are_told_apart() -> None:
    result = api.run(wide(popularity="zipf(0.8)"), duration=1.0, warmup=0.2, scale=8)
    rough = set(result.rough)
    assert not rough & set(result.metrics)
    assert {"r.max", "db.hottest_shard", "s.queue.peak", "s.utilisation.peak", "r.p9999"} <= rough
    assert {"r.p50", "r.p99", "r.mean", "s.utilisation", "r.rate", "r.availability", "cost"} <= set(result.metrics)
    assert result.metric("r.max") is result.rough["r.max"]
    assert result.metric("r.p50") is result.metrics["r.p50"]
    assert result.metrics["cost"].exact


# --- the bar: every metric of the chosen scale model within 3 % of the exact run, p99 within 5 % ----------------------
def compared(name: str, seeds: int, seconds: float) -> None:
    b = load(GALLERY / name)
    assert b.cases["peak"].load == 1.0
    scale = api.scales_of(b, ["peak"], 60.0)["peak"]
    if scale.k == 1:
        return  # the design itself is run
    exact = api.run(b, "peak", 1, duration=seconds, warmup=2.0)
    whole = whole_flows(b, scale.k) | whole_components(b, scale.k)
    memo = Warmed()
    for seed in range(1, seeds + 1):
        model = api.run(b, "peak", seed, duration=seconds, warmup=2.0, scale=scale, warmed=memo)
        assert set(exact.metrics) == {*model.metrics, *model.rough}
        # what stays whole is as noisy in the exact run: it is compared with the same seed only
        told = {n: m for n, m in model.metrics.items() if seed == 1 or n.split(".")[0] not in whole}
        off = {n: (m.value, exact.metrics[n].value) for n, m in told.items() if not near(n, m, exact.metrics[n])}
        assert not off


def near(name: str, model: Metric, exact: Metric) -> bool:
    allowed = 0.05 if name.endswith("p99") else 0.03
    return abs(model.value - exact.value) <= allowed * abs(exact.value)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["chat", "url-shortener"])
def test_the_scale_model_answers_as_the_design_does(name: str) -> None:
    compared(name, 4, 10.0)


FAULTY = """
cases:
  c: {{duration: 6 s, warmup: 1 s, faults: [{faults}]}}
"""


def faulty(faults: str, rate: int = 80_000) -> Blueprint:
    text = WIDE.format(contract="r.p99 < 1 s", popularity="uniform", balance="random", step="", rate=rate)
    text = text.replace("replicas: 128,", "replicas: 128, zones: 2,").replace("shards: 128,", "shards: 128, zones: 2,")
    return loads(text + FAULTY.format(faults=faults))


@pytest.mark.parametrize(
    ("faults", "divides"),
    [
        ("crash: {on: s, share: 25 %, at: 1 s}", True),
        ("crash: {on: s, count: 32, at: 1 s}", False),  # 32 of 128 are not 32 of 32
        ("crash: {on: s, share: 1 %}", False),  # 1 of 128 is not 1 of 32
        ("slow: {on: db, share: 50 %, factor: 2}", True),
        ("traffic_spike: {factor: 2}", True),
        ("outage: {zone: 2, at: 1 s}", True),
        ("partition: {between: [s, db], at: 1 s, for: 1 s}", True),
        ("hot_key: {entity: k, share: 1 %}", False),
        ("slow: {on: db, factor: 2}, hot_key: {entity: k, share: 1 %}", False),
    ],
)
def test_a_model_is_only_chosen_when_the_faults_divide_too(faults: str, divides: bool) -> None:
    b = faulty(faults)
    allowed_s = 3 * 60.0 * 2 * 80_000 * EVENTS_PER_VISIT / EVENTS_PER_S / 3
    k = choose(b, 1.0, 60.0, allowed_s, 3, b.cases["c"].faults).k
    assert (k == 4) is divides
    assert divides or k == 1
    if divides:
        require(b, 1.0, 4, b.cases["c"].faults)
    else:
        with pytest.raises(UsageError, match="does not divide"):
            api.run(b, "c", scale=4)


def test_a_part_that_stays_whole_is_struck_as_a_whole_or_not_at_all() -> None:
    b = loads(
        "loadcase: 1\nname: t\ncomponents: {a: {kind: service, replicas: 64, workers: 4}, x: {kind: external}, "
        "b: {kind: service, replicas: 3, workers: 900}}\n"
        "flows: {r: {arrive: {rate: 1k /s}, steps: [a.handle, b.handle, x.call]}}\n"
        "cases: {c: {faults: [dependency_down: {on: x}, crash: {on: b, count: 1}]}}\n"
    )
    down, crash = b.cases["c"].faults
    assert not indivisible(b, down, 4)
    assert indivisible(b, crash, 4) == "b does not divide"


def test_a_model_with_faults_answers_as_the_design_does() -> None:
    b = faulty(
        "crash: {on: s, share: 25 %, at: 2 s, for: 2 s, detect: 1 s}, traffic_spike: {factor: 1.5, at: 3 s}", 8_000
    )
    exact, model = ([api.run(b, "c", seed, scale=k) for seed in range(1, 5)] for k in (1, 4))
    for name in ("r.availability", "r.mean", "r.rate", "r.errors.down", "db.utilisation"):
        one, other = (sum({**r.rough, **r.metrics}[name].value for r in runs) for runs in (exact, model))
        assert other == pytest.approx(one, rel=0.08 if "errors" in name else 0.01), name
