"""How long it takes to judge a long history, and to read it.

    python bench/judging.py                    ten million rows
    python bench/judging.py --check            exit code 1 when judging takes longer than 10 s

Makes the history of a chat (sends with retries, stored with a version, published, delivered, pages read back), plants
five of several anomalies, and judges every guarantee that it can break. The limit is 10 s for ten million rows on the
2-core machine that bench/README.md describes. Memory peaks at about 3 GB, most of it to make the history.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import loadcase_api  # noqa: F401  puts this tree's source first
import numpy as np

from loadcase.check.judge import Judge
from loadcase.check.promises import promise
from loadcase.core.history import CODE, RECORD, History, Meta, missing
from loadcase.core.history_files import read_history, write_history

KEYS = 2_000_000
PLANTED = 5
BAR_S = 10.0
LINES = (
    "message.lost", "message.applied_twice", "message.lost_updates", "message.stale_reads", "message.nonlinearizable",
    "message.missed_own_writes", "message.nonmonotonic_reads", "push.undelivered", "push.duplicates",
    "push.out_of_order", "send.availability >= 0.9", "send.p99 < 1 s", "push.age.p99 < 1 s",
    "message.staleness.p99 < 1 s",
)  # fmt: skip
EVENTS = ("invoke", "commit", "publish", "ok", "deliver", "invoke", "read", "ok")
"""What happens of each message, in this order."""


def made(rows: int) -> History:
    """A history of this many rows: 8 for each message, interleaved with those of the others."""
    n, k = rows // len(EVENTS), len(EVENTS)
    rng = np.random.default_rng(1)
    key = rng.integers(0, KEYS, n)
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.concatenate([[True], key[order][1:] != key[order][:-1]]))
    version = np.empty(n, np.int64)
    version[order] = np.arange(n) - np.repeat(starts, np.diff(np.append(starts, n))) + 1
    records = np.empty((n, k), RECORD)
    for name in RECORD.names or ():
        records[name] = missing(name)
    records["event"] = [CODE[e] for e in EVENTS]
    records["operation"] = np.arange(n)[:, None]
    records["operation"][:, 5:] += n
    records["key"][:, [0, 1, 2, 4, 6]] = key[:, None]
    records["flow"][:, [0, 2, 4, 5]] = [0, 1, 1, 2]
    records["entity"][:, [1, 6]] = 0
    records["component"][:, [1, 2, 4, 6]] = [0, 1, 2, 0]
    records["version"][:, [1, 2, 4]] = version[:, None]
    records["base"][:, 1], records["base"][:, 6] = version - 1, version
    records["receiver"][:, 4] = key
    records["session"][:, [0, 5]] = (key % 1000)[:, None]
    records["time_s"] = np.arange(n)[:, None] * 1e-4 + np.array([0, 3, 4, 5, 9, 10, 11, 12]) * 1e-3
    _plant(records, rng)
    flat = records.reshape(-1)
    names = {"flow": ("send", "push", "read"), "entity": ("message",), "component": ("db", "log", "gateway")}
    meta = Meta("judging", drained=True, writes={"send": ("message",)})
    return History.of_records(flat[np.argsort(flat["time_s"], kind="stable")], names, meta)


def _plant(records: np.ndarray, rng: np.random.Generator) -> None:
    """Five of each: an effect that is gone, one that is there twice, a message that is never sent, one sent twice."""
    victims = rng.choice(np.flatnonzero(records["version"][:, 1] > 1), 5 * PLANTED, replace=False).reshape(5, PLANTED)
    records["event"][victims[0], 6] = CODE["revert"]
    records["operation"][victims[0], 6] = victims[0]
    records["event"][victims[1], 6] = CODE["commit"]
    records["operation"][victims[1], 6] = victims[1]
    records["version"][victims[1], 6] = 10**9 + victims[1]
    records["base"][victims[1], 6] = -1
    records["event"][victims[2], 4] = CODE["info"]
    records["event"][victims[3], 6] = CODE["deliver"]
    records["flow"][victims[3], 6] = 1
    for name in ("operation", "receiver", "key", "version"):
        records[name][victims[3], 6] = records[name][victims[3], 4]
    records["base"][victims[4], 6] = 0  # a read of the past


def main() -> None:
    """Prints a table of what takes how long."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--check", action="store_true")
    chosen = parser.parse_args()
    rows = chosen.rows
    history = made(rows)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "h.parquet"
        started = time.perf_counter()
        write_history(history, file)
        took = time.perf_counter() - started
        print(f"write {rows:,} rows as Parquet  {took:6.2f} s, {file.stat().st_size / 1e6:.0f} MB")
        del history
        started = time.perf_counter()
        history = read_history(file)
        print(f"read them                       {time.perf_counter() - started:6.2f} s")
    judging = Judge(history)
    total = 0.0
    for line in LINES:
        guarantee = promise(line)
        started = time.perf_counter()
        outcome = judging.outcome(guarantee)
        judging.story(guarantee.metric)
        took = time.perf_counter() - started
        total += took
        print(f"{line:<32}{took:6.2f} s  {outcome.verdict}: {outcome.evidence}")
    print(f"judge all                       {total:6.2f} s")
    if chosen.check and total > BAR_S:
        sys.exit(1)


if __name__ == "__main__":
    main()
