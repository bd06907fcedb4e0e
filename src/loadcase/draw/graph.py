"""Blueprint to what is to be drawn: boxes with their sizes, frames, one line for all that goes between two boxes."""

from __future__ import annotations

import math
from collections.abc import Mapping

from loadcase.blueprint.model import Blueprint
from loadcase.core.errors import UsageError, suggest
from loadcase.core.values import show
from loadcase.draw.diagram import Diagram, Edge, FlowLine, Group, Node, Strand
from loadcase.draw.hops import Hop, hops, sized
from loadcase.draw.text import clipped, width
from loadcase.estimate.estimate import ComponentLine, EstimateReport, estimate
from loadcase.estimate.load import Loads, loads
from loadcase.kinds.base import Component

NAME, DETAIL, LABEL = 13.0, 10.5, 10.5
"""Font sizes: of names, of what is under them, of what stands on the lines."""
PAD, GLYPH, GAP = 10.0, 18.0, 7.0
WIDEST_NAME, WIDEST_LABEL, WIDEST_DETAIL = 210.0, 170.0, 150.0
LINE = 14.0
DOT = 11.0
"""Room for the coloured mark before a line of a label."""
MOST_LINES = 4
METER = 7.0


def graph(
    blueprint: Blueprint,
    load: float = 1.0,
    measured: Mapping[str, float] | None = None,
    flow: str | None = None,
    report: EstimateReport | None = None,
) -> Diagram:
    """What is to be drawn of a design, with the size of everything and no places yet.

    `measured` are metrics of a run by name, in base units; `flow` leaves everything out that this flow does not pass.
    Raises UsageError for a flow that there is not.
    """
    known(blueprint, flow)
    report = estimate(blueprint, load) if report is None else report
    found = _loads(blueprint, load, report)
    ways = [h for h in hops(blueprint, found) if flow is None or h.flow == flow]
    colors = {name: i for i, name in enumerate(blueprint.flows)}
    kept = {n for h in ways for n in (h.source, h.target) if n is not None}
    lines = {c.name: c for c in report.components}
    groups, group_of = _groups({n: c for n, c in blueprint.components.items() if flow is None or n in kept})
    nodes = [
        _client(f"u{i}", name, found.flows.get(name, 0.0))
        for i, (name, spec) in enumerate(blueprint.flows.items())
        if spec.arrive is not None and flow in (None, name)
    ]
    clients = {n.name: n.id for n in nodes}
    ids = {name: f"c{i}" for i, name in enumerate(blueprint.components)}
    for name, component in blueprint.components.items():
        if flow is None or name in kept:
            nodes.append(_node(ids[name], name, component, group_of.get(name), lines[name], measured))
    edges = _edges(
        ways, ids, clients, colors, {n.id: found.flows.get(n.name, 0.0) for n in nodes if n.kind == "client"}
    )
    flows = [FlowLine(n, found.flows.get(n, 0.0), i) for n, i in colors.items() if flow in (None, n)]
    title = blueprint.title or blueprint.name
    return Diagram(
        title, "down", tuple(groups), tuple(nodes), tuple(edges), tuple(flows), measured=measured is not None, load=load
    )


def known(blueprint: Blueprint, flow: str | None) -> None:
    """Raises UsageError for a flow that there is not."""
    if flow is not None and flow not in blueprint.flows:
        near = suggest(flow, blueprint.flows)
        raise UsageError(f"there is no flow {flow!r}", hint=near or f"flows: {', '.join(blueprint.flows) or 'none'}")


def _loads(blueprint: Blueprint, load: float, report: EstimateReport) -> Loads:
    closed = {
        n: report.flows[n].rate
        for n, f in blueprint.flows.items()
        if f.arrive is not None and f.arrive.users is not None and n in report.flows
    }
    return loads(blueprint, load, closed)


def _groups(components: Mapping[str, Component]) -> tuple[list[Group], dict[str, str]]:
    """A frame for each number of zones that components are spread over, inside one for each number of regions."""
    groups: list[Group] = []
    group_of: dict[str, str] = {}
    for name, c in components.items():
        region = f"r{c.regions}" if c.regions > 1 else None
        zone = f"{region or ''}z{c.zones}" if c.zones > 1 else None
        if region and all(g.id != region for g in groups):
            groups.append(Group(region, f"{c.regions} regions", "region"))
        if zone and all(g.id != zone for g in groups):
            groups.append(Group(zone, f"{c.zones} zones{' in each' if region else ''}", "zone", region))
        if zone or region:
            group_of[name] = zone or region or ""
    return groups, group_of


def _client(node_id: str, flow: str, rate: float) -> Node:
    label, detail = clipped(flow, WIDEST_NAME, NAME, bold=True), show(rate, "1/s")
    wide = max(width(label, NAME, bold=True), width(detail, DETAIL)) + GLYPH + GAP
    return Node(node_id, flow, "client", label, detail, math.ceil(wide + 2 * PAD + 4), 2 * LINE + 2 * 6)


