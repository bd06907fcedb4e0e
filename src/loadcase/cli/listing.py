"""What there is, and where to start: kinds, faults, profiles, schema, gallery, new."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from loadcase.cli.app import app
from loadcase.cli.options import (
    Format,
    show,
    show_json,
)


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
        show_json({"kinds": kind_shape(name)})
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
        show_json({"faults": fault_shape(name)})
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
        show_json({"profiles": profile_shape(name)})
    elif name is None:
        print_profiles()
    else:
        print_profile(name)
    return 0


@app.command
def schema() -> int:
    """Print the JSON Schema of the blueprint format, for editors that complete and check YAML.

    Example: loadcase schema > blueprint.schema.json
    """
    from loadcase.blueprint.schema import json_schema

    show_json(json_schema())
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
        show_json({"systems": [shown.system_json(one) for one in found]})
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
        show_json({"file": str(path), "from": source})
    else:
        show(f"wrote {path} (from {source}); next: loadcase check {path}\n")
    return 0
