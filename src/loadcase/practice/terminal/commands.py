"""The slash commands: what each is called, what it takes, what it does."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from loadcase.core.errors import UsageError, suggest
from loadcase.practice.artifact import Artifact
from loadcase.practice.drills import points
from loadcase.practice.reviewing import how_it_went
from loadcase.practice.session import Session
from loadcase.practice.terminal import lines
from loadcase.practice.terminal.telling import say, standing, tell, time_line

Sort = Literal["functional", "deferred", "contract", "hard_part"]


@dataclass
class Desk:
    """What a command works with. `over` says that no more lines are to be read."""

    session: Session
    artifact: Artifact
    live: bool = False
    over: bool = False


@dataclass(frozen=True)
class Command:
    """A slash command. `does` takes the desk and what was typed after it."""

    takes: str
    help: str
    does: Callable[[Desk, str], None]


def perform(desk: Desk, line: str) -> None:
    """Does what a line says. Raises UsageError when it cannot be done."""
    text = line.strip()
    if not text:
        return
    if not text.startswith("/"):
        free = {"ask": desk.session.ask, "assume": desk.session.assume, "say": desk.session.say}
        tell(desk.session, free[lines.sort_of(text)](text))
        return
    name, _, rest = text.partition(" ")
    command = COMMANDS.get(name)
    if command is None:
        raise UsageError(f"there is no {name}", hint=suggest(name, COMMANDS) or "/help lists the commands")
    if command.takes and not command.takes.startswith("[") and not rest.strip():
        raise UsageError(f"{name} takes {command.takes}", hint=command.help)
    command.does(desk, rest.strip())


def _require(sort: Sort) -> Callable[[Desk, str], None]:
    return lambda desk, text: tell(desk.session, desk.session.require(sort, text))


def _estimate(desk: Desk, text: str) -> None:
    if not text:
        tell(desk.session, desk.artifact.pick_up(at_once=True))
        tell(desk.session, desk.session.run("estimate"))
        return
    line = lines.estimate(text)
    if line is None:
        raise UsageError(f"cannot read {text!r}", hint="for example /estimate peak = 2 * sends * users")
    tell(desk.session, desk.session.estimate(*line))


def _decide(desk: Desk, text: str) -> None:
    parts = lines.decision(text)
    tell(desk.session, desk.session.decide(**parts))
    lacks = [word for part, word in _DECISION.items() if not parts.get(part)]
    if lacks:
        say(f"kept; nothing yet of {', '.join(lacks)}", "dim", 4)


_DECISION = {
    "over": "over what",
    "because": "because of what",
    "cost": "at the cost of what",
    "flips_when": "flips when",
}


def _run(what: Literal["review", "run"]) -> Callable[[Desk, str], None]:
    def does(desk: Desk, text: str) -> None:
        from loadcase.engine.run import needs_compile

        tell(desk.session, desk.artifact.pick_up(at_once=True))
        if what == "run" and needs_compile():
            say("compiling the engine, once on this machine (about a minute)", "dim")
        elif what == "run" and desk.live:
            say("running", "dim")
        tell(desk.session, desk.session.run(what, text))

    return does


def _edit(desk: Desk, text: str) -> None:
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not desk.live or not editor:
        say(str(desk.artifact.path))
        say(
            "open it in any editor: what is saved is picked up" + ("" if editor else "; EDITOR names one for /edit"),
            "dim",
        )
        return
    try:
        subprocess.run([*shlex.split(editor), str(desk.artifact.path)], check=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot start {editor}: {error}", hint=f"open {desk.artifact.path} yourself") from None
    changed = desk.artifact.pick_up(at_once=True)
    tell(desk.session, changed)
    if not changed:
        say("nothing was changed", "dim")


def _write(desk: Desk, text: str) -> None:
    path = Path(text).expanduser()
    written = desk.artifact.copy(path)
    tell(desk.session, written)
    if not written:
        say("the blueprint says that already", "dim")


def _show(desk: Desk, text: str) -> None:
    if not desk.session.is_paused:
        tell(desk.session, desk.artifact.pick_up(at_once=True))
    for line in standing(desk.session):
        say(line)
    say(f"the blueprint is {desk.artifact.path}", "dim")


def _end(desk: Desk, text: str) -> None:
    tell(desk.session, desk.session.unpause())
    tell(desk.session, desk.artifact.pick_up(at_once=True))
    tell(desk.session, desk.session.end())
    desk.over = True
    if desk.session.record.setup.drill:
        for line in how_it_went(points(desk.session.record, desk.session.system)):
            say(line)
    else:
        say(f"`loadcase practice score {desk.session.id}` judges it", "dim")


def _help(desk: Desk, text: str) -> None:
    say("What you type is a question if it asks, an assumption if it assumes, else said aloud. Or:")
    for name, command in COMMANDS.items():
        say(f"{name} {command.takes}".ljust(28) + f" {command.help}", "", 2)


def _time(desk: Desk, text: str) -> None:
    say(time_line(desk.session.record, desk.session.now), "yellow")


COMMANDS: dict[str, Command] = {
    "/ask": Command("TEXT", "A question, whatever it looks like.", lambda d, t: tell(d.session, d.session.ask(t))),
    "/say": Command("TEXT", "Said aloud, whatever it looks like.", lambda d, t: tell(d.session, d.session.say(t))),
    "/note": Command("TEXT", "The same: a thought, a reason.", lambda d, t: tell(d.session, d.session.say(t))),
    "/assume": Command("TEXT", "State an assumption.", lambda d, t: tell(d.session, d.session.assume(t))),
    "/need": Command("TEXT", "What it must do.", _require("functional")),
    "/defer": Command("TEXT", "What is left out on purpose.", _require("deferred")),
    "/promise": Command("TEXT", "A promise with a figure, as p95 < 300 ms.", _require("contract")),
    "/hard": Command("TEXT", "The one hard part.", _require("hard_part")),
    "/estimate": Command(
        "[NAME = FORMULA]", "A line of the pad; without one, the blueprint in closed form.", _estimate
    ),
    "/decide": Command("X over Y because A at the cost of B flips when C", "A decision with its price.", _decide),
    "/edit": Command("", "Open the blueprint in your EDITOR, or say where it is.", _edit),
    "/write": Command("FILE", "Take another file as the blueprint.", _write),
    "/show": Command("", "What stands so far.", _show),
    "/run": Command("[CASE]", "Run the blueprint as far as it is wired, all of its cases or one.", _run("run")),
    "/review": Command("", "What is wrong with the blueprint on paper.", _run("review")),
    "/hint": Command("", "Ask for a hint, which is recorded.", lambda d, t: tell(d.session, d.session.hint())),
    "/next": Command("", "Go on to the next phase.", lambda d, t: tell(d.session, d.session.next())),
    "/pause": Command("", "Stop the clock, which is recorded.", lambda d, t: tell(d.session, d.session.pause())),
    "/resume": Command("", "Let it go on.", lambda d, t: tell(d.session, d.session.unpause())),
    "/time": Command("", "Where the session is.", _time),
    "/end": Command("", "End the session.", _end),
    "/help": Command("", "This list.", _help),
}
