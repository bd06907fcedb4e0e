"""Logs, queues and topics: publishing to them, and the delivery of what they carry."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from loadcase.blueprint.model import FlowSpec
from loadcase.blueprint.steps import Call, walk
from loadcase.core import program as op
from loadcase.engine.lowering.assembler import Label, floats, ints
from loadcase.engine.lowering.base import NOBODY, Part, Request
from loadcase.engine.lowering.effects import Effects
from loadcase.engine.recording import Note
from loadcase.kinds.log import Log
from loadcase.kinds.queue import Queue
from loadcase.kinds.topic import Topic


@dataclass
class Channels(Part):
    """Lowers what is published and delivered."""

    effects: Effects
    gauges: dict[str, int] = field(default_factory=dict)
    """Station of each consuming flow that counts the messages which wait for it."""
    turns: int | None = None
    """Where it is remembered whose turn it is to be published, while the way of a commit to a log is compiled."""
    feeding: bool = False
    """Whether the way of a commit to a log is compiled."""

    def __post_init__(self) -> None:
        channels = [n for n, c in self.blueprint.components.items() if isinstance(c, Log | Queue | Topic)]
        self.ids = {name: i for i, name in enumerate(channels)}

    def publish(self, request: Request, fail: Label) -> None:
        """A message is taken, once it is its turn."""
        component = request.component
        keyed = not isinstance(component, Log) or component.key or self.scope.flow_space
        counter = self.asm.counter(f"{request.name}:partition")
        turns, passed = self.turns, Label()
        if turns is not None:
            self.asm.emit(op.TURN, turns, 0, passed)
        self.asm.emit(op.PUBLISH, self.ids[request.to], request.key if keyed else NOBODY, fail, counter)
        if turns is not None:
            self.asm.emit(op.PASS, turns, 0)
            self.asm.here(passed)

    def late(self, source: str, name: str) -> None:
        """A share of the messages takes longer."""
        knob, delay = self.faults.knob_of("late", source), self.faults.knob_of("delay", source)
        if knob is not None and delay is not None:
            self.scope.sometimes(knob, f"{name}:{source}:late", lambda: self.asm.emit(op.LAG, NOBODY, delay, 0))

    def deliver(self, request: Request, slot: int, every: bool = False) -> None:
        """A message goes from a gateway to its receiver, or to all who are connected to this replica."""
        assert self.blueprint.network is not None
        self.asm.wait(self.blueprint.network.client, f"{request.name}:client")
        self.late(request.to, request.name)
        self.delivered(request.call, slot, every)
        knob = self.faults.knob_of("again", request.to)
        if knob is not None and self.recorder.on:
            self.scope.sometimes(knob, f"{request.name}:again", lambda: self.delivered(request.call, slot, every))

    def delivered(self, call: Call, slot: int, every: bool) -> None:
        """A message has reached its receiver; one that is recognised there is dropped."""
        if not self.recorder.on or self.blueprint.flows[self.scope.flow].consume is None:
            return
        end = Label()
        deduped = getattr(call.options, "dedupe", None) is not None
        if deduped:
            self.asm.emit(op.DEDUPE, self.recorder.identities(f"{self.scope.flow}:{call.component}:dedupe"), end)
        self.asm.emit(op.NOTE, self.effects.note("deliver", call, every=every), slot, 0, 0, 0)
        if deduped:
            self.asm.here(end)

    def handled(self, spec: FlowSpec) -> None:
        """A message has been dealt with, which is its delivery where the flow does not push it to a receiver."""
        calls = (step for step in walk(spec.steps) if isinstance(step, Call))
        if self.recorder.on and not any(
            self.blueprint.components[c.component].behaviours.get(c.verb) == "deliver" for c in calls
        ):
            self.asm.emit(op.NOTE, self.recorder.note(Note("deliver", self.scope.flow)), NOBODY, 0, 0, 0)

    def tables(self) -> dict[str, Any]:
        """`channels`, and who is subscribed to them."""
        rows: list[tuple[int, ...]] = []
        subscribers: list[tuple[int, ...]] = []
        samples: list[float] = []
        for name in self.ids:
            component = self.blueprint.components[name]
            partitions = component.partitions if isinstance(component, Log) else 1
            first = len(subscribers)
            bound = getattr(component, "bound", None)
            gauge = NOBODY
            for flow in self.blueprint.flows.values():
                c = flow.consume
                if c is None or name not in (c.log, c.queue, c.topic):
                    continue
                gauge, entry = self.gauges[flow.name], self.scope.entries[flow.name].pc
                place = self.asm.place(f"{flow.name}:sample")
                note = self.recorder.note(Note("publish", flow.name, name))
                subscribers.append((entry, self.scope.flows.index(flow.name), place, gauge, note))
                samples.append(component.sample if isinstance(component, Topic) else 1.0)
            limited = gauge if bound is not None else NOBODY
            own = NOBODY
            if self.recorder.on and not self.recorder.carries(name):
                own = self.recorder.space(f"{name}:stream", len(subscribers))
            rows.append((partitions, first, len(subscribers) - first, limited, bound or 0, own))
        return {
            "channels": ints(rows, 6),
            "subscribers": ints(subscribers, 5),
            "subscriber_par": floats(samples),
        }
