"""What a drawing says: its boxes, its rates, how busy they are; and what hostile text cannot do in any of its forms."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from loadcase.blueprint.load import build, load, loads
from loadcase.cli import execute
from loadcase.draw import diagram
from loadcase.draw.mermaid import mermaid
from loadcase.draw.structurizr import structurizr
from loadcase.draw.svg import level, svg
from loadcase.draw.text import clipped, escape, width
from loadcase.estimate.estimate import estimate

EVIL = (
    "</style><script>alert(1)</script>",
    "]]><img src=x onerror=alert(1)>",
    "\" onload=\"alert(1)' x='",
    'x"]; click a "javascript:alert(1)',
    "}} */ body{background:url(//evil)} ${HOME} !include /etc/passwd \\",
    "\u202egnp.exe\x00\x0b\ud800&#60;script&#62;",
)
SMALL = """loadcase: 1
name: small
title: A small one
components:
  s: {kind: service, workers: 4, zones: 2, replicas: 2}
  d: {kind: store, workers: 2, work: 3 ms}
  l: {kind: log, from: d}
  w: {kind: service}
flows:
  r: {arrive: {rate: 100 /s}, steps: [s.handle: {work: 10 ms, do: [d.append: {}, d.read: {}]}]}
  q: {arrive: {rate: 10 /s}, steps: [s.handle: {work: 1 ms, do: [d.read: {}]}]}
  c: {consume: {log: l, by: w}, steps: [w.handle: {work: 1 ms}]}
