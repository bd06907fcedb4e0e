"""Places for everything in a drawing: by Graphviz where there is one, by a plain layout of our own otherwise.

Graphviz sees numbers alone, so that no name of a design can mean anything to it: nodes are called n0, n1, and are boxes
of a given size. The label of an edge is a box on the way, so that it stands on its line and on nothing else.
"""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from loadcase.draw.diagram import Diagram, Direction, Edge, Group, Point
from loadcase.draw.plain import placed as plainly

TIMEOUT_S = 10.0
MOST_PARTS = 600
"""Nodes and edges that Graphviz is asked to place; its time grows faster than their number."""
MARGIN = 12.0
TITLE = 20.0
"""Height of a frame's label."""
VIEW = (1240.0, 760.0)
"""The view that a drawing should fill well; decides its direction."""
PROGRAMS = ("dot", "graphviz-pure")
"""Graphviz, and a wheel that is one (the extra `draw`)."""


def place(graph: Diagram, direction: Direction | None = None, plain: bool = False) -> Diagram:
    """The same drawing with places. Without a direction the one that shows it larger is taken.

    `plain` asks for the layout that needs no Graphviz.
    """
    ways: tuple[Direction, ...] = ("down", "right") if direction is None else (direction,)
    program = None if plain or len(graph.nodes) + len(graph.edges) > MOST_PARTS else graphviz()
    found = [] if program is None else _by_dot(graph, ways, program)
    if not found:
        found = [plainly(replace(graph, direction=way)) for way in ways]
    return max(found, key=_shown)


def _shown(diagram: Diagram) -> float:
    """How large the view shows a drawing: 1 is its own size."""
    return min(VIEW[0] / max(1.0, diagram.width), VIEW[1] / max(1.0, diagram.height), 1.0)


@cache
def graphviz() -> str | None:
    """The program that places drawings; None where there is none."""
    beside = Path(sys.executable).parent
    for name in PROGRAMS:
        found = shutil.which(name) or shutil.which(name, path=str(beside))
        if found is not None:
            return found
    return None


def _by_dot(graph: Diagram, ways: Sequence[Direction], program: str) -> list[Diagram]:
    """Places by Graphviz, with ranks over all frames and with ranks by frame, all at once; what fails is left out."""
    tries = [(way, ranks) for way in ways for ranks in ("true", "false") if ranks == "true" or graph.groups]
    until = time.monotonic() + TIMEOUT_S
    running, found = [], []
    for way, ranks in tries:
        try:
            running.append((way, _start(program, _source(graph, way, ranks))))
        except OSError:
            continue
    for way, one in running:
        try:
            out, _ = one.communicate(timeout=max(0.1, until - time.monotonic()))
            found.append(_read(graph, way, json.loads(out)))
        except (OSError, subprocess.SubprocessError, ValueError, KeyError, IndexError):
            _end(one)
    return found


