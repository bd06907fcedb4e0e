"""What can be taken out of a design: components, regions, zones, half of what there is many of, policies.

A cut works on the data of the file. One that cannot be made, or of which nothing in the design could show whether it is
needed, says why.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from loadcase.blueprint.model import Blueprint
from loadcase.blueprint.steps import Call, walk
from loadcase.core.errors import Path
from loadcase.deep.steps import Body, call_of, calls, lists, marked, rewritten
from loadcase.faults.outage import Outage
from loadcase.kinds.base import Component, Sharded
from loadcase.kinds.store import Store

Data = dict[str, Any]
Reach = dict[str, set[str]]
PARTS: dict[str, str] = {"cache": "miss", "cdn": "miss", "log": "consumers", "queue": "consumers", "topic": "consumers",
                         "limiter": "", "load_balancer": ""}  # fmt: skip
"""Kinds that stand between others and can be left out, and what takes the place of their calls."""
POLICIES = ("timeout", "retry", "hedge", "breaker", "throttle", "fallback", "skip", "once", "dedupe")
"""Options of a call that are there for what goes wrong."""
CLIENT_POLICIES = ("timeout", "retry", "hedge")
OWN_POLICIES = ("coalesce", "lease", "failover", "shed", "autoscale", "patience")
"""Fields of a component that are."""
PLACES = {"zones": 0.995, "regions": 0.9999}
"""Share of the time that one zone, and one region with several zones, is up: what AWS's Compute SLA promises of a
single instance, and of instances in two or more zones of a region (Amazon Compute Service Level Agreement, 2022)."""


class CannotCutError(Exception):
    """A cut that leaves no design to judge, or that nothing could judge: why."""


class NeededError(CannotCutError):
    """A cut that breaks a promise, as a number shows that no run has."""


@dataclass(frozen=True)
class Cut:
    """Something to take out. `path` is where it stands in the file, `how` what becomes of the design without it."""

    what: str
    how: str
    path: Path
    make: Callable[[Data], Data]
    component: str = ""


def bare(blueprint: Blueprint) -> Data:
    """The data of a design without what speaks of it: decisions, variants. Its steps know their places."""
    data = {k: v for k, v in blueprint.data.items() if k not in ("decisions", "variants")}
    return {**data, "flows": marked(data["flows"], ("flows",))}


# --- components -------------------------------------------------------------------------------------------------------
def components(blueprint: Blueprint) -> Iterator[Cut]:
    """Every component that the blueprint has; the cut of one that does the design's own work cannot be made."""
    for name, component in blueprint.components.items():
        path: Path = ("components", name)
        yield Cut(name, _instead(component), path, lambda d, n=name: without(blueprint, d, n), name)  # type: ignore[misc]


def _instead(component: Component) -> str:
    match PARTS.get(component.kind):
        case "miss":
            return "each get becomes what its miss does"
        case "consumers":
            return "who publishes makes the consumers' steps itself"
        case _:
            return "its calls are left out"


def without(blueprint: Blueprint, data: Data, name: str) -> Data:
    """The design without a component. Raises CannotCutError."""
    kind = blueprint.components[name].kind
    if kind not in PARTS:
        raise CannotCutError(f"a {kind.replace('_', ' ')} does work of the design's own")
    named = [line for line in promised(data) if line.startswith(f"{name}.")]
    if named:
        raise CannotCutError(f"the design promises {named[0]}")
    for other in _behind(data, name) if kind == "load_balancer" else ():
        if blueprint.components[other].replicas > 1:
            raise CannotCutError(f"it spreads the load over {blueprint.components[other].replicas} {other}")
    gone = {name}
    consumers = [n for n, flow in data["flows"].items() if name in (flow.get("consume") or {}).values()]
    gone |= set(consumers)
    named = [line for line in promised(data) if line.partition(".")[0] in gone]
    if named:
        raise CannotCutError(f"the design promises {named[0]}, and nothing would be left to measure it at")
    steps = [step for flow in consumers for step in data["flows"][flow]["steps"]]
    change = _change(name, kind, steps, blueprint.components[name])
    flows = {n: f for n, f in data["flows"].items() if n not in gone}
    flows = {n: {**f, "steps": rewritten(f["steps"], blueprint.components, change)} for n, f in flows.items()}
    kept = {n: c for n, c in data["components"].items() if n != name}
    return {**data, "components": kept, "flows": flows, "cases": _cases(data, gone)}


