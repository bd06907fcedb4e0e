"""A visit of one station: travel, wait, be served, do what the verb does, make the nested steps, let go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from loadcase.core import program as op
from loadcase.core.distributions import Dist
from loadcase.engine.lowering.assembler import Label
from loadcase.engine.lowering.base import Here, Part, Request
from loadcase.engine.lowering.caches import Caches
from loadcase.engine.lowering.channels import Channels
from loadcase.engine.lowering.effects import Effects
from loadcase.engine.lowering.entities import Entities
from loadcase.engine.lowering.limiters import Limiters
from loadcase.engine.lowering.network import Network
from loadcase.engine.lowering.replicas import Replicas
from loadcase.engine.lowering.replication import Replication
from loadcase.engine.lowering.selection import Selection
from loadcase.kinds.base import Visit
from loadcase.kinds.store import Store

Role = Literal["", "look", "decide", "prepare"]
"""What a visit of a write is for beside its effect: to `look` at what it depends on, to `decide` on it before others
copy it, to `prepare` one of several writes of which all have their effect or none."""


@dataclass
class Single(Part):
    """Lowers visits of one station."""

    network: Network
    replicas: Replicas
    selection: Selection
    effects: Effects
    entities: Entities
    limiters: Limiters
    caches: Caches
    channels: Channels
    replication: Replication

    def visit(
        self,
        request: Request,
        visit: Visit,
        here: Here,
        fail: Label,
        *,
        stay: bool = False,
        first: bool = True,
        role: Role = "",
    ) -> Here:
        """Makes a visit from `here`; with `stay` the flow is at the station afterwards. `first` is the first one of
        its call. Gives where the flow is."""
        call, asm = request.call, self.asm
        local = here.sticky and here.component == request.to
        slot = self.scope.slot(here.slot if local else here.depth, call.path)
        there = Here(slot, request.to, max(here.depth, slot + 1), None, here.register, sticky=local)
        away = fail if local else self.travel(request, visit, here, there, fail)
        quota = request.component.quota_of(call.verb)
        if request.behaviour == "flaky" and quota is not None and first:
            self.limiters.take_quota(request, quota, away)
        asm.emit(op.ACQUIRE, slot, away)
        if not local and self.replicas.mortal(request.to):
            asm.emit(op.HOLD, slot, away)

        def let_go(keep: bool = local) -> None:
            self.replicas.leave(there, keep)
            asm.emit(op.RELEASE, slot)

        held = self.scope.landing(away, let_go)
        self.replicas.alive(there, held)
        self.replicas.work(request, visit.work, f"{request.name}:work{'' if first else ':next'}", there, held)
        self.at_station(request, visit, there, held, role)
        inner = call.nested.get("do", ())
        if inner:
            self.scope.steps(inner, there, held)
        if visit.then is None or not visit.detach:
            let_go(keep=local or stay)
        if request.behaviour == "deliver":
            self.channels.deliver(request, slot)
        if stay:
            return replace(there, balancer=request.to if request.behaviour == "forward" else None)
        if not local:
            self.network.hop(there, here, fail)
        if request.behaviour == "lookup":
            self.caches.missed(request, slot, here, fail)
        return here

    def travel(self, request: Request, visit: Visit, here: Here, there: Here, fail: Label) -> Label:
        """Chooses the station and goes there; gives where failures go from then on: they travel back."""
        row = self.selection.select(request, visit, here)
        if visit.pick == "leader" and self.faults.led(request.to):
            self.replication.lead(request, row, here, there, fail)
        else:
            self.replicas.pick(request.to, row, there.slot)
        self.caches.peek(request, there.slot, 0)
        self.network.hop(here, there, fail)
        self.caches.peek(request, there.slot, 1)
        away = self.scope.landing(fail, lambda: self.network.hop(there, here))
        self.replicas.enter(there, away)
        return away

    def at_station(self, request: Request, visit: Visit, there: Here, held: Label, role: Role) -> None:
        """What happens while the worker is held, once the request has been served: a store has its effect before
        what it does `then`, the others after it."""
        if request.writes:
            self.write(request, there, held, role)
        elif request.reads:
            self.effects.see(request, there.slot)
            self.effects.answer(request, there.slot, shared=False)
        if visit.then is not None:
            if visit.detach:
                self.detach(request, visit.then, there)
            else:
                self.replicas.serve(request.component, visit.then, there.slot, f"{request.name}:then")
                self.replicas.alive(there, held)
        if not isinstance(request.component, Store):
            self.behave(request, there, held)

    def detach(self, request: Request, work: Dist, there: Here) -> None:
        """The answer goes on its way while the worker is still held."""

        def emit(failed: Label) -> None:
            del failed
            self.replicas.serve(request.component, work, there.slot, f"{request.name}:then")
            self.replicas.leave(there)
            self.asm.emit(op.RELEASE, there.slot)

        self.asm.emit(op.SPAWN, self.scope.child(emit))
        if self.replicas.mortal(there.component):
            self.asm.emit(op.HOLD, there.slot, 0)

    def write(self, request: Request, there: Here, held: Label, role: Role) -> None:
        """A write at its station, as far as its role goes."""
        call, key, slot = request.call, request.key, there.slot
        if self.faults.led(request.to):
            self.asm.emit(op.LEADING, slot, self.replication.row(request.to), held)
        if role == "prepare":
            self.entities.guard(held)
            return
        if role == "look":
            self.entities.look(call, slot, key, self.effects.copies(call), held)
            return
        self.entities.compare(call, key, held)
        self.entities.claim(call, key, held)
        if role == "decide":
            self.effects.sequence(request)
            return
        self.entities.guard(held)
        self.effects.sequence(request)
        self.effects.apply(request, slot)
        self.effects.commit(request, slot)
        if self.replication.replicates(call):
            self.replication.replicate(request, there)

    def behave(self, request: Request, there: Here, held: Label) -> None:
        """What the verb does."""
        match request.behaviour:
            case "lookup":
                self.caches.look_up(request, there)
            case "fill":
                self.caches.fill(request, there.slot)
            case "drop":
                self.caches.drop(request, there.slot)
            case "publish" if self.channels.turns is None:
                self.channels.publish(request, held)
            case "take":
                self.limiters.take(request, there.slot, held)
            case "flaky":
                self.replicas.flaky(request, held)
