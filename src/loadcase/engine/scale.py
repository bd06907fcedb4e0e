"""Scale models: 1/k of the load on 1/k of the parts."""

from __future__ import annotations

from loadcase.blueprint.model import Blueprint


def shrink(blueprint: Blueprint, k: int) -> Blueprint:
    """The design at 1/k of its size."""
    raise NotImplementedError
