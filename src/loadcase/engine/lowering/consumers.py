"""Flows that consume a log, a queue or a topic: taking a message, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from loadcase.blueprint.model import Consume, FlowSpec
from loadcase.core import program as op
from loadcase.engine.lowering.assembler import Label
from loadcase.engine.lowering.base import NOBODY, OWN, Here, Part
from loadcase.engine.lowering.channels import Channels
from loadcase.engine.lowering.policies import Policies
from loadcase.engine.lowering.replicas import Replicas
from loadcase.kinds.log import Log
from loadcase.kinds.queue import Queue

MOST_CLAIMS = 2**31 - 1
LOG_IN_FLIGHT = 500
"""Messages of a log that one replica works on at once where the design does not say."""


@dataclass
class Consumers(Part):
    """Lowers flows that consume; a message is a request of which nobody waits for the answer."""

    replicas: Replicas
    channels: Channels
    policies: Policies
    copying: bool = False
    """Whether the code of a message's second delivery is lowered, of which nothing is counted."""

    def make_pools(self) -> None:
        """For each flow: what counts the messages that wait, and what bounds those that are worked on."""
        for flow, spec in self.blueprint.flows.items():
            if spec.consume is not None:
                self.add_pools(flow, spec.consume)

    def add_pools(self, flow: str, consume: Consume) -> None:
        """The pools of one flow."""
        source = consume.source
        gauge = self.asm.pool(source, f"{flow}:waiting", 1, 0)
        self.channels.gauges[flow] = gauge.base
        component = self.blueprint.components[source]
        by = self.blueprint.components[consume.by] if consume.by else None
        replicas = by.replicas if by else 1
        if isinstance(component, Log):
            if consume.in_order in (None, "partition"):
                self.pools[flow, "order"] = self.asm.pool(source, f"{flow}:order", component.partitions, 1)
            in_flight = consume.in_flight or LOG_IN_FLIGHT
            self.pools[flow, "flight"] = self.asm.pool(source, f"{flow}:flight", replicas, in_flight)
        elif isinstance(component, Queue):
            claims = min(MOST_CLAIMS, replicas * (consume.in_flight or (by.workers if by else 1)))
            self.pools[flow, "flight"] = self.asm.pool(source, f"{flow}:flight", 1, claims)

    def make(self, spec: FlowSpec, consume: Consume) -> None:
        """The code of a consuming flow."""
        component = self.blueprint.components[consume.source]
        self.scope.flow_space = component.key if isinstance(component, Log) else None
        self.asm.here(self.scope.entries[spec.name])
        self.delivered_again(spec, consume)
        self.consume(spec, consume)

    def consume(self, spec: FlowSpec, consume: Consume) -> None:
        """What becomes of one message."""
        component = self.blueprint.components[consume.source]
        if isinstance(component, Log):
            self.consume_log(spec, consume)
            return
        self.channels.late(consume.source, spec.name)
        if isinstance(component, Queue) and consume.commit == "before":
            self.consume_queue_once(spec, consume)
        elif isinstance(component, Queue):
            self.consume_queue(spec, consume, component)
        else:
            self.consume_topic(spec, consume)

    def delivered_again(self, spec: FlowSpec, consume: Consume) -> None:
        """A share of the messages is handed out a second time."""
        knob = self.faults.knob_of("again", consume.source)
        if knob is None:
            return

        def second(failed: Label) -> None:
            del failed
            self.copying = True
            self.waits(spec, 1)
            self.consume(spec, consume)
            self.copying = False

        body = self.scope.child(second)
        self.scope.sometimes(knob, f"{spec.name}:again", lambda: self.asm.emit(op.SPAWN, body))

    # --- what they have in common -----------------------------------------------------------------------------------
    def gate(self, spec: FlowSpec) -> None:
        """A consuming flow takes nothing while it is paused."""
        knob = self.faults.pause_knob(spec.name)
        if knob is not None:
            self.asm.emit(op.GATE, knob)

    def waits(self, spec: FlowSpec, change: int) -> None:
        """One message more or less waits for the flow."""
        self.asm.emit(op.GAUGE, self.channels.gauges[spec.name], change)

    def take(self, spec: FlowSpec, pool: str, policy: int, slot: int) -> None:
        """A message waits for its turn, or for room."""
        group = self.pools[spec.name, pool]
        self.asm.emit(op.PICK, self.asm.selection(policy, group.base, group.count, 1, 0, 0, 0, 0, 0), slot)
        self.asm.emit(op.ACQUIRE, slot, 0)

    def arrive_at(self, spec: FlowSpec, consume: Consume, depth: int, policy: int) -> Here:
        """The consuming replica as the place where the flow is."""
        by = consume.by
        if by is None:
            return Here(slot=NOBODY, depth=depth)
        group = self.pools[by, "main"]
        name = f"{spec.name}:{by}"
        row = self.asm.selection(
            policy, group.base, group.count, group.copies, self.asm.counter(name), self.asm.place(name), 2, 0, 0
        )
        self.replicas.pick(by, row, depth, knows=policy != op.OWNER)
        return Here(slot=depth, component=by, depth=depth + 1, sticky=True)

    def work(self, spec: FlowSpec, here: Here, failed: Label) -> None:
        """The steps of a message."""
        self.scope.steps(spec.steps, here, failed, top=True)
        self.replicas.leave(here)

    def dealt_with(self, well: bool) -> None:
        """The end of a message."""
        if self.copying:
            self.asm.emit(op.RETURN)
        else:
            self.asm.emit(op.DONE if well else op.FAILED, 0, 0)

    def consume_log(self, spec: FlowSpec, consume: Consume) -> None:
        """A message is worked on when those before it are done, where they have an order; a replica that dies leaves
        it to another one, unless it was done when it was taken."""
        asm = self.asm
        self.gate(spec)
        depth, lock = self.in_turn(spec, consume)
        self.channels.late(consume.source, spec.name)
        self.take(spec, "flight", op.OWNER, depth)
        again, failed, died = Label(), Label(), Label()
        if self.replicas.mortal(consume.by):
            asm.here(again)
            here = self.arrive_at(spec, consume, depth + 1, op.OWNER)
            self.replicas.attend(here, again, died)
            self.gate(spec)
            self.waits(spec, -1)

            def redeliver() -> None:
                asm.here(died)
                self.waits(spec, 1)
                asm.emit(op.JUMP, again)

            if consume.commit != "before":
                self.scope.later(redeliver)
        else:
            self.gate(spec)
            self.waits(spec, -1)
            here = self.arrive_at(spec, consume, depth + 1, op.OWNER)

        def let_go() -> None:
            asm.emit(op.RELEASE, depth)
            if lock >= 0:
                asm.emit(op.UNLOCK, lock, OWN)
            elif depth > 0:
                asm.emit(op.RELEASE, 0)

        self.work(spec, here, failed)
        let_go()
        self.channels.handled(spec)
        self.dealt_with(True)
        asm.here(failed)
        self.replicas.leave(here)
        if consume.commit == "before":
            asm.here(died)  # nobody takes it again
        let_go()
        self.dealt_with(False)

    def in_turn(self, spec: FlowSpec, consume: Consume) -> tuple[int, int]:
        """Waits for what comes before it, in a partition or of a key; gives the next free slot, and the lock or -1."""
        if consume.in_order in (None, "partition"):
            self.take(spec, "order", op.OWNER, 0)
            return 1, NOBODY
        if consume.in_order == "none":
            return 0, NOBODY
        lock = self.scope.locks.setdefault(f"order:{spec.name}", len(self.scope.locks))
        self.asm.emit(op.LOCK, lock, OWN)
        return 0, lock

    def consume_queue_once(self, spec: FlowSpec, consume: Consume) -> None:
        """A message is deleted when it is taken: nobody takes it again."""
        asm = self.asm
        self.gate(spec)
        self.take(spec, "flight", op.FIRST, 0)
        again, failed, died = Label(), Label(), Label()
        asm.here(again)
        here = self.arrive_at(spec, consume, 1, op.ROUND_ROBIN)
        self.replicas.attend(here, again, died)
        self.gate(spec)
        self.waits(spec, -1)
        self.work(spec, here, failed)
        self.channels.handled(spec)
        asm.emit(op.RELEASE, 0)
        self.dealt_with(True)
        asm.here(failed)
        self.replicas.leave(here)
        asm.here(died)
        asm.emit(op.RELEASE, 0)
        self.dealt_with(False)

    def consume_queue(self, spec: FlowSpec, consume: Consume, queue: Queue) -> None:
        """A message is deleted when it has been dealt with; until then it is visible again after a while."""
        asm = self.asm
        by = consume.by
        again, body, late, failed = Label(), Label(), Label(), Label()
        asm.emit(op.SET, 0, 0)
        asm.here(again)
        self.gate(spec)
        self.take(spec, "flight", op.FIRST, 0)
        taking, died = Label(), Label()
        if self.replicas.mortal(by):  # a message is taken by a replica that is up
            asm.here(taking)
            asm.emit(op.ATTEND, self.arrive_at(spec, consume, 1, op.ROUND_ROBIN).slot, taking)
        self.gate(spec)
        self.waits(spec, -1)
        asm.emit(op.CALL, body, asm.timer(queue.visibility), late)
        self.dealt_with(True)
        asm.here(late)  # not done in time: visible again, until it has been received too often
        back = Label()
        asm.emit(op.RETRY, self.policies.redelivery(queue), 0, back)
        asm.emit(op.COUNT, op.FC_DEAD)
        if queue.dead_letters:
            channel = self.channels.ids[queue.dead_letters]
            gone = Label()
            asm.emit(op.PUBLISH, channel, 0, gone, asm.counter(f"{spec.name}:dead"))
            asm.here(gone)
        self.dealt_with(False)
        asm.here(back)
        self.waits(spec, 1)
        asm.emit(op.JUMP, again)
        asm.here(body)
        if self.replicas.mortal(by):
            here = Here(slot=1, component=by, depth=2, sticky=True)
            asm.emit(op.HOLD, here.slot, died, 1)

            def forgotten() -> None:  # nobody deletes the message: it is visible again after its time
                asm.here(died)
                asm.emit(op.RELEASE, 0)
                asm.emit(op.VANISH)

            self.scope.later(forgotten)
        else:
            here = self.arrive_at(spec, consume, 1, op.ROUND_ROBIN)
        self.work(spec, replace(here, register=1), failed)
        self.channels.handled(spec)
        asm.emit(op.RELEASE, 0)
        asm.emit(op.RETURN)
        asm.here(failed)  # and likewise when it has failed
        self.replicas.leave(here)
        asm.emit(op.RELEASE, 0)
        asm.emit(op.VANISH)

    def consume_topic(self, spec: FlowSpec, consume: Consume) -> None:
        """Each subscriber has a message once."""
        asm = self.asm
        self.gate(spec)
        self.waits(spec, -1)
        here = self.arrive_at(spec, consume, 0, op.ROUND_ROBIN)
        failed, died = Label(), Label()
        if self.replicas.mortal(here.component):
            asm.emit(op.ENTER, here.slot, died)
            asm.emit(op.HOLD, here.slot, died, 1)
        self.work(spec, here, failed)
        self.channels.handled(spec)
        self.dealt_with(True)
        asm.here(failed)
        self.replicas.leave(here)
        asm.here(died)
        self.dealt_with(False)
