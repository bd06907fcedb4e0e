"""The command that compares the engine with published results."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from loadcase.cli.app import app
from loadcase.cli.options import (
    Format,
    Quiet,
    show,
    show_json,
)
from loadcase.core.errors import UsageError


@app.command
def validate(
    cases: Path | None = None,
    *,
    only: list[str] | None = None,
    closed_form: bool = False,
    threads: int = 2,
    format: Format = "text",
    quiet: Quiet = False,
) -> int:
    """Run published and exact results as blueprints and compare: the built-in set, or a file of the same shape.

    With --closed-form, compare `loadcase estimate` with the engine instead: the same blueprints through both, and more
    that span the disciplines, balancers and steps; 10 % apart on means, 15 % on p99.

    Exit codes: 0 all agree, 1 something does not, 2 invalid.

    Example: loadcase validate --only QT-MM1-1

    Parameters
    ----------
    cases
        A JSON list of cases; the built-in set otherwise.
    only
        Ids, groups or phenomena; may be given several times. With --closed-form, designs or groups.
    closed_form
        Compare the closed form with the engine.
    threads
        Runs at once.
    """
    from loadcase.engine.run import run as simulate
    from loadcase.report.progress import Progress
    from loadcase.validation.run import built_in, read_cases, run_cases

    if not 1 <= threads <= 1024:
        raise UsageError(f"--threads takes 1 to 1024, got {threads}")
    if closed_form:
        if cases is not None:
            raise UsageError("--closed-form compares the built-in designs; it takes no file of cases")
        return _validate_closed_form(only, threads, format, quiet)
    chosen = read_cases(cases) if cases is not None else built_in()
    results: list[dict[str, Any]] = []
    interrupted = False
    with Progress(quiet, "validate") as progress:

        def done(count: int, total: int, result: dict[str, Any]) -> None:
            if progress.stop.is_set():
                raise KeyboardInterrupt
            results.append(result)
            progress.note(f"{count} of {total}, {result['id']}")

        try:
            run_cases(chosen, only, done, partial(simulate, stop=progress.stop), threads=threads)
        except KeyboardInterrupt:
            interrupted = True
    counts = {s: sum(r["status"] == s for r in results) for s in ("pass", "fail", "not-expressible")}
    if format == "json":
        show_json({"partial": interrupted, "counts": counts, "cases": results})
    else:
        from loadcase.report.text import console, print_rows

        rows = [(r["id"], r["status"], _largest(r["residual"]), r["reason"] or "") for r in results]
        print_rows("validation", ("case", "status", "residual", "reason"), rows, console())
        show(", ".join(f"{n} {s}" for s, n in counts.items()) + "\n")
        if interrupted:
            show("interrupted: these are partial results\n")
    if interrupted:
        return 130
    return 1 if counts["fail"] else 0


def _validate_closed_form(only: list[str] | None, threads: int, format: str, quiet: bool) -> int:
    from loadcase.report.progress import Progress
    from loadcase.validation.agreement import Agreement, compare, subjects

    chosen = subjects(only)
    found: list[Agreement] = []
    interrupted = False
    with Progress(quiet, "validate") as progress:

        def done(count: int, total: int, result: Agreement) -> None:
            if progress.stop.is_set():
                raise KeyboardInterrupt
            found.append(result)
            progress.note(f"{count} of {total}, {result.name}")

        try:
            compare(chosen, done, threads=threads, stop=progress.stop)
        except KeyboardInterrupt:
            interrupted = True
    counts = {s: sum(a.status == s for a in found) for s in ("agree", "off", "excluded")}
    if format == "json":
        show_json({"partial": interrupted, "counts": counts, "designs": [a.to_json() for a in found]})
    else:
        from loadcase.report.text import console, print_rows

        headings = ("design", "status", "largest difference", "reason")
        largest = {a.name: f"{w.metric} {w.difference:+.1%}" if (w := a.worst) else "" for a in found}
        rows = [(a.name, a.status, largest[a.name], a.reason) for a in found]
        print_rows("closed form against the engine", headings, rows, console())
        show(", ".join(f"{n} {s}" for s, n in counts.items()) + "\n")
        if interrupted:
            show("interrupted: these are partial results\n")
    if interrupted:
        return 130
    return 1 if counts["off"] else 0


def _largest(residuals: Any) -> str:
    """The largest relative residual of a case, whatever its sign."""
    values = [abs(v) for v in (residuals or {}).values() if isinstance(v, int | float)]
    return f"{max(values):.2%}" if values else ""
