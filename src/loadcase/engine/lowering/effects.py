"""What happened to operations: the versions of writes, what each copy has, and the notes of the history."""

from __future__ import annotations

import math
from dataclasses import dataclass

from loadcase.blueprint import knowledge
from loadcase.blueprint.steps import Call
from loadcase.core import program as op
from loadcase.engine.lowering.base import NOBODY, OWN, Part, Request
from loadcase.engine.lowering.entities import TURNS, Entities
from loadcase.engine.recording import Note
from loadcase.kinds.store import Store


@dataclass
class Effects(Part):
    """Emits what is remembered of writes and copies; nothing where neither a guarantee nor a step depends on it."""

    entities: Entities

    def note(self, event: str, call: Call, every: bool = False) -> int:
        """A note of something at the component of a call."""
        base, entity = self.pools[call.component, "main"].base, knowledge.entity_of(call) or ""
        return self.recorder.note(Note(event, self.scope.flow, call.component, entity, base, every=every))

    def note_commit(self, request: Request) -> int:
        """A note of an effect, and of what it does to the entity."""
        call, flow = request.call, self.scope.flow
        amount: float | None = getattr(call.options, "amount", None)
        step = knowledge.step_of(self.blueprint.flows[flow], call)
        note = Note(
            "commit",
            flow,
            call.component,
            knowledge.entity_of(call) or "",
            self.pools[call.component, "main"].base,
            based=self.entities.based(call, request.key),
            value=math.nan if amount is None else amount,
            step=NOBODY if step is None else step,
            permission=getattr(call.options, "permission", None) or "",
        )
        return self.recorder.note(note)

    # --- writes -----------------------------------------------------------------------------------------------------
    def sequence(self, request: Request) -> bool:
        """Whether a request is a write that is remembered; it is given its version."""
        call, entities = request.call, self.entities
        written = request.writes and self.recorder.kept(call)
        if written:
            self.asm.emit(op.SEQUENCE, entities.versions(call), request.key, entities.identities(call))
        return written

    def commit(self, request: Request, slot: int) -> None:
        """A write has had its effect."""
        if not (request.writes and self.recorder.kept(request.call)):
            return
        call, key, entities = request.call, request.key, self.entities
        entity = knowledge.entity_of(call)
        note = self.note_commit(request) if entity is not None else NOBODY
        # messages have the flow's key: what is written about another one goes on in no order
        follows = self.recorder.space(f"{call.component}:follows", TURNS) if key == OWN else NOBODY
        entities.rest(call, key)
        latest = int(entity in self.recorder.decisive)
        identities = entities.identities(call)
        self.asm.emit(op.COMMIT, note, slot, key, identities, entities.versions(call), follows, latest)
        if self.answered_by_leader(call):
            self.asm.emit(op.APPLY, self.led(call), max(slot, 0), 0, 1, key)
        entities.granted(call, key, slot)
        entities.made(call, key)

    # --- copies -----------------------------------------------------------------------------------------------------
    def seen(self, call: Call) -> bool:
        """Whether it is remembered which copies have what of the entity of a call."""
        entity = knowledge.entity_of(call)
        return entity is not None and (self.recorder.reads or self.recorder.column(entity) is not None)

    def copies(self, call: Call) -> tuple[int, int, int]:
        """Where the versions that the copies have are remembered, the first station, and how many copies there are."""
        replicas = self.blueprint.components[call.component].replicas
        space = self.recorder.space(f"{call.component}:{knowledge.entity_of(call)}:copies", replicas)
        return space, self.pools[call.component, "main"].base, replicas

    def answered_by_leader(self, call: Call) -> bool:
        """Whether the leader of a store that writes to many copies is asked for what is written.

        It has what is committed, whichever copies had to have it, and so has the next (Raft's leader completeness).
        """
        store = self.blueprint.components[call.component]
        if not isinstance(store, Store) or store.replicas == 1 or store.write == "async" or not self.seen(call):
            return False
        return store.read == "leader"

    def led(self, call: Call) -> int:
        """Where the versions that the leaders of a store have are remembered."""
        return self.recorder.space(f"{call.component}:{knowledge.entity_of(call)}:led")

    def apply(self, request: Request, slot: int) -> None:
        """A copy has what was written."""
        if self.seen(request.call):
            first, base, count = self.copies(request.call)
            self.asm.emit(op.APPLY, first, slot, base, count, request.key)
            if self.recorder.copies:
                self.asm.emit(op.NOTE, self.note("apply", request.call), slot, request.key, 0, 0)

    def see(self, request: Request, slot: int) -> None:
        """A copy is read."""
        if self.answered_by_leader(request.call) and getattr(request.call.options, "consistency", None) is None:
            self.asm.emit(op.SEE, self.led(request.call), slot, 0, 1, request.key)
        elif self.seen(request.call):
            first, base, count = self.copies(request.call)
            self.asm.emit(op.SEE, first, slot, base, count, request.key)

    def answer(self, request: Request, slot: int, shared: bool) -> None:
        """What a copy has told is known, to the others that wait for the same answer too."""
        if self.seen(request.call) and (shared or self.recorder.copies):
            note = self.note("answer", request.call) if self.recorder.copies else NOBODY
            self.asm.emit(op.ANSWER, note, slot, request.key, int(shared))
