"""A whole session in a real terminal: all phases, killed in the middle, resumed, ended, judged."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import loadcase
from loadcase.cli import execute
from loadcase.practice.events import Curveball, Entered
from loadcase.practice.phases import PHASES
from loadcase.practice.store import Store

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux"),
]
DESIGN = """\
loadcase: 1
name: chat
requirements: {contract: [send.p95 < 500 ms, send.availability >= 99 %]}
estimates: {rate: 200 /s}
components:
  edge: {kind: load_balancer, replicas: 2, why: spreads the requests}
  api: {kind: service, replicas: 3, workers: 8, queue: 64, why: "one of three may die"}
  messages: {kind: store, shards: 2, replicas: 3, write: quorum, why: keeps what was acknowledged}
entities:
  message: {count: 1M, fields: {conversation: id, seq: int, client_id: id}, key: [conversation, seq],
            order_by: seq, identity: client_id}
api: {send: {kind: write, does: POST /messages, guarantees: [idempotent by client_id]}}
flows:
  send:
    arrive: {rate: rate, key: message, timeout: 1 s}
    steps: [edge.forward, {api.handle: {work: exp(4 ms), do: [messages.write: {entity: message}]}}]
"""


class Terminal:
    """A terminal of its own, with one command in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = str(folder / "tmux")

    def tmux(self, *arguments: str) -> str:
        command = ["tmux", "-S", self.socket, "-f", "/dev/null", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def open(self, *arguments: str) -> None:
        """Runs `loadcase ARGUMENTS` as the only process of a new window."""
        with_path = f"PYTHONPATH={Path(loadcase.__file__).parents[1]}"
        command = shlex.join(["env", with_path, sys.executable, "-m", "loadcase.cli", *arguments])
        self.tmux("new-session", "-d", "-s", "t", "-x", "120", "-y", "400", f"exec {command}")
        self.tmux("set-option", "-t", "t", "remain-on-exit", "on")

    def screen(self) -> str:
        return self.tmux("capture-pane", "-p", "-t", "t")

    def type(self, line: str) -> None:
        """Types a line, and waits until it stands there before it is sent."""
        self.tmux("send-keys", "-t", "t", "-l", line)
        self.wait(re.escape(line))
        self.tmux("send-keys", "-t", "t", "Enter")

    def wait(self, pattern: str, seconds: float = 60.0) -> str:
        """Waits until the screen shows something; gives the screen."""
        return self._until(lambda screen: re.search(pattern, screen) is not None, pattern, seconds)

    def wait_for_the_end(self) -> None:
        """Waits until the command has ended."""
        self._until(lambda _: self._of("pane_dead") == "1", "the end", 60.0)

    def _of(self, name: str) -> str:
        return self.tmux("display-message", "-p", "-t", "t", f"#{{{name}}}").strip()

    def _until(self, there: Callable[[str], bool], what: str, seconds: float) -> str:
        until = time.monotonic() + seconds
        while not there(screen := self.screen()):
            shown = "\n".join(line for line in screen.splitlines() if line.strip())
            assert time.monotonic() < until, f"{what!r} never came:\n{shown[-3000:]}"
            time.sleep(0.05)
        return screen

    def kill(self) -> None:
        """Ends the command as `kill -9` does."""
        os.kill(int(self._of("pane_pid")), signal.SIGKILL)
        self.wait_for_the_end()
        self.tmux("kill-session", "-t", "t")

    def close(self) -> None:
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], check=False, capture_output=True)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    made = Terminal(tmp_path)
    yield made
    made.close()


def test_a_whole_session_with_a_kill_in_the_middle(
    terminal: Terminal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    db = tmp_path / "p.sqlite"
    (tmp_path / "mine.yaml").write_text(DESIGN)
    terminal.open("practice", "start", "chat", "--db", str(db), "--pace", "60", "--seed", "1", "--style", "adversarial")
    terminal.wait("Design a chat system")
    terminal.wait("chat-1, all saved")
    terminal.type("How many users are there each day?")
    terminal.wait("50 million")
    terminal.type("/need send a text message to another user, who sees it live or on reconnect")
    terminal.type("/promise send.p95 < 500 ms")
    terminal.type("/hard order within a conversation, with nothing lost while clients retry")
    terminal.type("/next")
    terminal.wait(r"\] estimate,")
    terminal.type("/estimate rate = users * 40 message/user/day")
    terminal.wait("rate = 23.1k message/s")
    terminal.type("/next")
    terminal.wait(r"\] interfaces and data,")
    terminal.type("Each send carries a client id, so that a retry is written once")
    terminal.type("/next")
    terminal.wait(r"\] design,")
    terminal.type(f"/write {tmp_path / 'mine.yaml'}")
    terminal.wait("kept the blueprint")
    terminal.tmux("send-keys", "-t", "t", "-l", "half of a thought")
    terminal.kill()

    store = Store(db)
    before = store.record("chat-1")
    assert before.blueprint == DESIGN
    assert [e.words for e in before.events if e.kind == "said"] == [
        "Each send carries a client id, so that a retry is written once"
    ]
    terminal.open("practice", "resume", "--db", str(db), "--pace", "60")
    terminal.wait("goes on: ")
    terminal.type("/run")
    terminal.wait(r"run: (holds|broken|undecided)")
    terminal.type("/decide a quorum over one leader because a zone may go at the cost of latency")
    terminal.type("/next")
    terminal.wait(r"\] deep dive,")
    terminal.type("The store answers once two of three copies have the write")
    terminal.type("/next")
    terminal.wait(r"\] break it,")
    terminal.wait("interviewer throws a curveball")
    terminal.type("Clients come back with jitter, and what was acknowledged is on two copies")
    terminal.type("/next")
    terminal.wait(r"\] land it,")
    terminal.type("/end")
    terminal.wait("the session is over")
    terminal.wait_for_the_end()

    record = store.record("chat-1")
    store.close()
    assert record.events[: len(before.events)] == before.events, "nothing was lost, and nothing was changed"
    assert {e.phase for e in record.events if isinstance(e, Entered)} == set(PHASES)
    assert any(isinstance(e, Curveball) and e.outcome != "not_run" for e in record.events)
    assert [e.at for e in record.events] == sorted(e.at for e in record.events)
    assert execute(["practice", "score", "chat-1", "--db", str(db), "--quiet"]) in (0, 1)
    assert "reads " in capsys.readouterr().out
