"""Changes to a text that keep its comments and layout: a curveball thrown into a case, a finding mended."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from loadcase.blueprint.document import Document
from loadcase.blueprint.faults import site_of
from loadcase.blueprint.load import loads
from loadcase.blueprint.model import Blueprint
from loadcase.blueprint.reading import read_yaml
from loadcase.core.errors import UsageError, suggest
from loadcase.core.values import show
from loadcase.faults import faults
from loadcase.faults.base import Lasting, NoTargetError
from loadcase.studio.analyse import FILE, design
from loadcase.studio.errors import CONFLICT, MISSING, StudioError

MOST_FIELDS = 20
SOON, LONG = 0.25, 0.25
"""Share of a run after which a fault begins where it would be over too late, and for which it then lasts."""


def throw(text: str, case: str, fault: dict[str, Any]) -> dict[str, Any]:
    """The text with a fault added to a case; the case is written if the design has it only by default.

    Raises BlueprintError where the fault does not fit the design, UsageError for an unknown fault or case.
    """
    ((name, fields),) = fault.items()
    if name not in faults():
        raise UsageError(
            f"there is no fault {name!r}", hint=suggest(name, faults()) or f"faults: {', '.join(faults())}"
        )
    if fields is not None and not _is_plain(fields):
        raise UsageError("a fault has fields that are text, numbers or lists of them", hint="{crash: {on: api}}")
    blueprint = design(text)
    if case not in blueprint.cases and not (case == "normal" and not blueprint.cases):
        names = ", ".join(blueprint.cases) or "normal"
        raise UsageError(f"there is no case {case!r}", hint=suggest(case, blueprint.cases) or f"cases: {names}")
    document = Document.parse(text, FILE)
    cases = _mapping(document.tree, "cases")
    chosen = _mapping(cases, case)
    if not isinstance(chosen.get("faults"), list):
        chosen["faults"] = CommentedSeq()
        chosen["faults"].fa.set_flow_style()
    chosen["faults"].append(_flow({name: fields or {}}))
    after = document.dump()
    loads(after, FILE)
    return {"text": after}


def _is_plain(fields: Any) -> bool:
    """Whether fields are such as a fault has."""

    def simple(value: Any) -> bool:
        return isinstance(value, str | int | float) and (not isinstance(value, float) or math.isfinite(value))

    return (
        isinstance(fields, dict)
        and len(fields) <= MOST_FIELDS
        and all(
            simple(v) or (isinstance(v, list) and len(v) <= MOST_FIELDS and all(map(simple, v)))
            for v in fields.values()
        )
    )


def _mapping(tree: Any, name: str) -> Any:
    """The mapping under a key; an empty one is put there where nothing is."""
    if tree.get(name) is None:
        tree[name] = CommentedMap()
    return tree[name]


def _flow(value: Any) -> Any:
    """Data that is written on one line."""
    if isinstance(value, dict):
        made = CommentedMap((key, _flow(inner)) for key, inner in value.items())
        made.fa.set_flow_style()
        return made
    if isinstance(value, list):
        listed = CommentedSeq(_flow(inner) for inner in value)
        listed.fa.set_flow_style()
        return listed
    return value


def fix(text: str, code: str, line: int, column: int) -> dict[str, Any]:
    """The text with what one finding of the review proposes. Raises StudioError where there is nothing to mend."""
    from loadcase import api
    from loadcase.review.reviewing import fixed

    blueprint = design(text)
    for finding in api.review(blueprint).findings:
        if (finding.code, finding.line, finding.column) == (code, line, column) and finding.edits:
            better = fixed(blueprint, finding)
            if better is None:
                raise StudioError(409, CONFLICT, "the fix does not fit the text", "mend it by hand, as the hint says")
            return {"text": better.dump()}
    raise StudioError(404, MISSING, f"there is no {code} to mend at line {line}", "the text has changed; look again")


def curveballs(text: str, case: str | None) -> dict[str, Any]:
    """What may be thrown into a case of this design, those that its closed form is weak against first."""
    from loadcase.advice.curveballs import CURVEBALLS, tried_by
    from loadcase.advice.facts import Facts
    from loadcase.review.design import Design

    blueprint = design(text)
    duration_s = blueprint.cases[case].seconds if case in blueprint.cases else 60.0
    facts = Facts(Design(blueprint))
    found: list[dict[str, Any]] = []
    for look in CURVEBALLS:
        for one in look(facts):
            for fault in _faults_in(one.case):
                fitted = _fitted(blueprint, fault, duration_s)
                if fitted is not None:
                    found.append(_shape(fitted, f"{one.trigger}", one.impact, one.weak, tried_by(facts, one) or None))
    for fault, why in _usual(blueprint):
        fitted = _fitted(blueprint, fault, duration_s)
        if fitted is not None and fitted not in [f["fault"] for f in found]:
            found.append(_shape(fitted, why, "", False, None))
    found.sort(key=lambda f: not f["weak"])
    return {"curveballs": found}


def _usual(blueprint: Blueprint) -> Iterator[tuple[dict[str, Any], str]]:
    """What goes wrong with components in any design."""
    yield {"traffic_spike": {"factor": 2, "at": "10 s", "for": "10 s"}}, "twice the load for a while"
    for name, component in blueprint.components.items():
        if component.kind in ("external", "model"):
            yield {"dependency_down": {"on": name, "at": "10 s", "for": "10 s"}}, f"{name} does not answer"
            continue
        yield {"crash": {"on": name, "share": "25 %", "at": "10 s", "for": "10 s"}}, f"a quarter of {name} dies"
        yield {"slow": {"on": name, "factor": 5, "at": "10 s", "for": "10 s"}}, f"{name} takes five times as long"


def _faults_in(case: str) -> list[dict[str, Any]]:
    """The faults of a case that advice proposes as text."""
    data = read_yaml(case)[1]
    (raw,) = data.values()
    return [dict(f) for f in raw.get("faults", [])]


def _fitted(blueprint: Blueprint, fault: dict[str, Any], duration_s: float) -> dict[str, Any] | None:
    """The fault, in time for a run of that length; None where it finds nothing to act on."""
    ((name, fields),) = fault.items()
    try:
        made = faults()[name].model_validate(fields, context={"scope": {}})
        if made.end > duration_s or made.at >= duration_s:
            fields = {**fields, "at": show(SOON * duration_s, "s")}
            if "for" in fields:
                fields["for"] = show(LONG * duration_s, "s")
            made = faults()[name].model_validate(fields, context={"scope": {}})
        if isinstance(made, Lasting) and made.end > duration_s:
            return None
        list(made.changes(site_of(blueprint)))
    except (NoTargetError, ValueError):
        return None
    return {name: fields}


def _shape(fault: dict[str, Any], label: str, why: str, weak: bool, tried: str | None) -> dict[str, Any]:
    ((name, fields),) = fault.items()
    written = ", ".join(f"{key}: {value}" for key, value in fields.items())
    return {
        "fault": fault,
        "name": name,
        "label": label,
        "why": why,
        "weak": weak,
        "tried_by": tried,
        "yaml": f"{name}: {{{written}}}",
    }
