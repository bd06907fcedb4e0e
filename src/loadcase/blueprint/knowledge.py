"""What the operations of a flow know of an entity: what they read, what caches answer them, what they write from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from loadcase.blueprint.model import Blueprint, FlowSpec
from loadcase.blueprint.problems import REMOVE, Problems
from loadcase.blueprint.steps import Call, Choose, Spawn, Step, children, walk
from loadcase.kinds.cache import Cache
from loadcase.kinds.log import Log
from loadcase.kinds.store import ClaimOptions, Store, TransactOptions, WriteOptions


def calls(steps: tuple[Step, ...]) -> Iterator[Call]:
    """The calls of a list of steps, parents before children; a transaction as its writes."""
    return (part for step in walk(steps) if isinstance(step, Call) for part in parts(step))


def parts(call: Call) -> tuple[Call, ...]:
    """The writes of a transaction, each as a call; every other call as it is."""
    if not isinstance(call.options, TransactOptions) or not call.options.writes:
        return (call,)
    alike = call.options.model_copy(update={"writes": None})
    return tuple(
        replace(
            call,
            path=(*call.path, "writes", i),
            options=alike.model_copy(update={"entity": part.entity, "key": part.key, "amount": part.amount}),
        )
        for i, part in enumerate(call.options.writes)
    )


def together(writes: tuple[Call, ...]) -> bool:
    """Whether these are the writes of a transaction."""
    return writes[0].path[-2:-1] == ("writes",)


def alike(flow: FlowSpec, call: Call) -> list[Call]:
    """The writes of a flow to the entity of a call."""
    written = (c for c in calls(flow.steps) if isinstance(c.options, WriteOptions))
    return [c for c in written if entity_of(c) == entity_of(call)]


def step_of(flow: FlowSpec, call: Call) -> int | None:
    """Which of the writes of its entity a call is; None when it is the flow's only one."""
    paths = [c.path for c in alike(flow, call)]
    return paths.index(call.path) if len(paths) > 1 and call.path in paths else None


def effect_of(flow: FlowSpec, call: Call) -> str:
    """Which effect of its operation a write is.

    It is the same one in every flow that writes the entity once, or in one transaction, and else one of this flow.
    """
    step = step_of(flow, call)
    if step is None:
        return "once"
    transactions = {c.path[:-2] if together((c,)) else c.path for c in alike(flow, call)}
    return f"once:{step}" if len(transactions) == 1 else f"{flow.name}:{step}"


def waited_for(steps: tuple[Step, ...]) -> Iterator[Call]:
    """The calls whose answers a list of steps waits for."""
    for step in steps:
        if isinstance(step, Call):
            yield from parts(step)
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


def session(flow: FlowSpec) -> str | None:
    """Whose session a flow's operations belong to: a key space, or the clients of its closed loop by its own name."""
    if flow.arrive is None:
        return None
    named: str | None = flow.arrive.session
    return f"users of {flow.name}" if flow.arrive.users is not None else named


def sessions(b: Blueprint, entity: str, written: bool) -> set[str]:
    """The kinds of sessions that read an entity, or that write it."""
    found = {
        session(flow)
        for flow in b.flows.values()
        for call in calls(flow.steps)
        if entity_of(call) == entity and (writes(b, call) if written else reads(b, call))
    }
    return {name for name in found if name is not None}


def drawn_late(b: Blueprint, entity: str) -> str:
    """Why two runs of the same arrivals do not write the same to an entity; empty when they do.

    What is drawn on the way, and not when a request comes, is another one's when requests overtake each other.
    """
    for flow in b.flows.values():
        if flow.arrive is not None and flow.arrive.users is not None:
            return f"when the users of flow {flow.name} come depends on the schedule (arrive.users)"
        topic = b.components.get((flow.consume.topic if flow.consume is not None else None) or "")
        if getattr(topic, "sample", 1.0) < 1.0:
            return f"which messages flow {flow.name} gets is drawn on the way (sample)"
        chosen = {c.path for s in walk(flow.steps) if isinstance(s, Choose) for c in calls((s,))}
        for call in calls(flow.steps):
            publishes = b.components[call.component].behaviours.get(call.verb) == "publish"
            if not publishes and not (entity_of(call) == entity and writes(b, call)):
                continue
            name = f"{call.component}.{call.verb}"
            if not own_key(b, flow, call):
                return f"what {name} of flow {flow.name} is about is drawn for the call, and not for the request (key)"
            if call.path in chosen:
                return f"whether flow {flow.name} comes to {name} is drawn on the way (choose)"
    return ""


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


