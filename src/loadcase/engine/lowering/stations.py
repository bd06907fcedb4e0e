"""Components become stations: pools of workers with a queue, its bound and its discipline."""

from __future__ import annotations

from dataclasses import dataclass

from loadcase.core import program as op
from loadcase.core.distributions import Const
from loadcase.engine.lowering.assembler import StationGroup
from loadcase.engine.lowering.base import Part
from loadcase.engine.lowering.control import Controls
from loadcase.kinds.base import Component, Pool
from loadcase.kinds.service import Service

DISCIPLINES = {
    "fifo": op.FIFO,
    "lifo": op.LIFO,
    "ps": op.SHARED,
    "priority": op.PRIORITY,
    "preemptive": op.PREEMPTIVE,
}


@dataclass
class Stations(Part):
    """Adds the pools of components."""

    controls: Controls

    def make(self) -> None:
        """The stations of all components."""
        for name, component in self.blueprint.components.items():
            for pool in component.pools():
                self.pools[name, pool.name] = self.add(name, component, pool)
            if isinstance(component, Service):
                self.controls.scale(name, component)
                self.bound_delay(name, component)

    def add(self, name: str, component: Component, pool: Pool) -> StationGroup:
        """A pool of alike stations."""
        return self.asm.pool(
            name,
            pool.name,
            pool.room,
            pool.workers,
            bound=pool.queue,
            discipline=self.discipline(name, component),
            copies=pool.stations // pool.groups if pool.groups > 1 else pool.stations if pool.groups == 1 else 1,
            zones=component.zones,
            regions=component.regions,
            patience=component.patience,
        )

    def bound_delay(self, name: str, service: Service) -> None:
        """The longest wait in a queue that stands, and in another."""
        if service.shed is None or service.shed.target is None:
            return
        group = self.pools[name, "main"]
        for station in self.asm.stations[group.base : group.base + group.count]:
            station["patience"] = -2 - self.asm.dist(Const(service.shed.target))
            station["place"] = self.asm.dist(Const(service.shed.interval))

    def discipline(self, name: str, component: Component) -> int:
        """The discipline of a component; by priority when its calls carry different ones."""
        if component.discipline != "fifo":
            return self.yielding(component, DISCIPLINES[component.discipline])
        return self.yielding(component, op.PRIORITY) if len(self.blueprint.priorities_at(name)) > 1 else op.FIFO

    def yielding(self, component: Component, discipline: int) -> int:
        """The discipline where a full queue gives the place of its least important request away."""
        gives = isinstance(component, Service) and component.shed is not None and component.shed.first != "newest"
        return op.YIELDING if gives and discipline == op.PRIORITY else discipline
