"""Everything that Loadcase raises on purpose, as one tree.

    LoadcaseError
    |-- BlueprintError     the document is wrong: carries every Problem found, each with its place
    |-- UsageError         the command or the call is wrong
    |-- NotYetError        a known field or feature that this version does not model
    |-- HistoryError       a recorded history cannot be read: names the file, and the row and column if it can
    |-- UnitError          a quantity cannot be read, or its dimension does not fit
    `-- ExpressionError    a formula cannot be read or computed; knows the column

The last two are ValueErrors too, so that a pydantic validator may raise them.

Codes are stable and grouped: LC0xx use, LC1xx the YAML file, LC2xx values, LC3xx the blueprint's schema,
LC4xx a history, LC5xx and LC6xx what `loadcase review` finds.
A message says what was got and what is wrong with it; the hint says what would be accepted or what to try.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""Where something is in a document: ``("components", "api", "replicas")``."""

_LONGEST_SOURCE = 160


class LoadcaseError(Exception):
    """The root: catch this to catch every error that Loadcase raises on purpose."""

    default_code = "LC000"

    def __init__(self, message: str, *, hint: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code or self.default_code

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class UsageError(LoadcaseError):
    """The command line or the call is wrong, whatever the blueprint says."""

    default_code = "LC001"


class NotYetError(LoadcaseError):
    """A field or feature that Loadcase knows by name and that this version does not model."""

    default_code = "LC002"


class HistoryError(LoadcaseError):
    """A recorded history is not one; the message names the file, and the row (from 1) and column where there is one."""

    default_code = "LC401"


class UnitError(LoadcaseError, ValueError):
    """A quantity cannot be read, or its dimension does not fit where it stands.

    ``column`` counts characters from 1 into the text that was read; 0 when there is no such place.
    """

    default_code = "LC201"

    def __init__(self, message: str, *, hint: str = "", code: str = "", column: int = 0) -> None:
        super().__init__(message, hint=hint, code=code)
        self.column = column


class ExpressionError(LoadcaseError, ValueError):
    """A formula cannot be read or computed. ``column`` counts characters from 1 into ``text``."""

    default_code = "LC210"

    def __init__(self, message: str, *, text: str = "", column: int = 0, hint: str = "", code: str = "") -> None:
        super().__init__(message, hint=hint, code=code)
        self.text = text
        self.column = column


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong at one place in a document.

    ``line`` and ``column`` count from 1, 0 while unknown; ``offset`` counts characters from 0 into the value
    at ``path``, for trouble inside a formula.
    """

    code: str
    message: str
    path: Path = ()
    file: str = ""
    line: int = 0
    column: int = 0
    source: str = ""
    hint: str = ""
    offset: int = 0

    def __str__(self) -> str:
        return render(self)


class BlueprintError(LoadcaseError):
    """The document is wrong. ``problems`` holds everything that was found, in the order of the document."""

    default_code = "LC100"

    def __init__(self, problems: Problem | Sequence[Problem]) -> None:
        found = [problems] if isinstance(problems, Problem) else list(problems)
        if not found:
            raise ValueError("a BlueprintError needs at least one problem")
        super().__init__(found[0].message, hint=found[0].hint, code=found[0].code)
        self.problems: list[Problem] = found

    def __str__(self) -> str:
        return "\n".join(render(problem) for problem in self.problems)


def dotted(path: Path) -> str:
    """The path as people write it: ``flows.send.steps[1].api.handle``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


_COLORS = {"error": "\033[31m", "warning": "\033[33m", "note": "\033[34m"}


def render(problem: Problem, color: bool = False, level: str = "error") -> str:
    """Show a problem as compilers do: ``file:line:column: error[LC101]: message``, source, caret, hint."""
    red, cyan, bold, off = (_COLORS[level], "\033[36m", "\033[1m", "\033[0m") if color else ("", "", "", "")
    parts = [_clean(problem.file)] if problem.file else []
    if problem.line:
        parts.append(str(problem.line))
        if problem.column:
            parts.append(str(problem.column))
    where = ":".join(parts) or dotted(problem.path)
    lead = f"{bold}{where}:{off} " if where else ""
    lines = [f"{lead}{bold}{red}{level}[{problem.code}]{off}: {_clean(problem.message)}"]
    if problem.source.strip():
        source, caret = _window(_clean(problem.source), problem.column)
        lines.append(f"    {source}")
        if caret:
            lines.append(f"    {' ' * (caret - 1)}{red}^{off}")
    if problem.hint:
        lines.append(f"    {cyan}hint:{off} {_clean(problem.hint)}")
    return "\n".join(lines)


def suggest(word: str, candidates: Iterable[str]) -> str:
    """The candidate nearest to a mistyped word, as ``did you mean "api"?``; empty when none is near."""
    if not word or len(word) > 100:
        return ""
    by_lower = {candidate.lower(): candidate for candidate in candidates}
    if word.lower() in by_lower:
        return f'did you mean "{by_lower[word.lower()]}"?'
    near = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return f'did you mean "{by_lower[near[0]]}"?' if near else ""


def shorten(text: str, limit: int = 60) -> str:
    """Text fit to be quoted in a message: one printable line of at most ``limit`` characters."""
    text = _clean(text)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _clean(text: str) -> str:
    """Replace what a terminal would act upon (escapes, control and direction marks) by a space or a "?"."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c in "\t\n\r" else "?" for c in text)


def _window(source: str, column: int) -> tuple[str, int]:
    """Cut a long source line around its column; returns the text and the caret's column in it (0: none)."""
    source = source.rstrip()
    caret = column if 0 < column <= len(source) + 1 else 0
    start = max(0, caret - 1 - _LONGEST_SOURCE // 2) if len(source) > _LONGEST_SOURCE else 0
    return source[start : start + _LONGEST_SOURCE], caret - start if caret else 0
