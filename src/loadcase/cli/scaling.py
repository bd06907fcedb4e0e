"""The command that grows or shrinks the load of a design: scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loadcase.cli.app import app
from loadcase.cli.options import (
    File,
    Format,
    Quiet,
    Threads,
    Variant,
    at_least_one,
    budget_of,
    load_file,
    show,
    show_json,
)
from loadcase.core.errors import UsageError

if TYPE_CHECKING:
    from loadcase.blueprint.model import Blueprint


@app.command
def scale(
    file: File,
    *,
    to: str | None = None,
    envelope: list[str] | None = None,
    budget: str = "10min",
    threads: Threads = None,
    variant: Variant = None,
    format: Format = "text",
    quiet: Quiet = False,
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

    Example: loadcase scale gallery/ride-dispatch --to 10x

    Parameters
    ----------
    to
        The load factor to go to, such as 10x; 100x when not given. Below 1x it tells what could be left out.
    envelope
        An axis of the capacity envelope: load=1..10, PATH=10..200 step 10, PATH=1k..10M log x7; two of them.
    budget
        Wall time after which the rest is told in closed form; 0s runs nothing.
    """
    budget_s = 0.0 if budget.strip() in ("0", "0s", "0 s") else budget_of(budget)
    at_least_one(None, threads)
    if envelope:
        if to is not None:
            raise UsageError(
                "--to and --envelope are two questions", hint="leave one of them out; load=1..10 is an axis"
            )
        return _envelope(load_file(file, variant), envelope, budget_s, threads, format, quiet)
    from loadcase import api
    from loadcase.report import growth
    from loadcase.report.progress import Progress

    factor = _factor("100x" if to is None else to)
    blueprint = load_file(file, variant)
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
        show_json(growth.story_json(story) if factor > 1.0 else growth.shrunk_json(shrunk))
    else:
        show(growth.story_text(story) if factor > 1.0 else growth.shrunk_text(shrunk))
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
        show_json(envelope_json(result))
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
