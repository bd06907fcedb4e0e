"""A history prepared for checkers: rows by event, and for each operation when it began and was acknowledged.

Time is counted in rows: the rows are in time order, and so "before" has one meaning even where two times are equal.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from loadcase.check.grouping import Array, counted, packed
from loadcase.core.history import CODE, History

NEVER = np.iinfo(np.int64).max // 4
"""The row of what did not happen."""


class View:
    """What several checkers need of one history, computed once."""

    def __init__(self, history: History) -> None:
        self.history = history
        self._rows: dict[tuple[str, int, int], Array] = {}

    def rows(self, event: str, *, flow: str | None = None, entity: str | None = None) -> Array:
        """The rows of an event, of a flow or of an entity if given, in time order. Shape (n,), int64."""
        h = self.history
        chosen = (
            event,
            -1 if flow is None else h.code("flow", flow),
            -1 if entity is None else h.code("entity", entity),
        )
        if chosen not in self._rows:
            found = self.events[CODE[event]]
            if flow is not None:
                found = found[h["flow"][found] == chosen[1]]
            if entity is not None:
                found = found[h["entity"][found] == chosen[2]]
            self._rows[chosen] = found
        return self._rows[chosen]

    @cached_property
    def events(self) -> list[Array]:
        """The rows of each event, by its code."""
        event = self.history["event"]
        return [np.flatnonzero(event == code) for code in range(len(CODE))]

    # --- operations ---------------------------------------------------------------------------------------------------
    @cached_property
    def op(self) -> Array:
        """The number of each row's operation, from 0 without great gaps; -1 for none. Shape (rows,)."""
        found = self.history["operation"]
        if len(found) == 0 or int(found.max()) < 4 * len(found) + 1000:
            return found
        there = found >= 0
        numbers = np.full(len(found), -1, np.int64)
        numbers[there] = np.unique(found[there], return_inverse=True)[1]
        return numbers

    @cached_property
    def operations(self) -> int:
        """One more than the highest number in `op`."""
        return int(self.op.max()) + 1 if len(self.op) else 0

    def _first_row(self, *events: str) -> Array:
        """For each operation the first row of one of the events; NEVER where there is none."""
        found = np.full(self.operations, NEVER)
        for event in events:
            rows = self.rows(event)[::-1]
            first = np.full(self.operations, NEVER)
            first[self.op[rows]] = rows
            np.minimum(found, first, out=found)
        return found

    @cached_property
    def invoked(self) -> Array:
        """For each operation the row at which it was first sent; NEVER where that was not recorded."""
        return self._first_row("invoke")

    @cached_property
    def acknowledged(self) -> Array:
        """For each operation the row of its acknowledgement; NEVER without one."""
        return self._first_row("ok")

    @cached_property
    def finished(self) -> Array:
        """For each operation the row at which its client went on, whatever it was told; NEVER if it did not."""
        return self._first_row("ok", "fail", "info")

    @cached_property
    def invoking_flow(self) -> Array:
        """For each operation the number of the flow that invoked it; -1 where that was not recorded."""
        flow = np.full(self.operations, -1, np.int64)
        there = self.invoked < NEVER
        flow[there] = self.history["flow"][self.invoked[there]]
        return flow

    def of_operations(self, values: Array, rows: Array, otherwise: int) -> Array:
        """A value of each row's operation, or another where the row has none."""
        op = self.op[rows]
        if not len(values):
            return np.full(len(rows), otherwise, np.int64)
        found: Array = np.where(op >= 0, values[np.maximum(op, 0)], otherwise)
        return found

    # --- rows ---------------------------------------------------------------------------------------------------------
    def began(self, rows: Array) -> Array:
        """The moment, as a row, at which what a row tells was asked for: all rows before it had happened by then."""
        began_s = self.history["began_s"][rows]
        invoked = self.of_operations(self.invoked, rows, NEVER)
        found = np.where(invoked < NEVER, invoked, rows)
        told = ~np.isnan(began_s)
        if told.any():
            found[told] = np.searchsorted(self.history["time_s"], began_s[told], side="left")
        return np.minimum(found, rows)

    def began_s(self, rows: Array) -> Array:
        """The same in seconds."""
        told = self.history["began_s"][rows]
        return np.where(np.isnan(told), self.history["time_s"][self.began(rows)], told)

    @cached_property
    def version(self) -> Array:
        """The version that each row made, in numbers small enough to be doubled; -1 for none."""
        return self._small[0]

    @cached_property
    def base(self) -> Array:
        """The version that each row saw, in the same numbers."""
        return self._small[1]

    @cached_property
    def _small(self) -> tuple[Array, Array]:
        """Versions and bases as they are; where they are clocks or hashes of 64 bits, by rank."""
        version, base = self.history["version"], self.history["base"]
        if max(version.max(initial=0), base.max(initial=0)) < 1 << 59:
            return version, base
        listed = np.unique(np.concatenate([[-1, 0], version, base]))
        return np.searchsorted(listed, version) - 1, np.searchsorted(listed, base) - 1

    def sessions(self, rows: Array) -> Array:
        """The session of each row, its own or that of its operation's invoke; -1 for none."""
        own = self.history["session"][rows]
        if not self.history.has("session"):
            return own
        invoked = self.of_operations(self.invoked, rows, NEVER)
        there = (own < 0) & (invoked < NEVER)
        return np.where(there, self.history["session"][np.where(there, invoked, 0)], own)

    def effects(self, entity: str) -> tuple[Array, Array]:
        """The rows of commits and of reverts of an entity."""
        return self.rows("commit", entity=entity), self.rows("revert", entity=entity)

    def standing(self, entity: str) -> Array:
        """Which commits of an entity were not undone: of those alike, the earliest were. Shape of its commits, bool."""
        commits, reverts = self.effects(entity)
        left = np.ones(len(commits), bool)
        if not len(reverts):
            return left
        undone = counted(self.op[reverts], self.operations)
        doubtful = np.flatnonzero(undone[self.op[commits]] > 0)
        rows = np.concatenate([commits[doubtful], reverts])
        code = packed(self.op[rows], self.history["key"][rows], self.history["step"][rows])
        pending: dict[int, int] = {}
        for c in code[len(doubtful) :].tolist():
            pending[c] = pending.get(c, 0) + 1
        for i, c in zip(doubtful.tolist(), code[: len(doubtful)].tolist(), strict=True):
            if pending.get(c, 0) > 0:
                pending[c] -= 1
                left[i] = False
        return left

    def stored(self, entity: str) -> Array:
        """The rows of the effects on an entity that are stored at the end: final ones, else what stands of commits."""
        if self.listed(entity):
            rows = self.rows("final", entity=entity)
            return rows[self.op[rows] >= 0]
        return self.rows("commit", entity=entity)[self.standing(entity)]

    def listed(self, entity: str) -> bool:
        """Whether final rows say which effects on an entity are stored."""
        if entity in self.history.meta.finals:
            return True
        rows = self.rows("final", entity=entity)
        return bool((self.op[rows] >= 0).any())
