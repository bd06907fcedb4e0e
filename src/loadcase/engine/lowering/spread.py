"""A visit of many stations at once: quorums, copies that nobody waits for, every replica."""

from __future__ import annotations

from dataclasses import dataclass, replace

from loadcase.core import program as op
from loadcase.engine.lowering.assembler import Label
from loadcase.engine.lowering.base import Here, Part, Request
from loadcase.engine.lowering.channels import Channels
from loadcase.engine.lowering.effects import Effects
from loadcase.engine.lowering.network import Network
from loadcase.engine.lowering.replicas import Replicas
from loadcase.engine.lowering.replication import Replication
from loadcase.engine.lowering.selection import Selection
from loadcase.kinds.base import Visit


@dataclass
class Spread(Part):
    """Lowers visits of many stations; each is made in a child frame."""

    network: Network
    replicas: Replicas
    selection: Selection
    effects: Effects
    channels: Channels
    replication: Replication

    def visit(self, request: Request, visit: Visit, here: Here, fail: Label) -> None:
        """A visit that is over when as many have answered as it needs."""
        if visit.pick == "some":
            register = self.scope.register(here, request.call.path)
            self.asm.emit(op.DEAL, register, self.asm.place(f"{request.name}:deal"))
        row = self.asm.body(self.body(request, visit, here))
        self.scope.fork(row, visit.copies, visit.need, fail, alike=True)

    def unawaited(self, request: Request, visit: Visit, here: Here, publish: bool = False) -> None:
        """A visit that nobody waits for; with `publish` the message is out when it is taken there."""
        if visit.copies < 1:
            return
        body = self.body(replace(request, name=f"{request.name}:behind"), visit, here, publish)
        if visit.copies > 1:
            row = self.asm.body(body)
            body = self.scope.child(lambda fail: self.scope.fork(row, visit.copies, visit.copies, fail, alike=True))
        self.asm.emit(op.SPAWN, body)

    def body(self, request: Request, visit: Visit, here: Here, publish: bool = False) -> Label:
        """The visit of one of the stations, as the code of a child frame."""
        asm, replicas = self.asm, self.replicas
        slot = self.scope.slot(here.depth, request.call.path)
        there = Here(slot, request.to, slot + 1)
        every = visit.pick == "every"

        def emit(failed: Label) -> None:
            replicas.pick(request.to, self.selection.select(request, visit, here), slot)
            self.replication.lagging(request, slot)
            self.network.hop(here, there, failed)
            away = self.scope.landing(failed, lambda: self.network.hop(there, here))
            gone, nobody = away, Label()
            if every and replicas.mortal(request.to):  # the connections went with the replica
                gone = self.scope.landing(nobody, lambda: self.network.hop(there, here))
            replicas.enter(there, gone, told=every)
            asm.emit(op.ACQUIRE, slot, away)
            if replicas.mortal(request.to):
                asm.emit(op.HOLD, slot, gone)

            def let_go() -> None:
                replicas.leave(there)
                asm.emit(op.RELEASE, slot)

            held = self.scope.landing(away, let_go) if request.to in self.faults.touched else away
            replicas.alive(there, held)
            replicas.work(request, visit.work, f"{request.name}:work", there, held)
            if publish:
                self.channels.publish(request, held)
            if request.writes:
                self.effects.apply(request, slot)
            elif request.reads:
                self.effects.see(request, slot)
            if visit.then is not None:
                replicas.serve(request.component, visit.then, slot, f"{request.name}:then")
                replicas.alive(there, held)
            let_go()
            if request.behaviour == "deliver":
                self.channels.deliver(request, slot, every=True)
            self.network.hop(there, here, failed)
            if request.reads:
                self.effects.answer(request, slot, shared=True)
            asm.here(nobody)

        return self.scope.child(emit)
