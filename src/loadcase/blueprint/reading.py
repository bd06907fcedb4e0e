"""YAML text to a tree and to plain data, and what is refused on the way.

The limits hold before memory or time is spent: lines and directives are looked at before the parser sees the text,
nodes, levels and aliases are counted while it composes, and expansion is counted while it is copied out.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, StreamMark
from ruamel.yaml.events import AliasEvent, Event, MappingStartEvent, ScalarEvent, SequenceStartEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.resolver import VersionedResolver

from loadcase.core.errors import Problem, shorten

MAX_DEPTH = 60
MAX_NODES = 50_000
MAX_ALIASES = 1_000
MAX_LINE = 20_000
MAX_DIGITS = 100

_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_TEXT = "tag:yaml.org,2002:str"
_MERGE = "tag:yaml.org,2002:merge"
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


def split_lines(text: str) -> list[str]:
    """The lines as YAML 1.2 counts them: U+0085 and U+2028 end none, although ``str.splitlines`` has it so."""
    return re.split(r"\r\n|\n|\r", text)


class RefusedError(Exception):
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
            raise RefusedError(*problems[:20])


def _problem(code: str, message: str, mark: Any, hint: str = "") -> Problem:
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    return Problem(code, message, line=line, column=column, hint=hint)


def _refused(code: str, message: str, mark: Any, hint: str = "") -> RefusedError:
    return RefusedError(_problem(code, message, mark, hint))


def new_yaml() -> YAML:
    yaml = YAML(typ="rt")
    yaml.Composer = _Composer
    yaml.Resolver = _Resolver
    yaml.allow_duplicate_keys = True  # the composer has refused them, with both places
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def read_yaml(text: str) -> tuple[CommentedMap, dict[str, Any], YAML]:
    _check_lines(text)
    yaml = new_yaml()
    try:
        tree = yaml.load(text)
    except ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1
        message = f"the character U+{ord(text[error.position]):04X} is not allowed in YAML"
        raise RefusedError(Problem("LC102", message, line=line, column=column, hint="remove it")) from None
    except MarkedYAMLError as error:
        raise _syntax(error) from None
    except RecursionError:
        raise _refused("LC107", f"nested more than {MAX_DEPTH} deep", None, "take a level out") from None
    except RefusedError:
        raise
    except Exception as error:  # whatever else the parser trips over in hostile text, the text is at fault
        reason = shorten(str(error).splitlines()[0] if str(error) else type(error).__name__, 100)
        raise _refused("LC103", f"cannot read the YAML: {reason}", None, "check quotes and indentation") from None
    if tree is None:
        raise _refused("LC108", "the file is empty", None, "a blueprint starts with loadcase: 1 and name: ...")
    if not isinstance(tree, CommentedMap):
        hint = "a blueprint starts with loadcase: 1 and name: ..."
        raise RefusedError(Problem("LC108", f"expected a mapping, got {_kind(tree)}", line=1, column=1, hint=hint))
    return tree, plain_data(tree), yaml


def _check_lines(text: str) -> None:
    """Refuse directives (which could switch to YAML 1.1) and endless lines, before the parser sees them."""
    opening = True
    for i, line in enumerate(split_lines(text), 1):
        if len(line) > MAX_LINE:
            raise RefusedError(
                Problem("LC107", f"a line is longer than {MAX_LINE} characters", line=i, column=1, hint="fold it")
            )
        if opening and line.startswith("%"):
            hint = "remove the line; blueprints are YAML 1.2"
            raise RefusedError(Problem("LC106", "directives are not used in blueprints", line=i, column=1, hint=hint))
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
    "<document start>": "write key: value on each line, and nothing before the first",
    "cannot start any token": "put the text in quotes",
}


def _syntax(error: MarkedYAMLError) -> RefusedError:
    said = " ".join(str(part) for part in (error.context, error.problem) if part)
    hint = next(
        (hint for sign, hint in _SYNTAX_HINTS.items() if sign in said), "check quotes, brackets and indentation"
    )
    mark = error.problem_mark or error.context_mark
    start = error.context_mark
    if start is not None and "unexpected end of stream" in said:
        mark = start  # what is never closed is mended where it opens, not at the end of the file
    elif start is not None and "expected ',' or" in said:
        where = f"line {start.line + 1}, column {start.column + 1}"
        hint = f"close the bracket that opens at {where}, or add the comma that is missing"
    elif "but found ']'" in said or "but found '}'" in said:
        hint = "this bracket closes nothing: remove it"
    return _refused("LC103", f"YAML syntax: {shorten(said, 200)}", mark, hint)


def plain_data(tree: CommentedMap) -> dict[str, Any]:
    """Plain data, aliases expanded, without what a merge key would not show; counts what it makes."""
    made = 0

    def convert(node: Any, depth: int, place: tuple[int, int]) -> Any:
        nonlocal made
        made += 1
        if made > MAX_NODES or depth > MAX_DEPTH:
            what = f"nested more than {MAX_DEPTH} deep" if depth > MAX_DEPTH else f"more than {MAX_NODES} values"
            problem = Problem("LC107", f"{what} once aliases are expanded", line=place[0] + 1, column=place[1] + 1)
            raise RefusedError(replace(problem, hint="repeat less by alias"))
        if isinstance(node, (CommentedMap, CommentedSeq)):
            place = (node.lc.line or 0, node.lc.col or 0)
        if isinstance(node, CommentedMap):
            return {str(key): convert(value, depth + 1, place) for key, value in node.items()}
        if isinstance(node, CommentedSeq):
            return [convert(value, depth + 1, place) for value in node]
        return plain_scalar(node)

    result: dict[str, Any] = convert(tree, 1, (0, 0))
    return result


def plain_scalar(node: Any) -> Any:
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
