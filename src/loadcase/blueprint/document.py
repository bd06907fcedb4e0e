"""The YAML file as plain data that remembers where everything stood.

YAML 1.2: ``12:30`` and ``yes`` stay text, and so do dates. Refused, with the place: duplicate and non-string keys,
tags, directives, several documents, and whatever is too large, too deep or expands too far through aliases.

| code | problem |
|---|---|
| LC101 | the file cannot be read |
| LC102 | not UTF-8, or characters that YAML does not allow |
| LC103 | YAML syntax |
| LC104 | duplicate key |
| LC105 | a key that is not text |
| LC106 | a tag or directive |
| LC107 | too large, too deep, or too many nodes or aliases |
| LC108 | empty, or not a mapping |
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, StreamMark
from ruamel.yaml.events import AliasEvent, Event, MappingStartEvent, ScalarEvent, SequenceStartEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.resolver import VersionedResolver

from loadcase.core.errors import BlueprintError, Path, Problem, shorten

MAX_BYTES = 1 << 20
MAX_DEPTH = 60
MAX_NODES = 50_000
MAX_ALIASES = 1_000
MAX_LINE = 20_000
MAX_DIGITS = 100

_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_TEXT = "tag:yaml.org,2002:str"
_MERGE = "tag:yaml.org,2002:merge"
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


class Document:
    """One YAML file: ``data`` is plain (dict, list, str, int, float, bool, None), ``tree`` keeps comments and places.

    Paths are tuples of keys and indexes: ``("flows", "send", "steps", 0)``. Lines and columns count from 1.
    """

    def __init__(self, text: str, tree: CommentedMap, data: dict[str, Any], file: str, yaml: YAML) -> None:
        self.text = text
        self.tree = tree
        self.data = data
        self.file = file
        self._yaml = yaml
        self._lines = text.splitlines()

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Document:
        """Read a file. Raises BlueprintError."""
        file = os.fspath(path)
        try:
            with FilePath(file).open("rb") as stream:
                content = stream.read(MAX_BYTES + 1)
        except (OSError, ValueError) as error:
            reason = (getattr(error, "strerror", None) or str(error)).lower()
            hint = "give the path of a blueprint, such as chat.yaml"
            raise BlueprintError(Problem("LC101", f"cannot read the file: {reason}", file=file, hint=hint)) from None
        return cls.parse(content, file)

    @classmethod
    def parse(cls, content: str | bytes, file: str = "<text>") -> Document:
        """Read YAML text; ``file`` is the name for messages. Raises BlueprintError."""
        text = _decode(content, file)
        lines = text.splitlines()
        try:
            tree, data, yaml = _read(text)
        except _RefusedError as refused:
            raise BlueprintError([_placed(problem, file, lines) for problem in refused.problems]) from None
        return cls(text, tree, data, file, yaml)

    def position(self, path: Path, key: bool = False) -> tuple[int, int]:
        """(line, column) of the value at ``path``, or of its key; of the nearest parent when nothing stands there."""
        node: Any = self.tree
        place = (self.tree.lc.line or 0, self.tree.lc.col or 0)
        for i, part in enumerate(path):
            found = _child_place(node, part, key and i == len(path) - 1)
            if found is None:
                break
            place = found
            node = node[part]
        return place[0] + 1, place[1] + 1

    def line_text(self, line: int) -> str:
        """The source of line ``line`` (from 1); empty outside the file."""
        return self._lines[line - 1] if 0 < line <= len(self._lines) else ""

    def locate(self, problem: Problem, key: bool = False) -> Problem:
        """The problem with file, line, column and source filled in from its path and offset."""
        line, column = self.position(problem.path, key)
        source = self.line_text(line)
        if problem.offset and not key:
            quoted = source[column - 1 : column] in ("'", '"')
            inside = column + problem.offset + quoted
            column = inside if inside <= len(source) + 1 and source[column - 1 : column] not in ("|", ">") else column
        return replace(problem, file=self.file, line=line, column=column, source=source)

    def dump(self) -> str:
        """The tree as YAML, comments kept; edits made in ``tree`` show, edits made in ``data`` do not."""
        stream = io.StringIO()
        self._yaml.dump(self.tree, stream)
        return stream.getvalue()


class _RefusedError(Exception):
    """Carries problems, with positions but without file and source, out of the parser."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(problems[0].message)
        self.problems = problems


