"""The results of a sweep as a Parquet file: one row for each run, one column for each metric.

Columns, in this order: `point` (counted from 0), one for each path that is varied (a number in base units, or text),
`case`, `seed`, `scale` (k of the scale model 1:k, 1 is exact), `partial` and `error` (why a run ended early or was
refused, else null), `rough` (the metrics that a scale model tells within a factor of k only), then every metric of any
run by its name, in base units, null where a run has none. The metadata of a column has its `unit`. The metadata of the
file has the key `loadcase`: JSON with `blueprint`, `engine`, `runs`, `done` and `partial`, which is true while runs are
missing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from loadcase.core.errors import UsageError
from loadcase.explore.axes import Axis, Point
from loadcase.explore.journal import Row, engine_version

Run = tuple[int, str, int, Row]
"""Number of the point, case, seed, and what was found."""


def check_table(path: Path) -> None:
    """Raises UsageError where no such file can be written, or without pyarrow, before anything is run."""
    if path.suffix.lower() != ".parquet":
        raise UsageError(f"--out names a Parquet file, got {path}", hint="for example --out sweep.parquet")
    if path.is_dir() or not path.parent.is_dir():
        raise UsageError(f"cannot write {path}", hint="name a file in a folder that exists")
    _pyarrow()


def write_table(
    path: Path,
    blueprint: str,
    axes: Sequence[Axis],
    points: Sequence[Point],
    runs: Sequence[Run],
    wanted: int,
    partial: bool,
) -> None:
    """Writes the runs, all of the file or nothing of it. Raises UsageError when that cannot be."""
    pa = _pyarrow()
    fields: list[Any] = [pa.field("point", pa.int64())]
    columns: list[list[Any]] = [[number for number, *_ in runs]]
    for i, axis in enumerate(axes):
        settings = [points[number][i] for number, *_ in runs]
        numeric = all(s.number is not None for point in points for s in (point[i],))
        values = [s.number if numeric else s.label for s in settings]
        whole = numeric and all(isinstance(point[i].value, int) for point in points)
        kind = pa.int64() if whole else pa.float64() if numeric else pa.string()
        fields.append(pa.field(axis.path, kind, metadata={"unit": axis.unit if numeric else "text"}))
        columns.append([int(v) if whole and v is not None else v for v in values])
    fields += [pa.field("case", pa.string()), pa.field("seed", pa.int64()), pa.field("scale", pa.int64())]
    columns += [[case for _, case, *_ in runs], [seed for *_, seed, _ in runs], [row["scale"] for *_, row in runs]]
    fields += [pa.field(name, pa.string()) for name in ("partial", "error")]
    columns += [[row[name] for *_, row in runs] for name in ("partial", "error")]
    fields.append(pa.field("rough", pa.list_(pa.string())))
    columns.append([sorted(row["rough"]) for *_, row in runs])
    found = [{**row["rough"], **row["metrics"]} for *_, row in runs]
    units = {name: told[1] for row in found for name, told in row.items()}
    for name, unit in sorted(units.items()):
        fields.append(pa.field(name, pa.float64(), metadata={"unit": unit}))
        columns.append([row[name][0] if name in row else None for row in found])
    told = {
        "blueprint": blueprint, "engine": engine_version(), "runs": wanted, "done": len(runs), "partial": partial,
    }  # fmt: skip
    schema = pa.schema(fields, metadata={"loadcase": json.dumps(told)})
    table = pa.Table.from_arrays([pa.array(c, f.type) for c, f in zip(columns, fields, strict=True)], schema=schema)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        pa.parquet.write_table(table, part)
        os.replace(part, path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        part.unlink(missing_ok=True)


def _pyarrow() -> Any:
    try:
        import pyarrow.parquet
    except ImportError:
        raise UsageError("Parquet needs pyarrow", hint="pip install 'loadcase[parquet]', or leave out --out") from None
    return pyarrow
