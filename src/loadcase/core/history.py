"""The history: what happened to each logical operation, as flat columns with one row per thing, in time order.

A run writes it, and so may a real system; the checkers read nothing else. Terms are Jepsen's where it has them (invoke,
ok, fail, info; https://github.com/jepsen-io/history). `COLUMNS` and `EVENTS` are the whole format: the documentation,
the files, the recorder and the record that a compiled kernel writes (`RECORD`) follow from them.

In memory names are whole numbers that index `History.names`, and what is absent is -1 (numbers: NaN).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from loadcase.core.errors import HistoryError, shorten, suggest

Array = NDArray[Any]
ABSENT = -1
MOST_ROWS = 50_000_000
"""Rows that are read: about 5 GB in memory. A longer history is sampled by key, or cut in two."""
TAKEN = "taken"
"""Detail of a failure: what was claimed is another operation's."""
LONGEST_NAMES = 32_767


@dataclass(frozen=True)
class Column:
    """One column: how it is kept, and what it says.

    `holds`: `time` seconds on the history's one clock, `number`, `id` a whole number from 0 or a text, `count` a whole
    number from 0, `name` a text of which there are few.
    """

    name: str
    holds: Literal["time", "event", "number", "id", "count", "name"]
    type: str
    meaning: str


COLUMNS: tuple[Column, ...] = (
    Column("time_s", "time", "f8", "When it happened, in seconds on one clock; rows are in this order."),
    Column("event", "event", "i1", "What happened: one of the events below."),
    Column("flow", "name", "i2", "The flow; of a message the flow that has to deliver it."),
    Column("operation", "id", "i8", "The logical operation, unique in the history whatever the attempts. A message and "
           "an effect carry the operation that they come from."),
    Column("attempt", "count", "i4", "Which attempt of the operation, from 1."),
    Column("step", "count", "i4", "Tells effects, or messages, of one operation apart where it makes several alike."),
    Column("component", "name", "i2", "Where it happened; of a fault what it acts on."),
    Column("place", "count", "i4", "Replica, shard or partition of the component."),
    Column("entity", "name", "i2", "What is written, read or claimed: a table, a topic of data."),
    Column("key", "id", "i8", "Which one of the entity; of a message what its order is kept by."),
    Column("version", "count", "i8", "Of an effect or a message: its number in the order that the server gave, from 1 "
           "up for each key: a sequence number, an offset, a row version."),
    Column("base", "count", "i8", "The version that was read: of a read, or before an update. 0 is nothing yet."),
    Column("receiver", "id", "i8", "Who gets the message."),
    Column("session", "id", "i8", "The client's session; on its operation's invoke, or on a row of its own."),
    Column("value", "number", "f8", "Amount that a commit adds; content of a final row; seconds that a claim lasts."),
    Column("began_s", "number", "f8", "When a read or write was asked for; else its operation's invoke counts."),
    Column("clock_s", "number", "f8", "The same moment by the client's own clock, which may be wrong."),
    Column("detail", "name", "i2", "Name of a fault; reason of a failure."),
)  # fmt: skip
BY_NAME = {column.name: column for column in COLUMNS}
RECORD = np.dtype([(column.name, column.type) for column in COLUMNS])
"""One row as a record of fixed width, for writers that fill rows."""
NAMED = tuple(c.name for c in COLUMNS if c.holds == "name")
IDS = tuple(c.name for c in COLUMNS if c.holds == "id")


@dataclass(frozen=True)
class Event:
    """One kind of row: its name, the columns that it must have, what it says, and other columns that matter to it."""

    name: str
    required: tuple[str, ...]
    meaning: str
    used: tuple[str, ...] = ()


