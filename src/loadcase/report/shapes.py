"""The documented JSON shapes. Values in base units; what is not a number is null; keys keep their order."""

from __future__ import annotations

import math
from typing import Any

from loadcase.core.errors import BlueprintError, LoadcaseError
from loadcase.core.results import CaseVerdict, CheckResult, Metric, RunResult
from loadcase.estimate.size import SizeReport
from loadcase.report.stories import story_json


def number(value: float | None) -> float | None:
    """A JSON number, or None for what JSON cannot hold."""
    return None if value is None or not math.isfinite(value) else value


def check_json(result: CheckResult) -> dict[str, Any]:
    """`check --format json`."""
    return {
        "blueprint": result.blueprint,
        "verdict": result.verdict,
        "partial": result.interrupted,
        "confidence": result.level,
        "wall_s": round(result.wall_s, 3),
        "cases": [case_json(c) for c in result.cases],
        "decided": [
            {"decision": d.decision, "verdict": d.verdict, "said": list(d.said), "broken": list(d.broken)}
            for d in result.decided
        ],
    }


def case_json(c: CaseVerdict) -> dict[str, Any]:
    """One case of `check --format json`."""
    return {
        "case": c.case,
        "verdict": c.verdict,
        "seeds": c.seeds,
        "scale": c.scale,
        "partial": c.partial,
        "notes": list(c.notes),
        "guarantees": [
            {
                "guarantee": o.guarantee,
                "metric": o.metric,
                "value": number(o.value),
                "low": number(o.low),
                "high": number(o.high),
                "bound": o.bound,
                "comparison": o.comparison,
                "unit": o.unit,
                "verdict": o.verdict,
                "margin": number(o.margin),
                "degraded": o.degraded,
                "rough": o.rough,
                "evidence": o.evidence,
                "story": None if o.story is None else story_json(o.story),
            }
            for o in c.guarantees
        ],
    }


def size_json(report: SizeReport) -> dict[str, Any]:
    """`size --format json`.

    `components` has what can be sized: `field` is what is counted (replicas, shards or partitions), `driver` what asks
    for the count (headroom, consumers, connections, guarantee, floor, idle, or `no size helps`), utilisations are those
    of the busiest part at the case's load, costs USD per month. `overlay` is the same as the lines of a variant.
    `unmet` says what of the contract no count mends.
    """
    return {
        "blueprint": report.name,
        "case": report.case,
        "load": report.load,
        "headroom": report.headroom,
        "components": {
            c.component: {
                "field": c.field,
                "before": c.before,
                "after": c.after,
                "utilisation_before": number(c.utilisation_before),
                "utilisation_after": number(c.utilisation_after),
                "cost_before": c.cost_before,
                "cost_after": c.cost_after,
                "driver": c.driver,
                "reason": c.reason,
            }
            for c in report.changes
        },
        "cost_before": report.cost_before,
        "cost_after": report.cost_after,
        "overlay": report.overlay,
        "unmet": report.unmet,
    }


def _metric(metric: Metric) -> dict[str, Any]:
    return {"value": number(metric.value), "unit": metric.unit}


def run_json(result: RunResult) -> dict[str, Any]:
    """`run --format json`."""
    return {
        "blueprint": result.blueprint,
        "case": result.case,
        "seed": result.seed,
        "scale": result.scale,
        "duration_s": result.duration_s,
        "warmup_s": result.warmup_s,
        "partial": result.partial,
        "notes": list(result.notes),
        "metrics": {n: _metric(m) for n, m in result.metrics.items()},
        "rough": {n: _metric(m) for n, m in result.rough.items()},
        "series": {
            n: {"start": s.start, "step": s.step, "unit": s.unit, "values": s.values} for n, s in result.series.items()
        },
        "doubts": result.doubts,
        "stories": {n: story_json(s) for n, s in result.stories.items()},
        "requests": result.requests,
        "events": result.events,
        "wall_s": round(result.wall_s, 3),
        "peak_rss_bytes": result.peak_rss_bytes,
    }


def error_json(error: LoadcaseError) -> dict[str, Any]:
    """What any command prints with `--format json` when its input is wrong."""
    problems = []
    if isinstance(error, BlueprintError):
        for p in error.problems:
            problems.append(
                {
                    "code": p.code,
                    "message": p.message,
                    "file": p.file,
                    "line": p.line,
                    "column": p.column,
                    "hint": p.hint,
                }
            )
    return {"error": {"code": error.code, "message": error.message, "hint": error.hint, "problems": problems}}
