"""Tables for people at a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import ASCII, ROUNDED, SIMPLE_HEAD, Box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from loadcase.core.results import CheckResult, Decided, Outcome, RunResult
from loadcase.core.values import show
from loadcase.report.console import console as console
from loadcase.report.stories import print_lines

STYLES = {"holds": "green", "broken": "bold red", "unknown": "yellow"}
SYMBOLS = {"holds": "✓", "broken": "✗", "unknown": "?"}
PLAIN = {"holds": "ok", "broken": "!!", "unknown": "?"}


def is_fancy(out: Console) -> bool:
    return (out.encoding or "").lower().replace("-", "").startswith("utf")


def symbols_of(out: Console) -> dict[str, str]:
    """What stands for a verdict: a letter where the terminal has no symbols."""
    return SYMBOLS if is_fancy(out) else PLAIN


def box_of(out: Console) -> Box:
    """The frame of a table: of lines where the terminal has them."""
    return ROUNDED if is_fancy(out) else ASCII


def light_box_of(out: Console) -> Box:
    """The frame of a table of numbers: a line under the headings, nothing between the columns."""
    return SIMPLE_HEAD if is_fancy(out) else ASCII_LIGHT


ASCII_LIGHT = Box("    \n    \n -- \n    \n    \n -- \n    \n    \n", ascii=True)


def print_check(result: CheckResult, out: Console) -> None:
    """Guarantees x cases at a glance, then why whatever does not hold does not."""
    symbols = symbols_of(out)
    longest = max((len(g.guarantee) for c in result.cases for g in c.guarantees), default=0)
    per_table = max(1, (out.width - min(longest, 40) - 6) // 14)
    for start in range(0, len(result.cases), per_table):
        cases = result.cases[start : start + per_table]
        table = Table(box=box_of(out), title=result.blueprint if start == 0 else None, expand=False)
        table.add_column("guarantee", overflow="fold")
        for case in cases:
            heading = Text(case.case)
            if case.scale > 1:
                heading.append(f"\n1:{case.scale}", style="dim")
            table.add_column(heading, justify="right", overflow="fold")
        found = [{outcome.guarantee: outcome for outcome in case.guarantees} for case in cases]
        for name in dict.fromkeys(name for outcomes in found for name in outcomes):  # a case may have its own
            cells = [_cell(outcomes[name], symbols) if name in outcomes else Text() for outcomes in found]
            table.add_row(Text(name), *cells)
        table.add_section()
        table.add_row("verdict", *[Text(f"{symbols[c.verdict]} {c.verdict}", STYLES[c.verdict]) for c in cases])
        out.print(table)
    if any(o.degraded for c in result.cases for o in c.guarantees):
        out.print(Text("* the case lets this bound give", "dim"))
    for case in result.cases:
        for outcome in case.guarantees:
            if outcome.verdict == "broken" or (outcome.verdict == "unknown" and not case.partial):
                _print_doubt(case.case, outcome, symbols, out)
        for note in case.notes:
            out.print(Text(f"  {case.case}: {note}", "dim"))
        if case.partial:
            reasons = {part for o in case.guarantees for part in o.evidence.split("; ") if part.startswith("busiest")}
            said = "; ".join([f"{case.case} is partial: {case.partial}", *sorted(reasons)])
            out.print(Text(f"{symbols['unknown']} {said}", "yellow"))
    for claim in result.decided:
        out.print(Text(_claimed(claim, symbols), STYLES[claim.verdict]))
    seeds = sum(len(c.seeds) for c in result.cases)
    scaled = sorted({c.scale for c in result.cases if c.scale > 1})
    how = f"{seeds} run{'s'[: seeds != 1]}, {result.wall_s:.0f} s"
    if scaled:
        how += f"; scale model {', '.join(f'1:{k}' for k in scaled)} (--exact forbids it)"
    if result.interrupted:
        out.print(Text("interrupted: these are partial results", "yellow"))
    out.print(Text(f"{result.blueprint}: {result.verdict}", STYLES[result.verdict]).append(f"  ({how})", "dim"))


def _print_doubt(case: str, outcome: Outcome, symbols: dict[str, str], out: Console) -> None:
    """One guarantee that does not hold: the value with its interval, the bound, the reasons."""
    line = Text(f"{symbols[outcome.verdict]} {case}: {outcome.guarantee}", STYLES[outcome.verdict])
    if outcome.degraded:
        line.append(f" (degraded to {outcome.comparison} {show(outcome.bound, outcome.unit)})", "dim")
    out.print(line)
    for part in outcome.evidence.split("; "):
        out.print(Padding(Text(part), (0, 0, 0, 4), expand=False))
    if outcome.story is not None:
        print_lines(outcome.story, out)


def _claimed(claim: Decided, symbols: dict[str, str]) -> str:
    """A decision that says what its variant breaks, and whether it does."""
    said = f"{symbols[claim.verdict]} decision {claim.decision}: the variant breaks {', '.join(claim.said)}"
    if claim.verdict == "holds":
        return f"{said}, as it says"
    missing = [name for name in claim.said if name not in claim.broken]
    more = [name for name in claim.broken if name not in claim.said]
    parts = [f"not {', '.join(missing)}"] * bool(missing) + [f"also {', '.join(more)}"] * bool(more)
    return f"{said}, it says; in this check {' and '.join(parts)}"


def _cell(outcome: Outcome, symbols: dict[str, str]) -> Text:
    value = "not observed" if outcome.value is None else show(outcome.value, outcome.unit).removesuffix("/month")
    about = "~" if outcome.rough else ""
    text = Text(f"{symbols[outcome.verdict]} {about}{value}", STYLES[outcome.verdict])
    if outcome.degraded:
        text.append("*", "dim")
    return text


def print_run(result: RunResult, out: Console) -> None:
    """The metrics of one run, by flow and component."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for name, metric in sorted({**result.metrics, **result.rough}.items()):
        target, _, what = name.partition(".")
        about = "~" if name in result.rough else ""
        groups.setdefault(target, []).append((what or "per month", about + show(metric.value, metric.unit)))
    table = Table(box=box_of(out), title=f"{result.blueprint}, {result.case}, seed {result.seed}")
    table.add_column("of")
    table.add_column("metrics", overflow="fold")
    for target, rows in groups.items():
        table.add_row(target, "  ".join(f"{what} {value}" for what, value in rows))
    out.print(table)
    for name, story in result.stories.items():
        out.print(Text(f"{name} is {show(result.metrics[name].value, result.metrics[name].unit)}", "red"))
        print_lines(story, out)
    for name, doubt in result.doubts.items():
        out.print(Text(f"{name} cannot be told: {doubt}", "yellow"))
    if result.partial:
        out.print(Text(f"partial: {result.partial}", "yellow"))
    for note in result.notes:
        out.print(Text(note, "dim"))
    scale = f", scale model 1:{result.scale}" if result.scale > 1 else ""
    if result.rough:
        out.print(Text(f"~ told by the scale model within a factor of {result.scale} only, or less", "dim"))
    out.print(
        Text(
            f"{show(result.requests, 'count')} operations, {show(result.events, 'count')} events in "
            f"{result.wall_s:.1f} s{scale}; {result.duration_s:g} s measured after {result.warmup_s:g} s",
            "dim",
        )
    )


def print_rows(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]], out: Console) -> None:
    """A plain table."""
    table = Table(box=box_of(out), title=title)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row)
    out.print(table)
