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
    "payments": {
        "keyless": ("client_retries", 3),
        "patient": ("psp_down", 3),
        "dual_write": ("zone_outage", 3),
    },
    "rate-limiter": {
        "local": ("peak", 3),
        "fixed_window": ("peak", 3),
        "closed": ("counters_down", 3),
        "unguarded": ("hot_tenant", 3),
    },
    "webhook-receiver": {
        "forgetful": ("two_copies", 3),
        "synchronous": ("mail_down", 3),
        "dual_write": ("zone_outage", 3),
    },
    "access-control": {
        "events_only": ("late_events", 3),
        "expiring": ("peak", 3),
        "direct": ("roles_down", 3),
    },
    "audit-pipeline": {
        "unordered": ("redelivered", 3),
        "anonymous": ("duplicate_submit", 3),
    },
}
VARIANTS = [(system, variant) for system, shown in SHOWN.items() for variant in shown]


@pytest.mark.parametrize("system", SHOWN)
def test_every_variant_has_a_case_that_shows_it(system: str) -> None:
    blueprint = load(GALLERY / system / "blueprint.yaml")
    assert SHOWN[system].keys() == blueprint.variants.keys()
    assert {d.variant for d in blueprint.decisions.values()} == SHOWN[system].keys()
    assert all(d.breaks for d in blueprint.decisions.values())


@pytest.mark.slow
@pytest.mark.parametrize(("system", "variant"), VARIANTS)
def test_a_variant_breaks_what_its_decision_says(system: str, variant: str) -> None:
    case, seeds = SHOWN[system][variant]
    blueprint = load(GALLERY / system / "blueprint.yaml", variant=variant)
    result = api.check(blueprint, cases=[case], seeds=seeds, budget_s=6.0)
    assert [d.verdict for d in result.decided] == ["holds"], result.decided
