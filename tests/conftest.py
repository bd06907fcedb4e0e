"""Designs that several tests share."""

from __future__ import annotations

import pytest
from hypothesis import settings

from loadcase.blueprint.load import loads
from loadcase.blueprint.model import Blueprint

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

QUIET = "network: {client: 0 s, same_zone: 0 s, cross_zone: 0 s, cross_region: 0 s}\n"


def design(components: str, flows: str, more: str = "", network: str = QUIET) -> Blueprint:
    """A blueprint from its two required sections, without network delays."""
    return loads(f"loadcase: 1\nname: test\n{network}components:\n{components}\nflows:\n{flows}\n{more}")


@pytest.fixture(scope="session")
def mm1() -> Blueprint:
    """M/M/1 at 0.8: mean sojourn 5 s, p95 14.98 s."""
    return design("  s: {kind: service}", "  r: {arrive: {rate: 0.8 /s}, steps: [{s.handle: {work: exp(1 s)}}]}")
