"""The commands of practice that hold a session: what can be practised, start, resume, drill, a prompt of one's own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from loadcase.cli.app import app
from loadcase.cli.options import Format, show, show_json
from loadcase.core.errors import UsageError

if TYPE_CHECKING:
    from loadcase.practice.record import Setup
    from loadcase.practice.store import Store

practice = App(name="practice", help_format="plaintext", default_parameter=Parameter(negative=()))
app.command(practice)

Db = Annotated[
    Path | None,
    Parameter(help="File in which sessions are kept; that of LOADCASE_PRACTICE, or one in your data folder."),
]
Level = Annotated[Literal["mid", "senior", "staff"], Parameter(help="The level that is aimed for.")]
Clock = Annotated[
    Literal["45", "60", "free"], Parameter(help="45 minutes in five phases, 60 in seven, or free of a clock.")
]
Style = Annotated[
    Literal["quiet", "steering", "adversarial"],
    Parameter(help="An interviewer who lets you go on, who follows up, or who pushes back."),
]
Pace = Annotated[float, Parameter(help="The clock goes this many times as fast, to rehearse: 10 makes 45 minutes 4.5.")]
Session = Annotated[str, Parameter(help="A session, as `loadcase practice sessions` names it.")]
HELP = """The interview, run and judged by evidence. No network, no language model.

    loadcase practice list                     what can be practised, by topic and difficulty
    loadcase practice start chat               45 minutes, aimed at senior; you hold the pen
    loadcase practice start --topic money --level staff --format 60
                                               a system is drawn; its worked design stays hidden
    loadcase practice resume                   go on where you left, or where it was killed
    loadcase practice score chat-1             what it reads as, each point with what it rests on
    loadcase practice export chat-1 -o chat.html
                                               transcript, blueprint and verdict in one file
    loadcase practice drill estimation         ten minutes on one stage
    loadcase practice progress                 what stays weak, and what comes next

