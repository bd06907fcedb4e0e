"""What has been run: one row for each run, kept on disk as soon as it is done, so that a sweep goes on where it ended.

A run is known by what determines it: the design with its values, the case, the seed, the version of the engine, and
whether scale models are allowed. The journal is an SQLite file: a process that is killed loses the runs it is in the
middle of, and nothing else; a row that is there already is never written again.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

import loadcase
from loadcase.core.errors import UsageError
from loadcase.core.results import Metric, RunResult

Row = dict[str, Any]
"""A run as JSON: see `row_of`."""
_UNSEEN = (
    "advice", "cli", "deep", "explore", "growth", "report", "review", "studio", "systems", "validation", "__pycache__",
    "recorder.py",
)  # fmt: skip
"""Sources that change nothing about what a run gives."""
_BATCH = 500


@cache
def engine_version() -> str:
    """The release and a hash of the sources that a run goes through: another version gives other numbers."""
    root = Path(loadcase.__file__).parent
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(root.rglob("*")):
        place = path.relative_to(root)
        if path.suffix in (".py", ".yaml", ".txt") and not set(place.parts) & set(_UNSEEN):
            digest.update(f"{place}\n".encode())
            digest.update(path.read_bytes())
    return f"{loadcase.__version__}+{digest.hexdigest()}"


def content_hash(data: Mapping[str, Any]) -> str:
    """A hash of a blueprint's data; comments and the spelling of the YAML do not count."""
    return hashlib.blake2b(json.dumps(data, default=repr).encode(), digest_size=16).hexdigest()


def run_key(design: str, point: Mapping[str, Any], case: str, seed: int, version: str, options: str) -> str:
    """What a run is known by; `options` tells what else determines it."""
    told = json.dumps([design, dict(point), case, seed, version, options], default=repr)
    return hashlib.blake2b(told.encode(), digest_size=16).hexdigest()


def row_of(result: RunResult) -> Row:
    """What a journal keeps of a run: all its metrics, and nothing that differs from run to run, such as wall time."""

    def told(metrics: Mapping[str, Metric]) -> dict[str, list[Any]]:
        return {name: [m.value, m.unit, m.samples, m.exact] for name, m in metrics.items()}

    return {
        "metrics": told(result.metrics),
        "rough": told(result.rough),
        "scale": result.scale,
        "partial": result.partial,
        "notes": list(result.notes),
        "doubts": result.doubts,
        "requests": result.requests,
        "events": result.events,
        "duration_s": result.duration_s,
        "warmup_s": result.warmup_s,
        "error": None,
    }


def failed(error: str) -> Row:
    """The row of a run that the engine refused."""
    return {
        "metrics": {}, "rough": {}, "scale": 1, "partial": None, "notes": [], "doubts": {}, "requests": 0, "events": 0,
        "duration_s": 0.0, "warmup_s": 0.0, "error": error,
    }  # fmt: skip


def result_of(row: Row, blueprint: str, case: str, seed: int) -> RunResult:
    """The run that a row tells of, without its series and stories."""

    def read(metrics: Mapping[str, list[Any]]) -> dict[str, Metric]:
        return {name: Metric(*told) for name, told in metrics.items()}

    return RunResult(
        blueprint, case, seed, read(row["metrics"]), {}, row["requests"], row["events"], 0.0, 0, row["duration_s"],
        row["warmup_s"], row["scale"], row["partial"], tuple(row["notes"]), read(row["rough"]), row["doubts"],
    )  # fmt: skip


class Journal:
    """The rows of runs by their keys; of a file, or in memory where there is none."""

    def __init__(self, path: Path | None) -> None:
        """Opens or makes it. Raises UsageError when the file is none, or cannot be made."""
        self.path = path
        try:
            self.db = sqlite3.connect(path or ":memory:", timeout=60)
            self.db.execute("PRAGMA journal_mode = WAL")
            self.db.execute("PRAGMA synchronous = NORMAL")
            self.db.execute("CREATE TABLE IF NOT EXISTS runs (key TEXT PRIMARY KEY, row TEXT NOT NULL) WITHOUT ROWID")
            self.db.commit()
        except sqlite3.Error as error:
            raise UsageError(f"cannot keep a journal in {path}: {error}", hint="--out names a file in a folder that "
                             "exists, beside which the journal is kept") from None  # fmt: skip

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
                 ) -> None:  # fmt: skip
        self.db.close()

    def known(self, keys: Iterable[str]) -> dict[str, Row]:
        """The rows that are there already, by key."""
        found: dict[str, Row] = {}
        wanted = list(keys)
        for start in range(0, len(wanted), _BATCH):
            part = wanted[start : start + _BATCH]
            marks = ",".join("?" * len(part))
            rows = self.db.execute(f"SELECT key, row FROM runs WHERE key IN ({marks})", part)
            found |= {key: json.loads(row) for key, row in rows}
        return found

    def add(self, key: str, row: Row) -> None:
        """Keeps a row, for good once this returns; nothing happens when it is there already."""
        with self.db:
            self.db.execute("INSERT OR IGNORE INTO runs VALUES (?, ?)", (key, json.dumps(row)))

    def __len__(self) -> int:
        count: int = self.db.execute("SELECT count(*) FROM runs").fetchone()[0]
        return count
