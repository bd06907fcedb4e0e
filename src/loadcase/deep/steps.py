"""Steps as the file has them, rewritten: each keeps the place where it stood, wherever it is moved."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from loadcase.core.errors import Path

Change = Callable[[str, "Body"], list[Any] | None]


class Body(dict[str, Any]):
    """The options of a step, and their place in the document."""

    def __init__(self, value: Any, path: Path) -> None:
        super().__init__(value)
        self.path = path


def marked(value: Any, path: Path) -> Any:
    """A copy of nested steps in which every mapping knows its place."""
    if isinstance(value, dict):
        return Body({k: marked(v, (*path, k)) for k, v in value.items()}, path)
    if isinstance(value, list):
        return [marked(v, (*path, i)) for i, v in enumerate(value)]
    return value


def rewritten(value: Any, components: Collection[str], change: Change) -> Any:
    """A copy of nested steps with calls exchanged: `change` gives the steps for `component.verb`, None to keep it.

    What is inside a call comes first, so that `change` sees it as it will be.
    """
    if isinstance(value, dict):
        return Body({k: rewritten(v, components, change) for k, v in value.items()}, getattr(value, "path", ()))
    if not isinstance(value, list):
        return value
    found: list[Any] = []
    for item in value:
        inner = rewritten(item, components, change)
        name = call_of(inner, components)
        new = None if name is None else change(name, _body(inner))
        found += [inner] if new is None else new
    return found


def calls(value: Any, components: Collection[str]) -> Iterator[tuple[str, Body]]:
    """Every call in nested steps with its options, callers before what they call."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from calls(inner, components)
    elif isinstance(value, list):
        for item in value:
            name = call_of(item, components)
            if name is not None:
                yield name, _body(item)
            yield from calls(item, components)


def lists(value: Any) -> Iterator[list[Any]]:
    """Every list in nested steps."""
    if isinstance(value, list):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from lists(inner)


def call_of(item: Any, components: Collection[str]) -> str | None:
    """The `component.verb` that an item of a list of steps calls; None where it is no call."""
    name = next(iter(item)) if isinstance(item, dict) and len(item) == 1 else item
    return name if isinstance(name, str) and "." in name and name.partition(".")[0] in components else None


def _body(item: Any) -> Body:
    body = next(iter(item.values())) if isinstance(item, dict) else None
    return body if isinstance(body, Body) else Body({}, ())
