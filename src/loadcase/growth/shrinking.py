"""A design under a fraction of its load: how small it could be, and what it could do without."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from loadcase.blueprint.model import Blueprint
from loadcase.deep.ablation import Ablation
from loadcase.estimate.estimate import monthly_cost
from loadcase.estimate.size import size
from loadcase.growth.mitigation import CASE, at


@dataclass(frozen=True)
class Shrunk:
    """The counts that would do at a load factor below 1 (`edit`, lines of a variant), USD per month before and after,
    and what parts could be taken out then, as an ablation of the smaller design says."""

    blueprint: str
    to: float
    edit: dict[str, int]
    cost_before: float
    cost_after: float
    ablation: Ablation


def shrink(blueprint: Blueprint, to: float, ablate: Callable[[Blueprint], Ablation]) -> Shrunk:
    """What a design could leave out at a load factor below 1 on all of its cases."""
    proposed = size(at(blueprint, to), case=CASE)
    edit = {path: count for path, count in proposed.overlay.items() if count < _count(blueprint, path)}
    cases = {name: case.load * to for name, case in blueprint.cases.items()}
    loads: dict[str, object] = {f"cases.{name}.load": load for name, load in cases.items()}
    smaller = blueprint.changed({**(loads or {"cases": {"normal": {"load": to}}}), **edit})
    ablation = ablate(smaller)
    return Shrunk(blueprint.name, to, edit, monthly_cost(blueprint), monthly_cost(smaller), ablation)


def _count(blueprint: Blueprint, path: str) -> int:
    _, name, field = path.split(".")
    return int(getattr(blueprint.components[name], field))
