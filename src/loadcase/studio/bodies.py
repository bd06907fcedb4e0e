"""What a request brings: a JSON object, and what has to be in it."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request

from loadcase.studio.errors import UNREADABLE, StudioError

MOST_NAMES = 100


async def taken(request: Request) -> dict[str, Any]:
    """The body of a request, a JSON object. Raises StudioError."""
    try:
        body = json.loads(await request.body(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise StudioError(400, UNREADABLE, "the body is not JSON") from None
    if not isinstance(body, dict):
        raise StudioError(400, UNREADABLE, "the body is not a JSON object")
    return body


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def text_of(body: dict[str, Any], name: str) -> str:
    """A text that has to be there."""
    value = body.get(name)
    if not isinstance(value, str):
        raise StudioError(400, UNREADABLE, f"`{name}` has to be text")
    return value


def number_of(body: dict[str, Any], name: str) -> int:
    """A line or a column, which has to be there."""
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 10_000_000:
        raise StudioError(400, UNREADABLE, f"`{name}` has to be a whole number from 1")
    return value


def optional(body: dict[str, Any], name: str, kind: type) -> Any:
    """What may be left out, or null."""
    value = body.get(name)
    if value is not None and not isinstance(value, kind):
        raise StudioError(400, UNREADABLE, f"`{name}` has to be text, or null")
    return value


def names_of(body: dict[str, Any], name: str) -> list[str] | None:
    """Names, or None where there are none."""
    value = body.get(name)
    if value is None or value == []:
        return None
    if not isinstance(value, list) or len(value) > MOST_NAMES or not all(isinstance(v, str) for v in value):
        raise StudioError(400, UNREADABLE, f"`{name}` is a list of names, or null")
    return value


def is_number(value: object) -> bool:
    """Whether a value is a number, which true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)
