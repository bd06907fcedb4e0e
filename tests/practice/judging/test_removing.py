"""Taking one thing out of a good session never raises its score, and lowers the criterion it was evidence for."""

from __future__ import annotations

import pytest

from loadcase.practice.events import CANDIDATES, AskedForHint, Curveball, Decided, Event, Prompted, Ran, Wrote
from loadcase.practice.judging import Judgement
from loadcase.practice.record import Record
from loadcase.practice.rubric import AXES
from tests.practice.judging.grounds import changed, judged, judgement, with_events, without
from tests.practice.recorded import labelled, sessions

SAME = 1e-6


def check(after: Judgement, before: Judgement, what: str) -> None:
    """Nothing has risen."""
    assert after.score <= before.score + SAME, what
    for level, score in after.scores.items():
        assert score <= before.scores[level] + SAME, f"{what}: {level}"
    for axis in AXES:
        assert (after.axes[axis] or 0.0) <= (before.axes[axis] or 0.0) + SAME, f"{what}: {axis}"


def removals(record: Record) -> list[tuple[str, int, Record]]:
    """The session without each thing that the candidate did, and each decision without each of its parts."""
    found = []
    for number, event in enumerate(record.events):
        if isinstance(event, CANDIDATES) and not isinstance(event, AskedForHint):
            found.append((f"{number} {event.words[:60]}", number, without(record, _is(event))))
        if isinstance(event, Decided):
            for part in ("over", "because", "cost", "flips_when"):
                found.append((f"{number} {part} of {event.chose[:40]}", number, changed(record, number, **{part: ""})))
    return found


def _is(event: Event):  # type: ignore[no-untyped-def]
    return lambda _, other: other is event


def check_all(name: str) -> None:
    record, before = sessions()[name].record, judgement(name)
    for what, number, less in removals(record):
        after = judged(less)
        check(after, before, f"{name}: {what}")
        if isinstance(record.events[number], Wrote | Ran):
            continue
        quoted = {
            v.criterion
            for v in before.verdicts
            for q in v.quotes
            if q.event == number and q.points > 0.05 and q.source != "blueprint"
            and q.shows not in {other.shows for other in after.verdict(v.criterion).quotes}  # unless another makes it
        }  # fmt: skip
        lower = {v.criterion for v in before.verdicts if after.verdict(v.criterion).score < v.score - SAME}
        if quoted and len(less.events) < len(record.events):
            assert quoted & lower, f"{name}: {what} was evidence for {quoted}, and lowers {lower}"


def test_removing_any_one_thing_never_raises_the_score() -> None:
    check_all("chat-senior")


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n in labelled("mid", "senior", "staff") if n != "chat-senior"])
def test_removing_any_one_thing_never_raises_any_score(name: str) -> None:
    check_all(name)


def _said(record: Record, *words: str) -> Record:
    """The session without all that speaks of something, in events."""
    return without(record, lambda _, e: isinstance(e, CANDIDATES) and any(w in e.words.casefold() for w in words))


def _cut(record: Record, *changes: tuple[str, str]) -> Record:
    """The session whose blueprints lack something."""
    events = []
    for event in record.events:
        if isinstance(event, Wrote):
            text = event.blueprint
            for old, new in changes:
                text = text.replace(old, new)
            event = event.model_copy(update={"blueprint": text})
        events.append(event)
    return with_events(record, events)


CHAT = sessions()["chat-senior"].record


@pytest.mark.parametrize(
    ("criterion", "less"),
    [
        ("decisions", lambda: _parts(CHAT, cost="")),
        ("decisions", lambda: _parts(CHAT, flips_when="")),
        ("decisions", lambda: _parts(CHAT, because="")),
        ("correctness", lambda: _cut(_said(CHAT, "tag", "twice"), (", once: tag", ""), (", dedupe: tag", ""),
                                     ("    identity: tag\n", ""))),
        ("correctness", lambda: _cut(_said(CHAT, "sequence", "order"), ("sequence: dialogue, ", ""),
                                     (", in_order: dialogue", ""))),
        ("failures_named", lambda: _said(CHAT, "herd")),
        ("estimation", lambda: without(CHAT, lambda _, e: e.kind == "estimated" and e.name == "stored")),
        ("scoping", lambda: without(CHAT, lambda _, e: e.kind == "required" and e.sort == "deferred")),
        ("contract", lambda: _cut(without(CHAT, lambda _, e: e.kind == "required" and e.sort == "contract"),
                                  ("    - text.lost == 0\n", ""))),
        ("hard_part_early", lambda: without(CHAT, lambda _, e: e.kind == "required" and e.sort == "hard_part")),
        ("operation", lambda: _said(CHAT, "alert")),
        ("self_critique", lambda: _said(CHAT, "worries me")),
        ("curveballs", lambda: _said(CHAT, "either the app resent it")),
        ("landing", lambda: _said(CHAT, "ten times")),
    ],
    ids=["price", "flip", "reason", "idempotency", "order", "failure named", "estimate", "deferred", "promises",
         "hard part", "alerts", "weak spot", "answer", "ten times"],
)  # fmt: skip
def test_what_is_taken_out_lowers_the_criterion_that_it_belongs_to(criterion: str, less) -> None:  # type: ignore[no-untyped-def]
    before, after = judgement("chat-senior"), judged(less())
    assert after.verdict(criterion).score < before.verdict(criterion).score - 0.02
    check(after, before, criterion)


def _parts(record: Record, **gone: str) -> Record:
    for number, _ in record.decisions:
        record = changed(record, number, **gone)
    return record


def test_naming_a_failure_after_it_was_thrown_earns_nothing_for_naming_it() -> None:
    at = next(i for i, e in enumerate(CHAT.events) if "consumers of the log fall behind" in e.words)
    ball = Curveball(at=CHAT.events[at].at, name="slow_consumer", text="The lag climbs. What do users see?")
    before, after = judgement("chat-senior"), judged(_inserted(CHAT, at, ball))
    assert after.verdict("failures_named").score < before.verdict("failures_named").score


def test_being_asked_first_takes_from_what_is_said_then() -> None:
    at = next(i for i, e in enumerate(CHAT.events) if "go into reconnecting" in e.words)
    prompt = Prompted(at=CHAT.events[at].at, text="What of reconnects?", probe="reconnect", about="recovery")
    before, after = judgement("chat-senior"), judged(_inserted(CHAT, at, prompt))
    for criterion in ("initiative", "deep_areas"):
        assert after.verdict(criterion).score < before.verdict(criterion).score
    assert after.axes["proactiveness"] < before.axes["proactiveness"]  # type: ignore[operator]


def _inserted(record: Record, at: int, event: Event) -> Record:
    events = [
        e.model_copy(update={"to": e.to + 1}) if getattr(e, "to", None) is not None and e.to >= at else e  # type: ignore[union-attr]
        for e in record.events
    ]
    return with_events(record, [*events[:at], event, *events[at:]])
