"""What helps when a part of a design is full: by its kind and by what is full there, as an edit of the blueprint."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from loadcase.blueprint.model import Blueprint, Case
from loadcase.estimate.estimate import monthly_cost
from loadcase.estimate.size import count_field, size

CASE = "scale"
WORDS = {
    ("service", "workers"): "more replicas: it keeps nothing, so that any of them can answer",
    ("load_balancer", "workers"): "more replicas, behind one name",
    ("gateway", "workers"): "more replicas: each holds its share of the connections",
    ("cache", "workers"): "more replicas: the keys spread over them",
    ("store", "workers"): "more shards, split by the key; or read replicas and a cache, where reads are most of it",
    ("search_index", "workers"): "more shards",
    ("log", "workers"): "more partitions",
    ("log", "partitions"): "more partitions: no more consumers than partitions work at once",
    ("log", "in flight"): "more messages in flight for each consumer, or batches",
    (
        "log",
        "keys in order",
    ): "several messages of a key at a time (batches), or a shorter step for each: a key in order is "
    "worked off one after the other, however many partitions there are",
    ("queue", "in flight"): "more messages in flight for each consumer",
    ("limiter", "limit"): "a higher limit, where what it protects bears it",
    ("external", "quota"): "a higher quota from its provider, batches, or a cache of its answers",
    ("model", "quota"): "a higher quota from its provider, a smaller model first, or a cache of its answers",
}
OTHER = "its provider has to bear more, or less has to be asked of it"
RATES = {"limit": ("rate",), "quota": ("quota", "get_quota", "put_quota")}


@dataclass(frozen=True)
class Mitigation:
    """What is done: in words, as lines of a variant (empty where no count or limit mends it), USD per month more."""

    component: str
    text: str
    edit: dict[str, Any]
    price: float


def sized_for(blueprint: Blueprint, goal: float) -> dict[str, int]:
    """The count that `loadcase size` proposes for every component at a load factor."""
    return {change.component: change.after for change in size(at(blueprint, goal), case=CASE).changes}


def mitigation(
    blueprint: Blueprint,
    component: str,
    limited_by: str,
    metric: str,
    now: float,
    goal: float,
    sized: Mapping[str, int],
) -> Mitigation:
    """The edit that takes a component from the load factor at which it breaks to another.

    `sized` are the counts for that one, as `sized_for` gives them.
    """
    part = blueprint.components[component]
    text = WORDS.get((part.kind, limited_by), OTHER)
    edit: dict[str, Any] = {}
    field = count_field(part)
    if metric == f"{component}.hit_ratio" and getattr(part, "keys", None):
        text = "a bigger cache"
        edit = {f"components.{component}.keys": math.ceil(part.keys * goal / now)}  # type: ignore[attr-defined]
    elif limited_by in RATES:
        for name in RATES[limited_by]:
            value = getattr(part, name, None)
            if value:
                edit[f"components.{component}.{name}"] = f"{value * goal / now:.6g} /s"
    elif limited_by in ("workers", "partitions") and field is not None:
        have = int(getattr(part, field))
        wanted = sized.get(component, 0)
        if wanted <= have:  # what `size` has no formula for
            wanted = math.ceil(have * goal / now)
        wanted = even(wanted, part.zones * part.regions if field == "replicas" else 1)
        edit = {f"components.{component}.{field}": wanted}
        for log in consumed(blueprint, component):
            split = max(sized.get(log, 0), wanted)  # a partition has one consumer at a time: more of them would idle
            if split > blueprint.components[log].partitions:  # type: ignore[attr-defined]
                edit[f"components.{log}.partitions"] = even(split)
                text = f"{text}; and as many partitions of {log}, each of which one consumer reads at a time"
    price = monthly_cost(blueprint.changed(edit)) - monthly_cost(blueprint) if edit else 0.0
    return Mitigation(component, text, edit, price)


def consumed(blueprint: Blueprint, service: str) -> list[str]:
    """The logs whose partitions the replicas of a service share out among them."""
    flows = [f.consume for f in blueprint.flows.values() if f.consume is not None and f.consume.by == service]
    return list(dict.fromkeys(consume.log for consume in flows if consume.log is not None))


def even(count: int, places: int = 1) -> int:
    """A count that is as many in every place and comes in powers of two, at most an eighth higher.

    Equal zones bear the loss of each alike, and a design of even counts has scale models.
    """
    step = places
    while step * 2 <= count / 8:
        step *= 2
    return -(-count // step) * step


def at(blueprint: Blueprint, load: float, duration: float = 10.0, warmup: float = 1.0) -> Blueprint:
    """The design in one case alone: a load factor, and nothing that goes wrong or gives way.

    The bound on the cost is left out: what growth costs is told, and not held against it.
    """
    case = Case(load=load, duration=duration, warmup=warmup)
    contract = tuple(g for g in blueprint.contract if g.metric != "cost")
    return replace(blueprint, cases={CASE: case}, relaxed={}, contract=contract)
