"""The alerts of a blueprint as a rule file of Prometheus: recording rules for each window, and the alerts on them.

The rules read three metrics, which the service has to count, under a prefix of its own:

- `PREFIX_requests_total{flow, outcome}`: operations that ended; `outcome` is `ok` for those acknowledged in time.
- `PREFIX_request_duration_seconds{flow}`: a histogram of the time that the acknowledged ones took, with a bucket whose
  bound `le` is that of the objective.
- `PREFIX_data_age_seconds{flow}`: the same of the age of their data, where an objective is about that.

Metrics and labels follow Prometheus' conventions of naming, recording rules `level:metric:operations`.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

from loadcase.alerts.burn import EVALUATE_S, SEVERITIES, Rule, Severity, rules_of, said
from loadcase.blueprint.model import Blueprint, Objective
from loadcase.core.errors import UsageError
from loadcase.core.values import show

PREFIX = "loadcase"
_PREFIX = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def rule_file(blueprint: Blueprint, prefix: str = PREFIX) -> dict[str, Any]:
    """The rule file as plain data: one group for each objective. Raises UsageError for a prefix that is no name."""
    if not _PREFIX.match(prefix):
        raise UsageError(f"a metric's name cannot begin with {prefix!r}", hint="letters, digits and _, no digit first")
    return {"groups": [_group(blueprint, o, prefix) for o in blueprint.objectives]}


def rule_text(blueprint: Blueprint, prefix: str = PREFIX) -> str:
    """The rule file as YAML. Raises UsageError for a prefix that is no name."""
    yaml = YAML()
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    yaml.dump(rule_file(blueprint, prefix), stream)
    return stream.getvalue()


def labels_of(blueprint: Blueprint, objective: Objective) -> dict[str, str]:
    """The labels of everything that is recorded and fired for an objective."""
    return {"service": blueprint.name, "flow": objective.flow, "slo": objective.metric}


def alert_name(objective: Objective) -> str:
    """The name of the alerts on an objective: SendAvailabilityBudgetBurn."""
    parts = re.split(r"[^A-Za-z0-9]+", objective.metric)
    return "".join(p[:1].upper() + p[1:] for p in parts) + "BudgetBurn"


def counters(objective: Objective, prefix: str = PREFIX) -> tuple[str, str]:
    """Selectors of the counters behind an objective: all its operations, and the bad or (of a time) the good ones."""
    flow = f"flow={_quoted(objective.flow)}"
    if objective.limit_s is None:
        name = f"{prefix}_requests_total"
        return f"{name}{{{flow}}}", f'{name}{{{flow},outcome!="ok"}}'
    name = f"{prefix}_{'data_age' if objective.aged else 'request_duration'}_seconds"
    return f"{name}_count{{{flow}}}", f"{name}_bucket{{{flow},{_at_most(objective.limit_s)}}}"


def _group(blueprint: Blueprint, objective: Objective, prefix: str) -> dict[str, Any]:
    rules = rules_of(objective)
    labels = labels_of(blueprint, objective)
    windows = sorted({w for r in rules for w in (r.watch.short_s, r.watch.long_s)})
    recorded = [
        {"record": _recorded(prefix, w), "expr": _ratio(objective, prefix, w), "labels": dict(labels)} for w in windows
    ]
    alerts = [
        _alert(blueprint, objective, severity, chosen, prefix)
        for severity in SEVERITIES
        if (chosen := [r for r in rules if r.watch.severity == severity])
    ]
    return {
        "name": f"{blueprint.name}: {objective.metric}",
        "interval": f"{EVALUATE_S}s",
        "rules": [*recorded, *alerts],
    }


def _recorded(prefix: str, window_s: int) -> str:
    return f"slo:{prefix}_errors:ratio_rate{said(window_s)}"


def _ratio(objective: Objective, prefix: str, window_s: int) -> str:
    """The share of bad operations in a window."""
    total, part = (f"sum(rate({s}[{said(window_s)}]))" for s in counters(objective, prefix))
    if objective.limit_s is None:
        return f"({part} or 0 * {total}) / {total}"
    return f"1 - {part} / {total}"


def _alert(
    blueprint: Blueprint, objective: Objective, severity: Severity, rules: list[Rule], prefix: str
) -> dict[str, Any]:
    labels = labels_of(blueprint, objective)
    chosen = "{" + ",".join(f"{n}={_quoted(labels[n])}" for n in ("service", "slo")) + "}"
    pairs = [
        "(\n"
        + "\nand\n".join(
            f"  {_recorded(prefix, w)}{chosen} > {rule.limit:.10g}" for w in (rule.watch.long_s, rule.watch.short_s)
        )
        + "\n)"
        for rule in rules
    ]
    what = "fail" if objective.limit_s is None else "are too slow"
    spent = " or ".join(f"{show(r.watch.spent, 'ratio')} of it in {said(r.watch.long_s)}" for r in rules)
    return {
        "alert": alert_name(objective),
        "expr": LiteralScalarString("\nor\n".join(pairs) + "\n"),
        "labels": {**{name: _told(value) for name, value in labels.items()}, "severity": severity},
        "annotations": {
            "summary": _told(f"{blueprint.name}: {objective.metric} spends its error budget too fast"),
            "description": "{{ $value | humanizePercentage }} of the operations "
            + _told(
                f"of {objective.flow} {what}. {objective.text} leaves a budget of {show(objective.budget, 'ratio')}; "
                f"this fires at {spent}."
            ),
            "runbook": _told(_runbook(blueprint, objective, prefix)),
        },
    }


def _runbook(blueprint: Blueprint, objective: Objective, prefix: str) -> str:
    """What to do: what the blueprint says under `operate`, after where to look."""
    total, _ = counters(objective, prefix)
    by = "outcome" if objective.limit_s is None else "instance"
    look = f"See which {by} it is: sum by ({by}) (rate({total}[5m]))."
    steps = [look, *_lines("Rollback", blueprint.operate.rollback)]
    for event, answer in blueprint.operate.runbook.items():
        steps += _lines(event[:1].upper() + event[1:], answer)
    return " ".join(steps)


def _lines(heading: str, text: str | None) -> Iterable[str]:
    return [f"{heading}: {' '.join(text.split()).rstrip('.')}."] if text else []


def _quoted(text: str) -> str:
    """A string of PromQL, which escapes as Go does."""
    return json.dumps(text, ensure_ascii=False)


def _told(text: str) -> str:
    """Text that the templates of Prometheus leave as it is."""
    return text.replace("{{", "{{`{{`}}")


def _at_most(limit_s: float) -> str:
    """The matcher of a bucket's bound, which clients write as 1 or as 1.0."""
    text = f"{limit_s:.12g}"
    return f'le=~"{text}(\\\\.0)?"' if float(text).is_integer() else f'le="{text}"'
