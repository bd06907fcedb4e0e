"""A request at a replica: it is chosen, entered, serves, and may fail, die or be paused meanwhile."""

from __future__ import annotations

from dataclasses import dataclass

from loadcase.core import program as op
from loadcase.core.distributions import Const, Dist
from loadcase.engine.lowering.assembler import Label
from loadcase.engine.lowering.base import Here, Part, Request
from loadcase.engine.lowering.control import Controls
from loadcase.kinds.base import Component
from loadcase.kinds.service import Service


@dataclass
class Replicas(Part):
    """Lowers what happens at a replica; most of it is there only in cases with faults."""

    controls: Controls

    def mortal(self, component: str | None) -> bool:
        """Whether replicas of a component die or are paused in this case."""
        return component in self.faults.mortal

    def pick(self, component: str, row: int, slot: int, knows: bool = False) -> None:
        """Chooses a station; one that is known to be dead is left out."""
        if self.mortal(component) or component in self.controls.scaled:
            self.asm.emit(op.PICK_UP, row, slot, int(knows))
        else:
            self.asm.emit(op.PICK, row, slot)

    def enter(self, there: Here, away: Label, told: bool = False) -> None:
        """The request reaches a replica, which may be down; with `told` one that is known to be is not waited for."""
        if self.mortal(there.component):
            self.asm.emit(op.ENTER, there.slot, away, int(told))

    def attend(self, here: Here, again: Label, died: Label) -> None:
        """A consumer takes a message: not while it is down, and what it has taken is lost with it."""
        if self.mortal(here.component):
            self.asm.emit(op.ATTEND, here.slot, again)
            self.asm.emit(op.HOLD, here.slot, died, 1)

    def work(self, request: Request, work: Dist, name: str, there: Here, held: Label) -> None:
        """The replica does the work of a request, if it does not fail."""
        self.serve(request.component, work, there.slot, name)
        self.alive(there, held)
        self.errors(there, request.name, held)
        self.full(request, there, held)

    def serve(self, component: Component, work: Dist, slot: int, name: str) -> None:
        """A worker is occupied."""
        shared = component.discipline == "ps"
        if isinstance(work, Const) and work.value == 0.0 and not shared:
            return
        crowd = 0
        if isinstance(component, Service) and component.contention:
            crowd = self.asm.weight(component.contention) + 1
        self.asm.emit(op.SERVE, slot, self.asm.dist(work), self.asm.place(name), crowd)
        if shared or component.discipline == "preemptive":
            self.asm.emit(op.SERVED, slot)

    def alive(self, there: Here, fail: Label) -> None:
        """What a replica that has died would do fails; what a paused one would do waits."""
        if self.mortal(there.component) and there.slot >= 0:
            self.asm.emit(op.ALIVE, there.slot, fail)

    def leave(self, there: Here, keep: bool = False) -> None:
        """The flow ends here when the replica where it is has died; with `keep` it stays there otherwise."""
        if self.mortal(there.component) and there.slot >= 0:
            self.asm.emit(op.STAND, there.slot, int(keep))

    def errors(self, there: Here, name: str, held: Label) -> None:
        """The replica fails requests by themselves, with the probability of the moment."""
        first = self.faults.knob_of("errors", there.component)
        if first is not None and there.component is not None:
            bad = self.scope.landing(held, lambda: self.asm.emit(op.REASON, op.ERROR))
            base = self.pools[there.component, "main"].base
            self.asm.emit(op.ODDS, first, bad, self.asm.place(f"{name}:fault"), there.slot, base)

    def flaky(self, request: Request, held: Label) -> None:
        """Some of the calls fail by themselves."""
        rate = request.component.error_rate_of(request.call.verb)
        if rate > 0.0:
            bad = self.scope.landing(held, lambda: self.asm.emit(op.REASON, op.ERROR))
            self.asm.emit(op.CHANCE, self.asm.place(f"{request.name}:error"), bad, self.asm.weight(rate))

    def full(self, request: Request, there: Here, held: Label) -> None:
        """A replica without room refuses what would be stored there."""
        first = self.faults.knob_of("full", request.to)
        if first is not None and (request.writes or request.behaviour == "publish"):
            bad = self.scope.landing(held, lambda: self.asm.emit(op.REASON, op.REFUSED))
            base = self.pools[request.to, "main"].base
            self.asm.emit(op.ODDS, first, bad, self.asm.place(f"{request.name}:full"), there.slot, base)
