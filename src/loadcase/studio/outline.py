"""A blueprint's text as a list of places, also where it is half-typed and no YAML yet.

It reads what a design is written in: mappings and lists by indentation, `{...}` and `[...]`, block text. What it cannot
read it passes over; it never raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

Path = tuple[str | int, ...]
MOST_LINES = 20_000
_KEY = re.compile(r"(\"[^\"]*\"|'[^']*'|[^\s\"'#{}\[\],&*!|>%@`-][^:#{},]*?):(?=\s|$)")
_ANCHOR = re.compile(r"&\S+\s+")
_BLOCK = re.compile(r"[|>][+-]?[0-9]?[+-]?\s*(#.*)?$")


@dataclass(frozen=True)
class Entry:
    """A key and its value if that is one word or phrase; or an item of a list."""

    path: Path
    value: str
    line: int


@dataclass(frozen=True)
class Cursor:
    """Where something is typed: in the mapping or list at `path`, or, with `key`, the value of that key there.

    `prefix` is what stands before the cursor already; it begins at `column` (from 1).
    """

    path: Path
    key: str | None
    prefix: str
    column: int
    in_list: bool = False


@dataclass
class _Level:
    indent: int
    part: str | int
    item: bool


@dataclass
class _Flow:
    """An open bracket: a mapping with its key of the moment, or a list with its place of the moment."""

    mapping: bool
    key: str | None = None
    index: int = 0
    single: bool = False
    """Of one key, and without a bracket of its own."""


@dataclass
class _Reader:
    levels: list[_Level] = field(default_factory=list)
    flow: list[_Flow] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    word: str = ""
    quote: str = ""
    """The quote in which the latest line ended."""
    flow_indent: int = 0
    counts: dict[tuple[Path, int], int] = field(default_factory=dict)

    def path(self) -> Path:
        """The path down to what is open."""
        inner: list[str | int] = [level.part for level in self.levels]
        for one in self.flow:
            if one.mapping:
                inner += [] if one.key is None else [one.key]
            else:
                inner.append(one.index)
        return tuple(inner)


def entries(text: str) -> list[Entry]:
    """All keys and items of a text."""
    reader = _Reader()
    for _ in _lines(reader, text.split("\n")[:MOST_LINES]):
        pass
    return reader.entries


def cursor(text: str, line: int, column: int) -> Cursor:
    """What is typed at a place of a text (line and column from 1)."""
    lines = text.split("\n")[:MOST_LINES]
    line = min(max(1, line), len(lines))
    before = lines[: line - 1]
    here = lines[line - 1][: max(0, column - 1)]
    reader = _Reader()
    in_text = list(_lines(reader, before))[-1:] == [True]
    indent = len(here) - len(here.lstrip(" "))
    if in_text and (not here.strip() or indent > reader.levels[-1].indent):
        return Cursor(reader.path(), "", here, len(here) + 1)  # within block text nothing is proposed
    return _at(reader, here)


def _lines(reader: _Reader, lines: list[str]) -> Iterator[bool]:
    """Reads lines; yields after each whether the next one may go on with block text."""
    text_indent = -1
    for number, line in enumerate(lines, 1):
        stripped = line.strip()
        indent = len(line) - len(line.lstrip(" "))
        if text_indent >= 0 and (not stripped or indent > text_indent):
            yield True
            continue
        text_indent = -1
        if stripped and not stripped.startswith("#"):
            if reader.flow and indent <= reader.flow_indent and (_KEY.match(stripped) or stripped.startswith("- ")):
                reader.flow.clear()  # a bracket that was never closed
                reader.quote = ""
            if _line(reader, line, indent, number):
                text_indent = reader.levels[-1].indent if reader.levels else 0
        yield text_indent >= 0


def _line(reader: _Reader, line: str, indent: int, number: int) -> bool:
    """Reads one line; says whether block text follows."""
    at = indent
    if not reader.flow and reader.quote:
        if indent > reader.flow_indent:  # the text in quotes goes on
            reader.quote = "" if reader.quote in line else reader.quote
            return False
        reader.quote = ""
    if not reader.flow:
        at = _blocks(reader, line, indent, number)
        rest = line[at:].lstrip()
        anchor = _ANCHOR.match(rest)
        rest = rest[anchor.end() :] if anchor is not None else rest
        at = len(line) - len(rest)
        reader.flow_indent = indent
        if _BLOCK.match(rest):
            return True
        if not rest.startswith(("{", "[")):
            if rest[:1] in ("'", '"') and rest.find(rest[0], 1) < 0:
                reader.quote = rest[0]
            value = _scalar(rest)
            if value and reader.levels:
                reader.entries.append(Entry(reader.path(), value, number))
            return False
    _scan(reader, line, at, number)
    _value(reader, number)
    reader.word = ""
    return False


def _blocks(reader: _Reader, line: str, indent: int, number: int) -> int:
    """Takes dashes and a key from the beginning of a line; gives where the value begins."""
    at = indent
    while line.startswith("- ", at) or line[at:].rstrip() == "-":
        _item(reader, at)
        reader.entries.append(Entry(reader.path(), "", number))
        at += 1
        while at < len(line) and line[at] == " ":
            at += 1
    found = _KEY.match(line, at)
    if found is None:
        return at
    _close(reader, at)
    reader.levels.append(_Level(at, _unquoted(found.group(1)), False))
    reader.entries.append(Entry(reader.path(), "", number))
    return found.end()


def _close(reader: _Reader, indent: int) -> None:
    """Leaves everything that stands as far to the right as this or farther; a list's items stay around their keys."""
    while reader.levels and reader.levels[-1].indent >= indent:
        reader.levels.pop()


