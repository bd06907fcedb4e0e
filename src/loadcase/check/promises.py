"""The contract that a recorded history is judged by: a list of guarantees, or that of a blueprint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any

from loadcase.blueprint.contract import GuaranteeParser
from loadcase.blueprint.document import Document, read_bounded
from loadcase.blueprint.model import Guarantee
from loadcase.blueprint.problems import Path, Problems, describe
from loadcase.core.errors import BlueprintError, LoadcaseError, Problem
from loadcase.core.expressions import evaluate_all
from loadcase.core.metrics import (
    CORRECTNESS,
    METRICS,
    MetricSpec,
    correctness_metric,
    flow_metric,
    metric_names,
)

HINT = "a list of guarantees such as `- message.lost == 0`, or a blueprint with requirements.contract"


@dataclass(frozen=True)
class Promises:
    """Guarantees, and where each stands: (line, column) by its text."""

    file: str
    guarantees: tuple[Guarantee, ...]
    places: Mapping[str, tuple[int, int]]


class _Parser(GuaranteeParser):
    """Guarantees about a recorded history: any flow, entity or component may be named."""

    def metric(self, name: str, path: Path) -> MetricSpec | None:
        """The metric that a guarantee speaks of; None when there is none such, which is noted."""
        target, _, what = name.partition(".")
        found = correctness_metric(what) or flow_metric(what)
        found = found or next((m for m in METRICS if m.name == (what or target)), None)
        if found is None:
            known = [*metric_names("flow"), *(m.name for m in CORRECTNESS)]
            self.problems.unknown("metric", what or target, known, path, "LC341")
        return found


def read_promises(path: str | FilePath) -> Promises:
    """Reads the contract from a YAML file: a list, a mapping with `contract`, or a blueprint (or its folder).

    Raises UsageError when it cannot be read, BlueprintError for what is wrong in it.
    """
    file = FilePath(path)
    if file.is_dir():
        file = file / "blueprint.yaml"
    content = read_bounded(str(file))
    document = _document(content, str(file))
    problems = Problems(document, str(file))
    data, places = document.data, document
    lines, under = _lines(data, problems)
    scope = {n: e.value for n, e in _estimates(data, problems).items()}
    parser = _Parser(problems, scope)
    found = [parser.guarantee(text, (*under, i)) for i, text in enumerate(lines)]
    problems.check()
    good = [g for g in found if g is not None]
    return Promises(str(file), tuple(good), {g.text: places.position(g.path) for g in good})


def promise(text: str) -> Guarantee:
    """One guarantee, such as `message.lost == 0`, or a bare metric of correctness, which is meant to be 0.

    Raises BlueprintError.
    """
    line = text if any(c in text for c in "<>=") else f"{text} == 0"
    problems = Problems(None, "the guarantee")
    found = _Parser(problems, {}).guarantee(line, ())
    problems.check()
    assert found is not None
    return found


def _lines(data: Mapping[str, Any], problems: Problems) -> tuple[list[Any], Path]:
    under: Path = ("contract",) if "contract" in data else ("requirements", "contract")
    found: Any = data
    for part in under:
        found = found.get(part) if isinstance(found, Mapping) else None
    if not isinstance(found, list) or not found:
        problems.add("LC303", f"expected a contract, got {describe(found)}", under, HINT)
        problems.check()
        return [], under
    return found, under


def _estimates(data: Mapping[str, Any], problems: Problems) -> Mapping[str, Any]:
    raw = data.get("estimates")
    raw = raw if isinstance(raw, Mapping) else {}
    good = {n: v for n, v in raw.items() if isinstance(v, str | int | float) and not isinstance(v, bool)}
    try:
        return evaluate_all(good)
    except LoadcaseError as error:
        problems.error(error, ("estimates",))
        return {}


class _Listed(Document):
    """A document whose first line is not the file's: the list stands under a key of our own."""

    def position(self, path: Path, key: bool = False) -> tuple[int, int]:
        line, column = super().position(path, key)
        return max(1, line - 1), column

    def line_text(self, line: int) -> str:
        return super().line_text(line + 1)


def _document(content: bytes, file: str) -> Document:
    """A blueprint, a mapping, or a bare list of dashes."""
    text = content.removeprefix(b"\xef\xbb\xbf")
    rows = [row.strip() for row in text.splitlines()]
    opening = next((i for i, row in enumerate(rows) if row and not row.startswith(b"#")), 0)
    if rows and rows[opening] == b"---":  # may open a document, and not stand inside one
        text = b"\n".join(b"" if i == opening else row for i, row in enumerate(text.splitlines()))
    first = next((row for row in text.splitlines() if row.strip() and not row.strip().startswith(b"#")), b"")
    if not first.startswith(b"-"):
        try:
            return Document.parse(content, file)
        except BlueprintError as error:
            raise BlueprintError([_hinted(p) for p in error.problems]) from None
    try:
        return _Listed.parse(b"contract:\n" + text, file)
    except BlueprintError as error:
        raise BlueprintError([replace(p, line=max(1, p.line - 1)) for p in error.problems]) from None


def _hinted(problem: Problem) -> Problem:
    return replace(problem, hint=HINT) if problem.code == "LC108" else problem
