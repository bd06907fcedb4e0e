"""The checkers of correctness, one file each; the folder is the registry."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from loadcase.check.checker import Checker


@cache
def checkers() -> dict[str, Checker]:
    """Every checker by the name of its metric, in alphabetical order."""
    found: dict[str, Checker] = {}
    for module in iter_modules(__path__):
        for value in vars(import_module(f"{__name__}.{module.name}")).values():
            if isinstance(value, type) and issubclass(value, Checker) and value.__module__.endswith(f".{module.name}"):
                found[value.name] = value()
    return dict(sorted(found.items()))
