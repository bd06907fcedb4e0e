"""What the format knows, for an editor: completion by the place of the cursor, and help for every name.

Everything comes from the JSON Schema of the format, which is made from the models, and from the docstrings of kinds,
faults and profiles: what an editor proposes is what the loader takes.
"""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any

from pydantic import BaseModel

from loadcase.blueprint.model import Arrive, Case, Consume, Decision, Endpoint, Entity, Network, Operate, Requirements
from loadcase.core.metrics import CORRECTNESS, METRICS, flow_metric
from loadcase.core.units import unit_names
from loadcase.faults import faults
from loadcase.kinds import kinds
from loadcase.kinds.base import Options
from loadcase.profiles import profiles

SECTIONS = {
    "loadcase": "Version of the format: 1.",
    "name": "The design's name, by which results call it.",
    "title": "What it is called, in a few words.",
    "prompt": "The task as it was given.",
    "requirements": "What it has to do, what it leaves out, and the contract: metric, comparison, bound.",
    "estimates": "Named quantities with units, and formulas over them, which any number below may use.",
    "entities": "What is stored and counted: how many there are, and how their popularity is spread.",
    "api": "The calls of the interface.",
    "network": "One-way delays by placement.",
    "components": "The parts: each has a kind, and the fields of its kind.",
    "flows": "The paths that requests and messages take: where they come from, and their steps.",
    "cases": "Loads and faults that the design has to stand, and what may give way in them.",
    "decisions": "What was chosen over what, at which cost, and when that would change.",
    "variants": "The other choice: dotted paths to new values.",
    "operate": "Objectives, roll-out, alerts, what to do when.",
}
KEYWORDS = {
    "parallel": "Lists of steps that run at once: [[a.read], [b.read]], or {branches: ..., need: any}.",
    "fan_out": "The same steps n times at once: {n: 10, need: quorum, do: [...]}.",
    "choose": "One branch, drawn by weight: [{weight: 90 %, do: [...]}, {weight: 10 %, do: [...]}].",
    "repeat": "The same steps one after the other: {times: 3, do: [...]}.",
    "spawn": "Steps that are started and not waited for.",
    "wait": "Time that passes without any component.",
}

PERCENTILES = ("p50", "p95", "p99", "p999", "age.p95", "age.p99")


@cache
def language() -> dict[str, Any]:
    """The vocabulary of the format, with what each word means."""
    return {
        "sections": [
            {"name": name, "doc": doc, "fields": fields(_MODELS[name]) if name in _MODELS else []}
            for name, doc in SECTIONS.items()
        ],
        "kinds": [
            {
                "kind": name,
                "doc": inspect.getdoc(cls) or "",
                "fields": [f for f in fields(cls) if f["name"] != "kind"],
                "verbs": [
                    {"name": verb, "doc": first_line(options), "options": fields(options)}
                    for verb, options in cls.verbs.items()
                ],
            }
            for name, cls in kinds().items()
        ],
        "keywords": [{"name": name, "doc": doc} for name, doc in KEYWORDS.items()],
        "step_options": fields(Options),
        "arrive_fields": fields(Arrive),
        "consume_fields": fields(Consume),
        "flow_fields": [
            {"name": "arrive", "type": "mapping", "required": False, "default": None,
             "doc": first_line(Arrive)},
            {"name": "consume", "type": "mapping", "required": False, "default": None, "doc": first_line(Consume)},
            {"name": "steps", "type": "list", "required": True, "default": None, "doc": "Calls, in order."},
        ],
        "case_fields": fields(Case),
        "faults": [
            {"name": name, "doc": inspect.getdoc(cls) or "", "fields": fields(cls), "targets": target(cls)}
            for name, cls in faults().items()
        ],
        "metrics": [
            {"name": m.name, "doc": m.meaning, "of": m.of, "unit": m.unit, "kinds": list(m.kinds)}
            for m in (*METRICS, *filter(None, map(flow_metric, PERCENTILES)), *CORRECTNESS)
        ],
        "units": unit_names(),
        "profiles": [
            {"name": p.name, "kind": p.kind, "doc": f"{p.title}. {p.notes}".strip(),
             "fields": {name: str(value) for name, value in p.defaults.items()}}
            for p in profiles().values()
        ],
    }  # fmt: skip


_MODELS: dict[str, type[BaseModel]] = {
    "requirements": Requirements,
    "entities": Entity,
    "api": Endpoint,
    "network": Network,
    "decisions": Decision,
    "cases": Case,
    "operate": Operate,
}


def first_line(cls: type) -> str:
    """The promise that opens a docstring."""
    return (cls.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")


def target(cls: type[BaseModel]) -> str | None:
    """What a fault strikes."""
    names = {info.alias or name for name, info in cls.model_fields.items()}
    order = {"on": "component", "flow": "flow", "entity": "entity", "between": "link", "zone": "zone"}
    return next((what for name, what in order.items() if name in names), None)


def fields(cls: type[BaseModel]) -> list[dict[str, Any]]:
    """The fields of a model as they are written, with their types in words."""
    made = cls.model_json_schema(mode="validation")
    defs = made.get("$defs", {})
    required = set(made.get("required", []))
    return [
        {
            "name": name,
            "type": type_of(schema, defs),
            "required": name in required,
            "default": _plain(schema.get("default")),
            "doc": schema.get("description", ""),
        }
        for name, schema in made.get("properties", {}).items()
    ]


def type_of(schema: dict[str, Any], defs: dict[str, Any]) -> str:
    """What may stand there, in a few words."""
    if "$ref" in schema:
        return "mapping"
    if "enum" in schema:
        return " | ".join(str(v) for v in schema["enum"] if v is not None)
    if "const" in schema:
        return str(schema["const"])
    if "examples" in schema:
        return f"for example {schema['examples'][0]}"
    for way in ("anyOf", "oneOf"):
        if way in schema:
            told = [type_of(one, defs) for one in schema[way] if one.get("type") != "null"]
            return " | ".join(dict.fromkeys(t for t in told if t))
    return {"object": "mapping", "array": "list", "string": "text", "boolean": "true | false"}.get(
        str(schema.get("type", "")), str(schema.get("type", "anything"))
    )


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)
