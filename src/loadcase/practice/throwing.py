"""A curveball of the facts, aimed at a candidate's own design: where it strikes, and when.

The facts name kinds of components, roles of flows and things in the words of the field. Here they become the busiest
component of that kind, the busiest flow of that role, and the entity that is called so, or whose key is asked for most.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from loadcase.advice.facts import Facts as Advised
from loadcase.blueprint.load import build
from loadcase.blueprint.model import Blueprint, Case
from loadcase.core.errors import BlueprintError, UsageError
from loadcase.faults import faults
from loadcase.faults.base import CLIENT, Fault
from loadcase.faults.traffic_spike import TrafficSpike
from loadcase.review.design import Design
from loadcase.systems.facts import Curveball

CALM, THROWN = "calm", "thrown"
"""The two cases: the design without the fault and with it."""
BEFORE_S, AFTER_S = 10.0, 15.0
"""Simulated time before the fault, and after it, to see what is left behind."""
LONGEST_S = 120.0
"""Simulated time of the whole."""
LENGTHS = ("for", "within", "takes")
"""Fields that say how long a fault lasts."""
SEEN = {
    "entity": ("lost", "applied_twice", "stale_reads"),
    "flow": ("duplicates", "undelivered", "out_of_order"),
}
"""What a user sees of a fault beside waiting and errors; looked at where the design stores or delivers something."""
PLAYED = {
    "cdn": "content delivery network",
    "external": "external service",
    "gateway": "gateway that holds connections",
}
"""What kinds are called, where it is not their name."""
ROLES = {
    "write": "writes", "read": "only reads", "realtime": "holds a connection open", "catch_up": "catches up",
    "control": "controls", "consumer": "consumes messages",
}  # fmt: skip


@dataclass(frozen=True)
class Throw:
    """A design with the two cases, the fault as it was thrown, and what it strikes, as it can be told."""

    blueprint: Blueprint
    fault: dict[str, Any]
    place: str
    at_s: float
    end_s: float
    instead: str = ""
    """What was thrown in place of a fault that the design has no part for, as a sentence; empty where it is the one."""


def has_a_place(blueprint: Blueprint, curveball: Curveball) -> bool:
    """Whether the design has a component of a kind that the curveball asks for, on the path of a flow."""
    return not curveball.kinds or bool(_of_kinds(Advised(Design(blueprint)), curveball.kinds))


def aimed(blueprint: Blueprint, curveball: Curveball, seconds: float) -> Throw:
    """The curveball in a design, over within `seconds` of simulated time in all.

    Raises UsageError, told to the candidate, where the design has nothing that it could strike.
    """
    advised = Advised(Design(blueprint))
    if curveball.has and not _of_kinds(advised, curveball.has):
        raise UsageError(_nothing(curveball.has))
    why = ""
    for thrown, instead in _alternatives(curveball):
        for places in _places(advised, thrown):
            fault, at_s, end_s, length_s = timed(thrown.thrown(**places), seconds)
            try:
                found = build(cased(blueprint, fault, length_s))
            except BlueprintError as error:
                why = why or _struck_nothing(error)
                continue
            told = ", ".join(" and ".join(v) if isinstance(v, list) else str(v) for v in places.values())
            return Throw(found, fault, told, at_s, end_s, instead)
    raise UsageError(why or _nothing(curveball.kinds))


def _alternatives(curveball: Curveball) -> Iterator[tuple[Curveball, str]]:
    """The curveball, and what stands for its fault where a design has no part that it could act on."""
    yield curveball, ""
    ((name, fields),) = curveball.fault.items()
    fields = fields or {}
    if name == "reconnect_storm":
        crash = {"on": fields["on"], "share": fields.get("share", "100 %"), "for": fields.get("within", "10 s")}
        said = "No flow of yours connects again, so the same share is just gone for a while. "
    elif name == "failover":
        crash = {"on": fields["on"], "share": "25 %", "for": fields.get("takes", "5 s")}
        said = "Your store has no leader that could be replaced, so a quarter of its machines is gone for a while. "
    else:
        return
    yield curveball.model_copy(update={"fault": {"crash": crash}}), said


def timed(fault: dict[str, Any], seconds: float) -> tuple[dict[str, Any], float, float, float]:
    """The fault with its moment; where it would take too long, everything in proportion. Also its start and end and
    the length of the run, s. A spike counts as much time as the requests that it brings.
    """
    ((name, fields),) = fault.items()
    made: Fault = faults()[name].model_validate({**fields, "at": 0.0}, context={"scope": {}})
    length = made.end if made.end < math.inf else 0.0
    times = max(1.0, made.factor) if isinstance(made, TrafficSpike) else 1.0
    whole = BEFORE_S + length + AFTER_S
    share = min(1.0, LONGEST_S / whole, seconds / (whole + (times - 1.0) * length))
    fields = {**fields, "at": f"{BEFORE_S * share:.3g} s"}
    if share < 1.0 and length:
        shorter = {f for f in LENGTHS if f in fields} or {"within" if name == "reconnect_storm" else "takes"}
        fields |= dict.fromkeys(shorter, f"{length * share:.3g} s")
    return {name: fields}, BEFORE_S * share, (BEFORE_S + length) * share, whole * share


def cased(blueprint: Blueprint, fault: dict[str, Any], length_s: float) -> dict[str, Any]:
    """The data of a design with the two cases in place of its own.

    What the design lets give way in a case of its own with the same sort of fault, it may here.
    """
    data = {k: v for k, v in blueprint.data.items() if k not in ("decisions", "variants")}
    duration = {"duration": f"{length_s:.3g} s"}
    thrown: dict[str, Any] = {**duration, "faults": [fault]}
    own = own_case(blueprint, next(iter(fault)))
    if own:
        raw = (blueprint.data.get("cases") or {}).get(own) or {}
        thrown |= {k: raw[k] for k in ("degrade", "sacred") if k in raw}
    return {**data, "cases": {CALM: duration, THROWN: thrown}}


def own_case(blueprint: Blueprint, fault: str) -> str:
    """The case of a design that throws a fault of that sort; empty where none does."""
    cls = faults()[fault]
    named: Iterator[tuple[str, Case]] = iter(blueprint.cases.items())
    return next((name for name, case in named if any(isinstance(f, cls) for f in case.faults)), "")


def watching(blueprint: Blueprint) -> Blueprint:
    """The design with guarantees beside its own, so that runs tell what was lost, doubled, stale or out of order."""
    requirements = blueprint.data.get("requirements") or {}
    own = list(blueprint.requirements.contract)
    names: dict[str, list[str]] = {"entity": list(blueprint.entities), "flow": list(blueprint.flows)}
    more = [f"{name}.{m} == 0" for of, metrics in SEEN.items() for name in names[of] for m in metrics]
    more = [line for line in more if not any(g.metric == line.split(" ")[0] for g in blueprint.contract)]
    while more:
        data = {**blueprint.data, "requirements": {**requirements, "contract": own + more}}
        try:
            return build(data)
        except BlueprintError as error:
            wrong = {p.path[2] for p in error.problems if p.path[:2] == ("requirements", "contract") and p.path[2:]}
            kept = [line for i, line in enumerate(more) if i + len(own) not in wrong]
            if len(kept) == len(more):
                break
            more = kept
    return blueprint


# --- places -----------------------------------------------------------------------------------------------------------
def _places(advised: Advised, curveball: Curveball) -> Iterator[dict[str, Any]]:
    """What the fault could strike, the likeliest first."""
    ((name, fields),) = curveball.fault.items()
    fields = fields or {}
    choices: list[list[tuple[str, Any]]] = []
    if "on" in fields:
        kinds = [fields["on"], *curveball.else_on]
        choices.append([("on", one) for kind in kinds for one in _of_kinds(advised, [kind], curveball.says)])
        if name == "reconnect_storm":  # only what holds connections can lose them
            choices[-1].sort(key=lambda c: getattr(advised.b.components[c[1]], "online", None) is None)
    if "between" in fields:
        ends = [
            [CLIENT] if kind == CLIENT else _of_kinds(advised, [kind], curveball.says) for kind in fields["between"]
        ]
        choices.append([("between", list(pair)) for pair in itertools.product(*ends)])
    if "flow" in fields:
        choices.append([("flow", flow) for flow in _of_role(advised, fields["flow"])])
        if not choices[-1]:
            raise UsageError(f"your design has no flow that {ROLES[fields['flow']]}: say what plays its part")
    if "entity" in fields:
        choices.append([("entity", key) for key in _keys(advised, fields["entity"])])
        if not choices[-1]:
            raise UsageError(
                f"nothing in your design is asked for by the key of a {fields['entity']}: say what spreads the load"
            )
    for places in itertools.product(*choices):
        yield dict(places)


def _of_kinds(advised: Advised, kinds: Sequence[str], says: str = "") -> list[str]:
    """Components of the kinds that some flow uses: of the first kind first, then those that `says` names, then those
    that clients wait for, then the busiest.
    """
    b = advised.b
    used = {s.call.component for s in advised.sites}
    for flow in advised.consumers:
        if flow.consume is not None:
            used |= {flow.consume.source, flow.consume.by or flow.consume.source}
    waited = {s.call.component for s in advised.sites if s.flow.arrive is not None and s.waited}
    said = {_stem(w) for w in _words(says)}
    rates = {n: one.rate for n, one in advised.design.loads.components.items()}

    def order(name: str) -> tuple[int, bool, bool, float, str]:
        unsaid = not any(_stem(w) in said for w in _words(name))
        return kinds.index(b.components[name].kind), unsaid, name not in waited, -rates.get(name, 0.0), name

    return sorted((n for n in b.components if n in used and b.components[n].kind in kinds), key=order)


def _of_role(advised: Advised, role: str) -> list[str]:
    """Flows that play a part, those that the interface says so of first, the busiest first."""
    b, rate = advised.b, advised.rate
    if role == "consumer":
        found = advised.consumers
    else:
        named = [f for f in advised.design.arriving if f.name in b.api and b.api[f.name].kind == role]
        by_steps = {"write": advised.writing, "read": advised.reading, "catch_up": advised.reading, "control": []}
        connecting = [f for f in advised.design.arriving
                      if any(s.component.kind == "gateway" for s in advised.design.of(f.name))]  # fmt: skip
        found = named or by_steps.get(role, connecting)
    return [f.name for f in sorted(found, key=lambda f: (-rate(f), f.name))]


def _keys(advised: Advised, entity: str) -> list[str]:
    """Key spaces of the design, the one that is called as the field calls it first, then the most asked for."""
    asked: dict[str, float] = {}
    for site in advised.sites:
        key = site.call.options.key or getattr(site.component, "key", None)
        if key:
            asked[key] = asked.get(key, 0.0) + advised.design.rate(site)
    for flow in advised.design.arriving:
        if flow.arrive is not None and flow.arrive.key:
            asked[flow.arrive.key] = asked.get(flow.arrive.key, 0.0) + advised.rate(flow)
    word = _stem(entity)

    def order(key: str) -> tuple[bool, bool, float, str]:
        words = {_stem(w) for w in _words(key)}
        return (_stem(key.lower()) != word, word not in words, -asked[key], key)

    return sorted(asked, key=order)


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]{3,}", text.lower())


def _stem(word: str) -> str:
    return word[:-3] + "y" if word.endswith("ies") else word[:-1] if word.endswith("s") else word


# --- words ------------------------------------------------------------------------------------------------------------
def _nothing(kinds: Sequence[str]) -> str:
    if not kinds:
        return "it strikes nothing in your design"
    named = [PLAYED.get(kind, kind.replace("_", " ")) for kind in kinds]
    told = " or ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
    return f"your design has no {told}: say what plays its part"


def _struck_nothing(error: BlueprintError) -> str:
    problem = error.problems[0]
    hint = f"; {problem.hint}" if problem.hint else ""
    return f"it cannot be run in your design: {problem.message}{hint}"
