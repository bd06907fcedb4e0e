"""The shortest readable story of a violation: the rows of the operations involved, and the faults of the moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from loadcase.check.checker import Witness
from loadcase.check.grouping import Array
from loadcase.check.view import View
from loadcase.core.errors import shorten
from loadcase.core.history import EVENT_NAMES

LONGEST = 24
"""Lines of a story; what is left out of its middle is said."""
_TOLD = ("key", "version", "base", "value", "receiver", "session", "clock_s", "detail")


@dataclass(frozen=True)
class Line:
    """One row: when, what, where, of which operation; `told` has what else the row says, `faults` those active."""

    time_s: float
    event: str
    flow: str = ""
    operation: str = ""
    attempt: int | None = None
    component: str = ""
    place: int | None = None
    entity: str = ""
    told: tuple[tuple[str, str], ...] = ()
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Story:
    """A violation: the metric, what happened in a sentence, the lines in time order, how many were left out."""

    metric: str
    said: str
    lines: tuple[Line, ...]
    omitted: int = 0


@dataclass(frozen=True)
class Fault:
    """A fault that was active in a span of rows, and what it is called."""

    label: str
    start: int
    end: int


def shortest(view: View, metric: str, witnesses: Sequence[Witness]) -> Story | None:
    """The story of the violation that takes the fewest rows; None without violations."""
    if not witnesses:
        return None
    told = _rows_of(view, witnesses)
    best = min(range(len(witnesses)), key=lambda i: len(told[i]))
    witness, rows = witnesses[best], told[best]
    active = faults(view)
    lines = rows + [r for f in active for r in (f.start, f.end) if rows[0] < r < rows[-1]]
    lines = sorted(set(lines))
    kept = lines
    if len(lines) > LONGEST:
        needed = {r for r in lines if r in witness.rows}
        rest = [r for r in lines if r not in needed]
        spare = max(0, LONGEST - len(needed))
        kept = sorted([*needed, *rest[: spare // 2], *rest[len(rest) - (spare - spare // 2) :]])[:LONGEST]
    return Story(metric, witness.said, tuple(_line(view, r, active) for r in kept), len(lines) - len(kept))


def _rows_of(view: View, witnesses: Sequence[Witness]) -> list[list[int]]:
    """For each violation its rows and all those of its operations, in time order."""
    wanted = np.zeros(view.operations + 1, bool)  # the last one is for rows without an operation
    for witness in witnesses:
        wanted[list(witness.operations)] = True
    h = view.history
    kinds = [EVENT_NAMES.index(name) for name in ("fault_start", "fault_end")]
    rows = np.flatnonzero(wanted[view.op] & ~np.isin(h["event"], kinds))
    ops = view.op[rows]
    return [sorted({*w.rows, *rows[np.isin(ops, w.operations)].tolist()}) for w in witnesses]


def faults(view: View) -> list[Fault]:
    """Every fault, from the row at which it starts to that at which it ends, or the last row."""
    h = view.history
    found: list[Fault] = []
    going: dict[tuple[int, ...], list[int]] = {}
    columns = [h[name] for name in ("detail", "component", "place", "operation")]
    rows: Array = np.sort(np.concatenate([view.rows("fault_start"), view.rows("fault_end")]))
    start = EVENT_NAMES.index("fault_start")
    for row in rows.tolist():
        which = tuple(int(column[row]) for column in columns)
        if h["event"][row] == start:
            going.setdefault(which, []).append(row)
        elif going.get(which):
            found.append(Fault(_label(view, row), going[which].pop(0), row))
    found += [Fault(_label(view, row), row, h.rows - 1) for left in going.values() for row in left]
    return sorted(found, key=lambda fault: fault.start)


def _label(view: View, row: int) -> str:
    on, place = _text(view, "component", row), _text(view, "place", row)
    return _text(view, "detail", row) + (f" of {on}" if on else "") + (f"/{place}" if place else "")


def _text(view: View, name: str, row: int) -> str:
    """What a row says, fit to be shown: names come from elsewhere."""
    return shorten(view.history.text(name, row))


def _line(view: View, row: int, active: list[Fault]) -> Line:
    h = view.history
    event = EVENT_NAMES[int(h["event"][row])]
    flow = _text(view, "flow", row)
    if not flow and 0 <= view.op[row] < view.operations and view.invoking_flow[view.op[row]] >= 0:
        flow = _text(view, "flow", int(view.invoked[view.op[row]]))
    attempt, place = int(h["attempt"][row]), int(h["place"][row])
    return Line(
        time_s=float(h["time_s"][row]),
        event=event,
        flow=flow,
        operation="" if event.startswith("fault") else _text(view, "operation", row),
        attempt=attempt if attempt >= 0 else None,
        component=_text(view, "component", row),
        place=place if place >= 0 else None,
        entity=_text(view, "entity", row),
        told=tuple((name, text) for name in _TOLD if (text := _text(view, name, row))),
        faults=tuple(f.label for f in active if f.start <= row < f.end),
    )
