"""Sizing proposes counts that hold, and says why, and what no size can mend."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loadcase import api
from loadcase.blueprint.load import load, loads
from loadcase.estimate.estimate import estimate
from loadcase.estimate.size import DRIVEN, SizeReport, _Sizer, size
from loadcase.report.shapes import size_json
from tests.conftest import design


def test_chat_gets_smaller_and_still_holds() -> None:
    b = load("gallery/chat")
    report = size(b)
    assert report.case == "peak"
    assert report.cost_after < report.cost_before
    assert report.unmet == []
    for line in estimate(report.blueprint, "peak").components:
        assert line.hottest is None or line.hottest <= 0.7 + 1e-9, line.name
    assert all(c.reason for c in report.changes)
    shape = size_json(report)
    json.dumps(shape, allow_nan=False)
    assert shape["components"]["gateway"]["driver"] == "connections"
    assert "components.control.replicas" not in shape["overlay"]


def test_a_design_that_is_too_small_grows() -> None:
    b = design(
        "  a: {kind: service, workers: 2, price: 10 USD/month}",
        "  r: {arrive: {rate: 100 /s}, steps: [a.handle: {work: exp(100 ms)}]}",
        "cases: {normal: {}, peak: {load: 2}}",
    )
    report = size(b, headroom=0.3)
    (change,) = report.changes
    assert (report.load, change.field, change.before, change.after) == (2, "replicas", 1, 15)
    assert report.cost_after == pytest.approx(150)
    assert size(b, headroom=0.0).changes[0].after == 10


def test_a_guarantee_asks_for_more_than_the_load_does() -> None:
    b = design(
        "  a: {kind: service, balance: random}",
        "  r: {arrive: {rate: 10 /s}, steps: [a.handle: {work: exp(10 ms)}]}",
        "requirements: {contract: [r.p99 < 46.5 ms, r.availability >= 99.99 %]}",
    )
    report = size(b)
    assert report.unmet == []
    assert report.changes[0].after > 2
    assert "so that" in report.changes[0].reason


def test_what_no_size_can_mend_is_said() -> None:
    b = design(
        "  a: {kind: service}\n  s: {kind: store, shards: 4}",
        "  r: {arrive: {rate: 2 /s, key: {count: 1000, popularity: 'hot(90 %, 1)'}},"
        " steps: [a.handle: {work: exp(10 ms)}, s.read: {work: exp(1 s)}]}",
        "requirements: {contract: [r.p99 < 40 ms]}",
    )
    report = size(b)
    assert any("one key" in why or "keep up" in why for why in report.unmet)


def test_partitions_are_enough_for_the_consumers_that_share_them() -> None:
    b = design(
        "  l: {kind: log, partitions: 4, workers: 100}\n  w: {kind: service, replicas: 4, workers: 1}",
        "  p: {arrive: {rate: 300 /s}, steps: [l.publish]}\n"
        "  c: {consume: {log: l, by: w, in_order: none}, steps: [w.handle: {work: 10 ms}]}",
    )
    report = size(b, headroom=0.3)
    counts = {c.component: (c.after, c.driver) for c in report.changes}
    assert counts["w"] == (5, "headroom")  # 3 busy workers
    assert counts["l"] == (5, "consumers")
    for line in estimate(report.blueprint).components:
        assert line.hottest is None or line.hottest <= 0.7 + 1e-9, line.name


@pytest.mark.parametrize("headroom", [-0.1, 1.0])
def test_a_headroom_is_a_share(headroom: float) -> None:
    with pytest.raises(ValueError, match="share"):
        size(load("gallery/url-shortener"), headroom)


def one_fewer_gives(report: SizeReport, original: str) -> list[str]:
    """The components of which one fewer would still do."""
    sizer = _Sizer(load(original), report.load, report.headroom)
    sizer.adopt(report.blueprint)
    broken = {why.split(":")[0].split()[0] for why in report.unmet}
    found = []
    for c in report.changes:
        if c.driver in DRIVEN and c.after > sizer.least(c.component)[0]:
            fewer = estimate(sizer.resized({c.component: c.after - 1}), report.load)
            if sizer.held(fewer, broken):
                found.append(c.component)
    return found


@pytest.mark.parametrize("name", ["chat", "url-shortener"])
def test_one_fewer_is_too_few(name: str) -> None:
    assert one_fewer_gives(size(load(f"gallery/{name}")), f"gallery/{name}") == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["chat", "url-shortener"])
def test_what_is_proposed_holds_in_the_engine(name: str) -> None:
    report = size(load(f"gallery/{name}"))
    lines = ", ".join(f"{path}: {count}" for path, count in report.overlay.items())
    text = Path(f"gallery/{name}/blueprint.yaml").read_text(encoding="utf-8")
    sized = loads(text.replace("\nvariants:\n", f"\nvariants:\n  sized: {{{lines}}}\n"), variant="sized")
    result = api.check(sized, cases=[report.case], seeds=3, budget_s=900)
    (case,) = result.cases
    assert {g.guarantee: g.verdict for g in case.guarantees if g.verdict != "holds"} == {}


def test_what_no_size_brings_nearer_ends_soon() -> None:
    b = design(
        "  s: {kind: service, workers: 4}",
        "  r: {arrive: {rate: 50M /s}, steps: [s.handle: {work: exp(5 ms)}]}",
        "requirements: {contract: [r.p95 < 10 ms]}",
    )
    report = size(b)
    assert any("r.p95" in why for why in report.unmet)
    assert report.changes[0].after >= 62_500
