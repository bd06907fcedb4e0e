"""A design as a Mermaid flowchart."""

from __future__ import annotations

from loadcase.blueprint.model import Blueprint
from loadcase.core.values import show
from loadcase.draw.hops import hops, sized
from loadcase.estimate.load import loads

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


def mermaid(blueprint: Blueprint, flow: str | None = None) -> str:
    """Flowchart text: components by kind and size, flows as edges with their rates at load factor 1.

    `flow` shows what that flow passes alone.
    """
    found = loads(blueprint)
    ways = [hop for hop in hops(blueprint, found) if flow is None or hop.flow == flow]
    kept = {n for hop in ways for n in (hop.source, hop.target)}
    ids = {name: f"c{i}" for i, name in enumerate(blueprint.components) if flow is None or name in kept}
    lines = ["flowchart LR"]
    clients = {f.name: f"u{i}" for i, f in enumerate(blueprint.flows.values()) if f.arrive is not None}
    for client, node in clients.items():
        if flow in (None, client):
            lines.append(f'  {node}(["{escape(client)}<br/>{show(found.flows.get(client, 0.0), "1/s")}"])')
    for name, node in ids.items():
        component = blueprint.components[name]
        left, right = SHAPES.get(component.kind, ("[", "]"))
        lines.append(f'  {node}{left}"{escape(name)}<br/>{escape(sized(component))}"{right}')
    seen: set[str] = set()
    for hop in ways:
        if hop.kind == "commit":
            line = f'  {ids[hop.source or ""]} -.->|"{hop.verb}"| {ids[hop.target]}'
        else:
            source = clients.get(hop.flow or "") if hop.source is None else ids[hop.source]
            line = f'  {source} -->|"{escape(f"{hop.flow}: {hop.verb}")}"| {ids[hop.target]}' if source else ""
        if line and line not in seen:
            seen.add(line)
            lines.append(line)
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    """Text that cannot end a label or start markup."""
    out = []
    for char in text[:80]:
        out.append(char if char.isalnum() or char in " _-.,:/()+*" else f"#{ord(char)};")
    return "".join(out)
