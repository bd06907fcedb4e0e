"""Runs promtool, and writes its unit tests: counters that move as in a simulated case."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from loadcase.alerts.prometheus import alert_name, counters
from loadcase.alerts.replay import Course
from loadcase.blueprint.model import Objective


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs it. In CI it has to be there; on another machine the test is left out without it."""
    found = shutil.which("promtool")
    if found is None:
        missing = "promtool is not installed: apt-get install prometheus"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return subprocess.run([found, *map(str, arguments)], capture_output=True, text=True, timeout=600)


def unit_test(
    rules: Path, objective: Objective, seen: Course, severity: str, fires: list[bool], past_s: int, every_s: int
) -> dict[str, Any]:
    """A unit test of promtool: whether the alert fires at the moments of a course, every so many seconds from the
    warm-up on. Counters are read as often, which is as good as more often where the windows are multiples of it.
    """
    scrapes = np.arange(-past_s, every_s * len(fires), every_s, dtype=float)
    total = np.interp(scrapes, seen.knots, seen.total)
    bad = np.interp(scrapes, seen.knots, seen.bad)
    every, part = counters(objective)
    if objective.limit_s is None:
        part = part.replace('outcome!="ok"', 'outcome="timeout"')
        series = {every[:-1] + ',outcome="ok"}': total - bad, part: bad}
    else:
        series = {every: total, part: total - bad}
    expr = f'ALERTS{{alertname="{alert_name(objective)}",severity="{severity}"}}'
    labels = {
        "__name__": "ALERTS", "alertname": alert_name(objective), "alertstate": "firing", "flow": objective.flow,
        "service": "notes", "severity": severity, "slo": objective.metric,
    }  # fmt: skip
    sample = "{" + ", ".join(f"{k}={json.dumps(v)}" for k, v in labels.items()) + "}"
    return {
        "rule_files": [str(rules)],
        "evaluation_interval": f"{every_s}s",
        "tests": [
            {
                "interval": f"{every_s}s",
                "input_series": [
                    {"series": name, "values": " ".join(f"{v:.12g}" for v in values)} for name, values in series.items()
                ],
                "promql_expr_test": [
                    {
                        "expr": expr,
                        "eval_time": f"{past_s + i * every_s}s",
                        "exp_samples": [{"labels": sample, "value": 1}] if burns else [],
                    }
                    for i, burns in enumerate(fires)
                ],
            }
        ],
    }
