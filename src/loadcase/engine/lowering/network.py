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
        a = self.blueprint.components.get(start.component or "")
        b = self.blueprint.components.get(end.component or "")
        name = f"{self.scope.flow}:{start.component or 'client'}>{end.component or 'client'}"
        if start.component is None or end.component is None:
            if start.component is None and end.component is None:
                return
            self.asm.wait(net.client, name)
            return
        if start.slot < 0 or end.slot < 0 or a is None or b is None:
            if start.component != end.component:
                self.asm.wait(net.same_zone, name)
            return
        if a.zones == 1 and b.zones == 1 and a.regions == 1 and b.regions == 1:
            self.asm.wait(net.same_zone, name)
            return
        self.asm.hop((net.same_zone, net.cross_zone, net.cross_region), start.slot, end.slot, name)

    def there_and_back(self, here: Here, there: Here) -> None:
        """The way of a request that is refused."""
        self.hop(here, there)
        self.hop(there, here)
