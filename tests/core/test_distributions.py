import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadcase.core.distributions import Const, Erlang, Exp, LogNormal, Mix, Normal, Pareto, Uniform, parse_dist
from loadcase.core.errors import ExpressionError, LoadcaseError
from loadcase.core.expressions import evaluate
from loadcase.core.quantity import Quantity

SCOPE = {
    "work": Quantity(0.002, (("time", 1),)),
    "n": Quantity(4),
    "wide": evaluate("1..4 ms", {}, "wide"),
    "size": Quantity(300, (("data", 1),)),
}


@pytest.mark.parametrize(
    ("text", "law"),
    [
        ("2 ms", Const(0.002)),
        (0.002, Const(0.002)),
        (0, Const(0)),
        ("0.002", Const(0.002)),
        ("2 ms/request", Const(0.002)),
        ("exp(2 ms)", Exp(0.002)),
        (" exp ( mean = 2 ms ) ", Exp(0.002)),
        ("exp(work * 2)", Exp(0.004)),
        ("exp(max(work, 3 * work))", Exp(0.006)),
        ("max(work, work * n)", Const(0.008)),
        ("work", Const(0.002)),
        ("lognormal(p50=2 ms, p99=20 ms)", LogNormal.of(p50=0.002, p99=0.02)),
        ("lognormal(2 ms, 20 ms)", LogNormal.of(p50=0.002, p99=0.02)),
        ("lognormal(p50=2 ms, p95=20 ms)", LogNormal.through(0.002, 0.95, 0.02)),
        ("lognormal(mu=-6, sigma=1.2)", LogNormal(-6, 1.2)),
        ("uniform(1 ms, 3 ms)", Uniform(0.001, 0.003)),
        ("erlang(4, 8 ms)", Erlang(4, 0.008)),
        ("erlang(n, n * work)", Erlang(4, 0.008)),
        ("pareto(xm=0.235 ms, alpha=10)", Pareto(0.235e-3, 10)),
        ("pareto(alpha=10, xm=0.235 ms)", Pareto(0.235e-3, 10)),
        ("normal(10 ms, 2 ms)", Normal(0.01, 0.002)),
        ("mix(0.9: exp(0.5 s), 0.1: exp(5.5 s))", Mix((0.9, 0.1), (Exp(0.5), Exp(5.5)))),
        ("mix(90 %: 1 ms, 10 %: uniform(1 ms, 3 ms))", Mix((0.9, 0.1), (Const(0.001), Uniform(0.001, 0.003)))),
    ],
)
def test_parse(text, law):
    found = parse_dist(text, SCOPE)
    assert type(found) is type(law)
    for mine, its in zip(found.rows(), law.rows(), strict=True):
        assert mine == pytest.approx(its)
    again = parse_dist(found.text())
    for mine, its in zip(again.rows(), law.rows(), strict=True):
        assert mine == pytest.approx(its, rel=1e-4)


def test_a_range_counts_as_its_median():
    assert parse_dist("exp(wide)", SCOPE).mean() == pytest.approx(0.002, rel=1e-4)


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("exp(300 B)", 5, "expected a duration such as 2 ms, got 300 B (data)"),
        ("exp(wrk)", 5, 'did you mean "work"'),
        ("exp(2 mss)", 5, "unknown unit"),
        ("expo(2 ms)", 1, 'did you mean "exp"'),
        ("poisson(2 ms)", 1, "known: exp, lognormal"),
        ("exp(2 ms, 3 ms)", 11, "exp takes 1 value"),
        ("exp()", 5, "lacks a value"),
        ("uniform(1 ms)", 1, "takes 2 values, got 1"),
        ("uniform(1 ms, )", 15, "lacks a value"),
        ("uniform(3 ms, 1 ms)", 1, "smaller to its larger"),
        ("lognormal(p50=2 ms, p98=3 ms)", 25, 'has no "p98"'),
        ("lognormal(p50=2 ms, mu=3)", 1, "p50 and one of"),
        ("lognormal(p50=2 ms, p50=3 ms)", 25, "twice"),
        ("lognormal(p50=2 ms, p99=1 ms)", 1, "below its p50"),
        ("erlang(2.5, 1 ms)", 1, "whole stages"),
        ("erlang(1 ms, 4)", 8, "expected a plain number"),
        ("pareto(xm=1 ms, alpha=0.5)", 1, "above 1"),
        ("exp(-2 ms)", 1, "above 0"),
        ("mix(0.9: exp(1 s))", 1, "sum to 1"),
        ("mix(exp(1 s))", 5, "share: duration"),
        ("mix(1: mix(1: exp(1 s)))", 8, "may not be a mix"),
        ("mix()", 5, "share: duration"),
        ("exp(2 ms) + (3 ms)", 5, "brackets do not match"),
        ("exp((2 ms)", 5, "brackets do not match"),
        ("size", 1, "got 300 B (data)"),
        ("-1 ms", 1, "0 or more"),
    ],
)
def test_refused_at_its_column(text, column, says):
    with pytest.raises(ExpressionError) as caught:
        parse_dist(text, SCOPE)
    assert says in str(caught.value)
    assert caught.value.column == column


def test_numbers_without_a_unit_can_be_refused():
    for text in (250, "exp(250)", "mix(1: 250)"):
        with pytest.raises(ExpressionError, match="write 250 ms or 250 s"):
            parse_dist(text, bare=False)
    assert parse_dist(0, bare=False) == Const(0)


@pytest.mark.parametrize("value", [True, None, [], float("nan"), float("inf"), 10**400, "", "1" * 2000])
def test_other_things_are_refused(value):
    with pytest.raises(LoadcaseError):
        parse_dist(value)


tokens = st.lists(
    st.sampled_from(
        ["exp", "mix", "erlang", "lognormal", "p50=", "(", ")", ",", ":", "1", "2 ms", "work", "=", "max", "0.5", " "]
    ),
    max_size=20,
).map("".join)


@given(st.text(max_size=80) | tokens)
def test_any_text_is_a_law_or_an_error_of_ours(text):
    with contextlib.suppress(LoadcaseError):
        parse_dist(text, SCOPE)
