"""The time of a session: which phases a format has, how long each may take, and a gentle word when one takes longer.

The candidate holds the pen and moves from slot to slot. A slot may have several phases; then its later ones begin by
themselves when their share of it has come, so that each slot of the clock is one thing for the candidate to think of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from loadcase.practice.events import Entered, Paused, Phase, Resumed, Warned
from loadcase.practice.record import Record

MINUTE_S = 60.0
EARLY_S = 120.0
"""A slot's end is told this long before it, where the slot is at least twice as long."""
TOO_LONG = 0.4
"""The share of the whole time that no slot may take without a word."""
DRILL_MINUTES = 10.0

PHASES: tuple[Phase, ...] = get_args(Phase)
NAMES: dict[Phase, str] = {
    "clarify": "clarify",
    "estimate": "estimate",
    "interfaces": "interfaces and data",
    "design": "design",
    "deep_dive": "deep dive",
    "break": "break it",
    "land": "land it",
}
LEAD: dict[Phase, str] = {
    "clarify": "Ask, cut the scope aloud, promise with figures (/need, /defer, /promise), name the hard part (/hard).",
    "estimate": "Only the numbers that decide something (/estimate peak = 2 * average).",
    "interfaces": "The calls, the entities, their keys, sequence and idempotency (/edit the blueprint, or say them).",
    "design": "The simplest path end to end that keeps the promises; say why each box is there (/edit, /run).",
    "deep_dive": "The two or three parts that carry the risk, with numbers.",
    "break": "What fails, who notices, what users see. Something is about to go wrong.",
    "land": "Sum up: what holds, objectives and alerts, rollout and way back, what comes at ten times the load.",
}


@dataclass(frozen=True)
class Part:
    """A phase within a slot."""

    phase: Phase
    minutes: float


@dataclass(frozen=True)
class Slot:
    """A stretch of the clock. Where it has several parts, the later begin by themselves."""

    parts: tuple[Part, ...]

    @property
    def name(self) -> str:
        """What it is called."""
        return ", ".join(NAMES[part.phase] for part in self.parts)

    @property
    def seconds(self) -> float:
        """How long it may take."""
        return MINUTE_S * sum(part.minutes for part in self.parts)


def _slots(*slots: tuple[tuple[Phase, float], ...]) -> tuple[Slot, ...]:
    return tuple(Slot(tuple(Part(*part) for part in slot)) for slot in slots)


FORMATS: dict[str, tuple[Slot, ...]] = {
    "45": _slots(
        (("clarify", 5),),
        (("estimate", 3), ("interfaces", 2)),
        (("design", 15),),
        (("deep_dive", 9), ("break", 6)),
        (("land", 5),),
    ),
    "60": _slots(
        (("clarify", 8),), (("estimate", 5),), (("interfaces", 8),), (("design", 15),), (("deep_dive", 10),),
        (("break", 7),), (("land", 7),),
    ),
    "free": tuple(Slot((Part(phase, float("inf")),)) for phase in PHASES),
}  # fmt: skip
"""45 minutes are divided as guides divide them: 5, 5, 15, 15, 5. `free` has the phases and no budget."""


@dataclass(frozen=True)
class Place:
    """Where a session is: the slot, and the part of it. Times are seconds on its clock; `left_s` is of the slot, and
    negative when that is overdrawn."""

    number: int
    slot: Slot
    part: int
    phase: Phase
    left_s: float
    total_s: float


def slots(record: Record) -> tuple[Slot, ...]:
    """The slots of a session; a drill has one, without phases of its own."""
    if record.setup.drill:
        return (Slot((Part(DRILLED[record.setup.drill], DRILL_MINUTES),)),)
    return FORMATS[record.setup.format]


DRILLED: dict[str, Phase] = {"estimation": "estimate", "scoping": "clarify", "curveball": "break", "tradeoff": "design"}
"""The phase that each drill is about."""


def place(record: Record, at: float) -> Place | None:
    """Where a session is at a time; None before its first phase."""
    phase = next((e.phase for e in reversed(record.events) if isinstance(e, Entered)), None)
    if phase is None:
        return None
    having = slots(record)
    number = _number(having, phase)
    slot = having[number]
    part = max((i for i, one in enumerate(slot.parts) if PHASES.index(one.phase) <= PHASES.index(phase)), default=0)
    left = slot.seconds - spent(record, at, number)
    return Place(number, slot, part, slot.parts[part].phase, left, sum(one.seconds for one in having))


def spent(record: Record, at: float, number: int) -> float:
    """Seconds that a session has been in a slot, coming back to it included."""
    having = slots(record)
    entered = [(e.at, _number(having, e.phase)) for e in record.events if isinstance(e, Entered)]
    ends = [when for when, _ in entered[1:]] + [at]
    return sum(end - when for (when, slot), end in zip(entered, ends, strict=True) if slot == number)


def following(record: Record, at: float) -> Phase | None:
    """The phase that the candidate goes to next; None after the last."""
    having, now = slots(record), place(record, at)
    if now is None:
        return having[0].parts[0].phase
    if now.part + 1 < len(now.slot.parts):
        return now.slot.parts[now.part + 1].phase
    return having[now.number + 1].parts[0].phase if now.number + 1 < len(having) else None


def due(record: Record, at: float) -> Phase | None:
    """The later phase of the slot that begins by itself now, if one does."""
    now = place(record, at)
    if now is None or now.part + 1 == len(now.slot.parts):
        return None
    until = MINUTE_S * sum(part.minutes for part in now.slot.parts[: now.part + 1])
    return now.slot.parts[now.part + 1].phase if spent(record, at, now.number) >= until else None


def warnings(record: Record, at: float) -> list[Warned]:
    """What is to be said about the time now and was not said yet, at most one line."""
    now = place(record, at)
    if now is None or now.total_s == float("inf"):
        return []
    said = {e.text for e in record.events if isinstance(e, Warned)}
    name = now.slot.name
    for is_time, text in (
        (at >= now.total_s, "Time is up. Finish the sentence, and land it: /end."),
        (_share(record, at, now) > TOO_LONG, f"{name} has taken more than {TOO_LONG:.0%} of the time."),
        (now.left_s <= 0, f"The time for {name} is over{_what_next(record, now)}"),
        (0 < now.left_s <= EARLY_S <= now.slot.seconds / 2, f"{EARLY_S / MINUTE_S:.0f} minutes left for {name}."),
    ):
        if is_time and text not in said:
            return [Warned(at=at, text=text)]
    return []


def _share(record: Record, at: float, now: Place) -> float:
    return 0.0 if len(slots(record)) == 1 else spent(record, at, now.number) / now.total_s


def _what_next(record: Record, now: Place) -> str:
    later = slots(record)[now.number + 1 :]
    return f"; {later[0].name} comes next (/next)." if later else ": /end."


def is_paused(record: Record) -> bool:
    """Whether the clock stands still."""
    return next((isinstance(e, Paused) for e in reversed(record.events) if isinstance(e, Paused | Resumed)), False)


def _number(having: tuple[Slot, ...], phase: Phase) -> int:
    """The slot that a phase belongs to; the nearest before it where the format has none."""
    at = PHASES.index(phase)
    return max((i for i, slot in enumerate(having) if PHASES.index(slot.parts[0].phase) <= at), default=0)
