"""Loadcase: a system design as a program, run under load and judged against its own contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loadcase.api import Blueprint as Blueprint
    from loadcase.core.errors import BlueprintError as BlueprintError
    from loadcase.core.errors import LoadcaseError as LoadcaseError
    from loadcase.core.errors import UsageError as UsageError

__version__ = "0.1.0"
__all__ = ["Blueprint", "BlueprintError", "LoadcaseError", "UsageError", "__version__"]


def __getattr__(name: str) -> Any:
    """Loads the API on first use, so that `import loadcase` costs nothing."""
    if name == "Blueprint":
        from loadcase.api import Blueprint

        return Blueprint
    if name in __all__:
        from loadcase.core import errors

        return getattr(errors, name)
    raise AttributeError(f"module 'loadcase' has no attribute {name!r}")
