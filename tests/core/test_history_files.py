"""Histories in files: what is written is read, and what is broken is told with file, row and column."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

from loadcase.core.errors import HistoryError, LoadcaseError
from loadcase.core.history import CODE, EVENT_NAMES, History
from loadcase.core.history_files import of_rows, read_history, rows_of, write_history
from tests.check import planted
from tests.check.histories import histories, meta_of

ROWS: list[dict[str, Any]] = [
    {"time_s": 0.0, "event": "invoke", "flow": "send", "operation": "a", "key": 3, "clock_s": 0.25},
    {"time_s": 0.5, "event": "commit", "entity": "message", "operation": "a", "key": 3, "version": 1, "value": 2.5},
    {"time_s": 1.0, "event": "ok", "operation": "a"},
]


def same(a: History, b: History) -> bool:
    """Whether two histories say the same, however their names are numbered."""
    return list(rows_of(a)) == list(rows_of(b)) and a.meta == b.meta


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_what_is_written_is_read(ending: str, tmp_path: Path) -> None:
    @settings(max_examples=60)
    @given(histories(*EVENT_NAMES))
    def there_and_back(told: tuple[list[dict[str, Any]], dict[str, Any]]) -> None:
        rows, meta = told
        history = of_rows(rows, meta_of(meta))
        assert list(rows_of(history)) == rows
        write_history(history, tmp_path / f"h.{ending}")
        assert same(read_history(tmp_path / f"h.{ending}"), history)

    there_and_back()
    assert [p.name for p in tmp_path.iterdir()] == [f"h.{ending}"]


def lines(*rows: Any) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "has no rows"),
        (b"\n", "has no rows"),
        (lines(*ROWS)[:-5], ":3: no JSON object"),
        (lines(ROWS[0], [1]), ":2: expected an object"),
        (lines(ROWS[0], {**ROWS[1], "event": "comit"}), ":2: unknown event 'comit'; did you mean \"commit\"?"),
        (lines(ROWS[0], {**ROWS[1], "keys": 1}), ":2: unknown column 'keys'"),
        (lines(ROWS[0], {**ROWS[1], "version": "one"}), ":2: version is 'one'; version is a whole number"),
        (lines(ROWS[0], {**ROWS[1], "version": 2**63}), ":2: version is"),
        (lines(ROWS[0], {**ROWS[1], "attempt": 2**31}), ":2: attempt is"),
        (lines(ROWS[0], {**ROWS[1], "key": "\ud800"}), ":2: key is"),
        (lines(ROWS[0], {**ROWS[1], "key": True}), ":2: key is True"),
        (lines(ROWS[0], {**ROWS[1], "key": -1}), ":2: key is -1"),
        (lines(ROWS[0], {**ROWS[1], "time_s": "now"}), ":2: time_s is 'now'"),
        (lines(ROWS[0]) + b'{"time_s": NaN, "event": "ok", "operation": 1}\n', ":2: no JSON object: NaN"),
        (lines(ROWS[0]) + b'{"time_s": 1e999, "event": "ok", "operation": 1}\n', ":2: time_s is inf"),
        (lines(ROWS[0], {"event": "ok", "operation": "a"}), ":2: time_s is missing"),
        (lines(ROWS[0], {"time_s": 1.0, "event": "ok"}), ":2: 'ok' has no operation"),
        (lines({"loadcase_history": 1}, ROWS[1], ROWS[0]), ":3: time_s 0 is before that of the row above"),
        (lines({"loadcase_history": 1, "drain": 1}, ROWS[0]), ":1: unknown metadata 'drain'"),
        (lines(ROWS[0], {"loadcase_history": 1}, ROWS[1]), ":3: a row after the closing metadata"),
        (b"[" * 50_000 + b"\n", ":1: no JSON object"),
        (b'{"a": "' + b"x" * 70_000 + b'"}\n', ":1: the line is longer than 64 KiB"),
        (b"\xff\xfe\x00\n", ":1: no JSON object"),
        (lines(ROWS[0]) + b"\n" + lines(ROWS[2]), ":2: no JSON object"),
    ],
)
def test_broken_lines_are_told_with_their_place(content: bytes, said: str, tmp_path: Path) -> None:
    file = tmp_path / "h.jsonl"
    file.write_bytes(content)
    with pytest.raises(HistoryError) as error:
        read_history(file)
    assert said in str(error.value)
    assert str(file) in str(error.value)
    assert error.value.hint


def table(**columns: Any) -> pa.Table:
    return pa.table(
        {"time_s": [0.0, 1.0], "event": ["invoke", "ok"], "flow": ["f", None], "operation": [1, 1], **columns}
    )


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (table().drop(["event"]), "column 'event' is missing"),
        (table(event=["invoke", "okay"]), "row 2: unknown event 'okay'"),
        (table(event=["invoke", None]), "row 2: event is missing"),
        (table(event=[0, 1]), "column event is of type int64; event is the name of an event"),
        (table(time_s=["0", "1"]), "column time_s is of type string"),
        (table(time_s=[0.0, None]), "row 2: time_s nan is not a time"),
        (table(time_s=[1.0, 0.0]), "row 2: time_s 0 is before"),
        (table(operation=[1, None]), "row 2: 'ok' has no operation"),
        (table(operation=[1, -5]), "row 2: operation is -5"),
        (table(operation=[1.5, 2.5]), "column operation is of type double"),
        (table(attempt=[1, 2**40]), "row 2: attempt is"),
        (table(key=pa.array([1, 2**63], pa.uint64())), "column key cannot be read"),
        (table(reciever=[1, 1]), 'did you mean "receiver"?'),
        (table(value=[1.0, float("inf")]), "row 2: value inf is infinite"),
        (table().slice(0, 0), "has no rows"),
        (table(key=[[1], [2]]), "column key is of type list"),
        (table().replace_schema_metadata({"loadcase": "{"}), "no JSON"),
        (table().replace_schema_metadata({"loadcase": '{"loadcase_history": 9}'}), "loadcase_history: 1"),
        (table(flow=pa.array([f"f{i}" for i in range(2)])).append_column("key", pa.array([None, None])), ""),
    ],
)
def test_broken_tables_are_told_with_their_place(made: pa.Table, said: str, tmp_path: Path) -> None:
    file = tmp_path / "h.parquet"
    pq.write_table(made, file)
    if not said:
        assert read_history(file).rows == 2
        return
    with pytest.raises(HistoryError) as error:
        read_history(file)
    assert said in str(error.value)
    assert str(file) in str(error.value)


def test_a_table_of_other_types_is_read(tmp_path: Path) -> None:
    made = table(
        operation=pa.array(["x", "x"], pa.large_string()),
        component=pa.array(["db", None]).dictionary_encode(),
        key=pa.array([1, 2], pa.uint16()),
        value=pa.array([1, None], pa.int32()),
    )
    pq.write_table(made, tmp_path / "h.parquet")
    history = read_history(tmp_path / "h.parquet")
    assert [history.text("operation", i) for i in range(2)] == ["x", "x"]
    assert history["key"].tolist() == [1, 2]
    assert np.isnan(history["value"][1])


def test_files_that_are_none_are_told(tmp_path: Path) -> None:
    for path, said in (
        (tmp_path / "nowhere.parquet", "No such file"),
        (tmp_path, "it is no file"),
        (Path("/dev/zero"), "it is no file"),
        (tmp_path / "a\0b", "null"),
    ):
        with pytest.raises(HistoryError, match=said):
            read_history(path)
    cut = tmp_path / "cut.parquet"
    cut.write_bytes(b"PA")
    with pytest.raises(HistoryError, match="no Parquet file"):
        read_history(cut)


def test_a_history_of_too_many_rows_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadcase.core.history_files.MOST_ROWS", 2)
    for ending in ("jsonl", "parquet"):
        file = tmp_path / f"h.{ending}"
        write_history(of_rows(ROWS[:1]), file)
        columns = {"time_s": np.zeros(3), "event": np.full(3, CODE["final"]), "entity": np.zeros(3)}
        write_history(History(columns, {"entity": ["e"]}), file)
        with pytest.raises(HistoryError, match=r"rows"):
            read_history(file)


def refusal(file: Path) -> str:
    """Why a file is refused; empty when it is read."""
    try:
        read_history(file)
    except LoadcaseError as error:
        return str(error)
    return ""


def test_mutated_files_are_read_or_refused(tmp_path: Path) -> None:
    rng = random.Random(5)
    for ending in ("parquet", "jsonl"):
        file = tmp_path / f"h.{ending}"
        write_history(planted.history(), file)
        whole, refused = file.read_bytes(), 0
        for i in range(300):
            content = bytearray(whole)
            for _ in range(rng.randrange(1, 12)):
                content[rng.randrange(len(content))] = rng.randrange(256)
            if i % 7 == 0:
                content = content[: rng.randrange(len(content))]
            file.write_bytes(content)
            said = refusal(file)
            refused += bool(said)
            assert not said or str(file) in said
        assert refused > 200


def test_parquet_without_pyarrow_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "h.parquet"
    write_history(of_rows(ROWS), file)
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    with pytest.raises(LoadcaseError, match=r"pip install 'loadcase\[parquet\]'"):
        read_history(file)