EVENTS: tuple[Event, ...] = (
    Event("invoke", ("flow", "operation"), "A client sends an operation; with an attempt above 1, sends it again.",
          ("session", "clock_s", "attempt")),
    Event("ok", ("operation",), "The client has its acknowledgement. With an entity: that an effect on it is stored; "
          "one row for each entity, the first being the answer.", ("entity", "detail")),
    Event("fail", ("operation",), "The client is told that it did not work; with `taken` in `detail` that another one "
          "holds what it claimed, which is an answer.", ("detail",)),
    Event("info", ("operation",), "The client gives up and cannot know: the operation may yet take effect.",
          ("detail",)),
    Event("commit", ("entity", "operation"), "An effect on a key takes place, whether or not anybody waits for it.",
          ("key", "version", "base", "value", "component", "place", "attempt", "step", "session", "began_s")),
    Event("revert", ("entity", "operation"), "A committed effect is undone, by a failover or a crash. It names the "
          "operation, key and step of the commit.", ("key", "step", "component", "place")),
    Event("publish", ("flow", "operation"), "A message that this flow has to deliver is accepted; one row for each "
          "such flow, and for each receiver if they are known.", ("key", "version", "receiver", "step", "component")),
    Event("deliver", ("flow", "operation"), "The message reaches a receiver.",
          ("key", "version", "receiver", "step", "component", "attempt", "clock_s")),
    Event("read", ("entity", "key"), "A version of a key is read; the row stands at the answer.",
          ("base", "operation", "session", "component", "place", "began_s")),
    Event("apply", ("entity", "key", "version"), "A copy has a version of a key, whether or not it is committed.",
          ("operation", "component", "place")),
    Event("answer", ("entity", "key", "operation"), "The answer of a copy to a read that still waits for it; the copy "
          "was looked at at `began_s`.", ("base", "component", "place", "began_s", "attempt")),
    Event("claim", ("entity", "key", "operation"), "A key is promised to an operation alone, until it releases it or "
          "for `value` seconds.", ("value", "component", "place")),
    Event("release", ("entity", "key", "operation"), "The claim of this operation ends."),
    Event("grant", ("entity", "key", "operation"), "A permission is given.", ("component",)),
    Event("revoke", ("entity", "key", "operation"), "A permission is taken away.", ("component",)),
    Event("allow", ("entity", "key"), "An action under the permission is let through.",
          ("operation", "component", "place", "began_s")),
    Event("fault_start", ("detail",), "A fault begins; `operation` numbers it where several have one name.",
          ("component", "place", "operation")),
    Event("fault_end", ("detail",), "It ends.", ("component", "place", "operation")),
    Event("final", ("entity",), "What is stored at the end: with an operation one effect, without one the content of a "
          "key.", ("operation", "key", "step", "version", "value")),
)  # fmt: skip
EVENT_NAMES = tuple(event.name for event in EVENTS)
CODE = {name: code for code, name in enumerate(EVENT_NAMES)}


@dataclass(frozen=True)
class Sample:
    """Which keys a history has: those whose hash falls under a share of its range. `hash` names the function."""

    share: float
    hash: str = ""


