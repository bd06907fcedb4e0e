"""No figure of the gallery without its source, or the word that it has none."""

from __future__ import annotations

import re

import pytest

from loadcase.systems import System, systems

MARK = re.compile(r"\[([A-Za-z][\w +-]*(?:, ?[A-Za-z][\w +-]*)*)\]")
CONSTANT = re.compile(r"  \w+: +\d[\d.]*(?:[kMGTB%]| ?[a-zA-Z%/]|\b)[^*+(]*$")
"""An estimate that is a quantity, and no formula of others."""
REST = "all that components, flows, cases and variants say without a mark"


def parts(system: System) -> tuple[str, list[str]]:
    """What stands before a design, and the lines of its estimates and its contract that have a figure of their own."""
    text = system.path.read_text("utf-8")
    head, _, rest = text.partition("loadcase:")
    contract = re.search(r"\n  contract:\n((?:    .*\n)+)", rest)
    estimates = re.search(r"\nestimates:\n((?:  .*\n|\n)+)", rest)
    assert contract is not None
    assert estimates is not None
    promised = [line for line in contract[1].splitlines() if re.search(r"[<>=]= *0\b", line) is None]
    known = [line for line in estimates[1].splitlines() if CONSTANT.match(line.partition(" #")[0].rstrip())]
    return head, promised + known


def marks(text: str) -> set[str]:
    """The sources that a text names in square brackets."""
    return {mark.strip() for found in MARK.findall(text) for mark in found.split(",")}


@pytest.mark.parametrize("system", systems(), ids=lambda s: s.name)
def test_every_figure_has_a_source_or_is_assumed(system: System) -> None:
    head, lines = parts(system)
    assert len(lines) > 8
    bare = [line for line in lines if MARK.search(line.partition(" #")[2]) is None and "assumed" not in line]
    assert bare == []
    assert REST in " ".join(head.replace("#", " ").split())


@pytest.mark.parametrize("system", systems(), ids=lambda s: s.name)
def test_every_source_is_named_at_the_head(system: System) -> None:
    head, lines = parts(system)
    used = set[str]().union(*(marks(line.partition(" #")[2]) for line in lines))
    assert used - marks(head) - {"assumed", "calc"} == set()
