"""What all parts of the lowering share: the blueprint, the code that is emitted, and where in the design they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from loadcase.blueprint.model import Blueprint
from loadcase.blueprint.steps import Call, Step
from loadcase.core import program as op
from loadcase.core.distributions import Const
from loadcase.core.errors import BlueprintError, Problem
from loadcase.core.program import REGISTERS, SLOTS
from loadcase.engine.lowering.assembler import Assembler, Label, StationGroup
from loadcase.engine.lowering.faults import Faults
from loadcase.engine.recording import Recorder
from loadcase.kinds.base import PRIORITIES, Component
from loadcase.kinds.store import Store

NOBODY = -1
OWN, DRAWN = 0, 1
"""Registers of keys: the flow's own, and one that is drawn for a call."""
FOREVER = 1e308
RETRY_S = 0.1
"""Pause before a store tries again to hand on what it has committed: to a log that it feeds, to a copy."""
DIRECT_KEYS = 1 << 26
"""Most keys that a limiter counts apart; and entries of a cache without `keys`."""


@dataclass(frozen=True)
class Here:
    """Where a flow is: the slot that holds the station (-1: at the client), the component, the next free slot."""

    slot: int = -1
    component: str | None = None
    depth: int = 0
    balancer: str | None = None
    register: int = 0
    sticky: bool = False


@dataclass(frozen=True)
class Request:
    """A call as its visits see it: the component, the name of the place in the flow, the register of the key."""

    call: Call
    component: Component
    name: str
    key: int

    @property
    def to(self) -> str:
        """The name of the component."""
        return self.call.component

    @property
    def behaviour(self) -> str | None:
        """What the verb does beside occupying a worker."""
        return self.component.behaviours.get(self.call.verb)

    @property
    def writes(self) -> bool:
        """Whether it has an effect at a store."""
        return isinstance(self.component, Store) and self.call.verb in self.component.effects

    @property
    def reads(self) -> bool:
        """Whether it asks a store."""
        return isinstance(self.component, Store) and self.call.verb not in self.component.effects


class Lower(Protocol):
    """Emits a list of steps that are made from a place; their failure goes on elsewhere."""

    def __call__(self, steps: tuple[Step, ...], here: Here, fail: Label, top: bool = False) -> None: ...


