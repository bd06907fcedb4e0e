"""What is named as not needed, at which line, and why the rest is kept."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path

import pytest

from loadcase import api
from loadcase.blueprint.load import load, loads
from loadcase.blueprint.model import Blueprint
from loadcase.cli import execute
from loadcase.core.results import CaseVerdict, CheckResult, Outcome, Verdict
from loadcase.deep.ablation import Ablation, ablate, findings
from loadcase.report.deep import deep_text

TINY = """\
loadcase: 1
name: tiny
requirements: {contract: [r.p95 < 20 ms, s.utilisation < 60 %]}
entities: {item: {count: 100}}
network: {client: 1 ms}
components:
  near: {kind: cache, keys: 90, price: 50 USD/month}
  far: {kind: cache, keys: 90, price: 20 USD/month}
  s: {kind: store}
flows:
  r:
    arrive: {rate: 100 /s, key: item, timeout: 1 s}
    steps: [near.get: {miss: [far.get: {miss: [s.read: {work: 1 ms}]}]}]
cases: {normal: {duration: 2 s}, later: {duration: 2 s}}
"""


class Answers:
    """A judge that gives the same verdict always, and remembers what it was asked."""

    def __init__(self, verdicts: dict[str, Verdict] | None = None) -> None:
        self.verdicts = verdicts or {}
        self.asked: list[tuple[frozenset[str], str]] = []

    def __call__(self, blueprint: Blueprint, case: str, budget_s: float) -> CheckResult:
        self.asked.append((frozenset(blueprint.components), case))
        gone = {"near", "far", "s"} - set(blueprint.components)
        verdict = self.verdicts.get(f"{'+'.join(sorted(gone))}/{case}", "holds")
        outcome = Outcome("r.p95 < 20 ms", "r.p95", 0.03, 0.03, 0.03, 0.02, "<", "s", verdict, "")
        return CheckResult("tiny", verdict, [CaseVerdict(case, verdict, [1], [outcome])])


def states(ablation: Ablation) -> dict[str, str]:
    return {t.what: t.state for t in ablation.trials}


def test_what_is_named_can_go_together() -> None:
    judge = Answers()
    result = ablate(loads(TINY), judge)
    assert states(result)["near"] == states(result)["far"] == "not needed"
    assert judge.asked[-1] == (frozenset({"s"}), "later")
    assert [f.line for f in findings(loads(TINY), result)] == [7, 8]
    assert "it costs $50/month" in findings(loads(TINY), result)[0].message


def test_what_a_run_breaks_is_needed_and_its_case_comes_first_from_then_on() -> None:
    judge = Answers({"near/later": "broken", "far/later": "unknown"})
    result = ablate(loads(TINY), judge)
    assert states(result) | {"near": "needed", "far": "undecided"} == states(result)
    assert [t.because for t in result.trials if t.what == "near"] == ["in later r.p95 < 20 ms breaks (30 ms)"]
    asked = [case for parts, case in judge.asked if parts == {"near", "s"}]
    assert asked == ["later"]
    assert findings(loads(TINY), result) == []


def test_a_design_that_does_not_hold_is_not_cut_down() -> None:
    result = ablate(loads(TINY), Answers({"/normal": "broken"}))
    assert result.refused == "the design itself does not hold for certain: in normal r.p95 < 20 ms breaks (30 ms)"
    assert "not needed" not in states(result).values()
    assert "not run: the design itself" in deep_text(result)


def test_what_the_closed_form_shows_is_not_run() -> None:
    judge = Answers()
    text = TINY.replace("100 /s", "800 /s").replace("[near.get: {miss: [far", "[far").replace("ms}]}]}]", "ms}]}]")
    result = ablate(loads(text.replace("  near: {", "  # near: {")), judge)
    assert states(result)["far"] == "needed"
    assert judge.asked == []


def test_a_comment_keeps_it() -> None:
    text = TINY.replace("price: 50 USD/month}", "price: 50 USD/month}  # loadcase: allow LC599 because we learn")
    assert states(ablate(loads(text), Answers()))["near"] == "allowed"


def test_an_interrupt_leaves_partial_results_that_say_so() -> None:
    stop = threading.Event()
    result = ablate(loads(TINY), Answers(), on_progress=lambda p: stop.set() if p.trying == "far" else None, stop=stop)
    assert states(result)["near"] == "not needed"
    assert states(result)["far"] == "not reached"
    assert result.partial == "interrupted"
    assert "partial results" in deep_text(result)
    assert ablate(loads(TINY), Answers(), budget_s=0.0).partial == "the budget is spent"


def test_what_was_needed_beside_another_is_tried_again_without_it() -> None:
    judge = Answers({"near/normal": "broken"})  # until far is gone too
    result = ablate(loads(TINY), judge)
    assert states(result)["near"] == states(result)["far"] == "not needed"
    assert [t.what for t in result.trials].count("near") == 1
    stubborn = ablate(loads(TINY), Answers({"near/normal": "broken", "far+near/later": "broken"}))
    assert states(stubborn)["near"] == "needed"
    assert states(stubborn)["far"] == "not needed"


def test_the_engine_judges_and_the_command_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "tiny.yaml"
    file.write_text(TINY)
    assert execute(["review", str(file), "--deep", "--seeds", "2", "--format", "json", "--quiet"]) == 0
    design = json.loads(capsys.readouterr().out)["designs"][0]
    assert [f["path"] for f in design["findings"] if f["rule"] == "over-engineered"] == [
        "components.near",
        "components.far",
    ]
    assert {t["what"]: t["ran"] for t in design["deep"]["trials"]}["near"]
    assert execute(["review", str(file), "--deep", "--seeds", "2", "--quiet"]) == 0
    shown = capsys.readouterr().out
    assert f"{file}:7:3: warning[LC599]: over-engineered: nothing needs near" in shown
    assert "cuts harm nothing, $70/month together" in shown


def test_options_about_runs_ask_for_deep(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "tiny.yaml"
    file.write_text(TINY)
    assert execute(["review", str(file), "--budget", "10s"]) == 2
    assert execute(["review", str(file), "--deep", "--ignore", "over-engineered"]) == 2
    assert "say --deep" in capsys.readouterr().err


# --- the URL shortener ---
GALLERY = Path(__file__).parents[2] / "gallery" / "url-shortener" / "blueprint.yaml"
NEEDLESS = """\
  near: {kind: cache, like: redis, replicas: 2, keys: 1k, policy: lru, ttl: 1 hour, coalesce: true, zones: 2,
         why: a cache beside the cache}
  fills: {kind: log, like: kafka, partitions: 8, replicas: 3, acks: leader, zones: 3, why: everybody has one}

