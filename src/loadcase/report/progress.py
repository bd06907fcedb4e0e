"""Progress on standard error: one live line on a terminal once a piece of work has taken two seconds; else nothing."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

from loadcase.check.runner import Progress as CheckProgress
from loadcase.deep.ablation import AblationProgress
from loadcase.growth.story import StoryProgress

if TYPE_CHECKING:
    from loadcase.explore.envelope import EnvelopeProgress
    from loadcase.explore.sweep import Progress as SweepProgress

PATIENCE_S = 2.0
EVERY_S = 0.2


class Progress:
    """Shows how far a piece of work is. The first Ctrl-C sets `stop`, the second is a KeyboardInterrupt."""

    def __init__(self, quiet: bool, title: str) -> None:
        self.quiet = quiet
        self.title = title
        self.stop = threading.Event()
        self.started = time.monotonic()
        self.shown = 0.0
        self.live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self.drawn = False
        self._before: Any = None

    def __enter__(self) -> Progress:
        if not self.quiet:
            from loadcase.engine.run import needs_compile

            if needs_compile():
                print("compiling the engine, once on this machine (about a minute)", file=sys.stderr, flush=True)
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._interrupt)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
        self._clear()

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self.stop.is_set():
            raise KeyboardInterrupt
        self.stop.set()

    def share(self, done: float) -> None:
        """A share of one run is done."""
        self._line(f"{self.title}: {done:.0%}")

    def check(self, progress: CheckProgress) -> None:
        """How far a check is."""
        going = ", ".join(f"{name} {share:.0%}" for name, share in progress.going.items())
        runs = f"{progress.runs} run{'s'[: progress.runs != 1]} done"
        decided = f"{progress.decided} of {progress.cases} cases decided"
        self._line(f"{self.title}: {decided}, {runs}{', now ' if going else ''}{going}")

    def deep(self, progress: AblationProgress) -> None:
        """How far an ablation is."""
        p = progress
        self._line(f"{self.title}: {p.done} of {p.total} cuts judged, now without {p.trying}")

    def story(self, progress: StoryProgress) -> None:
        """How far a growing load has come."""
        found = f"{progress.breaks} break{'s'[: progress.breaks != 1]} found"
        self._line(f"{self.title}: {found}, now {progress.load:.3g}x")

    def envelope(self, progress: EnvelopeProgress) -> None:
        """How far an envelope is."""
        left = f", {progress.left} of the border left" if progress.left else ", on paper"
        self._line(f"{self.title}: {progress.ran} point{'s'[: progress.ran != 1]} run{left}")

    def sweep(self, progress: SweepProgress) -> None:
        """How far a sweep is, and how long the rest takes if it goes on like that."""
        new = progress.done - progress.before
        left = progress.spent_s / new * (progress.runs - progress.done) if new else 0.0
        more = f", {left:.0f} s to go" if left else ""
        self._line(f"{self.title}: {progress.done:,} of {progress.runs:,} runs{more}")

    def note(self, text: str) -> None:
        """Something is done."""
        self._line(f"{self.title}: {text}")

    def _line(self, text: str) -> None:
        now = time.monotonic()
        if self.quiet or not self.live or now - self.started < PATIENCE_S or now - self.shown < EVERY_S:
            return
        if self.stop.is_set():
            text = f"{self.title}: stopping; Ctrl-C again to give up"
        text += f" ({now - self.started:.0f} s)"
        width = shutil.get_terminal_size().columns - 1
        print(f"\r\033[K{text[:width]}", end="", file=sys.stderr, flush=True)
        self.shown, self.drawn = now, True

    def _clear(self) -> None:
        if self.drawn:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
            self.drawn = False
