import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from loadcase.core.errors import UnitError
from loadcase.core.laws import (
    CONST,
    ERLANG,
    EXP,
    LOGNORMAL,
    MIX,
    NORMAL,
    PARETO,
    UNIFORM,
    Const,
    Erlang,
    Exp,
    LogNormal,
    Mix,
    Normal,
    Pareto,
    Uniform,
)

TWINS = [
    (Exp(0.002), stats.expon(scale=0.002)),
    (LogNormal(-3.0, 0.8), stats.lognorm(0.8, scale=math.exp(-3))),
    (Uniform(0.001, 0.003), stats.uniform(0.001, 0.002)),
    (Erlang(4, 0.008), stats.gamma(4, scale=0.002)),
    (Erlang(900, 3.0), stats.gamma(900, scale=3.0 / 900)),
    (Pareto(0.000235, 10), stats.pareto(10, scale=0.000235)),
    (Normal(0.01, 0.002), stats.truncnorm(-5, math.inf, 0.01, 0.002)),
    (Normal(0.01, 0.02), stats.truncnorm(-0.5, math.inf, 0.01, 0.02)),
]
LAWS = [
    Const(0.002),
    *[law for law, _ in TWINS],
    Mix((0.9, 0.1), (Exp(0.5), Exp(5.5))),
    Mix((0.5, 0.5), (Const(1), Const(3))),
]


@pytest.mark.parametrize(("law", "twin"), TWINS, ids=[str(law) for law, _ in TWINS])
def test_agrees_with_scipy(law, twin):
    assert law.mean() == pytest.approx(twin.mean(), rel=1e-9)
    assert law.variance() == pytest.approx(twin.var(), rel=1e-6)
    assert law.scv() == pytest.approx(twin.var() / twin.mean() ** 2, rel=1e-6)
    for p in (0.0001, 0.1, 0.5, 0.9, 0.99, 0.9999):
        x = float(twin.ppf(p))
        assert law.cdf(x) == pytest.approx(p, rel=1e-6)
        assert law.quantile(p) == pytest.approx(x, rel=1e-6)


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_every_law_keeps_its_promises(law):
    assert law.cdf(-1) == 0
    assert law.cdf(1e9) == pytest.approx(1)
    assert law.cdf(math.inf) == 1
    assert law.quantile(0) >= 0
    half = law.scaled(0.5)
    assert half.mean() == pytest.approx(law.mean() / 2)
    assert half.scv() == pytest.approx(law.scv())
    assert half.quantile(0.9) == pytest.approx(law.quantile(0.9) / 2)
    assert law.scaled(0).mean() == 0
    for p in (-0.1, 1, math.nan):
        with pytest.raises(UnitError):
            law.quantile(p)
    with pytest.raises(UnitError):
        law.scaled(-1)


def test_mixture_by_hand():
    mix = Mix((0.9, 0.1), (Exp(0.5), Exp(5.5)))
    assert mix.mean() == pytest.approx(1.0)
    assert mix.variance() == pytest.approx(0.9 * 2 * 0.25 + 0.1 * 2 * 5.5**2 - 1)
    assert mix.cdf(mix.quantile(0.97)) == pytest.approx(0.97)


def test_rows():
    assert tuple(range(8)) == (CONST, EXP, LOGNORMAL, UNIFORM, ERLANG, PARETO, NORMAL, MIX)
    assert Const(2).rows() == [(CONST, 2, 0, 0)]
    assert Exp(2).rows() == [(EXP, 2, 0, 0)]
    assert LogNormal(1, 2).rows() == [(LOGNORMAL, 1, 2, 0)]
    assert Uniform(1, 2).rows() == [(UNIFORM, 1, 2, 0)]
    assert Erlang(4, 8).rows() == [(ERLANG, 4, 2, 0)]
    assert Pareto(1, 2).rows() == [(PARETO, 1, 2, 0)]
    assert Normal(1, 2).rows() == [(NORMAL, 1, 2, 0)]
    assert Mix((0.25, 0.75), (Exp(1), Uniform(1, 2))).rows() == [(MIX, 2, 0, 0), (EXP, 1, 0, 0.25), (UNIFORM, 1, 2, 1)]


def test_lognormal_through_percentiles():
    law = LogNormal.of(p50=0.002, p99=0.02)
    assert law.quantile(0.5) == pytest.approx(0.002)
    assert law.quantile(0.99) == pytest.approx(0.02)
    assert LogNormal.of(p50=1, p99=1).cdf(0.99) == 0
    assert Pareto(1, 1.5).variance() == math.inf


@pytest.mark.parametrize(
    "make",
    [
        lambda: Const(-1),
        lambda: Const(math.nan),
        lambda: Exp(0),
        lambda: Exp(math.inf),
        lambda: LogNormal(0, -1),
        lambda: LogNormal(math.nan, 1),
        lambda: LogNormal(0, 11),
        lambda: LogNormal.of(p50=2, p99=1),
        lambda: Uniform(3, 1),
        lambda: Uniform(-1, 1),
        lambda: Erlang(0, 1),
        lambda: Erlang(2.5, 1),
        lambda: Erlang(math.nan, 1),
        lambda: Erlang(math.inf, 1),
        lambda: Erlang(10**6, 1),
        lambda: Pareto(1, 1),
        lambda: Pareto(0, 2),
        lambda: Normal(-1, 1),
        lambda: Mix((), ()),
        lambda: Mix((0.5,), (Exp(1),)),
        lambda: Mix((0.5, 0.5), (Exp(1),)),
        lambda: Mix((1.5, -0.5), (Exp(1), Exp(2))),
        lambda: Mix((1.0,), (Mix((1.0,), (Exp(1),)),)),
    ],
)
def test_impossible_laws_are_refused(make):
    with pytest.raises(UnitError):
        make()


sizes = st.floats(1e-99, 1e99)
any_law = st.one_of(
    st.builds(Const, sizes),
    st.builds(Exp, sizes),
    st.builds(LogNormal, st.floats(-200, 200), st.floats(0, 10)),
    st.builds(Erlang, st.integers(1, 1000), sizes),
    st.builds(Pareto, sizes, st.floats(1.0001, 1e6)),
    st.builds(Normal, sizes, sizes),
)


@given(any_law, st.floats(0, 0.999999), st.floats(0, 1e200))
def test_no_law_fails_in_arithmetic(law, p, x):
    assert law.mean() >= 0
    assert law.variance() >= 0 or law.variance() > -1e-9 * law.mean() ** 2
    assert 0 <= law.cdf(x) <= 1
    assert law.quantile(p) >= 0
