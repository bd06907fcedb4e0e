"""A blueprint as far as it is wired: what does not load is left out, and told, until the rest does.

In an interview the file is never finished. A flow that calls a component which is still to come, a guarantee about a
metric that nothing measures yet, a number without its unit: each costs itself alone, and the rest is estimated and run.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from loadcase.blueprint.document import Document
from loadcase.blueprint.load import build, loads
from loadcase.blueprint.model import Blueprint
from loadcase.core.errors import BlueprintError, LoadcaseError, Path, Problem, dotted

FILE = "blueprint.yaml"
ROUNDS = 60
"""Times that something is left out; each takes out everything that is wrong by then."""
MAPPINGS = ("estimates", "entities", "api", "components", "flows", "cases", "decisions", "variants")
"""Sections of which one entry is left out, and not all."""
LISTS = {("requirements", "contract"), ("operate", "slos")}
"""Lists of which one line is left out."""
UNTOLD = {"flows": "there is no flow yet, so that nothing arrives", "components": "there is no component yet"}


@dataclass(frozen=True)
class Wired:
    """What loads of a text, what is wrong with it, and what was left out, each as a path with the reason."""

    blueprint: Blueprint | None
    problems: tuple[Problem, ...]
    left_out: tuple[str, ...]


def wired(text: str, name: str = "design") -> Wired:
    """The part of a candidate's blueprint that loads. `name` is given to one that has none. Never raises for a text."""
    if not text.strip():
        return Wired(None, (Problem("LC304", "nothing is written yet", file=FILE),), ())
    try:
        found = loads(text, FILE)
        return Wired(found, _still_missing(found.data), ())
    except BlueprintError as error:
        problems = error.problems
    except (RecursionError, MemoryError, OverflowError) as error:
        problems = [Problem("LC107", f"the design is too large for this machine ({type(error).__name__})", file=FILE)]
    try:
        document = Document.parse(text, FILE)
    except BlueprintError as error:
        return Wired(None, tuple(error.problems), ())
    return _rest(document, name, problems)


def _still_missing(data: dict[str, Any]) -> tuple[Problem, ...]:
    return tuple(Problem("LC304", said, (part,), FILE) for part, said in UNTOLD.items() if not data.get(part))


def _rest(document: Document, name: str, first: Iterable[Problem]) -> Wired:
    """The document without what is wrong, round by round."""
    data: dict[str, Any] = {"loadcase": 1, "name": name, **copy.deepcopy(document.data)}
    for part in UNTOLD:
        if data.get(part) is None:
            data[part] = {}
    told = {
        (p.path, p.message): p for p in first if p.path or p.code != "LC304"
    }  # what every blueprint has is supplied
    left_out: list[str] = []
    for number in range(ROUNDS):
        try:
            found = build(data)
        except BlueprintError as error:
            problems = error.problems
        except (LoadcaseError, RecursionError, MemoryError, OverflowError):
            break
        else:
            missing = [document.locate(p) for p in _still_missing(document.data)]
            return Wired(found, (*told.values(), *missing), tuple(left_out))
        for problem in problems:
            moved = number > 0 and problem.path[:2] in LISTS  # lines before it may have gone
            told.setdefault((problem.path, problem.message), problem if moved else document.locate(problem))
        told = {k: p for k, p in told.items() if p.path or p.code != "LC304"}
        gone = [(place, p) for p in problems if (place := _place(p.path, data))]
        if not gone:
            break
        left_out += _without(data, gone)
    return Wired(None, tuple(told.values()), tuple(left_out))


def _place(path: Path, data: dict[str, Any]) -> Path:
    """What has to go for a problem at a path to be gone: an entry of a section, a line, or a section."""
    if not path or path[0] not in data:
        return ()
    if path[:2] in LISTS and len(path) > 2 and isinstance(path[2], int):
        return path[:3]
    if path[0] in MAPPINGS and len(path) > 1 and isinstance(data[path[0]], dict):
        return path[:2]
    if path[0] in ("requirements", "operate", "network") and len(path) > 1 and isinstance(data[path[0]], dict):
        return path[:2]
    return path[:1]


def _without(data: dict[str, Any], gone: Iterable[tuple[Path, Problem]]) -> list[str]:
    """Takes the places out of the data, the last lines of a list first, and says what and why."""
    why: dict[Path, str] = {}
    for place, problem in gone:
        why.setdefault(place, problem.message)
    said = []
    for place in sorted(why, key=lambda p: [str(x) if not isinstance(x, int) else f"{x:09}" for x in p], reverse=True):
        inner: Any = data
        for part in place[:-1]:
            inner = inner[part]
        last = place[-1]
        if isinstance(inner, list) and isinstance(last, int) and last < len(inner):
            said.append(f"{inner[last]}: {why[place]}")
            del inner[last]
        elif isinstance(inner, dict) and last in inner:
            said.append(f"{dotted(place)}: {why[place]}")
            del inner[last]
            _empty(inner, place)
    return said[::-1]


def _empty(inner: dict[str, Any], place: Path) -> None:
    """Puts back, empty or by default, what no blueprint is without."""
    if len(place) == 1:
        needed = {"loadcase": 1, "name": "design", "components": {}, "flows": {}}
        if place[0] in needed:
            inner[str(place[0])] = needed[str(place[0])]
