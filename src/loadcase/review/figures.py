"""Quantities that people quote in comments and sentences: `about 23k message/s`, `1 PB in five years`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadcase.core.errors import LoadcaseError
from loadcase.core.quantity import Quantity, median, strip_counts
from loadcase.core.units import parse_quantity

_FIGURE = re.compile(r"(?<![\w.])(\d[\d.,]*\s?[A-Za-z%][\w%]*)((?:\s[a-z]\w*)?)((?:/\w+)*)")


def figures(text: str) -> Iterator[Quantity]:
    """The quantities of a text, with counted things left out of their dimensions."""
    for number, thing, per in _FIGURE.findall(text):
        for shown in (number + thing + per, number + per, number):
            try:
                yield median(strip_counts(parse_quantity(shown.replace(",", ""))))
                break
            except LoadcaseError:
                continue
