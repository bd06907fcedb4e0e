"""Runs count: a design's own cases, what the ablation finds needless, and curveballs, by a real bench."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from loadcase.practice.events import Decided, Wrote
from loadcase.practice.judging import judge
from loadcase.practice.record import Record
from loadcase.practice.workbench import Workbench
from tests.practice.judging.grounds import bench, changed, ground, judged, judgement, with_events
from tests.practice.recorded import sessions


@dataclass
class Told:
    """A bench that tells what it was told to tell."""

    system: str
    lines: dict[str, list[str]] = field(default_factory=dict)
    thrown: dict[str, str] = field(default_factory=dict)
    not_needed: tuple[str, ...] = ()
    execute: bool = True

    def look(self, text: str) -> Any:
        return bench(self.system).look(text)

    def check(self, text: str) -> Any:
        lines = [
            SimpleNamespace(case=case, outcome=outcome, guarantee=f"g{i}", value="1 s")
            for case, outcomes in self.lines.items()
            for i, outcome in enumerate(outcomes)
        ]
        return SimpleNamespace(outcome="undecided", cases=dict.fromkeys(self.lines, "holds"), lines=lines)

    def throw(self, text: str, curveball: str) -> Any:
        return SimpleNamespace(outcome=self.thrown.get(curveball, "not_run"), effect="as told")

    def needless(self, text: str) -> tuple[str, ...]:
        return self.not_needed


def with_bench(name: str, told: Told) -> Any:
    return judge(sessions()[name].record, told, ground=ground(told.system))


def test_guarantees_that_hold_in_a_run_count_and_broken_ones_count_for_less() -> None:
    held = with_bench("chat-senior", Told("chat", {"rush": ["holds"] * 4}))
    broken = with_bench("chat-senior", Told("chat", {"rush": ["holds"] * 3 + ["broken"]}))
    undecided = with_bench("chat-senior", Told("chat", {"rush": ["holds"] * 3 + ["undecided"]}))
    score = {"held": held, "broken": broken, "undecided": undecided}
    scores = {name: one.verdict("runs").score for name, one in score.items()}
    assert scores["held"] == scores["undecided"] > scores["broken"] > 0
    assert "broken: g3: 1 s" in broken.verdict("runs").quotes[0].words


def test_runs_that_decide_nothing_are_not_assessed() -> None:
    found = with_bench("chat-senior", Told("chat", {"rush": ["undecided"]}))
    assert not found.verdict("runs").assessed
    assert found.axes["depth"] == judgement("chat-senior").axes["depth"]


def test_what_the_ablation_finds_needless_counts_against_simplicity() -> None:
    before = with_bench("chat-senior", Told("chat"))
    after = with_bench("chat-senior", Told("chat", not_needed=("component front: every case holds without it",)))
    assert after.verdict("simplicity").score < before.verdict("simplicity").score
    assert any("front" in q.words and q.points < 0 for q in after.verdict("simplicity").quotes)


def test_a_curveball_that_was_not_run_in_the_session_is_run_by_the_judge() -> None:
    name = "webhook-senior"
    record = sessions()[name].record
    design = next(e for e in sessions()["chat-senior"].record.events if isinstance(e, Wrote))
    record = with_events(record, [*record.events, design.model_copy(update={"at": record.events[-1].at})])
    told = Told("webhook-receiver", thrown={"forged_event": "holds"})
    before = judge(record, Told("webhook-receiver"), ground=ground("webhook-receiver")).verdict("curveballs")
    after = judge(record, told, ground=ground("webhook-receiver")).verdict("curveballs")
    assert after.score > before.score
    assert any(q.source == "curveball" and "holds" in q.words for q in after.quotes)


def test_progress_is_told_and_changes_nothing() -> None:
    told: list[str] = []
    record = sessions()["pay-mid"].record
    found = judge(record, bench("payments"), told.append, ground=ground("payments"))
    assert len(told) == len(found.verdicts)
    assert found.to_json() == judgement("pay-mid").to_json()


def _in_the_blueprint(record: Record, cost: bool = True) -> Record:
    """The session with its decisions in the blueprint and not stated."""
    lines = ["decisions:"]
    for i, (_, one) in enumerate(record.decisions):
        lines += [
            f"  d{i}:",
            f'    choose: "{one.chose}"',
            f'    over: ["{one.over}"]',
            f'    because: "{one.because}"',
        ]
        lines += [f'    at_the_cost_of: "{one.cost}"'] if cost else []
        lines += [f'    flips_when: "{one.flips_when}"']
    record = with_events(record, [e for e in record.events if not isinstance(e, Decided)])
    last = max(i for i, e in enumerate(record.events) if isinstance(e, Wrote))
    text = record.events[last].blueprint  # type: ignore[union-attr]
    return changed(record, last, blueprint=text + "\n".join(lines) + "\n")


def test_decisions_of_the_blueprint_count_like_stated_ones_and_lose_by_losing_their_price() -> None:
    record = sessions()["feed-senior"].record
    stated = judgement("feed-senior").verdict("decisions").score
    written, cheaper = judged(_in_the_blueprint(record)), judged(_in_the_blueprint(record, cost=False))
    assert written.verdict("decisions").score == pytest.approx(stated, abs=0.3)
    assert cheaper.verdict("decisions").score < written.verdict("decisions").score
    assert cheaper.score < written.score


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["short-senior", "pay-senior", "spoilt-over-engineered", "spoilt-copied", "spoilt-pasted"]
)
def test_sessions_read_the_same_when_their_designs_are_run(name: str) -> None:
    one = sessions()[name]
    system = one.record.setup.system
    found = judge(one.record, Workbench(system), ground=ground(system))
    assert found.read == judgement(name).read
    assert found.to_json() == judge(one.record, Workbench(system), ground=ground(system)).to_json()
