"""Loadcase: a system design as a program, run under load and judged against its own contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loadcase.api import Blueprint as Blueprint

__version__ = "0.1.0"
__all__ = ["Blueprint", "__version__"]


def __getattr__(name: str) -> Any:
    """Loads the API on first use, so that `import loadcase` costs nothing."""
    if name == "Blueprint":
        from loadcase.api import Blueprint

        return Blueprint
    raise AttributeError(name)
