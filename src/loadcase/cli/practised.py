"""The commands of practice that are about sessions that were held: listed, exported, judged, replayed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from loadcase.cli.options import Format, Quiet, show, show_json, write_file
from loadcase.cli.practice import Db, Session, opened, practice
from loadcase.core.errors import UsageError


@practice.command
def sessions(*, format: Format = "text", db: Db = None) -> int:
    """List the sessions that are kept, the latest first.

    Example: loadcase practice sessions
    """
    from loadcase.practice.show import day, kept_json
    from loadcase.practice.timeline import clock
    from loadcase.report.text import console, print_rows

    with opened(db) as store:
        found = [(kept, store.judgement(kept.id)) for kept in store.sessions()]
    if format == "json":
        show_json({"sessions": [{**kept_json(k), "read": j["read"] if j else None} for k, j in found]})
        return 0
    if not found:
        show("there are no sessions yet; `loadcase practice start` begins one\n")
        return 0
    rows = [
        (k.id, k.name, k.setup.drill or k.setup.format, k.setup.level, day(k.created_s), clock(k.clock_s),
         (j["read"] if j else "not judged") if k.ended else "goes on")
        for k, j in found
    ]  # fmt: skip
    print_rows("sessions", ("session", "name", "format", "level", "begun", "clock", "state"), rows, console())
    return 0


@practice.command
def name(id: Session, text: Annotated[str, Parameter(help="What to call it.")], *, db: Db = None) -> int:
    """Name a session."""
    with opened(db) as store:
        store.rename(id, text.strip())
    return 0


@practice.command
def export(
    id: Session,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"], help="The file: FILE.json, FILE.md or FILE.html.")],
    format: Format = "text",
    db: Db = None,
) -> int:
    """Write a session into one file: the transcript on its timeline, the blueprint, the verdict when it was scored."""
    import json

    from loadcase.practice.show import FORMS, gather

    form = FORMS.get(output.suffix.lstrip(".").casefold())
    if form is None:
        raise UsageError(f"cannot tell from {output.name} what to write", hint="name it .json, .md or .html")
    with opened(db) as store:
        shown = gather(store, id)
    made = form(shown)
    write_file(output, made if isinstance(made, str) else json.dumps(made, indent=2, allow_nan=False) + "\n")
    if format == "json":
        show_json(
            {
                "session": id,
                "file": str(output),
                "events": len(shown.record.events),
                "judged": shown.judgement is not None,
            }
        )
    else:
        show(f"wrote {output}\n")
    return 0


@practice.command
def delete(id: Session, *, yes: Annotated[bool, Parameter(help="Do not ask.")] = False, db: Db = None) -> int:
    """Delete a session and its blueprint, after asking."""
    with opened(db) as store:
        kept = store.kept(id)
        if not yes and not _agreed(f"delete {id} ({kept.events} events) and its blueprint? [y/N] "):
            show("kept\n")
            return 0
        store.delete(id)
    show(f"deleted {id}\n")
    return 0


@practice.command
def score(id: Session, *, format: Format = "text", quiet: Quiet = False, db: Db = None) -> int:
    """Judge a session: the level it reads as, and each criterion with its evidence. The same session scores the same.

    The exit code is 0 when it reads as the level that was aimed for or above,
    1 when it reads below.
    """
    from loadcase.practice.prompts import LEVELS
    from loadcase.practice.scoring import scored
    from loadcase.practice.verdict import lines

    with opened(db) as store, _progress(quiet) as progress:
        judgement = scored(store, id, progress=progress).to_json()
        overrides = store.overrides(id)
        if not store.kept(id).ended:
            print(f"{id} is not ended: this is how it stands", file=sys.stderr)
    if format == "json":
        show_json({"session": id, **judgement, "overrides": [vars(one) for one in overrides]})
    else:
        show("".join(f"{line}\n" for line in lines(judgement, overrides)))
    reads = LEVELS.index(judgement["read"]) if judgement["read"] in LEVELS else -1
    return 0 if reads >= LEVELS.index(judgement["aimed"]) else 1


@practice.command
def review(
    id: Session,
    *,
    override: Annotated[str | None, Parameter(help="CRITERION=LEVEL: what you give it instead, from 0 to 4.")] = None,
    because: Annotated[str, Parameter(help="Why.")] = "",
    db: Db = None,
) -> int:
    """Replay a session on its timeline, with its verdict; a reviewer may give a criterion another level.

    What a reviewer gives is kept beside the computed verdict, with the reason,
    and is in what `export` writes. The computed verdict stays what it is.
    """
    from loadcase.practice.reviewing import overridden, replay
    from loadcase.practice.show import gather

    with opened(db) as store:
        if override is not None:
            made = overridden(store, id, override, because, time.time())
            show(f"kept: {made.criterion} {made.level}, because {made.because}\n")
            return 0
        show("".join(f"{line}\n" for line in replay(gather(store, id))))
    return 0


@practice.command
def progress(*, format: Format = "text", db: Db = None) -> int:
    """Show how practice goes: what was read, which criteria stay weak, what to practise next.

    Example: loadcase practice progress
    """
    from loadcase.practice.progress import progress as made
    from loadcase.practice.reviewing import progress_lines

    with opened(db) as store:
        found = made(store, time.time())
    if format == "json":
        show_json(found.to_json())
    else:
        show("".join(f"{line}\n" for line in progress_lines(found)))
    return 0


# --- parts ------------------------------------------------------------------------------------------------------------
def _agreed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to be asked", hint="--yes deletes without asking")
    return input(question).strip().casefold() in ("y", "yes")


@contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[str], None]]:
    from loadcase.report.progress import Progress

    with Progress(quiet, "judging") as shown:
        yield shown.note
