"""`python -m loadcase.studio.interviewer`: the sessions of practice of a studio, in a process beside its server.

A question is a line of JSON with a number; its answer has the same number and comes when it is known, so that a run
keeps no question waiting. A line without a number tells what happened by itself. When its input ends, the server is
gone: the sessions are paused and let go.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO

from loadcase.core.errors import LoadcaseError
from loadcase.studio.errors import answered, error_of
from loadcase.studio.limits import Limits, bound_memory

LIBRARIES_BYTES = 2 << 30
"""What the interpreter, the compiler of the kernel and its threads may take beside the designs."""
AT_ONCE = 16
"""Questions that are answered at the same time."""
CLOSE_S = 2.0
"""So long letting go of the sessions may take; what was done in them is on the disk already."""
ASKED = (
    "home", "sessions", "start", "enter", "leave", "view", "do", "score", "override", "rename", "delete", "export",
    "progress",
)  # fmt: skip
"""What may be asked: functions of `loadcase.studio.rooms.Rooms`."""


class Line:
    """Writes lines of JSON. Anything may call it from any thread."""

    def __init__(self, out: BinaryIO) -> None:
        self.out, self.lock = out, threading.Lock()

    def __call__(self, data: dict[str, Any]) -> None:
        line = json.dumps(data, allow_nan=False, separators=(",", ":")).encode() + b"\n"
        with self.lock:
            self.out.write(line)
            self.out.flush()


def answer(rooms: Any, question: dict[str, Any]) -> dict[str, Any]:
    """One answer, whatever happens."""

    def made() -> dict[str, Any]:
        if question["ask"] not in ASKED:
            raise KeyError(question["ask"])
        found: dict[str, Any] = getattr(rooms, question["ask"])(**question["with"])
        return found

    return answered(question["ask"], made)


def serve(rooms: Any, questions: BinaryIO, line: Line) -> None:
    """Answers until there are no more questions."""

    def answered(question: dict[str, Any]) -> None:
        line({"number": question["number"], **answer(rooms, question)})

    pool = ThreadPoolExecutor(max_workers=AT_ONCE)
    for one in questions:
        pool.submit(answered, json.loads(one))


def main() -> None:
    """Answers on the output that the process was started with; what anything prints goes to the terminal."""
    bound_memory(Limits().memory_bytes + LIBRARIES_BYTES)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    line = Line(out)
    try:
        from loadcase.practice.store import Store
        from loadcase.studio.rooms import Rooms

        rooms = Rooms(Store(), lambda id, news: line({"told": id, "data": news}))
    except LoadcaseError as found:  # the place where sessions are kept cannot be used
        line({"error": error_of(found)})
        return
    line({})
    threading.Thread(target=rooms.warm, daemon=True).start()
    serve(rooms, sys.stdin.buffer, line)
    closing = threading.Thread(target=rooms.close, daemon=True)
    closing.start()
    closing.join(CLOSE_S)
    os._exit(0)  # a run that goes on is of no use to anybody


if __name__ == "__main__":
    main()
