"""Reports: every section where its data are, text that stays text, plots in their frame, one file that needs none."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from loadcase.blueprint.load import build, load, loads
from loadcase.check.story import Line as Row
from loadcase.check.story import Story
from loadcase.cli import execute
from loadcase.report import view
from loadcase.report.gather import ReportData, data, gather, measured_beside, saved_check
from loadcase.report.markdown import code, text
from loadcase.report.page import html, markdown
from loadcase.report.plots import Line, Mark, Window, choice_plot, line_plot, number_line, sequence
from loadcase.report.progress import Progress
from loadcase.report.stories import story_json
from tests.draw.test_draw import EVIL, SMALL, evil_blueprint

STORY = Story(
    "m.lost",
    "acknowledged, and not stored at the end",
    (
        Row(0.1, "invoke", "r", "7", 1, told=(("key", "1"),)),
        Row(0.2, "commit", "r", "7", 1, "d", 0, "m", (("version", "1"),)),
        Row(0.3, "fault_start", told=(("detail", "crash"),), component="d", faults=("crash of d",)),
        Row(0.4, "read", "q", "8", 1, "d", 1, "m", (("version", "0"),), ("crash of d",)),
        Row(0.5, "deliver", "c", "7", 1, "w", 0, "m", (("receiver", "2"),)),
    ),
)
CASES = """
requirements: {hard_part: keeping it small, contract: [r.p95 < 300 ms, d.utilisation < 80 %]}
cases:
  normal: {duration: 4 s, warmup: 1 s}
  crash: {duration: 4 s, warmup: 1 s, faults: [crash: {on: s, share: 50 %, at: 1 s, for: 1 s}], recover_within: 1 s}
decisions:
  one: {choose: a store, over: [two], because: it is small, flips_when: it grows}
operate:
  slos: [r.p95 < 300 ms over 28 day]
  rollout: slowly
  runbook: {a crash of s: wait for a second}
