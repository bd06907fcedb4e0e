"""Exports: a design in the formats of other tools, one file each; the folder is the registry.

from loadcase import Blueprint
from loadcase.export import export

for name, text in export(Blueprint.load("gallery/chat"), "openapi"):
    print(name, len(text))
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from loadcase.blueprint.model import Blueprint
from loadcase.core.errors import UsageError, shorten, suggest
from loadcase.export.base import Export, Made

SHARED = ("base", "text", "entities", "http", "listing")
"""Modules that are no format."""


@cache
def formats() -> dict[str, Export]:
    """Every format by the name that `--format` takes, in alphabetical order."""
    found: dict[str, Export] = {}
    for module in iter_modules(__path__):
        if module.name in SHARED:
            continue
        for value in vars(import_module(f"{__name__}.{module.name}")).values():
            if isinstance(value, type) and issubclass(value, Export) and value.__module__.endswith(f".{module.name}"):
                found[module.name] = value()
    return dict(sorted(found.items()))


def make(blueprint: Blueprint, format: str) -> Made:
    """The files of a format, and what of the design is not in them.

    Raises UsageError for an unknown format; base.NothingError when the design has nothing that the format could hold;
    base.MissingError when a package is not installed; BlueprintError where the design says what the format cannot hold.
    """
    found = formats().get(format)
    if found is None:
        hint = suggest(format, formats()) or f"formats: {', '.join(formats())}"
        raise UsageError(f"there is no export {shorten(format)!r}", hint=hint)
    return found.make(blueprint)


def export(blueprint: Blueprint, format: str) -> list[tuple[str, str]]:
    """The files of a format as (file name, text). Raises as `make` does."""
    return make(blueprint, format).files
