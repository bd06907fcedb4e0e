"""`python -m loadcase.studio.helper`: answers questions about designs, one in a line, until its input ends."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

from loadcase.core.errors import LoadcaseError
from loadcase.studio.errors import LARGE, ODD, StudioError, error, error_of
from loadcase.studio.limits import bound_memory

MEMORY_BYTES = 2 << 30
TINY = (
    "loadcase: 1\nname: tiny\ncomponents: {s: {kind: service}}\nflows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}\n"
)


def warm() -> dict[str, Any]:
    """Imports what the first answer would have to wait for."""
    from loadcase.studio.analyse import analyse
    from loadcase.studio.completion import completions
    from loadcase.studio.language import language

    analyse(TINY, None, None)
    completions(TINY, 1, 1)
    language()
    return {}


def answers() -> dict[str, Callable[..., dict[str, Any]]]:
    """What may be asked."""
    from loadcase.studio import analyse, completion, edits, language, outputs

    return {
        "warm": warm,
        "analyse": analyse.analyse,
        "review": analyse.review,
        "gallery": analyse.gallery,
        "language": language.language,
        "completions": completion.completions,
        "export": outputs.export,
        "layout": outputs.layout,
        "report": outputs.report,
        "fix": edits.fix,
        "throw": edits.throw,
        "curveballs": edits.curveballs,
    }


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """One answer, whatever happens."""
    try:
        return {"answer": answers()[question["ask"]](**question["with"])}
    except StudioError as found:
        return {"status": found.status, **found.shape()}
    except LoadcaseError as found:
        return {"status": 422, "error": error_of(found)}
    except (RecursionError, MemoryError) as found:
        message = f"the design is too large for this machine ({type(found).__name__})"
        return {"status": 413, "error": error(LARGE, message, "divide the counts and the load by the same factor")}
    except Exception as found:  # a page is no place for a traceback; the terminal is
        sys.excepthook(type(found), found, found.__traceback__)
        message = f"{question['ask']} failed ({type(found).__name__}); the terminal of the studio says more"
        return {"status": 500, "error": error(ODD, message)}


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
    serve(sys.stdin.buffer, out)


if __name__ == "__main__":
    main()
