"""Collects what is wrong with a document, each thing at its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from loadcase.blueprint.document import Document
from loadcase.blueprint.model import real
from loadcase.core.errors import BlueprintError, ExpressionError, LoadcaseError, Problem, UnitError, shorten, suggest

Path = tuple[str | int, ...]
M = TypeVar("M", bound=BaseModel)
MOST = 50
REMOVE = "take it out until then"
EXAMPLES = "write a quantity such as 250 ms, 5 /s or 300 B, or a formula over the estimates"


SHAPES = {
    "valid string": "write one line of text, in quotes if it has special characters",
    "valid list": "write a list: [one, two], or each on a line of its own after a dash",
    "valid dictionary": "write a mapping: {name: value}",
    "valid boolean": "write true or false",
    "valid integer": "write a whole number",
}
"""What to write where pydantic found another shape."""


class Problems:
    """Problems of one document; `moved` maps places that a variant laid over to the variant's own places."""

    def __init__(self, document: Document | None, file: str) -> None:
        self.document = document
        self.file = file
        self.found: list[Problem] = []
        self.moved: dict[Path, Path] = {}
        self.broken: set[str] = set()
        """Components that are declared, and wrong: what refers to them is not told again."""

    def add(self, code: str, message: str, path: Path, hint: str = "", *, key: bool = False, offset: int = 0) -> None:
        """Notes a problem at a path; with `key` the place is that of the key, not of the value."""
        problem = Problem(code, message, self.real(path), self.file, hint=hint, offset=offset)
        if self.document is not None:
            problem = self.document.locate(problem, key)
        self.found.append(replace(problem, path=path, offset=0))

    def real(self, path: Path) -> Path:
        """Where a value stands in the file: in a variant when that laid it over."""
        return real(path, self.moved)

    def error(self, error: LoadcaseError, path: Path, *, at: int = 0) -> None:
        """Notes an error that a parser raised about the value at a path, or about what stands `at` characters in it."""
        if isinstance(error, BlueprintError):
            for problem in error.problems:
                self.add(
                    problem.code, problem.message, problem.path or path, problem.hint or EXAMPLES, offset=problem.offset
                )
            return
        offset = error.column - 1 if isinstance(error, UnitError | ExpressionError) and error.column else 0
        self.add(error.code, error.message, path, error.hint or EXAMPLES, offset=at + offset)

    def unknown(
        self,
        what: str,
        name: object,
        known: Any,
        path: Path,
        code: str = "LC302",
        *,
        value: bool = False,
        at: int = 0,
    ) -> None:
        """Notes a name that does not exist, with the nearest that does, or all of them when they are few.

        The place is that of the key at the path, or with `value` that of the value, or `at` characters into it.
        """
        if isinstance(name, str) and name in self.broken:
            return
        names = sorted({str(k) for k in known})
        hint = suggest(name, names) if isinstance(name, str) else ""
        if not hint:
            shown = [shorten(n, 40) for n in names[:20]]
            hint = (
                f"known: {', '.join(shown)}{', ...' if len(names) > 20 else ''}" if names else f"there is no {what} yet"
            )
        got = f"unknown {what} {shorten(name)!r}" if isinstance(name, str) else f"unknown {what}: got {describe(name)}"
        self.add(code, got, path, hint, key=not value, offset=at)

    def check(self) -> None:
        """Raises BlueprintError when there are any, in the order of the file."""
        if self.found:
            unique = {(p.code, p.message, p.line, p.column): p for p in self.found}
            ordered = sorted(unique.values(), key=lambda p: (p.line, p.column))
            raise BlueprintError(ordered[:MOST])

    def model(self, cls: type[M], raw: Any, path: Path, scope: Mapping[str, Any]) -> M | None:
        """Validates a mapping as a model; notes every problem in it and gives None when there was one."""
        if not isinstance(raw, Mapping):
            self.add("LC303", f"expected a mapping of fields, got {describe(raw)}", path, f"fields: {fields_of(cls)}")
            return None
        try:
            return cls.model_validate(raw, context={"scope": scope})
        except ValidationError as error:
            for item in error.errors(include_url=False):
                self.one(cls, item, path)
            return None

    def one(self, cls: type[BaseModel], item: Any, path: Path) -> None:
        """One finding of pydantic in plain words."""
        kind = item["type"]
        named = len(item["loc"]) - (kind == "extra_forbidden")  # a name of the file is last, and may be anything
        loc = tuple(p for i, p in enumerate(item["loc"]) if i >= named or not _is_alternative(p))
        where = path + loc
        given = item.get("ctx") or {}
        if kind.startswith("LC"):
            self.add(kind, given["message"], where, given["hint"], offset=given["offset"])
        elif isinstance(given.get("error"), LoadcaseError):
            self.error(given["error"], where)
        elif kind == "extra_forbidden":
            inner = model_at(cls, loc[:-1])
            known = field_names(inner) if inner is not None else []
            self.unknown("field", loc[-1], known, where, "LC301")
        elif kind == "missing":
            self.add("LC304", f"{str(loc[-1])!r} is required here", path + loc[:-1], f"add {loc[-1]}: and its value",
                     key=True)  # fmt: skip
        elif kind == "literal_error":
            self.add("LC305", f"{shorten(str(item['input']))!r} is none of the possible values", where,
                     f"expected {item['ctx']['expected']}")  # fmt: skip
        elif kind in ("too_short", "too_long"):
            most, got = kind == "too_long", given["actual_length"]
            count = f"{'at most' if most else 'at least'} {given['max_length' if most else 'min_length']}"
            self.add("LC306", f"expected {count} entries, got {got}", where, "take some out" if most else "add to them")
        elif kind == "string_too_short":
            self.add("LC306", "expected some words, got none", where, "write them, or leave it out if it is optional")
        else:
            message = item["msg"].removeprefix("Value error, ")
            got = describe(item.get("input"))
            hint = next(
                (h for sign, h in SHAPES.items() if sign in message), "see `loadcase schema` for what stands here"
            )
            self.add("LC306", f"{message[:1].lower()}{message[1:]}; got {got}", where, hint)


def _is_alternative(part: Any) -> bool:
    """Whether a part of pydantic's location is the type that was tried, which no file has."""
    return isinstance(part, str) and ("[" in part or part in ("str", "constrained-str"))


def describe(value: Any) -> str:
    """What a raw value is, in words for a message."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(shorten(str(value)))


def field_names(cls: type[BaseModel]) -> list[str]:
    """Names of a model's fields as they are written."""
    return [info.alias or name for name, info in cls.model_fields.items()]


def fields_of(cls: type[BaseModel]) -> str:
    """The same in one line."""
    return ", ".join(field_names(cls)[:20])


def model_at(cls: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """The model that stands at a path in a model, through lists and mappings, if one does."""
    here: Any = cls
    for part in path:
        if isinstance(here, type) and issubclass(here, BaseModel):
            info = here.model_fields.get(str(part))
            here = _shape(info.annotation) if info is not None else None
        else:
            here = _shape(get_args(here)[-1]) if get_origin(here) in (list, dict) else None
    return here if isinstance(here, type) and issubclass(here, BaseModel) else None


def _shape(annotation: Any) -> Any:
    """The model, list or mapping in an annotation, past what is optional."""
    if get_origin(annotation) in (list, dict) or isinstance(annotation, type):
        return annotation
    found = [_shape(one) for one in get_args(annotation)]
    return next(
        (one for one in found if get_origin(one) or (isinstance(one, type) and issubclass(one, BaseModel))), None
    )
