"""What must not matter does not: the order of sentences, silence, words that nobody knows, odd characters."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadcase.practice.events import Decided, Said, Warned, Wrote
from loadcase.practice.record import Record
from tests.practice.judging.grounds import changed, judged, judgement, with_events
from tests.practice.recorded import sessions

NAME = "short-senior"
RECORD = sessions()[NAME].record
SPOKEN = [i for i, e in enumerate(RECORD.events) if isinstance(e, Said)]
UNKNOWN = st.text("bcdfghjklmnpqrstvwxz", min_size=7, max_size=12).map(lambda s: f"q{s}")


@settings(max_examples=8, deadline=None)
@given(st.sampled_from(SPOKEN), st.randoms(use_true_random=False))
def test_the_order_of_sentences_makes_no_difference(number: int, random) -> None:  # type: ignore[no-untyped-def]
    sentences = re.split(r"(?<=\.)\s+", RECORD.events[number].words)
    random.shuffle(sentences)
    after = judged(changed(RECORD, number, text=" ".join(sentences)))
    assert after.score == judgement(NAME).score


@settings(max_examples=8, deadline=None)
@given(st.sampled_from(SPOKEN), st.lists(UNKNOWN, min_size=1, max_size=8))
def test_words_that_nobody_knows_never_raise_the_score(number: int, words: list[str]) -> None:
    text = f"{RECORD.events[number].words} {' '.join(words)}"
    assert judged(changed(RECORD, number, text=text)).score <= judgement(NAME).score + 1e-6


@settings(max_examples=8, deadline=None)
@given(st.floats(0, 600))
def test_silence_at_the_end_never_raises_the_score(seconds: float) -> None:
    last = RECORD.events[-1].at
    silent = with_events(RECORD, [*RECORD.events, Warned(at=last + seconds, text="Time.")])
    assert judged(silent).score <= judgement(NAME).score + 1e-6


@settings(max_examples=8, deadline=None)
@given(st.lists(UNKNOWN, min_size=1, max_size=30))
def test_a_statement_of_unknown_words_earns_nothing(words: list[str]) -> None:
    more = with_events(RECORD, [*RECORD.events, Said(at=RECORD.events[-1].at, text=" ".join(words))])
    assert judged(more).score == judgement(NAME).score


@settings(max_examples=8, deadline=None)
@given(st.text(min_size=1, max_size=300))
def test_any_text_is_judged(text: str) -> None:
    record = Record(RECORD.setup, (Said(at=1.0, text=text),))
    found = judged(record)
    assert 0 <= found.score <= 100


@settings(max_examples=8, deadline=None)
@given(st.sampled_from(SPOKEN), st.randoms(use_true_random=False))
def test_shuffled_words_never_change_the_read_for_the_better(number: int, random) -> None:  # type: ignore[no-untyped-def]
    words = RECORD.events[number].words.split()
    random.shuffle(words)
    after = judged(changed(RECORD, number, text=" ".join(words)))
    assert after.read in ("not there yet", "mid", "senior")


@pytest.mark.parametrize(
    "text",
    [
        "{", "a: [", "\x00", "loadcase: 1\nname: x\ncomponents: {a: {kind: nothing}}\n", "- 1\n- 2\n", "&a [*a]",
        "loadcase: 1\nname: x\ndecisions: {d: {choose: x}}\n", "loadcase: 1\nname: x\nflows: {f: {steps: [a.b]}}\n",
        "loadcase: 1\nname: x\nestimates: {a: b, b: a}\nrequirements: {contract: [nonsense]}\n", "   ",
    ],
)  # fmt: skip
def test_any_blueprint_is_judged(text: str) -> None:
    number = next(i for i, e in enumerate(RECORD.events) if isinstance(e, Wrote))
    found = judged(changed(RECORD, number, blueprint=text))
    alone = judged(Record(RECORD.setup, (Wrote(at=0.0, blueprint=text), Said(at=1.0, text="So.", to=99))))
    assert 0 <= alone.score <= found.score <= 100


def test_an_empty_session_is_judged() -> None:
    found = judged(Record(RECORD.setup))
    assert found.read == "not there yet"
    assert found.score == 0
    assert all(not v.quotes for v in found.verdicts)


def test_saying_it_again_earns_nothing() -> None:
    said = [e for e in RECORD.events if isinstance(e, Said) and e.to is None]
    again = [e.model_copy(update={"at": RECORD.events[-1].at, "text": f"Again, {e.text}"}) for e in said]
    assert judged(with_events(RECORD, [*RECORD.events, *again])).score <= judgement(NAME).score


def test_choosing_a_pitfall_of_the_system_counts_against_a_design_and_naming_one_does_not() -> None:
    chosen = {"chose": "sharding for forty writes a second, with queues and services", "over": "one primary",
              "because": "a link is read by its code and 16 shards spread them"}  # fmt: skip
    avoided = {**chosen, "chose": chosen["over"], "over": chosen["chose"], "because": "forty writes a second fit it"}
    soundness = []
    for parts in (chosen, avoided):
        more = with_events(RECORD, [*RECORD.events, Decided(at=RECORD.events[-1].at, **parts)])
        soundness.append(judged(more).verdict("soundness"))
    assert soundness[0].score < soundness[1].score == judgement(NAME).verdict("soundness").score
    assert any("pitfall" in quote.shows and quote.points < 0 for quote in soundness[0].quotes)
