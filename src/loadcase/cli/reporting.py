"""A design and all that is known of it as one file: report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from loadcase.cli.app import app
from loadcase.cli.options import (
    EXIT,
    Exact,
    File,
    Quiet,
    Seeds,
    Threads,
    Traces,
    Variant,
    at_least_one,
    budget_of,
    load_file,
    seconds_of,
    write_bytes,
)
from loadcase.core.errors import UsageError

if TYPE_CHECKING:
    from loadcase.blueprint.model import Blueprint


@app.command
def report(
    file: File,
    *,
    out: Annotated[Path, Parameter(name=("--out", "-o"))],
    case: list[str] | None = None,
    seeds: Seeds = None,
    budget: str | None = None,
    exact: Exact = False,
    threads: Threads = None,
    no_run: bool = False,
    from_: Annotated[Path | None, Parameter(name="--from")] = None,
    no_scale: bool = False,
    scale_budget: str = "60s",
    variant: Variant = None,
    traces: Traces = None,
    quiet: Quiet = False,
) -> int:
    """Write one file that a reviewer can open anywhere and trust: HTML that needs no network, or Markdown.

    It has what is asked for and promised, the numbers, the picture, the verdict
    of every case with plots over time and the story of what broke, the
    decisions and where they flip, findings, what breaks when the load grows,
    costs, alerts and what they do, a runbook, and how it was made. It judges
    the design as `check` does, runs every case once more for the plots, and
    grows the load. Ctrl-C leaves a report of what is there by then.

    Exit codes: as `check`: 0 holds, 1 broken, 3 undecided; 0 with --no-run.

    Example: loadcase report gallery/document-filler -o filler.html --seeds 1 --scale-budget 5s

    Parameters
    ----------
    out
        The file to write: .html, or .md for Markdown with Mermaid.
    case
        Judge this case only; may be given several times.
    budget
        Wall time of the judging, as in `check`; the plots and the growing load come on top.
    no_run
        Run nothing: the closed form, the review, the picture, and what --from has.
    from_
        Take the verdicts from this file, which `check --format json` has printed, instead of judging anew; or with
        --no-run the metrics and plots of one case, which `run --format json` has printed.
    no_scale
        Do not grow the load.
    scale_budget
        Wall time for growing the load.
    """
    from loadcase.report import gather, page
    from loadcase.report.progress import Progress

    if out.suffix.lower() not in (".html", ".htm", ".md"):
        raise UsageError(f"a report is .html or .md, got {out.name!r}", hint="for example -o report.html")
    if not out.parent.is_dir():
        raise UsageError(f"there is no folder {out.parent}", hint="name a file in a folder that exists")
    at_least_one(seeds, threads)
    budget_s = None if budget is None else budget_of(budget)
    scale_s = seconds_of(scale_budget, "--scale-budget") or 0.0
    if no_run and from_ is None and (case or seeds or budget or exact):
        raise UsageError("--no-run runs nothing", hint="leave --case, --seeds, --budget and --exact out")
    if from_ is not None and (case or seeds or budget or exact):
        raise UsageError(
            "--from takes the verdicts as they are", hint="leave --case, --seeds, --budget and --exact out"
        )
    blueprint = load_file(file, variant)
    measured = gather.measured_beside(blueprint, file)
    saved = None
    if from_ is not None:
        run = gather.saved_run(from_)
        if run is not None:
            return _of_run(blueprint, run, from_, out, no_run, quiet)
        saved, beside = gather.saved_check(from_)
        if saved["blueprint"] != blueprint.name:
            raise UsageError(
                f"{from_} is about {saved['blueprint']!r}, not {blueprint.name!r}", hint="check this design"
            )
        measured = beside or measured
    interrupted = False
    if no_run:
        missing = ["Nothing was run: `loadcase report` without --no-run judges the design and plots it."]
        found = gather.data(blueprint, check=saved, measured=measured, missing=missing)
    else:
        with Progress(quiet, blueprint.name) as progress:
            found = gather.gather(
                blueprint, progress, cases=case, seeds=seeds, budget_s=budget_s, threads=threads, exact=exact,
                scale_budget_s=0.0 if no_scale else scale_s, trace_folder=traces, saved=saved, measured=measured,
            )  # fmt: skip
            interrupted = progress.stop.is_set()
    _write(page.markdown(found) if out.suffix.lower() == ".md" else page.html(found), out, quiet)
    if interrupted:
        return 130
    return EXIT[found.check["verdict"]] if found.check else 0


def _of_run(blueprint: Blueprint, run: dict[str, Any], file: Path, out: Path, no_run: bool, quiet: bool) -> int:
    """A report of a saved run, which is judged by nothing."""
    from loadcase.report import gather, page

    if not no_run:
        raise UsageError(f"{file} is a run, which has no verdicts", hint="add --no-run to show it as it is")
    if run["blueprint"] != blueprint.name:
        raise UsageError(f"{file} is about {run['blueprint']!r}, not {blueprint.name!r}", hint="run this design")
    found = gather.of_run(blueprint, run, missing=["Nothing was judged: this is one run, which `loadcase run` made."])
    _write(page.markdown(found) if out.suffix.lower() == ".md" else page.html(found), out, quiet)
    return 0


def _write(text: str, out: Path, quiet: bool) -> None:
    write_bytes(out, text.encode())
    if not quiet:
        print(f"wrote {out} ({len(text.encode()) / 1e6:.2f} MB)", file=sys.stderr)
