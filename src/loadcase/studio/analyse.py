"""What a text is as a design: problems at their places, the closed form, the diagram, what is in it, what is wrong."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadcase import api
from loadcase.blueprint.load import loads
from loadcase.blueprint.model import Blueprint, Case
from loadcase.core.errors import BlueprintError, LoadcaseError, Problem, UsageError, shorten
from loadcase.core.values import show
from loadcase.draw.diagram import Diagram
from loadcase.draw.graph import graph
from loadcase.draw.layout import place
from loadcase.faults import faults

if TYPE_CHECKING:
    from loadcase.estimate.estimate import EstimateReport

FILE = "blueprint.yaml"
_WORD = re.compile(r"\"[^\"]*\"|'[^']*'|[^\s,\[\]{}#][^,\[\]{}#\n]*")


@lru_cache(maxsize=16)
def design(text: str, variant: str | None = None) -> Blueprint:
    """The design that a text is; kept, as most questions are about the last one. Raises BlueprintError, UsageError."""
    return loads(text, FILE, variant)


@lru_cache(maxsize=32)
def placed(drawing: Diagram) -> Diagram:
    """The drawing with its places; most keys that are typed change nothing of it."""
    return place(drawing)


def analyse(text: str, case: str | None, variant: str | None) -> dict[str, Any]:
    """Everything that is shown while somebody types. Broken text has problems, and null for the rest."""
    found: dict[str, Any] = {"problems": [], "blueprint": None, "estimate": None, "diagram": None}
    try:
        blueprint = design(text, variant)
    except BlueprintError as error:
        lines = text.splitlines()
        found["problems"] = [problem_json(p, lines) for p in error.problems]
        return found
    except UsageError as error:  # no such variant
        found["problems"] = [_at_top(error)]
        return found
    found["blueprint"] = summary(blueprint)
    load = 1.0
    if case in blueprint.cases:
        load = blueprint.cases[case].load
    elif case is not None and case != "normal":
        names = ", ".join(blueprint.cases) or "normal"
        found["problems"] = [_at_top(UsageError(f"there is no case {shorten(case)!r}", hint=f"cases: {names}"))]
    report: EstimateReport | None = None
    for name in ("estimate", "diagram"):
        try:
            if name == "estimate":
                report = api.estimate(blueprint, load)
                found[name] = report.to_json()
            else:
                found[name] = placed(graph(blueprint, load, None, None, report)).as_dict()
        except BlueprintError as error:
            lines = text.splitlines()
            found["problems"] += [problem_json(blueprint.located(p), lines) for p in error.problems]
        except LoadcaseError as error:
            found["problems"].append(_at_top(error))
    return found


def problem_json(problem: Problem, lines: list[str], severity: str = "error") -> dict[str, Any]:
    """A problem with the stretch of text that it is about."""
    line, column = max(1, problem.line), max(1, problem.column)
    source = lines[line - 1] if line <= len(lines) else ""
    word = _WORD.match(source, column - 1)
    end = word.end() if word is not None else column
    if word is not None and (key := re.match(r"[^:]*:(?=\s|$)", word.group())):  # of a key the key alone
        end = word.start() + key.end() - 1
    length = len(source[column - 1 : end].rstrip())
    return {
        "severity": severity,
        "code": problem.code,
        "message": problem.message,
        "hint": problem.hint or None,
        "line": line,
        "column": column,
        "end_line": line,
        "end_column": column + max(1, length),
    }


def _at_top(error: LoadcaseError) -> dict[str, Any]:
    return problem_json(Problem(error.code, error.message, hint=error.hint), [])


def summary(blueprint: Blueprint) -> dict[str, Any]:
    """What a design has, for menus and for the panes beside the text."""
    place = _places(blueprint)
    return {
        "name": blueprint.name,
        "title": blueprint.title,
        "prompt": blueprint.prompt,
        "hard_part": blueprint.requirements.hard_part,
        "contract": [
            {"guarantee": g.text, "metric": g.metric, "line": place("requirements", "contract", i)}
            for i, g in enumerate(blueprint.contract)
        ],
        "components": {
            name: {"kind": c.kind, "like": c.like, "why": c.why, "line": place("components", name)}
            for name, c in blueprint.components.items()
        },
        "flows": {name: {"line": place("flows", name)} for name in blueprint.flows},
        "cases": list(blueprint.cases) or ["normal"],
        "case_details": {name: case_json(c) | {"line": place("cases", name)} for name, c in blueprint.cases.items()},
        "variants": list(blueprint.variants),
        "decisions": {
            name: {
                "choose": d.choose, "over": d.over, "because": d.because, "at_the_cost_of": d.at_the_cost_of,
                "flips_when": d.flips_when, "variant": d.variant, "breaks": d.breaks,
                "line": place("decisions", name),
            }
            for name, d in blueprint.decisions.items()
        },
    }  # fmt: skip


def _places(blueprint: Blueprint) -> Any:
    def line(*path: str | int) -> int:
        return int(blueprint.document.position(path, key=True)[0])

    return line


def case_json(case: Case) -> dict[str, Any]:
    """A case in numbers, and its faults in words and in time (from the end of the warm-up)."""
    return {
        "load": case.load,
        "duration_s": case.seconds,
        "recover_within_s": case.recover_within,
        "page_within_s": case.page_within,
        "degrade": case.degrade,
        "sacred": case.sacred,
        "faults": [fault_json(f, case.seconds) for f in case.faults],
    }


def fault_json(fault: Any, most_s: float) -> dict[str, Any]:
    """What strikes what, and when; never later than the end of the run."""
    names = {cls: name for name, cls in faults().items()}
    name = names[type(fault)]
    target = next((str(v) for f in ("on", "flow", "entity", "between") if (v := getattr(fault, f, None))), "")
    if not target:
        where = [f"{area} {number}" for area in ("region", "zone") if (number := getattr(fault, area, None))]
        target = ", ".join(where)
    end = min(fault.end, most_s)
    return {
        "fault": name,
        "target": target or None,
        "start_s": fault.at,
        "end_s": end,
        "label": f"{name}{f' of {target}' if target else ''}, {show(fault.at, 's')} to {show(end, 's')}",
    }


def review(text: str, path: str) -> dict[str, Any]:
    """The findings of the review; `path` is where the file is, or would be, for the settings beside it."""
    from loadcase.report.review import finding_json
    from loadcase.review.settings import settings_for

    found = api.review(design(text), settings_for(Path(path)))
    findings = [{**finding_json(f), "fix": bool(f.edits), "index": i} for i, f in enumerate(found.findings)]
    return {"findings": findings, "allowed": [finding_json(f) for f in found.allowed]}
