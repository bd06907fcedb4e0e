"""Laws on a grid: sums, mixtures, order statistics and hedges."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadcase.core.distributions import Const, Erlang, Exp, LogNormal, Mix, Pareto, Uniform
from loadcase.estimate import latency as la
from loadcase.estimate.latency import NEVER, Latency
from loadcase.estimate.queueing import invert
from tests.estimate.cases import agree

UNIT = Exp(1.0)
YAMMER = Mix((0.982, 0.018), (Pareto(1.5, 3.8), Exp(1 / 0.0217)))
FINE = 1 << 16


def test_fan_out_amplifies() -> None:
    for case, n in (("TL-FAN-1", 100), ("TL-FAN-3", 10)):
        agree(case, p_slow=1 - la.order_cdf(0.99, n, n))
    agree("TL-BIMODAL-1", p_over_50ms=1 - la.order_cdf(0.99, 10, 10))


def test_order_statistics() -> None:
    for case, n, need in (("TL-MAX-1", 10, 10), ("TL-KOFN-1", 5, 4)):
        p50, p99 = (la.order_quantile(UNIT, n, need, p) for p in (0.5, 0.99))
        agree(case, mean=la.order_mean(UNIT, n, need), p50=p50, p99=p99)
        on_grid = la.kth([Latency.of(UNIT)] * n, need)
        agree(case, rel=0.01, mean=on_grid.mean, p50=on_grid.quantile(0.5), p99=on_grid.quantile(0.99))


def test_hedges() -> None:
    quantiles = {
        name: invert(lambda t: la.hedge_cdf(UNIT, 1.0, t), p, 1.0)
        for name, p in (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999))
    }
    agree("TL-HEDGE-3", hedge_fraction=1 - UNIT.cdf(1.0), mean=la.hedge_mean(UNIT, 1.0), **quantiles)


def test_redundant_reads() -> None:
    one = Latency.of(YAMMER, FINE)
    read = one.plus(one, FINE)
    agree("TL-REDUND-1", p99_9_wait_for_1=read.quantile(0.999))
    first, last = la.kth([read, read], 1), la.kth([read, read], 2)
    agree("TL-REDUND-2", p99_9_wait_for_1=first.quantile(0.999), p99_9_wait_for_2=last.quantile(0.999))
    hedged = la.hedged(read, read, 8)
    got = {"mean": hedged.mean, "p99": hedged.quantile(0.99), "p99_9": hedged.quantile(0.999)}
    agree("TL-HEDGE-1", rel=0.01, extra_requests=1 - read.share_up_to(8), **got)


def test_chains() -> None:
    from loadcase.core.distributions import Normal

    leaf = Latency.of(Mix((0.99, 0.01), (Normal(10, 2), Normal(100, 10))))
    chain = leaf.times_over(10)
    agree("TL-CHAIN-1", mean=chain.mean, variance=chain.variance)
    agree("TL-CHAIN-1", variance_ratio_to_no_tail=chain.variance / 40)


@pytest.mark.parametrize("k", [2, 3, 7])
def test_a_sum_of_exponentials_is_erlang(k: int) -> None:
    total, exact = Latency.of(Exp(2.0)).times_over(k), Erlang(k, 2.0 * k)
    assert (total.mean, total.variance) == (pytest.approx(exact.mean()), pytest.approx(exact.variance()))
    for p in (0.1, 0.5, 0.95, 0.99):
        assert total.quantile(p) == pytest.approx(exact.quantile(p), rel=0.01)


@settings(max_examples=40)
@given(st.floats(1e-6, 1e3), st.floats(1e-6, 1e3))
def test_moments_add_whatever_the_scales(a: float, b: float) -> None:
    first, second = Latency.of(Exp(a)), Latency.of(Uniform(b, 2 * b))
    total = first.plus(second)
    assert total.mean == pytest.approx(a + 1.5 * b)
    assert total.variance == pytest.approx(first.variance + second.variance)
    assert float(total.mass.sum()) == pytest.approx(1)
    assert total.quantile(0.2) <= total.quantile(0.9)


def test_mixtures_and_limits() -> None:
    both = la.mixture([1, 3], [Latency.constant(1.0), Latency.constant(5.0)])
    assert both.mean == 4.0
    assert both.quantile(0.2) == pytest.approx(1.0, abs=0.01)
    assert both.quantile(0.3) == pytest.approx(5.0, abs=0.01)
    assert both.share_up_to(3) == pytest.approx(0.25)
    assert both.capped(2.0).mean == pytest.approx(1.75)
    assert NEVER.capped(3.0).mean == 3.0
    assert math.isinf(NEVER.plus(both).quantile(0.5))
    assert la.kth([NEVER, both], 1).mean == pytest.approx(4.0)
    assert math.isinf(la.kth([NEVER, both], 2).mean)
    assert la.kth([Latency.constant(2.0), Latency.constant(3.0)], 2).quantile(0.5) == pytest.approx(3.0, rel=1e-2)
    assert Latency.of(Const(2.0)).quantile(0.99) == 2.0


def test_tails_of_heavy_laws_are_kept() -> None:
    law = LogNormal.of(p50=0.001, p99=0.01)
    assert Latency.of(law).quantile(0.999) == pytest.approx(law.quantile(0.999), rel=0.03)
    assert Latency.of(law).mean == law.mean()
