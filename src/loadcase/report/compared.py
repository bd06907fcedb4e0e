"""Comparisons of two designs: tables for people, JSON for programs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from loadcase.core.results import CaseVerdict, Outcome
from loadcase.core.values import digits, show
from loadcase.explore.compare import CaseComparison, Comparison, Difference
from loadcase.explore.flips import Curve, Flipped
from loadcase.report.explored import outcome_json
from loadcase.report.shapes import number
from loadcase.report.text import STYLES, box_of, symbols_of

WIDTH = 56
"""Letters of a line along which the better choice changes."""
MARKS = {"a": "█", "b": "░", "same": "=", "neither": "x", "unknown": "?"}
PLAIN = {**MARKS, "a": "#", "b": "."}


def print_comparison(result: Comparison, out: Console) -> None:
    """For each case what both designs have of each metric, and the difference with its interval."""
    one, other = result.names
    symbols = symbols_of(out)
    for case in result.cases:
        scale = f", scale model 1:{case.scale}" if case.scale > 1 else ""
        title = f"{case.case}, {len(case.seeds)} seed{'s'[: len(case.seeds) != 1]}{scale}"
        table = Table(box=box_of(out), title=title)
        table.add_column("metric", overflow="fold")
        for heading in (one, other, "difference", "within", "seeds"):
            table.add_column(Text(heading), justify="right", overflow="fold")
        outcomes = [{o.metric: o for o in verdict.guarantees} for verdict in (case.a, case.b)]
        for found in case.differences:
            table.add_row(
                Text(("~" if found.rough else "") + found.metric),
                _value(found.a, found.unit, outcomes[0].get(found.metric), symbols),
                _value(found.b, found.unit, outcomes[1].get(found.metric), symbols),
                Text("" if found.difference is None else signed(found.difference, found.unit)),
                Text(_interval(found)),
                Text("" if found.gain is None else f"{digits(found.gain, 2)}x"),
            )
        table.add_section()
        cells = [Text(f"{symbols[v.verdict]} {v.verdict}", STYLES[v.verdict]) for v in (case.a, case.b)]
        table.add_row("contract", *cells, "", "", "")
        out.print(table)
        for name, verdict in ((one, case.a), (other, case.b)):
            _print_reasons(name, verdict, symbols, out)
    if result.interrupted:
        out.print(Text("interrupted: these are partial results", "yellow"))
    out.print(Text("seeds: how many times as many independent runs would need for the same interval", "dim"))
    said = f"{result.chosen} is the better" if result.better in ("a", "b") else _instead(result.better)
    runs = _runs([result])
    out.print(Text(f"{said}: {result.why}", "bold").append(f"  ({runs} runs, {result.wall_s:.0f} s)", "dim"))


def _runs(comparisons: Iterable[Comparison]) -> int:
    return sum(2 * len(case.seeds) for comparison in comparisons for case in comparison.cases)


def _instead(better: str) -> str:
    return {"same": "neither is the better", "neither": "neither will do", "unknown": "undecided"}[better]


def _print_reasons(name: str, verdict: CaseVerdict, symbols: dict[str, str], out: Console) -> None:
    """Why what a design does not hold is not held, briefly."""
    for outcome in verdict.guarantees:
        if outcome.verdict == "broken" or (outcome.verdict == "unknown" and not verdict.partial):
            why = outcome.evidence.split("; ")[0]
            line = f"{symbols[outcome.verdict]} {name}, {verdict.case}: {outcome.guarantee}: {why}"
            out.print(Text(line, STYLES[outcome.verdict]))
    if verdict.partial:
        out.print(Text(f"{symbols['unknown']} {name}, {verdict.case} is partial: {verdict.partial}", "yellow"))


def _value(value: float | None, unit: str, outcome: Outcome | None, symbols: dict[str, str]) -> Text:
    if value is None:
        return Text("not observed", "dim")
    text = show(value, unit).removesuffix("/month")
    if outcome is None:
        return Text(text)
    return Text(f"{symbols[outcome.verdict]} {text}", STYLES[outcome.verdict])


def signed(value: float, unit: str) -> str:
    """A difference with its sign; that of shares in points."""
    if not math.isfinite(value):
        return "?"
    sign = "+" if value > 0 else "-" if value < 0 else ""
    if unit == "ratio":
        return f"{sign}{digits(abs(value) * 100)} %p"
    return sign + show(abs(value), unit).removesuffix("/month")


def _interval(found: Difference) -> str:
    if found.low is None or found.high is None or found.low == found.high:
        return ""
    return f"± {signed((found.high - found.low) / 2, found.unit).lstrip('+')}"


def print_curve(result: Curve, out: Console) -> None:
    """A row for each value, a line along which the better choice changes, and where it does."""
    symbols = symbols_of(out)
    one, other = result.names
    table = Table(box=box_of(out), title=f"{one} or {other}")
    for heading in (result.axis.path, one, "cost", other, "cost", "better"):
        table.add_column(Text(heading), justify="right", overflow="fold")
    for at in result.points:
        c = at.comparison
        cells = [
            cell
            for verdict, cost in ((c.a, c.cost.a), (c.b, c.cost.b))
            for cell in (
                Text(f"{symbols[verdict]} {verdict}", STYLES[verdict]),
                Text("" if cost is None else show(cost, "USD/month").removesuffix("/month")),
            )
        ]
        table.add_row(Text(at.setting.label), *cells, Text(c.chosen, "" if at.better in ("a", "b") else "yellow"))
    out.print(table)
    marks = MARKS if symbols["holds"] == "✓" else PLAIN
    for line in drawn(result, marks):
        out.print(Text(line))
    for flip in result.flips:
        said = f"between {flip.low} and {flip.high.label} the better choice changes from {flip.before} to {flip.after}"
        out.print(Text(said, "bold"))
    if not result.flips:
        known = {at.comparison.chosen for at in result.points if at.better != "unknown"}
        said = (
            f"no change is seen: {', '.join(sorted(known))} wherever it is decided" if known else "nothing is decided"
        )
        out.print(Text(said, "bold"))
    for at in result.points:
        if at.better in ("neither", "unknown"):
            out.print(Text(f"{at.setting}: {at.comparison.why}", "dim"))
    if result.interrupted:
        out.print(Text("the budget was spent or the search interrupted: these are partial results", "yellow"))
    out.print(
        Text(
            f"{len(result.points)} values, {_runs(p.comparison for p in result.points)} runs, {result.wall_s:.0f} s",
            "dim",
        )
    )


def drawn(result: Curve, marks: dict[str, str]) -> list[str]:
    """A line from the first value to the last, one letter for the better choice at each place; none without numbers.

    A place between two values at which the better choice is the same has it too; where it differs the nearer one's.
    """
    spread = result.axis.spread
    known = [(p.setting.number, p.better) for p in result.points if p.setting.number is not None]
    if spread is None or len(known) < 2:
        return []

    def place(value: float) -> float:
        if spread.log:
            return math.log(value / spread.low) / math.log(spread.high / spread.low)
        return (value - spread.low) / (spread.high - spread.low)

    places = [(place(value), better) for value, better in known]
    line = "".join(marks[min(places, key=lambda found: abs(found[0] - i / (WIDTH - 1)))[1]] for i in range(WIDTH))
    first, last = result.points[0].setting.label, result.points[-1].setting.label
    one, other = result.names
    used = {better for _, better in known}
    told = {"a": one, "b": other, "same": "no difference", "neither": "neither", "unknown": "undecided"}
    legend = "   ".join(f"{marks[b]} {told[b]}" for b in marks if b in used)
    return [line, first + " " * max(1, WIDTH - len(first) - len(last)) + last, legend]


def print_decisions(name: str, found: Sequence[Flipped], out: Console) -> None:
    """What was found of each decision."""
    symbols = symbols_of(out)
    for one in found:
        if not one.tested:
            out.print(Text(f"- {one.decision}: not tested: {one.why}", "dim"))
            continue
        out.print(Text(f"{symbols[one.verdict]} {one.decision}: {one.why}", STYLES[one.verdict]))
        moved = f", moved by {one.by}" if one.by != one.estimate else ""
        runs = _runs(comparison for _, comparison in one.points)
        told = f"    {one.estimate}{moved}; {len(one.points)} values, {runs} runs, {one.wall_s:.0f} s"
        out.print(Text(told, "dim"))
        if one.interrupted:
            out.print(Text("    interrupted", "yellow"))
    if not found:
        out.print(Text(f"{name} has no decision", "dim"))


# --- JSON -------------------------------------------------------------------------------------------------------------
def compare_json(result: Comparison) -> dict[str, Any]:
    """`compare --format json`."""
    return {
        "names": list(result.names),
        "better": result.better,
        "why": result.why,
        "verdicts": [result.a, result.b],
        "cost": difference_json(result.cost),
        "confidence": result.level,
        "partial": result.interrupted,
        "wall_s": round(result.wall_s, 3),
        "cases": [_case_json(case) for case in result.cases],
    }


def difference_json(found: Difference) -> dict[str, Any]:
    """One metric of both designs."""
    return {
        "metric": found.metric,
        "unit": found.unit,
        "a": number(found.a),
        "b": number(found.b),
        "difference": number(found.difference),
        "low": number(found.low),
        "high": number(found.high),
        "gain": number(found.gain),
        "rough": found.rough,
    }


def _case_json(case: CaseComparison) -> dict[str, Any]:
    return {
        "case": case.case,
        "seeds": list(case.seeds),
        "scale": case.scale,
        "a": _verdict_json(case.a),
        "b": _verdict_json(case.b),
        "differences": [difference_json(d) for d in case.differences],
    }


def _verdict_json(verdict: CaseVerdict) -> dict[str, Any]:
    return {
        "verdict": verdict.verdict,
        "partial": verdict.partial,
        "guarantees": [outcome_json(o) for o in verdict.guarantees],
    }


def _brief(comparison: Comparison) -> dict[str, Any]:
    return {
        "better": comparison.better,
        "why": comparison.why,
        "verdicts": [comparison.a, comparison.b],
        "costs": [number(comparison.cost.a), number(comparison.cost.b)],
        "seeds": max((len(c.seeds) for c in comparison.cases), default=0),
        "judged": [line for case in comparison.cases for line in _judged(case)],
    }


def _judged(case: CaseComparison) -> Iterator[dict[str, Any]]:
    """Every guarantee of a case that both designs promise, with the values of both."""
    others = {o.guarantee: o for o in case.b.guarantees}
    for one in case.a.guarantees:
        other = others.get(one.guarantee)
        if other is not None:
            yield {
                "case": case.case,
                "guarantee": one.guarantee,
                "unit": one.unit,
                "bound": number(one.bound),
                "values": [number(one.value), number(other.value)],
                "verdicts": [one.verdict, other.verdict],
            }


def curve_json(result: Curve) -> dict[str, Any]:
    """`compare --sweep --format json`."""
    return {
        "names": list(result.names),
        "path": result.axis.path,
        "unit": result.axis.unit,
        "partial": result.interrupted,
        "wall_s": round(result.wall_s, 3),
        "flips": [
            {
                "low": flip.low.label if flip.low.number is None else flip.low.number,
                "high": flip.high.label if flip.high.number is None else flip.high.number,
                "before": flip.before,
                "after": flip.after,
            }
            for flip in result.flips
        ],
        "points": [
            {"value": p.setting.label if p.setting.number is None else p.setting.number, **_brief(p.comparison)}
            for p in result.points
        ],
    }


def decisions_json(name: str, found: Sequence[Flipped], interrupted: bool) -> dict[str, Any]:
    """`compare --decision --format json`."""
    return {
        "blueprint": name,
        "partial": interrupted,
        "decisions": [
            {
                "decision": one.decision,
                "variant": one.variant,
                "flips_when": one.said,
                "tested": one.tested,
                "verdict": one.verdict,
                "why": one.why,
                "estimate": one.estimate,
                "by": one.by,
                "unit": one.unit,
                "now": number(one.now),
                "bound": number(one.bound),
                "low": number(one.low),
                "high": number(one.high),
                "wall_s": round(one.wall_s, 3),
                "points": [{"value": value, **_brief(comparison)} for value, comparison in one.points],
            }
            for one in found
        ],
    }
