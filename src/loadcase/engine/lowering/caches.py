"""Caches: their tables, look-ups, and what a miss does."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from loadcase.core import program as op
from loadcase.core.errors import BlueprintError, Problem
from loadcase.engine.lowering.assembler import Label, floats, ints
from loadcase.engine.lowering.base import DIRECT_KEYS, FOREVER, Here, Part, Request
from loadcase.engine.lowering.entities import Entities
from loadcase.engine.lowering.keys import Keys
from loadcase.engine.lowering.replicas import Replicas
from loadcase.engine.memory import keys_at
from loadcase.kinds.cache import Cache

NEAR_ENTRIES = 20_000
"""Caches with more entries are larger than a processor's own."""


@dataclass
class Caches(Part):
    """Lowers calls of caches."""

    replicas: Replicas
    keys: Keys
    entities: Entities
    ids: dict[str, int] = field(default_factory=dict)
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    leases: dict[str, int] = field(default_factory=dict)
    """Caches with leases, each with its row of tickets."""
    warmers: list[tuple[int, int, str, int, float]] = field(default_factory=list)
    """What is looked up in which cache, so that it can be filled before the start: as in `Compiled`."""

    def make(self) -> None:
        """Rows of all caches."""
        for name, component in self.blueprint.components.items():
            if isinstance(component, Cache):
                self.add(name, component)

    def add(self, name: str, cache: Cache) -> None:
        """The row of a cache: its replicas with their entries and tables."""
        group = self.pools[name, "main"]
        self.ids[name] = len(self.rows)
        ttl = FOREVER if cache.ttl is None else cache.ttl
        place = self.asm.place(f"{name}:cache")
        if cache.hit_ratio is not None:
            self.rows.append((op.COIN, group.count, 0, 0, 0, 0, 0, place, group.base, ttl, cache.hit_ratio))
            return
        if cache.lease:
            self.leases[name] = len(self.leases)
        policy = {"lru": op.LRU, "lfu": op.LFU, "fifo": op.FIFO_CACHE, "random": op.RANDOM_CACHE}[cache.policy]
        entries = cache.keys if cache.keys is not None else self.distinct_keys(name)
        per = max(1, entries // group.count)
        if cache.keys is None and group.count > 1:
            per = min(entries, int(entries / group.count * 1.2) + 64)
        bits = max(4, int(np.ceil(np.log2(per * group.count * 1.5))))
        renew = int(cache.ttl_from == "access")
        row = (policy, group.count, self.entries, per, self.buckets, bits, renew, place, group.base, ttl, 0.0)
        self.rows.append(row)

    def distinct_keys(self, name: str) -> int:
        """Keys that may reach a cache without a size."""
        count = keys_at(self.blueprint, name)
        if count > DIRECT_KEYS:
            raise BlueprintError(
                [
                    Problem(
                        code="LC192",
                        message=f"{name} would hold {count} keys; the engine holds {DIRECT_KEYS}",
                        path=("components", name),
                        hint="say how many it holds, for example `keys: 20M`",
                    )
                ]
            )
        return count

    def peek(self, request: Request, slot: int, stage: int) -> None:
        """Lets the memory fetch what a look-up in a large cache will read."""
        if request.behaviour in ("lookup", "fill"):
            cache = self.ids[request.to]
            if self.rows[cache][3] * self.rows[cache][1] > NEAR_ENTRIES:
                self.asm.emit(op.PEEK, cache, slot, request.key, self.keys.space(request), stage)

    def look_up(self, request: Request, there: Here) -> None:
        """Whether the cache has it."""
        call, key = request.call, request.key
        register = self.scope.register(there, call.path)
        self.asm.emit(op.LOOKUP, self.ids[request.to], there.slot, self.keys.space(request), key, register)
        self.entities.answer(call, there.slot, key, register)
        self.note_warmer(request)

    def fill(self, request: Request, slot: int) -> None:
        """The cache stores it."""
        self.outdate(request)
        self.asm.emit(op.FILL, self.ids[request.to], slot, request.key, self.keys.space(request))
        self.entities.keep(request.call, slot, request.key)

    def drop(self, request: Request, slot: int) -> None:
        """The cache forgets it."""
        self.outdate(request)
        self.asm.emit(op.DROP, self.ids[request.to], slot, request.key, self.keys.space(request))

    def outdate(self, request: Request) -> None:
        """What others have fetched of the key by now is not stored."""
        if request.to in self.leases:
            self.asm.emit(op.OUTDATE, self.leases[request.to], request.key, self.keys.space(request))

    def missed(self, request: Request, slot: int, here: Here, fail: Label) -> None:
        """After a look-up: nothing on a hit; on a miss the caller fetches and stores."""
        asm, call, key = self.asm, request.call, request.key
        steps = call.nested.get("miss")
        register = self.scope.register(here, call.path)
        miss, end, known = Label(), Label(), bool(self.entities.held(call, key))
        if steps is None:
            if known:
                asm.emit(op.BRANCH, register, end)
                self.entities.recall(call, slot, key)
                asm.here(end)
            return
        asm.emit(op.BRANCH, register, miss)
        hit, joined = Label(), Label()
        asm.here(hit)
        self.entities.recall(call, slot, key)
        inner = replace(here, depth=max(here.depth, slot + 1), register=register + 1)

        def fetch(lost: Label) -> None:
            self.scope.steps(steps, inner, lost)
            self.replicas.alive(here, lost)
            self.fill(request, slot)

        def fetch_alone() -> None:
            asm.here(miss)
            fetch(fail)
            asm.emit(op.JUMP, end)

        def fetch_with_a_lease() -> None:
            asm.here(miss)
            ticket = self.scope.register(inner, call.path)
            told = (self.leases[request.to], key, self.keys.space(request), ticket)
            asm.emit(op.TICKET, *told)
            self.scope.steps(steps, replace(inner, register=ticket + 1), fail)
            self.replicas.alive(here, fail)
            asm.emit(op.OUTDATED, *told, end)
            self.fill(request, slot)
            asm.emit(op.JUMP, end)

        def fetch_for_all() -> None:
            asm.here(miss)
            name, lost = f"fetch:{request.to}:{self.keys.space(request)}", Label()
            space = self.scope.locks.setdefault(name, len(self.scope.locks))
            asm.emit(op.FLIGHT, space, key, joined if known else end, fail)
            fetch(lost)
            asm.emit(op.LANDED, space, key, 1)
            asm.emit(op.JUMP, end)
            asm.here(lost)
            asm.emit(op.LANDED, space, key, 0)
            asm.emit(op.JUMP, fail)
            if known:  # who has waited is answered what the one that fetched it has stored
                asm.here(joined)
                asm.emit(op.SET, register, 1)
                self.entities.answer(call, slot, key, register)
                asm.emit(op.JUMP, hit)

        assert isinstance(request.component, Cache)
        leased = fetch_with_a_lease if request.to in self.leases else fetch_alone
        self.scope.later(fetch_for_all if request.component.coalesce else leased)
        asm.here(end)

    def note_warmer(self, request: Request) -> None:
        """Remembers that a flow looks up keys in a cache."""
        component, call = request.component, request.call
        assert isinstance(component, Cache)
        space = call.options.key or self.scope.flow_space
        if not component.warm or component.hit_ratio is not None or space is None or "miss" not in call.nested:
            return
        rate = self.scope.rate(self.scope.flow) or 1000.0
        chosen = component.balance or component.default_balance
        spread = 0 if chosen == "hash" or component.replicas == 1 else 1
        self.warmers.append(
            (self.ids[request.to], self.scope.spaces.index(space), f"{request.name}:warm", spread, rate)
        )

    @property
    def entries(self) -> int:
        """Entries of all replicas of all caches."""
        return sum(row[1] * row[3] for row in self.rows)

    @property
    def buckets(self) -> int:
        """Size of their hash tables."""
        return sum(1 << row[5] for row in self.rows if row[0] != op.COIN)

    def tables(self) -> dict[str, Any]:
        return {
            "caches": ints([row[:9] for row in self.rows], 9),
            "cache_par": floats([row[9:] for row in self.rows], 2),
        }
