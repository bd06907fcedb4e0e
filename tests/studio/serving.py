"""A studio in a process of its own, as somebody starts it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

WAIT_S = 300.0


class Served:
    """A running studio and a client of it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "loadcase.cli", "studio", str(self.root), "--port", "0", "--no-open"],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        self.address = said.rpartition(" ")[2].strip().rstrip("/")
        assert self.address.startswith("http://127.0.0.1:"), said
        self.client = self.session()

    def session(self) -> httpx.Client:
        return httpx.Client(base_url=self.address, headers={"x-loadcase": "studio"}, timeout=WAIT_S)

    def kill(self) -> None:
        """What no program can prepare for."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.end()

    def end(self) -> None:
        self.client.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(WAIT_S)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def get(self, path: str) -> Any:
        response = self.client.get(path)
        assert response.status_code == 200, response.text
        return response.json()

    def post(self, path: str, status: int = 200, /, **body: Any) -> Any:
        response = self.client.post(path, json=body)
        assert response.status_code == status, response.text
        return response.json()

    def run(self, text: str, /, **more: Any) -> str:
        return str(self.post("/api/runs", 202, text=text, **more)["id"])

    def events(self, run: str, last: int = 0) -> Iterator[tuple[int, str, Any]]:
        """Number (0 where it has none), kind and data of each event of a run."""
        with self.client.stream(
            "GET", f"/api/runs/{run}/events", headers={"last-event-id": str(last)} if last else {}
        ) as response:
            number, kind = 0, ""
            for line in response.iter_lines():
                name, _, value = line.partition(": ")
                if name == "id":
                    number = int(value)
                elif name == "event":
                    kind = value
                elif name == "data":
                    yield number, kind, json.loads(value)
                    number, kind = 0, ""

    def ended(self, run: str) -> Any:
        """A run, once it is over."""
        for _ in self.events(run):
            pass
        return self.get(f"/api/runs/{run}")


@contextlib.contextmanager
def served(root: Path) -> Iterator[Served]:
    """A studio on a folder; it is gone at the end."""
    studio = Served(root)
    try:
        yield studio
    finally:
        studio.end()


def children(process: int, module: str) -> list[int]:
    """The processes of a module that a process has started (on Linux)."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == process and module.encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
    return found
