"""The product's own closed forms, where a case expects what theory approximates and not what a run does.

They are looked up by name, so that a build without one says so instead of failing.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from loadcase.validation.plan import NotExpressible


def closed_form(module: str, name: str) -> Callable[..., Any]:
    """`loadcase.estimate.<module>.<name>`.

    Raises NotExpressible when this build does not have it.
    """
    try:
        found = getattr(import_module(f"loadcase.estimate.{module}"), name)
    except (ImportError, AttributeError):
        raise NotExpressible(f"needs the closed form loadcase.estimate.{module}.{name}") from None
    assert callable(found)
    return found  # type: ignore[no-any-return]
