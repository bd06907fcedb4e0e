import contextlib
import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loadcase.core.errors import UnitError
from loadcase.core.units import (
    Quantity,
    Uncertain,
    format_quantity,
    in_unit,
    looks_like_quantity,
    parse_quantity,
    parse_unit,
    unit_names,
)

MONTH_S = 365.25 * 86400 / 12


@pytest.mark.parametrize(
    ("text", "value", "dims"),
    [
        ("50M user", 50e6, {"user": 1}),
        ("2B user", 2e9, {"user": 1}),
        ("2B", 2e9, {}),
        ("300 B", 300, {"data": 1}),
        ("300 B/message", 300, {"data": 1, "message": -1}),
        ("5B/s", 5, {"data": 1, "time": -1}),
        ("40 message/user/day", 40 / 86400, {"message": 1, "user": -1, "time": -1}),
        ("250 ms", 0.25, {"time": 1}),
        ("250ms", 0.25, {"time": 1}),
        ("99.95 %", 0.9995, {}),
        ("99.95%", 0.9995, {}),
        ("900k USD/month", 900e3 / MONTH_S, {"money": 1, "time": -1}),
        ("$900k/month", 900e3 / MONTH_S, {"money": 1, "time": -1}),
        ("0.4 USD/Mrequest", 0.4e-6, {"money": 1, "request": -1}),
        ("0.023 USD/GB/month", 0.023e-9 / MONTH_S, {"money": 1, "data": -1, "time": -1}),
        ("5 /s", 5, {"time": -1}),
        ("5k /s", 5000, {"time": -1}),
        ("5/s", 5, {"time": -1}),
        ("5 rps", 5, {"request": 1, "time": -1}),
        (0.5, 0.5, {}),
        (7, 7, {}),
        ("1 day", 86400, {"time": 1}),
        ("600 GB/day", 600e9 / 86400, {"data": 1, "time": -1}),
        ("128 GiB", 128 * 2**30, {"data": 1}),
        ("100 Mbps", 12.5e6, {"data": 1, "time": -1}),
        ("1_000 users", 1000, {"user": 1}),
        ("10 queries per s", 10, {"query": 1, "time": -1}),
        ("3 million", 3e6, {}),
        ("100 K", 100e3, {}),
        ("1.5e3 µs", 1.5e-3, {"time": 1}),
        ("-5 ms", -0.005, {"time": 1}),
        (".5 s^2", 0.5, {"time": 2}),
    ],
)
def test_parse(text, value, dims):
    quantity = parse_quantity(text)
    assert isinstance(quantity, Quantity)
    assert quantity.value == pytest.approx(value, rel=1e-12)
    assert quantity.dims == tuple(sorted(dims.items()))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("5 Ms", "write ms for milliseconds"),
        ("5 m", "write min for minutes"),
        ("5 mesage/s", 'did you mean "message"'),
        ("5 usr", 'did you mean "user"'),
        ("5 mB", "unknown unit"),
        ("5 kday", "unknown unit"),
        ("5 Gb", "GB for gigabytes"),
        ("1,000", "1000000 or 1M"),
        ("5 GB day", "join units by"),
        ("abc", "expected a quantity"),
        ("", "expected a quantity"),
        ("inf", "expected a quantity"),
        ("nan ms", "expected a quantity"),
        ("1e400", "beyond"),
        ("1e99 PB", "beyond"),
        ("9" * 300, "at most 200 characters"),
        ("5 EB^99", "power beyond 12"),
        ("5 s^12*s^12", "power beyond 12"),
        ("5 " + "/s" * 20, "cannot read the unit"),
        ("5 €", "cannot read the unit"),
        ("80M..20M user", "smaller to its larger"),
        ("20..80 B..s", "cannot read"),
        ("20 s..80 B", "the ends differ"),
        ("..5", "expected a quantity"),
        ("5..", "expected a quantity"),
        (True, "expected a quantity"),
        (None, "expected a quantity"),
        (float("nan"), "not a number"),
        (float("inf"), "beyond"),
        (10**400, "too large"),
    ],
)
def test_refused(text, says):
    with pytest.raises(UnitError) as caught:
        parse_quantity(text)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "low", "mid", "high", "dims"),
    [
        ("20M..80M user", 20e6, 40e6, 80e6, (("user", 1),)),
        ("200 ms..2 s", 0.2, 0.4**0.5, 2, (("time", 1),)),
        ("1..4 %", 0.01, 0.02, 0.04, ()),
        ("0..10", 0, 5, 10, ()),
        ("$1M..$4M/month", 1e6 / MONTH_S, 2e6 / MONTH_S, 4e6 / MONTH_S, (("money", 1), ("time", -1))),
        ("$1M..4M", 1e6, 2e6, 4e6, (("money", 1),)),
    ],
)
def test_ranges(text, low, mid, high, dims):
    x = parse_quantity(text, "x")
    assert isinstance(x, Uncertain)
    assert x.dims == dims
    assert (x.p5, x.p50, x.p95) == pytest.approx((low, mid, high), rel=1e-4, abs=1e-4 * high)


