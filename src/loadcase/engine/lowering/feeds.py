"""Change data capture: what is committed at a store goes on to the logs that it feeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from loadcase.blueprint import knowledge
from loadcase.blueprint.steps import Call
from loadcase.core import program as op
from loadcase.core.distributions import Const
from loadcase.engine.lowering.assembler import Label
from loadcase.engine.lowering.base import NOBODY, OWN, Here, Part, Request
from loadcase.engine.lowering.channels import Channels
from loadcase.engine.lowering.entities import TURNS
from loadcase.kinds.base import Component, Options
from loadcase.kinds.log import Log


class Visitor(Protocol):
    """Emits a call without its policies; its failure goes on elsewhere."""

    def __call__(self, call: Call, component: Component, name: str, here: Here, fail: Label) -> Here: ...


@dataclass
class Feeds(Part):
    """Lowers what a commit at a store sets off."""

    channels: Channels

    def feed(self, written: Request, here: Here, visit: Visitor) -> None:
        """A commit at a store goes on to the logs that it feeds: in order, and until they have it."""
        logs = {
            name: log
            for name, log in self.blueprint.components.items()
            if isinstance(log, Log) and log.source == written.to
        }
        if not logs:
            return
        asm, end = self.asm, Label()
        identified = self.recorder.identified(written.call)
        if identified:
            asm.emit(op.FRESH, end)
        ordered = self.recorder.on and written.key == OWN and knowledge.entity_of(written.call) is not None
        for name, log in logs.items():
            asm.emit(op.SPAWN, self.way(name, log, self.scope.named(f"{written.to}>{name}"), here, ordered, visit))
        if identified:
            asm.here(end)

    def way(self, name: str, log: Log, place: str, here: Here, ordered: bool, visit: Visitor) -> Label:
        """The way of a commit to a log."""
        call = Call((), name, "publish", Options.model_construct(**dict.fromkeys(Options.model_fields)), {})
        at = Here(slot=NOBODY, component=name, depth=here.depth)

        def emit(failed: Label) -> None:
            del failed
            again, lost = Label(), Label()
            self.asm.wait(Const(log.delay), place)
            self.asm.here(again)
            if ordered:
                self.channels.turns = self.recorder.space(f"{name}:turns", TURNS)
            self.channels.feeding = True
            visit(call, log, place, at, lost)
            self.channels.turns, self.channels.feeding = None, False
            self.scope.retried(lost, again, place)

        return self.scope.child(emit)
