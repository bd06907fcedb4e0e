"""Where sessions are kept: one SQLite file, and beside it each session's blueprint as a file that any editor can open.

An event is one row and one transaction, on the disk before anything else happens: what was confirmed outlives
`kill -9` and a power cut. One process at a time works on a session.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import sqlite3
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from pydantic import ValidationError

from loadcase.core.errors import UsageError, shorten, suggest
from loadcase.practice.events import Ended, Event, event
from loadcase.practice.record import Record, Setup

FORMAT = 1
VARIABLE = "LOADCASE_PRACTICE"
LONGEST_NAME = 80
_TABLES = """
create table if not exists sessions (
    number integer primary key autoincrement, id text unique not null, name text not null, setup text not null,
    created_s real not null, seen_s real not null, clock_s real not null, ended integer not null default 0
);
create table if not exists events (
    session integer not null references sessions(number) on delete cascade, number integer not null,
    event text not null, primary key (session, number)
);
create table if not exists overrides (
    number integer primary key autoincrement, session integer not null references sessions(number) on delete cascade,
    criterion text not null, level text not null, because text not null, made_s real not null
);
create table if not exists judgements (
    session integer primary key references sessions(number) on delete cascade, events integer not null,
    version text not null, judgement text not null
);
"""


@dataclass(frozen=True)
class Kept:
    """A session as it is listed. Times of day are seconds since 1970, `clock_s` is the session's own clock."""

    id: str
    name: str
    setup: Setup
    created_s: float
    seen_s: float
    clock_s: float
    ended: bool
    events: int


@dataclass(frozen=True)
class Override:
    """A level that a reviewer gave a criterion instead of the computed one, and why."""

    criterion: str
    level: str
    because: str
    made_s: float


def default_path() -> Path:
    """The file of `LOADCASE_PRACTICE`, or one in the user's data folder."""
    if given := os.environ.get(VARIABLE):
        return Path(given)
    if base := os.environ.get("XDG_DATA_HOME"):
        return Path(base) / "loadcase" / "practice.sqlite"
    home = Path.home()
    data = home / "Library" / "Application Support" if sys.platform == "darwin" else home / ".local" / "share"
    return data / "loadcase" / "practice.sqlite"


