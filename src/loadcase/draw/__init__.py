"""A design as a drawing: what to draw, where it stands, and the forms it is written in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from loadcase.draw.diagram import Diagram, Direction

if TYPE_CHECKING:
    from loadcase.blueprint.model import Blueprint
    from loadcase.estimate.estimate import EstimateReport

__all__ = ["Diagram", "diagram"]


def diagram(
    blueprint: Blueprint,
    load: float = 1.0,
    measured: Mapping[str, float] | None = None,
    *,
    flow: str | None = None,
    report: EstimateReport | None = None,
    direction: Direction | None = None,
    plain: bool = False,
) -> Diagram:
    """A design as a placed drawing.

    Rates are those of the closed form at load factor `load`; utilisation too, unless `measured` gives the metrics of a
    run by name, in base units. `flow` draws what one flow passes alone. `report` saves the time of an estimate that
    there is already, of the same design and load. Without a direction the one is taken that shows the design larger.
    Graphviz places it where there is one, unless `plain` asks for the layout that needs none.

    Raises UsageError for a flow that there is not.
    """
    from loadcase.draw.graph import graph
    from loadcase.draw.layout import place

    return place(graph(blueprint, load, measured, flow, report), direction, plain)
