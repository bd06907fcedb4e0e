"""What the variants of the gallery's designs break is what their decisions say, in the case that shows it."""

from __future__ import annotations

import pytest

from loadcase import api
from loadcase.blueprint.load import load
from loadcase.systems import system, systems

SHOWN = [(s.name, d.variant) for s in systems() for d in s.blueprint.decisions.values() if d.variant and d.breaks]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "variant"), SHOWN)
def test_a_variant_breaks_what_its_decision_says(name: str, variant: str) -> None:
    result = api.check(load(system(name).path, variant=variant), seeds=3)
    assert [d.verdict for d in result.decided] == ["holds"], result.decided