class Store:
    """The sessions of one file, which is made when it is not there. Raises UsageError when that cannot be."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = (default_path() if path is None else path).absolute()
        self.folder = self.path.with_name(f"{self.path.stem}-designs")
        self._locks: dict[str, IO[str]] = {}
        self._guard = threading.RLock()
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=10.0)
        except (OSError, sqlite3.Error) as error:
            raise UsageError(f"cannot keep sessions in {self.path}: {error}", hint=_ELSEWHERE) from None
        try:
            self._open()
        except sqlite3.Error as error:
            self.close()
            raise UsageError(f"cannot read {self.path}: {error}", hint=f"move it away, or {_ELSEWHERE}") from None
        except UsageError:
            self.close()
            raise

    def _open(self) -> None:
        self._db.row_factory = sqlite3.Row
        (version,) = self._db.execute("pragma user_version").fetchone()
        if version not in (0, FORMAT):
            hint = f"use that version, or {_ELSEWHERE}"
            raise UsageError(f"{self.path} was written by another version of Loadcase ({version})", hint=hint)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = full")
        self._db.execute("pragma foreign_keys = on")
        if version == 0:
            self._db.executescript(f"begin immediate; {_TABLES} pragma user_version = {FORMAT}; commit;")

    def close(self) -> None:
        """Lets others have its sessions."""
        for id in list(self._locks):
            self.release(id)
        self._db.close()

    # --- sessions -----------------------------------------------------------------------------------------------------
    def add(self, setup: Setup, system: str, now_s: float | None = None) -> str:
        """A new session of a system, held by this process; gives its identifier, such as `chat-3`."""
        now_s = time.time() if now_s is None else now_s
        base = re.sub(r"[^a-z0-9]+", "-", system.casefold()).strip("-")[:40] or "session"
        with self._writing():
            made = self._db.execute(
                "insert into sessions (id, name, setup, created_s, seen_s, clock_s) values ('', '', ?, ?, ?, 0)",
                (json.dumps(asdict(setup)), now_s, now_s),
            )
            id = f"{base}-{made.lastrowid}"
            self._db.execute("update sessions set id = ? where number = ?", (id, made.lastrowid))
        self.hold(id)
        return id

    def append(self, id: str, first: int, new: Iterable[Event], now_s: float | None = None) -> None:
        """Keeps events, the first as number `first`, one transaction each.

        Raises UsageError when the session is not held, or has grown meanwhile.
        """
        if id not in self._locks:
            raise UsageError(f"{id} is not held by this process", hint="resume it first")
        now_s = time.time() if now_s is None else now_s
        session = self._number(id)
        for number, one in enumerate(new, first):
            try:
                with self._writing():
                    self._db.execute(
                        "insert into events (session, number, event) values (?, ?, ?)",
                        (session, number, one.model_dump_json()),
                    )
                    self._db.execute(
                        "update sessions set seen_s = ?, clock_s = max(clock_s, ?), ended = ? where number = ?",
                        (now_s, one.at, isinstance(one, Ended), session),
                    )
            except sqlite3.IntegrityError:
                raise UsageError(f"{id} has grown meanwhile", hint="resume it again") from None
            except sqlite3.Error as error:
                raise UsageError(f"cannot keep what was done: {error}", hint="free some space, then resume") from None

    def beat(self, id: str, clock_s: float, now_s: float | None = None) -> None:
        """Keeps how far the session's clock is, so that little time is lost with the process."""
        now_s = time.time() if now_s is None else now_s
        self._write("update sessions set seen_s = ?, clock_s = max(clock_s, ?) where id = ?", now_s, clock_s, id)

    def rename(self, id: str, name: str) -> None:
        """Names a session. Raises UsageError when there is none."""
        if len(name) > LONGEST_NAME:
            raise UsageError(f"a name has at most {LONGEST_NAME} characters, got {len(name)}")
        self._write("update sessions set name = ? where number = ?", name, self._number(id))

    def delete(self, id: str) -> None:
        """Forgets a session and its blueprint. Raises UsageError when there is none, or it is being worked on."""
        session = self._number(id)
        self.hold(id)
        self._write("delete from sessions where number = ?", session)
        self.artifact(id).unlink(missing_ok=True)
        self.release(id)
        self._lock_file(id).unlink(missing_ok=True)

    def sessions(self) -> list[Kept]:
        """All sessions, the latest first."""
        rows = self._db.execute(f"{_KEPT} order by number desc").fetchall()
        return [self._kept(row) for row in rows]

    def kept(self, id: str) -> Kept:
        """One session as it is listed. Raises UsageError when there is none."""
        return self._kept(self._db.execute(f"{_KEPT} where number = ?", (self._number(id),)).fetchone())

    def record(self, id: str) -> Record:
        """All that happened in a session. Raises UsageError when there is none, or it cannot be read."""
        setup = self.kept(id).setup
        rows = self._db.execute("select event from events where session = ? order by number", (self._number(id),))
        try:
            return Record(setup, tuple(event(json.loads(row["event"])) for row in rows))
        except (ValueError, ValidationError) as error:
            raise UsageError(f"{id} cannot be read: {shorten(str(error))}", hint="was it changed by hand?") from None

    def latest(self) -> str | None:
        """The session that was last worked on and is not over."""
        row = self._db.execute("select id from sessions where not ended order by seen_s desc, number desc").fetchone()
        return None if row is None else str(row["id"])

    def artifact(self, id: str) -> Path:
        """The file of a session's blueprint."""
        return self.folder / f"{id}.yaml"

    # --- judgement ----------------------------------------------------------------------------------------------------
    def keep_judgement(self, id: str, events: int, version: str, judgement: dict[str, Any]) -> None:
        """Keeps what was computed of the first `events` events by a version of the rubric."""
        self._write(
            "insert or replace into judgements (session, events, version, judgement) values (?, ?, ?, ?)",
            self._number(id), events, version, json.dumps(judgement),
        )  # fmt: skip

    def judgement(self, id: str) -> dict[str, Any] | None:
        """What was last computed of all of a session's events; None where nothing was, or more happened since."""
        row = self._db.execute(
            "select judgement from judgements where session = ?"
            " and events = (select count(*) from events where events.session = judgements.session)",
            (self._number(id),),
        ).fetchone()
        return None if row is None else dict(json.loads(row["judgement"]))

    def override(self, id: str, made: Override) -> None:
        """Keeps a reviewer's level beside the computed one."""
        self._write(
            "insert into overrides (session, criterion, level, because, made_s) values (?, ?, ?, ?, ?)",
            self._number(id), made.criterion, made.level, made.because, made.made_s,
        )  # fmt: skip

    def overrides(self, id: str) -> list[Override]:
        """What reviewers said of a session, in the order in which they said it."""
        rows = self._db.execute(
            "select criterion, level, because, made_s from overrides where session = ? order by number",
            (self._number(id),),
        )
        return [Override(*row) for row in rows]

    # --- one process at a time ----------------------------------------------------------------------------------------
    def hold(self, id: str) -> None:
        """Takes a session for this process. Raises UsageError when another has it."""
        if id in self._locks:
            return
        handle = open(self._lock_file(id), "a+", encoding="utf-8")  # noqa: SIM115  (it is held open)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            handle.seek(0)
            who = handle.read(40).strip()
            handle.close()
            by = f" (process {who})" if who.isdigit() else ""
            raise UsageError(f"another process works on {id}{by}", hint="go on there, or end that one") from None
        handle.truncate(0)
        handle.write(f"{os.getpid()}\n")
        handle.flush()
        self._locks[id] = handle

    def release(self, id: str) -> None:
        """Lets another process have a session."""
        if handle := self._locks.pop(id, None):
            handle.close()

    def _lock_file(self, id: str) -> Path:
        return self.folder / f".{id}.lock"

    # --- rows ---------------------------------------------------------------------------------------------------------
    def _number(self, id: str) -> int:
        row = self._db.execute("select number from sessions where id = ?", (id,)).fetchone()
        if row is None:
            known = [str(r["id"]) for r in self._db.execute("select id from sessions order by number desc")]
            hint = suggest(id, known) or (f"sessions: {', '.join(known[:8])}" if known else "there are none yet")
            raise UsageError(f"there is no session {shorten(id)!r}", hint=hint)
        return int(row["number"])

    def _kept(self, row: sqlite3.Row) -> Kept:
        try:
            setup = Setup(**json.loads(row["setup"]))
        except (TypeError, ValueError):
            raise UsageError(f"{row['id']} cannot be read", hint="was it changed by hand?") from None
        return Kept(
            row["id"], row["name"], setup, row["created_s"], row["seen_s"], row["clock_s"], bool(row["ended"]),
            row["events"],
        )  # fmt: skip

    def _write(self, sql: str, *values: Any) -> None:
        with self._writing():
            self._db.execute(sql, values)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction."""
        with self._guard:
            self._db.execute("begin immediate")
            try:
                yield
            except BaseException:
                self._db.execute("rollback")
                raise
            self._db.execute("commit")


_ELSEWHERE = f"name another file with --db or {VARIABLE}"
_KEPT = "select *, (select count(*) from events where session = sessions.number) as events from sessions"
