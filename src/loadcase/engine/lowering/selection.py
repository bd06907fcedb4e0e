"""How a visit chooses its station."""

from __future__ import annotations

from dataclasses import dataclass

from loadcase.core import program as op
from loadcase.engine.lowering.base import Here, Part, Request
from loadcase.kinds.base import Component, Visit
from loadcase.kinds.log import Log

BALANCES = {
    "round_robin": op.ROUND_ROBIN,
    "random": op.RANDOM,
    "least_loaded": op.LEAST,
    "two_choices": op.CHOICES,
    "hash": op.HASH,
}
BY_KEY = {
    "shard": op.SHARD_ANY,
    "leader": op.SHARD_LEADER,
    "followers": op.SHARD_COPY,
    "copies": op.SHARD_COPY,
    "some": op.SHARD_DEAL,
    "all": op.GROUP_ANY,
}


@dataclass
class Selection(Part):
    """Numbers the rows by which visits choose their stations."""

    def select(self, request: Request, visit: Visit, here: Here) -> int:
        """The selection row of a visit."""
        component, key = request.component, request.key
        group = self.pools[request.to, visit.pool]
        place = self.asm.place(f"{request.name}:pick")
        if isinstance(component, Log) and not (component.key or self.scope.flow_space):
            key = -1
        if visit.pick == "every":
            return self.asm.selection(op.EACH, group.base, group.count, 1, 0, place, 0, key, 0)
        if visit.pick == "balance":
            return self.balance(request, visit, here, place, key)
        start = here.register if visit.pick == "some" else int(visit.pick == "followers")
        modulo = int(getattr(component, "placement", "hash") == "modulo")
        row = (BY_KEY[visit.pick], group.base, group.count, component.replicas, 0, place, start, key, modulo)
        return self.asm.selection(*row)

    def balance(self, request: Request, visit: Visit, here: Here, place: int, key: int) -> int:
        """The row of a visit whose station a balancer chooses: the one before it, or the caller's own."""
        asm, component = self.asm, request.component
        group = self.pools[request.to, visit.pool]
        balancer = self.blueprint.components.get(here.balancer or "")
        chosen = component.balance
        by: Component = component
        if component.kind == "service" and component.balance is None and balancer is not None:
            chosen, by = balancer.balance, balancer
        if component.kind == "load_balancer" and "balance" in component.model_fields_set:
            chosen = "round_robin"  # its own field is about what comes after it
        if group.count == 1:
            return asm.selection(op.FIRST, group.base, 1, 1, 0, place, 0, key, 0)
        policy = BALANCES[chosen or component.default_balance]
        if policy == op.CHOICES and by.replacement:
            policy = op.CHOICES_REPL
        callers = self.pools.get((here.component or "", "main"))
        name = f"{here.component or ''}>{request.to}"
        if callers is None or here.slot < 0 or callers.count == 1:
            return asm.selection(policy, group.base, group.count, 1, asm.counter(name), place, by.choices, key, 0)
        counter = asm.turns(name, callers.count, group.count)
        row = (policy, group.base, group.count, 1, counter, place, by.choices, key, 0, here.slot, callers.base)
        return asm.selection(*row)
