"""Times of flows in closed form; how they agree with the engine is in tests/validation/test_agreement.py."""

from __future__ import annotations

import pytest

from loadcase.blueprint.load import loads
from loadcase.blueprint.model import Blueprint
from loadcase.estimate.estimate import estimate
from loadcase.estimate.places import Here, hop

FRESH = "network: {client: 0 s, same_zone: 0 s, cross_zone: 0 s, cross_region: 0 s}\n"


def read(text: str) -> Blueprint:
    return loads(f"loadcase: 1\nname: t\n{text}")


def test_stale_knowledge_is_noted() -> None:
    b = read(
        FRESH.replace("client: 0 s", "client: 1 ms")
        + """
components: {a: {kind: service, replicas: 10, workers: 2, work: exp(2 ms), balance: least_loaded}}
flows: {f: {arrive: {rate: 9000 /s}, steps: [a.handle]}}
"""
    )
    assert any("on their way" in note for note in estimate(b).notes)


def test_what_does_not_keep_up_has_no_latency() -> None:
    b = read(
        FRESH + "components: {a: {kind: service}}\nflows: {f: {arrive: {rate: 2 /s}, steps: [a.handle: {work: 1 s}]}}"
    )
    report = estimate(b)
    assert report.flows["f"].p99_s is None
    assert report.to_json()["components"]["a"]["p99_s"] is None
    assert report.first is not None
    assert report.first.saturates_at == pytest.approx(0.5)


def test_a_component_that_calls_itself_ends() -> None:
    b = read(
        FRESH
        + """
components: {a: {kind: service, workers: 8}, b: {kind: service, workers: 8}}
flows: {f: {arrive: {rate: 5 /s}, steps: [a.handle: {do: [b.handle: {do: [a.handle]}]}]}}
"""
    )
    report = estimate(b)
    assert any("waits for itself" in note for note in report.notes)
    assert report.flows["f"].mean_s == pytest.approx(0.003, rel=0.05)


def test_the_way_back_is_as_far_as_the_way_there() -> None:
    """Half of the calls cross regions, both ways: 0 or 80 ms, and never 40."""
    b = read(
        """
network: {client: 0 s, same_zone: 0 s, cross_zone: 0 s, cross_region: 40 ms}
components:
  a: {kind: service, replicas: 2, workers: 0, regions: 2, balance: random, work: 0 s}
  b: {kind: service, replicas: 2, workers: 0, regions: 2, balance: random, work: 0 s}
flows:
  called: {arrive: {rate: 1 /s}, steps: [a.handle: {do: [b.handle]}]}
  moved: {arrive: {rate: 1 /s}, steps: [a.handle, b.handle]}
"""
    )
    flows = estimate(b).flows
    for name in ("called", "moved"):
        assert flows[name].mean_s == pytest.approx(0.04)
        assert flows[name].p95_s == pytest.approx(0.08, rel=1e-3)
    assert hop(b, Here("a"), Here("b"), 2).share_up_to(0.06) == pytest.approx(0.5)


def test_the_queues_of_a_fork_are_tied() -> None:
    """Flatto and Hahn's mean of two M/M/1 queues that every request comes to, 11.5 / 4 services at 0.5."""
    b = read(
        FRESH
        + """
components: {a: {kind: service, work: exp(1 s)}, b: {kind: service, work: exp(1 s)}}
flows: {f: {arrive: {rate: 0.5 /s}, steps: [parallel: [[a.handle], [b.handle]]]}}
"""
    )
    assert estimate(b).metrics["f.mean"] == pytest.approx(2.875, rel=2e-3)


def test_far_for_one_call_is_far_for_the_others() -> None:
    """A third of the callers is in the other region: all their calls of the store cross, or none does."""
    b = read(
        """
network: {client: 0 s, same_zone: 0 s, cross_zone: 0 s, cross_region: 40 ms}
components:
  a: {kind: service, replicas: 3, workers: 0, regions: 2, balance: random, work: 0 s}
  s: {kind: store, workers: 0, work: 0 s}
  e: {kind: log, partitions: 3, workers: 0, work: 0 s}
flows:
  nested: {arrive: {rate: 1 /s}, steps: [a.handle: {do: [s.read, s.read]}]}
  moved: {arrive: {rate: 1 /s}, steps: [a.handle, s.read, repeat: {times: 2, do: [s.read]}]}
  both: {arrive: {rate: 1 /s}, steps: [a.handle: {do: [parallel: [[s.read], [s.read]]]}]}
  sent: {arrive: {rate: 1 /s}, steps: [a.handle, s.read, e.publish]}
  then: {consume: {log: e, by: a, in_order: none}, steps: [s.read, s.read]}
"""
    )
    flows = estimate(b).flows
    for name, far in (("nested", 0.16), ("moved", 0.24), ("both", 0.08), ("then", 0.16)):
        assert flows[name].mean_s == pytest.approx(far / 3), name
        assert (flows[name].p50_s, flows[name].p95_s) == (pytest.approx(0.0, abs=1e-4), pytest.approx(far, rel=1e-3)), (
            name
        )


def test_a_hot_key_fills_the_partition_of_its_messages() -> None:
    """A log without a key of its own takes that of the flow that publishes to it."""
    text = """
components: {{e: {{kind: log, partitions: 4{key}}}, a: {{kind: service, replicas: 4, workers: 8, work: exp(10 ms)}}}}
entities: {{k: {{count: 1000, popularity: 'hot(60 %, 1)'}}}}
flows:
  sent: {{arrive: {{rate: 150 /s, key: k}}, steps: [e.publish]}}
  then: {{consume: {{log: e, by: a}}, steps: [a.handle]}}
"""
    even, given, taken = (
        estimate(read(text.format(key=key).replace(", key: k}", gone))).flows["then"].mean_s
        for key, gone in (("", "}"), (", key: k", ", key: k}"), ("", ", key: k}"))
    )
    assert taken == given
    assert even is not None
    assert taken is None or taken > 2 * even


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ("throttle: {}", "throttle of a.handle"),
        ("breaker: {}", "breaker of a.handle"),
        ("retry: {breaker: 10 %, budget: 20 %}", "retry breaker of a.handle and retry budget of a.handle"),
        ("retry: {max: 3}", ""),
    ],
)
def test_policies_of_a_call_that_are_left_out_are_told(policy: str, told: str) -> None:
    b = read(
        f"""
components: {{a: {{kind: service}}}}
flows:
  f: {{arrive: {{rate: 1 /s, timeout: 1 s, retry: {{budget: 10 %}}}}, steps: [a.handle, {{a.handle: {{{policy}}}}}]}}
"""
    )
    both = f"retry budget and {told}" if told else "retry budget"
    assert f"f: {both} left out, `loadcase run` has it" in estimate(b).notes
    assert f"f: {both} left out, `loadcase run` has it" in estimate(b).to_json()["notes"]
