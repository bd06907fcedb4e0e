"""Lists of steps: calls, waits, loops, branches, and the claims under which they are made."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from loadcase.blueprint.steps import Call, Choose, FanOut, Parallel, Repeat, Spawn, Step, Wait
from loadcase.core import program as op
from loadcase.engine.lowering.assembler import Label
from loadcase.engine.lowering.base import Here, Part
from loadcase.engine.lowering.entities import Entities
from loadcase.engine.lowering.network import Network
from loadcase.engine.lowering.policies import Policies
from loadcase.engine.lowering.replicas import Replicas
from loadcase.engine.lowering.visits import Visits


def released(steps: tuple[Step, ...], i: int) -> int | None:
    """Where among the steps the claim is given back that is made at `i`; None when no claim is, or not by a step."""
    claim = steps[i]
    if not isinstance(claim, Call) or claim.verb != "claim":
        return None
    last = (*claim.path, "release")
    return next((j for j, step in enumerate(steps) if isinstance(step, Call) and step.path == last), None)


@dataclass
class Steps(Part):
    """Lowers lists of steps."""

    network: Network
    replicas: Replicas
    entities: Entities
    policies: Policies
    visits: Visits

    def steps(self, steps: tuple[Step, ...], here: Here, fail: Label, top: bool = False) -> None:
        """A list of steps, made from `here` and, after moves, back to it."""
        trail: list[Here] = [here]
        claims = {i: j for i, step in enumerate(steps) if (j := released(steps, i)) is not None}
        i = 0
        while i < len(steps):
            moved = self.step(steps[i], here, fail, top)
            if i in claims:
                self.holding(steps[i : claims[i] + 1], here, fail)
            i = claims.get(i, i) + 1
            if moved.slot != here.slot:
                fail = self.landing_back(moved, here, fail)
                trail.append(moved)
            here = moved
        while len(trail) > 1:
            last = trail.pop()
            self.replicas.leave(last)
            self.network.hop(last, trail[-1])

    def holding(self, steps: tuple[Step, ...], here: Here, fail: Label) -> None:
        """The steps that are made while a claim is held; it is given back after them, and when one of them fails."""
        claim, release = steps[0], steps[-1]
        assert isinstance(claim, Call)
        assert isinstance(release, Call)
        lost, context = Label(), self.scope.context
        self.scope.guards = (*self.scope.guards, claim)
        self.steps(steps[1:-1], here, lost)
        self.scope.context = context

        def give_back() -> None:
            self.step(release, here, fail, top=False)
            self.entities.give_back(claim)

        def land() -> None:
            self.asm.here(lost)
            give_back()
            self.asm.emit(op.JUMP, fail)

        give_back()
        self.scope.later(land)

    def landing_back(self, there: Here, here: Here, fail: Label) -> Label:
        """Where a failure after a move goes: it travels back first."""
        label, died = Label(), Label()
        if self.replicas.mortal(there.component):
            self.asm.emit(op.HOLD, there.slot, died)

        def block() -> None:
            self.asm.here(label)
            self.replicas.leave(there)
            self.asm.here(died)
            self.network.hop(there, here)
            self.asm.emit(op.JUMP, fail)

        self.scope.later(block)
        return label

    def step(self, step: Step, here: Here, fail: Label, top: bool) -> Here:
        """One step; gives where the flow is after it."""
        asm = self.asm
        match step:
            case Call():
                return self.call(step, here, fail, top)
            case Wait(time=time):
                asm.wait(time, self.scope.named("wait"))
            case Repeat(times=times, steps=steps):
                register = self.scope.register(here, step.path)
                again = Label()
                asm.emit(op.SET, register, times)
                asm.here(again)
                self.steps(steps, replace(here, register=register + 1), fail)
                asm.emit(op.LOOP, register, again)
            case Spawn(steps=steps):
                asm.emit(op.SPAWN, self.body(steps, here))
            case FanOut(n=n, need=need, steps=steps):
                self.scope.fork(asm.body(self.body(steps, here)), n, need, fail, alike=True)
            case Parallel(branches=branches, need=need):
                row = asm.body(*(self.body(branch, here) for branch in branches))
                self.scope.fork(row, len(branches), need, fail)
            case Choose(weights=weights, branches=branches):
                self.choose(weights, branches, here, fail)
        return here

    def choose(
        self, weights: tuple[float, ...], branches: tuple[tuple[Step, ...], ...], here: Here, fail: Label
    ) -> None:
        """One of several branches."""
        asm = self.asm
        place = asm.place(self.scope.named("choose"))
        labels = [Label() for _ in branches]
        first, bodies = len(asm.weights), asm.body(*labels)
        total = sum(weights)
        asm.weights.extend(float(w) for w in np.cumsum(weights) / total)
        end = Label()
        asm.emit(op.CHOOSE, place, first, len(branches), bodies)
        for label, branch in zip(labels, branches, strict=True):
            asm.here(label)
            self.steps(branch, here, fail)
            asm.emit(op.JUMP, end)
        asm.here(end)

    def body(self, steps: tuple[Step, ...], here: Here) -> Label:
        """Steps as the code of a child frame."""
        return self.scope.child(lambda fail: self.steps(steps, here, fail))

    def call(self, call: Call, here: Here, fail: Label, top: bool) -> Here:
        """A call; one without policies may move the flow: from a balancer on, and to the first services of a flow."""
        component = self.blueprint.components[call.component]
        name = self.scope.named(f"{call.component}.{call.verb}")
        forward = component.behaviours.get(call.verb) == "forward"
        if not call.options.policed and (forward or (top and component.kind == "service")):
            return self.visits.visit(call, component, name, here, fail, stay=True)

        def attempt(at: Here, failed: Label) -> None:
            self.visits.visit(call, component, name, at, failed)

        self.policies.call(call, name, here, fail, attempt)
        return here
