"""Judging in tests: one ground and one bench for each system, kept over all tests; nothing is run unless asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from loadcase.practice.events import Answered, Event, Said
from loadcase.practice.judging import Ground, Judgement, judge
from loadcase.practice.record import Record
from loadcase.practice.workbench import Workbench
from loadcase.systems import system
from tests.practice.recorded import sessions


@cache
def ground(name: str) -> Ground:
    """What sessions on a system are held against."""
    found = system(name)
    return Ground(found.facts, found.blueprint)


@cache
def bench(name: str) -> Workbench:
    """Looks at designs on paper, and runs nothing."""
    return Workbench(name, execute=False)


def judged(record: Record) -> Judgement:
    """A session judged without runs."""
    return judge(record, bench(record.setup.system), ground=ground(record.setup.system))


@cache
def judgement(name: str) -> Judgement:
    """A recorded session judged without runs."""
    return judged(sessions()[name].record)


def with_events(record: Record, events: Sequence[Event]) -> Record:
    """The session with other events."""
    return Record(record.setup, tuple(events))


def without(record: Record, gone: Callable[[int, Event], bool]) -> Record:
    """The session without some events and what answers them; numbers that events refer to follow."""
    dropped = {i for i, event in enumerate(record.events) if gone(i, event)}
    dropped |= {i for i, event in enumerate(record.events) if isinstance(event, Answered) and event.to in dropped}
    kept = [i for i in range(len(record.events)) if i not in dropped]
    place = {old: new for new, old in enumerate(kept)}
    events: list[Event] = []
    for i in kept:
        event = record.events[i]
        if isinstance(event, Answered | Said) and event.to is not None:
            event = event.model_copy(update={"to": place.get(event.to)})
        events.append(event)
    return with_events(record, events)


def changed(record: Record, number: int, **fields: object) -> Record:
    """The session with one event's fields changed."""
    events = list(record.events)
    events[number] = events[number].model_copy(update=fields)
    return with_events(record, events)
