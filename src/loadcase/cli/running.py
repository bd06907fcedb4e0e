"""Commands that run a design: run, check, alerts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from loadcase.cli.app import app
from loadcase.cli.options import (
    EXIT,
    Exact,
    File,
    Format,
    Quiet,
    Seeds,
    Threads,
    Traces,
    Variant,
    at_least_one,
    budget_of,
    load_file,
    seconds_of,
    show,
    show_json,
    write_file,
)
from loadcase.core.errors import LoadcaseError, UsageError


def _sample(text: str | None, history: Path | None) -> float | None:
    """The share of the keys that a history is to have; 0 leaves it open, None is no history."""
    from loadcase.core.units import in_unit, parse_quantity

    if history is None:
        if text is not None:
            raise UsageError("--sample is about a history", hint="say where it goes: --history FILE")
        return None
    if text is None:
        return 0.0
    try:
        share = in_unit(parse_quantity(text), "%") / 100.0
    except LoadcaseError:
        share = 0.0
    if not 0.0 < share <= 1.0:
        raise UsageError(f"--sample is a share of the keys, got {text!r}", hint="for example --sample 10%")
    return share


@app.command
def run(
    file: File,
    *,
    case: str = "normal",
    seed: int = 1,
    duration: str | None = None,
    warmup: str | None = None,
    scale: int = 1,
    budget: str = "10min",
    variant: Variant = None,
    traces: Traces = None,
    history: Path | None = None,
    sample: str | None = None,
    format: Format = "text",
    quiet: Quiet = False,
) -> int:
    """Simulate one case with one seed and show what was measured.

    Example: loadcase run gallery/url-shortener --case peak --seed 7

    Parameters
    ----------
    case
        A case of the blueprint; `normal` exists without being declared.
    seed
        The same file, case and seed give the same numbers.
    duration
        Simulated time that is measured, such as 60s.
    warmup
        Simulated time before that, such as 10s.
    scale
        Run a scale model, 1/k of the load on 1/k of the parts; 1 is exact.
    budget
        Wall time after which the run ends, as a partial result.
    history
        Write what happened to the operations to this file, .parquet or .jsonl.
    sample
        Share of the keys that the history has, such as 10%; as many as memory allows without it.
    """
    from loadcase import api
    from loadcase.report.progress import Progress
    from loadcase.report.shapes import run_json

    budget_s = budget_of(budget)
    share = _sample(sample, history)
    if history is not None:
        from loadcase.core.history_files import check_target

        check_target(history)
    blueprint = load_file(file, variant)
    with Progress(quiet, f"{blueprint.name}, {case}") as progress:
        result = api.run(
            blueprint, case, seed, duration=seconds_of(duration, "--duration"), warmup=seconds_of(warmup, "--warmup"),
            scale=scale, progress=progress.share, stop=progress.stop, trace_folder=traces, wall_limit_s=budget_s,
            history=share,
        )  # fmt: skip
    if history is not None:
        from loadcase.core.history_files import write_history

        write_history(result.history, history)
    if format == "json":
        show_json(run_json(result))
    else:
        from loadcase.report.text import console, print_run

        print_run(result, console())
    return 130 if progress.stop.is_set() else 0


@app.command
def check(
    file: Annotated[list[Path], Parameter(help="Blueprint files, or folders that hold blueprint.yaml.")],
    *,
    case: list[str] | None = None,
    seeds: Seeds = None,
    budget: str | None = None,
    exact: Exact = False,
    threads: Threads = None,
    variant: Variant = None,
    traces: Traces = None,
    format: Annotated[Literal["text", "json", "junit", "github"], Parameter(help="What is printed.")] = "text",
    quiet: Quiet = False,
) -> int:
    """Simulate every case and judge every guarantee of the contract: holds, broken or unknown.

    Example: loadcase check gallery/chat --case peak --budget 2min

    Parameters
    ----------
    case
        Judge this case only; may be given several times. Of a variant those that its decision names, or else all.
    budget
        Wall time after which what is undecided stays unknown; 60s, or 40s for each case where that is more.
    """
    from loadcase import api
    from loadcase.core.results import CheckResult, worst
    from loadcase.report.progress import Progress

    budget_s = None if budget is None else budget_of(budget)
    at_least_one(seeds, threads)
    results: list[CheckResult] = []
    blueprints = [(str(path), load_file(path, variant)) for path in file]
    for path, blueprint in blueprints:
        with Progress(quiet, blueprint.name) as progress:
            result = api.check(
                blueprint, cases=case, seeds=seeds, budget_s=budget_s, threads=threads, exact=exact,
                on_progress=progress.check, stop=progress.stop, trace_folder=traces,
            )  # fmt: skip
        results.append(result)
        if format == "text":
            from loadcase.report.text import console, print_check

            print_check(result, console())
        elif format == "github":
            from loadcase.report.ci import github

            show(github(blueprint, path, result))
        if result.interrupted:
            break
    if format == "json":
        from loadcase.report.shapes import check_json

        shapes = [check_json(r) for r in results]
        verdict = worst([r.verdict for r in results])
        show_json(shapes[0] if len(shapes) == 1 else {"verdict": verdict, "blueprints": shapes})
    elif format == "junit":
        from loadcase.report.ci import junit

        show(junit(results))
    if any(r.interrupted for r in results):
        return 130
    return EXIT[worst([r.verdict for r in results])]


@app.command
def alerts(
    file: File,
    *,
    case: list[str] | None = None,
    out: Path | None = None,
    prefix: str = "loadcase",
    seeds: int | None = None,
    budget: str = "60s",
    exact: Exact = False,
    threads: Threads = None,
    variant: Variant = None,
    traces: Traces = None,
    format: Annotated[Literal["text", "json", "prometheus"], Parameter(help="What is printed.")] = "text",
    quiet: Quiet = False,
) -> int:
    """Turn the objectives of operate.slos into burn-rate alerts for Prometheus; with --case, replay them in a run.

    The rules are multiwindow, multi-burn-rate alerts after The Site Reliability
    Workbook: they page when 2 % of the error budget goes within an hour or 5 %
    within six. --case runs the case and the normal one, and judges the page:
    whether it comes within the case's page_within, how long after the first
    fault, when it is over, and that nobody is paged in a case without faults.

    Example: loadcase alerts gallery/chat

    Parameters
    ----------
    case
        Replay the alerts in this case, and in normal; may be given several times.
    out
        Write the rules to this file, as YAML for Prometheus. It is overwritten.
    prefix
        What the names of the metrics begin with: PREFIX_requests_total and PREFIX_request_duration_seconds.
    seeds
        Runs of each case, 3 when not given.
    budget
        Wall time after which what was not run stays unknown.
    """
    from loadcase import api
    from loadcase.report.alerts import alerts_json, print_pages, print_rules
    from loadcase.report.progress import Progress
    from loadcase.report.text import console

    budget_s = budget_of(budget)
    at_least_one(seeds, threads)
    if not case and (seeds is not None or exact or threads is not None or traces is not None):
        raise UsageError("--seeds, --exact, --threads and --traces are about runs", hint="say which: --case NAME")
    if case and format == "prometheus":
        raise UsageError("--format prometheus prints rules, and --case replays them", hint="write the rules with --out")
    blueprint = load_file(file, variant)
    rules = api.alert_rules(blueprint, prefix)
    if out is not None:
        write_file(out, rules)
    result = None
    if case:
        with Progress(quiet, blueprint.name) as progress:
            result = api.pages(
                blueprint, case, seeds=3 if seeds is None else seeds, budget_s=budget_s, threads=threads, exact=exact,
                on_progress=progress.check, stop=progress.stop, trace_folder=traces,
            )  # fmt: skip
    if format == "json":
        show_json(alerts_json(blueprint, result))
    elif format == "prometheus":
        show(rules)
    elif result is not None:
        print_pages(result, console())
    else:
        print_rules(blueprint, console())
    if format == "text" and (out is not None or result is None):
        show("--out FILE writes the rules for Prometheus\n" if out is None else f"wrote {out}\n")
    if result is None:
        return 0
    return 130 if result.interrupted else EXIT[result.verdict]
