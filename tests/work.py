"""How much Python does, in lines that it executes: the same on every machine, whatever else runs there."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def lines_run(call: Callable[[], object], most: int = sys.maxsize) -> int:
    """Lines that are executed in a call; the call ends with an AssertionError when they are more than `most`."""
    count = 0

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal count
        if event == "line":
            count += 1
            if count > most:
                raise AssertionError(f"more than {most:,} lines are executed")
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count
