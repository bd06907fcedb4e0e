"""Sizing proposes counts that hold, and says why, and what no size can mend."""

from __future__ import annotations

import json

import pytest

from loadcase.blueprint.load import load
from loadcase.estimate.estimate import estimate
from loadcase.estimate.size import size
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
    json.dumps(report.to_json(), allow_nan=False)


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
