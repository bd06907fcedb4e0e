"""Laws on a grid: sums, mixtures, order statistics and hedges."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadcase.core.distributions import Const, Erlang, Exp, LogNormal, Mix, Pareto, Uniform
from loadcase.estimate import latency as la
from loadcase.estimate.latency import NEVER, Latency
from tests.estimate.cases import agree

UNIT = Exp(1.0)
YAMMER = Mix((0.982, 0.018), (Pareto(1.5, 3.8), Exp(1 / 0.0217)))


def test_fan_out_amplifies() -> None:
    leaf = Latency.of(Mix((0.99, 0.01), (Const(1.0), Const(100.0))))
    for case, n in (("TL-FAN-1", 100), ("TL-FAN-3", 10)):
        agree(case, rel=2e-3, p_slow=1 - la.kth([leaf] * n, n).share_up_to(50))
    agree("TL-BIMODAL-1", rel=2e-3, p_over_50ms=1 - la.kth([leaf] * 10, 10).share_up_to(50))


def test_order_statistics() -> None:
    for case, n, need in (("TL-MAX-1", 10, 10), ("TL-KOFN-1", 5, 4)):
        law = la.kth([Latency.of(UNIT)] * n, need)
        agree(case, rel=0.01, mean=law.mean, p50=law.quantile(0.5), p99=law.quantile(0.99))


@pytest.mark.parametrize("need", [1, 2, 3, 4])
def test_the_kth_of_unlike_times_is_that_of_all_the_ways_to_be_past(need: int) -> None:
    near, far = Latency.of(UNIT), Latency.of(Uniform(1.0, 3.0))
    law = la.kth([near, far, near, far], need)
    for t in (0.3, 1.2, 2.0, 2.8):
        past = [1.0 - math.exp(-t), min(1.0, max(0.0, (t - 1.0) / 2.0))] * 2
        whole = 0.0
        for which in itertools.product((False, True), repeat=4):
            if sum(which) >= need:
                whole += math.prod(p if is_past else 1.0 - p for p, is_past in zip(past, which, strict=True))
        assert law.share_up_to(t) == pytest.approx(whole, abs=3e-3)


def test_hedges() -> None:
    law = la.hedged(Latency.of(UNIT), Latency.of(UNIT), 1.0)
    got = {"p50": law.quantile(0.5), "p99": law.quantile(0.99), "p99.9": law.quantile(0.999)}
    agree("TL-HEDGE-3", rel=0.01, hedge_fraction=1 - Latency.of(UNIT).share_up_to(1.0), mean=law.mean, **got)


def test_redundant_reads() -> None:
    one = Latency.of(YAMMER)
    read = one.plus(one)
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


def test_calls_that_meet_at_a_station_take_turns() -> None:
    """Three calls at three stations, summed over all the ways to place them."""
    first, each = Latency.of(Exp(1.0)).plus(Latency.of(Exp(0.5))), Latency.of(Exp(0.5))
    turns = [first, first.plus(each), first.plus(each).plus(each)]
    every = la.scattered(first, each, 3, 3, 3, 0.0)
    one = la.scattered(first, each, 3, 3, 1, 0.0)
    for t in (0.5, 1.0, 2.0, 4.0):
        done = [law.share_up_to(t) for law in turns]
        places = list(itertools.product(range(3), repeat=3))
        met = [[place.count(s) for s in set(place)] for place in places]
        whole = sum(math.prod(done[k - 1] for k in counts) for counts in met) / len(places)
        none = sum((1.0 - done[0]) ** len(counts) for counts in met) / len(places)
        assert every.share_up_to(t) == pytest.approx(whole, abs=2e-3)
        assert one.share_up_to(t) == pytest.approx(1.0 - none, abs=2e-3)
    assert la.scattered(first, each, 4, 1, 4, 0.0).mean == pytest.approx(1.5 + 3 * 0.5, rel=0.01)


def test_tied_times_are_independent_ones_and_one_time_at_the_ends() -> None:
    one = np.linspace(0.01, 0.99, 50)
    assert la.tied(one**3, 3, 0.0) == pytest.approx(one**3)
    assert la.tied(one**3, 3, 0.999999) == pytest.approx(one, abs=1e-4)
    assert la.tied(one**2, 2, 0.3) == pytest.approx(one**2 + 0.3 * one * (1 - one))


def test_the_wait_of_one_server() -> None:
    """M/M/1 and M/D/1 at 0.8: exponential of those that wait; Erlang's percentiles."""
    waits = la.queued(Latency.of(Exp(1.0)), 0.8, 4.0, 24.0)
    for t in (0.5, 2.0, 10.0):
        assert 1.0 - waits.share_up_to(t) == pytest.approx(0.8 * math.exp(-0.2 * t), rel=0.01)
    constant = la.queued(Latency.constant(1.0), 0.8, 2.0, 16.0 / 3.0)
    agree("QT-MD1-1", rel=0.01, **{f"sojourn_p{p}": 1.0 + constant.quantile(p / 100) for p in (50, 95, 99)})


def test_a_median_near_the_start_of_a_long_law_is_resolved() -> None:
    law = Latency.of(Mix((0.99, 0.01), (Exp(0.1), Exp(10.0))))
    assert law.quantile(0.5) == pytest.approx(0.07037, rel=0.01)
    assert law.plus(Latency.of(Const(1.0))).quantile(0.5) == pytest.approx(1.07037, rel=1e-3)
    assert la.kth([law, law], 1).quantile(0.5) == pytest.approx(0.035, rel=0.03)