def _node(
    node_id: str,
    name: str,
    component: Component,
    group: str | None,
    line: ComponentLine,
    measured: Mapping[str, float] | None,
) -> Node:
    used = line.utilisation if measured is None else measured.get(f"{name}.utilisation")
    used = used if used is None or math.isfinite(used) else None
    label = clipped(name, WIDEST_NAME, NAME, bold=True)
    detail = clipped(sized(component, zones=False), 2 * WIDEST_DETAIL, DETAIL)
    texts = [width(d, DETAIL) for d in detail_lines(detail)]
    head = width(label, NAME, bold=True)
    if used is not None:
        head += GAP + width(share(used), DETAIL)
    wide = max(head, *texts) + GLYPH + GAP
    high = LINE * len(texts) + 19 + 2 * 7 + (METER if used is not None else 0)
    return Node(
        node_id, name, component.kind, label, detail, math.ceil(wide + 2 * PAD), high, group, used,
        _problem(name, line, measured),
    )  # fmt: skip


def share(value: float) -> str:
    """A share in few characters, as it stands in a box."""
    percent = 100.0 * value
    return f"{percent:.0f} %" if 1 <= percent < 999.5 or percent == 0 else "over 999 %" if percent > 999 else "< 1 %"


def detail_lines(detail: str) -> list[str]:
    """A box's detail on one line, or on two where that would be wide."""
    if width(detail, DETAIL) <= WIDEST_DETAIL or ", " not in detail:
        return [detail]
    first, rest = detail.split(", ", 1)
    return [first, rest]


def _problem(name: str, line: ComponentLine, measured: Mapping[str, float] | None) -> str | None:
    """Why a component cannot do what is asked of it. A limiter that turns requests away does what it is there for."""
    if line.kind == "limiter":
        return None
    if measured is None:
        worst = max(line.bottleneck or 0.0, line.utilisation or 0.0)
        if worst < 1.0:
            return None
        what = line.limited_by if worst > (line.utilisation or 0.0) else "workers"
        return f"cannot keep up: {what} at {share(worst)}"
    turned = [f"{show(v, '1/s')} {what}" for what, v in _turned_away(name, measured) if v > 0]
    return ", ".join(turned) or None


def _turned_away(name: str, measured: Mapping[str, float]) -> list[tuple[str, float]]:
    return [(what, measured.get(f"{name}.{what}", 0.0)) for what in ("shed", "rejected")]


def _edges(
    ways: list[Hop],
    ids: Mapping[str, str],
    clients: Mapping[str, str],
    colors: Mapping[str, int],
    own: dict[str, float],
) -> list[Edge]:
    """One edge for each pair of nodes, with a strand for each flow along it."""
    pairs: dict[tuple[str, str], dict[str | None, list[Hop]]] = {}
    for hop in ways:
        source = clients.get(hop.flow or "") if hop.source is None else ids[hop.source]
        if source is not None:
            pairs.setdefault((source, ids[hop.target]), {}).setdefault(hop.flow, []).append(hop)
    edges = []
    for i, ((source, target), flows) in enumerate(pairs.items()):
        strands = []
        for flow, along in flows.items():
            verbs = tuple(dict.fromkeys(h.verb for h in along))
            rate = sum(h.rate for h in along)
            strands.append(Strand(flow, verbs, rate, None if flow is None else colors[flow], along[0].kind))
        strands.sort(key=lambda s: len(colors) if s.color is None else s.color)
        edge = Edge(f"e{i}", source, target, tuple(strands), "", 0.0, 0.0)
        told = source in own and math.isclose(strands[0].rate, own[source], rel_tol=0.005)
        edges.append(edge if told else _labelled(edge))
    return edges


def _labelled(edge: Edge) -> Edge:
    lines = label_lines(edge.strands)
    wide = max(width(text, LABEL) for text, _ in lines) + DOT + 8
    label = "\n".join(text for text, _ in lines)
    return Edge(edge.id, edge.source, edge.target, edge.strands, label, math.ceil(wide), LINE * len(lines) + 5)


def label_lines(strands: tuple[Strand, ...]) -> list[tuple[str, Strand | None]]:
    """The lines of a label: each flow with its rate; where there are many, the busiest and how many more."""
    shown, rest = strands, 0
    if len(strands) > MOST_LINES:
        busiest = sorted(strands, key=lambda s: -s.rate)[: MOST_LINES - 1]
        shown = tuple(s for s in strands if s in busiest)
        rest = len(strands) - len(shown)
    lines: list[tuple[str, Strand | None]] = []
    for strand in shown:
        rate = show(strand.rate, "1/s")
        name = clipped(strand.flow or ", ".join(strand.verbs), WIDEST_LABEL - width(rate, LABEL), LABEL)
        lines.append((name if strand.flow is None and not strand.rate else f"{name} {rate}", strand))
    if rest:
        left = sum(s.rate for s in strands) - sum(s.rate for s in shown)
        lines.append((f"{rest} more {show(max(0.0, left), '1/s')}", None))
    return lines


def name_box(group: Group) -> tuple[float, float, float, float]:
    """Left, top, width and height of the name of a frame."""
    return group.x + 10, group.y + 6, width(group.label, DETAIL) + 8, 15.0
