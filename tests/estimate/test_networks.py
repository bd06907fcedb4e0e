"""Networks equal their published values."""

from __future__ import annotations

import pytest

from loadcase.core.distributions import Exp
from loadcase.estimate import networks as n
from loadcase.estimate.latency import Latency
from tests.estimate.cases import agree


def mva(users: int, away: float, demand: float, queues: int) -> float:
    """Throughput by exact mean value analysis: one class, like queues of one server."""
    number = rate = 0.0
    for k in range(1, users + 1):
        time = demand * (1.0 + number)
        rate = k / (away + queues * time)
        number = rate * time
    return rate


def test_tandem() -> None:
    both = Latency.of(Exp(2.0)).times_over(2)
    got = {f"sojourn_p{p}": both.quantile(p / 100) for p in (50, 95, 99)}
    agree("QT-TANDEM-1", rel=0.01, mean_sojourn=both.mean, **got)


def test_closed_loops() -> None:
    s = n.machine_repair(20, 10, 1)
    agree("QT-CLOSED-1", throughput=s.rate, mean_response=s.mean_sojourn, utilization=s.utilisation)
    assert n.closed_throughput(20, 10, [(0.3, 1, 2)]) == pytest.approx(mva(20, 10, 0.3, 2), rel=0.02)
    assert n.machine_repair(20, 10, 1, 3).rate == pytest.approx(n.closed_throughput(20, 10, [(1, 3, 1)]), rel=0.05)


def test_an_uneven_spread_costs_nothing_until_workers_are_taken() -> None:
    assert n.uneven_hold(1, 3, 4) == pytest.approx(1.0)
    assert n.uneven_hold(4, 1, 4) == pytest.approx(1.0)
    assert n.uneven_hold(12, 3, 4) == pytest.approx(1.286, rel=1e-3)
    assert n.uneven_hold(6, 3, 1) == pytest.approx(6 / mva(6, 0, 1 / 3, 3))


@pytest.mark.filterwarnings("error")
def test_an_uneven_spread_of_many_jobs_is_a_number() -> None:
    """Products of as many terms as there are jobs are below the smallest number from some 170 jobs on."""
    assert n.uneven_hold(449, 6, 128) == pytest.approx(1.0, abs=1e-4)
    assert n.uneven_hold(449, 6, 78) > n.uneven_hold(449, 6, 85) > 1.001
    assert n.uneven_hold(300, 3, 1) == pytest.approx(300 / mva(300, 0, 1 / 3, 3))
    assert n.uneven_hold(3000, 2, 100) == pytest.approx(3000 / 200, rel=0.05)
