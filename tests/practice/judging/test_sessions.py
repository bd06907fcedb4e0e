"""Recorded sessions are read as they were labelled, and nothing is credited without a quote."""

from __future__ import annotations

import pytest

from loadcase.practice.events import CANDIDATES
from loadcase.practice.judging.words import stems
from loadcase.practice.rubric import AXES, rubric
from tests.practice.judging.grounds import ground, judged, judgement
from tests.practice.recorded import LABELS, labelled, sessions

READS = ("not there yet", "mid", "senior", "staff")
EXPECTED = {"weak": "not there yet", "mid": "mid", "senior": "senior", "staff": "staff"}


def test_there_are_sessions_of_each_level_on_six_systems_and_spoilt_ones() -> None:
    for label in LABELS:
        assert len({sessions()[name].record.setup.system for name in labelled(label)}) >= 6
    assert len(labelled("spoilt")) >= 8
    assert len(sessions()) >= 34


@pytest.mark.parametrize("name", labelled(*LABELS))
def test_a_session_reads_as_it_was_labelled(name: str) -> None:
    assert judgement(name).read == EXPECTED[sessions()[name].label]


@pytest.mark.parametrize("name", labelled("spoilt"))
def test_no_spoilt_session_reads_above_mid(name: str) -> None:
    assert READS.index(judgement(name).read) <= READS.index("mid")


@pytest.mark.parametrize("system", sorted({s.record.setup.system for s in sessions().values() if s.label == "mid"}))
def test_scores_of_a_system_rise_with_the_label(system: str) -> None:
    found = [judgement(n) for label in LABELS for n in labelled(label) if sessions()[n].record.setup.system == system]
    for level in ("mid", "senior", "staff"):
        scores = [one.scores[level] for one in found]
        assert scores == sorted(scores)
        assert len(set(scores)) == len(scores)
    for axis in AXES:
        values = [one.axes[axis] or 0.0 for one in found]
        assert values == sorted(values)


@pytest.mark.parametrize("name", sorted(sessions()))
def test_no_criterion_gives_credit_without_a_quote(name: str) -> None:
    record = sessions()[name].record
    for verdict in judgement(name).verdicts:
        credit = [quote for quote in verdict.quotes if quote.points > 0]
        assert bool(credit) == (verdict.score > 0) or sum(q.points for q in verdict.quotes) <= 0
        for quote in verdict.quotes:
            assert quote.words.strip()
            assert quote.shows.strip()
            assert quote.event is not None
            event = record.events[quote.event]
            assert quote.at == event.at
            if quote.source == event.kind and quote.source not in ("curveball", "wrote"):
                assert isinstance(event, CANDIDATES)
                assert quote.words in event.words


def test_the_worked_design_pasted_is_not_senior() -> None:
    for name in ("spoilt-copied", "spoilt-copied-aloud", "spoilt-pasted"):
        found = judgement(name)
        assert found.read == "not there yet"
        assert found.trust < 0.5
        assert found.verdict("decisions").score < 1


def test_what_spoils_a_session_is_what_is_told() -> None:
    assert judgement("spoilt-no-decisions").verdict("decisions").score == 0
    assert judgement("spoilt-no-numbers").verdict("estimation").score == 0
    assert judgement("spoilt-one-place").verdict("scoping").score == 0
    assert judgement("spoilt-silent").verdict("failures_named").score == 0
    assert judgement("spoilt-silent").verdict("initiative").score == 0
    assert judgement("spoilt-over-engineered").verdict("simplicity").score < 1
    assert judgement("spoilt-buzzword-decisions").verdict("decisions").score == 0
    assert judgement("spoilt-names").verdict("deep_areas").score == 0


def test_what_cannot_be_judged_counts_neither_way() -> None:
    found = judgement("chat-senior")
    runs = found.verdict("runs")
    assert not runs.assessed
    assert "nothing was run" in runs.says
    weights = rubric().criteria
    counted = [v for v in found.verdicts if v.axis == "depth" and v.assessed]
    total = sum(weights[v.criterion].weight["senior"] for v in counted)
    mean = sum(weights[v.criterion].weight["senior"] * v.score for v in counted) / total
    assert found.axes["depth"] == pytest.approx(mean, abs=1e-3)


def test_the_same_session_gets_the_same_score() -> None:
    for name in ("chat-staff", "pay-mid", "spoilt-over-engineered"):
        assert judged(sessions()[name].record).to_json() == judgement(name).to_json()


def test_the_sessions_are_written_in_words_of_their_own() -> None:
    """A statement shares less than half of its runs of three words with what the facts would have it say."""
    for name, one in sessions().items():
        if one.label == "spoilt":
            continue
        points = {run for point in ground(one.record.setup.system).points for run in _runs(point)}
        said = [event.words for event in one.record.events if event.kind in ("said", "decided", "assumed")]
        runs = [run for text in said for run in _runs(text)]
        assert sum(run in points for run in runs) < 0.1 * max(len(runs), 1), name


def _runs(text: str) -> list[tuple[str, ...]]:
    words = stems(text)
    return [words[i : i + 3] for i in range(len(words) - 2)]


def test_what_would_raise_the_read_is_told() -> None:
    found = judgement("spoilt-no-decisions")
    assert len(found.raises) == 3
    assert found.raises[0].criterion in {"decisions", "deep_areas", "initiative", "failures_named"}
    assert all(one.gain > 0 for one in found.raises)
    assert "senior" in found.short
    assert any("decisions" in line for line in found.short["senior"])


def test_who_held_the_pen_is_told_by_phase() -> None:
    senior, silent = judgement("notify-senior").pen, judgement("spoilt-silent").pen
    for phases in (senior, silent):
        assert {one.phase for one in phases} <= {
            "clarify",
            "estimate",
            "interfaces",
            "design",
            "deep_dive",
            "break",
            "land",
        }
        assert all(one.candidate + one.interviewer + one.silent == pytest.approx(1, abs=1e-3) for one in phases)
    by_phase = {one.phase: one for one in silent}
    assert by_phase["deep_dive"].interviewer > {one.phase: one for one in senior}["deep_dive"].interviewer


def test_the_worked_decisions_stand_beside_ones_own() -> None:
    by_name = {one.name: one for one in judgement("chat-senior").comparison}
    assert set(by_name) == {"order", "identity", "feed", "store"}
    assert "counter per conversation" in by_name["order"].yours
    assert "wide column store" in by_name["store"].yours
