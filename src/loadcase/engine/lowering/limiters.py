"""Rate limiters, and the quotas of services that others run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from loadcase.core import program as op
from loadcase.core.errors import BlueprintError, Problem
from loadcase.engine.lowering.assembler import Label, floats, ints
from loadcase.engine.lowering.base import DIRECT_KEYS, NOBODY, Part, Request
from loadcase.kinds.limiter import Limiter

ALGORITHMS = {"token_bucket": op.BUCKET, "fixed_window": op.FIXED_WINDOW, "sliding_window": op.SLIDING_WINDOW}


@dataclass
class Limiters(Part):
    """Rate limiters, and the quotas of services that others run."""

    rows: list[tuple[Any, ...]] = field(default_factory=list)
    ids: dict[str, int] = field(default_factory=dict)
    counters: int = 0

    def take(self, request: Request, slot: int, fail: Label) -> None:
        """A permit for a call, or it is refused."""
        limiter = request.component
        assert isinstance(limiter, Limiter)
        if request.to not in self.ids:
            self.add(request.to, limiter)
        weight = self.asm.weight(float(getattr(request.call.options, "cost", 1.0)))
        local, key = limiter.scope == "local", request.key if limiter.key else NOBODY
        self.asm.emit(op.TAKE, self.ids[request.to], slot if local else NOBODY, fail, key, weight)

    def add(self, name: str, limiter: Limiter) -> None:
        """The row of a limiter, with one counter for each key: at each replica where they do not share them."""
        group = self.pools[name, "main"]
        keys = self.blueprint.keys[limiter.key].count if limiter.key else 1
        if keys > DIRECT_KEYS:
            raise BlueprintError(
                [
                    Problem(
                        code="LC191",
                        message=f"{name} counts {keys} keys apart; the engine holds {DIRECT_KEYS}",
                        path=("components", name, "key"),
                        hint="simulate a part: a smaller count with the rate in proportion",
                    )
                ]
            )
        parts = group.count if limiter.scope == "local" else 1
        rate = limiter.rate / parts
        burst = (limiter.burst if limiter.burst is not None else limiter.rate) / parts
        self.ids[name] = len(self.rows)
        self.rows.append(
            (ALGORITHMS[limiter.algorithm], self.counters, keys, parts, group.base, rate, burst, limiter.window)
        )
        self.counters += keys * parts

    def take_quota(self, request: Request, quota: float, fail: Label) -> None:
        """A permit for a call of a service that others run."""
        name = f"{request.to}:{request.call.verb}"
        if name not in self.ids:
            self.ids[name] = len(self.rows)
            self.rows.append((op.BUCKET, self.counters, 1, 1, 0, quota, max(1.0, quota), 1.0))
            self.counters += 1
        weight = self.asm.weight(request.component.quota_cost(request.call.options))
        self.asm.emit(op.TAKE, self.ids[name], NOBODY, fail, NOBODY, weight)

    def tables(self) -> dict[str, Any]:
        """`limiters` and their parameters."""
        return {
            "limiters": ints([row[:5] for row in self.rows], 5),
            "limiter_par": floats([row[5:] for row in self.rows], 3),
        }
