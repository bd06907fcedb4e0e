"""How busy a sweep keeps the cores, and what a kill costs.

    python bench/sweeping.py                 1,000 runs of gallery/url-shortener; a kill halfway, then the rest
    python bench/sweeping.py --runs 100      fewer

The design is run at a twentieth of its load, for four seconds.

Prints one JSON object: the share of the machine's processor time that was not idle while the sweep ran (of
/proc/stat, so that what else runs on the machine counts too), the share that the sweep itself had, the runs that were
done before the kill and after it, and whether the results are those of a sweep that nobody killed.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq

ROOT = Path(__file__).parents[1]
SEEDS = 10


def command(runs: int, out: Path) -> list[str]:
    """A sweep of so many runs."""
    points = runs // SEEDS
    return [
        sys.executable, "-m", "loadcase.cli", "sweep", str(ROOT / "gallery/url-shortener"), "--quiet",
        "--set", f"estimates.reads_per_link=50.0..150.0 x{points}", "--set", "estimates.links_per_month=5M link/month",
        "--set", "cases.normal.duration=4 s", "--set", "cases.normal.warmup=1 s", "--seeds", str(SEEDS),
        "--out", str(out), "--format", "json",
    ]  # fmt: skip


def ticks() -> tuple[int, int]:
    """Processor time of the machine that was idle, and all of it."""
    told = [int(n) for n in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    return told[3] + told[4], sum(told[:8])


def done(journal: Path) -> int:
    """Runs in a journal."""
    try:
        with sqlite3.connect(f"file:{journal}?mode=ro", uri=True) as db:
            return int(db.execute("SELECT count(*) FROM runs").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def measure(runs: int, folder: Path) -> dict[str, object]:
    """Both sweeps."""
    whole, killed = folder / "whole.parquet", folder / "killed.parquet"
    before, began, used = ticks(), time.perf_counter(), os.times()
    subprocess.run(command(runs, whole), check=True, stdout=subprocess.DEVNULL)
    wall_s, after, since = time.perf_counter() - began, ticks(), os.times()
    own = since.children_user + since.children_system - used.children_user - used.children_system
    process = subprocess.Popen(command(runs, killed), stdout=subprocess.DEVNULL)
    journal = killed.with_name(f"{killed.name}.journal")
    while done(journal) < runs // 2:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = done(journal)
    told = subprocess.run(command(runs, killed), check=True, capture_output=True, text=True).stdout
    result = json.loads(told)
    return {
        "runs": runs,
        "wall_s": round(wall_s, 1),
        "busy": round(1 - (after[0] - before[0]) / (after[1] - before[1]), 3),
        "own": round(own / wall_s / (os.cpu_count() or 1), 3),
        "kept": kept,
        "before": result["before"],
        "done": result["done"],
        "same": pq.read_table(whole).equals(pq.read_table(killed)),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1_000)
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(measure(parser.parse_args().runs, Path(name)), indent=2))