def _start(program: str, source: str) -> subprocess.Popen[bytes]:
    with tempfile.TemporaryFile() as given:
        given.write(source.encode())
        given.seek(0)
        return subprocess.Popen([program, "-Tjson"], stdin=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def _end(one: subprocess.Popen[bytes]) -> None:
    """Ends a program, without waiting for what it may have started."""
    one.kill()
    if one.stdout is not None:
        one.stdout.close()
    one.wait()


def _source(graph: Diagram, direction: Direction, ranks: str) -> str:
    down = direction == "down"
    apart = (0.28, 0.26) if down else (0.24, 0.3)
    lines = [
        f"digraph g {{ newrank={ranks};",
        f"rankdir={'TB' if down else 'LR'}; nodesep={apart[0]}; ranksep={apart[1]}; splines=true;",
        'node [shape=box, fixedsize=true, label=""]; edge [dir=none];',
    ]
    index = {n.id: i for i, n in enumerate(graph.nodes)}
    lines += [f"n{i} [{_size(n.width, n.height)}];" for i, n in enumerate(graph.nodes)]
    shared: dict[str, list[str]] = {}
    for k, edge in enumerate(graph.edges):
        a, b = index[edge.source], index[edge.target]
        heavy = 2 if edge.main.kind != "commit" else 1
        if edge.label_width:
            lines.append(f"l{k} [{_size(edge.label_width, edge.label_height)}];")
            lines.append(f"n{a} -> l{k} [headclip=false, weight={heavy}];")
            lines.append(f"l{k} -> n{b} [tailclip=false, weight={heavy}];")
            common = _common(graph, edge)
            if common is not None:
                shared.setdefault(common, []).append(f"l{k};")
        else:
            lines.append(f"n{a} -> n{b} [weight={heavy}];")
    for i, node in enumerate(graph.nodes):
        if node.group is not None:
            shared.setdefault(node.group, []).append(f"n{i};")
    for group in graph.groups:
        if group.parent is None:
            lines += _cluster(graph, group, shared)
    return "\n".join([*lines, "}"])


def _cluster(graph: Diagram, group: Group, shared: dict[str, list[str]]) -> list[str]:
    i = graph.groups.index(group)
    wide = max(30.0, 7.0 * len(group.label))
    table = f'<TABLE BORDER="0" FIXEDSIZE="TRUE" WIDTH="{wide:.0f}" HEIGHT="{TITLE:.0f}"><TR><TD></TD></TR></TABLE>'
    lines = [f"subgraph cluster_{i} {{ label=<{table}>; labeljust=l; margin=14;", *shared.get(group.id, [])]
    for inner in graph.groups:
        if inner.parent == group.id:
            lines += _cluster(graph, inner, shared)
    return [*lines, "}"]


def _common(graph: Diagram, edge: Edge) -> str | None:
    """The frame that both ends of an edge are in."""
    group_of = {n.id: n.group for n in graph.nodes}
    parents = {g.id: g.parent for g in graph.groups}
    around = group_of[edge.source]
    chain = set()
    while around is not None:
        chain.add(around)
        around = parents[around]
    around = group_of[edge.target]
    while around is not None and around not in chain:
        around = parents[around]
    return around


def _size(width: float, height: float) -> str:
    return f"width={width / 72:.4f}, height={height / 72:.4f}"


def _read(graph: Diagram, direction: Direction, shape: dict[str, Any]) -> Diagram:
    _, _, _, top = (float(v) for v in shape["bb"].split(","))

    def at(text: str) -> Point:
        x, y = text.split(",")[:2]
        return float(x) + MARGIN, top - float(y) + MARGIN

    named = {o["name"]: o for o in shape["objects"]}
    nodes = []
    for i, node in enumerate(graph.nodes):
        x, y = at(named[f"n{i}"]["pos"])
        nodes.append(replace(node, x=x - node.width / 2, y=y - node.height / 2))
    groups = []
    for i, group in enumerate(graph.groups):
        left, low, right, high = (float(v) for v in named[f"cluster_{i}"]["bb"].split(","))
        groups.append(replace(group, x=left + MARGIN, y=top - high + MARGIN, width=right - left, height=high - low))
    ids = {o["_gvid"]: o["name"] for o in shape["objects"]}
    paths: dict[tuple[str, str], list[list[Point]]] = {}
    for e in shape.get("edges", []):
        points = [at(p) for p in e["pos"].split() if p[0] not in "se"]
        paths.setdefault((ids[e["tail"]], ids[e["head"]]), []).append(points)
    index = {n.id: f"n{i}" for i, n in enumerate(graph.nodes)}
    edges = []
    for k, edge in enumerate(graph.edges):
        a, b = index[edge.source], index[edge.target]
        if edge.label_width:
            x, y = at(named[f"l{k}"]["pos"])
            first, second = paths[a, f"l{k}"].pop(0), paths[f"l{k}", b].pop(0)
            edges.append(replace(edge, points=(*first, *_joined(first[-1], second)), label_x=x, label_y=y))
        else:
            edges.append(replace(edge, points=tuple(paths[a, b].pop(0))))
    return framed(
        replace(graph, direction=direction, nodes=tuple(nodes), groups=tuple(groups), edges=tuple(edges)), "dot"
    )


def _joined(end: Point, points: Sequence[Point]) -> list[Point]:
    """The points that continue a curve that ends at `end`."""
    start = points[0]
    if math.dist(end, start) < 0.5:
        return list(points[1:])
    third = ((start[0] - end[0]) / 3, (start[1] - end[1]) / 3)
    one = (end[0] + third[0], end[1] + third[1])
    two = (end[0] + 2 * third[0], end[1] + 2 * third[1])
    return [one, two, start, *points[1:]]


def framed(diagram: Diagram, layout: str) -> Diagram:
    """The drawing moved so that all of it is in its view, with a margin."""
    boxes = [(n.x, n.y, n.x + n.width, n.y + n.height) for n in diagram.nodes]
    boxes += [(g.x, g.y, g.x + g.width, g.y + g.height) for g in diagram.groups]
    for e in diagram.edges:
        if e.label_width:
            w, h = e.label_width / 2, e.label_height / 2
            boxes.append((e.label_x - w, e.label_y - h, e.label_x + w, e.label_y + h))
        boxes += [(x - 6, y - 6, x + 6, y + 6) for x, y in e.points]
    if not boxes:
        return replace(diagram, width=2 * MARGIN, height=2 * MARGIN)
    left, top = min(b[0] for b in boxes) - MARGIN, min(b[1] for b in boxes) - MARGIN
    right, low = max(b[2] for b in boxes) + MARGIN, max(b[3] for b in boxes) + MARGIN
    return replace(
        diagram,
        nodes=tuple(replace(n, x=n.x - left, y=n.y - top) for n in diagram.nodes),
        groups=tuple(replace(g, x=g.x - left, y=g.y - top) for g in diagram.groups),
        edges=tuple(
            replace(
                e, points=tuple((x - left, y - top) for x, y in e.points), label_x=e.label_x - left,
                label_y=e.label_y - top,
            )
            for e in diagram.edges
        ),
        width=right - left,
        height=low - top,
        layout=layout,  # type: ignore[arg-type]
    )  # fmt: skip
