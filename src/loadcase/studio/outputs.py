"""What leaves the studio: a design in the formats of other tools and as a picture, and the report of a run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from loadcase.blueprint.model import Blueprint
from loadcase.check.statistics import LEVEL, LOOK_LEVEL
from loadcase.core.errors import UsageError, shorten, suggest
from loadcase.draw import diagram
from loadcase.draw.mermaid import mermaid
from loadcase.draw.structurizr import structurizr
from loadcase.draw.svg import svg
from loadcase.export import formats, make
from loadcase.report.gather import data
from loadcase.report.page import html, markdown
from loadcase.studio.analyse import design

PICTURES: dict[str, tuple[str, Callable[[Blueprint], str]]] = {
    "mermaid": ("{}.mmd", mermaid),
    "svg": ("{}.svg", lambda blueprint: svg(diagram(blueprint))),
    "structurizr": ("workspace.dsl", structurizr),
}


def export(text: str, format: str) -> dict[str, Any]:
    """The files of a format, and what of the design is not in them. Raises UsageError, BlueprintError."""
    names = known()["formats"]
    if format not in names:
        hint = suggest(format, names) or f"formats: {', '.join(names)}"
        raise UsageError(f"there is no export {shorten(format)!r}", hint=hint)
    blueprint = design(text)
    if format in PICTURES:
        name, made = PICTURES[format]
        return {"files": [{"name": name.format(_plain(blueprint.name)), "text": made(blueprint)}], "left_out": []}
    found = make(blueprint, format)
    return {"files": [{"name": name, "text": text} for name, text in found.files], "left_out": found.left_out}


def _plain(name: str) -> str:
    """A name that is one of a file everywhere."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in name)[:80] or "design"


def report(
    text: str, variant: str | None, kind: str, file: str, state: str, seeds: int | None, format: str
) -> dict[str, Any]:
    """The report of a run that has ended, from the file of its result. Raises UsageError where there is none."""
    if kind not in ("check", "scale"):
        raise UsageError(f"a {kind} has no report", hint="run a check, or a scale story")
    try:
        kept = json.loads(Path(file).read_text("utf-8"))
    except (OSError, ValueError):
        kept = {}
    if not kept.get("result"):
        raise UsageError("the run has found nothing to report", hint="run it again")
    blueprint = design(text, variant)
    partial = None if state == "done" else f"the run is {state}: what it had is told"
    if kind == "scale":
        told = data(blueprint, scale=kept["result"], partial=partial)
    else:
        check = {"confidence": LOOK_LEVEL if seeds is None else LEVEL, "wall_s": 0.0, **kept["result"]}
        told = data(blueprint, check=check, series=kept.get("series", {}), partial=partial)
    name = f"{_plain(blueprint.name)}-report.{'html' if format == 'html' else 'md'}"
    return {"name": name, "text": html(told) if format == "html" else markdown(told)}


def known() -> dict[str, Any]:
    """The formats that a design can be exported to."""
    return {"formats": [*formats(), *PICTURES]}
