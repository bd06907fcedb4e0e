"""Alerts for people and programs: the rules of a blueprint, and what they do in simulated cases."""

from __future__ import annotations

import math
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from loadcase.alerts.burn import EVALUATE_S, SCRAPE_S, Rule, left_out, rules_of, said
from loadcase.alerts.page import CasePages, PagesResult
from loadcase.alerts.replay import Alert, Firing
from loadcase.blueprint.model import Blueprint
from loadcase.core.values import show
from loadcase.report.shapes import number
from loadcase.report.text import STYLES, light_box_of, symbols_of

DETECTED = (1.0, 0.1, 0.01)
"""Shares of bad operations of which the time to detect is shown."""
ASSUMED = (
    "Before a run the service is taken to have been as it was until the first fault, and after it as it was once it "
    f"had settled. Times count from the first fault. Rules are evaluated every {EVALUATE_S} s, on counters up to "
    f"{SCRAPE_S} s old; what delivers the alert comes on top."
)


# --- for people -------------------------------------------------------------------------------------------------------
def print_rules(blueprint: Blueprint, out: Console) -> None:
    """Every pair of windows: above which share of bad operations it fires, and how soon."""
    for objective in blueprint.objectives:
        out.print(Text(f"{objective.text}, an error budget of {show(objective.budget, 'ratio')}"))
        table = Table(box=light_box_of(out))
        for heading in ("severity", "windows", "burn", "fires above", *(f"{s:.0%} bad" for s in DETECTED)):
            table.add_column(heading, justify="left" if heading == "severity" else "right", no_wrap=True)
        for rule in rules_of(objective):
            table.add_row(
                rule.watch.severity,
                f"{said(rule.watch.long_s)}, {said(rule.watch.short_s)}",
                f"{rule.burn:.4g}",
                show(rule.limit, "ratio"),
                *(_span(rule.detected_s(share)) for share in DETECTED),
            )
        out.print(table)
        for line in left_out(objective):
            out.print(Text(line, "yellow"))
    out.print(Text("the last columns: how long until it fires at that share of bad operations, from none", "dim"))


def print_pages(result: PagesResult, out: Console) -> None:
    """The verdict on each case, what the alerts did in it, and what is assumed."""
    symbols = symbols_of(out)
    for case in result.cases:
        line = Text(f"{symbols[case.verdict]} {case.case}: {case.verdict}", STYLES[case.verdict])
        if case.page_within_s is not None:
            line.append(f" (page_within {show(case.page_within_s, 's')})", "dim")
        out.print(line)
        for part in case.why.split("; "):
            out.print(Padding(Text(part), (0, 0, 0, 4), expand=False))
        silent = []
        for name, rows in _by_alert(case).items():
            if not any(a.possible.already or a.possible.fires_s for a in rows):
                silent.append(name)
                continue
            out.print(Padding(Text(name, "bold"), (0, 0, 0, 4), expand=False))
            for said_of_it in (_shares(rows), _moments(rows)):
                out.print(Padding(Text(said_of_it), (0, 0, 0, 8), expand=False))
        if silent:
            out.print(Padding(Text(f"never: {', '.join(silent)}", "dim"), (0, 0, 0, 4), expand=False))
        notes = [*case.notes, *([f"scale model 1:{case.scale} (--exact forbids it)"] if case.scale > 1 else [])]
        for note in notes:
            out.print(Padding(Text(note, "dim"), (0, 0, 0, 4), expand=False))
    out.print(Text(ASSUMED, "dim"))
    runs = sum(len(case.seeds) for case in result.cases)
    if result.interrupted:
        out.print(Text("interrupted: these are partial results", "yellow"))
    out.print(
        Text(f"{result.blueprint}: {result.verdict}", STYLES[result.verdict]).append(
            f"  ({runs} run{'s'[: runs != 1]}, {result.wall_s:.0f} s)", "dim"
        )
    )


def _by_alert(case: CasePages) -> dict[str, list[Alert]]:
    """The alerts of a case over its seeds, by name."""
    found: dict[str, list[Alert]] = {}
    for one in case.found:
        for alert in one.alerts:
            found.setdefault(f"{alert.objective.metric} {alert.severity}", []).append(alert)
    return found


