"""A design under the rules: what is found, what comments silence, and what can be mended in the file."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from loadcase.blueprint.document import edited
from loadcase.blueprint.load import loads
from loadcase.blueprint.model import Blueprint, real
from loadcase.core.errors import BlueprintError, Path
from loadcase.review.design import Design
from loadcase.review.rule import SEVERITIES, Edit, Found, Rule, Severity
from loadcase.review.settings import Settings

ROUNDS = 10
"""Times that a file is mended; one fix may uncover another flaw."""


@dataclass(frozen=True)
class Finding:
    """A flaw of a design. `line` and `column` count from 1; 0 for a blueprint that was built in code."""

    code: str
    rule: str
    severity: Severity
    message: str
    hint: str
    path: Path
    file: str = ""
    line: int = 0
    column: int = 0
    source: str = ""
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True)
class Review:
    """What is wrong with a design, in the order of its lines. `allowed` are those that comments have silenced."""

    blueprint: str
    file: str
    findings: tuple[Finding, ...]
    allowed: tuple[Finding, ...] = ()

    def count(self, severity: Severity) -> int:
        """How many there are of a severity."""
        return sum(f.severity == severity for f in self.findings)

    @property
    def failed(self) -> bool:
        """Whether there is an error among them."""
        return self.count("error") > 0


def review(blueprint: Blueprint, settings: Settings | None = None) -> Review:
    """Looks at a design with the rules of the settings."""
    settings = settings or Settings()
    design = Design(blueprint)
    found: list[Finding] = []
    allowed: list[Finding] = []
    chosen = settings.chosen()
    design.looked = frozenset(r.name for r in chosen if not r.deep)
    for rule in sorted(chosen, key=lambda r: r.last):
        for one in rule.look(design):
            finding = _finding(blueprint, rule, one, settings.severity)
            comment = None if rule.last else design.allow_at(finding.line, rule.name, rule.code)
            if comment is None:
                found.append(finding)
            else:
                comment.used.add(rule.name)
                allowed.append(finding)
    file = blueprint.document.file if blueprint.document is not None else ""
    order = sorted(dict.fromkeys(found), key=lambda f: (f.line, f.column, SEVERITIES.index(f.severity), f.code))
    return Review(blueprint.name, file, tuple(order), tuple(allowed))


def _finding(b: Blueprint, rule: Rule, one: Found, changed: Mapping[str, Severity]) -> Finding:
    severity = changed.get(rule.name) or one.severity or rule.severity
    finding = Finding(rule.code, rule.name, severity, one.message, one.hint, one.path, edits=one.edits)
    if b.document is None:
        return finding
    path = real(one.path, b.moved)
    line, column = one.place or b.document.position(path, key=one.key)
    return replace(finding, file=b.document.file, line=line, column=column, source=b.document.line_text(line))


def mended(blueprint: Blueprint, settings: Settings | None = None) -> tuple[Blueprint, int]:
    """The design with everything mended that can be without a choice of the author's, and how much was.

    Comments and layout of its file are kept. What would make the file invalid is left as it is.
    """
    count = 0
    refused: set[tuple[str, Path]] = set()
    for _ in range(ROUNDS):
        mending = [f for f in review(blueprint, settings).findings if f.edits and (f.rule, f.path) not in refused]
        if not mending:
            break
        for finding in mending:
            better = _edited(blueprint, finding.edits)
            if better is None:
                refused.add((finding.rule, finding.path))
            else:
                blueprint, count = better, count + 1
    return blueprint, count


def fixed(blueprint: Blueprint, finding: Finding) -> Blueprint | None:
    """The design with what one finding proposes; None where that does not fit into it. Comments and layout are kept."""
    return _edited(blueprint, finding.edits)


def _edited(blueprint: Blueprint, edits: tuple[Edit, ...]) -> Blueprint | None:
    """The design after some edits; None where they do not fit into it any more."""
    if blueprint.document is None:
        return None
    data = copy.deepcopy(blueprint.document.data)
    for edit in edits:
        if not _set(data, edit.path, edit.value):
            return None
    text = edited(blueprint.document, data)
    if text is None:
        return None
    try:
        return loads(text, blueprint.document.file)
    except BlueprintError:
        return None


def _set(data: Any, path: Path, value: Any) -> bool:
    """Sets a value in nested data; a step that is written as its bare name becomes a mapping first."""
    for i, part in enumerate(path[:-1]):
        inner = _at(data, part)
        if inner is _NOTHING:
            return False
        if isinstance(inner, str) and i + 2 == len(path):
            data[part] = {inner: {path[-1]: value}}
            return True
        if inner is None:
            inner = data[part] = {}
        data = inner
    if not isinstance(data, dict) or data.get(path[-1]) == value:
        return False
    data[path[-1]] = value
    return True


def _at(data: Any, part: str | int) -> Any:
    if isinstance(data, dict):
        return data.get(part, _NOTHING)
    return data[part] if isinstance(data, list) and isinstance(part, int) and part < len(data) else _NOTHING


_NOTHING = object()
