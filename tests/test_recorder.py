"""The recorder: rows in time order from any thread, nothing lost, nothing written that could not be read."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from loadcase.core.errors import UsageError
from loadcase.core.history_files import read_history, rows_of
from loadcase.recorder import Recorder


def test_an_operation_is_recorded_from_invoke_to_answer(tmp_path: Path) -> None:
    file = tmp_path / "h.jsonl"
    with Recorder(file, writes={"order": ["order"]}, clock=iter(range(1, 99)).__next__) as history:
        operation = history.operation("order", key="alice", session=1)
        history.commit("order", operation.number, key="alice", version=1)
        operation.ok("order", "stock")
        history.operation("order", number="mine").fail("refused")
        history.publish("notify", operation.number)
        history.deliver("notify", operation.number, receiver=4)
        began = history.now()
        history.read("order", "alice", 1, began_s=began)
        history.close(drained=True)
        history.close()
    read = read_history(file)
    assert (read.meta.drained, read.meta.writes) == (True, {"order": ("order",)})
    told = [(r["event"], r["time_s"], r.get("entity")) for r in rows_of(read)]
    assert told == [
        ("invoke", 1, None), ("commit", 2, "order"), ("ok", 3, "order"), ("ok", 4, "stock"), ("invoke", 5, None),
        ("fail", 6, None), ("publish", 7, None), ("deliver", 8, None), ("read", 10, "order"),
    ]  # fmt: skip


def test_an_operation_that_raises_is_of_unknown_outcome(tmp_path: Path) -> None:
    file = tmp_path / "h.jsonl"

    def work() -> None:
        with Recorder(file) as history, history.operation("order"):
            raise TimeoutError

    with pytest.raises(TimeoutError):
        work()
    rows = list(rows_of(read_history(file)))
    assert (rows[1]["event"], rows[1]["detail"]) == ("info", "TimeoutError")


def test_threads_write_whole_rows_in_time_order(tmp_path: Path) -> None:
    file = tmp_path / "h.jsonl"
    with Recorder(file) as history:

        def work() -> None:
            for _ in range(200):
                with history.operation("order") as operation:
                    operation.ok()

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    rows = list(rows_of(read_history(file)))  # reading refuses times that go back
    assert len(rows) == 1600
    assert len({r["operation"] for r in rows}) == 800


def test_a_killed_process_loses_nothing(tmp_path: Path) -> None:
    file = tmp_path / "h.jsonl"
    code = (
        "import os, sys; from loadcase.recorder import Recorder; r = Recorder(sys.argv[1])\n"
        "for i in range(50): r.operation('order').ok()\n"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(file)], check=False, env=os.environ)
    history = read_history(file)
    assert history.rows == 100
    assert history.meta.drained is None


def test_what_could_not_be_read_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "h.jsonl"
    with Recorder(file) as history:
        for event, columns, said in (
            ("comit", {}, 'did you mean "commit"'),
            ("commit", {"entity": "e"}, "commit needs operation"),
            ("commit", {"entity": "e", "operation": 1, "kye": 2}, 'did you mean "key"'),
            ("commit", {"entity": "e", "operation": 1, "key": -2}, "key cannot be -2"),
            ("commit", {"entity": "e", "operation": 1, "value": float("nan")}, "value cannot be nan"),
            ("commit", {"entity": "e", "operation": 1, "time_s": 1.0}, "no column 'time_s' to set"),
        ):
            with pytest.raises(UsageError, match=said):
                history.record(event, **columns)
    assert len(file.read_text().splitlines()) == 1
    with pytest.raises(UsageError, match="never overwritten"):
        Recorder(file)
    with pytest.raises(UsageError, match="closed"):
        history.operation("order")
