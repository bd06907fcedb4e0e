"""Workers that each take one file after the other; one that hangs or eats too much memory is replaced."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
HANG_S = 60.0
"""Wall time after which a worker is killed; a busy machine may take longer than the CPU time that is judged."""
LARGE = 1 << 30


class Worker:
    """One process; `ask` waits for its answer."""

    def __init__(self) -> None:
        self.answers: queue.Queue[str] = queue.Queue()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.answers.put(line)
        self.answers.put("")

    def ask(self, path: str, how: str) -> dict[str, Any]:
        """What became of a file; a worker that is silent for too long is killed."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{path}\t{how}\n")
        self.process.stdin.flush()
        try:
            line = self.answers.get(timeout=HANG_S)
        except queue.Empty:
            self.close()
            return {"status": "hung", "wall_s": HANG_S, "cpu_s": HANG_S, "rss": 0}
        if not line:
            return {"status": "died", "code": self.process.wait(), "wall_s": 0.0, "cpu_s": 0.0, "rss": 0}
        found: dict[str, Any] = json.loads(line)
        return found

    @staticmethod
    def warm_up() -> None:
        """Compiles the engine where it has not been, which is no file's fault."""
        arguments = ["run", "gallery/url-shortener", "--duration", "1 s", "--quiet", "--format", "json"]
        subprocess.run(
            [sys.executable, "-m", "loadcase.cli", *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
        )

    def close(self) -> None:
        """Ends the process."""
        self.process.kill()
        self.process.wait()
        self.reader.join()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()


def run_all(jobs: Iterable[tuple[str, str, str]], workers: int = 2) -> dict[str, dict[str, Any]]:
    """The outcome of every job (name, path, how) by name."""
    todo: queue.Queue[tuple[str, str, str]] = queue.Queue()
    for job in jobs:
        todo.put(job)
    found: dict[str, dict[str, Any]] = {}

    def work() -> None:
        worker = Worker()
        while True:
            try:
                name, path, how = todo.get_nowait()
            except queue.Empty:
                worker.close()
                return
            result = found[name] = worker.ask(path, how)
            if result["status"] in ("hung", "died") or result["rss"] > LARGE:
                worker.close()
                worker = Worker()

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found