def _change(name: str, kind: str, steps: list[Any], component: Component) -> Callable[[str, Body], list[Any] | None]:
    source = getattr(component, "source", None)

    def change(call: str, body: Body) -> list[Any] | None:
        target, _, verb = call.partition(".")
        if source is not None and target == source and verb in Store.effects:
            return [{call: body} if body else call, *steps]
        if target != name:
            return None
        if PARTS[kind] == "consumers":
            return list(steps) if verb == "publish" else []
        return [*(body.get("miss") or []), *(body.get("do") or [])]

    return change


def _behind(data: Data, balancer: str) -> Iterator[str]:
    """The components that are called next after a load balancer."""
    known = data["components"]
    for steps in lists([flow["steps"] for flow in data["flows"].values()]):
        for item, then in itertools.pairwise([*steps, None]):
            call = call_of(item, known)
            if call is None or call.partition(".")[0] != balancer:
                continue
            inside = next(iter(item.values())).get("do") if isinstance(item, dict) else None
            behind = call_of(inside[0] if inside else then, known)
            if behind is not None:
                yield behind.partition(".")[0]


def _cases(data: Data, gone: set[str]) -> Data:
    """The cases without what they say of parts that are gone."""
    found: Data = {}
    for name, case in (data.get("cases") or {}).items():
        case = dict(case or {})
        if "degrade" in case:
            case["degrade"] = {m: b for m, b in case["degrade"].items() if m.partition(".")[0] not in gone}
        if "sacred" in case:
            case["sacred"] = [m for m in case["sacred"] if m.partition(".")[0] not in gone]
        if "faults" in case:
            case["faults"] = [f for f in case["faults"] if _struck(f) not in gone]
        found[name] = case
    return found


def _struck(fault: Any) -> str:
    body = next(iter(fault.values()), None) if isinstance(fault, dict) else None
    return str(body.get("on") or body.get("flow") or "") if isinstance(body, dict) else ""


def promised(data: Data) -> list[str]:
    """The lines of the contract and the objectives."""
    contract = (data.get("requirements") or {}).get("contract") or []
    return [str(line) for line in [*contract, *((data.get("operate") or {}).get("slos") or [])]]


# --- counts -----------------------------------------------------------------------------------------------------------
def regions(blueprint: Blueprint) -> Iterator[Cut]:
    """All regions but one: of everything together, then of one component after the other."""
    spread = [n for n, c in blueprint.components.items() if c.regions > 1]
    if len(spread) > 1:
        yield _regions(blueprint, spread)
    for name in spread:
        yield _regions(blueprint, [name])


def _regions(blueprint: Blueprint, names: list[str]) -> Cut:
    most = max(blueprint.components[n].regions for n in names)
    what = f"the second region of {_and(names)}" if most == 2 else f"{most - 1} of {most} regions of {_and(names)}"
    counts = ", ".join(f"{_fewer(blueprint.components[n])} of {blueprint.components[n].replicas} {n}" for n in names)

    def make(data: Data) -> Data:
        guarded(blueprint, names, "regions", "a region")
        for name in names:
            c = blueprint.components[name]
            data = counted(data, name, c, {"regions": 1, "replicas": _fewer(c)})
        return data

    return Cut(what, f"one region is left, with {counts}", ("components", names[0], "regions"), make, names[0])


