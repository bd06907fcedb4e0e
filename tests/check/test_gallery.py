"""What the variants of the gallery's designs break is what their decisions say, in the case that shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadcase import api
from loadcase.blueprint.load import load

GALLERY = Path(__file__).parents[2] / "gallery"
SHOWN = {  # by system and variant: the case, and with how many seeds
    "chat": {
        "timestamps": ("peak", 3),
        "anonymous": ("client_retries", 3),
        "dual_write": ("zone_outage", 3),
        "one_primary": ("peak", 1),
    },
    "home-feed": {
        "on_write": ("peak", 1),
        "on_read": ("peak", 1),
        "cached_verdicts": ("peak", 1),
    },
    "blog-comments": {
        "no_cache": ("front_page", 3),
        "global_database": ("ten_times", 1),
        "with_a_log": ("ten_times", 1),
        "no_token": ("double_submit", 1),
        "no_purge": ("ten_times", 3),
    },
}
VARIANTS = [(system, variant, *shown) for system, variants in SHOWN.items() for variant, shown in variants.items()]


def blueprint(system: str) -> Path:
    """The file of a system."""
    return GALLERY / system / "blueprint.yaml"


@pytest.mark.parametrize("system", SHOWN)
def test_every_variant_has_a_case_that_shows_it(system: str) -> None:
    design = load(blueprint(system))
    assert SHOWN[system].keys() == design.variants.keys()
    assert {d.variant for d in design.decisions.values()} == SHOWN[system].keys()


@pytest.mark.slow
@pytest.mark.parametrize(("system", "variant", "case", "seeds"), VARIANTS)
def test_a_variant_breaks_what_its_decision_says(system: str, variant: str, case: str, seeds: int) -> None:
    result = api.check(load(blueprint(system), variant=variant), cases=[case], seeds=seeds, budget_s=6.0)
    assert [d.verdict for d in result.decided] == ["holds"], result.decided
