"""A design as a workspace in the Structurizr DSL: people, systems, containers, what flows between them, where it runs.

Source: https://docs.structurizr.com/dsl/language
"""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.blueprint.model import Blueprint
from loadcase.core.values import show
from loadcase.draw.diagram import Diagram, Edge
from loadcase.draw.graph import graph
from loadcase.draw.hops import sized
from loadcase.draw.text import plain
from loadcase.kinds.base import Component

OUTSIDE = frozenset({"external", "model"})
"""Kinds that are somebody else's systems."""
LONGEST = 400
STYLES = (
    ("Person", "shape person"),
    ("store", "shape cylinder"),
    ("object_store", "shape bucket"),
    ("search_index", "shape cylinder"),
    ("cache", "shape roundedbox"),
    ("log", "shape pipe"),
    ("queue", "shape pipe"),
    ("topic", "shape pipe"),
    ("Outside", "background #8a8f98"),
)


def structurizr(blueprint: Blueprint, load: float = 1.0, flow: str | None = None) -> str:
    """The workspace as text. Rates are those of the closed form at a load factor; `flow` takes what it passes alone.

    A zone that three of are said is one deployment node with three instances, each with its share of the machines.
    Raises UsageError for a flow that there is not.
    """
    drawn = graph(blueprint, load, flow=flow)
    ids = {n.id: n.name for n in drawn.nodes}
    inside = [n for n in drawn.nodes if n.kind != "client" and n.kind not in OUTSIDE]
    title = blueprint.title or blueprint.name
    lines = [f"workspace {_text(title)} {_text(blueprint.prompt)} {{", "  model {"]
    for n in drawn.nodes:
        if n.kind == "client":
            lines.append(f"    {n.id} = person {_text(f'Clients of {n.name}')} {_text(n.detail)}")
        elif n.kind in OUTSIDE:
            component = blueprint.components[n.name]
            name = n.name if n.name != title else f"{n.name} (outside)"
            lines.append(
                f"    {n.id} = softwareSystem {_text(name)} {_text(component.why or n.detail)} {_text('Outside')}"
            )
    lines.append(f"    design = softwareSystem {_text(title)} {_text(blueprint.prompt)} {{")
    for n in inside:
        component = blueprint.components[n.name]
        about = component.why or sized(component)
        lines.append(
            f"      {n.id} = container {_text(n.name)} {_text(about)} {_text(_technology(component))} {_text(n.kind)}"
        )
    lines.append("    }")
    lines += [f"    {e.source} -> {e.target} {_text(_said(e))}" for e in drawn.edges]
    lines += ['    deploymentEnvironment "production" {', *_deployed(blueprint, drawn, ids), "    }", "  }"]
    lines += ["  views {", "    systemContext design {", "      include *", "      autoLayout lr", "    }"]
    lines += ["    container design {", "      include *", "      autoLayout lr", "    }"]
    lines += ['    deployment design "production" {', "      include *", "      autoLayout lr", "    }", "    styles {"]
    for tag, rule in STYLES:
        lines += [f"      element {_text(tag)} {{", f"        {rule}", "      }"]
    return "\n".join([*lines, "    }", "  }", "}"]) + "\n"


def _technology(component: Component) -> str:
    return component.like or component.kind.replace("_", " ")


def _said(edge: Edge) -> str:
    parts = []
    for s in edge.strands:
        rate = f", {show(s.rate, '1/s')}" if s.rate else ""
        parts.append(f"{s.flow}: {', '.join(s.verbs)}{rate}" if s.flow else f"{', '.join(s.verbs)}{rate}")
    return "; ".join(parts)


def _deployed(blueprint: Blueprint, drawn: Diagram, ids: dict[str, str]) -> Iterator[str]:
    """Every container in its frame, the frames of a region inside it."""
    for group in drawn.groups:
        if group.parent is None:
            yield from _area(blueprint, drawn, ids, group.id, "      ")
    for n in drawn.nodes:
        if n.group is None and n.kind != "client" and n.kind not in OUTSIDE:
            yield from _machine(blueprint.components[ids[n.id]], n.id, ids[n.id], 1, "      ")


def _area(blueprint: Blueprint, drawn: Diagram, ids: dict[str, str], group_id: str, indent: str) -> Iterator[str]:
    group = next(g for g in drawn.groups if g.id == group_id)
    held = [n for n in drawn.nodes if n.group == group_id]
    count = int(group.label.split()[0])
    kind = group.kind.capitalize()
    yield f"{indent}deploymentNode {_text(f'{kind} of {group.label}')} {_text('')} {_text(kind)} {_text('')} {count} {{"
    for inner in drawn.groups:
        if inner.parent == group_id:
            yield from _area(blueprint, drawn, ids, inner.id, f"{indent}  ")
    for n in held:
        if n.kind not in OUTSIDE:
            component = blueprint.components[ids[n.id]]
            yield from _machine(component, n.id, ids[n.id], component.zones * component.regions, f"{indent}  ")
    yield f"{indent}}}"


def _machine(component: Component, node_id: str, name: str, areas: int, indent: str) -> Iterator[str]:
    """The machines of a component in one area; from fewest to most where they do not divide evenly."""
    least, most = component.nodes // areas, -(-component.nodes // areas)
    count = f'"{least}"' if least == most else f'"{least}..{most}"'
    about = f"{_text(f'{name} machines')} {_text('')} {_text(_technology(component))} {_text('')} {count}"
    yield f"{indent}deploymentNode {about} {{"
    yield f"{indent}  containerInstance {node_id}"
    yield f"{indent}}}"


def _text(text: str) -> str:
    """A quoted string that ends where it ends: on one line, without quotes, escapes or substitutions of its own."""
    text = " ".join(plain(text).split())
    text = text.replace('"', "'").replace("\\", "\u29f5").replace("${", "$ {")
    return f'"{text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"}"'
