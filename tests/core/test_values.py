import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadcase.core.values import show


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.25, "s", "250 ms"),
        (35.0, "s", "35 s"),
        (0.0, "s", "0 s"),
        (0.9995, "ratio", "99.95 %"),
        (0.99951, "ratio", "99.951 %"),
        (1.0, "ratio", "100 %"),
        (1 - 1e-15, "ratio", "100 %"),
        (46296.0, "1/s", "46.3k/s"),
        (300.0, "B", "300 B"),
        (999.9, "B", "1 kB"),
        (1.1e15, "B", "1.1 PB"),
        (9e5, "USD/month", "$900k/month"),
        (20e6, "count", "20M"),
        (math.nan, "s", "-"),
        (1.795e308, "s", "1.79e+308 s"),
    ],
)
def test_shown_as_people_read_it(value, unit, text):
    assert show(value, unit) == text


@given(st.floats(), st.sampled_from(["s", "B", "1/s", "ratio", "count", "USD/month"]))
def test_any_number_is_shown(value, unit):
    assert show(value, unit)
