"""The closed form agrees with the engine, within the limits, on every stable feed-forward design."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from loadcase.blueprint.load import loads
from loadcase.blueprint.model import Blueprint
from loadcase.core.errors import UsageError
from loadcase.core.results import Metric
from loadcase.estimate.estimate import estimate
from loadcase.validation import agreement
from loadcase.validation.agreement import LIMITS, Agreement, Row, Subject, compare, excluded, of_designs, subjects
from loadcase.validation.table import agreement_table

DESIGNS = {s.name: s for s in of_designs()}


def read(text: str) -> Blueprint:
    return loads(f"loadcase: 1\nname: t\n{text}")


def one(text: str, source: str = "rate: 10 /s", steps: str = "[a.handle: {work: exp(10 ms)}]") -> Blueprint:
    return read(f"components: {{{text}}}\nflows: {{f: {{arrive: {{{source}}}, steps: {steps}}}}}")


def failures(found: list[Agreement]) -> list[str]:
    return [
        f"{a.name} {r.metric}: {r.closed:.6g} against {r.engine:.6g}, {r.difference:+.1%}"
        for a in found
        for r in a.rows
        if not r.ok
    ]


@pytest.mark.parametrize("name", DESIGNS)
def test_a_feed_forward_design_agrees(name: str) -> None:
    (found,) = compare([DESIGNS[name]], seeds=1, threads=1)
    assert failures([found]) == []
    assert found.status == "agree", found.reason
    assert {r.metric.rsplit(".", 1)[-1] for r in found.rows} >= {"mean", "p50", "p95", "p99", "rate"}


@pytest.mark.slow
def test_every_stable_feed_forward_case_agrees() -> None:
    found = compare(subjects())
    assert failures(found) == []
    assert sum(a.status == "agree" for a in found) > 100
    kinds = ("faults", "feedback", "unstable", "no closed form", "nothing in it")
    assert {a.name: a.reason for a in found if a.status == "excluded" and not a.reason.startswith(kinds)} == {}


def test_the_designs_span_what_the_format_has() -> None:
    text = "".join(str(s.blueprint.dump()) for s in DESIGNS.values())
    words = """parallel fan_out choose repeat spawn hedge retry miss consume two_choices least_loaded hash random ps
        priority preemptive paced log queue topic any quorum"""
    for word in words.split():
        assert word in text, word
    used = [c.hottest for s in DESIGNS.values() for c in estimate(s.blueprint).components if c.hottest]
    assert min(used) < 0.3
    assert 0.85 < max(used) < 0.95


@pytest.mark.parametrize(
    ("blueprint", "reason"),
    [
        (one("a: {kind: service}", "users: 3, think: 1 s"), "feedback: the users of f"),
        (one("a: {kind: service}", "rate: 10 /s, timeout: 20 ms, retry: {max: 2}"), "feedback: the client of f"),
        (one("a: {kind: service}", steps="[a.handle: {work: exp(10 ms), breaker: {}}]"), "feedback: a breaker"),
        (one("a: {kind: service}", steps="[a.handle: {retry: {breaker: 10 %}}]"), "feedback: a breaker"),
        (one("a: {kind: service}", steps="[a.handle: {throttle: {}}]"), "feedback: callers of a throttle"),
        (
            one(
                "a: {kind: store}}\nentities: {e: {count: 9}",
                "rate: 10 /s, key: e",
                "[a.read: {entity: e}, a.update: {entity: e, if: unchanged}]",
            ),
            "feedback: an update of a fails when another one comes between",
        ),
        (one("a: {kind: service, contention: 1 %}"), "feedback: a is slower the more it does"),
        (
            one("a: {kind: service}", steps="[a.handle: {work: exp(10 ms), timeout: 5 ms, retry: {max: 1}}]"),
            "feedback: calls of a time out",
        ),
        (
            one("a: {kind: service, patience: 1 ms}", steps="[a.handle: {work: 20 ms}]"),
            "no closed form: a: patience is told as if",
        ),
        (
            one("a: {kind: service, patience: 1 ms, replicas: 2, balance: least_loaded}", "rate: 100 /s"),
            "no closed form: a: requests that lose patience",
        ),
        (one("a: {kind: service, discipline: lifo}"), "no closed form of the percentiles"),
        (one("a: {kind: service}", "rate: 10 /s, pattern: 'bursty(5, 1 s, 9 s)'"), "no closed form: arrivals"),
        (one("a: {kind: service}", "rate: 200 /s"), "unstable: a is 200% used"),
        (
            one("c: {kind: cache, keys: 9}", "rate: 1 /s, key: {count: 99}", "[c.get, c.put]"),
            "no closed form: c holds what is put there",
        ),
        (
            one(
                "c: {kind: cache, keys: 9, policy: lfu}", "rate: 1 /s, key: {count: 99}", "[c.get: {miss: [wait: 1 s]}]"
            ),
            "no closed form: c forgets the use",
        ),
        (
            read(
                "components: {q: {kind: queue}, a: {kind: service, workers: 0}}\n"
                "flows:\n  f: {arrive: {rate: 1 /s}, steps: [q.publish]}\n"
                "  g: {consume: {queue: q, by: a}, steps: [a.handle, {choose: [{weight: 1, do: [q.publish]},"
                " {weight: 3, do: [{wait: 1 ms}]}]}]}"
            ),
            "feedback: messages of q come round",
        ),
        (
            read(
                "components: {q: {kind: queue, visibility: 1 ms}, a: {kind: service, workers: 0}}\n"
                "flows:\n  f: {arrive: {rate: 1 /s}, steps: [q.publish]}\n"
                "  g: {consume: {queue: q, by: a}, steps: [a.handle: {work: 1 s}]}"
            ),
            "feedback: messages of q are handed out again",
        ),
    ],
)
def test_what_has_no_part_says_why(blueprint: Blueprint, reason: str) -> None:
    assert excluded(blueprint, estimate(blueprint)).startswith(reason)


def test_a_timeout_that_never_comes_is_no_feedback() -> None:
    b = one("a: {kind: service}", steps="[a.handle: {work: exp(10 ms), timeout: 5 s, retry: {max: 2}}]")
    assert excluded(b, estimate(b)) == ""


@pytest.mark.parametrize(("factor", "status"), [(1.05, "agree"), (1.2, "off")])
def test_what_is_off_is_found(monkeypatch: pytest.MonkeyPatch, factor: float, status: str) -> None:
    b = one("a: {kind: service}")
    report = estimate(b)
    got = {n: Metric(v * (factor if n == "f.p99" else 1.0), "") for n, v in report.metrics.items()}
    got["a.in_service"] = Metric(got["a.utilisation"].value, "count")
    found = SimpleNamespace(metrics=got, partial=None)
    monkeypatch.setattr(agreement, "simulate", lambda *_: [found, found])
    (result,) = compare([Subject("x", "designs", b)])
    wrong = [r.metric for r in result.rows if not r.ok]
    assert result.status == status
    assert wrong == (["f.p99"] if status == "off" else [])


def test_a_difference_is_relative_and_below_a_microsecond_none() -> None:
    assert Row("f.mean", 1.1, 1.0, 1.0, 1.0).difference == pytest.approx(0.1)
    assert not Row("f.mean", 1.11, 1.0, 1.0, 1.0).ok
    assert Row("f.p99", 1.14, 1.0, 1.0, 1.0).ok
    assert Row("f.mean", 3e-7, 9e-7, 0.0, 1.0).ok
    assert not Row("f.mean", 1.0, 0.0, 0.0, 0.0).ok
    assert (LIMITS["mean"], LIMITS["p50"], LIMITS["p95"], LIMITS["p99"]) == (0.10, 0.10, 0.15, 0.15)
    assert (LIMITS["utilisation"], LIMITS["rate"], LIMITS["hit_ratio"]) == (0.05, 0.05, 0.03)


def test_only_keeps_what_is_named() -> None:
    assert [s.name for s in subjects(["hash"])] == ["hash"]
    assert {s.group for s in subjects(["gallery"])} == {"gallery"}
    assert all(s.name.startswith("CA-KING-1:") for s in subjects(["CA-KING-1"]))
    with pytest.raises(UsageError, match="nothing-such"):
        subjects(["nothing-such"])


def test_the_table_shows_the_furthest_and_what_is_excluded() -> None:
    near = [
        Row("f.mean", 1.05, 1.0, 1.0, 1.0),
        Row("a.sojourn.mean", 0.92, 1.0, 1.0, 1.0),
        Row("f.p99", 1.1, 1.0, 1, 1),
    ]
    text = agreement_table(
        [Agreement("x", "designs", "agree", "", near), Agreement("y", "g", "excluded", "unstable: a")]
    )
    assert "1 agree, 0 off, 1 excluded." in text
    assert "| x | 3 | -8 % (a.sojourn) |  |  | +10 % (f) |  | ok |" in text
    assert "| y | unstable: a |" in text
