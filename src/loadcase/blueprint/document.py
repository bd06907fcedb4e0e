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
import stat
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from loadcase.blueprint.layout import keep_layout
from loadcase.blueprint.reading import MAX_DEPTH, RefusedError, new_yaml, plain_scalar, read_yaml, split_lines
from loadcase.core.errors import BlueprintError, Path, Problem, UsageError, shorten

MAX_BYTES = 1 << 20


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
        self._lines = split_lines(text)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Document:
        """Read a file. Raises UsageError when it cannot be read, BlueprintError for what is in it."""
        file = os.fspath(path)
        return cls.parse(read_bounded(file), file)

    @classmethod
    def parse(cls, content: str | bytes, file: str = "<text>") -> Document:
        """Read YAML text; ``file`` is the name for messages. Raises BlueprintError."""
        text = _decode(content, file)
        lines = split_lines(text)
        try:
            tree, data, yaml = read_yaml(text)
        except RefusedError as refused:
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
        if problem.offset:
            first = source[column - 1 : column]
            inside = column + problem.offset + (first in ("'", '"'))
            column = inside if first not in ("|", ">", "&", "*") and inside <= len(source) + 1 else column
        return replace(problem, file=self.file, line=line, column=column, source=source)

    def dump(self) -> str:
        """The text as it was read (but for a byte order mark), with the edits that were made in ``tree``.

        Comments and layout are kept; where an edit leaves no other way, first the layout goes, then the comments.
        Edits made in ``data`` do not show.
        """
        tree, _, yaml = read_yaml(self.text)
        before, after = _written(yaml, tree), _written(self._yaml, self.tree)
        if after == before:
            return self.text
        wanted = repr(plain(self.tree))
        for tight in (True, False):
            kept = keep_layout(self.text, before, after, tight)
            if kept is not None and _reads_as(kept, wanted):
                return kept
        return after if _reads_as(after, wanted) else _written(new_yaml(), plain(self.tree))


def edited(document: Document, after: Any) -> str | None:
    """The text of a document as it has to be for its data to be other ones; None where aliases stand in the way."""
    copy = Document.parse(document.text, document.file)
    _edit(copy.tree, copy.data, after)
    text = copy.dump()
    return text if _reads_as(text, repr(after)) else None


def _edit(tree: Any, before: Any, after: Any) -> None:
    """Makes a tree that holds one state of the data hold the other, touching what differs alone."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [k for k in before if k not in after]:
            del tree[key]
        for key, value in after.items():
            if key not in before:
                tree[key] = value
            elif value != before[key] or type(value) is not type(before[key]):
                if _alike(before[key], value):
                    _edit(tree[key], before[key], value)
                else:
                    tree[key] = value
        return
    for i, (old, new) in enumerate(zip(before, after, strict=True)):
        if _alike(old, new):
            _edit(tree[i], old, new)
        elif old != new:
            tree[i] = new


def _alike(before: Any, after: Any) -> bool:
    """Whether both are mappings, or lists of one length."""
    lists = isinstance(before, list) and isinstance(after, list) and len(before) == len(after)
    return lists or (isinstance(before, dict) and isinstance(after, dict))


def read_bounded(file: str, limit: int = MAX_BYTES) -> bytes:
    """At most ``limit`` + 1 bytes of a regular file: never more, and without waiting for a pipe or a device.

    Raises UsageError (LC101).
    """
    hint = "pass a blueprint file, or a folder that holds blueprint.yaml"
    try:
        handle = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        try:
            mode = os.fstat(handle).st_mode
            if not stat.S_ISREG(mode):
                what = "a folder" if stat.S_ISDIR(mode) else "a pipe or a device, not a file"
                hint = hint if stat.S_ISDIR(mode) else "save the blueprint to a file first"
                raise UsageError(f"cannot read {shorten(file, 200)}: it is {what}", hint=hint, code="LC101")
            with os.fdopen(handle, "rb", closefd=False) as stream:
                content: bytes | None = stream.read(limit + 1)
            if content is None:  # files of the kernel that would wait for more
                raise UsageError(f"cannot read {shorten(file, 200)}: nothing is there yet", hint=hint, code="LC101")
            return content
        finally:
            os.close(handle)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot read {shorten(file, 200)}: {reason}", hint=hint, code="LC101") from None


def _written(yaml: YAML, tree: Any) -> str:
    stream = io.StringIO()
    yaml.dump(tree, stream)
    return stream.getvalue()


def written(data: Any) -> str:
    """Plain data as YAML text."""
    return _written(new_yaml(), plain(data))


def _reads_as(text: str, wanted: str) -> bool:
    try:
        return repr(read_yaml(text)[1]) == wanted
    except RefusedError:
        return False


def _placed(problem: Problem, file: str, lines: list[str]) -> Problem:
    source = lines[problem.line - 1] if 0 < problem.line <= len(lines) else ""
    return replace(problem, file=file, source=source)


def _decode(content: str | bytes, file: str) -> str:
    """The text without a byte order mark; refuses what is too large or not UTF-8."""
    size = len(content) if isinstance(content, bytes) else len(content.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        hint = "a blueprint is one design; split it"
        message = f"the file is larger than {MAX_BYTES // 1024} KiB"
        raise BlueprintError(Problem("LC107", message, file=file, line=1, column=1, hint=hint))
    if isinstance(content, bytes):
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            before = content[: error.start].decode("utf-8-sig", "replace")
            lines = split_lines(content.decode("utf-8-sig", "replace"))
            line, column = len(split_lines(before)), len(split_lines(before)[-1]) + 1
            message = f"the file is not UTF-8 text: byte 0x{content[error.start]:02x}"
            problem = Problem("LC102", message, file=file, line=line, column=column, hint="save it as UTF-8")
            raise BlueprintError(_placed(problem, file, lines)) from None
    return content.removeprefix("\ufeff")


def _child_place(node: Any, part: str | int, key: bool) -> tuple[int, int] | None:
    """(line, column) from 0 of a child or of its key, or None when ``node`` has no such child."""
    if isinstance(node, CommentedSeq) and isinstance(part, int) and 0 <= part < len(node):
        found = (node.lc.data or {}).get(part)
    elif isinstance(node, CommentedMap) and isinstance(part, str) and part in node:
        found = _own_or_merged(node, part)
        if found is not None:
            missing = node[part] is None and found[2] != found[0]  # the key shows where
            found = found[:2] if key or missing else found[2:]
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
    return plain_scalar(value)
