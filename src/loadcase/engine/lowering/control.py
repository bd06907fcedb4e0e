"""Control loops that a design asks for: replicas that come and go, and steps that are left out under load."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from loadcase.blueprint.steps import Brownout
from loadcase.core import program as op
from loadcase.core.errors import BlueprintError, Problem
from loadcase.engine.kernels.tables import MOST_CONTROLS
from loadcase.engine.lowering.assembler import floats, ints
from loadcase.engine.lowering.base import NOBODY, Part
from loadcase.kinds.service import Service

COMPARISONS = {"<": op.BELOW, "<=": op.AT_MOST, ">": op.ABOVE, ">=": op.AT_LEAST}


@dataclass(frozen=True)
class Scaled:
    """A component whose replicas come and go: its row of controls, its group, and with how many it begins."""

    control: int
    group: int
    begins: int


@dataclass
class Controls(Part):
    """Collects control loops."""

    rows: dict[Any, tuple[tuple[int, ...], tuple[float, ...]]] = field(default_factory=dict)
    scaled: dict[str, Scaled] = field(default_factory=dict)

    def scale(self, name: str, service: Service) -> None:
        """The control loop of the replicas."""
        scale, group = service.autoscale, self.pools[name, "main"]
        if scale is not None:
            self.scaled[name] = Scaled(len(self.rows), group.index, service.replicas)
            row = (op.SCALE, group.base, group.count, NOBODY, op.SEE_USE, 0, 0, scale.min, scale.max)
            par = (scale.every, 0.0, 0.0, scale.target, scale.delay, scale.cooldown)
            self.rows[name] = row, par

    def skip_knob(self, skip: Brownout) -> int:
        """The knob that is on while steps with this condition are left out."""
        key = ("skip", skip)
        self.faults.knob(key)
        knob = self.faults.knob_rows[key]
        if key not in self.rows:
            group, when = self.pools[skip.when.component, "main"], skip.when
            sees = op.SEE_QUEUE if when.metric == "queue" else op.SEE_USE
            begins, ends = COMPARISONS[when.comparison], COMPARISONS[skip.until.comparison]
            row = (op.WATCH, group.base, group.count, knob, sees, begins, ends, 0, 0)
            self.rows[key] = row, (skip.every, when.bound, skip.until.bound, 0.0, 0.0, 0.0)
        return knob

    def tables(self) -> dict[str, Any]:
        """Control loops. Raises BlueprintError when there are more than the engine runs."""
        rows = list(self.rows.values())
        if len(rows) > MOST_CONTROLS:
            message = f"the design has {len(rows):,} control loops; the engine runs {MOST_CONTROLS:,}"
            raise BlueprintError([Problem("LC193", message, (), hint="let steps share the condition of their skip:")])
        return {
            "controls": ints([row for row, _ in rows], op.CONTROL_WIDTH),
            "control_par": floats([par for _, par in rows], op.CONTROL_PAR),
        }
