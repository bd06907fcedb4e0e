"""The list of closed forms, from the docstrings of `loadcase.estimate`."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from types import ModuleType

from tools.docs.fields import table

MODULES = ("queueing", "stations", "balancing", "networks", "latency", "caching", "popularity", "availability")


def formulas() -> str:
    """One table for each module: every function whose docstring names a source."""
    parts = []
    for name in MODULES:
        module = import_module(f"loadcase.estimate.{name}")
        rows = [row for row in (_row(f) for f in _functions(module)) if row is not None]
        title = " ".join((inspect.getdoc(module) or "").split("\n\n")[0].split())
        parts += [f"### {title.split(':')[0].rstrip('.')}", title] if ":" in title else [f"### {title.rstrip('.')}"]
        parts += [table(("closed form", "what", "source"), rows)]
    return "\n\n".join(parts)


def _functions(module: ModuleType) -> list[object]:
    found = [
        f for f in vars(module).values() if inspect.isroutine(inspect.unwrap(f)) and not f.__name__.startswith("_")
    ]
    return [f for f in found if f.__module__ == module.__name__]


def _row(function: object) -> tuple[str, str, str] | None:
    text = " ".join((inspect.getdoc(function) or "").split())
    what, found, source = text.partition("Source: ")
    if not found:
        return None
    return f"`{function.__name__}`", re.split(r"(?<=\.) (?=[A-Z])", what.strip())[0], source  # type: ignore[attr-defined]
