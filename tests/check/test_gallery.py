"""What the variants of the gallery's designs break is what their decisions say, in the case that shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadcase import api
from loadcase.blueprint.load import load

CHAT = Path(__file__).parents[2] / "gallery" / "chat" / "blueprint.yaml"
SHOWN = {  # by variant: the case, and with how many seeds
    "timestamps": ("peak", 3),
    "anonymous": ("client_retries", 3),
    "dual_write": ("zone_outage", 3),
    "one_primary": ("peak", 1),
}


def test_every_variant_has_a_case_that_shows_it() -> None:
    blueprint = load(CHAT)
    assert SHOWN.keys() == blueprint.variants.keys()
    assert {d.variant for d in blueprint.decisions.values()} == SHOWN.keys()


@pytest.mark.slow
@pytest.mark.parametrize(("variant", "shown"), SHOWN.items())
def test_a_variant_breaks_what_its_decision_says(variant: str, shown: tuple[str, int]) -> None:
    case, seeds = shown
    result = api.check(load(CHAT, variant=variant), cases=[case], seeds=seeds, budget_s=6.0)
    assert [d.verdict for d in result.decided] == ["holds"], result.decided
