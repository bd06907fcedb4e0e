"""Parts of hand-written pages that follow from the code, between `<!-- generated: NAME -->` and `<!-- end -->`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import get_args

from loadcase.blueprint import model
from loadcase.blueprint.load import NETWORK
from loadcase.blueprint.parse_steps import KEYWORDS
from loadcase.core.distributions import _EXAMPLES
from loadcase.core.expressions import FUNCTIONS
from loadcase.core.units import PHYSICAL, parse_unit, unit_names
from loadcase.export import formats
from loadcase.export.entities import TYPES
from loadcase.kinds import kinds
from loadcase.kinds.base import Balance, Breaker, Discipline, Hedge, Options, Priority, Retry, Skip, Throttle
from loadcase.kinds.service import Autoscale, Shed
from loadcase.systems import facts
from tools.docs import interviewer
from tools.docs.checkers import columns, events
from tools.docs.fields import field_table, rows, table
from tools.docs.formulas import formulas

_REGION = re.compile(r"(<!-- generated: (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)
MODELS = {
    cls.__name__: cls
    for cls in (
        model.Requirements, model.Entity, model.Endpoint, model.Arrive, model.Consume, model.Case,
        model.Decision, model.Operate, Options, Retry, Hedge, Breaker,
        Throttle, Skip, Shed, Autoscale,
        facts.Facts, facts.Fact, facts.Silent, facts.Curveball, facts.Change, facts.Changed, facts.Good,
        facts.Signal, facts.Number,
    )
}  # fmt: skip


def verbs() -> str:
    """Kinds with their verbs."""
    rows = [(f"[{name}](kinds/{name}.md)", ", ".join(f"`{v}`" for v in cls.verbs)) for name, cls in kinds().items()]
    return table(("kind", "verbs"), rows)


def laws() -> str:
    """The laws of durations, as examples."""
    return "\n".join(["- `2 ms`: always the same", *(f"- `{example}`" for example in _EXAMPLES.values())])


def units(counted: bool) -> str:
    """The units of counted things by name, or the others."""
    names = [name for name in unit_names() if counted == any(d not in PHYSICAL for d, _ in parse_unit(name)[1])]
    return ", ".join(f"`{name}`" for name in names)


def choices(of: object) -> Callable[[], str]:
    """The values of a Literal, in a sentence."""
    return lambda: ", ".join(f"`{c}`" for c in get_args(of))


def network() -> str:
    """The fields of the network, with the defaults that the loader gives them."""
    found = [(name, takes, f"`{NETWORK[name.strip('`')]}`", meaning) for name, takes, _, meaning in rows(model.Network)]
    return table(("field", "takes", "default", "meaning"), found)


def export_formats() -> str:
    """Each export: what it makes, of what, what it does not know, and what checks it."""
    parts = []
    for name, found in formats().items():
        told = "\n".join(f"- **{heading}**: {text}" for heading, text in found.told().items())
        parts.append(f"### {name}\n\n{found.summary}\n\n{told}")
    return "\n\n".join(parts)


def field_types() -> str:
    """The types of fields in the formats."""
    found = [
        (f"`{name}`", kind.meaning, f"`{kind.sql}`", f"`{kind.cql}`", f"`{json.dumps(kind.json)}`")
        for name, kind in TYPES.items()
    ]
    return table(("type", "meaning", "PostgreSQL", "CQL", "JSON Schema"), found)


REGIONS: dict[str, Callable[[], str]] = {
    "verbs": verbs,
    "laws": laws,
    "units": lambda: units(counted=False),
    "counted units": lambda: units(counted=True),
    "functions": lambda: ", ".join(f"`{f}`" for f in FUNCTIONS),
    "step keywords": lambda: ", ".join(f"`{k}`" for k in KEYWORDS),
    "disciplines": choices(Discipline),
    "balances": choices(Balance),
    "priorities": choices(Priority),
    "network": network,
    "formulas": formulas,
    "history columns": columns,
    "history events": events,
    "export formats": export_formats,
    "field types": field_types,
    "interviewer's pace": interviewer.paces,
    "interviewer's curveballs": interviewer.thrown,
    "interviewer's questions": interviewer.questions,
    "topics": interviewer.topics,
}


def filled(text: str) -> str:
    """A page with its generated parts made anew. Raises KeyError for a name that nothing makes."""

    def made(match: re.Match[str]) -> str:
        name = match[2]
        body = field_table(MODELS[name.removeprefix("fields ")]) if name.startswith("fields ") else REGIONS[name]()
        return f"{match[1]}\n{body}\n\n{match[3]}"

    return _REGION.sub(made, text)
