"""The rows that a run has written as a History."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from loadcase.core import program as op
from loadcase.core.history import ABSENT, CODE, RECORD, History, Meta
from loadcase.engine.compile import Compiled
from loadcase.engine.recording import Note, Recorder

HASH = "splitmix64"
ORDERED = ("publish", "deliver")
"""Events whose rows have a version only where the design gives an order."""


@dataclass(frozen=True)
class Active:
    """A fault of the run's case: from when to when, s, and on which component, if it is on one."""

    name: str
    start: float
    end: float
    on: str = ""


def history_of(compiled: Compiled, parts: list[np.ndarray], meta: Meta, faults: Sequence[Active]) -> History:
    """A History, in time order, from the rows that the kernel wrote and the faults that were active."""
    recorder = compiled.recorder
    notes = [*recorder.notes]
    struck = np.zeros(2 * len(faults), op.NOTED)
    for i, fault in enumerate(faults):
        struck["t"][2 * i : 2 * i + 2] = fault.start, fault.end
        struck["note"][2 * i : 2 * i + 2] = len(notes), len(notes) + 1
        struck["operation"][2 * i : 2 * i + 2] = i
        notes += [Note(event, "", fault.on, detail=fault.name) for event in ("fault_start", "fault_end")]
    rows = np.concatenate([struck, *parts])
    rows = rows[np.argsort(rows["t"], kind="stable")]
    names = {
        "flow": list(dict.fromkeys(n.flow for n in notes if n.flow)),
        "component": list(dict.fromkeys(n.component for n in notes if n.component)),
        "entity": list(dict.fromkeys(n.entity for n in notes if n.entity)),
        "detail": list(dict.fromkeys(n.detail for n in notes if n.detail)),
    }
    of = rows["note"]

    def named(column: str) -> np.ndarray:
        texts = [getattr(n, column) for n in notes]
        return _by_note([names[column].index(text) if text else ABSENT for text in texts], of)

    def where(asked: Callable[[Note], bool], values: np.ndarray, otherwise: float) -> np.ndarray:
        return np.where(_by_note([int(asked(n)) for n in notes], of) == 1, values, otherwise)

    columns = {
        "time_s": rows["t"],
        "event": _by_note([CODE[n.event] for n in notes], of),
        "operation": rows["operation"],
        "attempt": where(lambda n: not n.detail, rows["attempt"], ABSENT),
        "place": where(lambda n: bool(n.component and not n.detail), _places(notes, rows), ABSENT),
        "key": where(lambda n: not n.detail and n.event not in ("ok", "fail", "info"), rows["key"], ABSENT),
        "version": where(lambda n: _versioned(n, recorder), rows["version"], ABSENT),
        "base": where(lambda n: n.event == "read" or n.based, rows["seen"], ABSENT),
        "receiver": where(lambda n: n.event == "deliver" and bool(n.component), rows["key"], ABSENT),
        "clock_s": where(lambda n: n.event in ("invoke", *ORDERED), rows["origin"], np.nan),
        **{column: named(column) for column in names},
    }
    meta = replace(meta, writes=recorder.writes(), delivers=recorder.delivers())
    found = {n: np.ascontiguousarray(c, RECORD[n]) for n, c in columns.items()}
    return History(found, names, meta, file=f"{meta.blueprint}, {meta.case}")


def _places(notes: list[Note], rows: np.ndarray) -> np.ndarray:
    """Number of the replica, shard or partition."""
    return np.where(rows["place"] < 0, ABSENT, rows["place"] - _by_note([n.base for n in notes], rows["note"]))


def _by_note(values: list[int], of: np.ndarray) -> np.ndarray:
    table = np.array(values or [0], np.int64)
    found: np.ndarray = table[of]
    return found


def _versioned(note: Note, recorder: Recorder) -> bool:
    """Whether rows of a note have a version: a message only where a store, or its own stream, numbers it."""
    if note.event not in ORDERED:
        return note.event == "commit"
    consume = recorder.blueprint.flows[note.flow].consume
    source = (consume.log or consume.queue or consume.topic or "") if consume is not None else ""
    if not recorder.carries(source):
        return True
    entities = {call.options.entity for call in recorder.feeding(source)}  # type: ignore[attr-defined]
    return all(entity is not None and recorder.sequenced(entity) for entity in entities)