"""


def guarantee(metric: str, value: float, verdict: str = "holds", **more: Any) -> dict[str, Any]:
    return {
        "guarantee": f"{metric} < 0.3", "metric": metric, "value": value, "low": value, "high": value, "bound": 0.3,
        "comparison": "<", "unit": "s", "verdict": verdict, "margin": 0.1, "degraded": False, "rough": False,
        "evidence": "over 3 seeds", "story": None, **more,
    }  # fmt: skip


def checked(**crash: Any) -> dict[str, Any]:
    cases = [
        {"case": "normal", "verdict": "holds", "guarantees": [guarantee("r.p95", 0.02)]},
        {
            "case": "crash",
            "verdict": "broken",
            "guarantees": [guarantee("r.p95", 0.5, "broken", story=story_json(STORY), **crash)],
        },
    ]
    same = {"seeds": [1, 2, 3], "scale": 1, "partial": None, "notes": ["a note"]}
    return {
        "blueprint": "small", "verdict": "broken", "partial": False, "confidence": 0.95, "wall_s": 1.0,
        "cases": [{**same, **c} for c in cases], "decided": [],
    }  # fmt: skip


def series() -> dict[str, Any]:
    values: list[float | None] = [0.01 + (0.5 if 15 < i < 30 else 0.0) for i in range(60)]
    values[40] = None
    lines = {f"r.{p}": ("s", values) for p in ("p50", "p95", "p99")}
    lines |= {"r.rate": ("1/s", [100.0] * 60), "r.goodput": ("1/s", [90.0] * 60), "r.errors": ("1/s", [10.0] * 60)}
    lines |= {"s.utilisation": ("ratio", [0.5] * 60), "d.queue": ("count", [float(i) for i in range(60)])}
    lines |= {"l.lag": ("count", [float(i % 7) for i in range(60)])}
    lines |= {"d.hottest_shard": ("ratio", [0.2 + (0.7 if 15 < i < 30 else 0.0) for i in range(60)])}
    found = {n: {"start": 1.0, "step": 4 / 60, "unit": u, "values": v} for n, (u, v) in lines.items()}
    return {"crash": found, "normal": found}


def compared(value: float) -> dict[str, Any]:
    """Both designs at a value: the first breaks its bound above 5."""
    line = {"case": "normal", "guarantee": "r.p95 < 300 ms", "unit": "s", "bound": 0.3, "values": [0.06 * value, 0.1]}
    judged = {**line, "verdicts": ["broken" if value > 5 else "holds", "holds"]}
    return {"value": value, "better": "a", "verdicts": ["holds", "holds"], "costs": [1.0, 2.0], "judged": [judged]}


def whole() -> ReportData:
    blueprint = loads(SMALL + CASES)
    metrics = {
        "crash": {
            "d.utilisation": {"value": 0.2, "unit": "ratio"}, "d.hottest_shard": {"value": 0.6, "unit": "ratio"},
        },
    }  # fmt: skip
    scale = {
        "blueprint": "small", "to": 10.0, "ends": "the load that was asked for is reached", "partial": "",
        "breaks": [{
            "low": 2.0, "high": 2.1, "measured": True, "guarantee": "r.p95 < 300 ms", "component": "d",
            "limited_by": "workers", "mitigations": [{"text": "4 shards", "price": 100.0}], "lasts_to": 8.0,
        }],
        "rungs": [{"load": 1.0, "cost": 10.0, "breaks": 0, "edit": {}}, {"load": 10.0, "cost": 99.0, "breaks": 1}],
    }  # fmt: skip
    flip = {
        "decision": "one", "variant": "two", "flips_when": "it grows", "tested": True, "verdict": "holds",
        "why": "two is the better above 5", "estimate": "users", "unit": "user", "now": 1.0, "bound": 5.0, "low": 4.0,
        "high": 6.0, "points": [compared(value) for value in (1.0, 4.0, 6.0, 20.0)],
    }  # fmt: skip
    return data(
        blueprint, check=checked(), series=series(), metrics=metrics, scale=scale, measured={"flips": [flip]},
        made={"Took": "1 s"},
    )  # fmt: skip


class Parsed(HTMLParser):
    """Tags with their attributes, and the text of the page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.said = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.said += data


def test_every_section_is_there_where_its_data_are() -> None:
    page = html(whole())
    parsed = Parsed(page)
    ids = [a["id"] for t, a in parsed.tags if t == "section"]
    assert ids == [
        "requirements", "design", "estimate", "verdict", "cases", "decisions", "review", "scale", "cost", "alerts",
        "runbook", "made",
    ]  # fmt: skip
    links = [a["href"] for t, a in parsed.tags if t == "a"]
    places = {a["id"] for _, a in parsed.tags if "id" in a}
    assert all(link and link[1:] in places for link in links)
    for said in (
        "keeping it small", "r: latency", "r: throughput and errors", "Utilisation", "Requests that wait",
        "Messages not taken yet", "The hottest parts", "Utilisation of the hottest part",
        "acknowledged, and not stored at the end",
        "two is the better above 5", "4 shards", "wait for a second", "a crash of s", "50 %", "BROKEN", "Took",
    ):  # fmt: skip
        assert said in parsed.said, said
    assert len(re.findall(r'<svg[^>]* class="plot', page)) == 2 * 6 + 1 + 1
    assert page.count('class="window"') >= 5
    bare = data(loads(SMALL))
    kept = [a["id"] for t, a in Parsed(html(bare)).tags if t == "section"]
    assert kept == ["requirements", "design", "estimate", "review", "cost", "made"]
    assert "Nothing was run" in html(bare)


def test_markdown_has_the_same_sections() -> None:
    page = markdown(whole())
    headings = re.findall(r"^## (.*)$", page, re.M)
    assert headings == [
        "What is asked for", "The design", "The numbers", "Does it hold?", "Case by case", "What was decided",
        "Findings of the review",
        "When it grows", "What it costs", "Objectives and alerts", "Runbook", "How this was made",
    ]  # fmt: skip
    assert page.count("```mermaid") == 2
    assert "sequenceDiagram" in page
    assert "| promised | normal | crash |" in page
    for block in re.findall(r"(?:^\|.*\|\n)+", page, re.M):
        columns = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(columns) == 1, block


