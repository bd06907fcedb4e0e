"""What a report tells, gathered as plain data: the design, its closed form, and what runs of it have shown.

`data` puts together what is there already and runs nothing; `gather` runs what is missing first. What a report shows of
results has the documented JSON shapes, so that a saved run is as good as a new one.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadcase import __version__
from loadcase.alerts.page import PagesResult, judge_pages
from loadcase.blueprint.model import Blueprint
from loadcase.core.errors import Problem, UsageError
from loadcase.core.results import CheckResult, RunResult, worst
from loadcase.draw import Diagram, diagram
from loadcase.draw.mermaid import mermaid
from loadcase.estimate.estimate import estimate
from loadcase.estimate.size import peak_of
from loadcase.explore.journal import content_hash
from loadcase.report.alerts import alerts_json
from loadcase.report.growth import story_json
from loadcase.report.review import review_json
from loadcase.report.shapes import check_json, run_json
from loadcase.review.reviewing import review

if TYPE_CHECKING:
    from loadcase.report.progress import Progress

MEASURED = "measured.json"
"""What stands beside a design of the gallery."""
MOST_JSON = 64 * 1024 * 1024
SCALE_TO = 10.0
SCALE_BUDGET_S = 60.0
RUN_LIMIT_S = 60.0
"""Wall time of the run of a case whose course is plotted."""
SEED = 1


@dataclass(frozen=True)
class ReportData:
    """Everything that a report shows; what is None or empty was not asked for, and `missing` says how to get it.

    `check`, `alerts`, `scale`, `review` and the variants and flips of decisions have the shapes of `docs/json.md`;
    `series` and `metrics` are those of one run of each case, by case and name. Times of `cases` are seconds after the
    warm-up.
    """

    blueprint: str
    title: str
    prompt: str
    variant: str | None
    requirements: dict[str, Any]
    contract: list[str]
    estimate: dict[str, Any]
    sources: dict[str, str]
    """What the file says beside each estimate: where the number is from."""
    why: dict[str, str]
    """What justifies each component."""
    kinds: dict[str, str]
    flows: list[str]
    drawing: Diagram
    mermaid: str
    cases: dict[str, dict[str, Any]]
    review: dict[str, Any]
    decisions: list[dict[str, Any]]
    operate: dict[str, Any]
    alerts: dict[str, Any] | None = None
    check: dict[str, Any] | None = None
    series: dict[str, dict[str, Any]] = field(default_factory=dict)
    metrics: dict[str, dict[str, Any]] = field(default_factory=dict)
    scale: dict[str, Any] | None = None
    made: dict[str, str] = field(default_factory=dict)
    partial: str | None = None
    missing: list[str] = field(default_factory=list)


def data(
    blueprint: Blueprint,
    *,
    check: Mapping[str, Any] | None = None,
    series: Mapping[str, Mapping[str, Any]] | None = None,
    metrics: Mapping[str, Mapping[str, Any]] | None = None,
    alerts: Mapping[str, Any] | None = None,
    scale: Mapping[str, Any] | None = None,
    measured: Mapping[str, Any] | None = None,
    made: Mapping[str, str] | None = None,
    partial: str | None = None,
    missing: Iterable[str] = (),
) -> ReportData:
    """A report of a design from results that there are already. Nothing is run.

    `check`, `alerts` and `scale` are what those commands print with `--format json`; `series` and `metrics` those of
    `run --format json`, by case; `measured` is the file of that name of a design of the gallery.
    """
    report = estimate(blueprint)
    shape = report.to_json()
    used = _used(blueprint, metrics or {})
    requirements = blueprint.requirements
    seeds = sorted({len(c["seeds"]) for c in check["cases"]}) if check else []
    told = {
        "Loadcase": __version__,
        "Design": f"{blueprint.name}, content {content_hash(blueprint.data)}",
        "Made": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "Machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}",
        **({"Verdicts": _sampling(check, seeds)} if check else {}),
        **(made or {}),
    }
    return ReportData(
        blueprint=blueprint.name,
        title=blueprint.title or blueprint.name,
        prompt=blueprint.prompt,
        variant=blueprint.variant,
        requirements={
            "functional": list(requirements.functional),
            "deferred": list(requirements.deferred),
            "hard_part": requirements.hard_part,
        },
        contract=[g.text for g in blueprint.contract],
        estimate=shape,
        sources=_sources(blueprint),
        why={n: c.why or "" for n, c in blueprint.components.items()},
        kinds={n: c.kind for n, c in blueprint.components.items()},
        flows=list(blueprint.flows),
        drawing=diagram(blueprint, report=report) if used is None else diagram(blueprint, used[1], used[0]),
        mermaid=mermaid(blueprint),
        cases={name: _case(blueprint, name) for name in _names(blueprint, check)},
        review=review_json([review(blueprint)], [0])["designs"][0],
        decisions=_decisions(blueprint, measured or {}),
        operate={
            "slos": list(blueprint.operate.slos),
            "rollout": blueprint.operate.rollout,
            "rollback": blueprint.operate.rollback,
            "alerts": list(blueprint.operate.alerts),
            "runbook": dict(blueprint.operate.runbook),
        },
        alerts=dict(alerts) if alerts is not None else alerts_json(blueprint) if blueprint.objectives else None,
        check=dict(check) if check is not None else None,
        series={c: dict(s) for c, s in (series or {}).items()},
        metrics={c: dict(m) for c, m in (metrics or {}).items()},
        scale=dict(scale) if scale is not None else None,
        made={k: str(v) for k, v in told.items()},
        partial=partial,
        missing=list(missing),
    )


def gather(
    blueprint: Blueprint,
    progress: Progress,
    *,
    cases: list[str] | None = None,
    seeds: int | None = None,
    budget_s: float | None = None,
    threads: int | None = None,
    exact: bool = False,
    scale_budget_s: float = SCALE_BUDGET_S,
    trace_folder: Path | None = None,
    saved: Mapping[str, Any] | None = None,
    measured: Mapping[str, Any] | None = None,
) -> ReportData:
    """Judges a design, runs each case once more for its plots and alerts, and grows its load; then `data`.

    `saved` is the shape of a check that is used instead of judging anew. When `progress.stop` is set what there is by
    then becomes a report that says that it is partial.
    """
    from loadcase import api

    stop, started = progress.stop, time.perf_counter()
    check: Mapping[str, Any] | None = saved
    partial: list[str] = []
    missing: list[str] = []
    if check is None:
        result: CheckResult = api.check(
            blueprint, cases=cases, seeds=seeds, budget_s=budget_s, threads=threads, exact=exact,
            on_progress=progress.check, stop=stop, trace_folder=trace_folder,
        )  # fmt: skip
        check = check_json(result)
        if result.interrupted:
            partial.append("the check was interrupted")
    names = [c["case"] for c in check["cases"] if c["case"] in blueprint.cases or c["case"] == "normal"]
    scales = {c["case"]: int(c["scale"]) for c in check["cases"]}
    runs = _courses(blueprint, names, scales, progress, trace_folder)
    if len(runs) < len(names):
        partial.append(f"no plots of {', '.join(n for n in names if n not in runs)}")
    alerts = _paged(blueprint, runs) if blueprint.objectives else None
    grown = None
    if scale_budget_s > 0 and not stop.is_set():
        try:
            grown = story_json(
                api.grow(
                    blueprint, SCALE_TO, budget_s=scale_budget_s, threads=threads, on_progress=progress.story, stop=stop
                )
            )
        except UsageError as error:
            missing.append(f"No scale story: {error.message}.")
    else:
        missing.append("No scale story: `loadcase scale` tells it.")
    if stop.is_set() and not partial:
        partial.append("it was interrupted")
    made = {"Took": f"{time.perf_counter() - started:.0f} s"}
    if runs:
        made["Plots"] = f"one more run of each case with seed {SEED}" + _models(scales, runs)
    shapes = {name: run_json(run) for name, run in runs.items()}
    return data(
        blueprint, check=check, series={n: s["series"] for n, s in shapes.items()},
        metrics={n: _metrics(s) for n, s in shapes.items()}, alerts=alerts, scale=grown,
        measured=measured, made=made, partial="; ".join(partial) or None, missing=missing,
    )  # fmt: skip


def _metrics(run: Mapping[str, Any]) -> dict[str, Any]:
    """The metrics of a run; those that its scale model tells roughly say so."""
    return {**{n: {**m, "rough": True} for n, m in run["rough"].items()}, **run["metrics"]}


def saved_check(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """A check from a file: what `check --format json` prints, or a `measured.json`; and the latter, or nothing.

    Raises UsageError.
    """
    shape = _read(path)
    check = shape.get("check", shape)
    if not _is_check(check):
        hint = "loadcase check FILE --format json > check.json"
        raise UsageError(f"{path} is no check in JSON", hint=hint)
    return check, _sound(shape) if check is not shape else {}


def saved_run(path: Path) -> dict[str, Any] | None:
    """A run from a file: what `run --format json` prints; None where the file is something else. Raises UsageError."""
    shape = _read(path)
    return shape if _is_run(shape) else None


def of_run(blueprint: Blueprint, run: Mapping[str, Any], *, missing: Iterable[str] = ()) -> ReportData:
    """A report of a saved run, which is shown and not judged. Nothing is run."""
    case = run["case"]
    made = {"Run": f"{case}, seed {run['seed']}" + (f", scale model 1:{run['scale']}" if run["scale"] > 1 else "")}
    partial = f"the run ended early: {run['partial']}" if run["partial"] else None
    return data(
        blueprint, series={case: run["series"]}, metrics={case: _metrics(run)}, made=made, partial=partial,
        missing=missing,
    )  # fmt: skip


def measured_beside(blueprint: Blueprint, file: Path) -> dict[str, Any]:
    """What was measured of a design of the gallery: `measured.json` beside it, if it is about the design as it is."""
    path = (file if file.is_dir() else file.parent) / MEASURED
    if not path.is_file():
        return {}
    try:
        shape = _read(path)
    except UsageError:
        return {}
    same = shape.get("design") == content_hash(blueprint.data) and blueprint.variant is None
    return {"check": shape.get("check"), **_sound(shape)} if same else {}


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MOST_JSON:
            raise UsageError(f"{path} is too large", hint=f"at most {MOST_JSON // 2**20} MiB")
        shape = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot read {path}: {reason}", hint="name a file of JSON") from None
    return shape if isinstance(shape, dict) else {}


def _sound(measured: Mapping[str, Any]) -> dict[str, Any]:
    """What of the variants and flips of a file can be shown."""
    flips, variants = measured.get("flips"), measured.get("variants")
    return {
        "flips": [f for f in flips if _is_flip(f)] if isinstance(flips, list) else [],
        "variants": {n: c for n, c in variants.items() if _is_check(c)} if isinstance(variants, dict) else {},
    }


def _is_flip(shape: Any) -> bool:
    words = {"decision": str, "variant": str, "estimate": str, "unit": str, "why": str}
    if not _has(shape, words) or shape.get("verdict") not in ("holds", "broken", "unknown"):
        return False
    points = shape.get("points", [])
    if not isinstance(points, list) or not all(_is_point(point) for point in points):
        return False
    return all(isinstance(shape.get(k), int | float | None) for k in ("now", "bound", "low", "high"))


def _is_point(shape: Any) -> bool:
    """Whether a comparison at one value has what a report draws of it."""
    if not _has(shape, {"judged": list}) or not isinstance(shape.get("value"), int | float):
        return False
    words = {"case": str, "guarantee": str, "unit": str, "verdicts": list, "values": list}
    if not all(_has(line, words) and isinstance(line.get("bound"), int | float) for line in shape["judged"]):
        return False
    pairs = [shape.get("costs"), *(line["values"] for line in shape["judged"])]
    told = all(len(line["verdicts"]) == 2 for line in shape["judged"])
    return told and all(_is_pair(pair) for pair in pairs)


def _is_pair(shape: Any) -> bool:
    return isinstance(shape, list) and len(shape) == 2 and all(isinstance(v, int | float | None) for v in shape)


_OF_CASE = {"case": str, "verdict": str, "seeds": list, "scale": int, "notes": list, "guarantees": list}
_OF_LINE = {"guarantee": str, "metric": str, "unit": str, "verdict": str, "evidence": str, "comparison": str}
_OF_STORY = {"said": str, "lines": list, "omitted": int}


def _is_check(shape: Any) -> bool:
    """Whether something has the shape of a check, so far as a report reads it."""
    if not _has(shape, {"blueprint": str, "verdict": str, "cases": list, "confidence": float}):
        return False
    for case in shape["cases"]:
        if not _has(case, _OF_CASE) or not all(_is_line(line) for line in case["guarantees"]):
            return False
    return True


def _is_line(line: Any) -> bool:
    if not _has(line, _OF_LINE) or not isinstance(line.get("bound"), int | float):
        return False
    if any(not isinstance(line.get(k), int | float | None) for k in ("value", "low", "high", "margin")):
        return False
    story = line.get("story")
    if story is None:
        return True
    named = {"time_s": float, "event": str, "told": dict, "faults": list}
    return _has(story, _OF_STORY) and all(_has(one, named) for one in story["lines"])


def _is_run(shape: Any) -> bool:
    """Whether something has the shape of a run, so far as a report reads it."""
    words = {"blueprint": str, "case": str, "seed": int, "scale": int, "metrics": dict, "rough": dict, "series": dict}
    if not _has(shape, words) or not isinstance(shape.get("partial"), str | None):
        return False
    metrics = [*shape["metrics"].values(), *shape["rough"].values()]
    if not all(_has(m, {"unit": str}) and isinstance(m.get("value"), int | float | None) for m in metrics):
        return False
    for line in shape["series"].values():
        if not _has(line, {"unit": str, "values": list}):
            return False
        numbers = [line.get("start"), line.get("step")]
        if None in numbers or not all(isinstance(v, int | float | None) for v in [*numbers, *line["values"]]):
            return False
    return True


def _has(shape: Any, fields: Mapping[str, type]) -> bool:
    return isinstance(shape, dict) and all(isinstance(shape.get(k), t) for k, t in fields.items())


def _names(blueprint: Blueprint, check: Mapping[str, Any] | None) -> list[str]:
    return [c["case"] for c in check["cases"]] if check else list(blueprint.cases) or ["normal"]


def _case(blueprint: Blueprint, name: str) -> dict[str, Any]:
    """A case in numbers, its faults in words and in time."""
    found = blueprint.cases.get(name)
    if found is None:
        return {"load": 1.0, "faults": [], "degrade": {}, "sacred": [], "duration_s": None, "warmup_s": 0.0,
                "page_within_s": None, "recover_within_s": None}  # fmt: skip
    duration_s, warmup_s = found.lengths()
    raw = ((blueprint.data.get("cases") or {}).get(name) or {}).get("faults") or []
    faults = []
    for said, fault in zip(raw, found.faults, strict=False):
        faults.append({"label": _fault(said), "start_s": fault.at, "end_s": min(fault.end, duration_s)})
    return {
        "load": found.load, "faults": faults, "degrade": dict(found.degrade), "sacred": list(found.sacred),
        "duration_s": duration_s, "warmup_s": warmup_s, "page_within_s": found.page_within,
        "recover_within_s": found.recover_within,
    }  # fmt: skip


def _fault(raw: Any) -> str:
    if not isinstance(raw, Mapping) or len(raw) != 1:
        return str(raw)
    ((name, fields),) = raw.items()
    told = ", ".join(f"{key} {_words(value)}" for key, value in (fields or {}).items() if key not in ("at", "for"))
    return f"{name}: {told}" if told else str(name)


def _words(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{k} {_words(v)}" for k, v in value.items())
    return ", ".join(map(_words, value)) if isinstance(value, list) else str(value)


def _courses(
    blueprint: Blueprint, names: list[str], scales: Mapping[str, int], progress: Progress, trace_folder: Path | None
) -> dict[str, RunResult]:
    """One run of each case, of which no history is recorded; those that ended early are left out."""
    from loadcase import api

    quiet, found = replace(blueprint, contract=()), {}
    for i, name in enumerate(names):
        if progress.stop.is_set():
            break
        progress.note(f"plots, case {i + 1} of {len(names)}")
        run = api.run(
            quiet, name, SEED, scale=scales.get(name, 1), stop=progress.stop, trace_folder=trace_folder,
            wall_limit_s=RUN_LIMIT_S,
        )  # fmt: skip
        if run.series and not progress.stop.is_set():
            found[name] = run
    return found


def _paged(blueprint: Blueprint, runs: Mapping[str, RunResult]) -> dict[str, Any]:
    """What the alerts do in the runs of the plots."""
    judged = tuple(
        judge_pages(blueprint, name, blueprint.cases[name], [run])
        for name, run in runs.items()
        if name in blueprint.cases
    )
    result = PagesResult(blueprint.name, worst([c.verdict for c in judged]), judged)
    return alerts_json(blueprint, result) if judged else alerts_json(blueprint)


def _models(scales: Mapping[str, int], runs: Mapping[str, Any]) -> str:
    models = {n: k for n, k in scales.items() if k > 1 and n in runs}
    return f"; scale models {', '.join(f'1:{k} of {n}' for n, k in models.items())}" if models else ""


def _sampling(check: Mapping[str, Any], seeds: list[int]) -> str:
    models = {c["case"]: c["scale"] for c in check["cases"] if c["scale"] > 1}
    told = f"{' or '.join(map(str, seeds))} seeds a case, intervals of {check['confidence']:.4g} confidence"
    return told + (f"; scale models {', '.join(f'1:{k} of {n}' for n, k in models.items())}" if models else "")


def _used(blueprint: Blueprint, metrics: Mapping[str, Mapping[str, Any]]) -> tuple[dict[str, float], float] | None:
    """What was measured in the case that sizes are for, and its load factor, for the drawing."""
    name, load = peak_of(blueprint)
    if name not in metrics:
        return None
    return {n: m["value"] for n, m in metrics[name].items() if m["value"] is not None}, load


def _decisions(blueprint: Blueprint, measured: Mapping[str, Any]) -> list[dict[str, Any]]:
    flips = {f["decision"]: f for f in measured.get("flips") or []}
    variants = measured.get("variants") or {}
    found = []
    for name, d in blueprint.decisions.items():
        found.append({
            "decision": name, "choose": d.choose, "over": list(d.over), "because": d.because,
            "at_the_cost_of": d.at_the_cost_of, "flips_when": d.flips_when, "variant": d.variant,
            "breaks": list(d.breaks), "tried": variants.get(d.variant or ""), "flip": flips.get(name),
        })  # fmt: skip
    return found


_COMMENT = re.compile(r"(?:^|\s)#\s*(.*?)\s*$")


def _sources(blueprint: Blueprint) -> dict[str, str]:
    """The comment beside each estimate, where a design says where its numbers are from."""
    if blueprint.document is None:
        return {}
    found = {}
    for name in blueprint.estimates:
        place = blueprint.document.locate(Problem("", "", ("estimates", name)))
        if place.line:
            match = _COMMENT.search(blueprint.document.line_text(place.line))
            if match:
                found[name] = match[1]
    return found
