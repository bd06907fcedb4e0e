"""Variants: dotted paths laid over a blueprint's data.

A path starts at a section: `components.api.replicas`, `flows.send.steps.messages.append.timeout`. A path that starts
with the name of a component means that component: `messages.shards`. Where a component has the name of a section
(`api`, say), the second part decides: what the section holds is the section's, what a component of that kind can say
is the component's, and where both or neither fit the path is refused as ambiguous; `components.api...` never is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from loadcase.blueprint.problems import Path, Problems, field_names
from loadcase.core.errors import dotted, shorten
from loadcase.kinds import kinds
from loadcase.kinds.base import Component

_TOKEN = re.compile(r"([^.\[\]]+)((?:\[\d{1,6}\])*)")
_ADDRESS = re.compile(rf"{_TOKEN.pattern}(?:\.{_TOKEN.pattern})*\Z")
_LONGEST = 500
SECTIONS = (
    "loadcase", "name", "title", "prompt", "requirements", "estimates", "entities", "api", "network", "components",
    "flows", "cases", "decisions", "variants", "operate",
)  # fmt: skip
_EXAMPLE = "for example components.api.replicas, or flows.send.steps.api.handle.timeout"


def overlay(data: dict[str, Any], changes: Mapping[str, Any], problems: Problems, source: Path) -> dict[str, Any]:
    """The data with the changes made, in their order; what cannot be is noted at its line under `source`.

    `data` stays as it is: what lies on a changed path is copied, and the rest is shared. `problems.moved` learns where
    in the document each value of the result stands.
    """
    result: dict[str, Any] = dict(data)
    for address, value in changes.items():
        path = _resolve(result, str(address), problems, (*source, address))
        if path is None:
            continue
        _put(result, path, value, problems)
        if value is not None:
            problems.moved[path] = (*source, address)
    return result


def _put(data: dict[str, Any], path: Path, value: Any, problems: Problems) -> None:
    """Sets or removes what stands at a path, on copies of the containers that lie on it."""
    node: Any = data
    for part in path[:-1]:
        inner = node[part] if not isinstance(node, dict) else node.get(part)
        if isinstance(inner, str) and isinstance(part, int):
            inner = {inner: {}}  # a step without options
        node[part] = dict(inner) if isinstance(inner, Mapping) else list(inner) if isinstance(inner, list) else {}
        node = node[part]
    last = path[-1]
    if value is not None:
        node[last] = value
    elif isinstance(node, dict):
        node.pop(last, None)
    else:
        del node[last]
        later = {i: problems.real((*path[:-1], i + 1)) for i in range(int(last), len(node))}
        problems.moved = {p: w for p, w in problems.moved.items() if p[: len(path)] != path}
        problems.moved |= {(*path[:-1], i): place for i, place in later.items()}


def _resolve(data: dict[str, Any], address: str, problems: Problems, where: Path) -> Path | None:
    """The path that an address means; None when it leads nowhere, which is noted."""
    if len(address) > _LONGEST or not _ADDRESS.match(address):
        message = f"a variant's key is a dotted path, got {shorten(address)!r}"
        problems.add("LC350", message, where, _EXAMPLE, key=True)
        return None
    tokens: list[str | int] = []
    for match in _TOKEN.finditer(address):
        tokens.append(match[1])
        tokens.extend(int(n) for n in re.findall(r"\d+", match[2]))
    if not _start(data, tokens, address, problems, where):
        return None
    node: Any = data
    path: Path = ()
    i = 0
    while i < len(tokens):
        token = tokens[i]
        last = i == len(tokens) - 1
        if isinstance(node, dict):
            if last:
                return (*path, token)
            if token not in node:
                problems.unknown(f"name after {dotted(path)!r}" if path else "section", token, node, where, "LC351")
                return None
            node, path = node[token], (*path, token)
            i += 1
        elif isinstance(node, list) and i + 1 < len(tokens) and isinstance(token, str):
            found = _step(node, path, tokens[i:], problems, where)
            if found is None:
                return None
            used, path, node = found
            i += used
            if i == len(tokens):
                return path
            path = (*path, _name(node, tokens, i))
            node = node[path[-1]] if isinstance(node, dict) and node[path[-1]] is not None else {}
        elif isinstance(node, list) and isinstance(token, int) and token < len(node):
            node, path = node[token], (*path, token)
            i += 1
            if last:
                return path
        else:
            what = (
                f"{dotted(path)!r} is a list of {len(node)}"
                if isinstance(node, list)
                else f"nothing is in {dotted(path)!r}"
            )
            problems.add("LC353", f"{shorten(address)!r} leads nowhere: {what}", where, _EXAMPLE, key=True)
            return None
    return None


def _name(step: Any, tokens: list[str | int], i: int) -> str:
    """`component.verb` of the step that the tokens before the i-th name."""
    names = [t for t in tokens[:i] if isinstance(t, str)]
    return step if isinstance(step, str) else f"{names[-2]}.{names[-1]}"


def _start(data: dict[str, Any], tokens: list[str | int], address: str, problems: Problems, where: Path) -> bool:
    """Puts `components` before a path that starts with a component; False when the start is wrong, which is noted."""
    first = tokens[0]
    components = data.get("components")
    components = components if isinstance(components, Mapping) else {}
    if first == "variants":
        problems.add("LC355", "a variant cannot change the variants", where, "write one variant with all its changes",
                     key=True)  # fmt: skip
        return False
    if first not in components:
        if first not in SECTIONS:
            problems.unknown("section or component", first, (*SECTIONS, *components), where, "LC351")
            return False
        return True
    if first in SECTIONS:
        second = tokens[1] if len(tokens) > 1 else None
        section = data.get(str(first))
        held = isinstance(section, Mapping) and second in section
        said = second in _fields(components[first])
        if held == said:
            message = f"{shorten(address)!r} may mean the section {first!r} or the component {first!r}"
            hint = f"write components.{shorten(address)} for the component, or rename it"
            problems.add("LC354", message, where, hint, key=True)
            return False
        if held:
            return True
    tokens.insert(0, "components")
    return True


def _fields(component: Any) -> list[str]:
    """What a component may say: the fields of its kind, and those that it has."""
    if not isinstance(component, Mapping):
        return []
    kind = component.get("kind")
    cls = kinds().get(kind, Component) if isinstance(kind, str) else Component
    return [*field_names(cls), *component]


def _step(
    steps: list[Any], path: Path, tokens: list[str | int], problems: Problems, where: Path
) -> tuple[int, Path, Any] | None:
    """How many tokens name a step in nested lists, the path of the step, and the step; None if there is none such."""
    name = f"{tokens[0]}.{tokens[1]}"
    nth, used = (int(tokens[2]), 3) if len(tokens) > 2 and isinstance(tokens[2], int) else (1, 2)
    every = list(_walk(steps, path))
    found = [(step, place) for known, step, place in every if known == name]
    if not found:
        problems.unknown("step", name, {known for known, *_ in every}, where, "LC352")
        return None
    if not 1 <= nth <= len(found):
        message = f"{name} stands {len(found)} time{'s'[: len(found) > 1]} in {dotted(path)}, not {nth} times"
        problems.add("LC352", message, where, f"write {name}, or {name}[{len(found)}] for the last", key=True)
        return None
    step, place = found[nth - 1]
    return used, place, step


def _walk(steps: Any, path: Path) -> Iterator[tuple[str, Any, Path]]:
    """Every step in nested lists: its name, itself, and its path."""
    if not isinstance(steps, list):
        return
    for i, step in enumerate(steps):
        if isinstance(step, str):
            yield step, step, (*path, i)
        elif isinstance(step, dict):
            for name, body in step.items():
                yield str(name), step, (*path, i)
                yield from _inside(body, (*path, i, name))
        elif isinstance(step, list):
            yield from _walk(step, (*path, i))


def _inside(body: Any, path: Path) -> Iterator[tuple[str, Any, Path]]:
    if isinstance(body, list):
        for i, part in enumerate(body):
            if isinstance(part, dict) and "weight" in part:
                yield from _walk(part.get("do"), (*path, i, "do"))
            elif isinstance(part, list):
                yield from _walk(part, (*path, i))
            else:
                yield from _walk(body, path)
                break
    elif isinstance(body, dict):
        for key, value in body.items():
            if isinstance(value, list):
                yield from _inside(value, (*path, key)) if key == "branches" else _walk(value, (*path, key))
