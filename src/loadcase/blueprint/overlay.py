"""Variants: dotted paths laid over a blueprint's data."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any

from loadcase.blueprint.problems import Path, Problems

_TOKEN = re.compile(r"([^.\[\]]+)((?:\[\d{1,6}\])*)")
SECTIONS = (
    "loadcase", "name", "title", "prompt", "requirements", "estimates", "entities", "api", "network", "components",
    "flows", "cases", "decisions", "variants", "operate",
)  # fmt: skip


def overlay(data: dict[str, Any], changes: Mapping[str, Any], problems: Problems, source: Path) -> dict[str, Any]:
    """A copy of the data with the changes made; what cannot be is noted at its line under `source`."""
    result: dict[str, Any] = copy.deepcopy(data)
    for address, value in changes.items():
        target = _resolve(result, str(address), problems, (*source, address))
        if target is None:
            continue
        parent, key, path = target
        if value is None:
            if isinstance(parent, dict):
                parent.pop(key, None)
            else:
                parent[key] = None
        else:
            parent[key] = copy.deepcopy(value)
        problems.moved[path] = (*source, address)
    return result


def _resolve(data: Any, address: str, problems: Problems, where: Path) -> tuple[Any, Any, Path] | None:
    """The container, the key in it and the path that an address means."""
    tokens: list[str | int] = []
    for match in _TOKEN.finditer(address):
        tokens.append(match[1])
        tokens.extend(int(n) for n in re.findall(r"\d+", match[2]))
    if not tokens:
        problems.add("LC350", "a variant's key is a dotted path, such as components.api.replicas", where, key=True)
        return None
    components = data.get("components")
    if tokens[0] not in SECTIONS and isinstance(components, Mapping) and tokens[0] in components:
        tokens.insert(0, "components")
    node: Any = data
    path: Path = ()
    i = 0
    while i < len(tokens):
        token = tokens[i]
        last = i == len(tokens) - 1
        if isinstance(node, dict):
            if last:
                return node, token, (*path, token)
            if token not in node:
                problems.unknown("path", token, node, where, "LC351")
                return None
            node, path = node[token], (*path, token)
        elif isinstance(node, list) and i + 1 < len(tokens) and isinstance(token, str):
            name = f"{token}.{tokens[i + 1]}"
            nth, used = 1, 2
            if i + 2 < len(tokens) and isinstance(tokens[i + 2], int):
                nth, used = int(tokens[i + 2]), 3
            found = list(_named_steps(node, path, name))
            if not 1 <= nth <= len(found):
                problems.unknown(
                    "step", name if not found else f"{name}[{nth}]", _all_steps(node, path), where, "LC352"
                )
                return None
            holder, index, path = found[nth - 1]
            i += used
            if i == len(tokens):
                return holder, index, path
            if isinstance(holder[index], str):
                holder[index] = {name: {}}
            if holder[index][name] is None:
                holder[index][name] = {}
            node, path = holder[index][name], (*path, name)
            continue
        elif isinstance(node, list) and isinstance(token, int) and token < len(node):
            if last:
                return node, token, (*path, token)
            node, path = node[token], (*path, token)
        else:
            problems.add("LC353", f"{address!r} leads nowhere at {token!r}", where, key=True)
            return None
        i += 1
    return None


def _walk(steps: Any, path: Path) -> Iterator[tuple[str, list[Any], int, Path]]:
    """Every step in nested lists: its name, the list, its place in it, its path."""
    if not isinstance(steps, list):
        return
    for i, step in enumerate(steps):
        if isinstance(step, str):
            yield step, steps, i, (*path, i)
        elif isinstance(step, dict):
            for name, body in step.items():
                yield str(name), steps, i, (*path, i)
                yield from _inside(body, (*path, i, name))
        elif isinstance(step, list):
            yield from _walk(step, (*path, i))


def _inside(body: Any, path: Path) -> Iterator[tuple[str, list[Any], int, Path]]:
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


def _named_steps(steps: list[Any], path: Path, name: str) -> Iterator[tuple[list[Any], int, Path]]:
    for found, holder, index, where in _walk(steps, path):
        if found == name:
            yield holder, index, where


def _all_steps(steps: list[Any], path: Path) -> set[str]:
    return {found for found, *_ in _walk(steps, path)}
