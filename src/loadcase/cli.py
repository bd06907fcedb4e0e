"""The command line: arguments and exit codes. Everything heavy is imported by the command that needs it.

Exit codes: 0 all holds, 1 a guarantee is broken, 2 invalid blueprint or usage, 3 undecided, 130 interrupted.
"""

from __future__ import annotations

import codecs
import io
import itertools
import json
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, CycloptsError, Parameter

from loadcase import __version__
from loadcase.core.errors import BlueprintError, LoadcaseError, UsageError, render
from loadcase.core.streams import silence

if TYPE_CHECKING:
    from loadcase.blueprint.model import Blueprint
    from loadcase.core.history import History

HELP = """Pytest for architecture: a system design as a program.

Write one YAML blueprint; estimate it, run it under load, and judge it against its own contract.

    loadcase new my-design.yaml        start from a small commented design
    loadcase estimate my-design.yaml   its numbers in closed form, at once
    loadcase size my-design.yaml       how many replicas, shards and partitions it needs
    loadcase review my-design.yaml     what is wrong with it on paper
    loadcase scale my-design.yaml      what breaks first when the load grows, and what mends it
    loadcase advise my-design.yaml     its shape, what follows from that, and what comes next
    loadcase check my-design.yaml      simulate it and judge every guarantee
    loadcase gallery                   worked designs to read and to start from
    loadcase judge history.parquet --contract my-design.yaml
                                       judge what a real system recorded

Exit codes: 0 all holds, 1 a guarantee is broken, 2 invalid blueprint or usage, 3 undecided."""

app = App(
    name="loadcase", help=HELP, version=__version__, help_format="plaintext", default_parameter=Parameter(negative=())
)

