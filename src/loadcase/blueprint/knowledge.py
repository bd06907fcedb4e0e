"""What the operations of a flow know of an entity: what they read, what caches answer them, what they write from it."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.blueprint.model import Blueprint, FlowSpec
from loadcase.blueprint.problems import Problems
from loadcase.blueprint.steps import Call, Spawn, Step, children, walk
from loadcase.kinds.cache import Cache
from loadcase.kinds.log import Log
from loadcase.kinds.store import Store


def calls(steps: tuple[Step, ...]) -> Iterator[Call]:
    """The calls of a list of steps, parents before children."""
    return (step for step in walk(steps) if isinstance(step, Call))


def waited_for(steps: tuple[Step, ...]) -> Iterator[Call]:
    """The calls whose answers a list of steps waits for."""
    for step in steps:
        if isinstance(step, Call):
            yield step
        if not isinstance(step, Spawn):
            for inner in children(step):
                yield from waited_for(inner)


def entity_of(call: Call) -> str | None:
    """The entity that a call is about."""
    found: str | None = getattr(call.options, "entity", None)
    return found


def flow_space(b: Blueprint, flow: FlowSpec) -> str | None:
    """The key space of a flow's own key."""
    if flow.arrive is not None:
        key: str | None = flow.arrive.key
        return key
    source = b.components.get((flow.consume.log if flow.consume is not None else None) or "")
    return source.key if isinstance(source, Log) else None


def own_key(b: Blueprint, flow: FlowSpec, call: Call) -> bool:
    """Whether a call is about the flow's own key, and not about one that is drawn for it."""
    key = call.options.key or getattr(b.components[call.component], "key", None)
    return key is None or key == flow_space(b, flow)


def reads(b: Blueprint, call: Call) -> bool:
    """Whether a call reads an entity from a store."""
    component = b.components[call.component]
    return isinstance(component, Store) and call.verb not in component.effects and entity_of(call) is not None


def writes(b: Blueprint, call: Call) -> bool:
    """Whether a call writes an entity to a store."""
    component = b.components[call.component]
    return isinstance(component, Store) and call.verb in component.effects and entity_of(call) is not None


def cache_verb(b: Blueprint, call: Call) -> str | None:
    """What a call does at a cache: `lookup`, `fill`, `drop`; None for every other call."""
    component = b.components[call.component]
    return component.behaviours.get(call.verb) if isinstance(component, Cache) else None


def answers(b: Blueprint) -> dict[tuple[str, str | None], tuple[str, ...]]:
    """The entities that each cache answers, by its name and the key space: those that are read when it misses."""
    found: dict[tuple[str, str | None], list[str]] = {}
    for flow in b.flows.values():
        for call in calls(flow.steps):
            if cache_verb(b, call) == "lookup" and own_key(b, flow, call):
                entities = found.setdefault((call.component, flow_space(b, flow)), [])
                for inner in waited_for(call.nested.get("miss", ())):
                    entity = entity_of(inner)
                    if entity is not None and reads(b, inner) and own_key(b, flow, inner) and entity not in entities:
                        entities.append(entity)
    return {place: tuple(entities) for place, entities in found.items() if entities}


def informed(b: Blueprint, flow: FlowSpec, entity: str) -> bool:
    """Whether the operations of a flow read an entity by the flow's key, be it in a cache."""
    of_caches = answers(b)
    return any(
        (reads(b, call) and entity_of(call) == entity)
        or (cache_verb(b, call) == "lookup" and entity in of_caches.get((call.component, flow_space(b, flow)), ()))
        for call in calls(flow.steps)
        if own_key(b, flow, call)
    )


def updated(b: Blueprint) -> list[str]:
    """Entities that some flow updates from what it has read."""
    found = {
        entity_of(call): None
        for flow in b.flows.values()
        for call in calls(flow.steps)
        if call.verb == "update" and writes(b, call) and own_key(b, flow, call)
        if informed(b, flow, entity_of(call) or "")
    }
    return [entity for entity in found if entity is not None]


def unanswered(b: Blueprint, entity: str) -> str:
    """Why it is not known what a cache answers for an entity; empty when it is, or when there is none."""
    for flow in b.flows.values():
        for call in calls(flow.steps):
            kind = cache_verb(b, call)
            cache = b.components[call.component]
            inner = calls(call.nested.get("miss", ()))
            if kind == "lookup" and any(entity_of(i) == entity and reads(b, i) for i in inner):
                if getattr(cache, "hit_ratio", None) is not None:
                    return f"hit_ratio takes the place of what {call.component} holds"
                found = [i for i in waited_for(call.nested["miss"]) if entity_of(i) == entity and reads(b, i)]
                if not own_key(b, flow, call) or not all(own_key(b, flow, i) for i in found) or not found:
                    return f"{call.component} is asked for a key other than that of flow {flow.name}"
            if kind == "fill" and entity in answers(b).get((call.component, flow_space(b, flow)), ()):
                told = flow.consume is not None or informed(b, flow, entity)
                if not told and not any(writes(b, i) and entity_of(i) == entity for i in calls(flow.steps)):
                    return f"flow {flow.name} puts into {call.component} what it has neither read nor written"
    return ""


def check_writes(b: Blueprint, problems: Problems) -> None:
    """Refuses writes that rest on what their operation does not know."""
    for flow in b.flows.values():
        for call in calls(flow.steps):
            if getattr(call.options, "condition", None) is None:
                continue
            entity, path = entity_of(call), (*call.path, "if")
            if entity is None:
                problems.add(
                    "LC338", "'if' is about an entity, and the step names none", path, "add `entity:`", key=True
                )
            elif not own_key(b, flow, call):
                problems.add("LC339", "the operation has not read this key: it is drawn for the update", path,
                             f"let flow {flow.name} arrive with that key", key=True)  # fmt: skip
            elif not informed(b, flow, entity):
                hint = f"read it first: a step such as {call.component}.read: {{entity: {entity}}}"
                problems.add("LC339", f"flow {flow.name} has not read the {entity} that may have changed", path,
                             hint, key=True)  # fmt: skip
