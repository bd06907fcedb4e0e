"""Edits to a file without touching the layout of the rest: alignment, line breaks within brackets, blank lines.

The YAML writer has one layout of its own. What it would write for the file before and after an edit differs only by
the edit; those words are replaced in the file as its author wrote it, and all the others stay where they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

_MOST_WORDS = 4_000  # that differ; comparing more takes seconds
_WORD = re.compile(r"([ \t\r\n]*)([^ \t\r\n]*)")

_Word = tuple[str, str]  # the white space before a word, and the word


def keep_layout(text: str, before: str, after: str, tight: bool = True) -> str | None:
    """``text`` with the change from ``before`` to ``after``; None where the places cannot be told.

    ``before`` holds the words of ``text`` in another layout, but for comments inside brackets, which the YAML writer
    drops: they stay when ``tight``, and go where they stand beside a change else. White space alone carries structure
    in YAML, so the caller has to check that the outcome reads as it should.
    """
    if "\r\n" in text:
        after = after.replace("\n", "\r\n")
    mine, base, theirs = _words(text), _words(before), _words(after)
    place = _places([word for _, word in base], [word for _, word in mine])
    changes = _changes([word for _, word in base], [word for _, word in theirs])
    if place is None or changes is None:
        return None
    made: list[_Word] = []
    done = 0
    for first, last, start, end in changes:
        begin = place.get(first - 1, -1) + 1 if first else 0
        stop = place.get(last, -1) if last < len(base) else len(mine)
        if tight:
            stop = place.get(last - 1, -1) + 1 if last > first else begin
        if (first and not begin) or stop < begin or begin < done:
            return None
        new = theirs[start:end]
        if new and stop > begin:
            new[0] = (mine[begin][0], new[0][1])
        elif new and begin == 0 and mine:
            mine[0] = (theirs[end][0] if end < len(theirs) else "\n", mine[0][1])
        made += mine[done:begin] + new
        done = stop
    end_of_file = text[len(text.rstrip(" \t\r\n")) :] if mine else after[len(after.rstrip()) :]
    return "".join(space + word for space, word in made + mine[done:]) + end_of_file


def _words(text: str) -> list[_Word]:
    return [(found[1], found[2]) for found in _WORD.finditer(text) if found[2]]


def _places(base: list[str], mine: list[str]) -> dict[int, int] | None:
    """Where each word of ``base`` that ``mine`` has too stands in it."""
    matched = _matches(base, mine)
    return None if matched is None else {a + i: b + i for a, b, size in matched for i in range(size)}


def _changes(base: list[str], theirs: list[str]) -> list[tuple[int, int, int, int]] | None:
    """(first, last, start, end): the words first..last of ``base`` became start..end of ``theirs``."""
    matched = _matches(base, theirs)
    return None if matched is None else list(_gaps(matched))


def _gaps(matched: list[tuple[int, int, int]]) -> Iterator[tuple[int, int, int, int]]:
    first = start = 0
    for a, b, size in matched:
        if a > first or b > start:
            yield first, a, start, b
        first, start = a + size, b + size


def _matches(a: list[str], b: list[str]) -> list[tuple[int, int, int]] | None:
    """Equal runs as (place in a, place in b, length), the last one empty, at the ends; None when too much differs."""
    head = 0
    while head < min(len(a), len(b)) and a[head] == b[head]:
        head += 1
    tail = 0
    while tail < min(len(a), len(b)) - head and a[-1 - tail] == b[-1 - tail]:
        tail += 1
    inner_a, inner_b = a[head : len(a) - tail], b[head : len(b) - tail]
    if max(len(inner_a), len(inner_b)) > _MOST_WORDS:
        return None
    inner = SequenceMatcher(None, inner_a, inner_b, autojunk=False).get_matching_blocks() if inner_a and inner_b else []
    runs = [(head + x, head + y, size) for x, y, size in inner if size]
    ends = [(len(a) - tail, len(b) - tail, tail), (len(a), len(b), 0)]
    return [(0, 0, head), *runs, *ends]
