"""Collects what is wrong with a document, each thing at its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from loadcase.blueprint.document import Document
from loadcase.core.errors import BlueprintError, ExpressionError, LoadcaseError, Problem, UnitError, shorten, suggest

Path = tuple[str | int, ...]
M = TypeVar("M", bound=BaseModel)
MOST = 50


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
        line = column = 0
        source = ""
        if self.document is not None:
            line, column = self.document.position(self.real(path), key=key)
            column += offset
            source = self.document.line_text(line)
        self.found.append(Problem(code, message, path, self.file, line, column, source, hint))

    def real(self, path: Path) -> Path:
        """Where a value stands in the file: in a variant when that laid it over."""
        for i in range(len(path), 0, -1):
            if path[:i] in self.moved:
                return self.moved[path[:i]] + path[i:]
        return path

    def error(self, error: LoadcaseError, path: Path) -> None:
        """Notes an error that a parser raised about the value at a path."""
        if isinstance(error, BlueprintError):
            for problem in error.problems:
                self.add(problem.code, problem.message, problem.path or path, problem.hint)
            return
        offset = error.column - 1 if isinstance(error, UnitError | ExpressionError) and error.column else 0
        self.add(error.code, error.message, path, error.hint, offset=offset)

    def unknown(self, what: str, name: object, known: Any, path: Path, code: str = "LC302") -> None:
        """Notes a name that does not exist, with the nearest that does, or all of them when they are few."""
        if isinstance(name, str) and name in self.broken:
            return
        names = sorted(str(k) for k in known)
        hint = suggest(str(name), names)
        if not hint and names:
            hint = f"known: {', '.join(names[:20])}{', ...' if len(names) > 20 else ''}"
        self.add(code, f"unknown {what} {shorten(str(name))!r}", path, hint, key=True)

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
        loc = tuple(
            p for p in item["loc"] if not (isinstance(p, str) and ("[" in p or p in ("str", "constrained-str")))
        )
        where = path + loc
        kind = item["type"]
        given = item.get("ctx") or {}
        if kind.startswith("LC"):
            self.add(kind, given["message"], where, given["hint"], offset=given["offset"])
        elif isinstance(given.get("error"), LoadcaseError):
            self.error(given["error"], where)
        elif kind == "extra_forbidden":
            inner: Any = cls
            for part in loc[:-1]:
                inner = inner_model(inner, part)
            known = field_names(inner) if inner is not None else []
            self.unknown("field", loc[-1], known, where, "LC301")
        elif kind == "missing":
            self.add("LC304", f"{str(loc[-1])!r} is required here", path + loc[:-1], key=True)
        elif kind == "literal_error":
            self.add("LC305", f"{shorten(str(item['input']))!r} is none of the possible values", where,
                     f"expected {item['ctx']['expected']}")  # fmt: skip
        else:
            message = item["msg"].removeprefix("Value error, ")
            got = describe(item.get("input"))
            self.add("LC306", f"{message[:1].lower()}{message[1:]}; got {got}", where)


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


def inner_model(cls: Any, part: Any) -> Any:
    """The model of a field of a model, if it is one."""
    info = getattr(cls, "model_fields", {}).get(part)
    if info is None:
        return None
    stack = [info.annotation]
    while stack:
        one = stack.pop()
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one
        stack.extend(getattr(one, "__args__", ()))
    return None
