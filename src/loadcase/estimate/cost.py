"""What a design costs: nodes and stored bytes, and requests at the mean load."""

from __future__ import annotations

import math
from dataclasses import dataclass

from loadcase.blueprint.model import Blueprint
from loadcase.core.unitformat import MONTH_S
from loadcase.estimate.load import Loads


@dataclass(frozen=True)
class Cost:
    """USD per month of one component."""

    nodes: float
    stored: float
    requests: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.nodes + self.stored + self.requests


def costs(blueprint: Blueprint, found: Loads) -> dict[str, Cost]:
    """USD per month of every component under the rates of a load walk."""
    result = {}
    for name, component in blueprint.components.items():
        nodes = component.nodes * component.price
        standing = component.standing_cost()
        requests = found.components[name].cost_per_s * MONTH_S
        result[name] = Cost(nodes, standing - nodes, requests)
    return result


def total(parts: dict[str, Cost]) -> float:
    """USD per month of a design."""
    return math.fsum(part.total for part in parts.values())