File = Annotated[Path, Parameter(help="A blueprint file, or a folder that holds blueprint.yaml.")]
Variant = Annotated[str | None, Parameter(help="Lay this variant of the blueprint over it first.")]
Format = Annotated[Literal["text", "json"], Parameter(help="text for people, json for programs.")]
EXIT = {"holds": 0, "broken": 1, "unknown": 3}


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and exits."""
    sys.exit(execute(sys.argv[1:] if arguments is None else arguments))


def execute(arguments: list[str]) -> int:
    """Runs the command line; gives the exit code. Never shows a traceback for bad input."""
    as_json = _wants(arguments, "json")
    _spell_plainly()
    try:
        code = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
        _flush()
        return code if isinstance(code, int) else 0
    except CycloptsError as error:
        return _fail(UsageError(str(error).strip(), hint="loadcase --help lists the commands"), as_json, arguments)
    except LoadcaseError as error:
        return _fail(error, as_json, arguments)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except (BrokenPipeError, SystemExit):  # the reader of the help has gone away
        silence()
        return 0
    except (RecursionError, MemoryError) as error:
        return _fail(
            UsageError(
                f"the design is too large for this machine ({type(error).__name__})",
                hint="divide the counts and the load by the same factor",
            ),
            as_json,
            arguments,
        )


def _spell_plainly() -> None:
    """Where a terminal does not have a letter, µs is written us and others as a question mark."""
    codecs.register_error("plain", _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="plain")


def _plain(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    letters = error.object[error.start : error.end]
    return "".join("u" if letter in "µμ" else "?" for letter in letters), error.end


def _wants(arguments: list[str], form: str) -> bool:
    return f"--format={form}" in arguments or any(
        a == "--format" and b == form for a, b in itertools.pairwise(arguments)
    )


def _fail(error: LoadcaseError, as_json: bool, arguments: list[str]) -> int:
    if as_json:
        from loadcase.report.shapes import error_json

        _print_json(error_json(error))
    elif _wants(arguments, "github"):
        from loadcase.report.ci import github_error

        _print(github_error(error))
    elif isinstance(error, BlueprintError):
        color = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
        for problem in error.problems:
            print(render(problem, color), file=sys.stderr)
        count = len(error.problems)
        print(f"{count} problem{'s'[: count > 1]} found", file=sys.stderr)
    else:
        print(f"error[{error.code}]: {error.message}", file=sys.stderr)
        if error.hint:
            print(f"    hint: {error.hint}", file=sys.stderr)
    return 2


def _load(file: Path, variant: str | None = None) -> Blueprint:
    from loadcase.blueprint.load import load

    return load(file, variant)


def _print(text: str) -> None:
    """Prints; a reader that has gone away changes nothing, not even the exit code."""
    try:
        print(text, end="", flush=True)
    except BrokenPipeError:
        silence()


def _flush() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        silence()


def _print_json(value: Any) -> None:
    _print(json.dumps(value, indent=2, allow_nan=False) + "\n")


@app.command
def estimate(file: File, *, case: str | None = None, variant: Variant = None, format: Format = "text") -> int:
    """Numbers in closed form: the estimates, the load on every component, what saturates first, the cost.

    Example: loadcase estimate gallery/chat

    Parameters
    ----------
    case
        Use the load factor of this case; 1 otherwise.
    """
    from loadcase.estimate.estimate import estimate as closed_form

    report = closed_form(_load(file, variant), case)
    if format == "json":
        _print_json(report.to_json())
    else:
        from loadcase.report.closed import print_estimate
        from loadcase.report.text import console

        print_estimate(report, console())
    return 0


@app.command
def size(
    file: File, *, headroom: str = "30%", case: str | None = None, variant: Variant = None, format: Format = "text"
) -> int:
    """Propose replicas, shards and partitions that meet the contract with headroom, and what they cost.

    In closed form, at once: every component gets the fewest at which its
    busiest replica, shard or partition keeps the headroom at the peak and no
    guarantee breaks that a formula can judge; zones, a spare replica and open
    connections set the least. The table says what each count is for. Copies of
    shards and of partitions stay: they are about durability, not load. Let
    `loadcase check` judge the proposal before you trust it.

    Exit codes: 0 the contract is met, 1 no count mends something, 2 invalid.

    Example: loadcase size gallery/chat --headroom 40%

    Parameters
    ----------
    headroom
        Share of the busiest part that stays free at the peak: with 30% a burst of 1.4 times the peak still fits, and
        a queue before one worker is 2.3 service times long; with 10% it is 9.
    case
        Size for the load of this case; for the highest load of a case that relaxes nothing otherwise.
    """
    from loadcase.estimate.estimate import estimate as closed_form
    from loadcase.estimate.size import size as proposed

    share = _share(headroom, "--headroom")
    blueprint = _load(file, variant)
    report = proposed(blueprint, share, case)
    if format == "json":
        from loadcase.report.shapes import size_json

        _print_json(size_json(report))
    else:
        from loadcase.report.closed import print_size
        from loadcase.report.text import console

        print_size(report, closed_form(report.blueprint, report.load).components, console())
    return 1 if report.unmet else 0


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
    quiet: bool = False,
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
    quiet
        No progress on standard error.
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
            _print_json(shown.rules_json(told))
        elif format != "text":
            raise UsageError(f"--explain has no format {format}", hint="text or json")
        else:
            _print(shown.rules_text() if explain == "all" else "\n".join(map(shown.explain_text, told)))
        return 0
    if not file:
        raise UsageError("no blueprint is given", hint="loadcase review FILE, or loadcase review --explain all")
    if (fix or diff) and variant is not None:
        raise UsageError("--fix and --diff change the design itself, not a variant", hint="leave --variant out")
    if not deep and (budget, seeds, threads, traces) != (None, None, None, None):
        raise UsageError("--budget, --seeds, --threads and --traces are about runs", hint="say --deep")
    budget_s = None if budget is None else _budget(budget)
    _at_least_one(seeds, threads)
    reviews, counts, diffs, ablations = [], [], [], []
    interrupted = False
    for one in file:
        settings = settings_for(one).with_options(select or [], ignore or [])
        if deep and "over-engineered" not in {rule.name for rule in settings.chosen()}:
            raise UsageError("--deep looks for over-engineered, and that rule is left out", hint="--select it as well")
        blueprint = _load(one, variant)
        count = 0
        if fix or diff:
            before = blueprint
            blueprint, count = mended(blueprint, settings)
            diffs.append(shown.diff_text(blueprint.document.file, before.dump(), blueprint.dump()))
            if count and not diff:
                _write(Path(blueprint.document.file), blueprint.dump())
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
        _print_json(shown.review_json(reviews, counts, "".join(diffs) if diff else None, ablations))
    elif format == "sarif":
        _print_json(shown.review_sarif(reviews))
    elif format == "github":
        _print(shown.review_github(reviews))
    elif diff:
        _print("".join(diffs))
    else:
        color = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        for found, count, ablation in zip(reviews, counts, ablations, strict=True):
            _print(shown.review_text(found, color, count if fix else None))
            if ablation is not None:
                _print(deep_text(ablation))
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

    advice = advised(_load(file, variant), settings_for(file))
    if format == "json":
        _print_json(advice_json(advice))
    else:
        _print(advice_text(advice, all, color=sys.stdout.isatty() and not os.environ.get("NO_COLOR")))
    return 0


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
    traces: Path | None = None,
    history: Path | None = None,
    sample: str | None = None,
    format: Format = "text",
    quiet: bool = False,
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
    traces
        Folder of the arrival traces that the blueprint names; no other file is read without it.
    history
        Write what happened to the operations to this file, .parquet or .jsonl.
    sample
        Share of the keys that the history has, such as 10%; as many as memory allows without it.
    quiet
        No progress on standard error.
    """
    from loadcase import api
    from loadcase.report.progress import Progress
    from loadcase.report.shapes import run_json

    budget_s = _budget(budget)
    share = _sample(sample, history)
    if history is not None:
        from loadcase.core.history_files import check_target

        check_target(history)
    blueprint = _load(file, variant)
    with Progress(quiet, f"{blueprint.name}, {case}") as progress:
        result = api.run(
            blueprint, case, seed, duration=_seconds(duration, "--duration"), warmup=_seconds(warmup, "--warmup"),
            scale=scale, progress=progress.share, stop=progress.stop, trace_folder=traces, wall_limit_s=budget_s,
            history=share,
        )  # fmt: skip
    if history is not None:
        from loadcase.core.history_files import write_history

        write_history(result.history, history)
    if format == "json":
        _print_json(run_json(result))
    else:
        from loadcase.report.text import console, print_run

        print_run(result, console())
    return 130 if progress.stop.is_set() else 0


