"""A console for people, without what the results need."""

from __future__ import annotations

import sys

from rich.console import Console

from loadcase.core.streams import silence


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """A reader that has gone away changes nothing, not even the exit code."""
        silence()


def console() -> Console:
    """A console on standard output that respects NO_COLOR, pipes and narrow encodings."""
    return _Console(file=sys.stdout, highlight=False, soft_wrap=False, emoji=False, markup=False)
