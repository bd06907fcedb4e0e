"""Where things stand: nothing on anything else, all of it in the view, for every design of the gallery."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from loadcase.blueprint.load import load, loads
from loadcase.draw import Diagram, diagram, layout
from loadcase.draw.graph import DETAIL, LABEL, NAME, detail_lines, label_lines, name_box, share
from loadcase.draw.png import png
from loadcase.draw.svg import svg
from loadcase.draw.text import width

GALLERY = sorted(p.parent for p in Path("gallery").glob("*/blueprint.yaml"))
WAYS = ("dot", "graphviz-pure", "plain")
Box = tuple[float, float, float, float]


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """One of the ways to place a drawing; what is not installed is left out."""
    name = str(request.param)
    if name != "plain":
        monkeypatch.setattr(layout, "PROGRAMS", (name,))
        layout.graphviz.cache_clear()
        if layout.graphviz() is None:
            pytest.skip(f"there is no {name} here")
    yield name
    layout.graphviz.cache_clear()


def boxes(drawn: Diagram) -> tuple[dict[str, Box], dict[str, Box], dict[str, Box]]:
    """Left, top, right and bottom of nodes, of labels and of the names of frames."""
    nodes = {n.id: (n.x, n.y, n.x + n.width, n.y + n.height) for n in drawn.nodes}
    labels = {}
    for e in drawn.edges:
        if e.label_width:
            w, h = e.label_width / 2, e.label_height / 2
            labels[e.id] = (e.label_x - w, e.label_y - h, e.label_x + w, e.label_y + h)
    names = {}
    for g in drawn.groups:
        x, y, w, h = name_box(g)
        names[g.id] = (x, y, x + w, y + h)
    return nodes, labels, names


def overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] - 0.01 and b[0] < a[2] - 0.01 and a[1] < b[3] - 0.01 and b[1] < a[3] - 0.01


def within(a: Box, b: Box) -> bool:
    return b[0] <= a[0] and b[1] <= a[1] and a[2] <= b[2] and a[3] <= b[3]


def assert_neat(drawn: Diagram) -> None:
    nodes, labels, names = boxes(drawn)
    everything = {**nodes, **labels, **{f"frame {k}": v for k, v in names.items()}}
    for (one, a), (two, b) in itertools.combinations(everything.items(), 2):
        assert not overlap(a, b), f"{one} is on {two}"
    frames = {g.id: (g.x, g.y, g.x + g.width, g.y + g.height) for g in drawn.groups}
    inside = {n.id: n.group for n in drawn.nodes}
    parents = {g.id: g.parent for g in drawn.groups}
    for node, box in nodes.items():
        around, held = inside[node], set()
        while around is not None:
            held.add(around)
            around = parents[around]
        for frame, area in frames.items():
            if frame in held:
                assert within(box, area), f"{node} sticks out of {frame}"
            else:
                assert not overlap(box, area), f"{node} is in the frame {frame}, which is not its own"
    for name, box in {**everything, **frames}.items():
        assert within(box, (0.0, 0.0, drawn.width, drawn.height)), f"{name} is outside"
    for e in drawn.edges:
        assert len(e.points) >= 4
        assert len(e.points) % 3 == 1
        assert all(0 <= x <= drawn.width and 0 <= y <= drawn.height for x, y in e.points), e.id
        for end, node in ((e.points[0], e.source), (e.points[-1], e.target)):
            left, top, right, low = nodes[node]
            away = math.hypot(max(left - end[0], 0, end[0] - right), max(top - end[1], 0, end[1] - low))
            assert away < 3.0, f"{e.id} ends {away:.1f} from {node}"
        if e.label_width:
            assert min(math.dist(p, (e.label_x, e.label_y)) for p in e.points) < 3.0, (
                f"the label of {e.id} is off its line"
            )


def assert_fits(drawn: Diagram) -> None:
    """No text is wider than what it stands in, in the widest of the fonts."""
    for n in drawn.nodes:
        room = n.width - 10.0 - 18.0 - 7.0 - 10.0
        used = 7.0 + width(share(n.utilisation), DETAIL) if n.utilisation is not None else 0.0
        assert width(n.label, NAME, bold=True) + used <= room + 0.01, n
        lines = [n.detail] if n.kind == "client" else detail_lines(n.detail)
        assert all(width(line, DETAIL) <= room + 0.01 for line in lines), n
    for e in drawn.edges:
        if e.label_width:
            assert all(width(t, LABEL) + 4 + 11 <= e.label_width for t, _ in label_lines(e.strands)), e


@pytest.mark.parametrize("folder", GALLERY, ids=lambda p: p.name)
def test_nothing_stands_on_anything_else(folder: Path, way: str) -> None:
    blueprint = load(folder)
    for direction in (None, "down", "right"):
        drawn = diagram(blueprint, plain=way == "plain", direction=direction)  # type: ignore[arg-type]
        assert drawn.layout == ("plain" if way == "plain" else "dot")
        assert_neat(drawn)
        assert_fits(drawn)
        assert direction in (None, drawn.direction)


@pytest.mark.parametrize("folder", GALLERY, ids=lambda p: p.name)
def test_the_legend_stands_in_the_picture(folder: Path) -> None:
    shape = ElementTree.fromstring(svg(diagram(load(folder), plain=True)))
    wide, high = (float(v) for v in shape.attrib["viewBox"].split()[2:])
    space = "{http://www.w3.org/2000/svg}"
    seen = []
    for g in shape.findall(f"{space}g"):
        moved = re.fullmatch(r"translate\(([\d.]+) ([\d.]+)\)", g.attrib.get("transform", ""))
        text = g.find(f"{space}text")
        if moved is None or text is None or text.attrib["class"] != "lc-legend":
            continue
        x, y = float(moved[1]), float(moved[2])
        right = x + float(text.attrib["x"]) + width(text.text or "", DETAIL)
        seen.append((x, y - 8, right, y + 8))
        assert right <= wide
        assert y + 8 <= high
    assert len(seen) > 5
    assert not any(overlap(a, b) for a, b in itertools.combinations(seen, 2))


def large(components: int = 30, flows: int = 6) -> str:
    """A design in which every flow passes all tiers, with several stores in parallel at the end."""
    lines = ["loadcase: 1", "name: large", "components:"]
    tiers = components - 6
    lines += [f"  tier{i}: {{kind: service, replicas: 3, zones: 3, workers: 64}}" for i in range(tiers)]
    lines += [f"  db{i}: {{kind: store, zones: {1 + i % 3}, replicas: 3}}" for i in range(6)]
    lines.append("flows:")
    for f in range(flows):
        lines.append(f"  flow{f}:\n    arrive: {{rate: {f + 1} /s}}\n    steps:")
        lines += [f"      - tier{i}.handle: {{work: 1 ms}}" for i in range(0, tiers, 1 + f % 2)]
        lines.append(f"      - db{f % 6}.read: {{}}")
    return "\n".join(lines) + "\n"


def test_thirty_components_and_six_parallel_flows(way: str) -> None:
    drawn = diagram(loads(large()), plain=way == "plain")
    assert_neat(drawn)
    assert_fits(drawn)
    pairs = [(e.source, e.target) for e in drawn.edges]
    assert len(pairs) == len(set(pairs)), "what goes between two boxes is one line"
    most = max(drawn.edges, key=lambda e: len(e.strands))
    assert len(most.strands) >= 3
    assert sum(s.rate for s in most.strands) == pytest.approx(most.rate)


def test_six_flows_between_two_boxes_have_one_label() -> None:
    flows = "".join(
        f"  f{i}: {{arrive: {{rate: {i + 1} /s}}, steps: [a.handle: {{work: 1 ms, do: [b.read: {{}}]}}]}}\n"
        for i in range(6)
    )
    text = f"loadcase: 1\nname: six\ncomponents: {{a: {{kind: service}}, b: {{kind: store}}}}\nflows:\n{flows}"
    drawn = diagram(loads(text))
    (edge,) = [e for e in drawn.edges if len(e.strands) == 6]
    assert edge.label.splitlines() == ["f3 4/s", "f4 5/s", "f5 6/s", "3 more 6/s"]
    assert svg(drawn).count('<path class="lc-line lc-fs') >= 12


def test_frames_nest_and_cycles_and_islands_are_placed(way: str) -> None:
    text = """loadcase: 1
