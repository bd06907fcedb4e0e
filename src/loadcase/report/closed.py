"""What the closed form says, for people: the estimate of a design, and the sizes proposed for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from loadcase.core.values import digits, show
from loadcase.estimate.estimate import ComponentLine, EstimateReport
from loadcase.report.text import light_box_of

if TYPE_CHECKING:
    from loadcase.estimate.size import Change, SizeReport

COMPACT: dict[str, Any] = {"padding": (0, 1, 0, 0), "pad_edge": False, "title_justify": "left"}
"""Two blanks between columns, so that a table of nine fits on 80."""
UNEVEN = 1.05
"""The hottest part is shown where it is this much busier than the average."""


def print_estimate(report: EstimateReport, out: Console) -> None:
    """The design's numbers, the load on its parts, how long flows take, what saturates first, the cost."""
    if report.estimates:
        _estimates(report, out)
    _components(report, out)
    if report.flows:
        _flows(report, out)
    first = report.first
    if first is not None and first.saturates_at is not None:
        what = "" if first.limited_by == "workers" else f" ({first.limited_by})"
        verdict = f"first to saturate: {first.name}{what}, at {digits(first.saturates_at)}x the load of the blueprint"
        if first.saturates_at < report.load:
            verdict += ": it does not keep up"
        out.print(Text(verdict, "bold"))
    out.print(Text(f"cost: {show(report.cost, 'USD/month')}", "bold"))
    for note in report.notes:
        out.print(Text(note, "dim"))


def _estimates(report: EstimateReport, out: Console) -> None:
    table = Table(box=light_box_of(out), title=f"{report.blueprint}: estimates", **COMPACT)
    ranges = any(line.spread_text for line in report.estimates)
    table.add_column("name", overflow="fold")
    table.add_column("value (p50)" if ranges else "value", justify="right", no_wrap=True)
    if ranges:
        table.add_column("p5 to p95", justify="right", no_wrap=True)
    table.add_column("formula", overflow="fold", style="dim")
    for line in report.estimates:
        low, middle, high = line.spread_text or ("", line.text, "")
        between = [f"{low} to {high}" if low else ""] if ranges else []
        table.add_row(line.name, middle, *between, line.formula)
    out.print(table)


def _components(report: EstimateReport, out: Console) -> None:
    at = "" if report.load == 1.0 else f" at {digits(report.load)}x"
    lines = report.components
    uneven = any(c.hottest is not None and c.hottest > UNEVEN * (c.utilisation or 0.0) for c in lines)
    headings = ["component", "nodes", "rate", "used", *["hottest"] * uneven, "wait", "p99", "full at", "cost"]
    table = Table(box=light_box_of(out), title=f"components{at}, in closed form", **COMPACT)
    for heading in headings:
        left = heading == "component"
        table.add_column(heading, justify="left" if left else "right", no_wrap=True)
    for c in lines:
        table.add_row(
            Text(c.name, "bold" if c is report.first else ""),
            str(c.nodes),
            show(c.rate, "1/s"),
            _or_dash(c.utilisation, "ratio"),
            *[_or_dash(c.hottest, "ratio")] * uneven,
            _or_dash(c.wait_mean_s, "s"),
            _or_dash(c.p99_s, "s"),
            "-" if c.saturates_at is None else f"{digits(c.saturates_at)}x",
            show(c.cost, "USD/month").removesuffix("/month"),
        )
    out.print(table)


def _flows(report: EstimateReport, out: Console) -> None:
    aged = any(f.age_p99_s is not None for f in report.flows.values())
    table = Table(box=light_box_of(out), title="flows, in closed form", **COMPACT)
    headings = ["flow", "rate", "mean", "p50", "p95", "p99", *["age p99"] * aged, "available"]
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "flow" else "right", no_wrap=True)
    for f in report.flows.values():
        table.add_row(
            f.name,
            show(f.rate, "1/s"),
            *(_or_dash(t, "s") for t in (f.mean_s, f.p50_s, f.p95_s, f.p99_s)),
            *[_or_dash(f.age_p99_s, "s")] * aged,
            _available(f.availability),
        )
    out.print(table)


def _available(share: float) -> str:
    return "> 99.9999 %" if 0.999999 < share < 1.0 else show(share, "ratio")


def _or_dash(value: float | None, unit: str) -> str:
    return "-" if value is None else show(value, unit)


def print_size(report: SizeReport, lines: Sequence[ComponentLine], out: Console) -> None:
    """What is there, what is proposed and why, with the cost; then what no count mends, and how to try it."""
    share = show(report.headroom, "ratio")
    title = f"{report.name}: sizes for {report.case} ({digits(report.load)}x), {share} of headroom"
    table = Table(box=light_box_of(out), title=title, **COMPACT)
    table.add_column("component", no_wrap=True)
    for heading in ("have", "propose"):
        table.add_column(heading, justify="left" if heading == "propose" else "right", no_wrap=True)
    table.add_column("busiest", justify="right", no_wrap=True)
    table.add_column("cost a month", justify="right", no_wrap=True)
    table.add_column("why", overflow="fold")
    kept = {c.component: c for c in report.changes}
    for line in lines:
        change = kept.get(line.name)
        if change is None:
            cost = _money(line.cost)
            table.add_row(
                line.name, "", "", _or_dash(line.hottest, "ratio"), cost, Text("sized by its provider", "dim")
            )
            continue
        different = change.after != change.before
        table.add_row(
            change.component,
            str(change.before),
            Text(f"{change.after} {_counted(change)}", "bold" if different else ""),
            _or_dash(change.utilisation_after, "ratio"),
            _money(change.cost_after) if change.cost_after == change.cost_before
            else f"{_money(change.cost_before)} {_arrow(out)} {_money(change.cost_after)}",
            change.reason,
        )  # fmt: skip
    table.add_section()
    total = f"{_money(report.cost_before)} {_arrow(out)} {_money(report.cost_after)}"
    table.add_row(Text("total", "bold"), "", "", "", Text(total, "bold"), "")
    out.print(table)
    for why in report.unmet:
        out.print(Text(f"no count mends this: {why}", "yellow"))
    if report.overlay:
        out.print(
            Text("to try it, put this line under `variants:` and `loadcase check` with `--variant sized`:", "dim")
        )
        inner = ", ".join(f"{path}: {count}" for path, count in report.overlay.items())
        out.print(Text(f"  sized: {{{inner}}}"), soft_wrap=True)


def _counted(change: Change) -> str:
    return change.field.removesuffix("s") if change.after == 1 else change.field


def _money(value: float) -> str:
    return show(value, "USD/month").removesuffix("/month")


def _arrow(out: Console) -> str:
    return "→" if (out.encoding or "").lower().startswith("utf") else "->"
