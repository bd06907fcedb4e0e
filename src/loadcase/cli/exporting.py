"""Commands that hand a design on to other tools: export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from loadcase.cli.app import app
from loadcase.cli.options import File, Variant, load_file, show, show_json, write_file
from loadcase.core.errors import UsageError

Formats = Literal["text", "json", "asyncapi", "cql", "locust", "openapi", "openslo", "prometheus", "sql"]


@app.command
def export(
    file: File,
    *,
    format: Annotated[Formats, Parameter(help="What is made; text and json list what can be.")] = "text",
    out: Annotated[
        Path | None,
        Parameter(
            name=["--out", "-o"],
            help="Write to this file, or into this folder; standard output when not given. It is overwritten.",
        ),
    ] = None,
    variant: Variant = None,
) -> int:
    """Hand a design on: as OpenAPI, AsyncAPI, SQL, CQL, Prometheus rules, OpenSLO or a load script.

    Without --format it lists what this design can be exported to, the files,
    what of the design is not in them, and why not to the others. With it,
    standard output is the document alone. What a format needs and the design
    does not say is left open, or refused with the place; nothing is made up.

    Exit codes: 0 there it is, 2 invalid, or nothing that the format could hold.

    Example: loadcase export gallery/chat --format cql
    """
    from loadcase.export import make
    from loadcase.export.listing import listed, listing_json, listing_text
    from loadcase.export.text import line

    blueprint = load_file(file, variant)
    if format in ("text", "json"):
        if out is not None:
            raise UsageError("--out writes an export, and none is named", hint="say which: --format openapi")
        found = listed(blueprint)
        if format == "json":
            show_json(listing_json(blueprint, found))
        else:
            show(listing_text(blueprint, found))
        return 0
    made = make(blueprint, format)
    if out is None:
        show("\n".join(text for _, text in made.files))
        return 0
    if out.is_dir() or len(made.files) > 1:
        try:
            out.mkdir(exist_ok=True)
        except OSError as error:
            hint = "a format with several files takes a folder"
            raise UsageError(f"cannot make the folder {out}: {error.strerror}", hint=hint) from None
        paths = [out / name for name, _ in made.files]
    else:
        paths = [out]
    for path, (_, text) in zip(paths, made.files, strict=True):
        write_file(path, text)
    show("".join(f"wrote {path}\n" for path in paths))
    show("".join(f"left out: {line(one)}\n" for one in made.left_out))
    return 0
