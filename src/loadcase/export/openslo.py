"""Objectives as OpenSLO."""

from __future__ import annotations

import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from loadcase.alerts.prometheus import counters
from loadcase.blueprint.model import Blueprint, Objective
from loadcase.export.base import Export, Made
from loadcase.export.prometheus import objectives_of
from loadcase.export.text import line, slugs

MOST_TOLD = 1050
"""Characters of a description."""


class OpenSlo(Export):
    """The objectives as OpenSLO: a Service, and an SLO with its indicator for each line of `operate.slos`.

    From: `operate.slos`. The indicator is a ratio of two counters of Prometheus, those that the alerts read too: good
    operations are those acknowledged, or of those the ones within the bound; the window rolls.

    Unknown: who is told of an alert. There is no AlertPolicy, which would have to name somebody; the alerts are in the
    format `prometheus`.

    Checked: against a JSON Schema written from the specification of OpenSLO v1.

    Source: OpenSLO specification, openslo/v1.
    """

    title = "OpenSLO v1"

    def make(self, blueprint: Blueprint) -> Made:
        """One file of several documents."""
        objectives_of(blueprint)
        service = slugs([blueprint.name], lower=True)[blueprint.name].replace("_", "-")
        names = slugs([f"{blueprint.name}-{o.text}" for o in blueprint.objectives], lower=True)
        documents = [
            _object("Service", service, blueprint.title or blueprint.name, {"description": _told(blueprint.prompt)})
        ]
        for objective in blueprint.objectives:
            name = names[f"{blueprint.name}-{objective.text}"].replace("_", "-")
            documents.append(_object("SLO", name, objective.text, _spec(objective, service, name)))
        return Made([("openslo.yaml", _yaml(documents))])


def _object(kind: str, name: str, shown: str, spec: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": name, "displayName": line(shown) or name}
    kept = {key: value for key, value in spec.items() if value != ""}
    return {"apiVersion": "openslo/v1", "kind": kind, "metadata": metadata, "spec": kept}


def _spec(objective: Objective, service: str, name: str) -> dict[str, Any]:
    total, part = counters(objective)
    counted = {"total": _query(total), ("bad" if objective.limit_s is None else "good"): _query(part)}
    said = "acknowledged" if objective.limit_s is None else f"within {objective.limit_s:.12g} s"
    what = "data" if objective.aged else "operations"
    return {
        "description": _told(f"Good are the {what} of {objective.flow} that are {said}."),
        "service": service,
        "indicator": {
            "metadata": {"name": f"{name[:59]}-sli", "displayName": line(objective.metric)},
            "spec": {"ratioMetric": {"counter": True, **counted}},
        },
        "timeWindow": [{"duration": _window(objective.window_s), "isRolling": True}],
        "budgetingMethod": "Occurrences",
        "objectives": [{"displayName": line(objective.text), "target": round(objective.share, 12)}],
    }


def _query(selector: str) -> dict[str, Any]:
    return {"metricSource": {"type": "Prometheus", "spec": {"query": f"sum({selector})"}}}


def _window(seconds: float) -> str:
    """A time as OpenSLO spells it: whole days, or hours, or minutes."""
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % length == 0:
            return f"{round(seconds / length)}{unit}"
    return f"{round(seconds / 60)}m"


def _told(text: str) -> str:
    told = line(text)
    return told if len(told) <= MOST_TOLD else told[: MOST_TOLD - 3] + "..."


def _yaml(documents: list[dict[str, Any]]) -> str:
    """Documents of YAML that mean the same to every version of it: all text is quoted."""
    yaml = YAML()
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.explicit_start = True
    stream = io.StringIO()
    yaml.dump_all([_plain(document) for document in documents], stream)
    return stream.getvalue()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return DoubleQuotedScalarString(value) if isinstance(value, str) else value
