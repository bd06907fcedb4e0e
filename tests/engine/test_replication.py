"""Copies that follow a leader, on designs so small that what is lost follows by hand.

Writes come at the times of a trace, take no work and 10 ms to the store; the leader sends them on 1 s later.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from loadcase import api
from loadcase.blueprint.load import loads
from loadcase.core.errors import BlueprintError
from loadcase.core.history import CODE, History

DESIGN = """\
loadcase: 1
name: t
network: {client: 10 ms, same_zone: 0 s}
requirements: {contract: [note.lost == 0, note.applied_twice == 0, note.stale_reads == 0]}
entities: {note: {fields: {id: id}, identity: id}}
components:
  db: {kind: store, replicas: 3, work: 0 s, failover: 1 s, read: leader, STORE}
flows:
  w: {arrive: {trace: writes, CLIENT}, steps: [db.append: {entity: note, ONCE}]}
  r: {arrive: {trace: reads}, steps: [db.read: {entity: note}]}
cases: {c: {duration: 20 s, warmup: 0 s, faults: [FAULTS]}}
"""
ASYNC = "write: async, replication_lag: 1 s"
CRASH = "crash: {on: db, count: 1, at: 2.2 s, for: 5 s}"


def ran(
    folder: Path,
    faults: str,
    store: str = ASYNC,
    writes: str = "1 1.5 2 2.5 4",
    reads: str = "15",
    client: str = "priority: normal",
    once: str = "sequence: note",
) -> api.RunResult:
    (folder / "writes").write_text(writes.replace(" ", "\n"))
    (folder / "reads").write_text(reads.replace(" ", "\n"))
    text = DESIGN.replace("STORE", store).replace("FAULTS", faults).replace("CLIENT", client).replace("ONCE", once)
    result = api.run(loads(text), "c", trace_folder=folder, history=True)
    assert result.partial is None
    assert not result.doubts
    return result


def lost(result: api.RunResult) -> float:
    return result.metrics["note.lost"].value


def test_what_only_a_dead_leader_had_is_lost_when_another_takes_its_place(tmp_path: Path) -> None:
    # committed at 1.01, 1.51, 2.01 and sent at 2.01, 2.51, 3.01: the leader dies before the second; 2.5 finds no leader
    result = ran(tmp_path, CRASH)
    assert lost(result) == 2
    assert result.metrics["w.availability"].value == pytest.approx(4 / 5)
    story = result.stories["note.lost"]
    assert {line.event for line in story.lines} >= {"commit", "ok", "revert"}
    assert all("crash of db" in line.faults for line in story.lines if line.event == "revert")


@pytest.mark.parametrize(
    ("store", "crash"),
    [
        (ASYNC, CRASH.replace("5 s", "900 ms")),  # it is back before it is replaced
        ("write: async, replication_lag: 1 s, failover: null", CRASH),
        ("write: async", CRASH),  # everything had been sent
        ("write: quorum", CRASH),
        ("write: all, failover: 10 s", CRASH),
    ],
)
def test_nothing_is_lost(tmp_path: Path, store: str, crash: str) -> None:
    if "failover" in store:
        text = DESIGN.replace("failover: 1 s, ", "")
        assert text != DESIGN
    result = ran(tmp_path, crash, store) if "failover" not in store else _without(tmp_path, crash, store)
    assert lost(result) == 0
    assert result.metrics["w.errors"].value > 0 or "900 ms" in crash


def _without(folder: Path, crash: str, store: str) -> api.RunResult:
    (folder / "writes").write_text("1\n1.5\n2\n2.5\n9")
    (folder / "reads").write_text("15")
    given = store.replace(", failover: null", "")
    text = DESIGN.replace("failover: 1 s, ", "").replace("STORE", given).replace("FAULTS", crash)
    text = text.replace("CLIENT", "priority: normal").replace("ONCE", "sequence: note")
    return api.run(loads(text), "c", trace_folder=folder, history=True)


def test_a_store_with_leaders_takes_no_write_until_there_is_another(tmp_path: Path) -> None:
    """Two of three copies are up, and a quorum would answer at once."""
    times = "2.1 2.5 3 3.3"  # it dies at 2.2, and the other one leads from 3.2 on
    assert ran(tmp_path, CRASH, "write: quorum", times).metrics["w.availability"].value == 0.5
    patient = "retry: {max: 9, backoff: 200 ms, multiplier: 1}"
    result = ran(tmp_path, CRASH, "write: quorum", times, client=patient)
    assert result.metrics["w.availability"].value == 1.0
    assert result.metrics["w.max"].value == pytest.approx(0.9, abs=0.03)  # 2.5: tried again until 3.38


@pytest.mark.parametrize(
    ("fault", "gone"),
    [
        ("mode: planned, takes: 1 s", 0),  # sent at 2.51 and 3.01, and 3.2 is when the other one leads
        ("mode: planned, takes: 500 ms", 1),
        ("mode: forced, takes: 1 s", 2),
        ("mode: forced, takes: 500 ms", 2),
    ],
)
def test_a_switch_loses_what_was_not_sent_by_then(tmp_path: Path, fault: str, gone: int) -> None:
    result = ran(tmp_path, f"failover: {{on: db, {fault}, at: 2.2 s}}")
    assert lost(result) == gone
    assert result.metrics["w.availability"].value == 0.8


def test_an_old_leader_follows_when_it_is_back(tmp_path: Path) -> None:
    """What was written while it was away reaches it, so that it may lead again."""
    again = f"{CRASH}, failover: {{on: db, mode: forced, at: 12 s, takes: 1 s}}"
    result = ran(tmp_path, again, writes="1 1.5 2 4 5 6 8 10 14")
    assert lost(result) == 2
    early = f"{CRASH}, failover: {{on: db, mode: forced, at: 8.5 s, takes: 1 s}}"
    result = ran(tmp_path, early, writes="1 1.5 2 4 5 6 8 14")
    assert lost(result) == 3  # 8 would have been sent at 9.01


def test_versions_go_on_from_what_the_new_leader_has(tmp_path: Path) -> None:
    result = ran(tmp_path, CRASH, writes="1 1.5 2 4 5", reads="1.9 2.15 3.9 4.5 9")
    h = result.history
    assert isinstance(h, History)
    commits, reads = (h["event"] == CODE[e] for e in ("commit", "read"))
    assert h["version"][commits].tolist() == [1, 2, 3, 2, 3]
    assert h["base"][reads].tolist() == [2, 3, 1, 2, 3]
    assert (h["event"] == CODE["revert"]).sum() == 2
    assert result.metrics["note.stale_reads"].value == 0


def test_a_lost_write_that_comes_again_is_written_again(tmp_path: Path) -> None:
    """The new leader has no record of its identity."""
    twice = "duplicate_requests: {flow: w, share: 100 %}, added_latency: {between: [client, db], delay: 0.1 s, at: 9 s}"
    slow = "timeout: 2.1 s, retry: {max: 1, backoff: 0 s}"
    result = ran(tmp_path, f"{CRASH}, {twice}", writes="1 2", client=slow, once="sequence: note, once: id")
    assert lost(result) == 1
    # its answer comes after the client has given up: it asks again at 4.11, and the new leader writes it
    late = "partition: {between: [client, db], direction: from, at: 2 s, for: 1.5 s, drops: true}"
    result = ran(tmp_path, f"{CRASH}, {late}", writes="1 2", client=slow, once="sequence: note, once: id")
    assert lost(result) == 0
    assert result.metrics["note.applied_twice"].value == 0
    assert result.metrics["w.availability"].value == 1.0
    h = result.history
    assert isinstance(h, History)
    assert (h["event"] == CODE["commit"]).sum() == 3


def test_reads_of_a_copy_that_lags_are_stale(tmp_path: Path) -> None:
    """A leader's reads are not; with a lag of 3 s all that the others tell is 3 s old."""
    reads = " ".join(str(2 + i / 100) for i in range(900))
    lag = "replica_lag: {on: db, lag: 3 s, at: 0 s, for: 10 s}"
    writes = "1 3 5 7 9"
    assert ran(tmp_path, lag, "write: async", writes, reads).metrics["note.stale_reads"].value == 0
    text = "write: async, read: one"
    for fault, least, most in ((lag, 500, 600), (lag.replace("lag: 3 s", "lag: 3 s, share: 50 %"), 250, 350)):
        result = _read_one(tmp_path, fault, text, writes, reads)
        assert least < result.metrics["note.stale_reads"].value < most
    # a quorum without the copies that lag has all of it
    result = _read_one(tmp_path, lag.replace("lag: 3 s", "lag: 3 s, share: 50 %"), "read: quorum", writes, reads)
    assert result.metrics["note.stale_reads"].value == 0
    assert result.metrics["w.max"].value < 0.1
    result = _read_one(tmp_path, lag, "write: all, read: one", writes, reads)
    assert result.metrics["note.stale_reads"].value == 0
    assert result.metrics["w.max"].value == pytest.approx(3.02)


