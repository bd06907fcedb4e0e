"""What the studio allows itself, in one place."""

from __future__ import annotations

import resource
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds of a studio. `memory_bytes` is what the process of a run may take beside the interpreter's libraries."""

    running: int = 1
    """Runs at once; each uses all cores."""
    queued: int = 50
    wall_s: float = 600.0
    """After which a run is told to stop; what it has is kept."""
    grace_s: float = 15.0
    """Time to stop in, before its process is ended."""
    memory_bytes: int = 4 << 30
    text_bytes: int = 256 << 10
    """Of one blueprint."""
    helpers: int = 2
    """Processes that answer what a page asks while somebody types."""
    answer_s: float = 10.0
    """After which such a question is given up."""
    asked: int = 100
    """Questions that may wait."""


def bound_memory(most: int) -> None:
    """Lets this process have no more than so many bytes of memory of its own (where the system can say so)."""
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
