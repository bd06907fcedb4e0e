"""The rows that a run has written as a History."""

from __future__ import annotations

import numpy as np

from loadcase.core import program as op
from loadcase.core.history import ABSENT, CODE, RECORD, History, Meta, Sample
from loadcase.engine.compile import Compiled
from loadcase.engine.recording import Note, Recorder

HASH = "splitmix64"
ORDERED = ("publish", "deliver")
"""Events whose rows have a version only where the design gives an order."""


def history_of(
    compiled: Compiled, parts: list[np.ndarray], name: str, case: str, seed: int, share: float, drained: bool
) -> History:
    """A History from the rows that the kernel wrote, in time order; `share` of the keys are in it."""
    recorder = compiled.recorder
    rows = np.concatenate(parts) if parts else np.zeros(0, op.NOTED)
    rows = rows[np.argsort(rows["t"], kind="stable")]
    notes = recorder.notes
    names = {
        "flow": list(dict.fromkeys(n.flow for n in notes)),
        "component": list(dict.fromkeys(n.component for n in notes if n.component)),
        "entity": list(dict.fromkeys(n.entity for n in notes if n.entity)),
    }
    of = rows["note"]
    event = _by_note([CODE[n.event] for n in notes], of)
    columns = {
        "time_s": rows["t"],
        "event": event,
        "flow": _by_note([names["flow"].index(n.flow) for n in notes], of),
        "operation": rows["operation"],
        "attempt": rows["attempt"],
        "component": _by_note([names["component"].index(n.component) if n.component else ABSENT for n in notes], of),
        "place": np.where(rows["place"] < 0, ABSENT, rows["place"] - _by_note([n.base for n in notes], of)),
        "entity": _by_note([names["entity"].index(n.entity) if n.entity else ABSENT for n in notes], of),
        "key": np.where(_by_note([_keyed(n) for n in notes], of) == 1, rows["key"], ABSENT),
        "version": np.where(_by_note([_versioned(n, recorder) for n in notes], of) == 1, rows["version"], ABSENT),
        "base": np.where(event == CODE["read"], rows["seen"], ABSENT),
        "receiver": np.where(_by_note([_received(n) for n in notes], of) == 1, rows["key"], ABSENT),
        "clock_s": np.where(_by_note([_clocked(n) for n in notes], of) == 1, rows["origin"], np.nan),
    }
    meta = Meta(
        blueprint=name,
        case=case,
        seed=seed,
        drained=drained,
        sample=None if share >= 1.0 else Sample(share, HASH),
        writes=recorder.writes(),
        delivers=recorder.delivers(),
    )
    return History(
        {n: np.ascontiguousarray(c, RECORD[n]) for n, c in columns.items()}, names, meta, file=f"{name}, {case}"
    )


def _by_note(values: list[int], of: np.ndarray) -> np.ndarray:
    table = np.array(values or [0], np.int64)
    found: np.ndarray = table[of]
    return found


def _keyed(note: Note) -> int:
    return int(note.event not in ("ok", "fail", "info"))


def _received(note: Note) -> int:
    return int(note.event == "deliver" and bool(note.component))


def _clocked(note: Note) -> int:
    return int(note.event in ("invoke", *ORDERED))


def _versioned(note: Note, recorder: Recorder) -> int:
    """Whether rows of a note have a version: a message only where a store, or its own stream, numbers it."""
    if note.event == "commit":
        return 1
    if note.event not in ORDERED:
        return 0
    consume = recorder.blueprint.flows[note.flow].consume
    source = (consume.log or consume.queue or consume.topic or "") if consume is not None else ""
    if not recorder.carries(source):
        return 1
    entities = {call.options.entity for call in recorder.feeding(source)}  # type: ignore[attr-defined]
    return int(all(entity is not None and recorder.sequenced(entity) for entity in entities))
