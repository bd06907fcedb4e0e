"""A review for people, for programs, for code scanning (SARIF) and for GitHub."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from loadcase import __version__
from loadcase.core.errors import Problem, dotted, render
from loadcase.deep.ablation import Ablation
from loadcase.report.ci import finding_line
from loadcase.report.deep import deep_json
from loadcase.review.catalogue import rules
from loadcase.review.reviewing import Finding, Review
from loadcase.review.rule import SEVERITIES, Rule, blueprint_of

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def review_text(review: Review, color: bool = False, fixed: int | None = None) -> str:
    """Every finding as compilers show them, and a line that counts them."""
    parts = [render(problem_of(f), color, f.severity) for f in review.findings]
    return "\n".join([*parts, summary(review, fixed)]) + "\n"


def summary(review: Review, fixed: int | None = None) -> str:
    """How many there are."""
    counts = [(review.count(s), s) for s in SEVERITIES]
    found = ", ".join(f"{n} {s}{'s'[: n != 1]}" for n, s in counts if n) or "nothing found"
    more = []
    if fixed:
        more.append(f"{fixed} mended")
    mendable = sum(bool(f.edits) for f in review.findings)
    if mendable and fixed is None:
        more.append(f"--fix mends {mendable}")
    if review.allowed:
        more.append(f"{len(review.allowed)} allowed by comments")
    return f"{review.blueprint}: {'; '.join([found, *more])}"


def problem_of(finding: Finding) -> Problem:
    """A finding in the shape of an error."""
    f = finding
    return Problem(f.code, f"{f.rule}: {f.message}", f.path, f.file, f.line, f.column, f.source, f.hint)


def review_json(
    reviews: Sequence[Review], fixed: Sequence[int], diff: str | None = None, deep: Sequence[Ablation | None] = ()
) -> dict[str, Any]:
    """`review --format json`: an entry for each blueprint."""
    deep = deep or [None] * len(reviews)
    return {
        "designs": [
            {
                "blueprint": r.blueprint,
                "file": r.file,
                "errors": r.count("error"),
                "warnings": r.count("warning"),
                "notes": r.count("note"),
                "fixed": n,
                "findings": [finding_json(f) for f in r.findings],
                "allowed": [finding_json(f) for f in r.allowed],
                "deep": deep_json(d),
            }
            for r, n, d in zip(reviews, fixed, deep, strict=True)
        ],
        "diff": diff,
    }


def finding_json(f: Finding) -> dict[str, Any]:
    """One finding."""
    return {
        "rule": f.rule,
        "code": f.code,
        "severity": f.severity,
        "message": f.message,
        "hint": f.hint,
        "path": dotted(f.path),
        "line": f.line,
        "column": f.column,
        "fixable": bool(f.edits),
    }


def review_github(reviews: Sequence[Review]) -> str:
    """An annotation at the line of each finding."""
    lines = [
        finding_line(f.severity, f.file, (f.line, f.column), f"{f.code} {f.rule}", f"{f.message} ({f.hint})")
        for r in reviews
        for f in r.findings
    ]
    return "\n".join(lines) + ("\n" if lines else "")


def review_sarif(reviews: Sequence[Review]) -> dict[str, Any]:
    """SARIF 2.1.0, for code scanning; what a comment allows is there as suppressed."""
    order = list(rules())
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "loadcase",
                        "version": __version__,
                        "rules": [_sarif_rule(rule) for rule in rules().values()],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [
                    _sarif_result(f, order.index(f.rule), allowed)
                    for r in reviews
                    for found, allowed in ((r.findings, False), (r.allowed, True))
                    for f in found
                ],
            }
        ],
    }


def _sarif_rule(rule: Rule) -> dict[str, Any]:
    told = rule.told()
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": f"{told['What']} {told['Why']}"},
        "help": {"text": f"{told['Why']} Source: {told['Source']}"},
        "defaultConfiguration": {"level": rule.severity},
    }


def _sarif_result(f: Finding, index: int, allowed: bool) -> dict[str, Any]:
    file = Path(f.file)
    found: dict[str, Any] = {
        "ruleId": f.code,
        "ruleIndex": index,
        "level": f.severity,
        "message": {"text": f"{f.message}; {f.hint}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": file.as_uri() if file.is_absolute() else file.as_posix()},
                    "region": {"startLine": max(1, f.line), "startColumn": max(1, f.column)},
                }
            }
        ],
    }
    return {**found, "suppressions": [{"kind": "inSource"}]} if allowed else found


def diff_text(file: str, before: str, after: str) -> str:
    """What a fix changes, as a unified diff; empty where it changes nothing."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{file}", f"b/{file}"
    )
    return "".join(line if line.endswith("\n") else line + "\n" for line in lines)


def explain_text(rule: Rule) -> str:
    """A rule for people: what it finds, why, from where, and an example of each kind."""
    told = rule.told()
    fix = ", --fix mends it" if rule.fixes else ", found by --deep" if rule.deep else ""
    parts = [f"{rule.name} ({rule.code}, {rule.severity}{fix})", rule.summary]
    parts += [f"{name}: {text}" for name, text in told.items()]
    parts += ["Reported, at the lines marked # <-:\n\n" + _indented(rule.invalid[0])]
    parts += ["Not reported:\n\n" + _indented(rule.valid[0])]
    parts += [f"To allow it on a line: # loadcase: allow {rule.name} because REASON"] if not rule.last else []
    return "\n\n".join(parts) + "\n"


def rules_json(chosen: Iterable[Rule]) -> dict[str, Any]:
    """`review --explain RULE --format json`."""
    return {
        "rules": [
            {
                "rule": rule.name,
                "code": rule.code,
                "severity": rule.severity,
                "fixable": rule.fixes,
                "summary": rule.summary,
                **{name.lower(): text for name, text in rule.told().items()},
                "covers": list(rule.covers),
            }
            for rule in chosen
        ]
    }


def _indented(example: str) -> str:
    return "\n".join(f"    {line}" for line in blueprint_of(example).rstrip().splitlines())


def rules_text() -> str:
    """Every rule in a line."""
    width = max(len(name) for name in rules())
    return "".join(f"{r.code}  {r.severity:<7}  {name:<{width}}  {r.summary}\n" for name, r in rules().items())