def claims(b: Blueprint, call: Call) -> bool:
    """Whether a call claims an entity in a store."""
    return call.verb == "claim" and writes(b, call)


def undecided(b: Blueprint, store: str) -> Call | None:
    """A call that rests on the past of a key in a store: a claim, a condition, a transaction; None without one."""
    for flow in b.flows.values():
        for call in calls(flow.steps):
            rests = claims(b, call) or getattr(call.options, "condition", None) is not None or together((call,))
            if call.component == store and rests:
                return call
    return None


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
        check_claims(b, flow, problems)
        check_transactions(b, flow, problems)
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


def check_claims(b: Blueprint, flow: FlowSpec, problems: Problems) -> None:
    """Refuses claims of nothing, of a key that what follows is not about, and fences that nothing runs into."""
    found = list(calls(flow.steps))
    for call in found:
        if not isinstance(call.options, ClaimOptions):
            continue
        given = [name for name in ("atomic", "lease", "fencing") if name in call.options.model_fields_set]
        if entity_of(call) is None and given:
            problems.add("LC338", f"{given[0]!r} is about an entity, and the step names none", (*call.path, given[0]),
                         "add `entity:`", key=True)  # fmt: skip
        inside = [c for c in found if c.path[: len(call.path) + 1] == (*call.path, "do")]
        guarded = [c for c in inside if writes(b, c)]
        if call.options.do is not None and not own_key(b, flow, call):
            problems.add("LC339", "what is made in `do` is about another key: this one is drawn for the claim",
                         (*call.path, "do"), f"let flow {flow.name} arrive with that key", key=True)  # fmt: skip
        if call.options.do is not None and call.options.skip is not None:
            problems.add("LC339", "its do cannot be made without the claim", (*call.path, "skip"),
                         "skip a step in the do instead", key=True)  # fmt: skip
        if call.options.fencing and not guarded:
            problems.add("LC339", "no step in `do` writes an entity, which could be refused", (*call.path, "fencing"),
                         "put the writes that the claim protects into its do", key=True)  # fmt: skip
        for other in guarded if call.options.fencing else ():
            if other.component != call.component:
                problems.add("LC339", f"{other.component} does not know the numbers of the claims at {call.component}",
                             other.path, f"fence what is written to {call.component}", key=True)  # fmt: skip


def check_transactions(b: Blueprint, flow: FlowSpec, problems: Problems) -> None:
    """Refuses transactions of nothing, or of more keys than an operation has."""
    for call in (step for step in walk(flow.steps) if isinstance(step, Call)):
        options = call.options
        for name in ("amount", "permission") if isinstance(options, WriteOptions) and options.entity is None else ():
            if getattr(options, name) is not None and not getattr(options, "writes", None):
                problems.add("LC338", f"{name!r} is about an entity, and the step names none", (*call.path, name),
                             "add `entity:`", key=True)  # fmt: skip
        if not isinstance(options, TransactOptions) or options.writes is None:
            continue
        path = (*call.path, "writes")
        if not options.writes:
            problems.add("LC339", "a transaction writes something", path,
                         "for example writes: [{entity: account, amount: -1}]", key=True)  # fmt: skip
        for name in ("entity", "sequence", "amount", "permission"):
            if name in options.model_fields_set:
                problems.add("LC339", f"a transaction with writes says in each what it is about, and not in {name!r}",
                             (*call.path, name), REMOVE, key=True)  # fmt: skip
        others = {part.key for part in options.writes if part.key is not None} - {flow_space(b, flow)}
        if len(others) > 1:
            problems.add("LC339", "a transaction is about the flow's key and at most one other", path,
                         "leave out the key of the others", key=True)  # fmt: skip
