"""What advice knows, read from `knowledge.yaml`: shapes, patterns, stages of a design, and what flaws do to people."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from loadcase.blueprint.document import Document


@dataclass(frozen=True)
class ShapeEntry:
    """One shape. `patterns` gives the reason for each pattern that follows from it."""

    name: str
    asks: str
    words: tuple[str, ...]
    risk: str
    source: str
    patterns: dict[str, str]


@dataclass(frozen=True)
class PatternEntry:
    """How a pattern is called, and how a blueprint says it."""

    name: str
    title: str
    how: str


@dataclass(frozen=True)
class EmptyEntry:
    """What is said of an empty section, unless a rule of `unless` has said it."""

    section: str
    say: str
    how: str
    unless: tuple[str, ...]


@dataclass(frozen=True)
class StageEntry:
    """One stage of a design, with the rules of the review that are about what is missing there."""

    name: str
    title: str
    rules: tuple[str, ...]
    empty: tuple[EmptyEntry, ...]


@dataclass(frozen=True)
class RiskEntry:
    """When a flaw shows, and what it does to people."""

    when: str
    impact: str


@dataclass(frozen=True)
class Knowledge:
    """All of it, in the order of the file."""

    shapes: dict[str, ShapeEntry]
    patterns: dict[str, PatternEntry]
    stages: dict[str, StageEntry]
    risks: dict[str, RiskEntry]

    def stage_of(self, rule: str) -> str | None:
        """The stage at which a rule finds something missing; None for a flaw."""
        return next((stage.name for stage in self.stages.values() if rule in stage.rules), None)


@cache
def knowledge() -> Knowledge:
    """Reads it."""
    text = files("loadcase.advice").joinpath("knowledge.yaml").read_text("utf-8")
    data: dict[str, Any] = Document.parse(text, "knowledge.yaml").data
    return Knowledge(
        {n: ShapeEntry(n, e["asks"], tuple(e["words"]), e["risk"], e["source"], dict(e["patterns"]))
         for n, e in data["shapes"].items()},
        {n: PatternEntry(n, **e) for n, e in data["patterns"].items()},
        {n: StageEntry(n, e["title"], tuple(e["rules"]), tuple(_empty(s, one) for s, one in e["empty"].items()))
         for n, e in data["stages"].items()},
        {n: RiskEntry(**e) for n, e in data["risks"].items()},
    )  # fmt: skip


def _empty(section: str, entry: dict[str, Any]) -> EmptyEntry:
    return EmptyEntry(section, entry["say"], entry["how"], tuple(entry.get("unless", ())))
