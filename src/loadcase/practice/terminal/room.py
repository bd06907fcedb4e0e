"""The room in which a session goes on: reads lines, does what they say, and lets the interviewer speak in between."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from loadcase.core.errors import LoadcaseError
from loadcase.practice import drills
from loadcase.practice.artifact import Artifact
from loadcase.practice.session import Session
from loadcase.practice.terminal.commands import COMMANDS, Desk, perform
from loadcase.practice.terminal.reading import Interrupted, Plain, Prompt, Reader, above_the_prompt
from loadcase.practice.terminal.telling import say, tell, time_line

LOOKS_S = 1.0
"""The room looks at the clock and at the file this often, s."""


def sit(session: Session, reader: Reader | None = None) -> int:
    """Goes on with a session until it ends or is left; gives the exit code. What was done is kept whatever happens."""
    try:
        desk = Desk(session, Artifact(session))
        if reader is None:
            live = sys.stdin.isatty() and sys.stdout.isatty()
            reader = _prompt(session) if live else Plain()
        desk.live = reader.live
        with above_the_prompt(reader), _interviewer(desk):
            return _lines(desk, reader)
    finally:
        session.close()


def open_door(session: Session) -> None:
    """What is asked for, and how it goes."""
    setup, system = session.record.setup, session.system
    say(system.title, "bold")
    if setup.drill:
        say(f"{setup.drill} drill, ten minutes. {drills.DRILLS[setup.drill]}", "dim")
        say(system.prompt)
        return
    budget = "free of a clock" if setup.format == "free" else f"{setup.format} minutes"
    say(system.prompt)
    say(f"{budget}, aimed at {setup.level}, {setup.style} interviewer. You hold the pen: type to ask or to think aloud;"
        " /help lists what else.", "dim")  # fmt: skip
    say(f"your blueprint is {session.store.artifact(session.id)}", "dim")


def _prompt(session: Session) -> Reader:
    helps = {f"{name} " if command.takes else name: command.help for name, command in COMMANDS.items()}
    return Prompt(helps, lambda: f" {time_line(session.record, session.now)} | {session.id}, all saved")


def _lines(desk: Desk, reader: Reader) -> int:
    """Line after line."""
    while not desk.over:
        try:
            line = reader.read()
        except Interrupted:
            say("that line was given up; Ctrl-C again leaves", "dim")
            continue
        except (EOFError, KeyboardInterrupt) as left:
            say(f"left and saved; `loadcase practice resume {desk.session.id}` goes on", "yellow")
            return 130 if isinstance(left, KeyboardInterrupt) else 0
        try:
            if not reader.live:
                _look_up(desk)
            perform(desk, line)
        except LoadcaseError as error:
            _wrong(error)
        except KeyboardInterrupt:
            say("interrupted; the session goes on", "yellow")
    return 0


def _look_up(desk: Desk) -> None:
    """Takes what an editor changed, and lets the interviewer speak."""
    if desk.session.is_over:
        return
    if not desk.session.is_paused:
        tell(desk.session, desk.artifact.pick_up(at_once=not desk.live))
    tell(desk.session, desk.session.tick())


@contextmanager
def _interviewer(desk: Desk) -> Iterator[None]:
    """Where somebody sits there, the room looks up by itself while nothing is typed."""
    if not desk.live:
        yield
        return
    done = threading.Event()
    beside = threading.Thread(target=_beside, args=(desk, done), daemon=True)
    beside.start()
    try:
        yield
    finally:
        done.set()
        beside.join(LOOKS_S)


def _beside(desk: Desk, done: threading.Event) -> None:
    said = ""
    with suppress(LoadcaseError):
        desk.session.get_ready()
    while not done.wait(LOOKS_S):
        try:
            _look_up(desk)
        except LoadcaseError as error:
            if str(error) != said:
                _wrong(error)
            said = str(error)


def _wrong(error: LoadcaseError) -> None:
    say(error.message, "red")
    if error.hint:
        say(f"hint: {error.hint}", "dim", 4)