@dataclass
class Scope:
    """The blueprint and the code of it, with the flow and the steps that are lowered at the moment."""

    blueprint: Blueprint
    load: float
    faults: Faults
    recorder: Recorder
    steps: Lower = field(init=False)
    """Calls have steps in them: this is how their parts lower those."""
    asm: Assembler = field(default_factory=Assembler)
    pools: dict[tuple[str, str], StationGroup] = field(default_factory=dict)
    entries: dict[str, Label] = field(init=False)
    """Where requests and messages of each flow begin."""
    locks: dict[str, int] = field(default_factory=dict)
    width: int = 1
    """Frames that one request may have at once."""
    flow: str = ""
    occurrence: dict[str, int] = field(default_factory=dict)
    rank: int = PRIORITIES["normal"]
    flow_space: str | None = None
    """The key space that the flow is about."""
    guards: tuple[Call, ...] = ()
    """The claims under which the steps are made."""

    def __post_init__(self) -> None:
        self.entries = {flow: Label() for flow in self.blueprint.flows}
        self.flows = list(self.blueprint.flows)
        self.spaces = list(self.blueprint.keys)

    def enter(self, flow: str) -> None:
        """Goes on with another flow."""
        arrive = self.blueprint.flows[flow].arrive
        self.flow, self.occurrence, self.guards = flow, {}, ()
        self.rank = PRIORITIES[(arrive.priority if arrive and arrive.priority else "normal")]

    @property
    def context(self) -> tuple[str, int, str | None, tuple[Call, ...]]:
        """What steps that are lowered later need to know of where they stand."""
        return self.flow, self.rank, self.flow_space, self.guards

    @context.setter
    def context(self, context: tuple[str, int, str | None, tuple[Call, ...]]) -> None:
        self.flow, self.rank, self.flow_space, self.guards = context

    def rate(self, flow: str) -> float:
        """Arrivals per second of an open flow under this load; 0 for the others."""
        arrive = self.blueprint.flows[flow].arrive
        return (arrive.rate or 0.0) * self.load if arrive else 0.0

    def named(self, what: str) -> str:
        """A name for a place in the flow that does not change when other flows or components do."""
        count = self.occurrence.get(what, 0)
        self.occurrence[what] = count + 1
        return f"{self.flow}:{what}#{count}"

    # --- slots and registers of a frame ---------------------------------------------------------------------------
    def slot(self, slot: int, path: tuple[str | int, ...]) -> int:
        """A slot, where a frame has one."""
        if slot >= SLOTS:
            self.too_deep(path)
        return slot

    def register(self, here: Here, path: tuple[str | int, ...]) -> int:
        """The next free register."""
        if here.register >= REGISTERS:
            self.too_deep(path)
        return here.register

    def too_deep(self, path: tuple[str | int, ...]) -> None:
        """Raises BlueprintError: frames are no wider."""
        raise BlueprintError(
            [
                Problem(
                    code="LC190",
                    message=f"the steps of flow {self.flow!r} nest deeper than {SLOTS} calls",
                    path=path,
                    hint="split the flow, or move the inner steps into a consuming flow",
                )
            ]
        )

    # --- code beside the main path --------------------------------------------------------------------------------
    def later(self, block: Callable[[], None]) -> None:
        """Emits a block after the main path, in the context of now."""
        context = self.context

        def in_context() -> None:
            self.context = context
            block()

        self.asm.later(in_context)

    def landing(self, fail: Label, emit: Callable[[], Any]) -> Label:
        """A place where failures go that first undoes something."""
        label = Label()

        def block() -> None:
            self.asm.here(label)
            emit()
            self.asm.emit(op.JUMP, fail)

        self.later(block)
        return label

    def retried(self, lost: Label, again: Label, name: str) -> None:
        """What was not handed on is, after a pause, once more."""

        def block() -> None:
            self.asm.here(lost)
            self.asm.wait(Const(RETRY_S), name)
            self.asm.emit(op.JUMP, again)

        self.later(block)

    def sometimes(self, knob: int, place: str, emit: Callable[[], Any]) -> None:
        """Does something with the probability that a knob says."""
        now, end = Label(), Label()
        self.asm.emit(op.ODDS, knob, now, self.asm.place(place), NOBODY, 0)
        self.asm.here(end)

        def block() -> None:
            self.asm.here(now)
            emit()
            self.asm.emit(op.JUMP, end)

        self.later(block)

    def child(self, emit: Callable[[Label], None]) -> Label:
        """The code of a child frame."""
        label, failed = Label(), Label()

        def block() -> None:
            self.asm.here(label)
            emit(failed)
            self.asm.emit(op.RETURN)
            self.asm.here(failed)
            self.asm.emit(op.FAIL, 0)

        self.later(block)
        return label

    def fork(self, first: int, count: int, need: int, fail: Label, *, lane: int = NOBODY, alike: bool = False) -> None:
        """`count` children of which `need` have to succeed: of the bodies from a row on, or `alike` of that one."""
        self.width = min(self.width * max(1, count), 1 << 20) if count > 8 else self.width + count
        self.asm.emit(op.FORK, first, count, need, fail, lane, int(alike))


@dataclass
class Part:
    """A part of the lowering; its fields are the parts that it builds on, and what it collects."""

    scope: Scope

    @property
    def blueprint(self) -> Blueprint:
        """The design."""
        return self.scope.blueprint

    @property
    def asm(self) -> Assembler:
        """The code."""
        return self.scope.asm

    @property
    def faults(self) -> Faults:
        """What the faults of the case change."""
        return self.scope.faults

    @property
    def recorder(self) -> Recorder:
        """What is remembered, and what is noted."""
        return self.scope.recorder

    @property
    def pools(self) -> dict[tuple[str, str], StationGroup]:
        """The stations of each pool: (component or flow, pool)."""
        return self.scope.pools
