"""What the studio keeps of its runs: one table in SQLite, and for each run a folder with its result.

It lies in `.loadcase/studio` of the folder, or, where that cannot be written to, in the user's data folder. A result is
whole or not there: it is written beside its place and then moved. The events of a run that is going on are a journal,
from which what it had is put together when it did not come to its end.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from loadcase.core.errors import UsageError

COLUMNS = (
    "id", "name", "kind", "path", "blueprint", "cases", "variant", "state", "verdict", "created_s", "started_s",
    "ended_s",
)  # fmt: skip
_TABLE = """
create table if not exists runs (
    number integer primary key autoincrement, id text unique not null, name text, kind text not null, path text,
    blueprint text, cases text, variant text, state text not null, verdict text, created_s real not null,
    started_s real, ended_s real, request text not null, error text, last integer not null default 0
)
"""
FORMAT = 1
PRIVATE = "# kept by `loadcase studio`: runs and their results\n*\n"


def place(root: Path) -> Path:
    """The folder in which a studio keeps what it keeps; made if it is not there. Raises UsageError."""
    local = root / ".loadcase" / "studio"
    away = _data_folder() / hashlib.sha256(os.fsencode(root)).hexdigest()[:16]
    for found in (local, away):
        try:
            found.mkdir(parents=True, exist_ok=True, mode=0o700)
            if found == local and not (root / ".loadcase" / ".gitignore").exists():
                (root / ".loadcase" / ".gitignore").write_text(PRIVATE, "utf-8")
            (found / "runs").mkdir(exist_ok=True)
            probe = found / f".probe-{os.getpid()}"
            probe.touch()
            probe.unlink()
            return found
        except OSError:
            continue
    raise UsageError(f"neither {local} nor {away} can be written to", hint="make one of them writable")


def _data_folder() -> Path:
    if given := os.environ.get("XDG_DATA_HOME"):
        return Path(given) / "loadcase" / "studio"
    home = Path.home()
    base = home / "Library" / "Application Support" if sys.platform == "darwin" else home / ".local" / "share"
    return base / "loadcase" / "studio"


class Store:
    """The runs of one folder. One studio at a time has it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = self._locked()
        self._db = sqlite3.connect(folder / "studio.sqlite", isolation_level=None, check_same_thread=False)
        try:
            self._open()
        except (sqlite3.DatabaseError, UsageError) as error:
            self.close()
            if isinstance(error, UsageError):
                raise
            raise UsageError(f"cannot read {folder / 'studio.sqlite'}: {error}", hint="move it away") from None

    def _open(self) -> None:
        self._db.row_factory = sqlite3.Row
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")
        (version,) = self._db.execute("pragma user_version").fetchone()
        if version not in (0, FORMAT):
            hint = "move it away; a new one is made"
            raise UsageError(f"{self.folder} was written by another version of the studio", hint=hint)
        self._db.execute(_TABLE)
        self._db.execute(f"pragma user_version = {FORMAT}")

    def close(self) -> None:
        """Lets another studio have it."""
        self._db.close()
        self._lock.close()

    def _locked(self) -> IO[str]:
        handle = open(self.folder / "lock", "a+")  # noqa: SIM115  (it is held open)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            handle.seek(0)
            where = handle.read(300).strip()
            handle.close()
            hint = f"open {where}" if where else "use that one, or end it"
            raise UsageError("a studio already works on this folder", hint=hint) from None
        return handle

    def announce(self, address: str) -> None:
        """Says where the studio is, to one that is started beside it. The address has no token."""
        self._lock.truncate(0)
        self._lock.write(f"{address}\n")
        self._lock.flush()

    # --- the table ----------------------------------------------------------------------------------------------------
    def add(self, run: str, request: dict[str, Any], blueprint: str | None) -> None:
        """A new run, which waits."""
        self._db.execute(
            "insert into runs (id, name, kind, path, blueprint, cases, variant, state, created_s, request)"
            " values (?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?)",
            (
                run, request.get("name"), request["kind"], request.get("path"), blueprint,
                json.dumps(request.get("cases")), request.get("variant"), time.time(), json.dumps(request),
            ),
        )  # fmt: skip
        self.run_folder(run).mkdir(exist_ok=True)

    def change(self, run: str, **values: Any) -> None:
        """Sets columns of a run."""
        names = ", ".join(f"{name} = ?" for name in values)
        self._db.execute(f"update runs set {names} where id = ?", (*values.values(), run))

    def remove(self, run: str) -> None:
        """Forgets a run and all that it left."""
        self._db.execute("delete from runs where id = ?", (run,))
        shutil.rmtree(self.run_folder(run), ignore_errors=True)

    def row(self, run: str) -> dict[str, Any] | None:
        """All that the table has of a run."""
        found = self._db.execute("select * from runs where id = ?", (run,)).fetchone()
        return None if found is None else _row(found)

    def rows(self) -> list[dict[str, Any]]:
        """All runs, the latest first."""
        return [_row(r) for r in self._db.execute("select * from runs order by number desc")]

    def in_state(self, state: str) -> list[str]:
        """The runs in a state, the oldest first."""
        found = self._db.execute("select id from runs where state = ? order by number", (state,))
        return [str(row["id"]) for row in found]

    # --- what a run leaves --------------------------------------------------------------------------------------------
    def run_folder(self, run: str) -> Path:
        """Where the files of a run are."""
        return self.folder / "runs" / run

    def result(self, run: str) -> dict[str, Any]:
        """What a run has found; empty where it has not found anything."""
        try:
            found = json.loads((self.run_folder(run) / "result.json").read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def keep(self, run: str, result: dict[str, Any]) -> None:
        """Keeps what a run has found, in one step."""
        folder = self.run_folder(run)
        temporary = folder / "result.json.new"
        with open(temporary, "w", encoding="utf-8") as stream:
            json.dump(result, stream, allow_nan=False, separators=(",", ":"))
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, folder / "result.json")

    def journal(self, run: str) -> Path:
        """The events of a run that is going on, one in a line."""
        return self.run_folder(run) / "events.jsonl"

    def journalled(self, run: str) -> Iterator[dict[str, Any]]:
        """What the journal has; a line that was cut short ends it."""
        with contextlib.suppress(OSError, ValueError), open(self.journal(run), encoding="utf-8") as stream:
            for line in stream:
                yield json.loads(line)


def _row(found: sqlite3.Row) -> dict[str, Any]:
    row = dict(found)
    for name in ("cases", "request", "error"):
        row[name] = json.loads(row[name]) if row[name] else None
    return row


def summary(row: dict[str, Any], position: int | None = None) -> dict[str, Any]:
    """A run as it is listed."""
    return {**{name: row[name] for name in COLUMNS}, "position": position}
