"""The gallery as the page lists it, read by the server itself: by lines, which needs no process that knows designs."""

from __future__ import annotations

import re
from typing import Any

from loadcase.systems import system, systems

_HEADINGS = {
    "title": re.compile(r"^title: (.+)$", re.MULTILINE),
    "hard_part": re.compile(r"^  hard_part: (.+)$", re.MULTILINE),
}


def listed() -> list[dict[str, str]]:
    """Every design with its name, title and hard part."""
    return [{"name": one.name, **headings(one.path.read_text("utf-8"))} for one in systems()]


def opened(name: str) -> dict[str, Any]:
    """One design with its text and the page that tells of it. Raises UsageError for an unknown one."""
    one = system(name)
    text = one.path.read_text("utf-8")
    page = one.path.with_name("README.md")
    story = page.read_text("utf-8") if page.is_file() else ""
    return {"name": name, **headings(text), "text": text, "story": story}


def headings(text: str) -> dict[str, str]:
    """Title and hard part of a design of the gallery, each a line of its own there."""
    found = {name: pattern.search(text) for name, pattern in _HEADINGS.items()}
    return {name: line.group(1).strip() if line else "" for name, line in found.items()}
