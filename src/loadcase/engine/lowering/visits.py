"""One call without its policies: the visits that it makes, and the effect that it has."""

from __future__ import annotations

from dataclasses import dataclass, replace

from loadcase.blueprint import knowledge
from loadcase.blueprint.steps import Call
from loadcase.core import program as op
from loadcase.engine.lowering.assembler import Label
from loadcase.engine.lowering.base import DRAWN, NOBODY, OWN, Here, Part, Request
from loadcase.engine.lowering.channels import Channels
from loadcase.engine.lowering.effects import Effects
from loadcase.engine.lowering.entities import Entities
from loadcase.engine.lowering.feeds import Feeds
from loadcase.engine.lowering.keys import Keys
from loadcase.engine.lowering.replicas import Replicas
from loadcase.engine.lowering.replication import Replication
from loadcase.engine.lowering.single import Role, Single
from loadcase.engine.lowering.spread import Spread
from loadcase.kinds.base import PRIORITIES, SPREAD, Component, Visit


@dataclass
class Visits(Part):
    """Lowers calls without their policies."""

    replicas: Replicas
    keys: Keys
    effects: Effects
    entities: Entities
    channels: Channels
    replication: Replication
    feeds: Feeds
    spread: Spread
    single: Single

    def visit(self, call: Call, component: Component, name: str, here: Here, fail: Label, stay: bool = False) -> Here:
        """Makes a call from `here`; with `stay` the flow is at the component afterwards. Gives where it is."""
        asm, scope = self.asm, self.scope
        request = Request(call, component, name, self.keys.register(call.options, component, name))
        self.entities.same_key(call)
        before, rank = scope.rank, self.rank(request)
        self.replicas.alive(here, fail)
        if rank != before:
            asm.emit(op.RANK, rank)
            fail = scope.landing(fail, lambda: asm.emit(op.RANK, before))
            scope.rank = rank
        there, writes = here, knowledge.parts(call)
        if knowledge.together(writes):
            self.transaction(request, writes, here, fail)
        else:
            there = self.alone(request, here, fail, stay)
        if rank != before:
            asm.emit(op.RANK, before)
            scope.rank = before
        return there if stay else here

    def rank(self, request: Request) -> int:
        """The priority of a call: its own, that of its component, or the one that it is made with."""
        if request.call.options.priority:
            return PRIORITIES[request.call.options.priority]
        if self.scope.rank == PRIORITIES["normal"]:
            return PRIORITIES[request.component.priority]
        return self.scope.rank

    # --- one request ------------------------------------------------------------------------------------------------
    def alone(self, request: Request, here: Here, fail: Label, stay: bool) -> Here:
        """The visits of a call, and what it has done when they are over. Gives where the flow is if it is to stay."""
        call, there = request.call, here
        visits = request.component.visits(call.verb, call.options)
        looks = getattr(call.options, "atomic", True) is False
        if looks:
            self.single.visit(request, visits[0], here, fail, role="look")
        made = visits[1:] if looks else visits
        spread = any(visit.need > 0 and visit.pick in SPREAD for visit in made)
        decided = spread and visits[0].pick == "leader" and not looks
        if spread:
            fail = self.numbered(request, made[0], here, fail, decided)
        on_arrival = bool(visits) and visits[0].need == 0 and self.unsure(request.to)
        for i, visit in enumerate(made):
            if visit.pick == "followers" and self.replication.replicates(call):
                continue
            if visit.need == 0:
                self.spread.unawaited(request, visit, here, publish=on_arrival and i == 0)
            elif visit.pick in SPREAD:
                self.spread.visit(request, visit, here, fail)
            else:
                stays, first = stay and i == len(made) - 1, i == 0 and not looks
                role: Role = "decide" if decided else ""
                there = self.single.visit(request, visit, here, fail, stay=stays, first=first, role=role)
        many = bool(visits) and (visits[0].pick in SPREAD or visits[0].need == 0)
        if request.behaviour == "publish" and not on_arrival and (many or self.channels.turns is not None):
            self.channels.publish(request, fail)  # who waits for its turn holds no worker
        if spread and request.writes:
            self.entities.guard(fail)
            self.effects.commit(request, NOBODY)
        self.done(request, here)
        return there

    def numbered(self, request: Request, visit: Visit, here: Here, fail: Label, decided: bool) -> Label:
        """A write to many copies is given its number before it goes there, unless a leader has `decided` on it.

        Gives where its failures go: the number is given up."""
        if request.writes and not decided:
            self.replication.led_write(request, visit, here, fail)
        if decided and self.recorder.kept(request.call):
            self.asm.emit(op.OUTSET)
        elif not self.effects.sequence(request):
            return fail
        return self.scope.landing(fail, lambda: self.entities.abandon(request.call, request.key))

    def done(self, request: Request, here: Here) -> None:
        """A write goes on to the logs that the store feeds; what was read is known."""
        if request.writes:
            self.feeds.feed(request, here, self.visit)
        elif request.reads and knowledge.entity_of(request.call):
            self.entities.learn(request.call, request.key, told=self.recorder.reads)
            if self.recorder.reads:
                self.asm.emit(op.NOTE, self.effects.note("read", request.call), NOBODY, request.key, 0, 0)

    def unsure(self, component: str) -> bool:
        """Whether a message that nobody waits for may not be taken in this case; who feeds a log sees to it."""
        return component in self.faults.touched and not self.channels.feeding

    # --- several writes ---------------------------------------------------------------------------------------------
    def transaction(self, request: Request, writes: tuple[Call, ...], here: Here, fail: Label) -> None:
        """Writes of which all have their effect, or none: first every shard has been visited, then all are there."""
        component, flow = request.component, self.blueprint.flows[self.scope.flow]
        requests = [
            replace(request, call=write, key=OWN if knowledge.own_key(self.blueprint, flow, write) else DRAWN)
            for write in writes
        ]
        other = next((write for write in requests if write.key == DRAWN), None)
        if other is not None:
            self.keys.register(other.call.options, component, request.name)
            self.entities.same_key(other.call)
        numbered = {i: write for i, write in enumerate(requests) if self.recorder.kept(write.call)}
        if component.visits("transact", writes[0].options)[0].pick in SPREAD:
            self.at_copies(requests, numbered, here, fail)
        else:
            self.at_shards(requests, numbered, here, fail)
        for i, write in enumerate(requests):
            if i in numbered:
                self.entities.take_up(i)
            for visit in component.visits("transact", write.call.options):
                if visit.need == 0:
                    self.spread.unawaited(write, visit, here)

    def at_shards(self, requests: list[Request], numbered: dict[int, Request], here: Here, fail: Label) -> None:
        """One copy of each shard decides: the writes have their effect there at once."""
        for i, write in enumerate(requests):
            for visit in write.component.visits("transact", write.call.options):
                if visit.need > 0:
                    self.single.visit(write, visit, replace(here, depth=here.depth + i), fail, role="prepare")
        for i, write in numbered.items():
            slot = here.depth + i
            self.effects.sequence(write)
            self.entities.stash(i)
            self.effects.apply(write, slot)
            self.effects.commit(write, slot)
            self.feeds.feed(write, replace(here, depth=here.depth + len(requests)), self.visit)

    def at_copies(self, requests: list[Request], numbered: dict[int, Request], here: Here, fail: Label) -> None:
        """Many copies of each shard take part: the writes have their numbers before, and give them up together."""
        for i, write in numbered.items():
            self.effects.sequence(write)
            self.entities.stash(i)
        if numbered:
            fail = self.scope.landing(fail, lambda: self.abandon(numbered))
        for i, write in enumerate(requests):
            if i in numbered:
                self.entities.take_up(i)
            for visit in write.component.visits("transact", write.call.options):
                if visit.need > 0:
                    self.spread.visit(write, visit, here, fail)
        for i, write in numbered.items():
            self.entities.take_up(i)
            self.entities.guard(fail)
            self.effects.commit(write, NOBODY)
            self.feeds.feed(write, replace(here, depth=here.depth + len(requests)), self.visit)

    def abandon(self, numbered: dict[int, Request]) -> None:
        """Gives the numbers of writes up."""
        for i, write in numbered.items():
            self.entities.take_up(i)
            self.entities.abandon(write.call, write.key)