In a session you type to ask or to think aloud, and /help lists the rest. Your
design is a blueprint in a file that any editor may open: it is estimated,
reviewed and run as far as it is wired. Everything is kept as it happens.
"""


@practice.default
def teach() -> int:
    """Practise a system design interview: timed, with an interviewer who knows facts, judged by evidence.

    Example: loadcase practice
    """
    show(HELP)
    return 0


@practice.command
def start(
    system: Annotated[str | None, Parameter(help="A system of the gallery, or a folder of one's own.")] = None,
    *,
    level: Level = "senior",
    format: Clock = "45",
    style: Style = "steering",
    topic: str | None = None,
    seed: int | None = None,
    name: str | None = None,
    pace: Pace = 1.0,
    db: Db = None,
) -> int:
    """Start a session, on a system or on one that is drawn by topic and level.

    Example: loadcase practice start chat --level senior

    Lines of standard input do the same as what is typed, so that a script can
    drive it. Ctrl-D or Ctrl-C leaves; everything is kept.

    Parameters
    ----------
    topic
        Draw a system with this topic; any topic when no system is named.
    seed
        Of what is drawn and of the interviewer's choices; the number of the session when not given.
    name
        What to call the session.
    """
    from loadcase.practice.prompts import drawn
    from loadcase.practice.record import Setup
    from loadcase.systems import find

    if system is not None and topic is not None:
        raise UsageError("a system was named, and a topic to draw one by", hint="leave one of them out")
    with opened(db) as store:
        kept = store.sessions()
        seed = len(kept) + 1 if seed is None else seed
        if system is None:
            practised: dict[str, int] = {}
            for one in kept:
                practised[one.setup.system] = practised.get(one.setup.system, 0) + 1
            found = drawn(topic, level, seed, practised)
        else:
            found = str(find(system).path.parent) if "/" in system or system in (".", "..") else find(system).name
        return _begin(store, Setup(found, level, format, style, seed), pace, name)


@practice.command
def resume(
    id: Annotated[str | None, Parameter(help="The session; the one last worked on.")] = None,
    *,
    pace: Pace = 1.0,
    db: Db = None,
) -> int:
    """Go on with a session that was left or killed. The time between does not count."""
    from loadcase.practice.session import Session as Going
    from loadcase.practice.terminal.room import open_door, sit
    from loadcase.practice.terminal.telling import recall

    with opened(db) as store:
        found = store.latest() if id is None else id
        if found is None:
            raise UsageError("there is no session to go on with", hint="`loadcase practice start` begins one")
        session = Going.resume(store, found, _clock(pace))
        open_door(session)
        recall(session)
        return sit(session)


@practice.command(name="list")
def list_(*, topic: str | None = None, format: Format = "text") -> int:
    """List all systems that can be practised, by topic and difficulty.

    Example: loadcase practice list

    Parameters
    ----------
    topic
        Those with this topic alone.
    """
    from dataclasses import asdict

    from loadcase.practice.prompts import listed
    from loadcase.report.text import console, print_rows

    found = listed(topic)
    if format == "json":
        show_json({"systems": [asdict(one) for one in found]})
        return 0
    rows = [(one.name, one.difficulty, ", ".join(one.topics), one.prompt or one.title) for one in found]
    print_rows("what can be practised", ("system", "difficulty", "topics", "prompt"), rows, console())
    return 0


@practice.command
def drill(
    stage: Annotated[Literal["estimation", "scoping", "curveball", "tradeoff"], Parameter(help="The stage.")],
    system: Annotated[str | None, Parameter(help="A system; one is drawn when none is named.")] = None,
    *,
    level: Level = "senior",
    seed: int | None = None,
    pace: Pace = 1.0,
    db: Db = None,
) -> int:
    """Drill one stage for ten minutes, and see at once how it went.

    Example: loadcase practice drill estimation chat

    Parameters
    ----------
    seed
        Of what is drawn; the number of the session when not given.
    """
    from loadcase.practice.prompts import drawn
    from loadcase.practice.record import Setup
    from loadcase.systems import find

    with opened(db) as store:
        seed = len(store.sessions()) + 1 if seed is None else seed
        if system is None:
            found = drawn(None, level, seed, {})
        else:
            found = str(find(system).path.parent) if "/" in system else find(system).name
        return _begin(store, Setup(found, level, "free", "quiet", seed, stage), pace, None)


@practice.command
def new_prompt(
    blueprint: Annotated[Path, Parameter(help="A blueprint file, or a folder that holds blueprint.yaml.")],
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"], help="The folder to make.")],
    level: Level = "senior",
    topic: Annotated[list[str], Parameter(help="A topic of it; may be given more than once.")] = [],  # noqa: B006
    format: Format = "text",
) -> int:
    """Make a prompt of any blueprint: a folder with the blueprint and a drafted fact sheet, which can be practised.

    Example: loadcase practice new-prompt gallery/chat -o my-prompt
    """
    from loadcase.practice.prompts import new_prompt as made

    files = made(blueprint, output, level, topic)
    if format == "json":
        show_json({"files": [str(file) for file in files]})
    else:
        show("".join(f"wrote {file}\n" for file in files))
        show(f"make the facts your own, then: loadcase practice start {output.absolute()}\n")
    return 0


# --- parts ------------------------------------------------------------------------------------------------------------
@contextmanager
def opened(db: Path | None) -> Iterator[Store]:
    """The sessions that are kept. Raises UsageError."""
    from loadcase.practice.store import Store

    store = Store(db)
    try:
        yield store
    finally:
        store.close()


def _clock(pace: float) -> Callable[[], float]:
    if not 0 < pace <= 10_000:
        raise UsageError(f"--pace takes a factor above 0 and at most 10000, got {pace:g}")
    return lambda: time.monotonic() * pace


def _begin(store: Store, setup: Setup, pace: float, name: str | None) -> int:
    """A new session, from the door to the end."""
    from loadcase.practice.session import Session as Going
    from loadcase.practice.terminal.room import open_door, sit
    from loadcase.practice.terminal.telling import tell

    session = Going.start(store, setup, _clock(pace))
    if name:
        store.rename(session.id, name)
    open_door(session)
    tell(session, list(session.record.events))
    return sit(session)