name: frames
components:
  a: {kind: service, zones: 3, regions: 2, replicas: 6}
  b: {kind: store, regions: 2, replicas: 2}
  c: {kind: service, zones: 2, replicas: 2}
  island: {kind: object_store}
flows:
  f:
    arrive: {rate: 1 /s}
    steps: [a.handle: {work: 1 ms, do: [b.read: {}, c.handle: {work: 1 ms, do: [a.handle: {work: 1 ms}]}]}]
"""
    drawn = diagram(loads(text), plain=way == "plain")
    assert_neat(drawn)
    assert {(g.label, g.kind, g.parent) for g in drawn.groups} == {
        ("2 regions", "region", None),
        ("3 zones in each", "zone", "r2"),
        ("2 zones", "zone", None),
    }


def test_a_program_that_fails_or_hangs_leaves_the_plain_layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "TIMEOUT_S", 0.3)
    for script in ("exit 1", "echo nonsense", "sleep 60", "echo '{}'"):
        program = tmp_path / "dot"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setattr(layout, "graphviz", lambda program=program: str(program))
        drawn = diagram(load("gallery/chat"))
        assert drawn.layout == "plain"
        assert "plain layout" in svg(drawn)
    monkeypatch.setattr(layout, "graphviz", lambda: "/nowhere/dot")
    assert diagram(load("gallery/chat")).layout == "plain"


def test_a_huge_design_is_placed_without_graphviz() -> None:
    drawn = diagram(loads(large(components=320, flows=3)))
    assert drawn.layout == "plain"
    assert len(drawn.nodes) == 323


def test_pixels_show_the_picture_and_its_text() -> None:
    drawn = diagram(load("gallery/url-shortener"), plain=True)
    data = png(drawn)
    assert data.startswith(b"\x89PNG")
    assert len(data) > 20_000
    assert png(drawn, dark=True) != data
