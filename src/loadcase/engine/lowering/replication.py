"""Copies that follow a leader: writes are taken by the leader, shipped in its order, and lost with it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from loadcase.blueprint import knowledge
from loadcase.blueprint.steps import Call
from loadcase.core import program as op
from loadcase.engine.lowering.assembler import Label, ints
from loadcase.engine.lowering.base import NOBODY, Here, Part, Request
from loadcase.engine.lowering.effects import Effects
from loadcase.engine.lowering.network import Network
from loadcase.engine.lowering.replicas import Replicas
from loadcase.engine.lowering.selection import Selection
from loadcase.kinds.base import Visit
from loadcase.kinds.store import Store


@dataclass
class Replication(Part):
    """Lowers writes that a leader takes for its followers."""

    network: Network
    replicas: Replicas
    selection: Selection
    effects: Effects
    rows: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def replicates(self, call: Call) -> bool:
        """Whether the leader ships a write to the other copies by itself, in its order."""
        store, name = self.blueprint.components[call.component], call.component
        if not isinstance(store, Store) or call.verb not in store.effects or store.replicas == 1:
            return False
        if (getattr(call.options, "consistency", None) or store.write) != "async":
            return False
        struck = self.replicas.mortal(name) or self.faults.led(name) or self.faults.knob_of("lag", name) is not None
        return struck or store.replication_lag is not None

    def row(self, name: str) -> int:
        """Row of a store whose copies follow leaders."""
        if name not in self.rows:
            group, lag = self.pools[name, "main"], self.faults.knob_of("lag", name)
            first = sum(n // copies for _, _, n, copies, _ in self.rows.values())
            self.rows[name] = (first, group.base, group.count, group.copies, NOBODY if lag is None else lag)
        return list(self.rows).index(name)

    def lead(self, request: Request, row: int, here: Here, there: Here, fail: Label) -> None:
        """Chooses the leader of the shard; while it is being replaced a write is refused there."""
        refused: Any = NOBODY
        if request.writes:
            refused = self.scope.landing(fail, lambda: self.network.there_and_back(here, there))
        self.asm.emit(op.LEAD, there.slot, self.row(request.to), row, refused)

    def led_write(self, request: Request, visit: Visit, here: Here, fail: Label) -> None:
        """A write to many copies is taken only while the shard has a leader, where it has leaders at all."""
        if not self.faults.led(request.to):
            return
        slot = self.scope.slot(here.depth, request.call.path)
        there = Here(slot, request.to, slot + 1)
        row = self.selection.select(request, replace(visit, pick="leader"), here)
        self.lead(request, row, here, there, fail)
        self.replicas.enter(there, self.scope.landing(fail, lambda: self.network.there_and_back(here, there)))

    def lagging(self, request: Request, slot: int) -> None:
        """A write reaches copies that lag behind later."""
        knob = self.faults.knob_of("lag", request.to)
        if knob is not None and request.writes:
            self.asm.emit(op.LAG, slot, knob, self.pools[request.to, "main"].base)

    def replicate(self, request: Request, leader: Here) -> None:
        """The leader ships a write to each of the other copies."""
        asm, path = self.asm, request.call.path
        end = Label()
        if self.recorder.identified(request.call):
            asm.emit(op.FRESH, end)
        register = self.scope.register(leader, path)
        self.scope.slot(leader.depth, path)
        asm.emit(op.ENTRY, leader.slot, self.row(request.to), register)
        for which in range(request.component.replicas - 1):

            def emit(failed: Label, which: int = which) -> None:
                del failed
                self.shipped(replace(request, name=f"{request.name}:ship{which}"), leader, register, which)

            asm.emit(op.SPAWN, self.scope.child(emit))
        asm.here(end)

    def shipped(self, request: Request, leader: Here, register: int, which: int) -> None:
        """An entry goes to another copy: it is sent again until it is there, unless no copy is to have it."""
        asm, call, store = self.asm, request.call, request.component
        assert isinstance(store, Store)
        mortal = self.replicas.mortal(request.to)
        slot, row = leader.depth, self.row(request.to)
        there = Here(slot, request.to, slot + 1)
        lag = NOBODY if store.replication_lag is None else asm.dist(store.replication_lag)
        asm.emit(op.SHIP, leader.slot, row, register, which, slot, lag, asm.place(f"{request.name}:lag"))
        self.reverted(request, slot)
        again, later = Label(), Label()
        asm.here(again)
        if mortal or self.faults.led(request.to):
            asm.emit(op.SEND, slot, row, leader.slot)
        self.network.hop(leader, there)
        if mortal:
            asm.emit(op.ATTEND, slot, again)
        asm.emit(op.ACQUIRE, slot, later)
        if mortal:
            asm.emit(op.HOLD, slot, again, 1)

        def let_go() -> None:
            self.replicas.leave(there)
            asm.emit(op.RELEASE, slot)

        held = self.scope.landing(later, let_go)
        self.replicas.work(request, store.work_of(call.verb, call.options), f"{request.name}:work", there, held)
        let_go()
        asm.emit(op.FOLLOW, slot, row)
        self.effects.apply(request, slot)
        self.scope.retried(later, again, request.name)

    def reverted(self, request: Request, slot: int) -> None:
        """What is undone when an entry is lost with its leader."""
        call, entities = request.call, self.effects.entities
        note = versions = copies = NOBODY
        if self.recorder.on and knowledge.entity_of(call) is not None:
            note = self.effects.note("revert", call)
            if self.recorder.follows_one_leader(call):
                versions = entities.versions(call)
            if self.effects.seen(call):
                copies = self.effects.copies(call)[0]
        self.asm.emit(op.REVERT, slot, note, request.key, entities.identities(call), versions, copies)

    def tables(self) -> dict[str, Any]:
        """`led`."""
        return {"led": ints(list(self.rows.values()), op.LED_WIDTH)}
