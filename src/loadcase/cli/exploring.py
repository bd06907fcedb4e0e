"""Commands that run many designs: sweep, compare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    share_of,
    show_json,
)
from loadcase.core.errors import UsageError

if TYPE_CHECKING:
    from loadcase.blueprint.model import Blueprint


@app.command
def sweep(
    file: File,
    *,
    set_: Annotated[list[str] | None, Parameter(name="--set")] = None,
    case: list[str] | None = None,
    seeds: int = 3,
    samples: int | None = None,
    sampling_seed: int = 1,
    out: Path | None = None,
    show: list[str] | None = None,
    exact: Exact = False,
    threads: Threads = None,
    cluster: str | None = None,
    variant: Variant = None,
    traces: Traces = None,
    format: Format = "text",
    quiet: Quiet = False,
) -> int:
    """Run the design at many points: any field, or several, over a grid or a Latin hypercube.

    Each point is run in each case with each seed, and judged against the
    contract. With --out every run is kept as it is done, in FILE.journal: the
    same command goes on where it ended, however it ended, and runs nothing
    twice. Every point is checked before anything is run.

    Exit codes: 0 done, whatever the verdicts; 2 invalid; 130 interrupted.

    Example: loadcase sweep gallery/url-shortener --set estimates.reads_per_link=100,1000 --seeds 3

    Parameters
    ----------
    set_
        What is varied: PATH=10..200 step 10, PATH=1k..10M log x7, PATH=a,b,c; may be given several times.
    case
        Run this case; may be given several times; `normal` when not given.
    seeds
        Seeds 1 to this are run at every point.
    samples
        Draw so many points as a Latin hypercube, instead of the whole grid.
    sampling_seed
        Another number draws other points.
    out
        Write the results to this Parquet file, one row for each run.
    show
        Tell this metric beside those of the contract, such as api.utilisation; may be given several times.
    cluster
        Run on the Dask cluster whose scheduler is at this address, such as tcp://head:8786.
    """
    from loadcase.explore.axes import parse_axes
    from loadcase.explore.sweep import sweep as swept
    from loadcase.report.explored import print_sweep, sweep_json
    from loadcase.report.progress import Progress
    from loadcase.report.text import console

    at_least_one(seeds, threads)
    if cluster is not None and threads is not None:
        raise UsageError("--threads is about this machine, and the runs are on a cluster", hint="leave out one of them")
    axes = parse_axes(set_ or [])
    blueprint = load_file(file, variant)
    with Progress(quiet, blueprint.name) as progress:
        result = swept(
            blueprint, axes, cases=case, seeds=seeds, samples=samples, sampling_seed=sampling_seed, out=out,
            metrics=show or (), exact=exact, threads=threads, cluster=cluster, on_progress=progress.sweep,
            stop=progress.stop, trace_folder=traces,
        )  # fmt: skip
    if format == "json":
        show_json(sweep_json(result))
    else:
        print_sweep(result, console())
    return 130 if result.interrupted else 0


@app.command
def compare(
    file: Annotated[list[Path], Parameter(help="A blueprint and a variant of it, or two blueprints.")],
    *,
    variant: Annotated[str | None, Parameter(help="Compare with this variant of the blueprint.")] = None,
    case: list[str] | None = None,
    sweep: str | None = None,
    decision: list[str] | None = None,
    decisions: bool = False,
    by: str | None = None,
    within: str = "10%",
    show: list[str] | None = None,
    seeds: Seeds = None,
    budget: str | None = None,
    exact: Exact = False,
    threads: Threads = None,
    traces: Traces = None,
    format: Format = "text",
    quiet: Quiet = False,
) -> int:
    """Compare two designs under the same luck: paired differences, what each holds, what each costs.

    Both are run with the same seeds, and what both have draws the same
    numbers in both, so that few seeds tell a small difference. The better one
    is the one that holds its contract; of two that do, the cheaper.

    --sweep finds where the better choice changes along a value. --decision
    tests the flips_when of a decision that names a variant and compares an
    estimate, such as `followers > 100k`.

    Exit codes: 0 decided, 1 a decision flips elsewhere than it says, 2 invalid,
    3 undecided, 130 interrupted.

    Example: loadcase compare gallery/url-shortener --variant no_cache --case peak

    Parameters
    ----------
    case
        Compare in this case; may be given several times. All that both have otherwise; with --decision those without
        faults and relaxed bounds.
    sweep
        Vary this in both, and find where the better choice changes: PATH=1k..10M log x7.
    decision
        Test where this decision flips; may be given several times.
    decisions
        Test every decision.
    by
        With --decision: the estimate that is changed so that the one of flips_when changes; by itself the one on which
        most others rest.
    within
        Find a flip to this share of its value.
    show
        Compare this metric beside those of the contract; may be given several times; * for all.
    budget
        Wall time after which what is undecided stays so; 60s for each case, 300s with --sweep and for each decision.
    """
    budget_s = None if budget is None else budget_of(budget)
    at_least_one(seeds, threads)
    near = share_of(within, "--within")
    if not near:
        raise UsageError(f"--within takes a share above 0%, got {within!r}", hint="for example 10%")
    options: dict[str, Any] = {"seeds": seeds, "threads": threads, "exact": exact, "trace_folder": traces}
    if decision or decisions:
        if len(file) != 1 or variant is not None or sweep is not None or show:
            hint = "give one blueprint, and neither --variant, --sweep nor --show"
            raise UsageError("a decision names its variant and its value itself", hint=hint)
        return _flips(
            load_file(file[0]), None if decisions else decision, by, near, case, budget_s, options, format, quiet
        )
    if by is not None:
        raise UsageError("--by is about a decision", hint="--decision NAME")
    if (len(file) == 2) == (variant is not None) or len(file) > 2:
        raise UsageError("two designs are compared", hint="one blueprint with --variant NAME, or two blueprints")
    if show and sweep is not None:
        raise UsageError("--show is about one comparison, not about a sweep", hint="leave out one of them")
    a = load_file(file[0])
    b = load_file(file[-1], variant)
    names = (a.name, variant) if variant is not None else (a.name, b.name)
    if names[0] == names[1]:
        names = (str(file[0]), variant or str(file[-1]))
    if sweep is not None:
        return _curve(a, b, names, sweep, near, case, budget_s, options, format, quiet)
    from loadcase.explore.compare import compare as compared
    from loadcase.report.compared import compare_json, print_comparison
    from loadcase.report.progress import Progress
    from loadcase.report.text import console

    with Progress(quiet, " and ".join(names)) as progress:
        result = compared(
            a, b, names, cases=case, metrics=show or (), budget_s=budget_s, stop=progress.stop,
            on_progress=lambda p: progress.note(f"{p.runs} of {p.wanted} runs"), **options,
        )  # fmt: skip
    if format == "json":
        show_json(compare_json(result))
    else:
        print_comparison(result, console())
    return 130 if result.interrupted else 3 if result.better == "unknown" else 0


def _curve(
    a: Blueprint,
    b: Blueprint,
    names: tuple[str, str],
    text: str,
    within: float,
    cases: list[str] | None,
    budget_s: float | None,
    options: dict[str, Any],
    format: str,
    quiet: bool,
) -> int:
    """`compare --sweep`."""
    from loadcase.explore.axes import parse_axis
    from loadcase.explore.flips import BUDGET_S, Search, curve
    from loadcase.report.compared import curve_json, print_curve
    from loadcase.report.progress import Progress
    from loadcase.report.text import console

    axis = parse_axis(text)
    with Progress(quiet, " and ".join(names)) as progress:
        search = Search(
            a, b, names, cases=cases, budget_s=budget_s or BUDGET_S, stop=progress.stop,
            on_progress=lambda label, p: progress.note(f"{label}, {p.runs} of {p.wanted} runs"), **options,
        )  # fmt: skip
        result = curve(search, axis, within)
    if format == "json":
        show_json(curve_json(result))
    else:
        print_curve(result, console())
    if progress.stop.is_set():
        return 130
    return 0 if result.decided else 3


def _flips(
    blueprint: Blueprint,
    wanted: list[str] | None,
    by: str | None,
    within: float,
    cases: list[str] | None,
    budget_s: float | None,
    options: dict[str, Any],
    format: str,
    quiet: bool,
) -> int:
    """`compare --decision` and `--decisions`; None for all of them."""
    from loadcase.core.results import worst
    from loadcase.explore.flips import BUDGET_S, decision
    from loadcase.report.compared import decisions_json, print_decisions
    from loadcase.report.progress import Progress
    from loadcase.report.text import console

    found = []
    with Progress(quiet, blueprint.name) as progress:
        for name in list(blueprint.decisions) if wanted is None else wanted:
            one = decision(
                blueprint, name, by=by, within=within, cases=cases, budget_s=budget_s or BUDGET_S, stop=progress.stop,
                on_progress=lambda label, p: progress.note(f"{label}, {p.runs} of {p.wanted} runs"), **options,
            )  # fmt: skip
            found.append(one)
            if progress.stop.is_set():
                break
    if format == "json":
        show_json(decisions_json(blueprint.name, found, progress.stop.is_set()))
    else:
        print_decisions(blueprint.name, found, console())
    if progress.stop.is_set():
        return 130
    counted = [f.verdict for f in found if f.tested or wanted is not None]
    return EXIT[worst(counted)] if counted else 0
