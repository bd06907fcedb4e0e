"""The phases of a session, and what is said of the time."""

from __future__ import annotations

import pytest

from loadcase.practice.events import Entered, Event, Paused, Phase, Resumed
from loadcase.practice.phases import FORMATS, PHASES, due, following, is_paused, place, spent, warnings
from loadcase.practice.record import Format, Record, Setup


def record(format: Format, *entered: tuple[float, Phase], more: tuple[Event, ...] = ()) -> Record:
    return Record(Setup("chat", format=format), (*(Entered(at=at, phase=phase) for at, phase in entered), *more))


def test_the_formats_divide_their_time() -> None:
    assert [slot.seconds / 60 for slot in FORMATS["45"]] == [5, 5, 15, 15, 5]
    assert len(FORMATS["60"]) == 7
    assert sum(slot.seconds for slot in FORMATS["60"]) == 3600
    for slots in FORMATS.values():
        assert tuple(part.phase for slot in slots for part in slot.parts) == PHASES


@pytest.mark.parametrize("format", ["45", "60", "free"])
def test_the_candidate_goes_from_phase_to_phase(format: Format) -> None:
    went: list[tuple[float, Phase]] = []
    while (phase := following(record(format, *went), len(went) * 10.0)) is not None:
        went.append((len(went) * 10.0, phase))
    assert tuple(phase for _, phase in went) == PHASES


def test_where_a_session_is() -> None:
    now = place(record("45", (0, "clarify"), (200, "estimate")), 260)
    assert now is not None
    assert (now.number, now.phase, now.left_s, now.total_s) == (1, "estimate", 240.0, 2700.0)
    assert place(record("45"), 0) is None
    back = record("45", (0, "clarify"), (100, "estimate"), (150, "clarify"), (170, "design"))
    assert spent(back, 200, 0) == 120
    assert spent(back, 200, 1) == 50
    over = place(back, 170 + 1000)
    assert over is not None
    assert over.left_s == -100


def test_a_later_part_begins_by_itself() -> None:
    deep = record("45", (0, "clarify"), (1000, "deep_dive"))
    assert due(deep, 1000 + 539) is None
    assert due(deep, 1000 + 541) == "break"
    assert due(record("45", (0, "clarify"), (1000, "deep_dive"), (1541, "break")), 3000) is None
    assert due(record("60", (0, "deep_dive")), 3000) is None
    assert due(record("45"), 3000) is None


def said(r: Record, at: float) -> list[str]:
    return [w.text for w in warnings(r, at)]


def test_gentle_words_about_the_time() -> None:
    r = record("45", (0, "clarify"))
    assert said(r, 179) == []
    (early,) = said(r, 181)
    assert early == "2 minutes left for clarify."
    (over,) = said(r, 301)
    assert over == "The time for clarify is over; estimate, interfaces and data comes next (/next)."
    again = Record(r.setup, (*r.events, *warnings(r, 301)))
    assert said(again, 400) == [], "each is said once"
    (long,) = said(again, 0.4 * 2700 + 1)
    assert long == "clarify has taken more than 40% of the time."
    assert said(again, 2701) == ["Time is up. Finish the sentence, and land it: /end."]
    last = record("45", (0, "land"))
    assert said(last, 301) == ["The time for land it is over: /end."]
    assert said(record("free", (0, "clarify")), 1e5) == []


def test_a_drill_is_one_slot_of_ten_minutes() -> None:
    drill = Record(Setup("chat", format="free", drill="estimation"), (Entered(at=0.0, phase="estimate"),))
    now = place(drill, 100)
    assert now is not None
    assert (now.phase, now.left_s) == ("estimate", 500.0)
    assert following(drill, 100) is None
    assert said(drill, 601) == ["Time is up. Finish the sentence, and land it: /end."]


def test_a_pause_is_seen() -> None:
    assert not is_paused(record("45", (0, "clarify")))
    paused = (Paused(at=1.0),)
    assert is_paused(record("45", (0, "clarify"), more=paused))
    assert not is_paused(record("45", (0, "clarify"), more=(*paused, Resumed(at=1.0))))