def _read_one(folder: Path, fault: str, store: str, writes: str, reads: str) -> api.RunResult:
    (folder / "writes").write_text(writes.replace(" ", "\n"))
    (folder / "reads").write_text(reads.replace(" ", "\n"))
    text = DESIGN.replace("read: leader, STORE", store).replace("FAULTS", fault)
    text = text.replace("CLIENT", "priority: normal").replace("ONCE", "sequence: note")
    return api.run(loads(text), "c", trace_folder=folder)


@pytest.mark.parametrize(
    "store", ["failover: 1 s, replicas: 1", "replication_lag: 1 s", "replicas: 1, replication_lag: 1 s"]
)
def test_what_means_nothing_is_refused(store: str) -> None:
    with pytest.raises(BlueprintError, match="changes nothing here"):
        loads(f"loadcase: 1\nname: t\ncomponents: {{db: {{kind: store, {store}}}}}\nflows: {{}}\n")


@pytest.mark.parametrize("store", ["", "failover: 1 s"])
@pytest.mark.parametrize("faults", ["", "crash: {on: db, count: 1, at: 3 s, for: 3 s}"])
def test_a_leader_answers_what_is_committed(store: str, faults: str) -> None:
    text = f"""\
loadcase: 1
name: led
network: {{client: 5 ms, cross_zone: 2 ms}}
requirements: {{contract: [note.stale_reads == 0]}}
entities: {{note: {{count: 20}}}}
components:
  db: {{kind: store, replicas: 3, workers: 64, read: leader, zones: 3, work: {{write: exp(40 ms), read: 0 s}}, {store}}}
flows:
  w: {{arrive: {{rate: 100 /s, key: note}}, steps: [db.write: {{entity: note}}]}}
  r: {{arrive: {{rate: 400 /s, key: note}}, steps: [db.read: {{entity: note}}]}}
cases: {{c: {{duration: 10 s, faults: [{faults}]}}}}
"""
    assert api.run(loads(text), "c").metrics["note.stale_reads"].value == 0
    assert api.run(loads(text.replace("read: leader", "read: one")), "c").metrics["note.stale_reads"].value > 20
