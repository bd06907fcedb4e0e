"""What the docstring of a catalogue entry says: its opening, and its named parts."""

from __future__ import annotations

import inspect
import re


def opening(entry: type) -> str:
    """The first paragraph, on one line."""
    return " ".join((inspect.getdoc(entry) or "").split("\n\n")[0].split())


def parts(entry: type, *names: str) -> dict[str, str]:
    """What stands after the opening, by the names that begin its parts (`What:` at the start of a line)."""
    text = "\n\n".join((inspect.getdoc(entry) or "").split("\n\n")[1:])
    found = re.split(rf"^({'|'.join(names)}):\s*", text, flags=re.MULTILINE)[1:]
    return {name: body.strip() for name, body in zip(found[::2], found[1::2], strict=True)}