def _shares(rows: list[Alert]) -> str:
    """How many operations were bad, in the mean over the seeds."""
    before, during, after = (show(math.fsum(a.shares[i] for a in rows) / len(rows), "ratio") for i in range(3))
    if rows[0].lasting_s is None:
        return f"{before} of the operations are bad"
    lasting = " while the faults last" if math.isfinite(rows[0].lasting_s) else " from then on"
    return f"bad before the first fault {before},{lasting} {during}, in the end {after}"


def _moments(rows: list[Alert]) -> str:
    """When it fires and when that is over: the earliest and the latest over the seeds."""
    if any(a.possible.already for a in rows):
        sure = any(a.certain.already for a in rows)
        return "fires before that" if sure else "may fire before that: the bound lies between two bins"
    soonest = min(a.possible.fires_s[0] for a in rows if a.possible.fires_s is not None)
    latest = max(math.inf if a.certain.fires_s is None else a.certain.fires_s[1] for a in rows)
    said_of_it = (
        f"fires after {_span(soonest)} to {_span(latest)}"
        if latest < math.inf
        else (f"fires after {_span(soonest)} at the earliest, or never")
    )
    closed = [a.closed_s for a in rows if a.closed_s is not None]
    said_of_it += f" ({_span(max(closed))} in closed form)" if closed else ""
    ended = [a.certain.over_s for a in rows if a.certain.fires_s is not None]
    if not ended:
        return said_of_it
    if None in ended:
        return f"{said_of_it}, and goes on"
    closed = [a.closed_over_s for a in rows if a.closed_over_s is not None]
    over = _span(max(e for e in ended if e is not None))
    return f"{said_of_it}, over after {over}" + (f" ({_span(max(closed))})" if closed else "")


def _span(seconds: float | None) -> str:
    """A time as people read it: 73 s, 12 min, 2.4 h; never for None."""
    if seconds is None:
        return "never"
    for unit_s, name in ((86400.0, "day"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 2 * unit_s:
            return f"{seconds / unit_s:.3g} {name}"
    return f"{seconds:.3g} s"


# --- for programs -----------------------------------------------------------------------------------------------------
def alerts_json(blueprint: Blueprint, result: PagesResult | None = None) -> dict[str, Any]:
    """`alerts --format json`: the rules; with `--case`, what they do."""
    return {
        "blueprint": blueprint.name,
        "evaluate_every_s": EVALUATE_S,
        "scrape_every_s": SCRAPE_S,
        "slos": [
            {
                "slo": o.text,
                "metric": o.metric,
                "flow": o.flow,
                "objective": o.share,
                "budget": o.budget,
                "limit_s": o.limit_s,
                "window_s": o.window_s,
                "rules": [_rule(rule) for rule in rules_of(o)],
                "left_out": left_out(o),
            }
            for o in blueprint.objectives
        ],
        **({} if result is None else _replayed(result)),
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "severity": rule.watch.severity,
        "spent": rule.watch.spent,
        "long_s": rule.watch.long_s,
        "short_s": rule.watch.short_s,
        "burn_rate": rule.burn,
        "fires_above": rule.limit,
        "detected_s": number(rule.detected_s(1.0)),
    }


def _replayed(result: PagesResult) -> dict[str, Any]:
    return {
        "verdict": result.verdict,
        "partial": result.interrupted,
        "wall_s": round(result.wall_s, 3),
        "assumed": ASSUMED,
        "cases": [
            {
                "case": c.case,
                "verdict": c.verdict,
                "why": c.why,
                "page_within_s": c.page_within_s,
                "scale": c.scale,
                "notes": list(c.notes),
                "runs": [
                    {"seed": one.seed, "untold": one.untold, "alerts": [_alert(a) for a in one.alerts]}
                    for one in c.found
                ],
            }
            for c in result.cases
        ],
    }


def _alert(alert: Alert) -> dict[str, Any]:
    before, during, after = alert.shares
    return {
        "metric": alert.objective.metric,
        "severity": alert.severity,
        "bad_before": before,
        "bad_during": during,
        "bad_after": after,
        "closed_form_s": number(alert.closed_s),
        "closed_form_over_s": number(alert.closed_over_s),
        "certain": _firing(alert.certain),
        "possible": _firing(alert.possible),
    }


def _firing(firing: Firing) -> dict[str, Any]:
    earliest, latest = firing.fires_s or (None, None)
    return {
        "already": firing.already,
        "fires": firing.fires_s is not None,
        "earliest_s": number(earliest),
        "latest_s": number(latest),
        "over_s": number(firing.over_s),
    }