@dataclass(frozen=True)
class Meta:
    """What a history says of itself. All of it may be left out; what is not known is never taken for granted.

    `drained`: it goes on until nothing was under way any more. `writes`: flow to entities, each acknowledged operation
    of the flow promises an effect on them. `delivers`: flow to entities, each effect on them is to be delivered by the
    flow. `finals`: entities whose final rows are all that is stored, even if there are none.
    """

    blueprint: str = ""
    case: str = ""
    seed: int | None = None
    drained: bool | None = None
    sample: Sample | None = None
    writes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    delivers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    finals: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As files have it: what is left out is not there."""
        found: dict[str, Any] = {"loadcase_history": 1}
        for part in fields(self):
            value = getattr(self, part.name)
            if value is None or value == part.default or value in ({}, ()):
                continue
            if isinstance(value, Sample):
                value = {"share": value.share, **({"hash": value.hash} if value.hash else {})}
            elif isinstance(value, Mapping):
                value = {name: list(names) for name, names in value.items()}
            found[part.name] = list(value) if isinstance(value, tuple) else value
        return found

    @classmethod
    def of_json(cls, raw: Any) -> Meta:
        """From what a file has. Raises HistoryError."""
        if not isinstance(raw, Mapping) or raw.get("loadcase_history") != 1:
            raise HistoryError("the metadata do not say `loadcase_history: 1`", hint="write it first, as the docs show")
        known = {part.name for part in fields(cls)}
        for name in raw:
            if name not in known and name != "loadcase_history":
                raise HistoryError(f"unknown metadata {shorten(str(name))!r}", hint=suggest(str(name), known))
        try:
            return cls(**{name: _meta_value(name, raw[name]) for name in known & set(raw)})
        except (TypeError, ValueError):
            hint = 'for example {"loadcase_history": 1, "drained": true, "writes": {"send": ["message"]}}'
            raise HistoryError("the metadata have a value of another type than the docs say", hint=hint) from None


def _meta_value(name: str, value: Any) -> Any:
    match name:
        case "blueprint" | "case" if isinstance(value, str):
            return value
        case "seed" if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        case "drained" if value is None or isinstance(value, bool):
            return value
        case "sample" if value is None:
            return None
        case "sample" if isinstance(value, Mapping) and set(value) <= {"share", "hash"}:
            share = float(value["share"]) if "share" in value else 0.0
            if not 0.0 < share <= 1.0 or not isinstance(value.get("hash", ""), str):
                raise ValueError
            return Sample(share, value.get("hash", ""))
        case "finals":
            return _texts(value)
        case "writes" | "delivers" if isinstance(value, Mapping):
            return {flow: _texts(names) for flow, names in value.items()}
    raise ValueError


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str) or not all(isinstance(v, str) for v in value):
        raise ValueError
    return tuple(value)


class Columns(Mapping[str, Array]):
    """Columns that are made when they are first asked for, by name."""

    def __init__(self, makers: Mapping[str, Callable[[], Array]]) -> None:
        self._makers = makers
        self._made: dict[str, Array] = {}

    def __getitem__(self, name: str) -> Array:
        if name not in self._made:
            self._made[name] = np.ascontiguousarray(self._makers[name](), RECORD[name])
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


class History:
    """Columns of one length, in time order, with the names that they index and what the history says of itself.

    `columns`: by name, of the types in `RECORD`; those left out are absent throughout. `names`: for each column of
    names the texts that its numbers index; for an id column the texts if its ids are texts.
    Raises HistoryError when the columns do not make a history; `file` and `first_line` are for its messages.
    """

    def __init__(
        self,
        columns: Mapping[str, Array],
        names: Mapping[str, Sequence[str]] | None = None,
        meta: Meta | None = None,
        *,
        file: str = "the history",
        first_line: int = 0,
    ) -> None:
        self.file = file
        self.first_line = first_line
        self.meta = meta or Meta()
        self.names = {name: tuple(texts) for name, texts in (names or {}).items()}
        for name in columns:
            if name not in BY_NAME:
                raise HistoryError(f"{file}: unknown column {shorten(name)!r}", hint=suggest(name, BY_NAME) or _KNOWN)
        for name in ("time_s", "event"):
            if name not in columns:
                raise HistoryError(f"{file}: column {name!r} is missing", hint="every row has time_s and event")
        lengths = {len(column) for column in columns.values()}
        if len(lengths) > 1:
            raise HistoryError(f"{file}: the columns have different lengths", hint="one entry for each row")
        self.rows = lengths.pop()
        self._columns: Mapping[str, Array] = {n: np.ascontiguousarray(c, RECORD[n]) for n, c in columns.items()}
        self.check()

    @classmethod
    def of_records(
        cls, records: Array, names: Mapping[str, Sequence[str]] | None = None, meta: Meta | None = None
    ) -> History:
        """From an array of `RECORD`, as a kernel writes it."""
        return cls({name: records[name] for name in RECORD.names or ()}, names, meta)

    @classmethod
    def of_run(
        cls, columns: Columns, rows: int, names: Mapping[str, Sequence[str]], meta: Meta, *, file: str
    ) -> History:
        """From columns that are made when they are asked for, of a writer that is known to make a history."""
        found = object.__new__(cls)
        found.file, found.first_line, found.meta, found.rows = file, 0, meta, rows
        found.names = {name: tuple(texts) for name, texts in names.items()}
        found._columns = columns
        return found

    def __getitem__(self, name: str) -> Array:
        """A column; one that was left out is absent in every row."""
        found = self._columns.get(name)
        return found if found is not None else np.broadcast_to(missing(name), self.rows)

    def has(self, name: str) -> bool:
        """Whether any row has something in this column."""
        column = self._columns.get(name)
        return column is not None and bool(present(column).any())

    def text(self, name: str, row: int) -> str:
        """What a row has in a column, as people read it; empty when it has nothing."""
        value = self[name][row]
        if name == "event":
            return EVENT_NAMES[int(value)]
        return "" if not present(value) else self.shown(name, value)

    def shown(self, name: str, value: Any) -> str:
        """A value of a column as people read it."""
        texts = self.names.get(name)
        return texts[int(value)] if texts is not None else f"{value:.9g}" if isinstance(value, float) else f"{value}"

    def code(self, name: str, text: str) -> int:
        """The number of a name in a column; -2, which no row has, when there is none such."""
        texts = self.names.get(name, ())
        return texts.index(text) if text in texts else -2

    @cached_property
    def flows(self) -> list[str]:
        """Flows that occur, in alphabetical order."""
        return sorted({*self._seen("flow"), *self.meta.writes, *self.meta.delivers})

    @cached_property
    def entities(self) -> list[str]:
        """Entities that occur, in alphabetical order."""
        declared = [name for names in (*self.meta.writes.values(), *self.meta.delivers.values()) for name in names]
        return sorted({*self._seen("entity"), *declared, *self.meta.finals})

    def _seen(self, name: str) -> set[str]:
        column = self[name]
        used = np.bincount(column[column >= 0]) if self.has(name) else ()
        return {text for text, count in zip(self.names.get(name, ()), used, strict=False) if count}

    def place(self, row: int) -> str:
        """Where a row stands, for messages: its line in a file of lines, else its number from 1."""
        return f"{self.file}:{row + self.first_line}" if self.first_line else f"{self.file}: row {row + 1}"

    def saying(self, **meta: Any) -> History:
        """The same rows with other metadata."""
        found = object.__new__(History)
        found.__dict__.update({k: v for k, v in self.__dict__.items() if k not in ("flows", "entities")})
        found.meta = replace(self.meta, **meta)
        return found

    # --- what makes a history -----------------------------------------------------------------------------------------
    def check(self) -> None:
        """Raises HistoryError when the columns do not make a history."""
        event, time_s = self["event"], self["time_s"]
        self._refuse((event < 0) | (event >= len(EVENTS)), "event", "is no event", f"events: {', '.join(EVENT_NAMES)}")
        self._refuse(~np.isfinite(time_s), "time_s", "is not a time", "seconds, in every row")
        if self.rows > 1:
            late = np.concatenate([[False], time_s[1:] < time_s[:-1]])
            self._refuse(late, "time_s", "is before that of the row above", "sort the rows by time_s")
        for name in self._columns.keys() - {"event", "time_s"}:
            column, kind = self._columns[name], BY_NAME[name].holds
            if kind == "number":
                self._refuse(np.isinf(column), name, "is infinite", "leave it out where there is none")
                continue
            self._refuse(column < ABSENT, name, "is below 0", "leave it out where there is none")
            if kind == "name" or name in self.names:
                most = len(self.names.get(name, ()))
                self._refuse(column >= most, name, "has no name", f"names of {name}: {most}")
        if "began_s" in self._columns:
            with np.errstate(invalid="ignore"):
                early = self["began_s"] > time_s
            self._refuse(early, "began_s", "is after time_s", "a thing begins before it is done")
        self._check_required(event)

    def _check_required(self, event: Array) -> None:
        for name in {column for e in EVENTS for column in e.required}:
            needs = np.array([name in e.required for e in EVENTS])
            wrong = needs[event]
            if name in self._columns:
                wrong &= self._columns[name] < 0
            row = _first(wrong)
            if row is not None:
                told = f"{self.place(row)}: {EVENT_NAMES[event[row]]!r} has no {name}"
                raise HistoryError(told, hint=f"{EVENT_NAMES[event[row]]} needs {_listed(EVENTS[event[row]].required)}")

    def _refuse(self, wrong: Array, name: str, what: str, hint: str) -> None:
        row = _first(wrong)
        if row is not None:
            value = self._columns[name][row]
            raise HistoryError(f"{self.place(row)}: {name} {value:g} {what}", hint=hint)


_KNOWN = f"columns: {', '.join(BY_NAME)}"


def missing(name: str) -> Any:
    """What stands in a column where there is nothing."""
    return np.array(np.nan if RECORD[name].kind == "f" else ABSENT, RECORD[name])[()]


def present(column: Any) -> Any:
    """Where a column has something."""
    return ~np.isnan(column) if column.dtype.kind == "f" else column >= 0


def _first(wrong: Array) -> int | None:
    """The first row that is wrong."""
    row = int(np.argmax(wrong)) if wrong.size else 0
    return row if wrong.size and wrong[row] else None


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
