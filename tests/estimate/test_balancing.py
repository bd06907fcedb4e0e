"""Balancers and bins equal published tables; the fits stay as near as their docstrings say."""

from __future__ import annotations

import pytest

from loadcase.estimate import balancing as b
from tests.estimate.cases import CASES, agree


@pytest.mark.parametrize("case", [c for c in CASES if c.startswith(("LB-MITZ", "LB-GAST"))])
def test_the_shorter_of_some(case: str) -> None:
    m = CASES[case]["model"]
    got = b.power_of_d(m["arrival_rate_per_server"], m["d"], m["servers"], 1, m["replacement"])
    agree(case, rel=0.01, mean_sojourn=got)


def test_the_limit_of_many() -> None:
    assert b.power_of_d_limit(0.9, 2) == pytest.approx(2.6141, rel=1e-4)
    assert b.power_of_d_limit(0.99, 3) == pytest.approx(3.8578, rel=1e-4)
    assert b.power_of_d_limit(0.5, 1) == 2.0
    assert b.power_of_d(0.5, 2, 10**6) == pytest.approx(b.power_of_d_limit(0.5, 2), rel=1e-4)


def test_the_shortest_queue() -> None:
    agree("LB-JSQ-1", mean_sojourn=b.shortest_of_two(0.5))
    agree("LB-JSQ-3", rel=0.03, mean_sojourn=b.shortest_queue(0.9, 10))
    for rho in (0.5, 0.7, 0.9):
        assert b.shortest_queue(rho, 2) == pytest.approx(b.shortest_of_two(rho), rel=0.03)


def test_bins() -> None:
    agree("LB-BINS-1", expected_max=b.expected_fullest_bin(100, 100))
    agree("LB-BINS-4", expected_max=b.expected_fullest_bin(1000, 1000))
    assert b.expected_fullest_bin(5, 1) == pytest.approx(5)