def _item(reader: _Reader, indent: int) -> None:
    """Begins the next item of a list whose dashes stand at this indent (which may be that of the list's key)."""
    while reader.levels and (
        reader.levels[-1].indent > indent or (reader.levels[-1].indent == indent and reader.levels[-1].item)
    ):
        reader.levels.pop()
    place = reader.path(), indent
    index = reader.counts.get(place, -1) + 1
    reader.counts[place] = index
    reader.levels.append(_Level(indent, index, True))


def _scan(reader: _Reader, line: str, at: int, number: int) -> None:
    """Reads brackets from a place of a line to its end, or until the last is closed; leaves the word at the end."""
    reader.word = ""
    quote = reader.quote
    while at < len(line):
        char = line[at]
        if quote:
            reader.word += char
            if char == quote:
                quote = ""
        elif char in "\"'" and not reader.word.strip():
            quote = char
            reader.word = char
        elif char == "#" and (at == 0 or line[at - 1] == " "):
            break
        elif char in "{[":
            reader.flow.append(_Flow(char == "{"))
            reader.word = ""
        elif char in "}]":
            _ended(reader, number)
            if reader.flow:
                reader.flow.pop()
            reader.word = ""
            if not reader.flow:
                reader.quote = ""
                return
        elif char == ",":
            _ended(reader, number)
            _next(reader)
            reader.word = ""
        elif char == ":" and (at + 1 >= len(line) or line[at + 1] in " ,}]") and reader.flow:
            top = reader.flow[-1]
            if not top.mapping:  # [key: value] is a mapping of one in a list
                reader.flow.append(_Flow(True, single=True))
                top = reader.flow[-1]
            top.key = _unquoted(reader.word.strip())
            reader.entries.append(Entry(reader.path(), "", number))
            reader.word = ""
        else:
            reader.word += char
        at += 1
    reader.quote = quote


def _value(reader: _Reader, number: int) -> None:
    """Notes the value that has been read."""
    value = _unquoted(reader.word.strip())
    if value and reader.flow and (not reader.flow[-1].mapping or reader.flow[-1].key is not None):
        reader.entries.append(Entry(reader.path(), value, number))


def _ended(reader: _Reader, number: int) -> None:
    """Before a comma or a closing bracket."""
    _value(reader, number)
    if reader.flow and reader.flow[-1].single:
        reader.flow.pop()


def _next(reader: _Reader) -> None:
    """After a comma."""
    if not reader.flow:
        return
    top = reader.flow[-1]
    if top.mapping:
        top.key = None
    else:
        top.index += 1


def _at(reader: _Reader, here: str) -> Cursor:
    """What is typed at the end of a line of which this stands before the cursor."""
    indent = len(here) - len(here.lstrip(" "))
    if reader.flow and indent <= reader.flow_indent and (_KEY.match(here.strip()) or here.strip().startswith("- ")):
        reader.flow.clear()
    at = indent
    if not reader.flow:
        at = _blocks(reader, here, indent, 0)
        rest = here[at:]
        value_at = len(here) - len(rest.lstrip())
        if not rest.lstrip().startswith(("{", "[")):
            keyed = at > indent and bool(reader.levels) and not reader.levels[-1].item
            if keyed:
                *outer, key = reader.path()
                return Cursor(tuple(outer), str(key), rest.lstrip(), value_at + 1)
            if at > indent:  # after a dash
                return Cursor(reader.path()[:-1], None, rest.lstrip(), value_at + 1, in_list=True)
            _close(reader, indent)
            return Cursor(reader.path(), None, rest.lstrip(), value_at + 1)
        reader.flow_indent = indent
        at = value_at
    return _in_flow(reader, here, at)


def _in_flow(reader: _Reader, here: str, at: int) -> Cursor:
    """The same within brackets."""
    _scan(reader, here, at, 0)
    prefix = reader.word.lstrip()
    column = len(here) - len(prefix) + 1
    path = reader.path()
    if not reader.flow:  # behind the last bracket
        return Cursor(path, "", prefix, column)
    top = reader.flow[-1]
    if not top.mapping:
        return Cursor(path[:-1], None, prefix, column, in_list=True)
    if top.key is None:
        return Cursor(path, None, prefix, column)
    return Cursor(path[:-1], top.key, prefix, column)


def _scalar(rest: str) -> str:
    """A value on one line without its comment and quotes."""
    if rest[:1] in ('"', "'"):
        end = rest.find(rest[0], 1)
        return rest[1:end] if end > 0 else rest[1:]
    return re.split(r"(?:^|\s)#", rest, maxsplit=1)[0].strip()


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text
