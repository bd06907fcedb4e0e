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


NOT_YET = {
    "clock_skew": "whose clock is wrong matters once histories tell the order of effects",
    "disk_full": "refused writes matter once histories tell what was acknowledged",
    "duplicate_delivery": "a message that comes twice matters once histories tell the receivers' deliveries",
    "failover": "electing another leader comes with histories",
    "reconnect_storm": "gateways do not yet keep the connections that would come back",
    "reorder": "messages out of order matter once histories tell the order of effects",
    "replica_lag": "a stale copy matters once histories tell what was read",
}
"""Faults of the vocabulary that are refused, and why."""
