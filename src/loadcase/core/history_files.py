"""Histories in files: Parquet, and JSON Lines with one object for each row.

A file is material from elsewhere: whatever is wrong with it is told with the file, the row and the column, and nothing
is read that does not fit in memory. Parquet needs pyarrow, which is loaded when such a file is read or written.
"""

from __future__ import annotations

import json
import math
import os
import stat
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from loadcase.core.errors import HistoryError, LoadcaseError, UsageError, shorten, suggest
from loadcase.core.history import (
    ABSENT,
    BY_NAME,
    CODE,
    COLUMNS,
    EVENT_NAMES,
    IDS,
    LONGEST_NAMES,
    MOST_ROWS,
    NAMED,
    RECORD,
    Array,
    Column,
    History,
    Meta,
    missing,
    present,
)

LINES = (".jsonl", ".ndjson")
"""Endings of files of lines; any other is written as Parquet."""
MAGIC = b"PAR1"
META_KEY = b"loadcase"
LONGEST_LINE = 1 << 16
_TAKES = {
    "time": "a number of seconds",
    "event": "the name of an event",
    "number": "a number",
    "id": "a whole number from 0 or a text",
    "count": "a whole number from 0",
    "name": "a text",
}


def read_history(path: str | os.PathLike[str]) -> History:
    """Reads a history from Parquet or JSON Lines. Raises HistoryError, or UsageError without pyarrow."""
    file = os.fspath(path)
    try:
        if not stat.S_ISREG(os.stat(file).st_mode):
            raise HistoryError(
                f"cannot read {shorten(file, 200)}: it is no file", hint="pass a .parquet or .jsonl file"
            )
        with open(file, "rb") as stream:
            start = stream.read(len(MAGIC))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise HistoryError(
            f"cannot read {shorten(file, 200)}: {reason}", hint="pass a .parquet or .jsonl file"
        ) from None
    name = shorten(file, 200)
    if start == MAGIC:
        return _read_parquet(file, name)
    if file.lower().endswith((".parquet", ".pq")):
        raise HistoryError(f"{name} is no Parquet file: it does not start with PAR1", hint="was it cut off or renamed?")
    return _read_lines(file, name)


def check_target(path: str | os.PathLike[str]) -> None:
    """Raises UsageError where no history can be written to a file, before the work of making one."""
    file = Path(path)
    if file.is_dir() or not os.access(file.parent, os.W_OK):
        raise UsageError(
            f"cannot write {shorten(str(path), 200)}", hint="name a file in a folder that can be written to"
        )
    if file.suffix.lower() not in LINES:
        _arrow()


