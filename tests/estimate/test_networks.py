"""Networks equal their published values."""

from __future__ import annotations

import pytest

from loadcase.estimate import networks as n
from loadcase.estimate.queueing import invert, mmc
from tests.estimate.cases import agree


def test_tandem() -> None:
    quantiles = {f"sojourn_p{p}": invert(lambda t: n.tandem_cdf(t, (0.5, 0.5)), p / 100, 1.0) for p in (50, 95, 99)}
    agree("QT-TANDEM-1", mean_sojourn=2 * mmc(0.5, 1).mean_sojourn, **quantiles)
    assert n.tandem_cdf(1.0, (0.5, 0.5 + 1e-6)) == pytest.approx(n.tandem_cdf(1.0, (0.5, 0.5)), rel=1e-4)


def test_jackson() -> None:
    stations = n.jackson([1, 0, 0], [[0, 0.6, 0.2], [0.3, 0, 0.5], [0, 0.2, 0]], [1 / 3, 0.5, 0.5], [1, 1, 1])
    got = {}
    for i, s in enumerate(stations, 1):
        got |= {f"arrival_rate_{i}": s.rate, f"utilization_{i}": s.utilisation, f"mean_number_{i}": s.mean_number}
    agree("QT-JACKSON-1", mean_end_to_end=sum(s.mean_number for s in stations), **got)
    delay, queue = 0.1 * 0.216666666667, mmc(0.1, 1)
    agree(
        "PS-LINE-OPEN",
        queue_mean_number=queue.mean_number,
        queue_mean_sojourn=queue.mean_sojourn,
        delay_mean_number=delay,
    )


def test_mva() -> None:
    c = n.mva((8, 1), (8, 0), ((1,), (1,)))
    agree(
        "QT-MVA-1",
        queue_class1=c.number[0][1],
        queue_class2=c.number[1][1],
        delay_class1=c.number[0][0],
        throughput_class1=c.throughput[0],
        throughput_class2=c.throughput[1],
    )
    c = n.mva((1,), (0,), ((2, 3, 3, 3),))
    agree("PS-LQNS-5", queue_1=c.number[0][1], queue_2=c.number[0][2])


def test_closed_loops() -> None:
    s = n.machine_repair(20, 10, 1)
    agree("QT-CLOSED-1", throughput=s.throughput, mean_response=s.mean_sojourn, utilization=s.utilisation)
    exact = n.mva((20,), (10,), ((0.3, 0.3),)).throughput[0]
    assert n.closed_throughput(20, 10, [(0.3, 1, 2)]) == pytest.approx(exact, rel=0.02)
    assert n.machine_repair(20, 10, 1, 3).rate == pytest.approx(n.closed_throughput(20, 10, [(1, 3, 1)]), rel=0.05)


def test_fork_join() -> None:
    agree("QT-FJ2-1", mean_response=n.fork_join(0.5, 1, 2))
    agree("QT-FJK-1", mean_response=n.fork_join(0.5, 1, 5))
    assert n.fork_join(0.5, 1, 1) == 2.0


def test_an_uneven_spread_costs_nothing_until_workers_are_taken() -> None:
    assert n.uneven_hold(1, 3, 4) == pytest.approx(1.0)
    assert n.uneven_hold(4, 1, 4) == pytest.approx(1.0)
    assert n.uneven_hold(12, 3, 4) == pytest.approx(1.286, rel=1e-3)
    exact = n.mva((6,), (0,), ((1 / 3, 1 / 3, 1 / 3),))
    assert n.uneven_hold(6, 3, 1) == pytest.approx(6 / exact.throughput[0])
