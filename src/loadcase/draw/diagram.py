"""A drawing as data: boxes, frames and lines with their places. Every face that shows a design draws this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Point = tuple[float, float]
Direction = Literal["down", "right"]


@dataclass(frozen=True)
class Group:
    """A frame around nodes: `kind` is region or zone. Places are in points, the origin is the top left corner."""

    id: str
    label: str
    kind: str
    parent: str | None = None
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0


@dataclass(frozen=True)
class Node:
    """A component, or the clients of a flow (`kind` is client). `utilisation` is a share, `problem` says what is wrong.

    `detail` is what it is and how much there is of it.
    """

    id: str
    name: str
    kind: str
    label: str
    detail: str
    width: float
    height: float
    group: str | None = None
    utilisation: float | None = None
    problem: str | None = None
    x: float = 0.0
    y: float = 0.0


@dataclass(frozen=True)
class Strand:
    """What one flow does along an edge. `color` is the index of the flow; None for what comes by itself."""

    flow: str | None
    verbs: tuple[str, ...]
    rate: float
    color: int | None
    kind: str


@dataclass(frozen=True)
class Edge:
    """All that goes from one node to another, by flow. `points` are 1 + 3n control points of cubic Bezier curves.

    `flow` and `color` are those of the strand with the highest rate; `label` has one line for each strand. The label
    is a box around `label_x`, `label_y`; its width is 0 where there is none.
    """

    id: str
    source: str
    target: str
    strands: tuple[Strand, ...]
    label: str
    label_width: float
    label_height: float
    points: tuple[Point, ...] = ()
    label_x: float = 0.0
    label_y: float = 0.0

    @property
    def main(self) -> Strand:
        """The strand with the highest rate."""
        return max(self.strands, key=lambda s: s.rate)

    @property
    def rate(self) -> float:
        """Calls per second of all strands."""
        return sum(s.rate for s in self.strands)


@dataclass(frozen=True)
class FlowLine:
    """A flow in the legend."""

    name: str
    rate: float
    color: int


@dataclass(frozen=True)
class Diagram:
    """A placed drawing, in points. `layout` says who placed it: `dot`, or `plain` where there is no Graphviz."""

    title: str
    direction: Direction
    groups: tuple[Group, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    flows: tuple[FlowLine, ...]
    width: float = 0.0
    height: float = 0.0
    layout: Literal["dot", "plain"] = "plain"
    measured: bool = False
    """Whether the utilisation was measured in a run; of the closed form otherwise."""
    load: float = 1.0

    def as_dict(self) -> dict[str, Any]:
        """The documented JSON shape."""
        groups = [
            {
                "id": g.id, "label": g.label, "kind": g.kind, "x": _r(g.x), "y": _r(g.y), "width": _r(g.width),
                "height": _r(g.height), "parent": g.parent,
            }
            for g in self.groups
        ]  # fmt: skip
        nodes = [
            {
                "id": n.id, "name": n.name, "kind": n.kind, "label": n.label, "detail": n.detail, "x": _r(n.x),
                "y": _r(n.y), "width": _r(n.width), "height": _r(n.height), "group": n.group,
                "utilisation": n.utilisation, "problem": n.problem,
            }
            for n in self.nodes
        ]  # fmt: skip
        edges = [
            {
                "id": e.id, "source": e.source, "target": e.target, "flow": e.main.flow, "label": e.label,
                "rate": e.rate, "kind": e.main.kind, "points": [[_r(x), _r(y)] for x, y in e.points],
                "label_x": _r(e.label_x), "label_y": _r(e.label_y), "label_width": _r(e.label_width),
                "label_height": _r(e.label_height), "color": e.main.color,
                "strands": [
                    {"flow": s.flow, "verbs": list(s.verbs), "rate": s.rate, "color": s.color, "kind": s.kind}
                    for s in e.strands
                ],
            }
            for e in self.edges
        ]  # fmt: skip
        return {
            "title": self.title,
            "width": _r(self.width),
            "height": _r(self.height),
            "direction": self.direction,
            "layout": self.layout,
            "measured": self.measured,
            "load": self.load,
            "groups": groups,
            "nodes": nodes,
            "edges": edges,
            "flows": [{"name": f.name, "rate": f.rate, "color": f.color} for f in self.flows],
        }


def _r(value: float) -> float:
    return round(value, 2)
