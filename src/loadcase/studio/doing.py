"""What a page may do in a session of practice, by name, with the fields that each takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, get_args

from loadcase.core.errors import UsageError
from loadcase.practice.events import Phase

if TYPE_CHECKING:
    from loadcase.studio.rooms import Room

Fields = Mapping[str, Any]
SORTS = ("functional", "deferred", "contract", "hard_part")
PARTS = ("chose", "over", "because", "cost", "flips_when")


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name, "")
    if not isinstance(value, str):
        raise UsageError(f"{name} has to be text")
    return value


def _number(fields: Fields, name: str) -> int | None:
    value = fields.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise UsageError(f"{name} has to be the number of an event")
    return value


def _talk(room: Room, fields: Fields) -> None:
    """Free text: a question if it asks, an assumption if it assumes, else said aloud, unless `as` says how."""
    from loadcase.practice.terminal.lines import sort_of

    text, sort, to = _text(fields, "text"), _text(fields, "as"), _number(fields, "to")
    if sort not in ("", "ask", "say", "assume"):
        raise UsageError(f"cannot {sort!r} a text", hint="ask, say or assume")
    sort = sort or ("say" if to is not None else sort_of(text))
    if sort == "ask":
        room.session.ask(text)
    elif sort == "assume":
        room.session.assume(text)
    else:
        events = room.session.record.events
        if to is not None and to >= len(events):
            raise UsageError("there is no such event to answer")
        room.session.say(text, to)


def _require(room: Room, fields: Fields) -> None:
    sort = _text(fields, "sort")
    if sort not in SORTS:
        raise UsageError(f"there is no requirement of sort {sort!r}", hint=f"one of {', '.join(SORTS)}")
    room.session.require(sort, _text(fields, "text"))  # type: ignore[arg-type]


def _enter(room: Room, fields: Fields) -> None:
    phase = _text(fields, "phase")
    if phase not in get_args(Phase):
        raise UsageError(f"there is no phase {phase!r}", hint=f"one of {', '.join(get_args(Phase))}")
    room.session.enter(phase)  # type: ignore[arg-type]


def _end(room: Room, fields: Fields) -> None:
    with room.writing:
        if not room.session.is_paused and not room.session.is_over:
            room.artifact.pick_up(at_once=True)
    room.session.end()


DOINGS: dict[str, Callable[[Room, Fields], object]] = {
    "talk": _talk,
    "require": _require,
    "assume": lambda room, fields: room.session.assume(_text(fields, "text")),
    "estimate": lambda room, fields: room.session.estimate(_text(fields, "name"), _text(fields, "formula")),
    "decide": lambda room, fields: room.session.decide(**{part: _text(fields, part) for part in PARTS}),
    "write": lambda room, fields: room.write(_text(fields, "text")),
    "run": lambda room, fields: room.run(_text(fields, "which"), _text(fields, "case")),
    "hint": lambda room, fields: room.session.hint(),
    "next": lambda room, fields: room.session.next(),
    "enter": _enter,
    "pause": lambda room, fields: room.session.pause(),
    "unpause": lambda room, fields: room.session.unpause(),
    "end": _end,
}
