"""A text that is not finished, as far as it is wired: in an interview it never is."""

from __future__ import annotations

from typing import Any

from loadcase import api
from loadcase.blueprint.model import Blueprint
from loadcase.core.errors import LoadcaseError
from loadcase.draw.graph import graph
from loadcase.practice.wiring import wired
from loadcase.studio.analyse import analyse, placed

UNTOLD = ("'components' is missing", "'flows' is missing")
"""What every blueprint has in the end, and what nobody need be told of at the beginning."""


def partial(text: str, case: str | None) -> dict[str, Any]:
    """What `analyse` finds; of a text that does not load its problems, and the estimate and diagram of the rest.

    `left_out` says what the rest is without, each with the reason.
    """
    found = analyse(text, case, None)
    if found["blueprint"] is not None:
        return {**found, "left_out": []}
    found["problems"] = [one for one in found["problems"] if one["message"] not in UNTOLD]
    rest = wired(text)
    if rest.blueprint is None or not rest.blueprint.components:
        return {**found, "left_out": list(rest.left_out)}
    blueprint = rest.blueprint
    report = None
    try:
        report = api.estimate(blueprint)
        found["estimate"] = report.to_json()
    except LoadcaseError:
        report = None  # the problems of the text say why
    try:
        found["diagram"] = placed(graph(blueprint, 1.0, None, None, report)).as_dict()
        found["blueprint"] = _summary(blueprint)
    except LoadcaseError:
        found["diagram"] = None
    return {**found, "left_out": list(rest.left_out)}


def _summary(blueprint: Blueprint) -> dict[str, Any]:
    """What the page's menus need; it has no lines, as it stands in no text."""
    return {
        "name": blueprint.name,
        "title": blueprint.title,
        "cases": list(blueprint.cases) or ["normal"],
        "variants": [],
        "components": {name: {"kind": one.kind} for name, one in blueprint.components.items()},
        "flows": {name: {} for name in blueprint.flows},
    }
