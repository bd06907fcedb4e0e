"""A layered layout that needs no other program: Sugiyama's method with its plainest steps.

Boxes are ranked by the longest way to them (edges that close a cycle are left out of that), a label is a box between
its ends, and an edge over several ranks has a point on each. The boxes of a frame keep to columns of their own, so that
no frame holds what is not in it.

Source: K. Sugiyama, S. Tagawa, M. Toda, Methods for Visual Understanding of Hierarchical System Structures, 1981.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

from loadcase.draw.diagram import Diagram, Edge, Group, Node, Point

APART, BETWEEN, FRAME, TITLE = 22.0, 26.0, 14.0, 24.0
"""Space between boxes of a rank, between ranks, around what a frame holds, and for its label."""
LANE = 14.0
"""Width of the place of an edge in a rank that it passes."""
SWEEPS = 8


@dataclass
class _Cell:
    """A box, a label or a passing edge in one rank. `along` is its size in the rank, `across` over it."""

    key: str
    band: int
    rank: int
    along: float
    across: float
    at: float = 0.0
    before: list[_Cell] = field(default_factory=list)
    after: list[_Cell] = field(default_factory=list)


def placed(graph: Diagram) -> Diagram:
    """The drawing with places, in its own direction."""
    from loadcase.draw.layout import framed

    down = graph.direction == "down"
    bands = _bands(graph)
    ranks = _ranks(graph)
    cells: dict[str, _Cell] = {}
    for node in graph.nodes:
        size = (node.width, node.height) if down else (node.height, node.width)
        cells[node.id] = _Cell(node.id, bands.get(node.group or "", 0), 2 * ranks[node.id], *size)
    chains: dict[str, list[_Cell]] = {}
    for edge in graph.edges:
        chains[edge.id] = _chain(edge, cells, down)
    all_cells = [*cells.values(), *(c for chain in chains.values() for c in chain)]
    for chain_edge in graph.edges:
        ends = [cells[chain_edge.source], *chains[chain_edge.id], cells[chain_edge.target]]
        for one, two in pairwise(ends):
            one.after.append(two)
            two.before.append(one)
    layers: dict[int, list[_Cell]] = {}
    for cell in all_cells:
        layers.setdefault(cell.rank, []).append(cell)
    ordered = [sorted(layers[r], key=lambda c: c.band) for r in sorted(layers)]
    _order(ordered)
    _along(ordered, max(bands.values(), default=0) + 1)
    across: dict[int, float] = {}
    y = 0.0
    for layer in ordered:
        high = max(c.across for c in layer)
        across[layer[0].rank] = y + high / 2
        y += high + BETWEEN

    def at(cell: _Cell) -> Point:
        return (cell.at, across[cell.rank]) if down else (across[cell.rank], cell.at)

    nodes = []
    for node in graph.nodes:
        x, y = at(cells[node.id])
        nodes.append(replace(node, x=x - node.width / 2, y=y - node.height / 2))
    by_id = {n.id: n for n in nodes}
    edges = [_drawn(e, [at(c) for c in chains[e.id]], chains[e.id], by_id, down) for e in graph.edges]
    done = replace(graph, nodes=tuple(nodes), edges=tuple(edges), groups=tuple(_frames(graph, nodes)))
    return framed(done, "plain")


def _bands(graph: Diagram) -> dict[str, int]:
    """A band of columns for each frame that holds nodes itself; 0 is for what is in none."""
    order: list[str] = []

    def visit(parent: str | None) -> None:
        for group in graph.groups:
            if group.parent == parent:
                order.append(group.id)
                visit(group.id)

    visit(None)
    return {"": 0, **{g: i + 1 for i, g in enumerate(order)}}


def _ranks(graph: Diagram) -> dict[str, int]:
    """The longest way to each node over edges that close no cycle."""
    after: dict[str, list[str]] = {n.id: [] for n in graph.nodes}
    for e in graph.edges:
        after[e.source].append(e.target)
    state: dict[str, int] = {}
    forward: dict[str, list[str]] = {n.id: [] for n in graph.nodes}
    finished: list[str] = []
    targets = {e.target for e in graph.edges}
    roots = [n.id for n in graph.nodes if n.id not in targets] + [n.id for n in graph.nodes if n.id in targets]
    for root in roots:
        stack = [(root, iter(after[root]))] if root not in state else []
        if stack:
            state[root] = 1
        while stack:
            here, rest = stack[-1]
            to = next(rest, None)
            if to is None:
                state[here] = 2
                finished.append(here)
                stack.pop()
            elif state.get(to) != 1:
                forward[here].append(to)
                if to not in state:
                    state[to] = 1
                    stack.append((to, iter(after[to])))
    ranks = dict.fromkeys(after, 0)
    for here in reversed(finished):
        for to in forward[here]:
            ranks[to] = max(ranks[to], ranks[here] + 1)
    for here in finished:  # a node without anything before it comes just before what it calls
        if here not in targets and forward[here]:
            ranks[here] = max(0, min(ranks[to] for to in forward[here]) - 1)
    return ranks


def _chain(edge: Edge, cells: Mapping[str, _Cell], down: bool) -> list[_Cell]:
    """The label of an edge, and its places in the ranks between its ends."""
    a, b = cells[edge.source], cells[edge.target]
    low, high = min(a.rank, b.rank), max(a.rank, b.rank)
    between = list(range(low + 1, high)) if high > low else [low + 1]
    label = between[len(between) // 2 if len(between) % 2 else len(between) // 2 - 1]
    band = a.band if a.band == b.band else 0
    chain = []
    for rank in between:
        size = (LANE, 1.0)
        if rank == label and edge.label_width:
            size = (edge.label_width, edge.label_height) if down else (edge.label_height, edge.label_width)
        chain.append(_Cell(f"{edge.id}.{rank}", band, rank, *size))
    return chain if a.rank <= b.rank else chain[::-1]


def _order(layers: list[list[_Cell]]) -> None:
    """Few crossings: each rank by the middle of its neighbours in the one before, then after, several times."""
    for sweep in range(SWEEPS):
        forth = sweep % 2 == 0
        for layer in layers if forth else layers[::-1]:
            where = {c.key: i for each in layers for i, c in enumerate(each)}

            def middle(cell: _Cell, forth: bool = forth, where: dict[str, int] = where) -> float:
                near = [c for c in (*cell.before, *cell.after) if (c.rank < cell.rank) == forth and c.rank != cell.rank]
                return sum(where[c.key] for c in near) / len(near) if near else float(where[cell.key])

            layer.sort(key=lambda c, middle=middle: (c.band, middle(c)))  # type: ignore[misc]


def _along(layers: list[list[_Cell]], bands: int) -> None:
    """Places along the ranks: near the neighbours, apart from each other, in the columns of the band."""
    needed = [0.0] * bands
    for layer in layers:
        for band in range(bands):
            row = [c for c in layer if c.band == band]
            needed[band] = max(needed[band], sum(c.along + APART for c in row) - APART if row else 0.0)
    starts, x = [], 0.0
    for band in range(bands):
        starts.append(x)
        x += needed[band] + (2 * FRAME + APART if needed[band] else 0.0)
    for layer in layers:
        for band in range(bands):
            row = [c for c in layer if c.band == band]
            room = needed[band] - (sum(c.along + APART for c in row) - APART if row else 0.0)
            at = starts[band] + room / 2
            for cell in row:
                cell.at = at + cell.along / 2
                at += cell.along + APART
    for sweep in range(SWEEPS):
        for layer in layers if sweep % 2 == 0 else layers[::-1]:
            for band in range(bands):
                row = [c for c in layer if c.band == band]
                _settle(row, starts[band], starts[band] + needed[band])


def _settle(row: list[_Cell], left: float, right: float) -> None:
    """Each cell as near to the mean of its neighbours as the others and the columns let it."""
    wanted = []
    for cell in row:
        near = [c.at for c in (*cell.before, *cell.after)]
        wanted.append(sum(near) / len(near) if near else cell.at)
    low = left
    for cell, want in zip(row, wanted, strict=True):
        cell.at = max(low + cell.along / 2, want)
        low = cell.at + cell.along / 2 + APART
    high = right
    for cell in reversed(row):
        cell.at = min(cell.at, high - cell.along / 2)
        high = cell.at - cell.along / 2 - APART


def _drawn(edge: Edge, way: list[Point], chain: list[_Cell], nodes: Mapping[str, Node], down: bool) -> Edge:
    """An edge with its curve: out of a side of its source, through its places, into a side of its target."""
    a, b = nodes[edge.source], nodes[edge.target]
    start, end = _side(a, way[0] if way else _center(b), down), _side(b, way[-1] if way else _center(a), down)
    stops = [start, *way, end]
    points: list[Point] = [start]
    for one, two in pairwise(stops):
        if down:
            half = (two[1] - one[1]) / 2
            points += [(one[0], one[1] + half), (two[0], two[1] - half), two]
        else:
            half = (two[0] - one[0]) / 2
            points += [(one[0] + half, one[1]), (two[0] - half, two[1]), two]
    at = next((p for p, c in zip(way, chain, strict=True) if edge.label_width and c.across > 1.0), (0.0, 0.0))
    return replace(edge, points=tuple(points), label_x=at[0], label_y=at[1])


def _center(node: Node) -> Point:
    return node.x + node.width / 2, node.y + node.height / 2


def _side(node: Node, to: Point, down: bool) -> Point:
    """Where an edge meets a box: on the side that looks to the next place, below or above its middle."""
    x, y = _center(node)
    if down:
        return min(max(to[0], node.x + 12), node.x + node.width - 12), node.y + (node.height if to[1] > y else 0.0)
    return node.x + (node.width if to[0] > x else 0.0), min(max(to[1], node.y + 8), node.y + node.height - 8)


def _frames(graph: Diagram, nodes: list[Node]) -> list[Group]:
    """Frames around what they hold, the inner ones first."""
    parents = {g.id: g.parent for g in graph.groups}
    made: dict[str, Group] = {}
    for group in reversed(graph.groups):
        boxes = [(n.x, n.y, n.x + n.width, n.y + n.height) for n in nodes if n.group == group.id]
        boxes += [(g.x, g.y, g.x + g.width, g.y + g.height) for g in made.values() if parents[g.id] == group.id]
        left, top = min(b[0] for b in boxes) - FRAME, min(b[1] for b in boxes) - FRAME - TITLE
        right, low = max(b[2] for b in boxes) + FRAME, max(b[3] for b in boxes) + FRAME
        made[group.id] = replace(group, x=left, y=top, width=right - left, height=low - top)
    return [made[g.id] for g in graph.groups]
