"""Who calls whom: the steps of every flow as hops from a component to the next, with their rates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from loadcase.blueprint.model import Blueprint, FlowSpec
from loadcase.blueprint.steps import Call, Step, children
from loadcase.estimate.load import Loads
from loadcase.estimate.places import moves
from loadcase.kinds.base import Component
from loadcase.kinds.log import Log
from loadcase.kinds.queue import Queue

SIZES = ("shards", "partitions", "replicas")
Way = Literal["call", "consume", "commit"]


@dataclass(frozen=True)
class Hop:
    """One call, one taking of messages or what comes by itself. `source` is None where a client makes it.

    `flow` is None for what comes by itself: what a store feeds to a log, and a queue's dead letters. `rate` is per
    second; no closed form tells that of dead letters.
    """

    source: str | None
    target: str
    flow: str | None
    verb: str
    rate: float
    kind: Way = "call"


def hops(blueprint: Blueprint, found: Loads) -> Iterator[Hop]:
    """All hops in the order of the file: the flows, then what comes by itself."""
    for flow in blueprint.flows.values():
        yield from _flow(blueprint, flow, found)
    for name, component in blueprint.components.items():
        if isinstance(component, Log) and component.source:
            yield Hop(component.source, name, None, "commits", found.published.get(name, 0.0), "commit")
        if isinstance(component, Queue) and component.dead_letters:
            yield Hop(name, component.dead_letters, None, "dead letters", 0.0, "commit")


def _flow(blueprint: Blueprint, flow: FlowSpec, found: Loads) -> Iterator[Hop]:
    start: str | None = None
    if flow.consume is not None:
        start = source = flow.consume.source
        if flow.consume.by is not None:
            start = flow.consume.by
            yield Hop(source, start, flow.name, "consume", found.flows.get(flow.name, 0.0), "consume")
    yield from _inside(blueprint, flow, flow.steps, start, found, top=True)


def _inside(
    blueprint: Blueprint, flow: FlowSpec, steps: tuple[Step, ...], start: str | None, found: Loads, top: bool = False
) -> Iterator[Hop]:
    for step in steps:
        if not isinstance(step, Call):
            for inner in children(step):
                yield from _inside(blueprint, flow, inner, start, found)
            continue
        if step.component != start:
            site = found.sites.get((flow.name, step.path))
            yield Hop(start, step.component, flow.name, step.verb, site.rate if site else 0.0)
        for option, inner in step.nested.items():
            yield from _inside(blueprint, flow, inner, step.component if option == "do" else start, found)
        if moves(step, blueprint.components[step.component], top):
            start = step.component


def sized(component: Component, zones: bool = True) -> str:
    """What a component is, and how much there is of it: `kafka, 256 partitions, 3 replicas, 3 zones`."""
    parts = [component.like or component.kind.replace("_", " ")]
    parts += [f"{getattr(component, f)} {f}" for f in SIZES if getattr(component, f, 1) > 1]
    if zones and component.zones > 1:
        parts.append(f"{component.zones} zones")
    return ", ".join(parts)
