"""Every page that is made, wholly or in parts, from the code."""

from __future__ import annotations

from pathlib import Path

from loadcase.check.checkers import checkers
from loadcase.faults import faults
from loadcase.kinds import kinds
from loadcase.profiles import profiles
from loadcase.review.catalogue import rules
from loadcase.systems import systems
from tools.docs.catalogue import (
    fault_page,
    faults_index,
    kind_page,
    kinds_index,
    metrics_page,
    profile_page,
    profiles_index,
)
from tools.docs.checkers import checker_page, checkers_index
from tools.docs.commands import command_page, commands_index, names
from tools.docs.gallery import pages as gallery_pages
from tools.docs.regions import filled
from tools.docs.rubric import rubric_page
from tools.docs.rules import rule_page, rules_index
from tools.docs.shapes import json_page

ROOT = Path(__file__).parents[2]
NOTE = "<!-- Made by `python -m tools.docs`; edit the code's docstrings instead. -->\n\n"
FOLDERS = ("checkers", "commands", "faults", "kinds", "profiles", "rules")
"""Folders of `docs` in which every page is made."""


def made() -> dict[Path, str]:
    """The pages that are made wholly: path to text."""
    docs = ROOT / "docs"
    texts = {
        docs / "checkers" / "index.md": checkers_index(),
        **{docs / "checkers" / f"{name}.md": checker_page(name, found) for name, found in checkers().items()},
        docs / "commands" / "index.md": commands_index(),
        **{docs / "commands" / f"{name}.md": command_page(name) for name in names()},
        docs / "kinds" / "index.md": kinds_index(),
        **{docs / "kinds" / f"{name}.md": kind_page(name, cls) for name, cls in kinds().items()},
        docs / "faults" / "index.md": faults_index(),
        **{docs / "faults" / f"{name}.md": fault_page(name, cls) for name, cls in faults().items()},
        docs / "profiles" / "index.md": profiles_index(),
        **{docs / "profiles" / f"{name}.md": profile_page(found) for name, found in profiles().items()},
        docs / "rules" / "index.md": rules_index(),
        **{docs / "rules" / f"{name}.md": rule_page(name, rule) for name, rule in rules().items()},
        docs / "metrics.md": metrics_page(),
        docs / "json.md": json_page(),
        docs / "rubric.md": rubric_page(),
    }
    return {**{path: NOTE + text + "\n" for path, text in texts.items()}, **gallery_pages(systems())}


def written() -> list[Path]:
    """The pages that are there: the README and all of `docs`."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def stale() -> dict[Path, str | None]:
    """Pages that are not what they should be, with what they should say; None where nothing makes them any more."""
    wanted: dict[Path, str | None] = dict(made())
    for path in written():
        if path not in wanted:
            in_folder = path.parent in [ROOT / "docs" / folder for folder in FOLDERS]
            wanted[path] = None if in_folder else filled(path.read_text("utf-8"))
    return {path: text for path, text in wanted.items() if (path.read_text("utf-8") if path.exists() else None) != text}


def write() -> list[Path]:
    """Brings every page up to date; gives those that were changed."""
    changed = stale()
    for path, text in changed.items():
        if text is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    return list(changed)
