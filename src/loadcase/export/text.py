"""Names and text of a design, made fit for formats that act upon some characters.

A blueprint may name its parts as it likes. Where a format takes any text it is quoted; where it has names of its own (a
file, a key of components) they are made here, and stay apart from each other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

_NAME = re.compile(r"[^A-Za-z0-9_-]+")
LONGEST = 63


def slug(text: str, longest: int = LONGEST) -> str:
    """Letters, digits, `_` and `-` that stand for a text; `unnamed` where none is left."""
    return _NAME.sub("-", text).strip("-_")[:longest].rstrip("-_") or "unnamed"


def slugs(texts: Iterable[str], longest: int = LONGEST, lower: bool = False) -> dict[str, str]:
    """A slug for each text, each its own, also where case does not count (file names)."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for text in texts:
        if text in found:
            continue
        name = first = slug(text.lower() if lower else text, longest)
        number = 1
        while name.lower() in taken:
            number += 1
            name = f"{first[: longest - 1 - len(str(number))]}-{number}"
        taken.add(name.lower())
        found[text] = name
    return found


def line(text: str) -> str:
    """Text on one line and without characters that act upon a terminal or end a comment."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def prose(text: str) -> str:
    """Text for a field that is read as CommonMark: neither HTML nor links are in it."""
    escaped = "".join(c if c.isprintable() or c == "\n" else " " for c in text)
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace("](", "]\\(")


def sentences(*parts: str | None) -> str:
    """Sentences, each with its full stop; empty ones are left out."""
    said = [part.strip() for part in parts if part and part.strip()]
    return " ".join(part if part[-1] in ".!?" else f"{part}." for part in said)


def json_text(value: Any) -> str:
    """JSON as a file."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
