"""The way into a kernel that only kernels call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit


def called(kernel: Any) -> Callable[..., Any]:
    """A kernel as a function that Python can call."""
    found: Callable[..., Any] = njit(error_model="numpy")(lambda *args: kernel(*args))
    return found