def _fewer(component: Component) -> int:
    return max(1, component.replicas // component.regions)


def counts(blueprint: Blueprint) -> Iterator[Cut]:
    """Half of the replicas, shards or partitions of each component, and all zones but one."""
    for name, c in blueprint.components.items():
        for field in ("replicas", "shards", "partitions"):
            now = getattr(c, field, 1)
            if now > 1 and getattr(c, "autoscale", None) is None:
                half = math.ceil(now / 2)
                word = "copies" if field == "replicas" and isinstance(c, Sharded) else field
                path: Path = ("components", name, field)
                yield Cut(
                    f"{now - half} of {now} {word} of {name}", f"{half} are left", path,
                    lambda d, n=name, c=c, f=field, h=half: counted(d, n, c, {f: h}), name,  # type: ignore[misc]
                )  # fmt: skip
    for name, c in blueprint.components.items():
        if c.zones > 1:

            def make(data: Data, name: str = name, c: Component = c) -> Data:
                guarded(blueprint, [name], "zones", "a zone")
                return counted(data, name, c, {"zones": 1})

            path = ("components", name, "zones")
            yield Cut(f"{c.zones - 1} of {c.zones} zones of {name}", "all of it stands in one", path, make, name)


def counted(data: Data, name: str, component: Component, fields: dict[str, int]) -> Data:
    """The design with other counts of a component; what is stored in all copies shrinks with them."""
    raw = {**(data["components"][name] or {}), **fields}
    copies = fields.get("replicas", component.replicas)
    areas = fields.get("regions", component.regions) * fields.get("zones", component.zones)
    if isinstance(component, Sharded) or component.kind == "log":
        if component.stored and copies < component.replicas:
            raw["stored"] = f"{component.stored * copies / component.replicas!r} B"
    elif areas > copies:
        raw["zones"] = max(1, copies // fields.get("regions", component.regions))
    if getattr(component, "brokers", None) is not None and copies < component.replicas:
        raw["brokers"] = max(copies, math.ceil(component.brokers * copies / component.replicas))  # type: ignore[attr-defined]
    return {**data, "components": {**data["components"], name: raw}}


def guarded(blueprint: Blueprint, names: Iterable[str], field: str, place: str) -> None:
    """Raises NeededError where a place more is there for an availability that no case puts to the test."""
    faults = [f for case in blueprint.cases.values() for f in case.faults if isinstance(f, Outage)]
    if any((f.zone is None) == (field == "regions") for f in faults):
        return
    reach = reached(blueprint)
    for line in blueprint.contract:
        flow, _, metric = line.metric.partition(".")
        touches = flow in reach and reach[flow] & set(names)
        if metric == "availability" and touches and line.bound > PLACES[field]:
            alone = f"{place} alone is up {100 * PLACES[field]:g} % of the time"
            raise NeededError(f"{alone}, and the design promises {line.text}")


def reached(blueprint: Blueprint) -> Reach:
    """The components that each flow calls."""
    return {n: {s.component for s in walk(f.steps) if isinstance(s, Call)} for n, f in blueprint.flows.items()}


# --- policies ---------------------------------------------------------------------------------------------------------
def policies(blueprint: Blueprint, data: Data) -> Iterator[Cut]:
    """Timeouts, retries, fallbacks and the like, of clients, of calls and of components."""
    for name, flow in data["flows"].items():
        arrive = flow.get("arrive")
        for option in CLIENT_POLICIES:
            if arrive and arrive.get(option) is not None:

                def lone(data: Data, name: str = name, option: str = option) -> Data:
                    tested(blueprint, reached(blueprint).get(name, set()))
                    flow = data["flows"][name]
                    left = {k: v for k, v in flow["arrive"].items() if k != option}
                    return {**data, "flows": {**data["flows"], name: {**flow, "arrive": left}}}

                path = ("flows", name, "arrive", option)
                yield Cut(f"the {option} of {name}'s clients", "they do without", path, lone)
        for call, body in calls(flow["steps"], blueprint.components):
            for option in POLICIES:
                if body.get(option) is not None and body.path:
                    yield _policy(blueprint, call, body, option)
    for name, c in blueprint.components.items():
        for field in OWN_POLICIES:
            if getattr(c, field, None) and field in (data["components"][name] or {}):

                def own(data: Data, name: str = name, field: str = field) -> Data:
                    tested(blueprint, {name})
                    raw = {k: v for k, v in data["components"][name].items() if k != field}
                    return {**data, "components": {**data["components"], name: raw}}

                yield Cut(f"{field} of {name}", "it does without", ("components", name, field), own, name)


def _policy(blueprint: Blueprint, call: str, body: Body, option: str) -> Cut:
    def make(data: Data) -> Data:
        inner = {c.partition(".")[0] for c, _ in calls(list(body.values()), blueprint.components)}
        tested(blueprint, {call.partition(".")[0], *inner})

        def change(name: str, other: Body) -> list[Any] | None:
            if other.path != body.path or name != call:
                return None
            return [{name: Body({k: v for k, v in other.items() if k != option}, other.path)}]

        known = blueprint.components
        flows = {n: {**f, "steps": rewritten(f["steps"], known, change)} for n, f in data["flows"].items()}
        return {**data, "flows": flows}

    return Cut(f"{option} of {call} in {body.path[1]}", "the call does without", (*body.path, option), make)


def tested(blueprint: Blueprint, names: set[str]) -> None:
    """Raises CannotCutError where no case lets anything go wrong with some components."""
    for case in blueprint.cases.values():
        for fault in case.faults:
            on = getattr(fault, "on", None)
            if on is None or on in names:
                return
    raise CannotCutError("no case has a fault that it guards against")


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