@app.command
def check(
    file: Annotated[list[Path], Parameter(help="Blueprint files, or folders that hold blueprint.yaml.")],
    *,
    case: list[str] | None = None,
    seeds: int | None = None,
    budget: str | None = None,
    exact: bool = False,
    threads: int | None = None,
    variant: Variant = None,
    traces: Path | None = None,
    format: Annotated[Literal["text", "json", "junit", "github"], Parameter(help="What is printed.")] = "text",
    quiet: bool = False,
) -> int:
    """Simulate every case and judge every guarantee of the contract: holds, broken or unknown.

    Example: loadcase check gallery/chat --case peak --budget 2min

    Parameters
    ----------
    case
        Judge this case only; may be given several times. Of a variant those that its decision names, or else all.
    seeds
        Run exactly this many seeds for each case.
    budget
        Wall time after which what is undecided stays unknown; 60s, or 40s for each case where that is more.
    exact
        Never run a scale model (1/k of the load on 1/k of the parts).
    threads
        Runs at once; all cores otherwise.
    traces
        Folder of the arrival traces that the blueprint names; no other file is read without it.
    quiet
        No progress on standard error.
    """
    from loadcase import api
    from loadcase.core.results import CheckResult, worst
    from loadcase.report.progress import Progress

    budget_s = None if budget is None else _budget(budget)
    _at_least_one(seeds, threads)
    results: list[CheckResult] = []
    blueprints = [(str(path), _load(path, variant)) for path in file]
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

            _print(github(blueprint, path, result))
        if result.interrupted:
            break
    if format == "json":
        from loadcase.report.shapes import check_json

        shapes = [check_json(r) for r in results]
        verdict = worst([r.verdict for r in results])
        _print_json(shapes[0] if len(shapes) == 1 else {"verdict": verdict, "blueprints": shapes})
    elif format == "junit":
        from loadcase.report.ci import junit

        _print(junit(results))
    if any(r.interrupted for r in results):
        return 130
    return EXIT[worst([r.verdict for r in results])]


