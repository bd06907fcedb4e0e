"""What a caller does around a call: skip, fallback, retry, throttle, breaker, timeout and hedge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from loadcase.blueprint.steps import Brownout, Call, Step
from loadcase.core import program as op
from loadcase.core.distributions import Const
from loadcase.engine.lowering.assembler import Label, floats, ints
from loadcase.engine.lowering.base import FOREVER, NOBODY, Here, Part
from loadcase.engine.lowering.control import Controls
from loadcase.engine.lowering.replicas import Replicas
from loadcase.kinds.base import Breaker, Options, Retry, Throttle
from loadcase.kinds.queue import Queue

JITTERS = {"none": op.NO_JITTER, "full": op.FULL_JITTER, "equal": op.EQUAL_JITTER, "added": op.ADDED_JITTER}
Attempt = Callable[[Here, Label], None]
Nested = dict[str, tuple[Step, ...]]
Heard = list[Callable[[], int]]
"""What is emitted where an attempt has succeeded, for each policy."""


@dataclass
class Policies(Part):
    """Lowers policies."""

    controls: Controls
    replicas: Replicas
    retry_rows: list[tuple[Any, ...]] = field(default_factory=list)
    breaker_rows: list[tuple[Any, ...]] = field(default_factory=list)
    throttle_rows: list[tuple[float, float]] = field(default_factory=list)
    ring: int = 0

    def call(self, call: Call, name: str, here: Here, fail: Label, attempt: Attempt) -> None:
        """A call with its policies."""
        if call.skip is None:
            self.wrap(call.options, call.nested, name, here, fail, attempt)
            return
        end = Label()  # whatever becomes of the call, it goes on there
        self.skip(call, call.skip, name, here, fail, end)
        self.wrap(call.options, call.nested, name, here, fail, attempt)
        self.asm.here(end)

    def skip(self, call: Call, brownout: Brownout, name: str, here: Here, fail: Label, end: Label) -> None:
        """While a component is too busy the call is left out, and its fallback made."""
        asm, skipped = self.asm, Label()
        asm.emit(op.COUNT, op.FC_OPTIONAL)
        asm.emit(op.ODDS, self.controls.skip_knob(brownout), skipped, asm.place(f"{name}:skip"), NOBODY, 0)

        def instead() -> None:
            asm.here(skipped)
            asm.emit(op.COUNT, op.FC_SKIPPED)
            self.scope.steps(call.nested.get("fallback", ()), here, fail)
            asm.emit(op.JUMP, end)

        self.scope.later(instead)

    def wrap(self, options: Options, nested: Nested, name: str, here: Here, fail: Label, attempt: Attempt) -> None:
        """An attempt with policies around it, outermost first; after it they hear of its success, innermost first."""
        if options.fallback is None:
            self.guarded(options, name, here, fail, attempt)
            return
        end, failed = Label(), Label()

        def otherwise() -> None:
            self.asm.here(failed)
            if options.fallback_on is not None:
                self.asm.emit(op.BLAME, sum(1 << op.REASONS.index(reason) for reason in set(options.fallback_on)), fail)
            self.scope.steps(nested.get("fallback", ()), here, fail)
            self.asm.emit(op.JUMP, end)

        self.scope.later(otherwise)
        self.guarded(options, name, here, failed, attempt)
        self.asm.here(end)

    def guarded(self, options: Options, name: str, here: Here, fail: Label, attempt: Attempt) -> None:
        """An attempt behind retry, throttle and breaker."""
        heard: Heard = []
        if options.retry is not None and options.retry.max > 0:
            here, fail = self.retry(options.retry, name, here, fail, heard)
        if options.throttle is not None:
            self.throttle(options.throttle, name, fail, heard)
        if options.breaker is not None:
            fail = self.breaker(options.breaker, fail, heard)
        self.wait(options, name, here, fail, attempt)
        for hear in reversed(heard):
            hear()

    def retry(self, retry: Retry, name: str, here: Here, fail: Label, heard: Heard) -> tuple[Here, Label]:
        """What fails is tried again, after a pause; gives the place of an attempt, and where its failures go.

        A replica that has died tries nothing again.
        """
        asm = self.asm
        register = self.scope.register(here, ())
        policy = len(self.retry_rows)
        self.retry_rows.append(retry_row(retry, asm.place(f"{name}:backoff")))
        start, landing = Label(), Label()
        asm.emit(op.SET, register, 0)
        if retry.budget is not None and retry.budget_on == "attempt":
            asm.emit(op.ADMIT, policy)
        elif retry.budget is not None:
            heard.append(lambda: asm.emit(op.ADMIT, policy))
        asm.here(start)
        calm = NOBODY
        if retry.breaker is not None:
            calm = self.window(retry.breaker_calls, retry.breaker, 0.0)
            heard.append(lambda: asm.emit(op.TALLY, calm, 1))

        def land() -> None:
            asm.here(landing)
            self.replicas.alive(here, fail)
            if calm >= 0:
                asm.emit(op.TALLY, calm, 0)
                asm.emit(op.CALM, calm, fail)
            asm.emit(op.RETRY, policy, register, start)
            asm.emit(op.JUMP, fail)

        self.scope.later(land)
        return replace(here, register=register + 1), landing

    def redelivery(self, queue: Queue) -> int:
        """Row of what a queue does with a message that has not been dealt with in time."""
        self.retry_rows.append((queue.max_receives - 1, op.NO_JITTER, 0, 0.0, 1.0, FOREVER, 0.0, -1.0))
        return len(self.retry_rows) - 1

    def throttle(self, throttle: Throttle, name: str, fail: Label, heard: Heard) -> None:
        """Calls are let through by chance, as far as the latest ones have been accepted."""
        row = len(self.throttle_rows)
        self.throttle_rows.append((throttle.k, throttle.window))
        self.asm.emit(op.THROTTLE, row, fail, self.asm.place(f"{name}:throttle"))
        heard.append(lambda: self.asm.emit(op.ACCEPT, row))

    def breaker(self, breaker: Breaker, fail: Label, heard: Heard) -> Label:
        """No calls while too many of the latest have failed; gives where the failures of this one go."""
        asm, landing = self.asm, Label()
        row = self.window(breaker.calls, breaker.failures, breaker.open)
        asm.emit(op.TRIP, row, fail)
        heard.append(lambda: asm.emit(op.REPORT, row, 1))

        def land() -> None:
            asm.here(landing)
            asm.emit(op.REPORT, row, 0)
            asm.emit(op.JUMP, fail)

        self.scope.later(land)
        return landing

    def window(self, calls: int, failures: float, open_s: float) -> int:
        """Row of a breaker that looks at so many of the latest calls."""
        self.breaker_rows.append((calls, self.ring, failures, open_s))
        self.ring += calls
        return len(self.breaker_rows) - 1

    def wait(self, options: Options, name: str, here: Here, fail: Label, attempt: Attempt) -> None:
        """The attempt itself: inline, or in a child frame when the caller may stop waiting or send a copy."""
        asm = self.asm
        if not options.timeout and options.hedge is None:
            attempt(here, fail)
            return
        lane = asm.timer(options.timeout) if options.timeout else NOBODY
        body = self.scope.child(lambda failed: attempt(here, failed))
        if options.hedge is None:
            asm.emit(op.CALL, body, lane, fail)
            return
        second = Label()
        after = options.hedge.after

        def hedge() -> None:
            asm.here(second)
            asm.wait(Const(after), name)
            asm.emit(op.STILL)
            asm.emit(op.JUMP, body)

        self.scope.later(hedge)
        self.scope.fork(asm.body(body, second), 2, 1, fail, lane=lane)

    def tables(self) -> dict[str, Any]:
        """`retries`, `breakers` and `throttles`, with their parameters."""
        return {
            "retries": ints([row[:3] for row in self.retry_rows], 3),
            "retry_par": floats([row[3:] for row in self.retry_rows], 5),
            "breakers": ints([row[:2] for row in self.breaker_rows], 2),
            "breaker_par": floats([row[2:] for row in self.breaker_rows], 2),
            "throttles": floats(self.throttle_rows, 2),
        }


def retry_row(retry: Retry, place: int) -> tuple[Any, ...]:
    """The row of a retry."""
    jitter, added = (retry.jitter, 0.0) if isinstance(retry.jitter, str) else ("added", float(retry.jitter))
    cap = FOREVER if retry.cap is None else retry.cap
    budget = -1.0 if retry.budget is None else retry.budget
    return (retry.max, JITTERS[jitter], place, retry.backoff, retry.multiplier, cap, added, budget)
