"""What operations know of entities: the versions that they have read or written, claims, and what caches answer."""

from __future__ import annotations

import math
from dataclasses import dataclass

from loadcase.blueprint import knowledge
from loadcase.blueprint.steps import Call
from loadcase.core import program as op
from loadcase.engine.lowering.assembler import Label
from loadcase.engine.lowering.base import DRAWN, OWN, Part
from loadcase.engine.recording import NOTHING, Note

TURNS = 3
"""Spaces of what is remembered of effects that follow each other."""


@dataclass
class Entities(Part):
    """Emits what is known of entities; nothing where no guarantee and no step depends on it."""

    def column(self, call: Call, key: int) -> int | None:
        """The column of the entity of a call: frames know versions of their own key alone."""
        return self.recorder.column(knowledge.entity_of(call)) if key == OWN else None

    def versions(self, call: Call) -> int:
        """Where it is remembered which effects on the keys of an entity have passed."""
        return self.recorder.space(f"{call.component}:{knowledge.entity_of(call)}:versions", TURNS)

    # --- writes -----------------------------------------------------------------------------------------------------
    def based(self, call: Call, key: int) -> bool:
        """Whether a write says from which version it was made."""
        return call.verb == "update" and self.column(call, key) is not None

    def identities(self, call: Call) -> int:
        """Where the operations that a call has had an effect for are remembered, or NOTHING."""
        if not self.recorder.identified(call):
            return NOTHING
        return self.recorder.identities(self.recorder.effect(self.blueprint.flows[self.scope.flow], call))

    def drawn(self, call: Call) -> int:
        """Where the keys that were drawn for a call are remembered, or NOTHING: without an identity each is new."""
        flow = self.blueprint.flows[self.scope.flow]
        if not self.recorder.identified(call) or knowledge.own_key(self.blueprint, flow, call):
            return NOTHING
        return self.recorder.identities(f"{self.recorder.effect(flow, call)}:key")

    def same_key(self, call: Call) -> None:
        """A write that comes again is about the same key."""
        if self.drawn(call) != NOTHING:
            self.asm.emit(op.SAME_KEY, self.drawn(call), DRAWN)

    def compare(self, call: Call, key: int, changed: Label) -> None:
        """A conditional write goes on where nothing has changed since the operation read."""
        identities, column = self.identities(call), self.column(call, key)
        if getattr(call.options, "condition", None) is not None and column is not None:
            self.asm.emit(op.COMPARE, column, key, self.versions(call), changed, identities)

    def stash(self, i: int) -> None:
        """Keeps the number of one of several writes."""
        self.asm.emit(op.STASH, len(self.recorder.known) + i)

    def take_up(self, i: int) -> None:
        """Goes on with one of several writes."""
        self.asm.emit(op.TAKE_UP_WRITE, len(self.recorder.known) + i)

    def abandon(self, call: Call, key: int) -> None:
        """A write has failed that was given its number, or a claim."""
        self.asm.emit(op.ABANDON, self.versions(call), key)
        if self.claimed(call) and getattr(call.options, "atomic", False):
            self.asm.emit(op.YIELD, self.claims(call), key, NOTHING, 1)

    # --- claims -----------------------------------------------------------------------------------------------------
    def claimed(self, call: Call) -> bool:
        """Whether a call is a claim."""
        return call.verb == "claim" and knowledge.entity_of(call) is not None

    def claims(self, call: Call) -> int:
        """Where it is remembered who holds the keys of an entity."""
        return self.recorder.space(f"{call.component}:{knowledge.entity_of(call)}:claims", 3)

    def event(self, event: str, call: Call, value: float = math.nan) -> int:
        """A note of a claim, or of its end."""
        base = self.pools[call.component, "main"].base
        entity = knowledge.entity_of(call) or ""
        return self.recorder.note(Note(event, self.scope.flow, call.component, entity, base, value=value))

    def look(self, call: Call, slot: int, key: int, copies: tuple[int, int, int], taken: Label) -> None:
        """A copy is asked whether a key is free."""
        if self.claimed(call):
            self.asm.emit(op.CHECK, self.claims(call), slot, taken, *copies, key)

    def claim(self, call: Call, key: int, taken: Label) -> None:
        """A key is claimed where nobody holds it."""
        if self.claimed(call) and getattr(call.options, "atomic", False):
            self.asm.emit(op.CLAIM, self.claims(call), key, taken)

    def granted(self, call: Call, key: int, slot: int) -> None:
        """A claim has been written."""
        if self.claimed(call):
            lease: float | None = getattr(call.options, "lease", None)
            note = self.event("claim", call, math.nan if lease is None else lease)
            lane = 0 if lease is None else self.asm.lane(lease) + 1
            self.asm.emit(op.GRANT, self.claims(call), key, note, lane, slot)

    def give_back(self, call: Call) -> None:
        """A claim ends."""
        if self.claimed(call):
            self.asm.emit(op.YIELD, self.claims(call), OWN, self.event("release", call), 0)

    def guard(self, fenced: Label) -> None:
        """A write is made under claims, which may be over."""
        for held in self.scope.guards:
            stops = bool(getattr(held.options, "fencing", False))
            note = NOTHING if stops else self.event("claim", held, 0.0)
            column = self.recorder.column(knowledge.entity_of(held))
            self.asm.emit(op.GUARD, self.claims(held), OWN, fenced if stops else NOTHING, note, column)

    def rest(self, call: Call, key: int) -> None:
        """The commit that follows is of something that was made from what the operation knows."""
        if self.based(call, key):
            self.asm.emit(op.BASE, self.column(call, key))

    def made(self, call: Call, key: int) -> None:
        """The operation knows what it has written."""
        column = self.column(call, key)
        if column is not None:
            self.asm.emit(op.MADE, column)

    # --- reads ------------------------------------------------------------------------------------------------------
    def learn(self, call: Call, key: int, told: bool) -> None:
        """The operation knows what it has read; `told` when a row of the history follows."""
        column = self.column(call, key)
        if column is not None:
            self.asm.emit(op.LEARN, column, int(not told))

    # --- caches -----------------------------------------------------------------------------------------------------
    def held(self, call: Call, key: int) -> list[tuple[int, str]]:
        """The columns and names of the entities that a cache answers for the flow's key."""
        if key != OWN:
            return []
        entities = self.recorder.answers.get((call.component, self.scope.flow_space), ())
        return [(column, entity) for entity in entities if (column := self.recorder.column(entity)) is not None]

    def place(self, call: Call, entity: str) -> tuple[int, int]:
        """The first station of a cache, and where the versions of an entity that its first replica holds are."""
        group = self.pools[call.component, "main"]
        return group.base, self.recorder.space(f"{call.component}:{self.scope.flow_space}:{entity}:cached", group.count)

    def answer(self, call: Call, slot: int, key: int, hit: int) -> None:
        """A look-up that hits answers what the cache holds."""
        for column, entity in self.held(call, key):
            self.asm.emit(op.CACHED, column, slot, *self.place(call, entity), key, hit)

    def keep(self, call: Call, slot: int, key: int) -> None:
        """A cache stores what the operation knows."""
        for column, entity in self.held(call, key):
            self.asm.emit(op.KEEP, column, slot, *self.place(call, entity), key)

    def recall(self, call: Call, slot: int, key: int) -> None:
        """The history has what a cache answered."""
        base = self.pools[call.component, "main"].base
        for column, entity in self.held(call, key) if self.recorder.reads else ():
            note = self.recorder.note(Note("read", self.scope.flow, call.component, entity, base))
            if note != NOTHING:
                self.asm.emit(op.RECALL, column, slot, key, note)