@app.command
def scale(
    file: File,
    *,
    to: str | None = None,
    envelope: list[str] | None = None,
    budget: str = "10min",
    threads: int | None = None,
    variant: Variant = None,
    format: Format = "text",
    quiet: bool = False,
) -> int:
    """Tell what becomes of a design when its load grows: what breaks first, why, what mends it, and what breaks next.

    The load is every arrival rate and the users of closed loops; what is
    stored, and the connections that a gateway holds, stay. The closed form
    says where to look, runs bracket the load at which the first guarantee
    breaks to 5 %, and the part to blame gets what `loadcase size` proposes for
    the next rung of 1, 2, 5, 10, ... Nothing goes wrong in these runs and
    nothing gives way. Below 1x: the counts that would do, and what could be
    left out besides.

    --envelope, given twice, draws over which values of two axes the contract
    holds instead: in closed form everywhere, by runs along the border. `load`
    is the load factor; any other axis is a path, as for `loadcase sweep`.

    Exit codes: 0 told, 2 invalid, 130 interrupted.

    Example: loadcase scale gallery/url-shortener --to 10x

    Parameters
    ----------
    to
        The load factor to go to, such as 10x; 100x when not given. Below 1x it tells what could be left out.
    envelope
        An axis of the capacity envelope: load=1..10, PATH=10..200 step 10, PATH=1k..10M log x7; two of them.
    budget
        Wall time after which the rest is told in closed form; 0s runs nothing.
    threads
        Runs at once; all cores otherwise.
    quiet
        No progress on standard error.
    """
    budget_s = 0.0 if budget.strip() in ("0", "0s", "0 s") else _budget(budget)
    _at_least_one(None, threads)
    if envelope:
        if to is not None:
            raise UsageError(
                "--to and --envelope are two questions", hint="leave one of them out; load=1..10 is an axis"
            )
        return _envelope(_load(file, variant), envelope, budget_s, threads, format, quiet)
    from loadcase import api
    from loadcase.report import growth
    from loadcase.report.progress import Progress

    factor = _factor("100x" if to is None else to)
    blueprint = _load(file, variant)
    with Progress(quiet, blueprint.name) as progress:
        if factor > 1.0:
            story = api.grow(
                blueprint, factor, budget_s=budget_s, threads=threads, on_progress=progress.story, stop=progress.stop
            )
        else:
            shrunk = api.shrink(
                blueprint, factor, budget_s=budget_s, threads=threads, on_progress=progress.deep, stop=progress.stop
            )
    if format == "json":
        _print_json(growth.story_json(story) if factor > 1.0 else growth.shrunk_json(shrunk))
    else:
        _print(growth.story_text(story) if factor > 1.0 else growth.shrunk_text(shrunk))
    return 130 if progress.stop.is_set() else 0


def _envelope(
    blueprint: Blueprint, texts: list[str], budget_s: float, threads: int | None, format: str, quiet: bool
) -> int:
    """`scale --envelope`."""
    from loadcase.explore.envelope import envelope, parse
    from loadcase.report.envelope import envelope_json, print_envelope
    from loadcase.report.progress import Progress
    from loadcase.report.text import console

    axes = parse(texts)
    with Progress(quiet, blueprint.name) as progress:
        result = envelope(
            blueprint, axes, budget_s=budget_s, threads=threads, on_progress=progress.envelope, stop=progress.stop
        )
    if format == "json":
        _print_json(envelope_json(result))
    else:
        print_envelope(result, console())
    return 130 if progress.stop.is_set() else 0