def test_a_report_is_one_file_that_asks_for_nothing() -> None:
    page = html(whole())
    parsed = Parsed(page)
    tags = {t for t, _ in parsed.tags}
    assert tags.isdisjoint({"script", "iframe", "object", "embed", "form", "base", "img", "audio", "video"})
    for tag, attributes in parsed.tags:
        for key, value in attributes.items():
            assert not key.startswith("on")
            assert key != "style"
            if key in ("href", "src", "action"):
                assert (value or "").startswith("#" if tag == "a" else "data:,")
    assert "@import" not in page
    assert "url(" not in page
    (policy,) = [a["content"] or "" for t, a in parsed.tags if t == "meta" and a.get("http-equiv")]
    (css,) = re.findall(r"<style>(.*?)</style>", page, re.S)
    assert f"'sha256-{base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


def evil_report() -> ReportData:
    """Hostile text in every field of a design, and in what runs have told."""
    blueprint = build(evil_blueprint())
    told = json.loads(json.dumps(checked()))
    a, b, c, d, e, f = (t.replace("\ud800", "") for t in EVIL)
    for case in told["cases"]:
        case["case"], case["notes"] = a, [b, c]
        for g in case["guarantees"]:
            g |= {"evidence": d, "guarantee": e, "verdict": "broken"}
            g["story"] = story_json(
                Story(a, b, (Row(0.1, "commit", c, d, 1, e, 0, f, ((a, b), ("receiver", c)), (d,)),
                             Row(0.2, "deliver", a, b, 1, c, 0, d, (("receiver", e),))), 3)
            )  # fmt: skip
    flip = {"decision": "one", "variant": a, "verdict": "holds", "why": b, "estimate": c, "unit": d, "now": 1.0,
            "bound": 2.0, "low": 1.0, "high": 2.0, "flips_when": e}  # fmt: skip
    return data(blueprint, check=told, measured={"flips": [flip]}, made={a: b}, partial=c, missing=[d, e, f])


def test_hostile_text_is_text() -> None:
    found = evil_report()
    page = html(found)
    parsed = Parsed(page)
    assert {t for t, _ in parsed.tags}.isdisjoint({"script", "img", "iframe", "object"})
    assert all(not k.startswith("on") and k != "style" for _, attributes in parsed.tags for k in attributes)
    assert page.count("<style") == 1
    assert page.count("</style") == 1
    assert "alert(1)" in parsed.said, "it is shown"
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x0b]", page)
    plain = markdown(found)
    outside = re.sub(r"^```.*?^```$", "", plain, flags=re.S | re.M)
    assert plain.count("```") % 2 == 0
    assert not re.search(r"<(?!br/>)", outside)
    without = re.sub(r"`[^`\n]*`", "", outside)
    assert not re.search(r"(?<!\\)\]\(|(?<!\\)!\[", without)
    assert all("<script" not in block for block in re.findall(r"^```mermaid$.*?^```$", plain, re.S | re.M))


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a [link](javascript:alert(1))", "a \\[link\\]\\(javascript:alert(1))"),
        ("# no heading", "\\# no heading"),
        ("1. no list", "1\\. no list"),
        ("0.5 times", "0.5 times"),
        ("- no item", "\\- no item"),
        ("a_b and *c*", "a_b and \\*c\\*"),
        ("<b>&amp;", "&lt;b\\>&amp;amp;"),
        ("a|b", "a\\|b"),
        ("see http://evil.example", "see http&#58;//evil.example"),
        ("two\nlines", "two lines"),
        ("@someone", "\\@someone"),
    ],
)
def test_markdown_means_nothing_in_text(raw: str, shown: str) -> None:
    assert text(raw) == shown
    assert code("a`b|c") == "`a'b\\|c`"


