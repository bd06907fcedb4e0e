"""Where the lines come from: an editor of lines in a terminal, and standard input as it is for scripts."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from loadcase.practice.terminal.telling import say


class Interrupted(Exception):  # noqa: N818  (it is no error)
    """Ctrl-C while a line was being typed, which is given up."""


class Reader(Protocol):
    """Gives lines. Raises EOFError at the end, Interrupted or KeyboardInterrupt at Ctrl-C."""

    live: bool
    """Whether somebody sits there, so that the interviewer speaks while nothing is typed."""

    def read(self) -> str:
        """The next line."""


class Plain:
    """Lines of standard input. Each is shown, so that what is printed can be read as the session that it was."""

    live = False

    def read(self) -> str:
        """The next line."""
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        line = line.rstrip("\n")
        say(f"> {line}")
        return line


class Prompt:
    """A prompt with completion and the time below it."""

    live = True

    def __init__(self, commands: Mapping[str, str], status: Callable[[], str]) -> None:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.completion import WordCompleter

        words = WordCompleter(list(commands), meta_dict=dict(commands), sentence=True)
        self._session: PromptSession[str] = PromptSession(
            completer=words, complete_while_typing=True, bottom_toolbar=status, refresh_interval=1.0,
            reserve_space_for_menu=4,
        )  # fmt: skip

    def read(self) -> str:
        """The next line."""
        try:
            return self._session.prompt("> ")
        except KeyboardInterrupt:
            if self._session.default_buffer.text.strip():
                raise Interrupted from None
            raise


@contextmanager
def above_the_prompt(reader: Reader) -> Iterator[None]:
    """What is printed meanwhile stands above the line that is being typed."""
    if not reader.live:
        yield
        return
    from prompt_toolkit.patch_stdout import patch_stdout

    with patch_stdout(raw=True):
        yield
