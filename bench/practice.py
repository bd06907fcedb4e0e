"""How long a session of practice takes to start, to be resumed, to keep a line, and to be scored.

    python bench/practice.py                  three systems, and one that is drawn
    python bench/practice.py --check          exit code 1 when a start takes over 2 s, or a score over 30 s

A start is the whole command, from the shell to the first line that can be typed, in a process of its own. Scored is the
session that takes longest: one whose design is the worked one of chat, with all of its runs.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import loadcase_api  # noqa: F401  puts this tree's source first
import numpy as np

from loadcase.practice.events import Said
from loadcase.practice.record import Setup
from loadcase.practice.store import Store

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.practice.recorded import sessions

BAR_S = 2.0
BAR_SCORE_S = 30.0
SCORED = "spoilt-copied"
STARTS = (["chat"], ["llm-search"], ["blog-comments"], ["--topic", "correctness", "--level", "senior"])
EVENTS = 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as folder:
        starts = {" ".join(arguments): _started(folder, "start", *arguments) for arguments in STARTS}
        for what, seconds in starts.items():
            print(f"start {what}: {seconds:.2f} s")
        kept = _kept(Path(folder) / "long.sqlite")
        print(f"a line kept: median {np.median(kept) * 1e3:.1f} ms, 99 % below {np.quantile(kept, 0.99) * 1e3:.1f} ms")
        print(f"resume after {EVENTS} events: {_started(folder, 'resume', '--db', f'{folder}/long.sqlite'):.2f} s")
        score_s = _scored(folder)
        print(f"score of a session with the worked chat design: {score_s:.1f} s")
    return 1 if check and (max(starts.values()) > BAR_S or score_s > BAR_SCORE_S) else 0


def _started(folder: str, *arguments: str) -> float:
    """The shortest of three: what else the machine does comes on top."""
    environment = {**os.environ, "LOADCASE_PRACTICE": f"{folder}/practice.sqlite"}
    command = [sys.executable, "-m", "loadcase.cli", "practice", *arguments]
    times = []
    for _ in range(3):
        begun = time.perf_counter()
        subprocess.run(command, check=True, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - begun)
    return min(times)


def _scored(folder: str) -> float:
    """The shortest of two, each of a session of its own, so that nothing is kept of the one before."""
    times = []
    for turn in range(2):
        file = f"{folder}/score-{turn}.sqlite"
        store = Store(Path(file))
        record = sessions()[SCORED].record
        id = store.add(record.setup, record.setup.system)
        store.append(id, 0, list(record.events))
        store.close()
        begun = time.perf_counter()
        command = [sys.executable, "-m", "loadcase.cli", "practice", "score", id, "--db", file]
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - begun)
        assert ended.returncode in (0, 1), "1 says that the level aimed for is not reached"
    return min(times)


def _kept(path: Path) -> list[float]:
    store = Store(path)
    id = store.add(Setup("chat"), "chat")
    times = []
    for number in range(EVENTS):
        begun = time.perf_counter()
        store.append(id, number, [Said(at=float(number), text="x" * 200)])
        times.append(time.perf_counter() - begun)
    store.close()
    return times


if __name__ == "__main__":
    sys.exit(main())
