"""`python -m loadcase.studio.helper`: answers questions about designs, one in a line, until its input ends.

Before the first it writes a line of its own: that it is ready.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, BinaryIO

from loadcase.studio.errors import answered
from loadcase.studio.limits import bound_memory

MEMORY_BYTES = 2 << 30
TINY = (
    "loadcase: 1\nname: tiny\ncomponents: {s: {kind: service}}\nflows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}\n"
)


ANSWERS = {
    "analyse": "analyse:analyse",
    "partial": "partial:partial",
    "review": "analyse:review",
    "language": "language:language",
    "completions": "completion:completions",
    "export": "outputs:export",
    "formats": "outputs:known",
    "report": "outputs:report",
    "fix": "edits:fix",
    "throw": "edits:throw",
    "curveballs": "edits:curveballs",
    "warm": "helper:warm",
}
"""What may be asked, and the module and function that answer; a module is imported at the first question for it."""


def ready() -> None:
    """Imports what the analysis of a design needs, and reads what it reads once."""
    from loadcase import api
    from loadcase.studio.analyse import design

    api.estimate(design(TINY))


def warm() -> dict[str, Any]:
    """The same for all that is asked while somebody types."""
    from loadcase.studio.analyse import review
    from loadcase.studio.completion import completions
    from loadcase.studio.language import language

    review(TINY, "blueprint.yaml")
    completions(TINY, 1, 1)
    language()
    return {}


def function(name: str) -> Callable[..., dict[str, Any]]:
    """What answers a question. Raises KeyError."""
    module, _, found = ANSWERS[name].partition(":")
    made: Callable[..., dict[str, Any]] = getattr(import_module(f"loadcase.studio.{module}"), found)
    return made


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """One answer, whatever happens."""
    return answered(question["ask"], lambda: function(question["ask"])(**question["with"]))


def serve(questions: BinaryIO, out: BinaryIO) -> None:
    """Answers until there are no more questions."""
    for line in questions:
        out.write(json.dumps(answer(json.loads(line)), allow_nan=False, separators=(",", ":")).encode() + b"\n")
        out.flush()


def main() -> None:
    """Answers on the output that the process was started with; what anything prints goes to the terminal."""
    bound_memory(MEMORY_BYTES)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    ready()
    out.write(b"{}\n")
    out.flush()
    serve(sys.stdin.buffer, out)


if __name__ == "__main__":
    main()
