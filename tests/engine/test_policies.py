"""Policies of callers and limits, against what they promise."""

from __future__ import annotations

import pytest

from loadcase import api
from loadcase.blueprint.load import loads
from loadcase.core.errors import BlueprintError
from loadcase.core.results import RunResult

LIMITED = """
loadcase: 1
name: limited
network: {client: 0 s, same_zone: 0 s}
components: {limit: {kind: limiter, rate: 100 /s, burst: 100, workers: 0}}
flows: {r: {arrive: {rate: 500 /s}, steps: [limit.take: {THROTTLE}]}}
"""


def limited(throttle: str) -> RunResult:
    return api.run(loads(LIMITED.replace("THROTTLE", throttle)), duration=120.0, warmup=60.0)


@pytest.mark.parametrize("k", [1.5, 2.0, 3.0])
def test_a_throttled_client_sends_k_requests_for_each_that_is_accepted(k: float) -> None:
    found = limited(f"throttle: {{k: {k}, window: 20 s}}").metrics
    assert found["limit.rate"].value / found["r.goodput"].value == pytest.approx(k, rel=0.05)
    assert found["r.errors.throttled"].value == pytest.approx(500 - found["limit.rate"].value, rel=0.05)


def test_a_throttle_forgets_what_its_window_has_passed() -> None:
    text = LIMITED.replace("THROTTLE", "throttle: {window: 2 s}").replace("rate: 500 /s", "rate: 50 /s")
    spike = "cases: {normal: {duration: 60 s, faults: [{traffic_spike: {flow: r, factor: 40, at: 10 s, for: 10 s}}]}}"
    series = api.run(loads(text + spike), warmup=0.0).series
    assert max(v or 0.0 for v in series["r.errors"].values[10:20]) > 1000
    assert sum(v or 0.0 for v in series["r.errors"].values[25:]) == 0.0


@pytest.mark.parametrize("wrong", ["k: 0.5", "window: 0 s"])
def test_a_throttle_that_could_not_work_is_refused(wrong: str) -> None:
    with pytest.raises(BlueprintError, match="throttle"):
        limited(f"throttle: {{{wrong}}}")


def test_the_first_refusal_is_when_the_bucket_is_empty() -> None:
    text = (
        LIMITED.replace("{THROTTLE}", "{}")
        .replace("500 /s", "300 /s, pattern: paced")
        .replace("burst: 100", "burst: 50")
    )
    found = api.run(loads(text), duration=2.0, warmup=0.0).metrics
    assert found["limit.rejected.first"].value == pytest.approx(50 / (300 - 100), abs=0.01)
    calm = api.run(loads(text.replace("300 /s", "90 /s")), duration=2.0, warmup=0.0)
    assert calm.metric("limit.rejected.first") is None


GUARDED = """
loadcase: 1
name: guarded
network: {client: 0 s, same_zone: 0 s}
components:
  limit: {kind: limiter, rate: 100 /s, burst: 100, work: 1 ms}
  local: {kind: limiter, rate: 40 /s, burst: 40}
flows: {r: {arrive: {rate: 200 /s}, steps: [limit.take: {timeout: 10 ms, fallback: [local.take]ON}]}}
cases: {down: {duration: 60 s, warmup: 10 s, faults: [crash: {on: limit, at: 20 s, for: 20 s, answer: ANSWER}]}}
"""


@pytest.mark.parametrize(("answer", "reason"), [("refuse", "down"), ("silence", "timeout")])
def test_a_fallback_is_made_for_its_reasons_alone(answer: str, reason: str) -> None:
    def goodput(on: str) -> list[float]:
        text = GUARDED.replace("ON", on).replace("ANSWER", answer)
        values = api.run(loads(text), "down").series["r.goodput"].values
        third = len(values) // 3
        parts = [values[i * third + 2 : (i + 1) * third - 2] for i in range(3)]
        return [sum(v or 0.0 for v in part) / len(part) for part in parts]

    assert goodput(f", fallback_on: [{reason}]") == pytest.approx([100, 40, 100], rel=0.05)  # a refusal is an answer
    assert goodput("") == pytest.approx([140, 40, 140], rel=0.05)
    assert goodput(", fallback_on: [shed]") == pytest.approx([100, 0, 100], rel=0.05)


def test_contention_makes_a_service_slower_with_every_other_request() -> None:
    text = """
loadcase: 1
name: crowded
network: {client: 0 s, same_zone: 0 s}
components: {s: {kind: service, workers: 0, work: 1 s, contention: 1 %}}
flows: {r: {arrive: {rate: 40 /s}, steps: [s.handle]}}
"""
    found = api.run(loads(text), duration=300.0, warmup=30.0).metrics
    # n = 40 (1 + 0.01 (n - 1)), by Little's law
    assert found["s.in_service"].value == pytest.approx(40 * 0.99 / (1 - 0.4), rel=0.08)
    alone = api.run(loads(text.replace("rate: 40 /s", "rate: 0.5 /s, pattern: paced")), duration=60.0, warmup=0.0)
    assert alone.metrics["r.mean"].value == pytest.approx(1.0)


@pytest.mark.parametrize("kind", ["log", "queue"])
def test_catching_up_takes_as_long_as_the_spare_capacity_says(kind: str) -> None:
    text = f"""
loadcase: 1
name: lagging
network: {{client: 0 s, same_zone: 0 s}}
components:
  c: {{kind: {kind}, workers: 0, work: 0 s}}
  w: {{kind: service, work: 10 ms}}
flows:
  p: {{arrive: {{rate: 60 /s, pattern: paced}}, steps: [c.publish]}}
  f: {{consume: {{{kind}: c, by: w}}, steps: [w.handle]}}
cases: {{normal: {{duration: 60 s, warmup: 1 s, faults: [{{consumer_pause: {{flow: f, at: 5 s, for: 10 s}}}}]}}}}
"""
    found = api.run(loads(text)).metrics
    assert found["c.lag.peak"].value == pytest.approx(600, abs=2)
    assert found["c.catch_up"].value == pytest.approx(600 / (100 - 60), rel=0.02)


@pytest.mark.parametrize(("error_rate", "attempts"), [(0.3, 1.0), (0.05, 1.0526)])
def test_retries_stop_while_too_many_attempts_fail(error_rate: float, attempts: float) -> None:
    text = f"""
loadcase: 1
name: failing
components: {{c: {{kind: external, work: 0 s, error_rate: {error_rate}}}}}
flows: {{r: {{arrive: {{rate: 1000 /s}}, steps: [{{c.call: {{retry: {{max: 3, breaker: 15 %}}}}}}]}}}}
"""
    found = api.run(loads(text), duration=20.0, warmup=1.0).metrics
    assert found["r.attempts"].value == pytest.approx(attempts, rel=0.01)


def test_attempts_are_not_counted_for_nothing() -> None:
    text = "loadcase: 1\nname: t\ncomponents: {c: {kind: external}}\nflows: {r: {arrive: {rate: 1 /s}, steps: [@]}}"
    with pytest.raises(BlueprintError, match="breaker_calls"):
        loads(text.replace("@", "{c.call: {retry: {breaker_calls: 5}}}"))
