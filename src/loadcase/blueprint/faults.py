"""The faults of a case: read, and aimed at what the design really has.

| code | meaning |
|---|---|
| LC380 | a fault finds nothing to act on |
| LC381 | a fault lies outside of the run |
| LC382 | a fault says the same twice |
| LC383 | a promise to recover that no run can show |
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from loadcase.blueprint.knowledge import undecided
from loadcase.blueprint.model import Blueprint, Case, FlowSpec
from loadcase.blueprint.problems import Path, Problems, describe, field_names
from loadcase.blueprint.steps import Call, Step, children, walk
from loadcase.core.schedule import Change
from loadcase.core.values import show
from loadcase.faults import faults
from loadcase.faults.base import CLIENT, Fault, Lasting, NoTargetError, Part, Route, Site
from loadcase.kinds.base import Component

ELSEWHERE = ("external", "model", "cdn", "object_store")
"""Kinds that somebody else runs, in no zone of the design."""
SHARDED = ("store", "log", "search_index")
MOST_FAULTS = 100


def parse_faults(raw: Any, path: Path, problems: Problems, scope: Mapping[str, Any]) -> tuple[Fault, ...]:
    """The list of a case; what is wrong with it is noted."""
    if not isinstance(raw, list) or len(raw) > MOST_FAULTS:
        got = f"{len(raw)} of them" if isinstance(raw, list) else describe(raw)
        problems.add("LC303", f"expected a list of at most {MOST_FAULTS} faults, got {got}", path,
                     "for example [crash: {on: api, share: 25 %, at: 20 s, for: 10 s}]", key=True)  # fmt: skip
        return ()
    found = (_one(one, (*path, i), problems, scope) for i, one in enumerate(raw))
    return tuple(fault for fault in found if fault is not None)


def _one(raw: Any, path: Path, problems: Problems, scope: Mapping[str, Any]) -> Fault | None:
    named = {raw: {}} if isinstance(raw, str) else raw
    if not isinstance(named, Mapping) or len(named) != 1:
        problems.add("LC303", f"expected one fault with its fields, got {describe(raw)}", path,
                     "for example slow: {on: db, factor: 5, at: 20 s, for: 10 s}")  # fmt: skip
        return None
    ((name, fields),) = named.items()
    where = path if isinstance(raw, str) else (*path, name)
    cls = faults().get(name) if isinstance(name, str) else None
    if cls is None:
        problems.unknown("fault", name, faults(), where, value=isinstance(raw, str))
        return None
    return problems.model(cls, {} if fields is None else fields, where, scope)


def check_recovery(name: str, case: Case, problems: Problems) -> None:
    """Refuses a promise to recover that no run can show."""
    path: Path = ("cases", name, "recover_within")
    within = case.recover_within or 0.0
    if not case.faults:
        problems.add("LC383", "there is no fault to recover from", path, "add faults:, or take it out", key=True)
        return
    last = max(min(f.end, case.seconds) for f in case.faults)
    if last + within >= case.seconds:
        run = f"the last fault ends at {show(last, 's')}, and the run {show(case.seconds, 's')} after its warm-up"
        problems.add("LC383", f"nothing is measured after the recovery: {run}", path,
                     "give the case a longer duration:, or the faults an end (for:)")  # fmt: skip


def check_page(name: str, case: Case, watched: bool, problems: Problems) -> None:
    """Refuses a promise to page that no run can show: `watched` says whether there are objectives."""
    path: Path = ("cases", name, "page_within")
    if not case.faults:
        problems.add("LC384", "there is no fault to page somebody for", path, "add faults:, or take it out", key=True)
    elif not watched:
        problems.add("LC384", "nothing pages anybody: there is no objective", path,
                     "add operate.slos, for example [send.availability >= 99.9 % over 28 day]", key=True)  # fmt: skip


def check_faults(b: Blueprint, name: str, case: Case, problems: Problems) -> None:
    """Refuses faults that find nothing to act on, or that lie outside of the run."""
    site, duration_s = site_of(b), case.seconds
    for i, (fault, written) in enumerate(zip(case.faults, _names(b.data, name), strict=False)):
        path: Path = ("cases", name, "faults", i, written)
        if isinstance(fault, Lasting) and fault.lasting is not None and fault.lasting <= 0:
            problems.add("LC381", f"{written} lasts no time", (*path, "for"), "for example for: 10 s")
            continue
        late = outside(written, fault, duration_s)
        if late:
            problems.add("LC381", late, (*path, "at" if fault.at >= duration_s else "for"),
                         "let it end before that, or give the case a longer duration:")  # fmt: skip
        try:
            changes = list(fault.changes(site))
            check_leaders(b, changes, (*path, "on") if "on" in _fields(b.data, name, i, written) else path, problems)
        except NoTargetError as error:
            known = error.where in field_names(type(fault)) and error.where in _fields(b.data, name, i, written)
            problems.add("LC380", f"{written} finds nothing to act on: {error.message}",
                         (*path, error.where) if known else path, error.hint, key=not known)  # fmt: skip


def check_leaders(b: Blueprint, changes: Iterable[Change], path: Path, problems: Problems) -> None:
    """Refuses what rests on the past of a key in a store that may lose some of it."""
    for name in dict.fromkeys(str(change.target[1]) for change in changes if replaces_leaders(b, change)):
        call = undecided(b, name)
        if call is not None:
            what = "if: unchanged" if getattr(call.options, "condition", None) is not None else f"a {call.verb}"
            said = f"leaders of {name} are replaced, and {what} in flow {call.path[1]} rests on what the old one knew"
            hint = "take out this fault, or the store's failover:, or make it a write without conditions"
            problems.add("LC002", f"{said}: that is not modelled yet", path, hint)


def replaces_leaders(b: Blueprint, change: Change) -> bool:
    """Whether a shard of a store may have another leader after a change: it is switched, or a leader dies."""
    kind, name, *_ = change.target
    dies = kind == "replica" and change.field == "down"
    return kind == "shard" or (dies and getattr(b.components[str(name)], "failover", None) is not None)


def outside(name: str, fault: Fault, duration_s: float) -> str:
    """What is wrong with the time of a fault in a run of `duration_s`; empty when nothing is."""
    ends = f"the run ends {show(duration_s, 's')} after its warm-up"
    if fault.at >= duration_s:
        return f"{name} begins at {show(fault.at, 's')}, and {ends}"
    if duration_s < fault.end < math.inf:
        return f"{name} lasts until {show(fault.end, 's')}, and {ends}"
    return ""


def _names(data: Mapping[str, Any], case: str) -> list[str]:
    """The names of a case's faults as they are written; all of them are known ones."""
    return [str(next(iter(f))) if isinstance(f, Mapping) else str(f) for f in data["cases"][case].get("faults") or ()]