def test_ranges_of_two_names_differ():
    assert (parse_quantity("1..4", "a").samples != parse_quantity("1..4", "b").samples).any()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("23148 /s", "23.1k/s"),
        ("46.3k message/s", "46.3k message/s"),
        ("600 GB/day", "600 GB/day"),
        ("1.1 PB", "1.1 PB"),
        ("250 ms", "250 ms"),
        ("900k USD/month", "$900k/month"),
        ("0.023 USD/GB/month", "$0.023/GB/month"),
        ("0.4 USD/Mrequest", "$0.4/Mrequest"),
        ("50M user", "50M user"),
        ("40 message/user/day", "40 message/user/day"),
        ("300 B/message", "300 B/message"),
        ("2 ms/request", "2 ms/request"),
        ("1024 core", "1024 core"),
        ("0.9995", "0.9995"),
        ("1 day", "1 day"),
        ("90 s", "90 s"),
        ("5 min", "5 min"),
        ("5 year", "5 year"),
        ("999.9 ms", "1 s"),
        ("999999", "1M"),
        ("-5 ms", "-5 ms"),
        ("0 s", "0 s"),
        ("0", "0"),
        ("1..4 s", "2 s (1 s..4 s)"),
    ],
)
def test_format(text, shown):
    assert format_quantity(parse_quantity(text)) == shown


def test_format_in_a_given_unit():
    assert format_quantity(Quantity(0.9995), "%") == "99.95 %"
    assert format_quantity(parse_quantity("600 GB/day"), "MB/s") == "6.94 MB/s"
    assert format_quantity(parse_quantity("600 GB/day"), per="s") == "6.94 MB/s"
    assert format_quantity(parse_quantity("5 /s"), "/s") == "5/s"
    assert in_unit(parse_quantity("1 day"), "h") == pytest.approx(24)
    with pytest.raises(UnitError, match="cannot show"):
        format_quantity(parse_quantity("5 /s"), "GB")


def test_every_declared_unit_reads_alone_and_in_the_plural():
    names = unit_names()
    assert len(names) > 150
    for name in names:
        factor, dims = parse_unit(name)
        assert factor > 0
        if len(name) > 3 and not name.endswith("s"):
            assert parse_unit(f"{name}s") == (factor, dims)


def test_looks_like_quantity():
    for text in ("5 /s", "20M..80M user", "40 message/user/day", "2 / peak", "$5"):
        assert looks_like_quantity(text)
    for text in ("2 * (a + b)", "dau * 5", "2 + 3", "2 * a + 1", "max(1, 2)", ""):
        assert not looks_like_quantity(text)


def test_pint_is_imported_only_when_a_unit_is_met():
    code = """
import sys
sys.path[:] = eval(sys.argv[1])
import loadcase.core.units as units
units.parse_quantity("5")
assert "pint" not in sys.modules and "numpy" not in sys.modules
units.parse_quantity("5 s")
assert "pint" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code, repr(sys.path)], check=True)


@given(st.text(max_size=60) | st.text(alphabet="0123456789.eE+-_ kMGTB$%/*^sµmd", max_size=40))
@example("1 " + "s^" * 50)
def test_any_text_is_a_quantity_or_a_unit_error(text):
    with contextlib.suppress(UnitError):
        parse_quantity(text)


some_units = st.sampled_from(
    [
        "",
        "user",
        "B",
        "s",
        "message/s",
        "B/s",
        "USD/month",
        "USD",
        "/s",
        "B/message",
        "USD/GB/month",
        "USD/request",
    ]
)


@given(st.floats(1e-9, 1e13), some_units)
def test_what_is_shown_reads_back(number, unit):
    quantity = parse_quantity(f"{number!r} {unit}")
    again = parse_quantity(format_quantity(quantity, digits=6))
    assert again.dims == quantity.dims
    assert again.value == pytest.approx(quantity.value, rel=1e-5)
