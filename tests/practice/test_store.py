"""What was confirmed is kept, whatever happens to the process."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from loadcase.core.errors import UsageError
from loadcase.practice.events import Ended, Entered, Said
from loadcase.practice.record import Setup
from loadcase.practice.store import Override, Store, default_path

WRITER = """
import sys
from pathlib import Path
from loadcase.practice.events import Said
from loadcase.practice.record import Setup
from loadcase.practice.store import Store

store = Store(Path(sys.argv[1]))
id = store.add(Setup("chat"), "chat")
for number in range(100_000):
    store.append(id, number, [Said(at=float(number), text=f"thought {number}")])
    print(number, flush=True)
"""


def test_what_was_confirmed_outlives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        confirmed = -1
        for line in writer.stdout:
            confirmed = int(line)
            if confirmed == 25:
                os.kill(writer.pid, signal.SIGKILL)
                break
        confirmed = max([confirmed, *(int(line) for line in writer.stdout.read().split())])
    store = Store(path)
    events = store.record("chat-1").events
    assert len(events) >= confirmed + 1 >= 26
    assert [e.words for e in events] == [f"thought {i}" for i in range(len(events))]
    store.hold("chat-1")  # the lock went with the process
    store.append("chat-1", len(events), [Ended(at=1e6)])
    assert store.kept("chat-1").ended
    store.close()


def test_two_processes_cannot_work_on_one_session(tmp_path: Path) -> None:
    ours, theirs = Store(tmp_path / "p.sqlite"), Store(tmp_path / "p.sqlite")
    id = ours.add(Setup("chat"), "chat")
    with pytest.raises(UsageError, match=rf"another process works on chat-1 \(process {os.getpid()}\)"):
        theirs.hold(id)
    with pytest.raises(UsageError, match="not held"):
        theirs.append(id, 0, [Said(at=0.0, text="x")])
    with pytest.raises(UsageError, match="another process"):
        theirs.delete(id)
    other = theirs.add(Setup("chat"), "chat")
    theirs.append(other, 0, [Said(at=0.0, text="of the other")])
    ours.append(id, 0, [Said(at=0.0, text="of this one")])
    ours.release(id)
    theirs.hold(id)
    with pytest.raises(UsageError, match="has grown meanwhile"):
        theirs.append(id, 0, [Said(at=0.0, text="over what is there")])
    assert [e.words for e in theirs.record(id).events] == ["of this one"]
    ours.close()
    theirs.close()


def test_sessions_are_listed_named_and_deleted(tmp_path: Path) -> None:
    store = Store(tmp_path / "deep" / "p.sqlite")
    first = store.add(Setup("chat", level="staff"), "chat", now_s=100.0)
    second = store.add(Setup("/x/My Prompt", seed=7), "My Prompt", now_s=200.0)
    assert (first, second) == ("chat-1", "my-prompt-2")
    store.append(first, 0, [Entered(at=0.0, phase="clarify"), Said(at=4.0, text="x")], now_s=300.0)
    store.beat(first, 9.0, now_s=301.0)
    store.beat(first, 3.0, now_s=302.0)
    store.rename(first, "a rehearsal")
    assert [(k.id, k.name, k.events, k.clock_s, k.seen_s) for k in store.sessions()] == [
        ("my-prompt-2", "", 0, 0.0, 200.0), ("chat-1", "a rehearsal", 2, 9.0, 302.0)
    ]  # fmt: skip
    assert store.kept(second).setup == Setup("/x/My Prompt", seed=7)
    assert store.latest() == "chat-1"
    store.artifact(second).write_text("loadcase: 1\n")
    store.delete(second)
    assert not store.artifact(second).exists()
    assert store.add(Setup("chat"), "chat") == "chat-3", "a number is never given twice"
    with pytest.raises(UsageError, match=r"no session 'chat-9'.*did you mean"):
        store.record("chat-9")
    with pytest.raises(UsageError, match="80 characters"):
        store.rename(first, "x" * 81)
    store.close()


def test_a_judgement_counts_until_more_happens(tmp_path: Path) -> None:
    store = Store(tmp_path / "p.sqlite")
    id = store.add(Setup("chat"), "chat")
    store.append(id, 0, [Said(at=0.0, text="x")])
    assert store.judgement(id) is None
    store.keep_judgement(id, 1, "1", {"read": "mid"})
    assert store.judgement(id) == {"read": "mid"}
    store.override(id, Override("depth", "3", "a reason", 5.0))
    store.override(id, Override("depth", "2", "another", 6.0))
    assert [o.level for o in store.overrides(id)] == ["3", "2"]
    store.append(id, 1, [Said(at=1.0, text="y")])
    assert store.judgement(id) is None
    store.close()


def test_what_cannot_be_used_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "broken.sqlite"
    broken.write_text("this is no database, and long enough to be taken for one" * 40)
    with pytest.raises(UsageError, match="cannot read"):
        Store(broken)
    later = tmp_path / "later.sqlite"
    with sqlite3.connect(later) as db:
        db.execute("pragma user_version = 99")
    db.close()
    with pytest.raises(UsageError, match="another version of Loadcase"):
        Store(later)
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot keep sessions"):
        Store(tmp_path / "file" / "p.sqlite")
    monkeypatch.setenv("LOADCASE_PRACTICE", str(tmp_path / "named.sqlite"))
    assert default_path() == tmp_path / "named.sqlite"
    monkeypatch.delenv("LOADCASE_PRACTICE")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_path() == tmp_path / "loadcase" / "practice.sqlite"


def test_what_was_changed_by_hand_is_told(tmp_path: Path) -> None:
    store = Store(tmp_path / "p.sqlite")
    id = store.add(Setup("chat"), "chat")
    store.append(id, 0, [Said(at=0.0, text="x")])
    store.close()
    with sqlite3.connect(tmp_path / "p.sqlite") as db:
        db.execute('update events set event = \'{"kind": "sang"}\'')
    db.close()
    store = Store(tmp_path / "p.sqlite")
    with pytest.raises(UsageError, match="chat-1 cannot be read"):
        store.record(id)
    store.close()
