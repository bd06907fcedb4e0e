"""The rules of the guides that the catalogue comes from: which are checked, which are not, and why."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from loadcase.blueprint.document import Document
from loadcase.review.catalogue import rules


@dataclass(frozen=True)
class Guideline:
    """One rule of the guides. `checked_by` names rules of the catalogue; `rejected` says why there are none, `left`
    what of it they do not look at."""

    name: str
    guides: tuple[int, ...]
    tier: int
    checked_by: tuple[str, ...]
    rejected: str = ""
    left: str = ""


@cache
def guidelines() -> dict[str, Guideline]:
    """All of them, in the order of the guides."""
    text = files("loadcase.review").joinpath("guides.yaml").read_text("utf-8")
    data = Document.parse(text, "guides.yaml").data
    return {
        name: Guideline(
            name,
            tuple(entry["guides"]),
            entry["tier"],
            tuple(rule.name for rule in rules().values() if name in rule.covers),
            entry.get("rejected", ""),
            entry.get("left", ""),
        )
        for name, entry in data.items()
    }
