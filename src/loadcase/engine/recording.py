"""What a run remembers of its operations, and the notes of which its history is made.

A design depends on it only where a write has an identity (`once`) and feeds a log: a repeated write feeds it once. All
the rest is there when a history is wanted; else the program has none of these operations.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from loadcase.blueprint import knowledge
from loadcase.blueprint.model import Blueprint, FlowSpec
from loadcase.blueprint.steps import Call, FanOut, Parallel, Repeat, Step, walk
from loadcase.core.program import OPERATIONS
from loadcase.kinds.log import Log
from loadcase.kinds.queue import Queue
from loadcase.kinds.store import Store
from loadcase.kinds.topic import Topic

NOTHING = -1


@dataclass(frozen=True)
class Note:
    """What a row of the history is about; `base` is the first station of the component, of which the row has one."""

    event: str
    flow: str
    component: str = ""
    entity: str = ""
    base: int = 0
    detail: str = ""
    based: bool = False
    """Whether a commit says from which version it was made."""
    value: float = math.nan
    """Seconds that a claim lasts, or what a commit adds."""
    step: int = -1
    """Which of several alike effects of an operation a commit is."""
    session: int = -1
    """Number of the first session of the kind that an invoke says."""
    permission: str = ""
    """What a commit does to a permission."""
    every: bool = False
    """Whether a message is delivered to all who are connected to a replica, and not to the client of a key."""


@dataclass(frozen=True)
class Recording:
    """What history a run writes: of which share of the keys, whether reads are in it, and what each copy had when."""

    share: float = 1.0
    reads: bool = True
    copies: bool = False


@dataclass
class Recorder:
    """Numbers the notes and the spaces of what is remembered for the history that is wanted, if one is."""

    blueprint: Blueprint
    wanted: Recording | None
    notes: list[Note] = field(default_factory=list)
    spaces: dict[str, tuple[int, int]] = field(default_factory=dict)
    used: int = 1

    @property
    def on(self) -> bool:
        """Whether a history is wanted."""
        return self.wanted is not None

    @property
    def reads(self) -> bool:
        """Whether its reads are."""
        return self.wanted is not None and self.wanted.reads

    @property
    def copies(self) -> bool:
        """Whether what each copy had is."""
        return self.wanted is not None and self.wanted.copies

    def note(self, note: Note) -> int:
        """Number of a note, or NOTHING when no history is wanted."""
        if not self.on:
            return NOTHING
        self.notes.append(note)
        return len(self.notes) - 1

    def space(self, name: str, count: int = 1) -> int:
        """First of `count` spaces of what is remembered under a name; 0 is none."""
        found = self.spaces.get(name)
        if found is None:
            found = self.spaces[name] = (self.used, count)
            self.used += count
        return found[0]

    def identities(self, name: str) -> int:
        """A space of what is remembered of operations."""
        return OPERATIONS + self.space(name)

    # --- what the design asks for ---------------------------------------------------------------------------------
    def identified(self, call: Call) -> bool:
        """Whether a repeated write has to be recognised in this run."""
        if getattr(call.options, "once", None) is None:
            return False
        return self.on or any(
            isinstance(c, Log) and c.source == call.component for c in self.blueprint.components.values()
        )

    def effect(self, flow: FlowSpec, call: Call) -> str:
        """Name of the effect of an operation that a write is, the same in every flow that has it."""
        return f"{call.component}:{knowledge.entity_of(call)}:{knowledge.effect_of(flow, call)}"

    def effects(self, flow: FlowSpec) -> set[str]:
        """Effects of an operation that a flow knows again."""
        return {self.effect(flow, call) for call in knowledge.calls(flow.steps) if self.identified(call)}

    def follows(self, flow: FlowSpec) -> bool:
        """Whether the operations of a flow are numbered."""
        calls = list(knowledge.calls(flow.steps))
        return any(self.identified(c) for c in calls) or any(self.matters(c) for c in calls)

    def matters(self, call: Call) -> bool:
        """Whether a call has an effect, or reads one, that a guarantee may be about."""
        component = self.blueprint.components[call.component]
        if isinstance(component, Log | Queue | Topic):
            return component.behaviours.get(call.verb) == "publish" and (self.on or bool(self.decisive))
        entity = knowledge.entity_of(call)
        if not self.on:
            return entity in self.decisive
        read = isinstance(component, Store) and call.verb not in component.effects
        return entity is not None and (not read or self.reads or entity in self.known)

    # --- what frames know of entities -----------------------------------------------------------------------------
    @cached_property
    def decisive(self) -> frozenset[str]:
        """Entities of which what has happened decides what happens, whether or not it is recorded."""
        return frozenset(
            entity
            for flow in self.blueprint.flows.values()
            for call in knowledge.calls(flow.steps)
            if (getattr(call.options, "condition", None) is not None or knowledge.claims(self.blueprint, call))
            and (entity := knowledge.entity_of(call))
        )

    @cached_property
    def known(self) -> tuple[str, ...]:
        """Entities of which frames know the version that they have last read or written: one column each."""
        found = [*sorted(self.decisive), *(knowledge.updated(self.blueprint) if self.on else ())]
        if self.reads:
            found += [entity for entities in self.answers.values() for entity in entities]
        return tuple(dict.fromkeys(found))

    @cached_property
    def answers(self) -> dict[tuple[str, str | None], tuple[str, ...]]:
        """The entities that each cache answers, by its name and the key space."""
        return knowledge.answers(self.blueprint)

    def column(self, entity: str | None) -> int | None:
        """The column of an entity that frames know of."""
        return self.known.index(entity) if entity in self.known else None

    @property
    def columns(self) -> int:
        """How many columns frames have."""
        return len(self.known) + self.stashed

    @cached_property
    def stashed(self) -> int:
        """Columns for the numbers of the writes of one transaction."""
        flows = self.blueprint.flows.values()
        found = [knowledge.parts(call) for f in flows for call in walk(f.steps) if isinstance(call, Call)]
        return max(
            (len(parts) for parts in found if any(map(self.kept, parts)) and knowledge.together(parts)), default=0
        )

    def kept(self, call: Call) -> bool:
        """Whether an effect of a call is remembered."""
        entity = knowledge.entity_of(call)
        return self.identified(call) or (entity is not None and (self.on or entity in self.decisive))

    def at_copies(self, call: Call) -> int:
        """Rows of a call about single copies of a store."""
        component = self.blueprint.components[call.component]
        if not self.copies or not isinstance(component, Store):
            return 0
        visits = component.visits(call.verb, call.options)
        return sum(v.copies if call.verb in component.effects else v.need for v in visits)

    @property
    def needed(self) -> bool:
        """Whether frames know their operations at all."""
        return any(self.follows(f) for f in self.blueprint.flows.values())

    def sequenced(self, entity: str) -> bool:
        """Whether a store gives the effects on an entity their order."""
        return any(
            getattr(call.options, "sequence", None) is not None
            for flow in self.blueprint.flows.values()
            for call in knowledge.calls(flow.steps)
            if knowledge.entity_of(call) == entity
        )

    def follows_one_leader(self, call: Call) -> bool:
        """Whether all writes of a call's entity to its store are those of a leader alone, which gives their order."""
        store = self.blueprint.components[call.component]
        assert isinstance(store, Store)
        return all(
            (getattr(other.options, "consistency", None) or store.write) == "async"
            for flow in self.blueprint.flows.values()
            for other in walk(flow.steps)
            if isinstance(other, Call) and other.component == call.component and other.verb in store.effects
        )

    # --- what the history says of itself --------------------------------------------------------------------------
    def writes(self) -> dict[str, tuple[str, ...]]:
        """Entities that an acknowledged operation of each flow has had an effect on."""
        found = {}
        for name, flow in self.blueprint.flows.items():
            entities = list(self.certain(flow.steps))
            if flow.arrive is not None and entities:
                found[name] = tuple(dict.fromkeys(entities))
        return found

    def certain(self, steps: tuple[Step, ...]) -> Iterator[str]:
        """Entities that have had an effect whenever these steps have succeeded."""
        for step in steps:
            match step:
                case Call(nested=nested):
                    made = [e for part in knowledge.parts(step) if (e := self.written(part))]
                    made += self.certain(nested.get("do", ()))
                    if "fallback" in nested:  # one of the two was made
                        instead = set(self.certain(nested["fallback"]))
                        yield from (entity for entity in made if entity in instead)
                    elif step.skip is None:
                        yield from made
                case Parallel(branches=branches, need=need):
                    for branch in branches if need == len(branches) else ():
                        yield from self.certain(branch)
                case FanOut(n=n, need=need, steps=inner):
                    if n == need:
                        yield from self.certain(inner)
                case Repeat(steps=inner):
                    yield from self.certain(inner)
                case _:
                    pass

    def written(self, call: Call) -> str | None:
        """The entity that a call has an effect on."""
        component = self.blueprint.components[call.component]
        if isinstance(component, Store) and call.verb in component.effects:
            entity: str | None = call.options.entity  # type: ignore[attr-defined]
            return entity
        return None

    def delivers(self) -> dict[str, tuple[str, ...]]:
        """Entities whose effects each consuming flow has to deliver."""
        found: dict[str, tuple[str, ...]] = {}
        for name, flow in self.blueprint.flows.items():
            if flow.consume is not None:
                source = flow.consume.source
                entities = [e for call in self.feeding(source) if (e := call.options.entity)]  # type: ignore[attr-defined]
                found[name] = tuple(dict.fromkeys(entities))
        return {name: entities for name, entities in found.items() if entities}

    def feeding(self, source: str) -> list[Call]:
        """Calls whose effect becomes a message of a log, queue or topic."""
        component = self.blueprint.components[source]
        store = component.source if isinstance(component, Log) else None
        return [
            call
            for flow in self.blueprint.flows.values()
            for call in knowledge.calls(flow.steps)
            if (call.component == source or (call.component == store and self.written(call) is not None))
        ]

    def carries(self, source: str) -> bool:
        """Whether the messages of a log, queue or topic have the version of what was written, and not their own."""
        calls = self.feeding(source)
        return bool(calls) and all(call.component != source for call in calls)