def _factor(text: str) -> float:
    """A load factor other than 1, from `100x` or `100`."""
    try:
        value = float(text.strip().lower().removesuffix("x"))
    except ValueError:
        value = 0.0
    if not 1e-3 <= value <= 1e3 or value == 1.0:
        raise UsageError(
            f"--to takes a load factor from 0.001x to 1000x, got {text!r}", hint="for example 100x or 0.1x"
        )
    return value


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
    exact: bool = False,
    threads: int | None = None,
    cluster: str | None = None,
    variant: Variant = None,
    traces: Path | None = None,
    format: Format = "text",
    quiet: bool = False,
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
    exact
        Never run a scale model (1/k of the load on 1/k of the parts).
    threads
        Runs at once; all cores otherwise.
    cluster
        Run on the Dask cluster whose scheduler is at this address, such as tcp://head:8786.
    traces
        Folder of the arrival traces that the blueprint names; no other file is read without it.
    quiet
        No progress on standard error.
    """
    from loadcase.explore.axes import parse_axes
    from loadcase.explore.sweep import sweep as swept
    from loadcase.report.explored import print_sweep, sweep_json
    from loadcase.report.progress import Progress
    from loadcase.report.text import console

    _at_least_one(seeds, threads)
    if cluster is not None and threads is not None:
        raise UsageError("--threads is about this machine, and the runs are on a cluster", hint="leave out one of them")
    axes = parse_axes(set_ or [])
    blueprint = _load(file, variant)
    with Progress(quiet, blueprint.name) as progress:
        result = swept(
            blueprint, axes, cases=case, seeds=seeds, samples=samples, sampling_seed=sampling_seed, out=out,
            metrics=show or (), exact=exact, threads=threads, cluster=cluster, on_progress=progress.sweep,
            stop=progress.stop, trace_folder=traces,
        )  # fmt: skip
    if format == "json":
        _print_json(sweep_json(result))
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
    seeds: int | None = None,
    budget: str | None = None,
    exact: bool = False,
    threads: int | None = None,
    traces: Path | None = None,
    format: Format = "text",
    quiet: bool = False,
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
    seeds
        Run exactly this many seeds for each case.
    budget
        Wall time after which what is undecided stays so; 60s for each case, 300s with --sweep and for each decision.
    exact
        Never run a scale model (1/k of the load on 1/k of the parts).
    threads
        Runs at once; all cores otherwise.
    traces
        Folder of the arrival traces that the blueprint names; no other file is read without it.
    quiet
        No progress on standard error.
    """
    budget_s = None if budget is None else _budget(budget)
    _at_least_one(seeds, threads)
    near = _share(within, "--within")
    if not near:
        raise UsageError(f"--within takes a share above 0%, got {within!r}", hint="for example 10%")
    options: dict[str, Any] = {"seeds": seeds, "threads": threads, "exact": exact, "trace_folder": traces}
    if decision or decisions:
        if len(file) != 1 or variant is not None or sweep is not None or show:
            hint = "give one blueprint, and neither --variant, --sweep nor --show"
            raise UsageError("a decision names its variant and its value itself", hint=hint)
        return _flips(_load(file[0]), None if decisions else decision, by, near, case, budget_s, options, format, quiet)
    if by is not None:
        raise UsageError("--by is about a decision", hint="--decision NAME")
    if (len(file) == 2) == (variant is not None) or len(file) > 2:
        raise UsageError("two designs are compared", hint="one blueprint with --variant NAME, or two blueprints")
    if show and sweep is not None:
        raise UsageError("--show is about one comparison, not about a sweep", hint="leave out one of them")
    a = _load(file[0])
    b = _load(file[-1], variant)
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
        _print_json(compare_json(result))
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
        _print_json(curve_json(result))
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
        _print_json(decisions_json(blueprint.name, found, progress.stop.is_set()))
    else:
        print_decisions(blueprint.name, found, console())
    if progress.stop.is_set():
        return 130
    counted = [f.verdict for f in found if f.tested or wanted is not None]
    return EXIT[worst(counted)] if counted else 0