def _fields(data: Mapping[str, Any], case: str, i: int, name: str) -> Mapping[str, Any]:
    raw = data["cases"][case]["faults"][i]
    return raw.get(name) or {} if isinstance(raw, Mapping) else {}


def site_of(b: Blueprint) -> Site:
    """A design as its faults see it."""
    handing, written = set(_handing(b)), set(_written(b))
    parts = {
        name: replace(_part(name, component), hands_out=name in handing, written=name in written)
        for name, component in b.components.items()
    }
    routes = {name: _route(flow) for name, flow in b.flows.items()}
    return Site(parts, routes, frozenset(_drawn(b)), frozenset(_links(b)))


def _part(name: str, component: Component) -> Part:
    pools = component.pools()
    sharded = component.kind in SHARDED and pools and pools[0].groups > 0
    return Part(
        name,
        component.kind,
        nodes=pools[0].stations if pools else 0,
        copies=pools[0].stations // pools[0].groups if sharded else 1,
        zones=component.zones,
        regions=component.regions,
        elsewhere=component.kind in ELSEWHERE,
        caches="lookup" in component.behaviours.values() and getattr(component, "hit_ratio", None) is None,
        led=getattr(component, "has_leaders", False),
        online=getattr(component, "online", None),
        serves=bool(pools),
        most=pools[0].most if pools else 0,
    )


def _route(flow: FlowSpec) -> Route:
    if flow.arrive is None:
        return Route(flow.name, "consume")
    source: Any = "closed" if flow.arrive.users is not None else "trace" if flow.arrive.trace is not None else "open"
    connects = (c.component for c in walk(flow.steps) if isinstance(c, Call) and c.verb == "connect")
    return Route(flow.name, source, flow.arrive.key, flow.arrive.rate or 0.0, frozenset(connects))


def _handing(b: Blueprint) -> Iterator[str]:
    """Components from which messages reach a consuming flow, or its receivers."""
    for flow in b.flows.values():
        if flow.consume is None:
            continue
        yield from (n for n in (flow.consume.log, flow.consume.queue, flow.consume.topic) if n is not None)
        for step in walk(flow.steps):
            if isinstance(step, Call) and b.components[step.component].behaviours.get(step.verb) == "deliver":
                yield step.component


def _written(b: Blueprint) -> Iterator[str]:
    """Components in which something is stored."""
    for name, component in b.components.items():
        if getattr(component, "source", None) is not None:
            yield name
    for flow in b.flows.values():
        for step in walk(flow.steps):
            if isinstance(step, Call):
                component = b.components[step.component]
                if step.verb in getattr(component, "effects", ()) or component.behaviours.get(step.verb) == "publish":
                    yield step.component


def _drawn(b: Blueprint) -> Iterator[str]:
    """Key spaces from which something draws."""
    for flow in b.flows.values():
        if flow.arrive is not None and flow.arrive.key:
            yield flow.arrive.key
        for step in walk(flow.steps):
            if isinstance(step, Call):
                key = step.options.key or getattr(b.components[step.component], "key", None)
                yield from [key] if key else []


def _links(b: Blueprint) -> Iterator[tuple[str, str]]:
    """Pairs of components between which something travels, each in both directions."""
    for flow in b.flows.values():
        start = (flow.consume.by if flow.consume is not None else None) or CLIENT
        for one, other in _hops(b, flow.steps, start):
            yield one, other
            yield other, one


def _hops(b: Blueprint, steps: Iterable[Step], here: str) -> Iterator[tuple[str, str]]:
    places = {here}
    for step in steps:
        if isinstance(step, Call):
            for place in places:
                yield place, step.component
            yield from _hops(b, step.nested.get("do", ()), step.component)
            for other in ("miss", "fallback"):
                for place in places:
                    yield from _hops(b, step.nested.get(other, ()), place)
            kind = b.components[step.component]
            if kind.kind in ("service", "load_balancer"):
                places = {*places, step.component}
        else:
            for inner in children(step):
                for place in places:
                    yield from _hops(b, inner, place)