# --- plots ------------------------------------------------------------------------------------------------------------
def points(svg: str) -> list[tuple[float, float]]:
    """Every corner of the lines of a plot."""
    found = []
    for path in re.findall(r'<path class="line[^"]*" d="(M[^"]*)"', svg):
        found += [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path)]
    return found


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize(
    "values",
    [[1.0, 2.0, 3.0], [0.0] * 5, [None, 5.0, None], [1e-6, 1e6, 3.0], [0.0, 1e-9, 7e7], [-3.0, 4.0], [5.0] * 5_000],
)
def test_a_plot_stays_in_its_frame(values: list[float | None], log: bool) -> None:
    line = Line("a <name> & more", 0.0, 0.1, values, 3)
    svg = line_plot("title <&>", "count", [line] * 9, [Window("w", 0.05, 9.0)], bound=2.5, log=log)
    root = ElementTree.fromstring(svg)
    _, _, wide, high = (float(v) for v in root.attrib["viewBox"].split())
    assert all(0 <= x <= wide and 0 <= y <= high for x, y in points(svg))
    texts = [e for e in root.iter() if e.tag.endswith("text")]
    assert all(0 <= float(e.attrib["x"]) <= wide for e in texts)
    assert len(svg) < 60_000


def test_a_plot_of_nothing_is_nothing() -> None:
    assert line_plot("t", "s", [Line("a", 0, 1, [None, math.nan], 0)]) == ""
    assert line_plot("t", "s", []) == ""
    assert number_line("t", [], 0.0, 0.0, "a", "b") == ""


def test_gaps_stay_gaps_and_peaks_stay_peaks() -> None:
    values: list[float | None] = [1.0] * 1000
    values[617] = 50.0
    values[:100] = [None] * 100
    svg = line_plot("t", "count", [Line("a", 0, 1, values, 0)])
    xs = [x for x, _ in points(svg) if x > 62 + 20]
    assert min(xs) > 62 + 0.09 * (500 - 62 - 12)
    lowest = min(y for x, y in points(svg) if x > 150)
    assert lowest < 45, "the peak of one interval shows"


def test_a_number_line_has_its_marks() -> None:
    svg = number_line("flip", [Mark(10.0, "now 10", "now"), Mark(5.0, "said 5", "said")], 4.0, 6.0, "b", "a")
    root = ElementTree.fromstring(svg)
    marks = {
        e.attrib["class"]: float(e.attrib["d"][1:].split()[0])
        for e in root.iter()
        if "mark" in e.attrib.get("class", "")
    }
    (bracket,) = [e for e in root.iter() if e.attrib.get("class") == "window"]
    left = float(bracket.attrib["x"])
    assert left < marks["mark said"] < left + float(bracket.attrib["width"]) < marks["mark now"]


def test_a_flip_is_drawn_as_curves_where_its_points_are_known() -> None:
    (one,) = [d for d in view.decisions(whole()) if d.flip]
    assert one.curves is not None
    assert one.curves.title == "r.p95 < 300 ms, in normal"
    assert one.curves.points == tuple((v, 0.06 * v, 0.1) for v in (1.0, 4.0, 6.0, 20.0))
    root = ElementTree.fromstring(choice_plot(one.curves, one.marks, *one.bracket))
    (bracket,) = [e for e in root.iter() if e.attrib.get("class") == "window"]
    left, right = float(bracket.attrib["x"]), float(bracket.attrib["x"]) + float(bracket.attrib["width"])
    dots = [e for e in root.iter() if e.tag.endswith("circle")]
    mine, other = ([e for e in dots if e.attrib["class"] == f"line t{i}"] for i in range(2))
    assert len(mine) == len(other) == 4
    assert [float(e.attrib["cx"]) for e in mine[1:3]] == pytest.approx([left, right], abs=0.2)
    below = [float(a.attrib["cy"]) < float(b.attrib["cy"]) for a, b in zip(mine, other, strict=True)]
    assert below == [False, True, True, True], "0.06, then 0.24 and more, against 0.1"
    words = [e.text for e in root.iter() if e.tag.endswith("text")]
    assert "users, user" in words


