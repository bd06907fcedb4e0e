import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadcase.core.errors import BlueprintError, ExpressionError, LoadcaseError
from loadcase.core.expressions import evaluate, evaluate_all, names_in
from loadcase.core.quantity import Quantity, Uncertain
from loadcase.core.units import format_quantity
from tests.work import lines_run

CHAT = {
    "dau": "50M user",
    "sends": "40 message/user/day",
    "message_size": "300 B/message",
    "peak": 2,
    "reads_per_send": 10,
    "retention": "5 year",
    "online": "10 %",
    "send_rate": "dau * sends",
    "peak_send_rate": "peak * send_rate",
    "history_rate": "reads_per_send * send_rate",
    "stored_per_day": "send_rate * message_size",
    "stored": "stored_per_day * retention",
    "connections": "online * dau",
}
SCOPE = {"a": Quantity(6), "b": Quantity(3), "t": Quantity(2, (("time", 1),)), "d": Quantity(8, (("data", 1),))}


def test_the_chat_example():
    found = evaluate_all(dict(reversed(CHAT.items())))
    shown = {name: format_quantity(estimate.value) for name, estimate in found.items()}
    assert shown["send_rate"] == "23.1k message/s"
    assert shown["peak_send_rate"] == "46.3k message/s"
    assert shown["stored_per_day"] == "600 GB/day"
    assert shown["stored"] == "1.1 PB"
    assert shown["connections"] == "5M user"
    assert list(found) == list(reversed(CHAT))
    assert found["stored"].uses == ("stored_per_day", "retention")
    assert found["stored"].formula == "stored_per_day * retention"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a + b * 2", 12),
        ("(a + b) * 2", 18),
        ("a ** 2 / b", 12),
        ("-a + +b", -3),
        ("min(a, b)", 3),
        ("max(a, b, 7)", 7),
        ("ceil(a / 4)", 2),
        ("round(a / 4)", 2),
        ("2 / b", 2 / 3),
        ("1e3 * .5", 500),
        (" a\n  * b ", 18),
        (7, 7),
        ("max(0, b - a)", 0),
    ],
)
def test_evaluate(text, value):
    found = evaluate(text, SCOPE)
    assert isinstance(found, Quantity)
    assert (found.value, found.dims) == (pytest.approx(value), ())


def test_quantities_read_before_formulas():
    assert evaluate("5 / s", {"s": Quantity(1)}).dims == (("time", -1),)
    assert evaluate("250 ms", {}) == Quantity(0.25, (("time", 1),))


def test_ranges_propagate():
    value = evaluate("x * 2", {"x": evaluate("20..80", {}, "x")})
    assert isinstance(value, Uncertain)
    assert value.p50 == pytest.approx(80, rel=1e-4)


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("a + bb", 5, 'did you mean "b"'),
        ("  a + zzz", 7, "known names: a, b, t, d"),
        ("a + day", 5, "is a unit"),
        ("a + t", 1, "cannot add 2 s (time) to 6 (plain number)"),
        ("a * (d + t)", 6, "cannot add 2 s (time) to 8 B (data)"),
        ("a / 0", 1, "division by zero"),
        ("a ** t", 1, "exponent"),
        ("ceil(d)", 1, "ceil takes a plain number"),
        ("ceil(a, b)", 1, "takes one value"),
        ("min()", 1, "one or more"),
        ("sum(a)", 1, "no function"),
        ("mx(a)", 1, 'did you mean "max"'),
        ("a * 40 message", 8, "name of its own"),
        ("a * 40ms", 5, "name of its own"),
        ("a * 1.2.3", 5, "name of its own"),
        ("a ^ 2", 3, "written **"),
        ("a +", 4, "ends too early"),
        ("a b", 3, "operator is missing"),
        ("(a", 1, "never closed"),
        ("a)", 2, "closes nothing"),
        ("a * / b", 5, "cannot read"),
        ("a // b", 1, "cannot use"),
        ("", 0, "empty"),
        ("a = 1", 3, "not part"),
        ("a.b", 2, "plain numbers"),
        ("a[0]", 2, "not part"),
        ("'x'", 1, "not part"),
        ("a if b else t", 3, "operator is missing"),
        ("lambda: 1", 7, "not part"),
        ("not a", 5, "operator is missing"),
        ("(a, b)", 1, "cannot use"),
        ("min(*a)", 5, "cannot use"),
        ("__import__(a)", 1, "no function"),
        ("a @ b", 3, "not part"),
        ("é + 1", 1, "not part"),
    ],
)
def test_refused_at_its_column(text, column, says):
    with pytest.raises(ExpressionError) as caught:
        evaluate(text, SCOPE)
    assert says in str(caught.value)
    assert caught.value.column == column


