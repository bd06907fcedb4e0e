"""Sweeps and comparisons: tables for people, JSON for programs."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from loadcase.core.results import Outcome
from loadcase.core.values import show
from loadcase.explore.sweep import At, SweepResult
from loadcase.report.shapes import number
from loadcase.report.text import STYLES, box_of, symbols_of

CELL = 10
"""Columns of the terminal that a metric takes at least, and a frame beside it."""


def print_sweep(result: SweepResult, out: Console) -> None:
    """A row for each point and case: its values, the verdict, and the metrics that tell the points apart."""
    symbols = symbols_of(out)
    several = len({at.case for at in result.found}) > 1
    paths = _short([axis.path for axis in result.axes])
    asked = list(dict.fromkeys(name for at in result.found for name in at.values))
    columns = [[path, *(at.settings[i].label for at in result.found)] for i, path in enumerate(paths)]
    columns += [["case", *(at.case for at in result.found)]] if several else []
    taken = sum(max(map(len, column)) + 3 for column in columns) + CELL + 4 + sum(map(_width, asked))
    metrics, left = _telling(result, out.width - taken)
    table = Table(box=box_of(out), title=f"{result.blueprint}, {result.points} point{'s'[: result.points != 1]}")
    for path in paths:
        table.add_column(Text(path), justify="right", overflow="fold")
    if several:
        table.add_column("case")
    table.add_column("verdict")
    for name in [*metrics, *asked]:
        table.add_column(Text(name), justify="right", overflow="fold")
    for at in result.found:
        by_name = {o.metric: o for o in at.guarantees}
        cells = [Text(setting.label) for setting in at.settings]
        cells += [Text(at.case)] if several else []
        cells.append(Text(f"{symbols[at.verdict]} {at.verdict}", STYLES[at.verdict]))
        cells += [_outcome(by_name.get(name), symbols) for name in metrics]
        cells += [Text(_told(at, name)) for name in asked]
        table.add_row(*cells)
    out.print(table)
    if left:
        out.print(Text(f"not shown: {', '.join(left)}; --show METRIC, or all of them with --format json", "dim"))
    for at in result.found:
        where = f"{', '.join(map(str, at.settings))}, {at.case}"
        if at.error:
            out.print(Text(f"{symbols['unknown']} {where} was refused: {at.error}", "yellow"))
        elif at.partial:
            out.print(Text(f"{symbols['unknown']} {where} is partial: {at.partial}", "yellow"))
    for note in result.notes:
        out.print(Text(note, "dim"))
    if result.interrupted:
        more = "; the same command goes on from here" if result.file else ""
        said = f"interrupted: these are partial results, {result.done:,} of {result.runs:,} runs{more}"
        out.print(Text(said, "yellow"))
    scales = sorted({at.scale for at in result.found if at.scale > 1})
    how = f"{result.done:,} run{'s'[: result.done != 1]}"
    how += f", {result.before:,} of them done before" if result.before else ""
    how += f", {result.wall_s:.0f} s"
    how += f"; scale model {', '.join(f'1:{k}' for k in scales)} (--exact forbids it)" if scales else ""
    out.print(Text(f"{result.blueprint}: {how}", "dim"))
    if result.file:
        out.print(Text(f"wrote {result.file}", "dim"))


def _short(paths: list[str]) -> list[str]:
    """The last two parts of each path, or all of it where that does not tell them apart."""
    short = [".".join(p.split(".")[-2:]) for p in paths]
    return short if len(set(short)) == len(short) else paths


def _telling(result: SweepResult, room: int) -> tuple[list[str], list[str]]:
    """Metrics of the contract for which so many columns of the terminal are enough, in its order; and the others.

    First those that do not hold somewhere, then those that vary most from point to point.
    """
    values: dict[str, list[Outcome]] = {}
    for at in result.found:
        for outcome in at.guarantees:
            values.setdefault(outcome.metric, []).append(outcome)

    def weight(name: str) -> tuple[bool, float]:
        known = [o.value for o in values[name] if o.value is not None]
        spread = (max(known) - min(known)) / (abs(max(known)) + abs(min(known)) or 1.0) if known else 0.0
        return any(o.verdict != "holds" for o in values[name]), spread

    best: list[str] = []
    for name in sorted(values, key=weight, reverse=True):
        room -= _width(name)
        if room >= 0:
            best.append(name)
    return [name for name in values if name in best], [name for name in values if name not in best]


def _width(name: str) -> int:
    return max(len(name), CELL) + 3


def _outcome(outcome: Outcome | None, symbols: dict[str, str]) -> Text:
    if outcome is None:
        return Text("")
    value = "not observed" if outcome.value is None else show(outcome.value, outcome.unit).removesuffix("/month")
    return Text(f"{symbols[outcome.verdict]} {'~' if outcome.rough else ''}{value}", STYLES[outcome.verdict])


def _told(at: At, name: str) -> str:
    if name not in at.values:
        return ""
    value, _, _, unit = at.values[name]
    return show(value, unit)


def sweep_json(result: SweepResult) -> dict[str, Any]:
    """`sweep --format json`."""
    return {
        "blueprint": result.blueprint,
        "partial": result.interrupted,
        "runs": result.runs,
        "done": result.done,
        "before": result.before,
        "wall_s": round(result.wall_s, 3),
        "file": None if result.file is None else str(result.file),
        "notes": list(result.notes),
        "axes": [
            {
                "path": axis.path,
                "unit": axis.unit,
                "low": None if axis.spread is None else axis.spread.low,
                "high": None if axis.spread is None else axis.spread.high,
                "log": axis.spread is not None and axis.spread.log,
            }
            for axis in result.axes
        ],
        "points": [
            {
                "point": at.point,
                "values": {s.path: s.label if s.number is None else s.number for s in at.settings},
                "case": at.case,
                "seeds": list(at.seeds),
                "scale": at.scale,
                "verdict": at.verdict,
                "partial": at.partial,
                "error": at.error,
                "guarantees": [outcome_json(o) for o in at.guarantees],
                "metrics": {
                    name: {"value": number(value), "low": number(low), "high": number(high), "unit": unit}
                    for name, (value, low, high, unit) in at.values.items()
                },
            }
            for at in result.found
        ],
    }


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """A guarantee in short: without the evidence."""
    return {
        "guarantee": outcome.guarantee,
        "metric": outcome.metric,
        "value": number(outcome.value),
        "low": number(outcome.low),
        "high": number(outcome.high),
        "unit": outcome.unit,
        "verdict": outcome.verdict,
    }
