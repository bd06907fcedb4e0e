"""The component kinds, one file each; the folder is the registry."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import get_args

from loadcase.kinds.base import Component


@cache
def kinds() -> dict[str, type[Component]]:
    """Every kind by its name in the format, in alphabetical order."""
    found: dict[str, type[Component]] = {}
    for module in iter_modules(__path__):
        if module.name == "base":
            continue
        for value in vars(import_module(f"{__name__}.{module.name}")).values():
            if isinstance(value, type) and issubclass(value, Component) and value.__module__.endswith(module.name):
                (name,) = get_args(value.model_fields["kind"].annotation)
                found[name] = value
    return dict(sorted(found.items()))