def test_without_a_guarantee_that_differs_the_curves_are_the_costs() -> None:
    points = [compared(value) for value in (1.0, 2.0)]
    flip = {"estimate": "users", "unit": "", "variant": "two", "points": points}
    found = view.curves(flip, "a store")
    assert found is not None
    assert (found.unit, found.points, found.of) == ("USD/month", ((1.0, 1.0, 2.0), (2.0, 1.0, 2.0)), "users")
    assert view.curves({**flip, "points": points[:1]}, "a store") is None
    assert view.curves({k: v for k, v in flip.items() if k != "points"}, "a store") is None


def test_what_was_measured_is_told_case_by_case() -> None:
    blueprint = loads(SMALL + CASES)
    (saved,) = [c for c in view.cases(data(blueprint, check=checked())) if c.name == "normal"]
    ((heading, table),) = saved.measured
    assert heading == "What was measured"
    assert table.rows == [("r.p95 < 0.3", "20 ms", "20 ms to 20 ms")]
    metrics = {
        "normal": {
            "r.rate": {"value": 100.0, "unit": "1/s"}, "r.p99": {"value": 0.5, "unit": "s", "rough": True},
            "d.utilisation": {"value": 0.25, "unit": "ratio"},
        }
    }  # fmt: skip
    alone = data(blueprint, metrics=metrics)
    (run,) = view.cases(alone)
    assert run.verdict == "not judged"
    told = {heading: table.rows for heading, table in run.measured}
    assert told["Flows, one run"] == [("r", "100/s", "~500 ms")]
    assert told["Components, one run"] == [("d", "25 %")]
    page = html(alone)
    assert "Case by case" in page
    assert "Does it hold?" not in page


def test_a_story_is_a_sequence_diagram() -> None:
    root = ElementTree.fromstring(sequence(STORY))
    told = [e.text or "" for e in root.iter() if e.tag.endswith("text")]
    assert told[:5] == ["r 7", "d/0", "d", "q 8", "d/1"]
    arrows = [e for e in root.iter() if e.attrib.get("class", "").startswith("arrow")]
    assert len(arrows) == 3
    assert len([e for e in root.iter() if e.attrib.get("class") == "window"]) == 2


# --- the command ------------------------------------------------------------------------------------------------------
def test_the_command_judges_plots_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = tmp_path / "small.yaml", tmp_path / "small.html"
    path.write_text(SMALL + CASES)
    code = execute(["report", str(path), "-o", str(out), "--seeds", "1", "--no-scale", "--quiet"])
    assert code in (0, 1, 3)
    page = out.read_text()
    assert "r: latency" in page
    assert "What they do in the runs" in page
    assert len(re.findall(r'<svg[^>]* class="plot', page)) > 6
    assert capsys.readouterr().out == ""
    assert execute(["check", str(path), "--seeds", "1", "--format", "json", "--quiet"]) == code
    kept = tmp_path / "check.json"
    kept.write_text(capsys.readouterr().out)
    again = tmp_path / "again.md"
    assert execute(["report", str(path), "-o", str(again), "--from", str(kept), "--no-run", "--quiet"]) == code
    assert "| promised | normal | crash |" in again.read_text()


def test_a_saved_run_is_shown_and_not_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, kept, out = tmp_path / "small.yaml", tmp_path / "run.json", tmp_path / "run.html"
    path.write_text(SMALL + CASES)
    assert execute(["run", str(path), "--case", "crash", "--format", "json", "--quiet"]) == 0
    kept.write_text(capsys.readouterr().out)
    told = ["report", str(path), "-o", str(out), "--from", str(kept), "--quiet"]
    assert execute(told) == 2
    assert "--no-run" in capsys.readouterr().err
    assert execute([*told, "--no-run"]) == 0
    page = out.read_text()
    for said in ("Flows, one run", "Components, one run", "Not judged: this shows one run of crash"):
        assert said in page, said
    assert 'class="window"' in page
    assert execute([*told[:3], str(tmp_path / "run.md"), *told[4:], "--no-run"]) == 0
    assert "### Measured in crash" in (tmp_path / "run.md").read_text()
    other = json.loads(kept.read_text())
    for wrong in ({**other, "blueprint": "x"}, {**other, "series": {"a": {"unit": "s", "values": ["x"]}}}):
        kept.write_text(json.dumps(wrong))
        assert execute([*told, "--no-run"]) == 2
        assert "Traceback" not in capsys.readouterr().err


