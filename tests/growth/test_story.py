"""What breaks first, at which load, what mends it, and what breaks next."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from loadcase import api
from loadcase.blueprint.load import load, loads
from loadcase.blueprint.model import Blueprint
from loadcase.cli import execute
from loadcase.core.results import CaseVerdict, CheckResult, Outcome, Verdict
from loadcase.estimate.estimate import estimate
from loadcase.growth.mitigation import CASE, at, mitigation
from loadcase.growth.paper import BRACKET, blamed, on_paper
from loadcase.growth.runs import Sample, sample
from loadcase.growth.story import Story, grow
from loadcase.report.growth import story_text

GALLERY = Path(__file__).parents[2] / "gallery" / "chat" / "blueprint.yaml"
TINY = """\
loadcase: 1
name: tiny
requirements: {contract: [r.p95 < 1 s, a.utilisation < 80 %, b.utilisation < 80 %, cost < 100 USD/month]}
network: {client: 1 ms}
components:
  a: {kind: service, replicas: 2, workers: 4, price: 10 USD/month}
  b: {kind: service, replicas: 3, workers: 4, price: 20 USD/month}
flows:
  r: {arrive: {rate: 160 /s}, steps: [a.handle: {work: 10 ms}, b.handle: {work: 11 ms}]}
cases: {normal: {load: 0.5}, other: {load: 3, degrade: {r.p95: 10 s}}}
"""


def judge(design: Blueprint, k: int, budget_s: float) -> CheckResult:
    """Breaks a utilisation just where the closed form says so."""
    outcomes = []
    for line in design.contract:
        value = estimate(design, design.cases[CASE].load).metrics[line.metric]
        verdict = "holds" if line.holds(value) else "broken"
        outcomes.append(
            Outcome(line.text, line.metric, value, value, value, line.bound, "<", line.unit, verdict, "so", 1.0)  # type: ignore[arg-type]
        )
    return CheckResult("tiny", "holds", [CaseVerdict(CASE, "holds", [1, 2, 3], outcomes)])


def told(to: float = 10.0) -> Story:
    return grow(loads(TINY), to, judge)


def test_breaks_come_in_their_order_and_are_bracketed_to_five_percent() -> None:
    story = told()
    assert [b.guarantee for b in story.breaks[:2]] == ["a.utilisation < 80 %", "b.utilisation < 80 %"]
    for found, truth in zip(story.breaks, (4.0, 5.4545), strict=False):
        assert found.low < truth <= found.high <= found.low * BRACKET * 1.001
        assert not found.unmeasured
    assert story.ends == "it bears 10 times the load"
    assert story.partial == ""


def test_the_mitigation_is_sized_for_the_next_rung_and_priced() -> None:
    first = told().breaks[0]
    assert first.component == "a"
    (mended,) = first.mitigations
    wanted = mended.edit["components.a.replicas"]
    assert 160 * 5 * 0.01 / (wanted * 4) <= 0.7 < 160 * 5 * 0.01 / ((wanted - 1) * 4)
    assert first.price == mended.price == 10 * (wanted - 2)


def test_what_would_break_next_to_it_is_mended_with_it() -> None:
    near = TINY.replace("work: 11 ms", "work: 14.4 ms")  # b breaks at 4.17x, a at 4x
    first = grow(loads(near), 10.0, judge).breaks[0]
    assert [one.component for one in first.mitigations] == ["a", "b"]
    assert set(first.edit) == {"components.a.replicas", "components.b.replicas"}
    assert first.price == sum(one.price for one in first.mitigations)


def test_it_moves_the_breaking_point_as_far_as_runs_have_shown() -> None:
    story = told()
    for one, after in zip(story.breaks, story.breaks[1:], strict=False):
        assert one.lasts_measured
        assert one.lasts_to == after.low > one.high
    assert story.breaks[-1].lasts_to == 10.0


def test_rungs_have_the_edits_and_the_cost_up_to_them() -> None:
    rungs = {r.load: r for r in told().rungs}
    assert list(rungs) == [1.0, 2.0, 5.0, 10.0]
    assert (rungs[2.0].breaks, rungs[2.0].edit, rungs[2.0].cost) == (0, {}, 80.0)
    assert rungs[5.0].breaks == 1
    assert (
        rungs[10.0].cost
        == 10 * rungs[10.0].edit["components.a.replicas"] + 20 * rungs[10.0].edit["components.b.replicas"]
    )  # type: ignore[operator]


def test_nothing_breaks_on_a_short_way() -> None:
    story = told(2.0)
    assert story.breaks == ()
    assert "nothing" in story_text(story)


def test_without_time_it_is_the_closed_form_and_says_so() -> None:
    story = grow(loads(TINY), 10.0, judge, budget_s=0.0)
    assert {b.unmeasured for b in story.breaks} == {"no time was left"}
    assert not any(b.lasts_measured for b in story.breaks)
    assert story.ends == "it bears 10 times the load, on paper"
    assert "partial results" in story_text(story)
    stop = threading.Event()
    stop.set()
    assert grow(loads(TINY), 10.0, judge, stop=stop).partial == "interrupted"


def test_what_nothing_mends_ends_the_story() -> None:
    text = TINY.replace(
        "b: {kind: service, replicas: 3, workers: 4,", "b: {kind: object_store, get_quota: 300 /s,"
    ).replace("b.handle", "b.fetch")
    text = text.replace(" b.utilisation < 80 %,", "")
    found = mitigation(loads(text), "b", "quota", "r.availability", 2.0, 4.0, {})
    assert found.edit == {"components.b.get_quota": "600 /s"}
    assert mitigation(loads(text), "b", "keys in order", "r.p95", 2.0, 4.0, {}).edit == {}


def test_a_mitigation_that_does_not_help_ends_the_story() -> None:
    def stubborn(design: Blueprint, k: int, budget_s: float) -> CheckResult:
        verdict: Verdict = "holds" if design.cases[CASE].load < 3.9 else "broken"
        one = Outcome("r.p95 < 1 s", "r.p95", 2.0, 2.0, 2.0, 1.0, "<", "s", verdict, "so", -1.0)
        return CheckResult("tiny", verdict, [CaseVerdict(CASE, verdict, [1, 2, 3], [one])])

    story = grow(loads(TINY), 10.0, stubborn)
    assert [b.component for b in story.breaks] == ["a", "b"]
    assert story.ends == "more a does not help"
    assert story.rungs[-1].load == 2.0


def test_more_consumers_than_partitions_get_more_partitions() -> None:
    chat = load(GALLERY)
    few = mitigation(chat, "pushers", "workers", "pushers.utilisation", 29.0, 50.0, {"pushers": 240, "changes": 240})
    assert few.edit == {"components.pushers.replicas": 240}
    many = mitigation(chat, "pushers", "workers", "pushers.utilisation", 29.0, 50.0, {"pushers": 300, "changes": 257})
    assert many.edit == {"components.pushers.replicas": 312, "components.changes.partitions": 320}


def test_a_part_that_waits_for_another_is_not_to_blame() -> None:
    nested = loads(
        TINY.replace("replicas: 2", "replicas: 4").replace(
            "[a.handle: {work: 10 ms}, b.handle: {work: 11 ms}]",
            "[a.handle: {work: 1 ms, do: [b.handle: {work: 10 ms}]}]",
        )
    )
    lines = {c.name: c for c in estimate(nested, 7.4).components}
    assert (lines["a"].bottleneck or 0) > (lines["b"].bottleneck or 0)
    found = blamed(nested, "r.p95", lines)
    assert found is not None
    assert found.name == "b"


def test_the_case_is_the_load_alone() -> None:
    alone = at(loads(TINY), 3.0, 2.0, 1.0)
    assert list(alone.cases) == [CASE]
    assert [g.metric for g in alone.contract] == ["r.p95", "a.utilisation", "b.utilisation"]
    assert sample(alone, 3.0) == Sample(1, 10.0)


def test_where_the_closed_form_looks() -> None:
    assert on_paper(loads(TINY), 1.0, 10.0) == pytest.approx(4.0, rel=0.01)
    assert on_paper(loads(TINY), 1.0, 2.0) > 2.0


def test_the_command_runs_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "tiny.yaml"
    file.write_text(TINY)
    assert execute(["scale", str(file), "--to", "4.5x", "--format", "json", "--quiet"]) == 0
    story = json.loads(capsys.readouterr().out)
    first = story["breaks"][0]
    assert first["component"] == "a"
    assert first["low"] <= 4.05
    assert first["high"] >= 3.95
    assert "busiest: a" in first["evidence"]
    assert execute(["scale", str(file), "--to", "0.1x", "--quiet"]) == 0
    assert "tiny at 0.1x: $80 a month, and $60" in capsys.readouterr().out
    assert execute(["scale", str(file), "--to", "many"]) == 2


# --- chat ---
@pytest.mark.slow
def test_a_bisection_by_check_confirms_the_first_break_of_chat() -> None:
    chat = load(GALLERY)
    first = api.grow(chat, 6.5, budget_s=600.0).breaks[0]
    assert not first.unmeasured
    assert first.high / first.low <= BRACKET * 1.001
    assert bisected(chat, first.duration_s) == pytest.approx(first.high, rel=0.05)
    assert first.lasts_to is not None
    assert first.lasts_to > first.high * 1.05
    assert first.lasts_measured
    assert not breaks(chat.changed(first.edit), first.lasts_to, first.duration_s)


def bisected(design: Blueprint, seconds: float) -> float:
    """Where the first guarantee breaks between 3 and 8 times the load, to 2 %."""
    low, high = 3.0, 8.0
    while high / low > 1.02:
        middle = (low * high) ** 0.5
        low, high = (low, middle) if breaks(design, middle, seconds) else (middle, high)
    return high


def breaks(design: Blueprint, factor: float, seconds: float) -> bool:
    """Whether `check` says that a guarantee is broken in the design's own peak at another load, in a scale model 1:8.

    What growth costs is no part of the question.
    """
    case = design.cases["peak"].model_copy(update={"load": factor, "duration": seconds, "warmup": seconds / 4})
    alone = replace(design, cases={"peak": case}, contract=tuple(g for g in design.contract if g.metric != "cost"))
    (judged,) = api.check(alone, cases=["peak"], scale=8, seeds=3).cases
    assert judged.partial is None
    return any(o.verdict == "broken" for o in judged.guarantees)
