"""A session's events are plain data and back, and what does not fit is refused."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from loadcase.practice.events import Decided, Entered, Said, Wrote, event, events
from loadcase.practice.record import Record, Setup

RAW = [
    {"at": 0, "kind": "entered", "phase": "clarify"},
    {"at": 3, "kind": "asked", "text": "How many users?"},
    {"at": 3, "kind": "answered", "to": 1, "how": "told", "facts": ["users"], "text": "50 million."},
    {"at": 90, "kind": "wrote", "blueprint": "name: a\n"},
    {"at": 91, "kind": "decided", "chose": "a log", "because": "order matters", "cost": "a hop"},
    {"at": 99, "kind": "wrote", "blueprint": "name: b\n"},
]


def test_events_are_plain_data_and_back() -> None:
    read = events(RAW)
    assert events(one.model_dump(mode="json") for one in read) == read


def test_a_record_knows_its_last_blueprint_its_decisions_and_phases() -> None:
    record = Record(Setup("chat"), events(RAW))
    assert record.blueprint == "name: b\n"
    assert [(i, d.words) for i, d in record.decisions] == [(4, "a log, because order matters, at the cost of a hop")]
    assert record.phase_at(1) == "clarify"
    assert Record(Setup("chat")).blueprint == ""
    assert Record(Setup("chat"), (Said(at=1, text="hm"), Entered(at=2, phase="design"))).phase_at(0) == ""


@pytest.mark.parametrize(
    "raw",
    [
        {"at": 1, "kind": "sang", "text": "la"},
        {"at": -1, "kind": "said", "text": "x"},
        {"at": 1, "kind": "said", "text": ""},
        {"at": 1, "kind": "said", "text": "x", "mood": "good"},
        {"at": 1, "kind": "required", "text": "x", "sort": "nice"},
    ],
)
def test_what_does_not_fit_is_refused(raw: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        event(raw)


def test_events_quote_what_was_said() -> None:
    assert Wrote(at=1, blueprint="name: a").words == ""
    assert Decided(at=1, chose="x", over="y").words == "x, over y"