def test_what_is_interrupted_leaves_a_partial_report() -> None:
    progress = Progress(quiet=True, title="small")
    progress.stop.set()
    found = gather(loads(SMALL + CASES), progress)
    assert found.partial == "the check was interrupted; no plots of normal, crash"
    page = html(found)
    assert "Partial report:" in page
    assert "unknown" in page
    assert "Partial report" in markdown(found)


def test_a_file_of_measurements_is_taken_with_care(tmp_path: Path) -> None:
    path = tmp_path / "measured.json"
    flip = {"decision": "one", "variant": "v", "verdict": "holds", "estimate": "e", "unit": "", "why": "w", "now": "9"}
    sound = {**flip, "now": 9.0}
    bad = [{**sound, "points": p} for p in (3, [3], [{"value": 1.0, "judged": [{}]}], [{**compared(1.0), "costs": 3}])]
    for flips, variants in (
        (bad, {}),
        ([3, {}, flip], {"v": 3}),
        (7, []),
        ([{"decision": []}], {"v": {"cases": [{}]}}),
    ):
        path.write_text(json.dumps({"check": checked(), "flips": flips, "variants": variants}))
        check, measured = saved_check(path)
        assert check == checked()
        assert measured == {"flips": [], "variants": {}}


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, kept = tmp_path / "small.yaml", tmp_path / "kept.json"
    path.write_text(SMALL)
    for wrong, said in (
        (["-o", "x.pdf"], ".html or .md"),
        (["-o", str(tmp_path / "no" / "x.html")], "no folder"),
        (["-o", str(tmp_path / "x.html"), "--no-run", "--seeds", "3"], "runs nothing"),
        (["-o", str(tmp_path / "x.html"), "--from", str(tmp_path / "none.json")], "cannot read"),
    ):
        assert execute(["report", str(path), *wrong]) == 2
        assert said in capsys.readouterr().err
    other = {**checked(), "blueprint": "other"}
    for shape in ([], {}, {"cases": 3}, {**checked(), "cases": [{}]}, other, {**checked(), "cases": [{"case": "x"}]}):
        kept.write_text(json.dumps(shape))
        assert execute(["report", str(path), "-o", str(tmp_path / "x.html"), "--from", str(kept), "--no-run"]) == 2
        assert "Traceback" not in capsys.readouterr().err


def test_what_was_measured_of_the_gallery_is_in_its_report() -> None:
    folder = Path("gallery/chat")
    blueprint = load(folder)
    measured = measured_beside(blueprint, folder)
    assert measured["flips"]
    assert measured_beside(blueprint.changed({"components.api.replicas": 12}), folder) == {}
    found = data(blueprint, check=measured["check"], measured=measured)
    page = html(found)
    assert "The hard part, without it" in page
    assert "peak_send_rate, measured: where it says" in page
    assert len(page.encode()) < 3_000_000
    assert len(list(view.decisions(found))) == len(blueprint.decisions)
    assert found.sources["dau"] == "[S1]"
    assert "✓ 57.3 ms" in page


@pytest.mark.slow
def test_a_report_prints_to_pdf(tmp_path: Path) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no chromium here")
    page, out = tmp_path / "whole.html", tmp_path / "whole.pdf"
    page.write_text(html(whole()))
    subprocess.run(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--print-to-pdf={out}",
         page.as_uri()],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    data_of = out.read_bytes()
    assert data_of.startswith(b"%PDF")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", data_of)) <= 12
