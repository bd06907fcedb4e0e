"""A design as a Mermaid flowchart."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.blueprint.model import Blueprint, FlowSpec
from loadcase.blueprint.steps import Call, Step, children
from loadcase.core.values import show
from loadcase.estimate.load import loads
from loadcase.kinds.base import Component
from loadcase.kinds.log import Log

SHAPES = {
    "store": ("[(", ")]"),
    "object_store": ("[(", ")]"),
    "search_index": ("[(", ")]"),
    "cache": ("([", "])"),
    "cdn": ("([", "])"),
    "log": ("[[", "]]"),
    "queue": ("[[", "]]"),
    "topic": ("[[", "]]"),
    "load_balancer": ("{{", "}}"),
    "limiter": ("{{", "}}"),
    "external": (">", "]"),
    "model": (">", "]"),
}
SIZES = ("shards", "partitions", "replicas", "workers")


def mermaid(blueprint: Blueprint) -> str:
    """Flowchart text: components by kind and size, flows as edges with their rates at load factor 1."""
    found = loads(blueprint)
    ids = {name: f"c{i}" for i, name in enumerate(blueprint.components)}
    lines = ["flowchart LR"]
    clients = {f.name: f"u{i}" for i, f in enumerate(blueprint.flows.values()) if f.arrive is not None}
    for flow, node in clients.items():
        lines.append(f'  {node}(["{escape(flow)}<br/>{show(found.flows.get(flow, 0.0), "1/s")}"])')
    for name, component in blueprint.components.items():
        left, right = SHAPES.get(component.kind, ("[", "]"))
        lines.append(f'  {ids[name]}{left}"{escape(name)}<br/>{escape(_size(component))}"{right}')
    seen: set[tuple[str, str, str]] = set()
    for flow_spec in blueprint.flows.values():
        for start, end, label in _edges(blueprint, flow_spec):
            source = clients.get(flow_spec.name, "") if start is None else ids[start]
            edge = (source, ids[end], f"{flow_spec.name}: {label}")
            if source and edge not in seen:
                seen.add(edge)
                lines.append(f'  {source} -->|"{escape(edge[2])}"| {ids[end]}')
    for name, component in blueprint.components.items():
        if isinstance(component, Log) and component.source:
            lines.append(f'  {ids[component.source]} -.->|"commits"| {ids[name]}')
    return "\n".join(lines) + "\n"


def _edges(blueprint: Blueprint, flow: FlowSpec) -> Iterator[tuple[str | None, str, str]]:
    start: str | None = None
    if flow.consume is not None:
        source = flow.consume.source
        if flow.consume.by is None:
            start = source
        else:
            yield source, flow.consume.by, "consume"
            start = flow.consume.by
    yield from _inside(blueprint, flow.steps, start, top=True)


def _inside(
    blueprint: Blueprint, steps: tuple[Step, ...], start: str | None, top: bool = False
) -> Iterator[tuple[str | None, str, str]]:
    for step in steps:
        if not isinstance(step, Call):
            for inner in children(step):
                yield from _inside(blueprint, inner, start)
            continue
        if step.component != start:
            yield start, step.component, step.verb
        for option, inner in step.nested.items():
            yield from _inside(blueprint, inner, step.component if option == "do" else start)
        kind = blueprint.components[step.component].kind
        if kind == "load_balancer" or (top and kind == "service"):
            start = step.component


def _size(component: Component) -> str:
    parts = [component.like or component.kind.replace("_", " ")]
    sizes = [f"{getattr(component, f)} {f}" for f in SIZES if getattr(component, f, 1) > 1 and f != "workers"]
    if component.zones > 1:
        sizes.append(f"{component.zones} zones")
    return ", ".join([*parts, *sizes])


def escape(text: str) -> str:
    """Text that cannot end a label or start markup."""
    out = []
    for char in text[:80]:
        out.append(char if char.isalnum() or char in " _-.,:/()+*" else f"#{ord(char)};")
    return "".join(out)
