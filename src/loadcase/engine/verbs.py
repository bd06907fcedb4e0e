"""What calls know of entities, and what their writes rest on, as operations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from loadcase.blueprint import knowledge
from loadcase.blueprint.steps import Call
from loadcase.core import program as op
from loadcase.engine.assembler import Assembler, Label, StationGroup
from loadcase.engine.recording import NOTHING, Note, Recorder

OWN = 0
"""The register of the flow's own key: only of that do frames know versions."""
TURNS = 3
"""Spaces of what is remembered of effects that follow each other."""


@dataclass
class Verbs:
    """Emits what is known of entities; nothing where no guarantee and no step depends on it."""

    asm: Assembler
    recorder: Recorder
    pools: Mapping[tuple[str, str], StationGroup]

    def column(self, call: Call, key: int) -> int | None:
        """The column of the entity of a call."""
        return self.recorder.column(knowledge.entity_of(call)) if key == OWN else None

    def versions(self, call: Call) -> int:
        """Where it is remembered which effects on the keys of an entity have passed."""
        return self.recorder.space(f"{call.component}:{knowledge.entity_of(call)}:versions", TURNS)

    # --- writes -----------------------------------------------------------------------------------------------------
    def based(self, call: Call, key: int) -> bool:
        """Whether a write says from which version it was made."""
        return call.verb == "update" and self.column(call, key) is not None

    def compare(self, call: Call, key: int, identities: int, changed: Label) -> None:
        """A conditional write goes on where nothing has changed since the operation read."""
        column = self.column(call, key)
        if getattr(call.options, "condition", None) is not None and column is not None:
            self.asm.emit(op.COMPARE, column, key, self.versions(call), changed, identities)

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
    def held(self, call: Call, key: int, space: str | None) -> list[tuple[int, str]]:
        """The columns and names of the entities that a cache answers for a key space."""
        if key != OWN:
            return []
        entities = self.recorder.answers.get((call.component, space), ())
        return [(column, entity) for entity in entities if (column := self.recorder.column(entity)) is not None]

    def place(self, call: Call, space: str | None, entity: str) -> tuple[int, int]:
        """The first station of a cache, and where the versions of an entity that its first replica holds are."""
        group = self.pools[call.component, "main"]
        return group.base, self.recorder.space(f"{call.component}:{space}:{entity}:cached", group.count)

    def answer(self, call: Call, slot: int, key: int, space: str | None, hit: int) -> None:
        """A look-up that hits answers what the cache holds."""
        for column, entity in self.held(call, key, space):
            self.asm.emit(op.ANSWER, column, slot, *self.place(call, space, entity), key, hit)

    def keep(self, call: Call, slot: int, key: int, space: str | None) -> None:
        """A cache stores what the operation knows."""
        for column, entity in self.held(call, key, space):
            self.asm.emit(op.KEEP, column, slot, *self.place(call, space, entity), key)

    def recall(self, call: Call, flow: str, slot: int, key: int, space: str | None) -> None:
        """The history has what a cache answered."""
        base = self.pools[call.component, "main"].base
        for column, entity in self.held(call, key, space) if self.recorder.reads else ():
            note = self.recorder.note(Note("read", flow, call.component, entity, base))
            if note != NOTHING:
                self.asm.emit(op.RECALL, column, slot, key, note)