@pytest.mark.parametrize(("text", "says"), [("5 mesage", "message"), ("5 ms..", "quantity"), ("1e999", "beyond")])
def test_a_bad_quantity_is_told_as_one(text, says):
    with pytest.raises(LoadcaseError, match=says):
        evaluate(text, SCOPE)


@pytest.mark.parametrize(
    "text",
    [
        "9**9**9",
        "2**10**10",
        "9**9**9**9",
        "a**9999999",
        "(" * 400 + "a" + ")" * 400,
        "-" * 900 + "a",
        "a" + "+a" * 450,
        "a" * 2000,
        "9" * 900,
        "10**90*10**90",
        "--".join(["a"] * 300),
        "min(" * 60 + "a" + ")" * 60,
    ],
)
def test_hostile_formulas_are_refused_at_once(text):
    with pytest.raises(LoadcaseError):
        lines_run(lambda: evaluate(text, SCOPE), 20_000)


def test_names_in():
    assert names_in("dau * min(sends, dau) + x") == ("dau", "sends", "x")
    assert names_in("40 message/user/day") == ()
    assert names_in("5 mesage") == ()
    assert names_in("2 / peak") == ("peak",)
    assert names_in(3) == ()


def problems(estimates):
    with pytest.raises(BlueprintError) as caught:
        evaluate_all(estimates)
    return caught.value.problems


def test_a_cycle_is_named():
    (problem,) = problems({"a": "b + 1", "b": "c + 1", "c": "a + 1", "d": "a * 2"})
    assert problem.message == "a cycle of estimates: a -> b -> c -> a"
    assert problem.path == ("estimates", "a")
    assert problems({"a": "a + 1"})[0].message == "a depends on itself"


def test_an_unknown_name_is_told_once_with_its_place():
    (problem,) = problems({"x": "2 * pek", "y": "x * 2", "peak": "3"})
    assert (problem.code, problem.path, problem.offset) == ("LC211", ("estimates", "x"), 4)
    assert problem.hint == 'did you mean "peak"?'


def test_every_wrong_entry_is_reported():
    found = problems({"a": "1 usr", "b": "2 +", "max": "3", "lambda": "3", "x y": "1", "c": "1 s", "d": "c + 1"})
    assert [p.path[1] for p in found] == ["a", "b", "max", "lambda", "x y", "d"]
    assert all(p.message and p.hint for p in found)


def test_a_long_chain_needs_no_recursion():
    chain = {"a0": "1", **{f"a{i}": f"a{i - 1} + 1" for i in range(1, 1500)}}
    assert evaluate_all(chain)["a1499"].value == Quantity(1500)


def test_many_ranges_do_not_fill_the_memory():
    with pytest.raises(BlueprintError, match="more than 500 estimates are ranges"):
        evaluate_all({"a0": "1..2", **{f"a{i}": f"a{i - 1} + 1" for i in range(1, 1500)}})


def test_a_percent_in_a_formula_is_told_what_to_write():
    with pytest.raises(ExpressionError, match=r"write 0\.05 for 5 %"):
        evaluate("a * 5 %", SCOPE)


tokens = st.lists(
    st.sampled_from([*"ab+-*/(), ", "**", "min", "max", "ceil", "round", "1", "2.5", "1e9", " s", "..", "t", "\n"]),
    max_size=25,
).map("".join)


@given(st.text(max_size=80) | tokens)
def test_any_text_gives_a_value_or_an_error_of_ours(text):
    with contextlib.suppress(LoadcaseError):
        evaluate(text, SCOPE)
    with contextlib.suppress(LoadcaseError):
        names_in(text)


@given(st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), tokens | st.floats() | st.integers()))
def test_any_estimates_give_values_or_problems(estimates):
    with contextlib.suppress(BlueprintError):
        evaluate_all(estimates)


@given(
    st.recursive(
        st.integers(1, 50).map(str),
        lambda e: st.tuples(e, st.sampled_from("+-*"), e).map("({0[0]}{0[1]}{0[2]})".format),
        max_leaves=12,
    )
)
def test_agrees_with_python(text):
    assert evaluate(text, {}).value == pytest.approx(float(eval(text)))
