"""What the studio answers when something is wrong: a status and one shape, never a traceback.

Beside the codes of the file and of its values (`loadcase.core.errors`) there are these:

| code | meaning |
|---|---|
| LC700 | something failed that should not have |
| LC701 | the request does not come from the studio's own page |
| LC702 | the token is missing or wrong |
| LC703 | there is no such thing |
| LC704 | too large |
| LC705 | what is on disk is not what was edited |
| LC706 | too many runs wait |
| LC707 | it took too long |
| LC708 | the process of a run has died |
| LC709 | the request cannot be read |
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from loadcase.core.errors import BlueprintError, LoadcaseError

ODD = "LC700"
FOREIGN = "LC701"
TOKEN = "LC702"
MISSING = "LC703"
LARGE = "LC704"
CONFLICT = "LC705"
FULL = "LC706"
SLOW = "LC707"
DIED = "LC708"
UNREADABLE = "LC709"


class StudioError(Exception):
    """An answer other than a success; `more` are further keys of the answer, beside `error`."""

    def __init__(self, status: int, code: str, message: str, hint: str = "", **more: Any) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.hint, self.more = status, code, message, hint, more

    def shape(self) -> dict[str, Any]:
        """As JSON."""
        return {"error": error(self.code, self.message, self.hint), **self.more}


def error(code: str, message: str, hint: str = "", line: int = 0, column: int = 0) -> dict[str, Any]:
    """The one shape of an error; what is not known is null."""
    return {
        "code": code,
        "message": message,
        "hint": hint or None,
        "line": line or None,
        "column": column or None,
    }


def error_of(found: LoadcaseError) -> dict[str, Any]:
    """An error of Loadcase in that shape; of several problems the first."""
    if isinstance(found, BlueprintError):
        one = found.problems[0]
        return error(one.code, one.message, one.hint, one.line, one.column)
    return error(found.code, found.message, found.hint)


def answered(ask: str, made: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """One answer of a process to what it was asked, whatever happens."""
    try:
        return {"answer": made()}
    except StudioError as found:
        return {"status": found.status, **found.shape()}
    except LoadcaseError as found:
        return {"status": 422, "error": error_of(found)}
    except (RecursionError, MemoryError) as found:
        message = f"the design is too large for this machine ({type(found).__name__})"
        return {"status": 413, "error": error(LARGE, message, "divide the counts and the load by the same factor")}
    except Exception as found:  # a page is no place for a traceback; the terminal is
        sys.excepthook(type(found), found, found.__traceback__)
        message = f"{ask} failed ({type(found).__name__}); the terminal of the studio says more"
        return {"status": 500, "error": error(ODD, message)}
