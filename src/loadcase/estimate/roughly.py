"""Where the closed form of a component is rough: what of its callers a formula does not know, in words."""

from __future__ import annotations

from loadcase.blueprint.model import Blueprint
from loadcase.blueprint.steps import Call, FanOut, walk
from loadcase.kinds.cache import Cache
from loadcase.kinds.store import Store


def roughly(blueprint: Blueprint) -> dict[str, str]:
    """By component, why a run gives something else; only what no formula here knows, and nothing that is left out."""
    found: dict[str, str] = {}
    steps = [step for flow in blueprint.flows.values() for step in walk(flow.steps)]
    calls = [step for step in steps if isinstance(step, Call)]
    for name, component in blueprint.components.items():
        if not isinstance(component, Cache) or component.keys is None:
            continue
        before = [c.component for c in calls if c.component != name and name in _missed(blueprint, c)]
        if before:
            found[name] = (
                f"{name} is asked for what {before[0]} has missed, and those are not the keys that it has; "
                "its hit ratio here is that of requests of its own"
            )
        elif any(c.component == name and c.verb == "delete" for c in calls):
            found[name] = f"what is deleted from {name} is missed once more, which its hit ratio here leaves out"
    fans = [(fan.n, call) for fan in steps if isinstance(fan, FanOut) and fan.n > 1 for call in walk(fan.steps)]
    for n, call in fans:
        store = blueprint.components.get(call.component) if isinstance(call, Call) else None
        if isinstance(call, Call) and isinstance(store, Store) and store.shards > 1:
            found[call.component] = (
                f"{call.component} gets {n} calls of a fan_out at once, spread over its shards; "
                "they wait for each other here as if it had one"
            )
    return found


def _missed(blueprint: Blueprint, call: Call) -> set[str]:
    """What a cache's call asks on a miss."""
    if not isinstance(blueprint.components.get(call.component), Cache):
        return set()
    return {step.component for step in walk(call.nested.get("miss", ())) if isinstance(step, Call)}