@app.command
def alerts(
    file: File,
    *,
    case: list[str] | None = None,
    out: Path | None = None,
    prefix: str = "loadcase",
    seeds: int | None = None,
    budget: str = "60s",
    exact: bool = False,
    threads: int | None = None,
    variant: Variant = None,
    traces: Path | None = None,
    format: Annotated[Literal["text", "json", "prometheus"], Parameter(help="What is printed.")] = "text",
    quiet: bool = False,
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
    exact
        Never run a scale model (1/k of the load on 1/k of the parts).
    threads
        Runs at once; all cores otherwise.
    traces
        Folder of the arrival traces that the blueprint names; no other file is read without it.
    quiet
        No progress on standard error.
    """
    from loadcase import api
    from loadcase.report.alerts import alerts_json, print_pages, print_rules
    from loadcase.report.progress import Progress
    from loadcase.report.text import console

    budget_s = _budget(budget)
    _at_least_one(seeds, threads)
    if not case and (seeds is not None or exact or threads is not None or traces is not None):
        raise UsageError("--seeds, --exact, --threads and --traces are about runs", hint="say which: --case NAME")
    if case and format == "prometheus":
        raise UsageError("--format prometheus prints rules, and --case replays them", hint="write the rules with --out")
    blueprint = _load(file, variant)
    rules = api.alert_rules(blueprint, prefix)
    if out is not None:
        _write(out, rules)
    result = None
    if case:
        with Progress(quiet, blueprint.name) as progress:
            result = api.pages(
                blueprint, case, seeds=3 if seeds is None else seeds, budget_s=budget_s, threads=threads, exact=exact,
                on_progress=progress.check, stop=progress.stop, trace_folder=traces,
            )  # fmt: skip
    if format == "json":
        _print_json(alerts_json(blueprint, result))
    elif format == "prometheus":
        _print(rules)
    elif result is not None:
        print_pages(result, console())
    else:
        print_rules(blueprint, console())
    if format == "text" and (out is not None or result is None):
        _print("--out FILE writes the rules for Prometheus\n" if out is None else f"wrote {out}\n")
    if result is None:
        return 0
    return 130 if result.interrupted else EXIT[result.verdict]


def _write(path: Path, text: str) -> None:
    """Writes a file. Raises UsageError when that cannot be."""
    try:
        path.write_text(text, "utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot write {path}: {reason}", hint="name a file in a folder that exists") from None


def _at_least_one(seeds: int | None, threads: int | None) -> None:
    if seeds is not None and not 1 <= seeds <= 10_000:
        raise UsageError(f"--seeds takes 1 to 10000, got {seeds}")
    if threads is not None and not 1 <= threads <= 1024:
        raise UsageError(f"--threads takes 1 to 1024, got {threads}")


def _sample(text: str | None, history: Path | None) -> float | None:
    """The share of the keys that a history is to have; 0 leaves it open, None is no history."""
    from loadcase.core.errors import LoadcaseError
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


HistoryFile = Annotated[Path, Parameter(help="A recorded history, .parquet or .jsonl.")]
Drained = Annotated[
    bool, Parameter(help="Nothing was under way any more when it ended, though the history does not say so.")
]
Against = Annotated[Path | None, Parameter(help="One more history of the same arrivals, for `diverged`.")]


@app.command
def judge(
    history: HistoryFile,
    *,
    contract: Path,
    drained: Drained = False,
    against: Against = None,
    format: Annotated[Literal["text", "json", "junit", "github"], Parameter(help="What is printed.")] = "text",
) -> int:
    """Judge a recorded history against a contract: was anything lost, applied twice, delivered out of order.

    The history may come from any system; the columns, and a recorder in
    Python, are in the documentation. For what is broken the shortest story
    that shows it is told. What the history cannot tell is unknown.

    Example: loadcase judge orders.jsonl --contract promises.yaml

    Parameters
    ----------
    contract
        A YAML list of guarantees, or a blueprint with a contract.
    """
    from loadcase.check.judge import Judge
    from loadcase.check.promises import read_promises
    from loadcase.report import judged

    promises = read_promises(contract)
    result = Judge(*_histories(history, drained, against)).judgement(promises.guarantees)
    if format == "json":
        _print_json(judged.judge_json(result))
    elif format == "junit":
        _print(judged.junit(result))
    elif format == "github":
        _print(judged.github(promises, result))
    else:
        judged.print_judgement(result)
    return EXIT[result.verdict]


@app.command
def explain(
    history: Annotated[Path, Parameter(help="A recorded history, .parquet or .jsonl; or a blueprint, which is run.")],
    guarantee: str,
    *,
    case: str | None = None,
    seed: int | None = None,
    variant: Variant = None,
    drained: Drained = False,
    against: Against = None,
    format: Annotated[Literal["text", "json", "mermaid"], Parameter(help="What is printed.")] = "text",
) -> int:
    """Tell the shortest story that breaks a guarantee: the operations, the components, the faults at the moment.

    Example: loadcase explain orders.jsonl order.applied_twice --format mermaid

    Parameters
    ----------
    guarantee
        A metric of correctness such as `order.lost`, or a whole guarantee.
    case
        Of a blueprint: the case that is run, `normal` when not given.
    seed
        Of a blueprint: the seed, 1 when not given.
    """
    from loadcase.check.judge import Judge
    from loadcase.check.promises import promise
    from loadcase.report import judged

    line = promise(guarantee)
    if history.is_dir() or history.suffix.lower() in (".yaml", ".yml"):
        from loadcase import api

        if drained or against is not None:
            raise UsageError("--drained and --against are about recorded histories", hint=f"{history} is a blueprint")
        blueprint = _load(history, variant).changed({"requirements.contract": [line.text]})
        result = api.run(blueprint, case or "normal", 1 if seed is None else seed, history=0.0)
        judging = Judge(result.history, result.other_history)
    else:
        if (case, seed, variant) != (None, None, None):
            raise UsageError("--case, --seed and --variant are about blueprints", hint=f"{history} is a history")
        judging = Judge(*_histories(history, drained, against))
    outcome, story = judging.outcome(line), judging.story(line.metric)
    if format == "json":
        _print_json(judged.explain_json(outcome, story))
    elif format == "mermaid":
        _print(judged.mermaid(outcome, story))
    else:
        judged.print_story(outcome, story)
    return EXIT[outcome.verdict]


def _histories(history: Path, drained: bool, against: Path | None) -> tuple[History, History | None]:
    from loadcase.core.history_files import read_history

    told = read_history(history)
    if drained:
        told = told.saying(drained=True)
    return told, None if against is None else read_history(against)


@app.command
def draw(
    file: File,
    *,
    variant: Variant = None,
    format: Annotated[
        Literal["mermaid", "json"], Parameter(help="The text alone, or inside a JSON object.")
    ] = "mermaid",
) -> int:
    """Draw the design as a Mermaid flowchart, to paste into Markdown.

    Example: loadcase draw gallery/chat > chat.mmd
    """
    from loadcase.report.draw import mermaid

    blueprint = _load(file, variant)
    text = mermaid(blueprint)
    if format == "json":
        _print_json({"blueprint": blueprint.name, "mermaid": text})
    else:
        _print(text)
    return 0


@app.command
def kinds(name: str | None = None, *, format: Format = "text") -> int:
    """List the component kinds, or show one: its verbs, its fields, what they mean.

    Example: loadcase kinds cache

    Parameters
    ----------
    name
        Show this kind only.
    """
    from loadcase.report.catalogue import kind_shape, print_kind, print_kinds

    if format == "json":
        _print_json({"kinds": kind_shape(name)})
    elif name is None:
        print_kinds()
    else:
        print_kind(name)
    return 0


@app.command
def faults(name: str | None = None, *, format: Format = "text") -> int:
    """List the faults that a case may have, or show one: what it does, its fields, what they mean.

    Example: loadcase faults crash

    Parameters
    ----------
    name
        Show this fault only.
    """
    from loadcase.report.catalogue import fault_shape, print_fault, print_faults

    if format == "json":
        _print_json({"faults": fault_shape(name)})
    elif name is None:
        print_faults()
    else:
        print_fault(name)
    return 0


@app.command
def profiles(name: str | None = None, *, format: Format = "text") -> int:
    """List the profiles of known products, or show one: each number with its source.

    Example: loadcase profiles redis

    Parameters
    ----------
    name
        Show this profile only.
    """
    from loadcase.report.catalogue import print_profile, print_profiles, profile_shape

    if format == "json":
        _print_json({"profiles": profile_shape(name)})
    elif name is None:
        print_profiles()
    else:
        print_profile(name)
    return 0


@app.command
def validate(
    cases: Path | None = None,
    *,
    only: list[str] | None = None,
    closed_form: bool = False,
    threads: int = 2,
    format: Format = "text",
    quiet: bool = False,
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
    quiet
        No progress on standard error.
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
        _print_json({"partial": interrupted, "counts": counts, "cases": results})
    else:
        from loadcase.report.text import console, print_rows

        rows = [(r["id"], r["status"], _largest(r["residual"]), r["reason"] or "") for r in results]
        print_rows("validation", ("case", "status", "residual", "reason"), rows, console())
        _print(", ".join(f"{n} {s}" for s, n in counts.items()) + "\n")
        if interrupted:
            _print("interrupted: these are partial results\n")
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
        _print_json({"partial": interrupted, "counts": counts, "designs": [a.to_json() for a in found]})
    else:
        from loadcase.report.text import console, print_rows

        headings = ("design", "status", "largest difference", "reason")
        largest = {a.name: f"{w.metric} {w.difference:+.1%}" if (w := a.worst) else "" for a in found}
        rows = [(a.name, a.status, largest[a.name], a.reason) for a in found]
        print_rows("closed form against the engine", headings, rows, console())
        _print(", ".join(f"{n} {s}" for s, n in counts.items()) + "\n")
        if interrupted:
            _print("interrupted: these are partial results\n")
    if interrupted:
        return 130
    return 1 if counts["off"] else 0


@app.command
def schema() -> int:
    """Print the JSON Schema of the blueprint format, for editors that complete and check YAML.

    Example: loadcase schema > blueprint.schema.json
    """
    from loadcase.blueprint.schema import json_schema

    _print_json(json_schema())
    return 0


@app.command
def gallery(name: str | None = None, *, format: Format = "text") -> int:
    """List the worked designs of the gallery, or show one: what it promises, what goes wrong, what it decided.

    Example: loadcase gallery chat

    Parameters
    ----------
    name
        Show this system only.
    """
    from loadcase.report import gallery as shown
    from loadcase.systems import system, systems

    if format == "json":
        found = systems() if name is None else [system(name)]
        _print_json({"systems": [shown.system_json(one) for one in found]})
    elif name is None:
        shown.print_systems(systems())
    else:
        shown.print_system(system(name))
    return 0


@app.command
def new(path: Path, *, from_: Annotated[str | None, Parameter(name="--from")] = None, format: Format = "text") -> int:
    """Start a blueprint: a small commented design, or a copy of one from the gallery. Never overwrites a file.

    Example: loadcase new my-design.yaml --from url-shortener

    Parameters
    ----------
    path
        The file to write.
    from_
        A system of the gallery to start from.
    """
    from loadcase.report.templates import write_new

    source = write_new(path, from_)
    if format == "json":
        _print_json({"file": str(path), "from": source})
    else:
        _print(f"wrote {path} (from {source}); next: loadcase check {path}\n")
    return 0


def _largest(residuals: Any) -> str:
    """The largest relative residual of a case, whatever its sign."""
    values = [abs(v) for v in (residuals or {}).values() if isinstance(v, int | float)]
    return f"{max(values):.2%}" if values else ""


def _share(text: str, option: str) -> float:
    """A share below 1, from `30%`, `30 %` or `0.3`."""
    from loadcase.core.units import in_unit, parse_quantity

    try:
        value = in_unit(parse_quantity(text), "%") / 100.0
    except LoadcaseError:
        raise UsageError(f"{option} takes a share, got {text!r}", hint="for example 30% or 0.3") from None
    if not 0.0 <= value < 1.0:
        raise UsageError(f"{option} takes a share from 0% up to 100%, got {text!r}", hint="for example 30%")
    return value


def _budget(text: str) -> float:
    """Wall seconds that a command may take."""
    seconds = _seconds(text, "--budget")
    if not seconds:
        raise UsageError(f"--budget takes a duration of more than 0, got {text!r}", hint="for example 60s or 2min")
    return seconds


def _seconds(text: str | None, option: str) -> float | None:
    if text is None:
        return None
    from loadcase.core.units import in_unit, parse_quantity

    try:
        value = in_unit(parse_quantity(text), "s")
    except LoadcaseError:
        raise UsageError(f"{option} takes a duration, got {text!r}", hint="for example 60s or 2min") from None
    if not 0 <= value < 1e9:
        raise UsageError(f"{option} takes a duration of at least 0, got {text!r}")
    return value


if __name__ == "__main__":
    main()