flows:
"""
READ = "            - codes.get:\n"
NEAR = "            - near.get: {timeout: 5 ms, fallback: []}\n"
CREATED = (
    "            - links.write: {entity: link, permission: grant, timeout: 100 ms}"
    "   # read into the cache when it is first opened\n"
)
CHANGES = (
    ("cost < 5k USD/month", "cost < 12k USD/month"),
    ("copies: 3 ", "copies: 6 "),
    ("shards: 1, replicas: 3, write: quorum, read: leader, failover: failover_takes, zones: 3,",
     "shards: 1, replicas: 6, write: quorum, read: leader, failover: failover_takes, zones: 3, regions: 2,"),
    ("flows:\n", NEEDLESS),
    (READ, NEAR + READ),
    ("outage: {zone: 1,", "outage: {region: 1, zone: 1,"),
    (CREATED,
     CREATED + "            - fills.publish: {timeout: 50 ms, fallback: []}\n"
     "  fill: {consume: {log: fills, by: web}, steps: [{codes.delete: {timeout: 50 ms, fallback: []}}]}\n"),
)  # fmt: skip


OTHERS = ("normal", "cache_flush", "viral", "ten_times")
"""Cases that show nothing here which the others do not; they take half of the time."""


def without(text: str, cases: tuple[str, ...]) -> str:
    for name in cases:
        text, found = re.subn(rf"(?m)^  {name}:.*\n(    .*\n)*", "", text)
        assert found == 1
    return text


def files(folder: Path, left_out: tuple[str, ...]) -> tuple[Path, Path]:
    """The finished design, and a copy with what nothing needs."""
    original, copy = folder / "original.yaml", folder / "copy.yaml"
    text = without(GALLERY.read_text(), left_out)
    original.write_text(text)
    for before, after in CHANGES:
        assert text.count(before) == 1
        text = text.replace(before, after)
    copy.write_text(text)
    return original, copy


@pytest.mark.parametrize(
    "left_out", [pytest.param(OTHERS, marks=pytest.mark.slow), pytest.param((), marks=pytest.mark.gallery)]
)
def test_a_needless_log_cache_and_region_are_named_and_nothing_else(tmp_path: Path, left_out: tuple[str, ...]) -> None:
    _, copy = files(tmp_path, left_out)
    found = findings(load(copy), api.ablate(load(copy)))
    assert {f.path for f in found} == {
        ("components", "fills"),
        ("components", "near"),
        ("components", "links", "regions"),
    }
    lines = copy.read_text().splitlines()
    for one, start in zip(sorted(found, key=lambda f: f.line), ("regions: 2", "near:", "fills:"), strict=True):
        assert lines[one.line - 1][one.column - 1 :].startswith(start)


@pytest.mark.gallery
@pytest.mark.parametrize("left_out", [OTHERS, ()])
def test_of_the_finished_design_nothing_is_needless(tmp_path: Path, left_out: tuple[str, ...]) -> None:
    original, _ = files(tmp_path, left_out)
    kept = api.ablate(load(original))
    assert kept.trials
    assert findings(load(original), kept) == []
