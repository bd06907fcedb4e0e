"""Availability from parts equals hand arithmetic and the published cases."""

from __future__ import annotations

import pytest

from loadcase.estimate import availability as a
from loadcase.estimate.estimate import estimate
from tests.conftest import design
from tests.estimate.cases import agree


def test_parts() -> None:
    agree("RQ-QAVAIL-1", availability=a.k_of_n(0.99, 3, 2))
    agree("RQ-QAVAIL-4", availability=a.k_of_n(0.4, 3, 2))
    agree("RQ-EC-1", unavailability=a.k_of_n_down(0.9999, 5, 4))
    chain, pair = 0.999 * 0.9995 * 0.9999, a.parallel(0.99, 0.99)
    agree("RQ-SERPAR-1", availability=chain * pair, parallel_only=pair)


def test_time() -> None:
    for case, up in (("RQ-NINES-1", 0.99999), ("RQ-NINES-2", 0.9999)):
        month = a.downtime_minutes(up, 30 * 1440)
        agree(case, minutes_per_year=a.downtime_minutes(up), minutes_per_30_days=month)
    agree(
        "RQ-MTTR-1",
        availability_single=a.from_repair(720, 1),
        unavailability_pair_independent=a.pair_down(720, 1),
        unavailability_pair_one_crew=a.pair_down(720, 1, crews=1),
    )


def up(components: str, steps: str, arrive: str = "rate: 1 /s, key: {count: 10}") -> float:
    b = design(components, f"  r: {{arrive: {{{arrive}}}, steps: [{steps}]}}")
    return estimate(b).flows["r"].availability


ONE = "  a: {kind: service, availability: 99 %}"
TWO = "  a: {kind: service, availability: 99 %, replicas: 2}"


def test_series_and_replicas() -> None:
    assert up(ONE, "a.handle") == pytest.approx(0.99)
    assert up(ONE, "a.handle, a.handle") == pytest.approx(0.99), "one component, counted once"
    assert up(TWO, "a.handle") == pytest.approx(0.9999)
    assert up("  a: {kind: service}", "a.handle") == pytest.approx(0.999), "assumed"
    both = f"{ONE}\n  b: {{kind: service, availability: 98 %}}"
    assert up(both, "a.handle: {do: [b.handle]}") == pytest.approx(0.99 * 0.98)
    assert up(both, "a.handle: {fallback: [b.handle]}") == pytest.approx(1 - 0.01 * 0.02)
    assert up(both, "parallel: {branches: [[a.handle], [b.handle]], need: any}") == pytest.approx(1 - 0.01 * 0.02)


def test_replicas_that_the_load_needs_count() -> None:
    busy = "  a: {kind: service, availability: 99 %, replicas: 3, work: {handle: 500 ms}}"
    assert up(busy, "a.handle", "rate: 1 /s") == pytest.approx(a.k_of_n(0.99, 3, 1))
    assert up(busy, "a.handle", "rate: 3 /s") == pytest.approx(a.k_of_n(0.99, 3, 2))


def test_quorums() -> None:
    store = "  s: {kind: store, replicas: 3, availability: 99 %, write: quorum, read: one}"
    assert up(store, "s.write") == pytest.approx(a.k_of_n(0.99, 3, 2))
    assert up(store, "s.read") == pytest.approx(a.parallel(0.99, 0.99, 0.99))


def test_errors_and_retries() -> None:
    flaky = "  e: {kind: external, error_rate: 1 %, availability: 100 %}"
    assert up(flaky, "e.call") == pytest.approx(0.99)
    assert up(flaky, "e.call: {retry: {max: 1}}") == pytest.approx(0.9999)
    slow = "  e: {kind: external, work: exp(1 s), availability: 100 %}"
    assert up(slow, "e.call: {timeout: 2 s}") == pytest.approx(1 - 0.1353, abs=2e-3)


@pytest.mark.parametrize(("n", "need"), [(1001, 1000), (1001, 990), (2000, 1995), (5000, 5000), (3000, 10)])
def test_many_parts_are_as_few(n: int, need: int) -> None:
    from fractions import Fraction
    from math import comb

    p = Fraction(999, 1000)
    exact = sum(comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(max(0, need - 60), need))
    assert a.k_of_n_down(0.999, n, need) == pytest.approx(float(exact), rel=1e-6, abs=1e-300)
