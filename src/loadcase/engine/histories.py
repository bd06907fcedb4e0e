"""The rows that a run has written as a History."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from loadcase.core import program as op
from loadcase.core.history import ABSENT, CODE, RECORD, Columns, History, Meta, missing
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
    parts = [struck, *parts]
    order = np.argsort(np.concatenate([part["t"] for part in parts]), kind="stable")

    scratch = np.empty(len(order), np.int64)  # memory that is touched for the first time costs more than the sorting

    def rows(column: str) -> np.ndarray:
        kind = op.NOTED[column]
        side = scratch.view(kind)[: len(order)]
        found: np.ndarray = np.take(np.concatenate([part[column] for part in parts], out=side), order)
        return found

    names = {
        "flow": list(dict.fromkeys(n.flow for n in notes if n.flow)),
        "component": list(dict.fromkeys(n.component for n in notes if n.component)),
        "entity": list(dict.fromkeys(n.entity for n in notes if n.entity)),
        "detail": list(dict.fromkeys(n.detail for n in notes if n.detail)),
    }
    of = rows("note").astype(np.intp)

    def by_note(told: Callable[[Note], float], kind: type[np.generic]) -> np.ndarray:
        found: np.ndarray = np.array([told(n) for n in notes] or [0], kind)[of]
        return found

    def named(column: str) -> Callable[[], np.ndarray]:
        return lambda: by_note(
            lambda n: names[column].index(text) if (text := getattr(n, column)) else ABSENT, np.int16
        )

    def where(asked: Callable[[Note], bool], column: str, values: Callable[[], np.ndarray]) -> np.ndarray:
        found = np.full(len(of), missing(column), RECORD[column])
        np.copyto(found, values(), where=by_note(lambda n: int(asked(n)), np.bool_), casting="same_kind")
        return found

    def places() -> np.ndarray:
        base = by_note(lambda n: n.base if n.component and not n.detail else 0, np.int32)
        found: np.ndarray = np.maximum(rows("place") - base, ABSENT)
        return found

    def receivers() -> np.ndarray:
        every = any(n.every for n in notes)
        return np.where(by_note(lambda n: int(n.every), np.bool_), places(), rows("key")) if every else rows("key")

    def sessions() -> np.ndarray:
        found: np.ndarray = rows("version") + by_note(lambda n: n.session, np.int64)
        return found

    makers: dict[str, Callable[[], np.ndarray]] = {
        "time_s": lambda: rows("t"),
        "event": lambda: by_note(lambda n: CODE[n.event], np.int8),
        "operation": lambda: rows("operation"),
    }
    kept: dict[str, tuple[Callable[[Note], bool], Callable[[], np.ndarray]]] = {
        "attempt": (lambda n: not n.detail, lambda: rows("attempt")),
        "place": (lambda n: bool(n.component and not n.detail), places),
        "key": (lambda n: not n.detail and n.event not in ("ok", "fail", "info"), lambda: rows("key")),
        "version": (lambda n: _versioned(n, recorder), lambda: rows("version")),
        "base": (lambda n: n.event in ("read", "answer") or n.based, lambda: rows("seen")),
        "began_s": (lambda n: n.event == "answer", lambda: rows("origin")),
        "receiver": (lambda n: n.event == "deliver" and bool(n.component), receivers),
        "clock_s": (lambda n: n.event in ("invoke", *ORDERED), lambda: rows("origin")),
    }
    if any(n.session >= 0 for n in notes):
        kept["session"] = (lambda n: n.session >= 0, sessions)
    for column, (asked, values) in kept.items():
        makers[column] = partial(where, asked, column, values)
    makers |= {column: named(column) for column in names}
    if any(n.step >= 0 for n in notes):
        makers["step"] = lambda: by_note(lambda n: n.step, np.int32)
    if any(n.value == n.value for n in notes):
        makers["value"] = lambda: by_note(lambda n: n.value, np.float64)
    count = len(order)
    if any(n.permission for n in notes):
        whole = {name: make() for name, make in makers.items()}
        whole = with_permissions(whole, by_note(lambda n: CODE.get(n.permission, ABSENT), np.int8))
        makers, count = {name: partial(np.asarray, column) for name, column in whole.items()}, len(whole["event"])
    meta = replace(meta, writes=recorder.writes(), delivers=recorder.delivers())
    return History.of_run(Columns(makers), count, names, meta, file=f"{meta.blueprint}, {meta.case}")


def with_permissions(columns: dict[str, np.ndarray], changes: np.ndarray) -> dict[str, np.ndarray]:
    """The columns of a history with a row after each commit that gives or takes a permission, and after each read of it
    that finds it given.

    `changes`: for each row the code of `grant` or `revoke` where it is such a commit, else ABSENT. Shape (rows,).
    At the beginning a permission is given. What a read finds that is not committed yet has been given by then; what is
    never committed, because its writer gave up, changes nothing.
    """
    event, entity = columns["event"], columns["entity"]
    made = np.flatnonzero(changes >= 0)
    checks = np.flatnonzero((event == CODE["read"]) & np.isin(entity, np.unique(entity[made])))
    seen = np.concatenate([columns["version"][made], columns["base"][checks]])
    both = np.concatenate([made, checks])
    what = np.stack([entity[both].astype(np.int64), columns["key"][both], seen], axis=1)
    kinds, of = np.unique(what, axis=0, return_inverse=True)
    of_made, of_checks = of[: len(made)], of[len(made) :]
    last = np.full(len(kinds), ABSENT, np.int8)  # of those alike the later: what was before it has been undone
    last[of_made] = changes[made]
    last = _as_before(kinds[:, :2], last)
    allowed = checks[last[of_checks] == CODE["grant"]]
    found = np.full(len(kinds), len(event))
    found[of_checks[::-1]] = checks[::-1]
    _, first = np.unique(of_made, return_index=True)
    after = made.copy()
    after[first] = np.minimum(made[first], found[of_made[first]])
    after = np.where(changes[made] == CODE["grant"], after, made)
    added, places = np.concatenate([made, allowed]), np.concatenate([after, allowed])
    order = np.argsort(np.concatenate([np.arange(len(event)), places]), kind="stable")
    told = {name: column[added] for name, column in columns.items()}
    told["time_s"] = columns["time_s"][places]
    told["event"] = np.concatenate([changes[made], np.full(len(allowed), CODE["allow"], np.int8)])
    return {name: np.concatenate([column, told[name]])[order] for name, column in columns.items()}


def _as_before(keys: np.ndarray, last: np.ndarray) -> np.ndarray:
    """What a permission is at each version: as at the one before where that is not known, and given at first.

    `keys` (versions, 2), in their order; `last` (versions,) the code of `grant` or `revoke`, or ABSENT.
    """
    rows = np.arange(len(last))
    starts = np.ones(len(last), np.bool_)
    starts[1:] = (keys[1:] != keys[:-1]).any(axis=1)
    first = np.maximum.accumulate(np.where(starts, rows, 0))
    known = np.maximum.accumulate(np.where(last == ABSENT, -1, rows))
    return np.where(known >= first, last[np.maximum(known, 0)], CODE["grant"]).astype(np.int8)


def _versioned(note: Note, recorder: Recorder) -> bool:
    """Whether rows of a note have a version: a message only where a store, or its own stream, numbers it."""
    if note.event not in ORDERED:
        return note.event in ("commit", "apply")
    consume = recorder.blueprint.flows[note.flow].consume
    source = consume.source if consume is not None else ""
    if not recorder.carries(source):
        return True
    entities = {call.options.entity for call in recorder.feeding(source)}  # type: ignore[attr-defined]
    return all(entity is not None and recorder.sequenced(entity) for entity in entities)
