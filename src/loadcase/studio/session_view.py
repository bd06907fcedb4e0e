"""A session of practice as the page shows it: plain data, and nothing of the worked design before the end."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from loadcase.core.errors import LoadcaseError
from loadcase.practice import phases
from loadcase.practice.events import Event
from loadcase.practice.record import Record
from loadcase.practice.store import Store
from loadcase.practice.timeline import label, who

if TYPE_CHECKING:
    from loadcase.practice.session import Session
    from loadcase.studio.rooms import Room

ENDLESS_S = None
_COMMANDS = re.compile(r" ?\([^()]*/[a-z][^()]*\)")
"""How it is typed in a terminal."""


def view(store: Store, id: str, room: Room | None) -> dict[str, Any]:
    """All of a session. `room` is None where it is over and nobody sits in it."""
    from loadcase.practice.show import Shown, gather, kept_json
    from loadcase.studio.rooms import SKELETON

    kept = store.kept(id)
    if room is not None:
        record = room.session.record
        shown = Shown(kept, record, store.judgement(id), store.overrides(id), room.session.system)
        first = {**room.since(0), "state": room.state()}
    else:
        shown = gather(store, id)
        record = shown.record
        state = {**state_of(record, kept.clock_s), "working": False, "compiling": False}
        first = {"events": shaped(record.events, 0), "pad": {"told": {}, "problems": {}}, "state": state}
    over = kept.ended
    system = shown.system
    return {
        **kept_json(kept),
        "title": shown.title,
        "prompt": (system.blueprint.prompt or "").strip() if system else "",
        "slots": [_slot(slot) for slot in phases.slots(record)],
        "blueprint": record.blueprint,
        "skeleton": SKELETON.format(system=system.name if system else "design"),
        "judgement": shown.judgement if over else None,
        "overrides": [asdict(one) for one in shown.overrides],
        "points": [one.to_json() for one in shown.points] if over else [],
        "worked": system.name if system is not None and over and "/" not in record.setup.system else None,
        **first,
    }


def _slot(slot: phases.Slot) -> dict[str, Any]:
    return {
        "name": slot.name,
        "seconds": slot.seconds if slot.seconds != float("inf") else ENDLESS_S,
        "phases": [part.phase for part in slot.parts],
        "lead": " ".join(_COMMANDS.sub("", phases.LEAD[part.phase]) for part in slot.parts),
    }


def state_of(record: Record, now: float) -> dict[str, Any]:
    """The clock, in seconds, and where the session is on it. What has no end is null."""
    found = phases.place(record, now)
    place = None
    if found is not None:
        endless = found.total_s == float("inf")
        place = {
            "slot": found.number,
            "phase": found.phase,
            "left_s": ENDLESS_S if endless else round(found.left_s, 3),
            "total_s": ENDLESS_S if endless else found.total_s,
        }
    over = bool(record.events) and record.events[-1].kind == "ended"
    following = None if over else phases.following(record, now)
    return {
        "now": round(now, 3),
        "wall_s": time.time(),
        "paused": phases.is_paused(record),
        "over": over,
        "place": place,
        "next": following,
    }


def shaped(events: Sequence[Event], first: int) -> list[dict[str, Any]]:
    """Events from a number on. Of a blueprint that was written its size is told, but for the last, which is whole."""
    last = max((i for i, one in enumerate(events) if one.kind == "wrote"), default=-1)
    return [_event(number, events[number], number == last) for number in range(first, len(events))]


def _event(number: int, one: Event, whole: bool) -> dict[str, Any]:
    made = {"number": number, "who": who(one), "label": label(one), **one.model_dump(mode="json")}
    if one.kind == "wrote":
        made["lines"] = len(one.blueprint.splitlines())
        if not whole:
            del made["blueprint"]
    elif one.kind == "decided":
        made["text"] = one.words
    return made


def pad_shape(session: Session) -> dict[str, Any]:
    """What the lines of the pad may use, and why a line could not be computed, by the number of its event."""
    from loadcase.practice.pad import shown

    pad = session.pad()
    told = {}
    for name, value in pad.told.items():
        try:
            told[name] = shown(value)
        except LoadcaseError:
            continue
    problems = {
        str(number): {"message": error.message, "hint": error.hint or None} for number, error in pad.problems.items()
    }
    return {"told": told, "problems": problems}
