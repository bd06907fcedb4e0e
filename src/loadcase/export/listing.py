"""What a design can be exported to, and why not to the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from loadcase.blueprint.model import Blueprint
from loadcase.core.errors import LoadcaseError
from loadcase.export import formats, make
from loadcase.export.text import line


@dataclass(frozen=True)
class Listed:
    """One format: the files that it makes of the design; or, where it makes none, why, and what would change that."""

    format: str
    title: str
    files: list[str]
    left_out: list[str]
    why_not: str | None = None
    hint: str = ""


def listed(blueprint: Blueprint) -> list[Listed]:
    """Every format, in alphabetical order."""
    return [_listed(blueprint, name) for name in formats()]


def _listed(blueprint: Blueprint, name: str) -> Listed:
    title = formats()[name].title
    try:
        made = make(blueprint, name)
    except LoadcaseError as error:
        return Listed(name, title, [], [], error.message, error.hint)
    return Listed(name, title, [file for file, _ in made.files], made.left_out)


def listing_json(blueprint: Blueprint, found: list[Listed]) -> dict[str, Any]:
    """For programs."""
    return {
        "blueprint": blueprint.name,
        "formats": [
            {
                "format": one.format,
                "title": one.title,
                "possible": one.why_not is None,
                "files": one.files,
                "left_out": one.left_out,
                "why_not": one.why_not,
                "hint": one.hint,
            }
            for one in found
        ],
    }


def listing_text(blueprint: Blueprint, found: list[Listed]) -> str:
    """For people."""
    width = max(len(one.format) for one in found)
    lines = [f"{line(blueprint.name)} can be exported as"]
    for one in found:
        if one.why_not is None:
            lines.append(f"  {one.format:<{width}}  {one.title}: {', '.join(one.files)}")
            lines += [f"  {'':<{width}}  left out: {line(part)}" for part in one.left_out]
    if refused := [one for one in found if one.why_not is not None]:
        lines += ["", "not as"]
        for one in refused:
            lines.append(f"  {one.format:<{width}}  {one.title}: {line(one.why_not or '')}")
            if one.hint:
                lines.append(f"  {'':<{width}}  hint: {line(one.hint)}")
    return "\n".join(lines) + "\n"
