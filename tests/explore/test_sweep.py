"""Sweeps: every point is run once and judged, and one that was killed goes on where it ended."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from loadcase import api
from loadcase.blueprint.load import loads
from loadcase.core.errors import UsageError
from loadcase.explore import sweep as module
from loadcase.explore.axes import parse_axes
from loadcase.explore.journal import Journal, content_hash, engine_version, run_key
from loadcase.explore.pool import Processes
from loadcase.explore.sweep import Progress, SweepResult, journal_of, sweep
from loadcase.explore.work import Task, one_run
from tests.explore.designs import TINY

REPLICAS = ["s.replicas=1..3"]


def swept(axes: list[str], text: str = TINY, **options: Any) -> SweepResult:
    return sweep(loads(text), parse_axes(axes), **{"threads": 1, "seeds": 2, **options})


def test_every_point_is_judged_in_every_case() -> None:
    axes = ["s.replicas=1..4", "estimates.users=50,100"]
    found = swept(axes, cases=["normal", "peak"], metrics=["s.utilisation"], seeds=3)
    assert (found.points, found.runs, found.done, found.before) == (8, 48, 48, 0)
    assert [(a.settings[0].value, a.settings[1].label, a.case) for a in found.found] == [
        (n, u, case) for n in (1, 2, 3, 4) for u in ("50", "100") for case in ("normal", "peak")
    ]
    by = {(a.settings[0].value, a.settings[1].label, a.case): a for a in found.found}
    assert by[1, "100", "peak"].verdict == "broken"  # one worker for 150 a second of 10 ms
    assert by[2, "50", "normal"].verdict == "holds"
    assert by[4, "50", "normal"].verdict == "broken"  # 400 USD
    assert all(a.seeds == (1, 2, 3) for a in found.found)
    value, low, high, unit = by[2, "100", "normal"].values["s.utilisation"]
    assert unit == "ratio"
    assert low <= value <= high
    assert value == pytest.approx(0.5, rel=0.2)


def test_a_run_is_the_run_of_the_changed_design(tmp_path: Path) -> None:
    out = tmp_path / "t.parquet"
    swept(["s.replicas=3", "cases.peak.load=1.25"], cases=["peak"], out=out)
    design = api.Blueprint.loads(TINY).changed({"s.replicas": 3, "cases.peak.load": 1.25})
    table = pq.read_table(out).to_pylist()
    for row, seed in zip(table, (1, 2), strict=True):
        metrics = design.run("peak", seed).metrics
        assert {n: row[n] for n in metrics} == {n: m.value for n, m in metrics.items()}


def test_the_file_has_a_row_for_each_run_and_says_what_is_in_it(tmp_path: Path) -> None:
    out = tmp_path / "t.parquet"
    axes = ["s.replicas=1,2", "s.workers=2..3", "flows.r.steps.s.handle.work=exp(9 ms),5 ms"]
    swept(axes, out=out, cases=["normal", "peak"])
    table = pq.read_table(out)
    assert table.num_rows == 2 * 2 * 2 * 2 * 2
    assert table.column_names[:9] == [
        "point", "s.replicas", "s.workers", "flows.r.steps.s.handle.work", "case", "seed", "scale", "partial", "error",
    ]  # fmt: skip
    assert str(table.schema.field("s.replicas").type) == "int64"
    assert set(table["flows.r.steps.s.handle.work"].to_pylist()) == {"exp(9 ms)", "5 ms"}
    assert table.schema.field("r.p95").metadata == {b"unit": b"s"}
    told = json.loads(table.schema.metadata[b"loadcase"])
    assert told == {"blueprint": "tiny", "engine": engine_version(), "runs": 32, "done": 32, "partial": False}


def test_processes_give_the_same_as_one(tmp_path: Path) -> None:
    one, two = tmp_path / "one.parquet", tmp_path / "two.parquet"
    swept(REPLICAS, out=one)
    found = swept(REPLICAS, out=two, threads=2)
    assert found.done == 6
    assert pq.read_table(one).equals(pq.read_table(two))


def test_what_was_run_is_not_run_again(tmp_path: Path) -> None:
    out = tmp_path / "t.parquet"
    assert swept(REPLICAS, out=out).before == 0
    again = swept(REPLICAS, out=out)
    assert (again.before, again.done) == (6, 6)
    wider = swept(["s.replicas=1..4"], out=out, seeds=3)
    assert (wider.before, wider.done) == (6, 12)
    other = swept(REPLICAS, TINY.replace("10 ms", "9 ms"), out=out)
    assert other.before == 0, "another design has other runs"
    assert swept(REPLICAS, "# a remark\n" + TINY, out=out).before == 6


def test_what_determines_a_run_determines_its_key() -> None:
    base = ("design", {"a.b": 1}, "normal", 1, "v", "exact=False")
    others = [
        ("other", *base[1:]),
        (base[0], {"a.b": 2}, *base[2:]),
        (*base[:2], "peak", *base[3:]),
        (*base[:3], 2, *base[4:]),
        (*base[:4], "w", base[5]),
        (*base[:5], "exact=True"),
    ]
    assert len({run_key(*one) for one in [base, *others]}) == 7
    assert content_hash({"a": 1}) != content_hash({"a": 2})


def test_an_interrupt_leaves_partial_results_that_say_so(tmp_path: Path) -> None:
    out = tmp_path / "t.parquet"
    stop = threading.Event()

    def on_progress(progress: Progress) -> None:
        if progress.done >= 2:
            stop.set()

    found = swept(REPLICAS, out=out, stop=stop, on_progress=on_progress)
    assert found.interrupted
    assert 2 <= found.done < 6
    table = pq.read_table(out)
    told = json.loads(table.schema.metadata[b"loadcase"])
    assert (told["partial"], told["done"], told["runs"], table.num_rows) == (True, found.done, 6, found.done)
    rest = swept(REPLICAS, out=out)
    assert (rest.before, rest.done, rest.interrupted) == (found.done, 6, False)
    assert json.loads(pq.read_table(out).schema.metadata[b"loadcase"])["partial"] is False


@pytest.mark.parametrize(
    ("axes", "said"),
    [
        (["s.replicas=0,2"], "s.replicas=0: a whole number is 1 or more, got 0"),
        (["s.replicas=2,0", "s.workers=1,2"], "(2 of 4 points are broken)"),
        (["s.replica=2"], "unknown field 'replica'; did you mean \"replicas\"?"),
        (["t.replicas=2"], "t.replicas=2: unknown section or component 't'"),
        (["estimates.user=2"], "has no estimate 'user'"),
        (["cases.rush.load=2"], "unknown name after 'cases'"),
        (["s.replicas=3000000"], "with s the design has 3,000,000 servers"),
    ],
)
def test_a_broken_point_is_named_before_anything_is_run(axes: list[str], said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        swept(axes, out=tmp_path / "t.parquet")
    assert said in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_values_that_break_together_are_named_together() -> None:
    text = TINY.replace("users: 100,", "users: 100, least: 2, most: 4,").replace(
        "replicas: 2", "replicas: most - least"
    )
    with pytest.raises(UsageError, match=r"estimates.least=3, estimates.most=3"):
        swept(["estimates.least=1,3", "estimates.most=5,3"], text)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"cases": ["rush"]}, "no case 'rush'"),
        ({"seeds": 0}, "--seeds takes"),
        ({"seeds": 10_000, "samples": 100_000}, "are the most"),
        ({"out": Path("t.csv")}, "Parquet file"),
        ({"out": Path("/nowhere/t.parquet")}, "in a folder that exists"),
    ],
)
def test_what_cannot_be_is_said_at_once(options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        swept(["s.replicas=1..3"], **options)


def test_a_journal_that_is_none_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "t.parquet"
    journal_of(out).write_text("not a journal, but long enough to be taken for one" * 30)
    with pytest.raises(UsageError, match="cannot keep a journal"):
        swept(REPLICAS, out=out)


def test_a_journal_keeps_the_first_row() -> None:
    with Journal(None) as journal:
        journal.add("a", {"n": 1})
        journal.add("a", {"n": 2})
        assert journal.known(["a", "b"]) == {"a": {"n": 1}}
        assert len(journal) == 1


def test_what_the_engine_refuses_is_told_at_its_point(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(blueprint: Any, *_: Any, **more: Any) -> Any:
        raise UsageError(f"{blueprint.components['s'].replicas} is too much")

    monkeypatch.setattr("loadcase.api.run", refuse)
    found = swept(["s.replicas=1,2"], seeds=1)
    assert [(a.verdict, a.error) for a in found.found] == [("unknown", f"{n} is too much") for n in (1, 2)]


def test_a_trace_is_part_of_what_is_run(tmp_path: Path) -> None:
    text = TINY.replace("rate: rate", "trace: t.txt")
    trace, out = tmp_path / "t.txt", tmp_path / "t.parquet"
    options: dict[str, Any] = {"trace_folder": tmp_path, "seeds": 1, "out": out}
    trace.write_text("1.5\n2\n3\n")
    assert swept(["s.replicas=1,2"], text, **options).before == 0
    assert swept(["s.replicas=1,2"], text, **options).before == 2
    trace.write_text("1.5\n2\n4\n")
    assert swept(["s.replicas=1,2"], text, **options).before == 0
    trace.write_text("3\n2\n1\n")
    with pytest.raises(UsageError, match="arrival times must be"):
        swept(["s.replicas=1,2"], text, **options)


def test_a_worker_with_another_engine_is_refused() -> None:
    task = Task("k", {}, "h", (), "normal", 1, True, "0.0.9+else")
    with pytest.raises(UsageError, match=r"0\.0\.9\+else"):
        one_run(task)


def test_a_scale_model_is_chosen_and_can_be_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadcase.explore.work.RUN_AIM_S", 1e-4)
    monkeypatch.setattr("loadcase.scales.FEWEST_REQUESTS", 1)
    text = TINY.replace("replicas: 2", "replicas: 8").replace("users: 100", "users: 400")
    text = text.replace("{kind: service,", "{kind: service, balance: random,")
    found, exact = (swept(["s.workers=1"], text, seeds=1, exact=exact) for exact in (False, True))
    assert found.found[0].scale > 1
    assert exact.found[0].scale == 1


LONG = TINY.replace("duration: 5 s", "duration: 2000 s")
SCRIPT = """\
import sys
from pathlib import Path
from loadcase.blueprint.load import load
from loadcase.explore.axes import parse_axes
from loadcase.explore.sweep import sweep
if __name__ == "__main__":
    sweep(load(sys.argv[1]), parse_axes(["s.replicas=2..6"]), seeds=8, out=Path(sys.argv[2]), threads=2)
