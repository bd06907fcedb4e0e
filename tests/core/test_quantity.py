import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadcase.core.errors import UnitError
from loadcase.core.quantity import (
    Quantity,
    describe_dims,
    from_range,
    greatest,
    is_counted,
    least,
    median,
    rounded,
    strip_counts,
)
from loadcase.core.units import format_quantity, parse_quantity

TIME = (("time", 1),)
DATA = (("data", 1),)
USER = (("user", 1),)


def test_sums_need_one_dimension():
    assert Quantity(1, TIME) + Quantity(2, TIME) == Quantity(3, TIME)
    assert Quantity(5, TIME) - Quantity(2, TIME) == Quantity(3, TIME)
    with pytest.raises(UnitError, match=r"cannot add 250 ms \(time\) to 300 B \(data\)"):
        Quantity(300, DATA) + Quantity(0.25, TIME)
    with pytest.raises(UnitError, match="user"):
        Quantity(3, USER) + 1


def test_plain_zero_fits_any_dimension():
    assert greatest([0.0, Quantity(-3, TIME)]) == Quantity(0, TIME)
    assert Quantity(3, TIME) - 0 == Quantity(3, TIME)


def test_products_combine_dimensions():
    rate = Quantity(10, (("message", 1), ("time", -1)))
    size = Quantity(300, (("data", 1), ("message", -1)))
    assert rate * size == Quantity(3000, (("data", 1), ("time", -1)))
    assert rate / rate == Quantity(1)
    assert 2 * Quantity(3, TIME) == Quantity(6, TIME)
    assert 1 / Quantity(4, TIME) == Quantity(0.25, (("time", -1),))
    assert -Quantity(3, TIME) == Quantity(-3, TIME)


def test_powers():
    assert Quantity(3, TIME) ** 2 == Quantity(9, (("time", 2),))
    assert Quantity(9, (("time", 2),)) ** 0.5 == Quantity(3, TIME)
    for base, exponent in [
        (Quantity(3, TIME), 0.5),
        (Quantity(2), Quantity(1, TIME)),
        (Quantity(-1), 0.5),
        (Quantity(0), -1),
        (Quantity(3, TIME), 1e99),
        (Quantity(1e99), 99),
    ]:
        with pytest.raises(UnitError):
            base**exponent


def test_division_by_zero_is_an_error():
    with pytest.raises(UnitError, match="zero"):
        Quantity(1) / Quantity(0)
    with pytest.raises(UnitError, match="zero"):
        from_range(1, 2, (), "x") / 0


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 1e101])
def test_no_quantity_is_infinite(value):
    with pytest.raises(UnitError):
        Quantity(value)


def test_strip_counts_leaves_what_is_measured():
    assert strip_counts(Quantity(5, (("message", 1), ("time", -1)))).dims == (("time", -1),)
    assert strip_counts(Quantity(300, (("data", 1), ("message", -1)))) == Quantity(300, DATA)
    assert is_counted(USER)
    assert not is_counted(DATA)


def test_a_range_is_exact_at_its_ends_and_median():
    x = from_range(20e6, 80e6, USER, "dau")
    assert (x.p5, x.p50, x.p95) == pytest.approx((20e6, 40e6, 80e6), rel=1e-5)
    y = from_range(-5, 15, (), "y")
    assert (y.p5, y.p50, y.p95) == pytest.approx((-5, 5, 15), rel=1e-5)
    assert median(x) == Quantity(x.p50, USER)


def test_ranges_repeat_by_name_and_are_independent_across_names():
    import numpy as np

    a, b, c = (from_range(1, 4, (), name) for name in ("a", "a", "c"))
    assert (a.samples == b.samples).all()
    assert abs(np.corrcoef(a.samples, c.samples)[0, 1]) < 0.03


def test_ranges_propagate_by_samples():
    a = from_range(10, 40, (), "a")
    assert (a - a).p95 == 0
    assert (a * 2).p50 == pytest.approx(40, rel=1e-5)
    assert (Quantity(400) / a).p50 == pytest.approx(20, rel=1e-5)
    wide = a * from_range(10, 40, (), "b")
    assert wide.p95 / wide.p50 == pytest.approx(2 ** math.sqrt(2), rel=0.05)
    assert greatest([a, Quantity(20)]).p5 == 20
    assert least([a, Quantity(20)]).p95 == 20
    assert rounded(a, "round").p50 == 20
    with pytest.raises(UnitError):
        a**999


def test_rounding_takes_counts_only():
    assert rounded(Quantity(3.2, USER), "ceil") == Quantity(4, USER)
    assert rounded(Quantity(3.2), "round") == Quantity(3)
    with pytest.raises(UnitError, match=r"ceil\(stored / disk\)"):
        rounded(Quantity(3.2, DATA), "ceil")


def test_describe_dims():
    assert describe_dims(()) == "plain number"
    assert describe_dims((("message", 1), ("time", -1))) == "message/time"
    assert describe_dims((("time", -2),)) == "1/time^2"


numbers = st.floats(-1e40, 1e40)
dims = st.sampled_from([(), TIME, DATA, USER, (("time", -1),)])
quantities = st.builds(Quantity, numbers, dims)


@given(quantities, quantities, st.sampled_from("+-*/^"))
def test_arithmetic_gives_a_quantity_or_a_unit_error(a, b, sign):
    act = {
        "+": lambda: a + b,
        "-": lambda: a - b,
        "*": lambda: a * b,
        "/": lambda: a / b,
        "^": lambda: a**b,
    }[sign]
    with contextlib.suppress(UnitError):
        assert math.isfinite(act().value)


@pytest.mark.parametrize("text", ["1e-300..1e99", "1e99..1e100"])
def test_a_range_too_wide_is_refused_without_a_warning(text):
    with pytest.raises(UnitError, match="not a number below"):
        parse_quantity(text)


def test_a_range_about_zero_has_zero_as_its_median():
    assert format_quantity(parse_quantity("-5..5 s")) == "0 s (-5 s..5 s)"
    assert format_quantity(Quantity(-0.0)) == "0"
