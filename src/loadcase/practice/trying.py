"""What a candidate sees of the design when asking for it: estimated, reviewed or run, in a few lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from loadcase.core.values import show

if TYPE_CHECKING:
    from loadcase.estimate.estimate import EstimateReport
    from loadcase.practice.workbench import Look, Workbench

What = Literal["estimate", "review", "run"]
Outcome = Literal["holds", "broken", "undecided", "refused", "done"]
MOST_LINES = 12


def tried(bench: Workbench, text: str, what: What, case: str = "") -> tuple[Outcome, str]:
    """What comes of it, and what is shown. Whatever is wrong with the blueprint is told, and never raised."""
    look = bench.look(text)
    missing = [f"not yet: {problem.message}" for problem in look.problems]
    if what == "run":
        checked = bench.check(text, case)
        outcome: Outcome = "refused" if checked.outcome == "not_run" else checked.outcome
        return outcome, _lines([*checked.text.split("; "), *missing])
    if look.blueprint is None:
        return "refused", _lines(missing or ["nothing is written yet"])
    if what == "review":
        found = [f"{f.severity} {f.rule}: {f.message}" for f in look.findings]
        return "done", _lines([*(found or ["nothing found on paper"]), *missing])
    if look.report is None:
        return "refused", _lines(missing or ["there is nothing to estimate yet"])
    return "done", _lines([*estimated(look.report), *missing])


def estimated(report: EstimateReport) -> Iterator[str]:
    """The closed form in a few lines: rates and utilisation, what saturates first, what it costs."""
    for name, flow in report.flows.items():
        yield f"{name}: {show(flow.rate, '1/s')}"
    for line in sorted(report.components, key=lambda c: -(c.utilisation or 0.0)):
        busy = "" if line.utilisation is None else f", {show(line.utilisation, 'ratio')} busy"
        yield f"{line.name}: {show(line.rate, '1/s')}{busy}"
    if report.first is not None and report.first.saturates_at:
        yield f"{report.first.name} saturates first, at {report.first.saturates_at:.3g}x this load"
    yield f"costs {show(report.cost, 'USD/month')}"


def wiring(look: Look) -> str:
    """How much of a blueprint is there, in a line."""
    if look.blueprint is None:
        return "nothing of the blueprint loads yet"
    parts = [f"{len(look.blueprint.components)} components", f"{len(look.blueprint.flows)} flows",
             f"{len(look.blueprint.contract)} guarantees", f"{len(look.blueprint.decisions)} decisions"]  # fmt: skip
    left = f"; {len(look.problems)} things not wired yet" if look.problems else ""
    return ", ".join(parts) + left


def _lines(lines: list[str]) -> str:
    kept = list(dict.fromkeys(lines))
    more = [f"and {len(kept) - MOST_LINES} more"] if len(kept) > MOST_LINES else []
    return "\n".join([*kept[:MOST_LINES], *more])
