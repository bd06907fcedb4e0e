"""Every rule; the folder is the registry."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from loadcase.core.errors import UsageError, shorten, suggest
from loadcase.review import rules as folder
from loadcase.review.rule import Rule


@cache
def rules() -> dict[str, Rule]:
    """Every rule by its name, in the order of the codes."""
    found: list[Rule] = []
    for module in iter_modules(folder.__path__):
        for value in vars(import_module(f"{folder.__name__}.{module.name}")).values():
            if isinstance(value, type) and issubclass(value, Rule) and value.__module__.endswith(f".{module.name}"):
                found.append(value())
    return {rule.name: rule for rule in sorted(found, key=lambda r: r.code)}


def named(names: Iterable[str], where: str) -> set[str]:
    """The names of the rules that are meant by names, codes and beginnings of codes (LC55), with commas between.

    Raises UsageError for what means none.
    """
    chosen: set[str] = set()
    for given in names:
        for one in filter(None, (part.strip() for part in given.split(","))):
            matching = {name for name, rule in rules().items() if one == name or rule.code.startswith(one.upper())}
            if not matching:
                hint = suggest(one, rules()) or "`loadcase review --explain all` lists the rules"
                raise UsageError(f"{where}: there is no rule {shorten(one)!r}", hint=hint)
            chosen |= matching
    return chosen
