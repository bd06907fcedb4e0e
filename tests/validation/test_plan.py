"""Formulas, and the writing of blueprints."""

from __future__ import annotations

import pytest

from loadcase.validation.laws import delay, law, written
from loadcase.validation.lengths import tail_of
from loadcase.validation.plan import NotExpressible, evaluate, mapping, metric_names, num, percentile, unit_of


def test_a_formula_is_arithmetic_over_metrics() -> None:
    values = {"a.queue": 2.0, "a.in_service.sd": 3.0}
    assert evaluate("(a.queue + 1) * -2 / 4 - a.in_service.sd ** 2", values.__getitem__) == -10.5
    assert metric_names("a.queue + a.in_service.sd ** 2 + a.queue") == ["a.queue", "a.in_service.sd"]


@pytest.mark.parametrize("text", ["__import__('os')", "a.b()", "[1]", "'x'", "a.b if 1 else 2"])
def test_a_formula_is_nothing_else(text: str) -> None:
    with pytest.raises(ValueError, match="a formula holds"):
        evaluate(text, lambda name: 1.0)


@pytest.mark.parametrize(("value", "text"), [(1.0, "1"), (1e-7, "0.0000001"), (0.1 + 0.2, "0.3"), (3e6, "3000000")])
def test_numbers_are_written_without_an_exponent(value: float, text: str) -> None:
    assert num(value) == text


@pytest.mark.parametrize(
    ("text", "name"), [("p99", "p99"), ("p99_9", "p999"), ("p99.9", "p999"), ("mean", None), ("p0", None)]
)
def test_percentiles_are_read_in_every_spelling(text: str, name: str | None) -> None:
    assert percentile(text) == name


@pytest.mark.parametrize(
    ("names", "tail"), [(["write_p99_9"], 0.001), (["mean", "sojourn_p95"], 0.05), (["mean"], 0.5)]
)
def test_the_rarest_percentile_sets_the_tail(names: list[str], tail: float) -> None:
    assert tail_of(names) == pytest.approx(tail)


def test_mappings_quote_what_yaml_would_misread() -> None:
    assert (
        mapping(a="exp(1 s)", b="erlang(2, 1 s)", c=None, d=True, e=2.0)
        == '{a: exp(1 s), b: "erlang(2, 1 s)", d: true, e: 2}'
    )


def test_published_delays_are_read_from_their_notation() -> None:
    ms = unit_of("ms")
    one = written("0.9122 Pareto(xm=.235, alpha=10) + 0.0878 Exp(rate=1.66)", ms)
    assert one.text.startswith("mix(0.9122: pareto(xm=0.235 ms, alpha=10), 0.0878: exp(0.6024")
    assert delay({"W": "Exp(4)", "A_R_S": "as LNKD-SSD"}, "S", ms).text == one.text
    assert delay({"W": "Exp(4)", "A_R_S": "Exp(1)"}, "W", ms).text == "exp(0.25 ms)"
    with pytest.raises(NotExpressible):
        written("something else", ms)


def test_moments_of_laws() -> None:
    s = unit_of("s")
    two = law({"dist": "hyperexponential", "probs": [0.9, 0.1], "means": [0.5, 5.5]}, s)
    assert two.mean == pytest.approx(1.0)
    assert two.cv2 == pytest.approx(2 * (0.9 * 0.25 + 0.1 * 30.25) - 1)
    both = law({"dist": "sum of two iid", "of": {"dist": "exponential", "mean": 2}}, s)
    assert (both.mean, both.cv2, len(both.parts)) == (4.0, 0.5, 2)
    with pytest.raises(NotExpressible):
        _ = both.text