class _Resolver(VersionedResolver):
    """Dates stay text, as the YAML 1.2 core schema has it."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        tag = super().resolve(kind, value, implicit)
        if str(tag) != _TIMESTAMP:
            return tag
        return super().resolve(kind, "text", implicit)


class _Composer(Composer):
    """Counts while it composes, so that a hostile file is left at its first excess."""

    level = 0
    nodes = 0
    aliases = 0

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.warn_double_anchors = False
        self.unfinished: list[str] = []
        self.merged: dict[int, int] = {}

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Event = self.parser.peek_event()
        mark: StreamMark = event.start_mark
        self.nodes += 1
        self.level += 1
        if self.nodes > MAX_NODES:
            raise _refused("LC107", f"more than {MAX_NODES} values in one file", mark, "split the design")
        if self.level > MAX_DEPTH:
            raise _refused("LC107", f"nested more than {MAX_DEPTH} deep", mark, "take a level out")
        if isinstance(event, AliasEvent):
            self.aliases += 1
            if self.aliases > MAX_ALIASES:
                raise _refused("LC107", f"more than {MAX_ALIASES} aliases in one file", mark, "repeat less by alias")
            anchor = str(event.anchor)
            if anchor in self.unfinished:
                message = f'the alias "{shorten(anchor)}" stands inside what it names'
                raise _refused("LC107", message, mark, "use an alias after its anchor has ended")
        elif isinstance(event, (ScalarEvent, SequenceStartEvent, MappingStartEvent)) and event.tag is not None:
            hint = "remove it; a blueprint is plain data, and text may be quoted"
            raise _refused("LC106", f'tags are not used in blueprints, got "{shorten(event.tag)}"', mark, hint)
        self.unfinished.append(str(getattr(event, "anchor", None) or "") * (not isinstance(event, AliasEvent)))
        node = super().compose_node(parent, index)
        self.unfinished.pop()
        self.level -= 1
        if isinstance(node, ScalarNode) and len(node.value) > MAX_DIGITS and str(node.tag) in _NUMBERS:
            raise _refused("LC107", f"a number of {len(node.value)} digits", mark, "put text in quotes")
        return node

    def compose_mapping_node(self, anchor: Any) -> Any:
        node: MappingNode = super().compose_mapping_node(anchor)
        self._check_keys(node)
        self._count_merged(node)
        return node

    def _count_merged(self, node: MappingNode) -> None:
        """Count what merge keys bring in, since each use copies it."""
        sources: list[Node] = []
        for key, value in node.value:
            if str(key.tag) == _MERGE:
                sources += value.value if isinstance(value, SequenceNode) else [value]
        brought = sum(self.merged.get(id(source), 0) for source in sources)
        self.merged[id(node)] = len(node.value) + brought
        self.nodes += brought
        if self.nodes > MAX_NODES:
            raise _refused("LC107", f"more than {MAX_NODES} values once <<: is merged", node.start_mark, "merge less")

    def _check_keys(self, node: MappingNode) -> None:
        seen: dict[str, Node] = {}
        problems: list[Problem] = []
        for key, _ in node.value:
            mark = key.start_mark
            if not isinstance(key, ScalarNode) or str(key.tag) not in (_TEXT, _MERGE):
                shown = shorten(key.value, 30) if isinstance(key, ScalarNode) else "a list or mapping"
                hint = f'put it in quotes: "{shown}"' if isinstance(key, ScalarNode) else "keys are names"
                problems.append(_problem("LC105", f"a key must be text, got {shown or 'nothing'}", mark, hint))
            elif key.value in seen:
                first = seen[key.value].start_mark
                message = f'"{shorten(key.value)}" stands twice in one mapping, first at line {first.line + 1}'
                message += f", column {first.column + 1}"
                problems.append(_problem("LC104", message, mark, "remove or rename one of them"))
            else:
                seen[key.value] = key
        if problems:
            raise _RefusedError(*problems[:20])


def _problem(code: str, message: str, mark: Any, hint: str = "") -> Problem:
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
    return Problem(code, message, line=line, column=column, hint=hint)


def _refused(code: str, message: str, mark: Any, hint: str = "") -> _RefusedError:
    return _RefusedError(_problem(code, message, mark, hint))


def _placed(problem: Problem, file: str, lines: list[str]) -> Problem:
    source = lines[problem.line - 1] if 0 < problem.line <= len(lines) else ""
    return replace(problem, file=file, source=source)


def _decode(content: str | bytes, file: str) -> str:
    """The text without a byte order mark; refuses what is too large or not UTF-8."""
    size = len(content) if isinstance(content, bytes) else len(content.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        hint = "a blueprint is one design; split it"
        raise BlueprintError(Problem("LC107", f"the file is larger than {MAX_BYTES // 1024} KiB", file=file, hint=hint))
    if isinstance(content, bytes):
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            before = content[: error.start]
            line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
            message = f"the file is not UTF-8 text: byte 0x{content[error.start]:02x}"
            problem = Problem("LC102", message, file=file, line=line, column=column, hint="save it as UTF-8")
            raise BlueprintError(problem) from None
    return content.removeprefix("\ufeff")


def _yaml() -> YAML:
    yaml = YAML(typ="rt")
    yaml.Composer = _Composer
    yaml.Resolver = _Resolver
    yaml.allow_duplicate_keys = True  # the composer has refused them, with both places
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _read(text: str) -> tuple[CommentedMap, dict[str, Any], YAML]:
    _check_lines(text)
    yaml = _yaml()
    try:
        tree = yaml.load(text)
    except ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1
        message = f"the character U+{ord(text[error.position]):04X} is not allowed in YAML"
        raise _RefusedError(Problem("LC102", message, line=line, column=column, hint="remove it")) from None
    except MarkedYAMLError as error:
        raise _syntax(error) from None
    except RecursionError:
        raise _refused("LC107", f"nested more than {MAX_DEPTH} deep", None, "take a level out") from None
    except _RefusedError:
        raise
    except Exception as error:  # whatever else the parser trips over in hostile text, the text is at fault
        reason = shorten(str(error).splitlines()[0] if str(error) else type(error).__name__, 100)
        raise _refused("LC103", f"cannot read the YAML: {reason}", None, "check quotes and indentation") from None
    if tree is None:
        raise _refused("LC108", "the file is empty", None, "a blueprint starts with loadcase: 1 and name: ...")
    if not isinstance(tree, CommentedMap):
        hint = "a blueprint starts with loadcase: 1 and name: ..."
        raise _RefusedError(Problem("LC108", f"expected a mapping, got {_kind(tree)}", line=1, column=1, hint=hint))
    return tree, _plain(tree), yaml


def _check_lines(text: str) -> None:
    """Refuse directives (which could switch to YAML 1.1) and endless lines, before the parser sees them."""
    opening = True
    for i, line in enumerate(text.splitlines(), 1):
        if len(line) > MAX_LINE:
            raise _RefusedError(
                Problem("LC107", f"a line is longer than {MAX_LINE} characters", line=i, hint="fold it")
            )
        if opening and line.startswith("%"):
            hint = "remove the line; blueprints are YAML 1.2"
            raise _RefusedError(Problem("LC106", "directives are not used in blueprints", line=i, column=1, hint=hint))
        opening = opening and (not line.strip() or line.lstrip().startswith("#"))


_SYNTAX_HINTS = {
    "'\\t'": "indent with spaces, not tabs",
    "mapping values are not allowed": "put text that holds ': ' in quotes, or check the indentation",
    "could not find expected ':'": "write key: value, with a space after the colon",
    "expected <block end>": "check the indentation: siblings start in the same column",
    "expected ',' or": "close the bracket, and put commas between entries",
    "quoted scalar": "close the quote",
    "undefined alias": "define it first with &name, or put the text in quotes",
    "expected a single document": "keep one design per file: remove the second ---",
    "expected alphabetic": "put text that starts with * or & in quotes",
    "cannot start any token": "put the text in quotes",
}


def _syntax(error: MarkedYAMLError) -> _RefusedError:
    said = " ".join(str(part) for part in (error.context, error.problem) if part)
    hint = next(
        (hint for sign, hint in _SYNTAX_HINTS.items() if sign in said), "check quotes, brackets and indentation"
    )
    return _refused("LC103", f"YAML syntax: {shorten(said, 200)}", error.problem_mark or error.context_mark, hint)


def _plain(tree: CommentedMap) -> dict[str, Any]:
    """Plain data, aliases expanded, without what a merge key would not show; counts what it makes."""
    made = 0

    def convert(node: Any, depth: int, place: tuple[int, int]) -> Any:
        nonlocal made
        made += 1
        if made > MAX_NODES or depth > MAX_DEPTH:
            what = f"nested more than {MAX_DEPTH} deep" if depth > MAX_DEPTH else f"more than {MAX_NODES} values"
            problem = Problem("LC107", f"{what} once aliases are expanded", line=place[0] + 1, column=place[1] + 1)
            raise _RefusedError(replace(problem, hint="repeat less by alias"))
        if isinstance(node, (CommentedMap, CommentedSeq)):
            place = (node.lc.line or 0, node.lc.col or 0)
        if isinstance(node, CommentedMap):
            return {str(key): convert(value, depth + 1, place) for key, value in node.items()}
        if isinstance(node, CommentedSeq):
            return [convert(value, depth + 1, place) for value in node]
        return _plain_scalar(node)

    result: dict[str, Any] = convert(tree, 1, (0, 0))
    return result


def _plain_scalar(node: Any) -> Any:
    """The built-in value behind ruamel's scalar classes, which remember their spelling."""
    if node is None or isinstance(node, bool):
        return node
    if type(node).__name__ == "ScalarBoolean":
        return bool(node)
    for kind in (str, int, float):
        if isinstance(node, kind):
            return kind(node)
    return str(node)


