"""Blueprints of the gallery, broken at random: the same seed gives the same files."""

from __future__ import annotations

import copy
import io
import random
from collections.abc import Callable
from typing import Any

from ruamel.yaml import YAML

from tests.fuzz.catalogue import NUMBERS

VALUES = (
    *NUMBERS, "null", "yes", "{a: b}", "[1, 2]", "*x", "&x y", "!!int 5", "<<", "a.b", "..", "#",
    "- x", "? y", "|", ">",
    "500 ms", "5 /s", "12 GB", "3 USD/month", "zipf(0.8)", "hot(1 %, 1)", "exp(1 s)", "quorum", "service", "store",
    "log", "[[[[]]]]", "{}", "'", '"', "\t", "\x00", "\u2028", "\U0001f600",
)  # fmt: skip
CHARACTERS = "\t\n :-[]{}#&*!|>'\"%@`,?~$0aZé\u200b\x00\x7f\ud7ff"

Change = Callable[[random.Random, list[str]], None]


def _delete(draw: random.Random, lines: list[str]) -> None:
    start = draw.randrange(len(lines))
    del lines[start : start + draw.choice((1, 1, 1, 2, 5, 20))]


def _duplicate(draw: random.Random, lines: list[str]) -> None:
    start = draw.randrange(len(lines))
    lines[start:start] = lines[start : start + draw.choice((1, 1, 3, 10))]


def _swap(draw: random.Random, lines: list[str]) -> None:
    a, b = draw.randrange(len(lines)), draw.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]


def _indent(draw: random.Random, lines: list[str]) -> None:
    i = draw.randrange(len(lines))
    lines[i] = (
        draw.choice(("  ", " ", "\t", "        ")) + lines[i] if draw.random() < 0.5 else lines[i].removeprefix("  ")
    )


def _corrupt(draw: random.Random, lines: list[str]) -> None:
    i = draw.randrange(len(lines))
    text = list(lines[i])
    for _ in range(draw.choice((1, 1, 2, 8))):
        place = draw.randrange(len(text) + 1)
        how = draw.randrange(3)
        if how == 0 or not text:
            text.insert(place, draw.choice(CHARACTERS))
        elif how == 1:
            del text[min(place, len(text) - 1)]
        else:
            text[min(place, len(text) - 1)] = draw.choice(CHARACTERS)
    lines[i] = "".join(text)


def _value(draw: random.Random, lines: list[str]) -> None:
    named = [i for i, line in enumerate(lines) if ": " in line and not line.lstrip().startswith("#")]
    if named:
        i = draw.choice(named)
        cuts = [n for n in range(len(lines[i])) if lines[i].startswith(": ", n)]
        cut = draw.choice(cuts) + 2
        ends = [n for n in range(cut, len(lines[i])) if lines[i][n] in ",}]#"]
        end = ends[0] if ends and draw.random() < 0.8 else len(lines[i])
        lines[i] = lines[i][:cut] + draw.choice(VALUES) + lines[i][end:]


def _cut(draw: random.Random, lines: list[str]) -> None:
    del lines[draw.randrange(len(lines)) :]


TEXT: tuple[Change, ...] = (_delete, _duplicate, _swap, _indent, _corrupt, _corrupt, _value, _value, _value, _cut)


def _nodes(node: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Every place of a tree as its container and its key."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        found.append((node, key))
        _nodes(value, found)
    return found


def _tree(draw: random.Random, text: str) -> str:
    """Drops, replaces, copies or renames nodes of the tree, and writes it out again."""
    yaml = YAML(typ="safe", pure=True)
    yaml.allow_unicode = True
    data = yaml.load(text)
    for _ in range(draw.choice((1, 1, 2, 4))):
        nodes = _nodes(data, [])
        if not nodes:
            break
        holder, key = draw.choice(nodes)
        how = draw.randrange(5)
        if how == 0:
            del holder[key]
        elif how == 1:
            holder[key] = draw.choice((None, True, 0, -1, 10**15, 1e300, "", [], {}, [[]], {"": None}, *VALUES))
        elif how == 2:
            other, name = draw.choice(nodes)
            there = name < len(other) if isinstance(other, list) else name in other
            holder[key] = copy.deepcopy(other[name]) if there else None
            if len(repr(data)) > 200_000:
                break
        elif how == 3 and isinstance(holder, dict):
            holder[draw.choice(("", "a.b", "api", str(key)[::-1], str(key) + "s", "🦀"))] = holder.pop(key)
        elif how == 4 and isinstance(holder, list):
            holder.insert(0, holder[key])
    stream = io.StringIO()
    yaml.representer.ignore_aliases = lambda _: True  # type: ignore[method-assign]
    try:
        yaml.dump(data, stream)
    except (RecursionError, ValueError):
        return text
    return stream.getvalue()


def mutated(text: str, seed: int) -> bytes:
    """The text with a few changes: every third or so changes the tree, the others the lines."""
    draw = random.Random(seed)
    if draw.random() < 0.35:
        return _tree(draw, text).encode("utf-8", "surrogatepass")
    lines = text.split("\n")
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        if lines:
            draw.choice(TEXT)(draw, lines)
    return "\n".join(lines).encode("utf-8", "surrogatepass")
