"""A session as rows on its timeline: when, who, what, in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from loadcase.practice.events import CANDIDATES, Ended, Entered, Event, Paused, Resumed, Warned
from loadcase.practice.phases import NAMES
from loadcase.practice.record import Record

Who = Literal["candidate", "interviewer", "clock"]
LABELS = {
    "asked": "asks", "said": "says", "assumed": "assumes", "estimated": "estimates", "decided": "decides",
    "wrote": "writes", "ran": "runs", "asked_for_hint": "asks for a hint", "answered": "answers",
    "prompted": "follows up", "steered": "moves on", "hint": "gives a hint", "curveball": "throws a curveball",
    "changed": "changes a requirement", "warned": "says of the time", "entered": "phase", "paused": "pause",
    "resumed": "goes on", "ended": "end",
}  # fmt: skip
SORTS = {"functional": "needs", "deferred": "defers", "contract": "promises", "hard_part": "names the hard part"}


@dataclass(frozen=True)
class Row:
    """One event. `number` is its place in the session, `at` seconds on the clock."""

    number: int
    at: float
    who: Who
    label: str
    text: str
    phase: str

    @property
    def clock(self) -> str:
        """The time as a clock shows it."""
        return clock(self.at)


def clock(seconds: float) -> str:
    """Seconds as `12:34`, or `1:02:03` from an hour on."""
    whole = max(0, int(seconds))
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes:02}:{whole % 60:02}"


def rows(record: Record) -> list[Row]:
    """All of a session, in order."""
    found, phase = [], ""
    for number, one in enumerate(record.events):
        if isinstance(one, Entered):
            phase = one.phase
        found.append(Row(number, one.at, who(one), label(one), text(one, record.events[:number]), phase))
    return found


def who(one: Event) -> Who:
    """Whose doing it is."""
    if isinstance(one, CANDIDATES):
        return "candidate"
    return "clock" if isinstance(one, Entered | Paused | Resumed | Ended | Warned) else "interviewer"


def label(one: Event) -> str:
    """What was done, as a verb."""
    return SORTS[one.sort] if one.kind == "required" else LABELS[one.kind]


def printable(text: str) -> str:
    """Text without what a terminal would act upon."""
    return text if text.isprintable() else "".join(c if c.isprintable() or c == "\n" else " " for c in text)


def text(one: Event, before: Iterable[Event] = ()) -> str:
    """What was said, typed or shown, in words."""
    return printable(_text(one, before))


def _text(one: Event, before: Iterable[Event]) -> str:
    match one.kind:
        case "entered":
            return NAMES[one.phase]
        case "wrote":
            return written(one.blueprint, [e.blueprint for e in before if e.kind == "wrote"])
        case "ran":
            return f"{one.what}{f' of {one.case}' if one.case else ''}: {one.outcome}\n{one.text}".strip()
        case "curveball":
            return f"{one.text}\n{one.effect}".strip()
        case _:
            return one.words


def written(blueprint: str, before: list[str]) -> str:
    """What a new version of the blueprint changed, in a line."""
    import difflib

    old = before[-1].splitlines() if before else []
    new = blueprint.splitlines()
    marks = [line[0] for line in difflib.ndiff(old, new)] if len(old) + len(new) < 2000 else []
    changed = f" (+{marks.count('+')} -{marks.count('-')})" if marks else ""
    return f"the blueprint, {len(new)} lines{changed}"
