"""Commands that look at a design on paper: review, advise."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from loadcase.cli.app import app
from loadcase.cli.options import (
    File,
    Format,
    Quiet,
    Variant,
    at_least_one,
    budget_of,
    load_file,
    show,
    show_json,
    write_file,
)
from loadcase.core.errors import UsageError


@app.command
def review(
    file: Annotated[list[Path] | None, Parameter(help="Blueprint files, or folders that hold blueprint.yaml.")] = None,
    *,
    fix: bool = False,
    diff: bool = False,
    select: list[str] | None = None,
    ignore: list[str] | None = None,
    explain: str | None = None,
    deep: bool = False,
    budget: str | None = None,
    seeds: int | None = None,
    threads: int | None = None,
    traces: Path | None = None,
    variant: Variant = None,
    format: Annotated[Literal["text", "json", "sarif", "github"], Parameter(help="What is printed.")] = "text",
    quiet: Quiet = False,
) -> int:
    """Find what is wrong on paper: by rules over the blueprint and its closed form, each with its source.

    Nothing is run, but with --deep: then components, further regions and
    zones, half of the replicas and policies are taken out in turn, what stands
    on paper is run in all cases, and what no guarantee needs is a finding.

    `# loadcase: allow RULE because REASON` on a line, or on
    one of its own above it, silences a rule there. `[tool.loadcase.review]`
    of a pyproject.toml, or `[review]` of a loadcase.toml, has `select`,
    `ignore` and `severity`.

    Exit codes: 0 no errors, 1 errors, 2 invalid, 130 interrupted.

    Example: loadcase review gallery/chat

    Parameters
    ----------
    fix
        Mend what needs no choice of yours, in the file; comments and layout stay.
    diff
        Show what --fix would change, and change nothing.
    select
        Rules to look at: names, codes, or beginnings of codes such as LC55, with commas between.
    ignore
        Rules not to look at.
    explain
        Show a rule: what it finds, why, its source and examples; `all` lists them.
    deep
        Take parts out and run what is left: what the contract does not need is over-engineered.
    budget
        With --deep: wall time after which cuts are not reached any more; 10min when not given.
    seeds
        With --deep: run exactly this many seeds for each case.
    threads
        With --deep: runs at once; all cores otherwise.
    traces
        With --deep: folder of the arrival traces that the blueprint names.
    """
    from loadcase.report import review as shown
    from loadcase.report.deep import deep_text
    from loadcase.review.catalogue import named, rules
    from loadcase.review.reviewing import mended
    from loadcase.review.reviewing import review as looked_at
    from loadcase.review.settings import settings_for

    if explain is not None:
        chosen = set(rules()) if explain == "all" else named([explain], "--explain")
        told = [rule for name, rule in rules().items() if name in chosen]
        if format == "json":
            show_json(shown.rules_json(told))
        elif format != "text":
            raise UsageError(f"--explain has no format {format}", hint="text or json")
        else:
            show(shown.rules_text() if explain == "all" else "\n".join(map(shown.explain_text, told)))
        return 0
    if not file:
        raise UsageError("no blueprint is given", hint="loadcase review FILE, or loadcase review --explain all")
    if (fix or diff) and variant is not None:
        raise UsageError("--fix and --diff change the design itself, not a variant", hint="leave --variant out")
    if not deep and (budget, seeds, threads, traces) != (None, None, None, None):
        raise UsageError("--budget, --seeds, --threads and --traces are about runs", hint="say --deep")
    budget_s = None if budget is None else budget_of(budget)
    at_least_one(seeds, threads)
    reviews, counts, diffs, ablations = [], [], [], []
    interrupted = False
    for one in file:
        settings = settings_for(one).with_options(select or [], ignore or [])
        if deep and "over-engineered" not in {rule.name for rule in settings.chosen()}:
            raise UsageError("--deep looks for over-engineered, and that rule is left out", hint="--select it as well")
        blueprint = load_file(one, variant)
        count = 0
        if fix or diff:
            before = blueprint
            blueprint, count = mended(blueprint, settings)
            diffs.append(shown.diff_text(blueprint.document.file, before.dump(), blueprint.dump()))
            if count and not diff:
                write_file(Path(blueprint.document.file), blueprint.dump())
        looked, ablation = looked_at(blueprint, settings), None
        if deep:
            from loadcase import api
            from loadcase.deep.ablation import in_review
            from loadcase.report.progress import Progress

            with Progress(quiet, blueprint.name) as progress:
                ablation = api.ablate(
                    blueprint, budget_s=budget_s, seeds=seeds, threads=threads, on_progress=progress.deep,
                    stop=progress.stop, trace_folder=traces,
                )  # fmt: skip
            looked = in_review(blueprint, looked, ablation, settings)
            interrupted = interrupted or progress.stop.is_set()
        reviews.append(looked)
        ablations.append(ablation)
        counts.append(count)
        if interrupted:
            break
    if format == "json":
        show_json(shown.review_json(reviews, counts, "".join(diffs) if diff else None, ablations))
    elif format == "sarif":
        show_json(shown.review_sarif(reviews))
    elif format == "github":
        show(shown.review_github(reviews))
    elif diff:
        show("".join(diffs))
    else:
        color = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        for found, count, ablation in zip(reviews, counts, ablations, strict=True):
            show(shown.review_text(found, color, count if fix else None))
            if ablation is not None:
                show(deep_text(ablation))
    if interrupted:
        return 130
    return 1 if any(r.failed for r in reviews) else 0


@app.command
def advise(
    file: File,
    *,
    all: bool = False,
    variant: Variant = None,
    format: Format = "text",
) -> int:
    """Say which shape a design has, which patterns follow, what bites it, and what to do next.

    Also for a half-finished blueprint: `components: {}` and `flows: {}` are
    enough. The shapes are told from the words of the task, the flows and the
    closed form at the peak, with the evidence. A pattern is there, at a line;
    not needed yet, at these figures; or missing, with the reason and how to
    write it. Risks are findings of the review and what usually happens (a cold
    cache, a zone that is gone, a hot key, something that hangs), in figures.
    Nothing is run.

    Exit codes: 0 there is advice, 2 invalid.

    Example: loadcase advise gallery/chat

    Parameters
    ----------
    all
        Leave nothing out; a page otherwise.
    """
    from loadcase.advice.advising import advise as advised
    from loadcase.report.advice import advice_json, advice_text
    from loadcase.review.settings import settings_for

    advice = advised(load_file(file, variant), settings_for(file))
    if format == "json":
        show_json(advice_json(advice))
    else:
        show(advice_text(advice, all, color=sys.stdout.isatty() and not os.environ.get("NO_COLOR")))
    return 0