def write_history(history: History, path: str | os.PathLike[str]) -> None:
    """Writes a history: JSON Lines to a file that ends in .jsonl, Parquet to any other. Replaces what is there.

    Raises UsageError when it cannot be written, or without pyarrow.
    """
    file = Path(path)
    part = file.with_name(f"{file.name}.part")  # so that nobody finds half a file
    try:
        if file.suffix.lower() in LINES:
            with part.open("w", encoding="utf-8") as stream:
                stream.writelines(f"{json.dumps(row)}\n" for row in (history.meta.to_json(), *rows_of(history)))
        else:
            _write_parquet(history, part)
        os.replace(part, file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UsageError(f"cannot write {shorten(str(path), 200)}: {error.strerror or error}") from None


def of_rows(rows: Iterable[Mapping[str, Any]], meta: Meta | None = None) -> History:
    """A history from rows as JSON Lines have them. Raises HistoryError, which counts rows as lines."""
    lines = _Lines("the history")
    lines.take_meta((meta or Meta()).to_json())
    for row in rows:
        lines.line += 1
        lines.take(dict(row))
    return lines.history()


def rows_of(history: History) -> Iterator[dict[str, Any]]:
    """Each row as the object that a JSON Lines file has; what is absent is left out."""
    parts = []
    for column in COLUMNS:
        if column.name == "event" or not history.has(column.name):
            continue
        texts = history.names.get(column.name)
        values = history[column.name]
        listed = [texts[v] if v >= 0 else "" for v in values] if texts is not None else values.tolist()
        parts.append((column.name, present(values).tolist(), listed))
    for i, code in enumerate(history["event"].tolist()):
        found = {name: values[i] for name, there, values in parts if there[i]}
        yield {"time_s": found.pop("time_s"), "event": EVENT_NAMES[code], **found}


# --- JSON Lines -------------------------------------------------------------------------------------------------------
class _Lines:
    """Rows of one file as they are read: for each column the rows that have it, and what they have."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.line = 0
        self.first = 0
        self.rows = 0
        self.ended = False
        self.meta: dict[str, Any] = {}
        self.at: dict[str, list[int]] = defaultdict(list)
        self.values: dict[str, list[Any]] = defaultdict(list)

    def wrong(self, message: str, hint: str) -> HistoryError:
        return HistoryError(f"{self.name}:{self.line}: {message}", hint=hint)

    def take(self, row: Any) -> None:
        if not isinstance(row, dict):
            raise self.wrong(f"expected an object, got {shorten(repr(row))}", "one object for each row")
        if "loadcase_history" in row:
            self.take_meta(row)
            return
        if self.ended:
            raise self.wrong("a row after the closing metadata", "metadata are the first or the last line")
        if not self.rows:
            self.first = self.line
        for name in ("time_s", "event"):
            if name not in row:
                raise self.wrong(f"{name} is missing", "every row has time_s and event")
        for name, value in row.items():
            if value is None:
                continue
            check = _FITS.get(name)
            if check is None or not check(value):
                raise self.misfit(name, value)
            self.at[name].append(self.rows)
            self.values[name].append(value)
        self.rows += 1
        if self.rows > MOST_ROWS:
            raise self.wrong(f"more than {MOST_ROWS:,} rows", "record a sample of the keys, or cut it in two")

    def misfit(self, name: str, value: Any) -> HistoryError:
        column = BY_NAME.get(name)
        if column is None:
            hint = suggest(name, BY_NAME) or f"columns: {', '.join(BY_NAME)}"
            return self.wrong(f"unknown column {shorten(name)!r}", hint)
        if column.holds == "event" and isinstance(value, str):
            hint = suggest(value, CODE) or f"events: {', '.join(CODE)}"
            return self.wrong(f"unknown event {shorten(value)!r}", hint)
        return self.wrong(f"{name} is {shorten(repr(value))}", f"{name} is {_TAKES[column.holds]}")

    def take_meta(self, row: dict[str, Any]) -> None:
        try:
            Meta.of_json(row)
        except LoadcaseError as error:
            raise self.wrong(error.message, error.hint) from None
        self.meta.update(row)
        self.ended = self.rows > 0

    def history(self) -> History:
        if not self.rows:
            raise HistoryError(f"{self.name} has no rows", hint="one JSON object on each line, as the docs show")
        columns: dict[str, Array] = {}
        names: dict[str, list[str]] = {}
        for name, values in self.values.items():
            if name == "event":
                values = [CODE[v] for v in values]
            elif name in NAMED or (name in IDS and any(isinstance(v, str) for v in values)):
                found = {text: i for i, text in enumerate(dict.fromkeys(map(str, values)))}
                values, names[name] = [found[str(v)] for v in values], list(found)
                _check_names(self.name, name, len(found))
            columns[name] = np.full(self.rows, missing(name))
            columns[name][self.at[name]] = values
        meta = Meta.of_json({"loadcase_history": 1, **self.meta})
        return History(columns, names, meta, file=self.name, first_line=self.first)


def fits(name: str, value: Any) -> bool:
    """Whether a value may stand in a column."""
    return _FITS[name](value)


def _fit(column: Column) -> Callable[[Any], bool]:
    """What tells whether a value may stand in a column; made once, for it is asked for every value."""
    most = np.iinfo(column.type).max if column.holds in ("id", "count") else 0

    def whole(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most

    def text(value: Any) -> bool:  # half of a pair of surrogates could be read, and never be written
        return isinstance(value, str) and (value.isascii() or value.encode("utf-8", "replace").decode() == value)

    def number(value: Any) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300

    match column.holds:
        case "event":
            return lambda value: isinstance(value, str) and value in CODE
        case "time" | "number":
            return number
        case "count":
            return whole
        case "name":
            return text
        case "id":
            return lambda value: whole(value) or text(value)


_FITS = {column.name: _fit(column) for column in COLUMNS}


def _read_lines(file: str, name: str) -> History:
    lines = _Lines(name)
    decode = json.JSONDecoder(parse_constant=_no_number).decode
    with open(file, "rb") as stream:
        while content := stream.readline(LONGEST_LINE + 1):
            lines.line += 1
            if len(content) > LONGEST_LINE:
                raise lines.wrong(f"the line is longer than {LONGEST_LINE >> 10} KiB", "one row on each line")
            if not content.strip() and not stream.peek(1):
                break
            try:
                row = decode(content.decode("utf-8").strip())
            except (ValueError, RecursionError) as error:
                cut = not content.endswith(b"\n")
                hint = (
                    "it was cut off: take the line out, what is before it is whole" if cut else "one JSON object a line"
                )
                raise lines.wrong(f"no JSON object: {shorten(str(error), 120)}", hint) from None
            lines.take(row)
    return lines.history()


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is not a number")


# --- Parquet ----------------------------------------------------------------------------------------------------------
def _arrow() -> Any:
    try:
        import pyarrow.parquet
    except ImportError:
        raise UsageError(
            "Parquet needs pyarrow", hint="pip install 'loadcase[parquet]', or use a .jsonl file"
        ) from None
    return pyarrow


def _read_parquet(file: str, name: str) -> History:
    pa = _arrow()
    broken = (pa.ArrowException, OSError, ValueError, TypeError, KeyError, OverflowError, MemoryError)
    try:
        source = pa.parquet.ParquetFile(file)
        count, schema = source.metadata.num_rows, source.schema_arrow
    except broken as error:
        raise HistoryError(f"{name} cannot be read as Parquet: {_said(error)}", hint="was it cut off?") from None
    if count > MOST_ROWS:
        raise HistoryError(f"{name} has {count:,} rows; at most {MOST_ROWS:,} are read",
                           hint="record a sample of the keys, or cut it in two")  # fmt: skip
    meta = _parquet_meta(schema.metadata, name)
    columns: dict[str, Array] = {}
    names: dict[str, list[str]] = {}
    for column in dict.fromkeys(schema.names):
        if column not in BY_NAME:
            hint = suggest(column, BY_NAME) or f"columns: {', '.join(BY_NAME)}"
            raise HistoryError(f"{name}: unknown column {shorten(column)!r}", hint=hint)
        try:
            values = source.read(columns=[column]).column(column).combine_chunks()
            values.validate(full=True)  # a corrupt file may index texts that it does not have
            columns[column] = _column(pa, values, column, name, names)
        except HistoryError:
            raise
        except broken as error:
            raise HistoryError(
                f"{name}: column {column} cannot be read: {_said(error)}", hint="was it cut off?"
            ) from None
    if not count:
        raise HistoryError(f"{name} has no rows", hint="a history has a row for each thing that happened")
    return History(columns, names, meta, file=name)


def _parquet_meta(raw: dict[bytes, bytes] | None, name: str) -> Meta:
    if not raw or META_KEY not in raw:
        return Meta()
    try:
        return Meta.of_json(json.loads(raw[META_KEY]))
    except LoadcaseError as error:
        raise HistoryError(f"{name}: {error.message}", hint=error.hint) from None
    except (ValueError, RecursionError):
        raise HistoryError(f"{name}: the metadata under 'loadcase' are no JSON", hint="as the docs show") from None


def _column(pa: Any, values: Any, column: str, name: str, names: dict[str, list[str]]) -> Array:
    """One column as a history keeps it; texts go into the names."""
    import pyarrow.compute as pc

    types, holds = pa.types, BY_NAME[column].holds
    kind = values.type
    if types.is_null(kind):
        return np.full(len(values), missing(column))
    inner = kind.value_type if types.is_dictionary(kind) else kind
    textual = types.is_string(inner) or types.is_large_string(inner)
    if textual and holds in ("name", "id", "event"):
        coded = values if types.is_dictionary(kind) else values.dictionary_encode()
        texts = coded.dictionary.to_pylist()
        codes = np.asarray(pc.fill_null(coded.indices.cast(pa.int64()), ABSENT))
        if None in texts or len(set(texts)) < len(texts):
            return _column(pa, values.cast(inner), column, name, names)
        if holds == "event":
            return _events(codes, texts, name)
        if holds == "name":
            _check_names(name, column, len(texts))
        names[column] = texts
        return codes.astype(RECORD[column])
    if holds in ("id", "count") and types.is_integer(kind):
        wide = np.asarray(pc.fill_null(values.cast(pa.int64()), ABSENT))
        negative = pc.sum(pc.less(values, 0)).as_py() if types.is_signed_integer(kind) else 0
        if negative or (wide.size and wide.max() > np.iinfo(RECORD[column]).max):
            row = int(
                np.argmax(np.asarray(pc.fill_null(pc.less(values, 0), False)) | (wide > np.iinfo(RECORD[column]).max))
            )
            raise HistoryError(f"{name}: row {row + 1}: {column} is {wide[row]}", hint=f"{column} is {_TAKES[holds]}")
        return wide.astype(RECORD[column])
    if holds in ("time", "number") and (types.is_floating(kind) or types.is_integer(kind)):
        return np.asarray(pc.fill_null(values.cast(pa.float64()), math.nan))
    raise HistoryError(f"{name}: column {column} is of type {kind}", hint=f"{column} is {_TAKES[holds]}")


def _events(codes: Array, texts: list[str], name: str) -> Array:
    known = np.array([CODE.get(text, ABSENT) for text in texts] + [ABSENT])
    found = known[codes]
    if found.size and found.min() < 0:
        row = int(np.argmin(found))
        said = f"unknown event {shorten(texts[codes[row]])!r}" if codes[row] >= 0 else "event is missing"
        hint = suggest(texts[codes[row]], CODE) if codes[row] >= 0 else ""
        raise HistoryError(f"{name}: row {row + 1}: {said}", hint=hint or f"events: {', '.join(CODE)}")
    return found.astype(RECORD["event"])


def _check_names(file: str, column: str, count: int) -> None:
    if count > LONGEST_NAMES:
        said = f"{file}: {column} has {count:,} different names; at most {LONGEST_NAMES:,}"
        raise HistoryError(said, hint="what there are many of goes into operation, key, receiver or session")


def _said(error: BaseException) -> str:
    return shorten(str(error) or type(error).__name__, 160)


def _write_parquet(history: History, path: Path) -> None:
    pa = _arrow()
    arrays, labels = [], []
    for column in COLUMNS:
        if column.name not in ("time_s", "event") and not history.has(column.name):
            continue
        values = history[column.name]
        texts = EVENT_NAMES if column.name == "event" else history.names.get(column.name)
        nothing = None if column.name in ("time_s", "event") else ~present(values)
        if texts is None:
            arrays.append(pa.array(values, mask=nothing))
        else:
            index = pa.array(values.astype(np.int32 if column.holds == "id" else np.int16), mask=nothing)
            arrays.append(pa.DictionaryArray.from_arrays(index, pa.array(texts, pa.string())))
        labels.append(column.name)
    told = {META_KEY: json.dumps(history.meta.to_json()).encode()}
    pa.parquet.write_table(pa.table(arrays, names=labels).replace_schema_metadata(told), path)
