"""Tables of fields: what each takes, its range, its default and its meaning, from the pydantic models."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Sequence
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, WithJsonSchema
from pydantic.fields import FieldInfo

from loadcase.core.distributions import Dist
from loadcase.core.values import digits, show

UNITS = {
    "a duration": "s",
    "a size": "B",
    "a rate": "1/s",
    "a share": "ratio",
    "money per month": "USD/month",
}
"""The unit in which a default is kept, by what a field takes."""
STEPS = ("do", "fallback", "miss", "steps")
UNTYPED = {
    "writes": "a list of writes: `entity`, `key`, `amount`",
    "key": "an entity",
    "session": "an entity",
    "popularity": "a law, or a list of weights",
    "size": "a size, such as `300 B`",
    "pattern": "a pattern",
    "in_order": "`partition`, `none` or an entity",
    "faults": "a list of [faults](faults/index.md)",
    "fault": "a [fault](faults/index.md)",
}
"""What fields take that are read by more than their type."""


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; bars in the cells are escaped."""
    lines = ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def rows(model: type[BaseModel], names: Iterable[str] | None = None, base: str = "") -> list[tuple[str, ...]]:
    """(field, what it takes, default, meaning) of a model; `base` is the page that tells the fields of fields."""
    found: list[tuple[str, ...]] = []
    for name, info in model.model_fields.items():
        if names is None or name in names:
            found.append(
                (f"`{info.alias or name}`", takes(name, info, base), default(name, info), info.description or "")
            )
    return found


def field_table(model: type[BaseModel], names: Iterable[str] | None = None, base: str = "") -> str:
    """The table of `rows`."""
    return table(("field", "takes", "default", "meaning"), rows(model, names, base))


def takes(name: str, info: FieldInfo, base: str = "") -> str:
    """What may be written there, in words. Raises KeyError for a field without a type that says nothing."""
    if name in STEPS:
        return "steps"
    described = _described(info.metadata) or _annotation(info.annotation, base)
    return UNTYPED[name] if not described or (described.startswith("a list of [") and name in UNTYPED) else described


def _annotation(annotation: Any, base: str) -> str:
    origin = get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        parts = [_annotation(a, base) for a in get_args(annotation) if a is not type(None)]
        return ", or ".join(dict.fromkeys(p for p in parts if p))
    if origin is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(annotation))
    if origin is list:
        inner = _annotation(get_args(annotation)[0], base)
        return "a list of texts" if inner == "a text" else f"a list of {inner}" if inner.startswith("[") else "a list"
    if origin is dict:
        inner = _annotation(get_args(annotation)[1], base)
        if inner.startswith("["):
            return f"{inner} by name"
        return "texts by name" if inner == "a text" else f"{inner}, or one by verb"
    if origin is typing.Annotated:
        inner, *metadata = get_args(annotation)
        return _described(metadata) or _annotation(inner, base)
    if isinstance(annotation, type):
        if issubclass(annotation, bool):
            return "`true` or `false`"
        if issubclass(annotation, str):
            return "a text"
        if issubclass(annotation, BaseModel):
            return f"[{annotation.__name__.lower()}]({base}#{annotation.__name__.lower()})"
    return ""


def _described(metadata: Iterable[Any]) -> str:
    """A field type of `core.fields`: its name, its range and an example."""
    for item in metadata:
        if isinstance(item, WithJsonSchema):
            schema = item.json_schema or {}
            what = str(schema["description"]).split(",")[0]
            what = what[0].lower() + what[1:]
            if "drawn" in str(schema["description"]):
                return f"a duration or a law of durations, such as `{schema['examples'][1]}`"
            plain = schema["anyOf"][-1]
            least, most = plain.get("minimum", 0), plain.get("maximum")
            if not {"minimum", "const"} & plain.keys():
                return f"{what}, such as {' or '.join(f'`{example}`' for example in schema['examples'])}"
            span = (
                f"{digits(least)} to {'10^9' if most == 10**9 else digits(most)}" if most is not None else "0 or more"
            )
            return f"{what}, {span}, such as `{schema['examples'][0]}`"
    return ""


def default(name: str, info: FieldInfo) -> str:
    """The default as a blueprint would write it; `required`, or nothing."""
    if info.is_required():
        return "required"
    value = info.default_factory() if info.default_factory else info.default  # type: ignore[call-arg]
    return "" if value in (None, [], {}) else f"`{written(value, takes(name, info))}`"


def written(value: Any, what: str = "") -> str:
    """A value in base units as a blueprint writes it."""
    if isinstance(value, Dist):
        return value.text()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float | int):
        unit = UNITS.get(what.split(",")[0])
        return show(value, unit) if unit and value else digits(value)
    return str(value)
