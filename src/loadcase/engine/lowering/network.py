"""The way between two places: delays, and what the faults of a link do."""

from __future__ import annotations

from dataclasses import dataclass

from loadcase.core import program as op
from loadcase.engine.lowering.assembler import Label
from loadcase.engine.lowering.base import NOBODY, Here, Part


@dataclass
class Network(Part):
    """Lowers the ways between two places."""

    def link(self, start: Here, end: Here, lost: Label | None) -> None:
        """The faults of the link between two places."""
        row, zones = self.faults.link(start.component, end.component)
        zones = zones if start.slot >= 0 and end.slot >= 0 else NOBODY
        if row < 0 and zones < 0:
            return
        after = Label()
        place = self.asm.place(f"{self.scope.flow}:{start.component or 'client'}>{end.component or 'client'}:lost")
        self.asm.emit(op.LINK, row, start.slot, end.slot, after if lost is None else lost, zones, place)
        self.asm.here(after)

    def hop(self, start: Here, end: Here, lost: Label | None = None) -> None:
        """The network delay between two places; what is lost on the way is told to `lost`, or comes late."""
        self.link(start, end, lost)
        net = self.blueprint.network
        assert net is not None
        name = f"{self.scope.flow}:{start.component or 'client'}>{end.component or 'client'}"
        if start.component is None or end.component is None:
            self.asm.wait(net.client, name)
        elif start.slot >= 0 and end.slot >= 0:  # else a log fetches by itself what it is fed
            ends = (self.blueprint.components[start.component], self.blueprint.components[end.component])
            if all(component.zones == 1 and component.regions == 1 for component in ends):
                self.asm.wait(net.same_zone, name)
            else:
                self.asm.hop((net.same_zone, net.cross_zone, net.cross_region), start.slot, end.slot, name)

    def there_and_back(self, here: Here, there: Here) -> None:
        """The way of a request that is refused."""
        self.hop(here, there)
        self.hop(there, here)