"""


def test_a_drawing_tells_who_calls_whom_and_how_often() -> None:
    shape = diagram(loads(SMALL), plain=True).as_dict()
    names = {n["id"]: n["name"] for n in shape["nodes"]}
    edges = {(names[e["source"]], names[e["target"]]): e for e in shape["edges"]}
    assert set(edges) == {("r", "s"), ("q", "s"), ("s", "d"), ("d", "l"), ("l", "w")}
    both = edges["s", "d"]
    assert both["rate"] == pytest.approx(210)
    assert both["label"] == "r 200/s\nq 10/s"
    assert [s["verbs"] for s in both["strands"]] == [["append", "read"], ["read"]]
    assert (both["flow"], both["color"], both["kind"]) == ("r", 0, "call")
    assert edges["r", "s"]["label"] == "", "the box of the clients says the rate"
    assert (edges["d", "l"]["kind"], edges["d", "l"]["flow"], edges["d", "l"]["rate"]) == ("commit", None, 100)
    assert edges["l", "w"]["kind"] == "consume"
    assert [(f["name"], f["color"]) for f in shape["flows"]] == [("r", 0), ("q", 1), ("c", 2)]
    assert [(g["label"], g["kind"]) for g in shape["groups"]] == [("2 zones", "zone")]
    json.dumps(shape, allow_nan=False)


def test_load_and_measurements_colour_the_boxes() -> None:
    blueprint = loads(SMALL)
    calm = {n.name: n for n in diagram(blueprint, plain=True).nodes}
    busy = {n.name: n for n in diagram(blueprint, load=10, plain=True).nodes}
    lines = {c.name: c.utilisation for c in estimate(blueprint).components}
    assert {n: calm[n].utilisation for n in lines} == lines
    assert calm["s"].problem is None
    assert busy["d"].problem is not None
    assert "cannot keep up" in busy["d"].problem
    seen = diagram(blueprint, measured={"s.utilisation": 0.85, "d.shed": 12.0}, plain=True)
    nodes = {n.name: n for n in seen.nodes}
    assert nodes["s"].utilisation == 0.85
    assert nodes["d"].utilisation is None
    assert nodes["d"].problem == "12/s shed"
    assert seen.measured
    assert "utilisation, measured" in svg(seen)
    assert [level(u) for u in (0.0, 0.599, 0.6, 0.8, 1.0, 40.0)] == [0, 0, 1, 2, 3, 3]


def test_one_flow_alone() -> None:
    drawn = diagram(loads(SMALL), flow="c", plain=True)
    assert [n.name for n in drawn.nodes] == ["l", "w"]
    assert [f.name for f in drawn.flows] == ["c"]
    assert "r: " not in mermaid(loads(SMALL), "c")
    assert "->" in structurizr(loads(SMALL), flow="q")


def evil_blueprint() -> dict[str, object]:
    """Hostile text wherever a design takes text."""
    a, b, c, d, e, f = EVIL
    return {
        "loadcase": 1, "name": a, "title": b, "prompt": c,
        "requirements": {"functional": [d], "hard_part": e, "deferred": [f]},
        "components": {"api": {"kind": "service", "why": a}, "db": {"kind": "store", "why": e}},
        "flows": {
            "r": {"arrive": {"rate": "1 /s"}, "steps": [{"api.handle": {"work": "1 ms", "do": [{"db.read": {}}]}}]}
        },
        "decisions": {"one": {"choose": a, "over": [b], "because": c, "at_the_cost_of": d, "flips_when": e}},
        "operate": {"rollout": a, "rollback": b, "alerts": [c], "runbook": {"it broke": d}},
    }  # fmt: skip


def test_hostile_text_is_text_in_every_form() -> None:
    blueprint = build(evil_blueprint())
    for text in EVIL:
        blueprint.title = text
        shape = svg(diagram(blueprint, plain=True))
        root = ElementTree.fromstring(shape)
        tags = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert tags <= {"svg", "title", "style", "rect", "g", "path", "text", "circle"}
        assert not any(
            key.lower().startswith("on") or "href" in key for element in root.iter() for key in element.attrib
        )
        assert "url(" not in next(e.text or "" for e in root.iter() if e.tag.endswith("style"))
        workspace = structurizr(blueprint)
        assert "${" not in workspace
        assert all(line.count('"') % 2 == 0 for line in workspace.splitlines())
        assert not re.search(r"^\s*!", workspace, re.M)
        assert "\\" not in workspace
        assert workspace.count("{") - sum(q.count("{") for q in re.findall(r'"[^"\n]*"', workspace)) == workspace.count(
            "}"
        ) - sum(q.count("}") for q in re.findall(r'"[^"\n]*"', workspace))


def test_hostile_names_are_text() -> None:
    for evil in EVIL:
        drawn = diagram(loads(SMALL), plain=True)
        nodes = tuple(
            type(n)(**{**vars(n), "label": clipped(evil, 200, 13), "name": evil, "kind": evil}) for n in drawn.nodes
        )
        groups = tuple(type(g)(**{**vars(g), "label": evil}) for g in drawn.groups)
        shape = svg(type(drawn)(**{**vars(drawn), "nodes": nodes, "groups": groups, "title": evil}))
        tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(shape).iter()}
        assert "script" not in tags
        assert "img" not in tags


def test_no_text_is_cut_in_the_middle_of_its_box() -> None:
    assert clipped("short", 100, 13) == "short"
    long = clipped("a name that nobody can read in one go because it never ends", 120, 13, bold=True)
    assert long.endswith("…")
    assert width(long, 13, bold=True) <= 120
    assert clipped("   two\n lines\t", 200, 13) == "two lines"
    assert width("日本語", 10) == 30
    assert escape("<a b='c'>&\x00") == "&lt;a b=&#39;c&#39;&gt;&amp;\ufffd"


def test_structurizr_has_people_systems_containers_and_zones() -> None:
    text = structurizr(load("gallery/notifications"))
    assert 'person "Clients of submit"' in text
    assert re.search(r'c\d+ = softwareSystem "sms" .*"Outside"', text)
    assert re.search(r'c\d+ = container "rows" ".+" "postgres" "store"', text)
    assert re.search(r'c\d+ -> c\d+ "submit: forward, 370/s', text) or "submit: handle, 370/s" in text
    assert 'deploymentNode "Zone of 3 zones" "" "Zone" "" 3 {' in text
    assert text.count("{") == text.count("}")
    pairs = re.findall(r"^\s+(\w+ -> \w+) ", text, re.M)
    assert len(pairs) == len(set(pairs))


def test_the_command_writes_every_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    for form, start in (
        ("svg", b"<svg "),
        ("png", b"\x89PNG"),
        ("structurizr", b"workspace "),
        ("mermaid", b"flowchart"),
    ):
        out = tmp_path / f"out.{form}"
        assert execute(["draw", str(path), "--format", form, "-o", str(out), "--quiet"]) == 0
        assert out.read_bytes().startswith(start)
    assert capsys.readouterr().out == ""
    assert execute(["draw", str(path), "--format", "json", "--quiet"]) == 0
    shape = json.loads(capsys.readouterr().out)
    assert set(shape) == {"blueprint", "mermaid", "diagram"}
    for wrong, said in (
        (["--flow", "qq"], 'did you mean "q"'),
        (["--format", "svg", "--case", "nope"], "no case 'nope'"),
        (["--run"], "about pictures"),
        (["--format", "svg", "-o", str(tmp_path / "no" / "x.svg")], "cannot write"),
    ):
        assert execute(["draw", str(path), *wrong]) == 2
        assert said in capsys.readouterr().err


def test_a_run_colours_the_picture(tmp_path: Path) -> None:
    path, out = tmp_path / "small.yaml", tmp_path / "small.svg"
    path.write_text(SMALL + "cases: {normal: {duration: 2 s, warmup: 1 s}}\n")
    assert execute(["draw", str(path), "--format", "svg", "--run", "--quiet", "-o", str(out)]) == 0
    assert "utilisation, measured" in out.read_text()
