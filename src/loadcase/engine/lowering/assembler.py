"""Collects operations, labels and tables while a blueprint is compiled, and packs them into a Program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from loadcase.core import program as op
from loadcase.core.distributions import Const, Dist
from loadcase.core.program import Program

START_DELAY = 4
"""Place of a START's delay in its row."""


class Label:
    """A place in the code that is not known yet."""

    __slots__ = ("pc",)

    def __init__(self) -> None:
        self.pc = -1


@dataclass
class StationGroup:
    """A pool of stations in the compiled program: `count` stations from `base`, `workers` each."""

    component: str
    name: str
    index: int
    base: int
    count: int
    workers: int
    copies: int


@dataclass
class Assembler:
    """Emits operations in order; constant delays in a row become one."""

    rows: list[list[Any]] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    dists: list[tuple[int, float, float, float]] = field(default_factory=list)
    dist_ids: dict[Dist, int] = field(default_factory=dict)
    lane_ids: dict[tuple[float, bool], int] = field(default_factory=dict)
    hops: list[tuple[int, int, int, int]] = field(default_factory=list)
    hop_ids: dict[tuple[int, int, int, int], int] = field(default_factory=dict)
    selections: list[list[int]] = field(default_factory=list)
    selection_ids: dict[tuple[int, ...], int] = field(default_factory=dict)
    counters: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    """First counter, callers and stations of each name."""
    counted: int = 0
    bodies: list[Label] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    stations: list[Any] = field(default_factory=list)
    groups: list[StationGroup] = field(default_factory=list)
    cold: list[Callable[[], None]] = field(default_factory=list)
    widest: int = 1
    levels: int = 0
    _pending: float = 0.0
    _open_hop: tuple[tuple[Dist, Dist, Dist], int, int, float, str] | None = None
    _started: list[Any] | None = None
    """The START after which nothing but choices have been emitted that do not look at the state."""

    # --- tables ---------------------------------------------------------------------------------------------------
    def place(self, name: str) -> int:
        """Random stream of a place in the design."""
        return self.places.setdefault(name, len(self.places))

    def counter(self, name: str) -> int:
        """A counter that goes round, such as that of round robin."""
        return self.turns(name, 1, 1)

    def turns(self, name: str, callers: int, stations: int) -> int:
        """First of the counters with which each of several callers goes round the same stations."""
        found = self.counters.get(name)
        if found is None:
            found = self.counters[name] = (self.counted, callers, stations)
            self.counted += callers
        return found[0]

    def dist(self, dist: Dist) -> int:
        """Row of a distribution."""
        found = self.dist_ids.get(dist)
        if found is None:
            found = self.dist_ids[dist] = len(self.dists)
            self.dists.extend(dist.rows())
        return found

    def weight(self, weight: float) -> int:
        """Row of a weight: a probability, what a request costs."""
        self.weights.append(weight)
        return len(self.weights) - 1

    def body(self, *labels: Label) -> int:
        """Row of the first of these bodies of a fork or a choice."""
        self.bodies.extend(labels)
        return len(self.bodies) - len(labels)

    def lane(self, delay_s: float) -> int:
        """Lane of a constant delay."""
        return self.lane_ids.setdefault((delay_s, False), len(self.lane_ids))

    def timer(self, timeout_s: float) -> int:
        """Lane of a timeout."""
        return self.lane_ids.setdefault((timeout_s, True), len(self.lane_ids))

    def selection(self, *columns: int) -> int:
        """Row of a way to choose a station; one counter for all callers unless their slot is given."""
        row = columns if len(columns) > op.SEL_FROM else (*columns, -1, 0)
        found = self.selection_ids.get(row)
        if found is None:
            found = self.selection_ids[row] = len(self.selections)
            self.selections.append(list(row))
        return found

    # --- operations -----------------------------------------------------------------------------------------------
    def emit(self, code: int, *operands: Any) -> int:
        """Adds an operation; gives its pc."""
        self.flush()
        return self._append(code, *operands)

    def start(self, *operands: int, again: bool) -> None:
        """Adds the START of a client; where it does not come `again`, a constant delay after it costs no event."""
        pc = self.emit(op.START, *operands, 0)
        if not again:
            self._started = self.rows[pc]

    def remember(self, *row: Any) -> None:
        """Adds an operation that takes no time, between a START and a delay that follows it."""
        started, self._started = self._started, None
        self.emit(*row)
        self._started = started

    def finish(self, code: int, *operands: Any, again: bool, note: int = -1, doubt: int = 0, taken: int = 0) -> None:
        """Adds the DONE or FAILED of a client, and its note; where it does not come `again`, a delay before it costs
        no event either."""
        delay = 0.0
        if not again and self._open_hop is None:
            delay, self._pending = self._pending, 0.0
        late = self.lane(delay) + 1 if delay > 0.0 else 0
        if note >= 0:
            self.emit(op.NOTE, note, -1, 0, late, doubt, taken)
        self.emit(code, *operands, late)

    def _append(self, code: int, *operands: Any) -> int:
        self._open_hop = None
        if code != op.PICK or self.selections[operands[0]][op.SEL_POLICY] not in op.BLIND:
            self._started = None
        self.rows.append([code, *operands])
        return len(self.rows) - 1

    def flush(self) -> None:
        """Emits the constant delay that has been collected, into the last hop where there is one."""
        delay, self._pending = self._pending, 0.0
        if delay <= 0.0:
            return
        if self._open_hop is not None:
            delays, start, end, before, name = self._open_hop
            self.rows.pop()
            self._append(op.HOP, self._hop_row(delays, before + delay, name), start, end)
        elif self._started is not None:
            self._started[START_DELAY] = self.lane(delay) + 1
            self._started = None
        else:
            self._append(op.DELAY, self.lane(delay))

    def here(self, label: Label) -> None:
        """Binds a label to the next operation."""
        self.flush()
        self._open_hop = self._started = None
        label.pc = len(self.rows)

    def wait(self, dist: Dist, name: str) -> None:
        """Time that passes: merged with its neighbours when constant."""
        if isinstance(dist, Const):
            self._pending += dist.value
        else:
            self.emit(op.WAIT, self.dist(dist), self.place(name))

    def hop(self, delays: tuple[Dist, Dist, Dist], start: int, end: int, name: str) -> None:
        """A network delay that depends on the zones of two chosen stations."""
        before, self._pending = self._pending, 0.0
        if before > 0.0 and not all(isinstance(d, Const) for d in delays):
            self._append(op.DELAY, self.lane(before))
            before = 0.0
        self._append(op.HOP, self._hop_row(delays, before, name), start, end)
        if all(isinstance(d, Const) for d in delays):
            self._open_hop = (delays, start, end, before, name)

    def _hop_row(self, delays: tuple[Dist, Dist, Dist], extra: float, name: str) -> int:
        lanes = [self.lane(d.value + extra) if isinstance(d, Const) else -1 - self.dist(d) for d in delays]
        row = (lanes[0], lanes[1], lanes[2], self.place(name))
        found = self.hop_ids.get(row)
        if found is None:
            found = self.hop_ids[row] = len(self.hops)
            self.hops.append(row)
        return found

    def later(self, block: Callable[[], None]) -> None:
        """Emits a block after the main path: landings of failures, bodies of calls."""
        self.cold.append(block)

    def drain(self) -> None:
        """Emits the blocks that were put off, and those that they put off."""
        while self.cold:
            self.cold.pop(0)()

    # --- stations -------------------------------------------------------------------------------------------------
    def pool(
        self,
        component: str,
        name: str,
        count: int,
        workers: int,
        *,
        bound: int | None = None,
        discipline: int = op.FIFO,
        copies: int = 1,
        zones: int = 1,
        regions: int = 1,
        patience: Dist | None = None,
    ) -> StationGroup:
        """Adds a group of alike stations."""
        group = StationGroup(component, name, len(self.groups), len(self.stations), count, workers, copies)
        self.groups.append(group)
        areas = zones * regions
        for i in range(count):
            area = i % areas
            row = np.zeros((), op.STATION)
            row["cap"] = workers
            row["bound"] = -1 if bound is None else bound
            row["disc"] = discipline
            row["pool"] = group.index
            row["patience"] = -1 if patience is None else self.dist(patience)
            row["place"] = self.place(f"{component}:{name}:patience") if patience is not None else 0
            row["zone"] = area
            row["region"] = area // zones
            row["head"] = row["tail"] = row["serving"] = row["levels"] = -1
            if count == 1 and name == "main":
                row["levels"] = self.levels
                self.levels += 1
            row["speed"] = 1.0
            self.stations.append(row)
        return group

    # --- the result -----------------------------------------------------------------------------------------------
    def code(self) -> np.ndarray:
        """All operations, with labels resolved: OPERATION."""
        table = np.zeros((len(self.rows), op.OPERATION_WIDTH), np.int32)
        for i, row in enumerate(self.rows):
            for j, value in enumerate(row):
                table[i, j] = value.pc if isinstance(value, Label) else value
        return table.view(op.OPERATION)[:, 0]

    def pack(self, tables: dict[str, Any]) -> Program:
        """The Program: this assembler's tables and those that the compiler gives."""
        own: dict[str, Any] = {
            "code": self.code(),
            "bodies": ints([body.pc for body in self.bodies]),
            "weights": floats(self.weights),
            "dist_kind": ints([row[0] for row in self.dists]),
            "dist": floats([row[1:] for row in self.dists], 3),
            "lanes": floats([delay for delay, _ in self.lane_ids]),
            "timers": ints([int(timer) for _, timer in self.lane_ids]),
            "select": ints(self.selections, op.SEL_WIDTH),
            "hops": ints(self.hops, 4),
            "stations": np.array(self.stations or [np.zeros((), op.STATION)], op.STATION),
        }
        return Program(**own, **tables)


def ints(rows: Any, width: int | None = None) -> op.I32:
    """An int32 table; never empty, so that a kernel may look at its shape."""
    table: op.I32 = _table(rows, width, np.int32)
    return table


def floats(rows: Any, width: int | None = None) -> op.F64:
    """A float64 table; never empty."""
    table: op.F64 = _table(rows, width, np.float64)
    return table


def _table(rows: Any, width: int | None, kind: Any) -> Any:
    if not len(rows):
        return np.zeros((0, width) if width else 1, kind)
    return np.array(rows, kind).reshape((-1, width) if width else -1)
