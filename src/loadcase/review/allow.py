"""Comments that silence a rule where they stand: `# loadcase: allow RULE because REASON`.

One behind a value is about its line, one on a line of its own about the next line that is more than a comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from loadcase.blueprint.document import Document

_ALLOW = re.compile(r"(?:^|(?<=\s))#\s*loadcase:\s*allow\b[ \t]*((?:(?!\s#)[^\n])*)")
_BECAUSE = re.compile(r"(?:^|\s)because\b\s*(.*)$", re.DOTALL)


@dataclass
class Allow:
    """One such comment. `lines` are those that it is about; `used` the names of the rules that it has silenced."""

    line: int
    column: int
    names: tuple[str, ...]
    reason: str
    about: int
    used: set[str] = field(default_factory=set)


def allows(document: Document | None) -> list[Allow]:
    """All of them, in the order of the lines."""
    if document is None or "loadcase:" not in document.text:
        return []
    written = list(_texts(document.data))
    lines = document.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    found = []
    for number, line in enumerate(lines, 1):
        match = _ALLOW.search(line)
        if match is None or any(_within(line, match.start(), text) for text in written):
            continue
        named, because = match[1], _BECAUSE.search(match[1])
        if because is not None:
            named = match[1][: because.start()]
        about = number
        if line[: match.start()].strip() == "":
            after = (n for n, text in enumerate(lines[number:], number + 1) if text.strip() and text.strip()[0] != "#")
            about = next(after, number)
        names = tuple(filter(None, re.split(r"[\s,]+", named)))
        found.append(Allow(number, match.start() + 1, names, because[1].strip() if because else "", about))
    return found


def _within(line: str, place: int, text: str) -> bool:
    """Whether a place of a line is inside a text that stands there."""
    spans = ((line.find(part), len(part)) for part in text.splitlines() if part)
    return any(0 <= start <= place < start + length for start, length in spans)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(key)
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str) and "loadcase:" in value:
        yield value
