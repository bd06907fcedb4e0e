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


def test_the_shorter_of_infinitely_many() -> None:
    """Mitzenmacher's sums, and M/M/1 for one choice."""
    for rho, d, exact in ((0.9, 2, 2.6141), (0.99, 3, 3.8578), (0.5, 1, 2.0)):
        assert b.power_of_d(rho, d, 10**7) == pytest.approx(exact, rel=1e-4)


def test_the_shortest_queue() -> None:
    """Of two: the exact means, of the chain of both lengths."""
    agree("LB-JSQ-3", rel=0.03, mean_sojourn=b.shortest_queue(0.9, 10))
    for rho, exact in ((0.5, 1.42632), (0.7, 2.10820), (0.9, 5.47491)):
        assert b.shortest_queue(rho, 2) == pytest.approx(exact, rel=0.03)
