"""The design as a picture: draw."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from loadcase.cli.app import app
from loadcase.cli.options import File, Quiet, Variant, budget_of, load_file, show, show_json, write_bytes
from loadcase.core.errors import UsageError

if TYPE_CHECKING:
    from loadcase.blueprint.model import Blueprint
    from loadcase.core.results import RunResult


@app.command
def draw(
    file: File,
    *,
    format: Annotated[
        Literal["mermaid", "svg", "png", "structurizr", "json"],
        Parameter(
            help="mermaid: a flowchart for Markdown; svg and png: a picture; structurizr: a C4 workspace in its DSL; "
            "json: the Mermaid text and the picture's boxes and lines with their places."
        ),
    ] = "mermaid",
    out: Annotated[Path | None, Parameter(name=("--out", "-o"))] = None,
    flow: str | None = None,
    case: str | None = None,
    run: bool = False,
    seed: int = 1,
    budget: str = "60s",
    direction: Literal["down", "right"] | None = None,
    variant: Variant = None,
    quiet: Quiet = False,
) -> int:
    """Draw the design: components in their zones and regions, flows as coloured lines with their rates.

    The picture shows how busy every component is, by the closed form, or as
    measured in a run of a case with --run. All that goes between two
    components is one bundle with one label. Graphviz places it: the program
    dot, or the package that `pip install 'loadcase[draw]'` brings, which
    brings PNG too; without either a plainer layout of our own.

    Example: loadcase draw gallery/chat --format svg -o chat.svg

    Parameters
    ----------
    out
        Write to this file instead of printing.
    flow
        Draw what this flow passes alone.
    case
        Rates and utilisation under the load of this case.
    run
        Run the case (`normal` where none is named) and colour by what was measured.
    seed
        The seed of that run.
    budget
        Wall time after which that run ends.
    direction
        Which way the flows go; the one that shows the design larger otherwise.
    """
    blueprint = load_file(file, variant)
    if format in ("mermaid", "structurizr") and (run or direction is not None):
        raise UsageError("--run and --direction are about pictures", hint="draw --format svg")
    if format == "mermaid" and case is not None:
        raise UsageError("Mermaid shows the rates at load factor 1", hint="draw --format svg --case NAME")
    if format == "png" and out is None and sys.stdout.isatty():
        raise UsageError("a PNG is no text for a terminal", hint="say where it goes: -o design.png")
    from loadcase.estimate.estimate import factor_of

    load = factor_of(blueprint, case)
    if format == "mermaid":
        from loadcase.draw.graph import known
        from loadcase.draw.mermaid import mermaid

        known(blueprint, flow)
        return _given(mermaid(blueprint, flow), out)
    if format == "structurizr":
        from loadcase.draw.structurizr import structurizr

        return _given(structurizr(blueprint, load, flow), out)
    from loadcase.draw import diagram
    from loadcase.draw.graph import known

    known(blueprint, flow)
    measured, interrupted = None, False
    if run:
        result, interrupted = _ran(blueprint, case or "normal", seed, budget_of(budget), quiet)
        load = factor_of(blueprint, case or "normal")
        measured = {name: metric.value for name, metric in result.metrics.items()}
    drawn = diagram(blueprint, load, measured, flow=flow, direction=direction)
    if drawn.layout == "plain" and not quiet:
        print("note: no Graphviz here, so the layout is plain: pip install 'loadcase[draw]'", file=sys.stderr)
    if format == "json":
        from loadcase.draw.mermaid import mermaid

        shape = {"blueprint": blueprint.name, "mermaid": mermaid(blueprint, flow), "diagram": drawn.as_dict()}
        if out is None:
            show_json(shape)
        else:
            import json

            write_bytes(out, (json.dumps(shape, indent=2, allow_nan=False) + "\n").encode())
    elif format == "svg":
        from loadcase.draw.svg import svg

        _given(svg(drawn), out)
    else:
        from loadcase.draw.png import png

        data = png(drawn)
        if out is None:
            sys.stdout.buffer.write(data)
        else:
            write_bytes(out, data)
    return 130 if interrupted else 0


def _ran(blueprint: Blueprint, case: str, seed: int, budget_s: float, quiet: bool) -> tuple[RunResult, bool]:
    from loadcase import api
    from loadcase.report.progress import Progress

    with Progress(quiet, f"{blueprint.name}, {case}") as progress:
        result = api.run(blueprint, case, seed, progress=progress.share, stop=progress.stop, wall_limit_s=budget_s)
    if result.partial is not None:
        print(f"note: the run is partial: {result.partial}", file=sys.stderr)
    return result, progress.stop.is_set()


def _given(text: str, out: Path | None) -> int:
    if out is None:
        show(text)
    else:
        write_bytes(out, text.encode())
    return 0
