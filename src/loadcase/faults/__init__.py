"""The faults (curveballs), one file each; the folder is the registry."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from loadcase.faults.base import Fault


@cache
def faults() -> dict[str, type[Fault]]:
    """Every fault by its name in the format, in alphabetical order."""
    found: dict[str, type[Fault]] = {}
    for module in iter_modules(__path__):
        if module.name == "base":
            continue
        for value in vars(import_module(f"{__name__}.{module.name}")).values():
            if isinstance(value, type) and issubclass(value, Fault) and value.__module__.endswith(f".{module.name}"):
                found[module.name] = value
    return dict(sorted(found.items()))
