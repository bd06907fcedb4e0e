"""What a verdict rests on, for the page: when faults were active, which series to plot, the story and its rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from loadcase.studio.errors import MISSING, StudioError

if TYPE_CHECKING:
    from loadcase.blueprint.model import Blueprint
    from loadcase.core.results import CheckResult

MOST_ROWS = 200
OF_FLOW = ("rate", "goodput", "errors", "retries")
OF_COMPONENT = ("utilisation", "queue", "rate", "shed", "lag", "hit_ratio", "replicas")
NEAREST = {"p50": "p50", "p75": "p95", "p90": "p95", "p95": "p95", "p98": "p99"}
"""The series that is nearest to a percentile; p99 for all above."""


def windows(blueprint: Blueprint, cases: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """By case when its faults are active, in the time of the series (which begins before the warm-up)."""
    from loadcase.studio.analyse import fault_json

    found: dict[str, list[dict[str, Any]]] = {}
    for name in cases:
        case = blueprint.cases.get(name)
        found[name] = []
        if case is None:
            continue
        duration_s, warmup_s = case.lengths()
        for fault in case.faults:
            told = fault_json(fault, duration_s)
            shift = {key: warmup_s + told[key] for key in ("start_s", "end_s")}
            found[name].append({**told, **shift})
    return found


def evidence_of(result: CheckResult) -> dict[str, list[dict[str, Any]]]:
    """By case, for each guarantee the story as a sequence diagram (Mermaid) and as lines."""
    from loadcase.report.judged import mermaid
    from loadcase.report.stories import said

    return {
        case.case: [
            {
                "diagram": None if o.story is None else mermaid(o, o.story),
                "lines": [] if o.story is None else [f"{line.time_s:.6f} s  {said(line)}" for line in o.story.lines],
            }
            for o in case.guarantees
        ]
        for case in result.cases
    }


def evidence(kept: dict[str, Any], case: str, number: int) -> dict[str, Any]:
    """What a cell of the verdict table opens. Raises StudioError when there is no such cell."""
    cases = {c["case"]: c for c in (kept.get("result") or {}).get("cases", [])}
    guarantees = cases.get(case, {}).get("guarantees", [])
    if not 0 <= number < len(guarantees):
        raise StudioError(404, MISSING, "the run has no such guarantee")
    guarantee = guarantees[number]
    told = kept.get("evidence", {}).get(case, [])
    shown = told[number] if number < len(told) else {"diagram": None, "lines": []}
    story = guarantee.get("story")
    return {
        **guarantee,
        "case": case,
        "scale": cases[case]["scale"],
        "story": None if story is None else {"said": story["said"], "omitted": story["omitted"], **shown},
        "rows": [] if story is None else story["lines"][:MOST_ROWS],
        "series": plots(guarantee["metric"], kept.get("series", {}).get(case, {})),
        "faults": kept.get("faults", {}).get(case, []),
    }


def plots(metric: str, known: Iterable[str]) -> list[str]:
    """The series that show how a metric came about: its own first, then those of what it is about."""
    names = list(known)
    about, _, what = metric.partition(".")
    aged = "age." if what.startswith("age.") else ""
    percentile = what.removeprefix("age.")
    wanted = [metric]
    if (percentile.startswith("p") and percentile[1:].isdigit()) or percentile in ("mean", "max", "sd"):
        wanted.append(f"{about}.{aged}{NEAREST.get(percentile, 'p99' if percentile[1:].isdigit() else 'p50')}")
    wanted += [f"{about}.{name}" for name in (*OF_FLOW, *OF_COMPONENT)]
    found = [name for name in dict.fromkeys(wanted) if name in names]
    if not found:  # an entity, or the cost: what went wrong anywhere
        found = [name for name in names if name.endswith(".errors")]
    return found[:6]
