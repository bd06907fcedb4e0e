"""The JSON Schema of the format, generated from the models and the kinds, so that editors complete and check."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from loadcase.blueprint.model import (
    Arrive,
    Case,
    Consume,
    Decision,
    Endpoint,
    Entity,
    Network,
    Operate,
    Requirements,
)
from loadcase.faults import faults
from loadcase.kinds import kinds
from loadcase.profiles import profiles

_STEPS = {"$ref": "#/$defs/steps"}
_VALUE = {"type": ["string", "number"]}


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a whole blueprint file."""
    registry = kinds()
    options = {cls for kind in registry.values() for cls in kind.verbs.values()}
    sections: list[type[BaseModel]] = [
        Requirements, Entity, Endpoint, Network, Arrive, Consume, Case, Decision, Operate,
    ]  # fmt: skip
    curveballs = faults()
    models = [*sections, *registry.values(), *curveballs.values(), *sorted(options, key=lambda c: c.__name__)]
    _, made = models_json_schema(
        [(m, "validation") for m in models], ref_template="#/$defs/{model}", schema_generator=_Generator
    )
    defs: dict[str, Any] = made["$defs"]
    for made_of in options:
        for option in made_of.nested:
            defs[made_of.__name__]["properties"][option] = _STEPS
    defs["Network"].pop("required", None)
    for cls in registry.values():
        _component(defs[cls.__name__], cls.model_fields["kind"].default)
    defs["Case"]["properties"]["faults"] = {"type": "array", "items": {"$ref": "#/$defs/fault"}, "maxItems": 100}
    defs["fault"] = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
        "properties": {name: {"$ref": f"#/$defs/{cls.__name__}"} for name, cls in curveballs.items()},
    }
    defs.pop("Fault", None)
    defs["steps"] = {"type": "array", "items": {"$ref": "#/$defs/step"}, "maxItems": 2000}
    defs["step"] = _step(registry)
    defs["Flow"] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["steps"],
        "properties": {
            "arrive": {"$ref": "#/$defs/Arrive"},
            "consume": {"$ref": "#/$defs/Consume"},
            "steps": _STEPS,
        },
        "oneOf": [{"required": ["arrive"]}, {"required": ["consume"]}],
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Loadcase blueprint",
        "type": "object",
        "additionalProperties": False,
        "required": ["loadcase", "name", "components", "flows"],
        "properties": {
            "loadcase": {"const": 1, "description": "Version of the format."},
            "name": {"type": "string"},
            "title": {"type": "string"},
            "prompt": {"type": "string"},
            "requirements": {"$ref": "#/$defs/Requirements"},
            "estimates": _named({**_VALUE, "description": "A quantity such as 50M user, a range, or a formula."}),
            "entities": _named({"$ref": "#/$defs/Entity"}),
            "api": _named({"$ref": "#/$defs/Endpoint"}),
            "network": {"$ref": "#/$defs/Network"},
            "components": _named({"oneOf": [{"$ref": f"#/$defs/{c.__name__}"} for c in registry.values()]}),
            "flows": _named({"$ref": "#/$defs/Flow"}),
            "cases": _named({"$ref": "#/$defs/Case"}),
            "decisions": _named({"$ref": "#/$defs/Decision"}),
            "variants": _named({"type": "object", "description": "Dotted paths to new values; null removes."}),
            "operate": {"$ref": "#/$defs/Operate"},
        },
        "$defs": dict(sorted(defs.items())),
    }


class _Generator(GenerateJsonSchema):
    """Every quantity may be written as text."""

    def emit_warning(self, kind: Any, detail: str) -> None:
        """Defaults that JSON cannot hold (distributions) are left out in silence."""


def _named(values: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": values}


def _component(schema: dict[str, Any], kind: str) -> None:
    fields = schema["properties"]
    fields["kind"] = {"const": kind}
    names = [p.name for p in profiles().values() if p.kind == kind]
    fields["like"] = {"description": fields["like"].get("description", ""), "enum": [*names, None]}
    # a null removes what a profile gives
    for name, field in fields.items():
        if name not in ("kind", "like"):
            fields[name] = {"description": field.get("description", ""), "anyOf": [field, {"type": "null"}]}
    required = [r for r in schema.get("required", []) if r == "kind"]
    schema["required"] = sorted({*required, "kind"})


def _step(registry: dict[str, Any]) -> dict[str, Any]:
    verbs: dict[str, set[str]] = {}
    for cls in registry.values():
        for verb, options in cls.verbs.items():
            verbs.setdefault(verb, set()).add(options.__name__)
    calls = {
        rf"^[^.\[\]]+\.{verb}$": {"anyOf": [*({"$ref": f"#/$defs/{o}"} for o in sorted(names)), {"type": "null"}]}
        for verb, names in sorted(verbs.items())
    }
    branch = {
        "type": "object",
        "required": ["weight"],
        "additionalProperties": False,
        "properties": {"weight": _VALUE, "do": _STEPS},
    }
    lists = {"type": "array", "items": _STEPS}
    keywords = {
        "parallel": {
            "anyOf": [
                lists,
                {"type": "object", "required": ["branches"], "additionalProperties": False,
                 "properties": {"branches": lists, "need": _VALUE}},
            ]
        },
        "fan_out": {"type": "object", "required": ["n", "do"], "additionalProperties": False,
                    "properties": {"n": _VALUE, "need": _VALUE, "do": _STEPS}},
        "choose": {"type": "array", "items": branch, "minItems": 1},
        "repeat": {"type": "object", "required": ["times", "do"], "additionalProperties": False,
                   "properties": {"times": _VALUE, "do": _STEPS}},
        "spawn": _STEPS,
        "wait": _VALUE,
    }  # fmt: skip
    names = "|".join(sorted(verbs))
    return {
        "oneOf": [
            {"type": "string", "pattern": rf"^[^.\[\]]+\.({names})$"},
            {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False,
             "properties": keywords, "patternProperties": calls},
        ]
    }  # fmt: skip
