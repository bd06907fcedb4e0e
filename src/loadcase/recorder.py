"""Records the history of a real system, to be judged by `loadcase judge`.

    from loadcase.recorder import Recorder

    with Recorder("orders.jsonl", writes={"order": ["order"]}) as history:
        with history.operation("order", key="alice") as operation:
            place(order)                                    # your client
            operation.ok()
        history.commit(entity="order", operation=7)         # where the effect takes place

Each row is one line that reaches the operating system before the call returns, so that nothing is lost when the
process crashes. Calls may come from any thread; times are taken under a lock, so that rows are in time order.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any

from loadcase.core.errors import UsageError, shorten, suggest
from loadcase.core.history import BY_NAME, EVENTS, Meta
from loadcase.core.history_files import fits

_REQUIRED = {event.name: event.required for event in EVENTS}


class Operation:
    """One logical operation of a client. Leaving its `with` block by an exception records `info`: nobody can know."""

    def __init__(self, recorder: Recorder, number: int | str) -> None:
        self.recorder = recorder
        self.number = number
        self.done = False

    def ok(self, *entities: str, **columns: Any) -> None:
        """The client has its acknowledgement; `entities` are those on which it promises a stored effect."""
        self.done = True
        for entity in entities or (None,):
            self.recorder.record("ok", operation=self.number, entity=entity, **columns)

    def fail(self, reason: str | None = None, **columns: Any) -> None:
        """The client is told that it did not work."""
        self.done = True
        self.recorder.record("fail", operation=self.number, detail=reason, **columns)

    def info(self, reason: str | None = None, **columns: Any) -> None:
        """The client gives up and cannot know, as after a timeout."""
        self.done = True
        self.recorder.record("info", operation=self.number, detail=reason, **columns)

    def __enter__(self) -> Operation:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None and not self.done:
            self.info(kind.__name__)


class Recorder:
    """Writes one history as JSON Lines.

    `writes` and `delivers` as in the metadata of a history: flow to entities. Times are seconds since the recorder was
    made, or what `clock` gives: with `clock=time.time` the files of several processes can be merged by `time_s`.
    Raises UsageError when the file exists or cannot be written.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        writes: Mapping[str, Sequence[str]] | None = None,
        delivers: Mapping[str, Sequence[str]] | None = None,
        blueprint: str = "",
        clock: Callable[[], float] | None = None,
    ) -> None:
        meta = Meta(blueprint=blueprint, writes=_tuples(writes), delivers=_tuples(delivers))
        try:
            self._stream = open(path, "xb", buffering=0)  # noqa: SIM115  closed by close()
        except OSError as error:
            hint = "a history is never overwritten" if isinstance(error, FileExistsError) else ""
            raise UsageError(f"cannot write {shorten(str(path), 200)}: {error.strerror}", hint=hint) from None
        self._lock = threading.Lock()
        start = time.monotonic()
        self._clock = clock or (lambda: time.monotonic() - start)
        self._latest = 0.0
        self._numbers = 0
        self._write(meta.to_json())

    def operation(self, flow: str, number: int | str | None = None, **columns: Any) -> Operation:
        """A client invokes a logical operation; without a number it gets the next one of this recorder."""
        if number is None:
            with self._lock:
                number = self._numbers
                self._numbers += 1
        self.record("invoke", flow=flow, operation=number, **columns)
        return Operation(self, number)

    def record(self, event: str, **columns: Any) -> None:
        """One row; a column that is None is left out. Raises UsageError when it would make no history."""
        row = {name: value for name, value in columns.items() if value is not None}
        if event not in _REQUIRED:
            raise UsageError(f"there is no event {event!r}", hint=suggest(event, _REQUIRED))
        for name, value in row.items():
            if name not in BY_NAME or name in ("time_s", "event"):
                raise UsageError(f"there is no column {name!r} to set", hint=suggest(name, BY_NAME))
            if not fits(name, value):
                raise UsageError(f"{name} cannot be {shorten(repr(value))}", hint=BY_NAME[name].meaning)
        lacking = [name for name in _REQUIRED[event] if name not in row]
        if lacking:
            raise UsageError(f"{event} needs {', '.join(lacking)}")
        with self._lock:
            self._latest = max(self._latest, self._clock())
            self._write({"time_s": self._latest, "event": event, **row})

    def commit(self, entity: str, operation: int | str, **columns: Any) -> None:
        """An effect takes place at a component."""
        self.record("commit", entity=entity, operation=operation, **columns)

    def publish(self, flow: str, operation: int | str, **columns: Any) -> None:
        """A message that this flow has to deliver is accepted."""
        self.record("publish", flow=flow, operation=operation, **columns)

    def deliver(self, flow: str, operation: int | str, **columns: Any) -> None:
        """A message reaches a receiver."""
        self.record("deliver", flow=flow, operation=operation, **columns)

    def read(self, entity: str, key: int | str, base: int, **columns: Any) -> None:
        """A version of a key is read; 0 is nothing yet."""
        self.record("read", entity=entity, key=key, base=base, **columns)

    def now(self) -> float:
        """The time by this history's clock, for `began_s`."""
        with self._lock:
            self._latest = max(self._latest, self._clock())
            return self._latest

    def close(self, *, drained: bool | None = None) -> None:
        """Ends the history; `drained` says whether nothing was under way any more."""
        with self._lock:
            if not self._stream.closed:
                if drained is not None:
                    self._write(Meta(drained=drained).to_json())
                self._stream.close()

    def _write(self, row: dict[str, Any]) -> None:
        if self._stream.closed:
            raise UsageError("the history is closed")
        self._stream.write(json.dumps(row, allow_nan=False).encode() + b"\n")

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _tuples(raw: Mapping[str, Sequence[str]] | None) -> dict[str, tuple[str, ...]]:
    return {name: tuple(texts) for name, texts in (raw or {}).items()}