"""


def children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            told = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(told[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def rows_in(journal: Path) -> dict[str, str]:
    if not journal.exists():
        return {}
    db = sqlite3.connect(f"file:{journal}?mode=ro", uri=True, timeout=30)
    try:
        return dict(db.execute("SELECT key, row FROM runs"))
    except sqlite3.OperationalError:  # not yet made
        return {}
    finally:
        db.close()


def wait_until(what: Any, seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_sweep_that_is_killed_goes_on_without_loss_or_repetition(tmp_path: Path) -> None:
    api.prepare()
    file, out, script = tmp_path / "long.yaml", tmp_path / "t.parquet", tmp_path / "s.py"
    file.write_text(LONG)
    script.write_text(SCRIPT)
    began = subprocess.Popen([sys.executable, str(script), str(file), str(out)], env=os.environ | path_of_source())
    journal = journal_of(out)
    wait_until(lambda: len(rows_in(journal)) >= 3)
    workers = children(began.pid)
    began.send_signal(signal.SIGKILL)
    began.wait()
    wait_until(lambda: not any(map(alive, workers)), 30)
    before = rows_in(journal)
    assert 3 <= len(before) < 40, "it was killed on its way"
    assert not out.exists()
    ran: list[str] = []
    pool = Recorded(ran)
    found = sweep(loads(LONG), parse_axes(["s.replicas=2..6"]), seeds=8, out=out, pool=pool)
    assert found.before == len(before)
    assert len(ran) == len(set(ran)) == 40 - len(before)
    assert not set(ran) & set(before)
    after = rows_in(journal)
    assert {key: after[key] for key in before} == before
    whole = tmp_path / "whole.parquet"
    swept(["s.replicas=2..6"], LONG, seeds=8, out=whole, threads=2)
    assert pq.read_table(out).equals(pq.read_table(whole))


def path_of_source() -> dict[str, str]:
    import loadcase

    return {"PYTHONPATH": str(Path(loadcase.__file__).parents[1])}


class Recorded(Processes):
    """Two processes; it is kept which runs they did."""

    def __init__(self, ran: list[str]) -> None:
        super().__init__(2)
        self.ran = ran

    def results(self, tasks: Any, stop: threading.Event) -> Any:
        for found in super().results(tasks, stop):
            if found is not None:
                self.ran.append(found[0].key)
            yield found


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_worker_that_dies_is_replaced_and_its_runs_are_made() -> None:
    killed: list[int] = []

    def on_progress(progress: Progress) -> None:
        workers = [p for p in children(os.getpid()) if "spawn_main" in cmdline(p)]
        if progress.done >= 2 and workers and not killed:
            killed.append(workers[0])
            os.kill(workers[0], signal.SIGKILL)

    ran: list[str] = []
    found = sweep(
        loads(LONG), parse_axes(["s.replicas=2..4"]), seeds=4, pool=Recorded(ran), on_progress=on_progress
    )  # fmt: skip
    assert killed
    assert found.done == 12
    assert len(ran) == len(set(ran)) == 12
    assert not found.interrupted


def cmdline(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def test_workers_that_always_die_end_the_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadcase.explore.pool.one_run", dies)
    monkeypatch.setattr("loadcase.explore.pool.MOST_LOSSES", 2)
    with pytest.raises(UsageError, match="a worker process died"):
        sweep(loads(TINY), parse_axes(REPLICAS), pool=Processes(2))


def dies(task: Task) -> None:
    """A run that takes its process with it."""
    os._exit(1)


def test_a_sweep_without_a_file_keeps_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert swept(REPLICAS, seeds=1).file is None
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_judged_is_said() -> None:
    text = TINY.replace(
        "peak: {", "peak: {recover_within: 1 s, faults: [slow: {on: s, factor: 2, at: 1 s, for: 1 s}], "
    )
    assert swept(REPLICAS, text, cases=["peak"], seeds=1).notes == (module.UNJUDGED,)
    assert swept(REPLICAS, text, seeds=1).notes == ()
