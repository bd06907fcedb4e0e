"""What makes a history, and what is refused with its place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from loadcase.core.errors import HistoryError
from loadcase.core.history import COLUMNS, EVENTS, RECORD, History, Meta, Sample

NAMES = {"flow": ("send",), "entity": ("message",), "component": ("db",), "detail": ("crash",)}


def records(n: int = 3) -> np.ndarray[Any, Any]:
    """Rows as a kernel fills them: an operation is invoked, commits and is acknowledged."""
    rows = np.zeros(n, RECORD)
    for column in COLUMNS:
        rows[column.name] = np.nan if RECORD[column.name].kind == "f" else -1
    rows["time_s"] = np.arange(n)
    rows["event"] = [0, 4, 1][:n]
    rows["flow"][0] = 0
    rows["entity"][1] = 0
    rows["operation"] = 0
    return rows


def test_records_of_a_kernel_are_a_history() -> None:
    history = History.of_records(records(), NAMES, Meta(drained=True))
    assert history.rows == 3
    assert [history.text("event", i) for i in range(3)] == ["invoke", "commit", "ok"]
    assert (history.flows, history.entities) == (["send"], ["message"])
    assert not history.has("key")
    assert history.text("key", 0) == ""


@pytest.mark.parametrize(
    ("column", "row", "value", "said"),
    [
        ("time_s", 2, 0.5, "row 3: time_s 0.5 is before that of the row above"),
        ("time_s", 1, float("nan"), "row 2: time_s nan is not a time"),
        ("event", 1, 99, "row 2: event 99 is no event"),
        ("event", 1, -1, "row 2: event -1 is no event"),
        ("flow", 0, 7, "row 1: flow 7 has no name"),
        ("flow", 0, -1, "row 1: 'invoke' has no flow"),
        ("entity", 1, -1, "row 2: 'commit' has no entity"),
        ("operation", 2, -1, "row 3: 'ok' has no operation"),
        ("key", 0, -7, "row 1: key -7 is below 0"),
        ("value", 0, float("inf"), "row 1: value inf is infinite"),
        ("began_s", 1, 5.0, "row 2: began_s 5 is after time_s"),
    ],
)
def test_what_is_wrong_is_told_with_its_row(column: str, row: int, value: float, said: str) -> None:
    rows = records()
    rows[column][row] = value
    with pytest.raises(HistoryError) as error:
        History.of_records(rows, NAMES)
    assert said in error.value.message
    assert error.value.hint


def test_columns_that_do_not_fit_are_refused() -> None:
    rows = records()
    with pytest.raises(HistoryError, match='did you mean "receiver"'):
        History({"time_s": rows["time_s"], "event": rows["event"], "reciever": rows["key"]})
    with pytest.raises(HistoryError, match="'event' is missing"):
        History({"time_s": rows["time_s"]})
    with pytest.raises(HistoryError, match="different lengths"):
        History({"time_s": rows["time_s"], "event": rows["event"][:2]})


def test_metadata_are_read_as_they_were_written() -> None:
    meta = Meta("chat", "peak", 7, False, Sample(0.01, "splitmix64"), {"send": ("message",)}, {}, ("message",))
    assert Meta.of_json(meta.to_json()) == meta
    assert Meta().to_json() == {"loadcase_history": 1}


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ([], "loadcase_history: 1"),
        ({"loadcase_history": 2}, "loadcase_history: 1"),
        ({"loadcase_history": 1, "drain": True}, "did you mean"),
        ({"loadcase_history": 1, "drained": "yes"}, "another type"),
        ({"loadcase_history": 1, "sample": {"share": 0}}, "another type"),
        ({"loadcase_history": 1, "sample": {"share": "x"}}, "another type"),
        ({"loadcase_history": 1, "writes": {"send": "message"}}, "another type"),
        ({"loadcase_history": 1, "seed": True}, "another type"),
    ],
)
def test_wrong_metadata_are_refused(raw: Any, said: str) -> None:
    with pytest.raises(HistoryError) as error:
        Meta.of_json(raw)
    assert said in str(error.value)


def test_every_event_uses_columns_that_there_are() -> None:
    for event in EVENTS:
        assert {*event.required, *event.used} <= set(RECORD.names or ())
        assert event.meaning.endswith(".")
    used = {name for event in EVENTS for name in (*event.required, *event.used)}
    assert used == set(RECORD.names or ()) - {"time_s", "event"}