def _kind(node: Any) -> str:
    return "a list" if isinstance(node, CommentedSeq) else f'"{shorten(str(node), 30)}"'


def _child_place(node: Any, part: str | int, key: bool) -> tuple[int, int] | None:
    """(line, column) from 0 of a child or of its key, or None when ``node`` has no such child."""
    if isinstance(node, CommentedSeq) and isinstance(part, int) and 0 <= part < len(node):
        found = (node.lc.data or {}).get(part)
    elif isinstance(node, CommentedMap) and isinstance(part, str) and part in node:
        found = _own_or_merged(node, part)
        if found is not None:
            found = found[:2] if key else found[2:]
    else:
        return None
    if found is None:
        return (node.lc.line or 0, node.lc.col or 0)
    return found[0], found[1]


def _own_or_merged(node: CommentedMap, part: str) -> list[int] | None:
    """Where a key stands: in the mapping itself or in one that it merges by ``<<``."""
    return next((m.lc.data[part] for m in _merged(node, 0) if part in (m.lc.data or {})), None)


def _merged(node: CommentedMap, depth: int) -> Iterator[CommentedMap]:
    yield node
    if depth < MAX_DEPTH:
        for source in getattr(node, "merge", None) or ():
            if isinstance(source, CommentedMap):
                yield from _merged(source, depth + 1)


def plain(value: Any) -> Any:
    """A deep plain copy of data taken from ``tree``."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return _plain_scalar(value)
