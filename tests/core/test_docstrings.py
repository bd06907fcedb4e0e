"""Docstrings of catalogue entries are read by their parts."""

from __future__ import annotations

from loadcase.core.docstrings import opening, parts


class Entry:
    """It opens
    on two lines.

    What: one
    thing.

    Why: because; Source: is no part within a line.
    """


def test_a_docstring_is_read_by_its_parts() -> None:
    assert opening(Entry) == "It opens on two lines."
    assert parts(Entry, "What", "Why", "Source") == {
        "What": "one\nthing.",
        "Why": "because; Source: is no part within a line.",
    }
