"""Progress on standard error: a live line on a terminal, an occasional plain one elsewhere, none when quiet."""

from __future__ import annotations

import signal
import sys
import threading
import time
from types import FrameType, TracebackType
from typing import Any

from loadcase.check.runner import Progress as CheckProgress

PATIENCE_S = 2.0
PLAIN_EVERY_S = 10.0


class Progress:
    """Shows how far a piece of work is once it has taken two seconds. The first Ctrl-C sets `stop`."""

    def __init__(self, quiet: bool, title: str) -> None:
        self.quiet = quiet
        self.title = title
        self.stop = threading.Event()
        self.started = self.shown = time.monotonic()
        self.live = sys.stderr.isatty()
        self.drawn = False
        self._before: Any = None

    def __enter__(self) -> Progress:
        if not self.quiet:
            from loadcase.engine.run import needs_compile

            if needs_compile():
                print("compiling the engine, once on this machine (about half a minute)", file=sys.stderr, flush=True)
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._interrupt)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
        if self.drawn and self.live:
            print("\r\033[K", end="", file=sys.stderr, flush=True)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self.stop.is_set():
            raise KeyboardInterrupt
        self.stop.set()

    def share(self, done: float) -> None:
        """A share of one run is done."""
        self._line(f"{self.title}: {done:.0%}")

    def check(self, progress: CheckProgress) -> None:
        """A run of a check is done."""
        self._line(f"{self.title}: {progress.runs} runs, {progress.case}")

    def note(self, text: str) -> None:
        """Something is done."""
        self._line(f"{self.title}: {text}")

    def _line(self, text: str) -> None:
        now = time.monotonic()
        if self.quiet or now - self.started < PATIENCE_S:
            return
        if self.live:
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
            self.drawn = True
        elif now - self.shown >= PLAIN_EVERY_S:
            print(text, file=sys.stderr, flush=True)
            self.shown = now
