"""Flows that clients begin: arrivals, sessions, and what a request remembers of itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from loadcase.blueprint import knowledge
from loadcase.blueprint.model import Arrive, FlowSpec
from loadcase.core import program as op
from loadcase.core.distributions import Const
from loadcase.engine.lowering.assembler import Label, floats, ints
from loadcase.engine.lowering.base import DRAWN, NOBODY, OWN, Here, Part
from loadcase.engine.lowering.entities import Entities
from loadcase.engine.lowering.keys import Keys
from loadcase.engine.lowering.policies import Policies
from loadcase.engine.recording import Note
from loadcase.kinds.base import Options

CLIENT = 2
"""In place of a key register: the client of a closed loop itself."""


@dataclass
class Clients(Part):
    """Lowers flows that clients begin."""

    keys: Keys
    entities: Entities
    policies: Policies
    traces: dict[str, np.ndarray]
    """Arrival times of flows that replay them, s."""
    thinking: dict[str, Label] = field(default_factory=dict)
    """Where the clients of a closed loop begin."""

    def make(self, spec: FlowSpec, arrive: Arrive) -> None:
        """The code of a flow that clients begin."""
        asm, scope = self.asm, self.scope
        scope.flow_space = arrive.key
        entry, lost = scope.entries[spec.name], Label()
        if arrive.users is not None:
            self.thinking[spec.name] = Label()
            asm.here(self.thinking[spec.name])
            asm.wait(arrive.think or Const(0.0), f"{spec.name}:think")
        asm.here(entry)
        space = scope.spaces.index(arrive.key) if arrive.key else NOBODY
        again = arrive.users is not None or bool(self.faults.changes)  # then every request is where it is by the clock
        asm.start(space, asm.place(f"{spec.name}:key"), scope.rank, again=again)
        self.keys.heat(arrive.key, OWN, f"{spec.name}:key")
        followed = self.recorder.follows(spec)
        if followed:
            self.invoke(spec, arrive)
        self.twice(spec)
        options = Options.model_construct(
            timeout=arrive.timeout, retry=arrive.retry, hedge=arrive.hedge, breaker=None, throttle=None, fallback=None
        )

        def attempt(here: Here, fail: Label) -> None:
            scope.steps(spec.steps, here, fail, top=True)

        self.policies.wrap(options, {}, "client", Here(), lost, attempt)
        pause = asm.place(f"{spec.name}:think")
        ok = fail = doubt = taken = NOBODY
        if followed:
            ok, fail, doubt = (self.recorder.note(Note(event, spec.name)) for event in ("ok", "fail", "info"))
            taken = self.recorder.note(Note("fail", spec.name, detail=op.REASONS[op.CLAIMED]))
            if arrive.hedge is None:
                self.forget(spec)
        asm.finish(op.DONE, pause, entry, again=again, note=ok)
        asm.here(lost)
        asm.finish(op.FAILED, pause, entry, again=again, note=fail, doubt=doubt, taken=taken)

    def invoke(self, spec: FlowSpec, arrive: Arrive) -> None:
        """An operation begins, of which something is remembered."""
        clock = self.faults.knob_of("clock", spec.name)
        if clock is not None:
            self.asm.remember(op.SKEW, self.asm.place(f"{spec.name}:clock"), clock)
        who, first = self.session(spec)
        note = self.recorder.note(Note("invoke", spec.name, session=first))
        self.asm.remember(op.INVOKE, note, 1 if arrive.key else 0, int(bool(self.recorder.decisive)), who)

    def session(self, spec: FlowSpec) -> tuple[int, int]:
        """The register that has a request's session, and the number of the first session of its kind; NOBODY twice.

        Key spaces have their sessions one after the other, and then come the clients of closed loops.
        """
        name = knowledge.session(spec)
        if name is None or not self.recorder.reads:
            return NOBODY, NOBODY
        counts = [self.blueprint.keys[space].count for space in self.scope.spaces]
        if name not in self.scope.spaces:
            return CLIENT, sum(counts)
        first = sum(counts[: self.scope.spaces.index(name)])
        if name == self.scope.flow_space:
            return OWN, first
        place = self.asm.place(f"{spec.name}:session:key")
        self.asm.remember(op.KEYED, self.scope.spaces.index(name), place)
        self.keys.heat(name, DRAWN, f"{spec.name}:session")
        return DRAWN, first

    def forget(self, spec: FlowSpec) -> None:
        """An operation that ended well after one attempt cannot come again: what was kept to recognise it goes.

        Unless a flow that consumes may have the same effect later, for the same operation.
        """
        calls = list(knowledge.calls(spec.steps))
        if any(call.options.hedge is not None for call in calls) or self.faults.twice_knob(spec.name) is not None:
            return
        later = {e for other in self.blueprint.flows.values() if other.consume for e in self.recorder.effects(other)}
        for call in calls:
            if self.recorder.identified(call) and self.recorder.effect(spec, call) not in later:
                for facts in (self.entities.identities(call), self.entities.drawn(call)):
                    if facts != NOBODY:
                        self.asm.emit(op.FORGET, facts)

    def twice(self, spec: FlowSpec) -> None:
        """A share of the requests is sent a second time, by nobody who waits for the answer."""
        knob = self.faults.twice_knob(spec.name)
        if knob is None:
            return
        body = self.scope.child(lambda fail: self.scope.steps(spec.steps, Here(), fail, top=True))
        self.scope.sometimes(knob, f"{spec.name}:twice", lambda: self.asm.emit(op.SPAWN, body))

    @property
    def sources(self) -> list[str]:
        """Flows with a source, in the order of their rows."""
        return [name for name, flow in self.blueprint.flows.items() if flow.arrive is not None]

    def tables(self) -> dict[str, Any]:
        """`sources` with their parameters and traces, pauses, and the histograms of ages."""
        flows, place = self.blueprint.flows, self.asm.place
        rows: list[tuple[int, ...]] = []
        parameters: list[tuple[float, ...]] = []
        trace: list[float] = []
        think: list[int] = []
        for i, (name, flow) in enumerate(flows.items()):
            arrive = flow.arrive
            think.append(-2)
            if arrive is None:
                continue
            entry = self.scope.entries[name].pc
            arrivals = place(f"{name}:arrivals")
            if arrive.users is not None:
                think[-1] = self.asm.dist(arrive.think or Const(0.0))
                users = max(0, round(arrive.users * self.scope.load))
                rows.append((op.CLOSED, i, entry, place(f"{name}:think"), users, 0))
                parameters.append((0.0, 0.0, 0.0, 0.0))
            elif arrive.trace is not None:
                times = self.traces[name] / self.scope.load if self.scope.load > 0 else np.zeros(0)
                rows.append((op.TRACE, i, entry, arrivals, len(times), len(trace)))
                trace.extend(float(t) for t in times)
                parameters.append((1.0, 0.0, 0.0, 0.0))
            else:
                kind, par = self.pattern(arrive.pattern, self.scope.rate(name))
                rows.append((kind, i, entry, arrivals, 0, 0))
                parameters.append(par)
        ages = [len(flows) + i if flow.consume is not None else -1 for i, flow in enumerate(flows.values())]
        return {
            "sources": ints(rows, 6),
            "source_par": floats(parameters, 4),
            "think": ints(think),
            "trace": floats(trace),
            "ages": ints(ages),
        }

    def pattern(self, pattern: Any, rate: float) -> tuple[int, tuple[float, float, float, float]]:
        """Kind and parameters of an arrival pattern with a mean rate."""
        if pattern in (None, "poisson"):
            return op.POISSON, (rate, 0.0, 0.0, 0.0)
        if pattern == "paced":
            return op.PACED, (rate, 0.0, 0.0, 0.0)
        name, *values = pattern
        if name == "daily":
            peak, period = values
            return op.DAILY, (rate, rate * peak, period, 0.0)
        factor, on, off = values
        low = rate * (on + off) / (factor * on + off)
        return op.BURSTY, (low, low * factor, on, off)
