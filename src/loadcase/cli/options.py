"""What commands share: how files are read, how options are spelled, how results are shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from loadcase.core.errors import LoadcaseError, UsageError
from loadcase.core.streams import silence

if TYPE_CHECKING:
    from loadcase.blueprint.model import Blueprint

File = Annotated[Path, Parameter(help="A blueprint file, or a folder that holds blueprint.yaml.")]
Variant = Annotated[str | None, Parameter(help="Lay this variant of the blueprint over it first.")]
Format = Annotated[Literal["text", "json"], Parameter(help="text for people, json for programs.")]
Seeds = Annotated[int | None, Parameter(help="Run exactly this many seeds for each case.")]
Exact = Annotated[bool, Parameter(help="Never run a scale model (1/k of the load on 1/k of the parts).")]
Threads = Annotated[int | None, Parameter(help="Runs at once; all cores otherwise.")]
Traces = Annotated[
    Path | None,
    Parameter(help="Folder of the arrival traces that the blueprint names; no other file is read without it."),
]
Quiet = Annotated[bool, Parameter(help="No progress on standard error.")]
EXIT = {"holds": 0, "broken": 1, "unknown": 3}


def load_file(file: Path, variant: str | None = None) -> Blueprint:
    from loadcase.blueprint.load import load

    return load(file, variant)


def show(text: str) -> None:
    """Prints; a reader that has gone away changes nothing, not even the exit code."""
    try:
        print(text, end="", flush=True)
    except BrokenPipeError:
        silence()


def show_json(value: Any) -> None:
    show(json.dumps(value, indent=2, allow_nan=False) + "\n")


def write_file(path: Path, text: str) -> None:
    """Writes a file. Raises UsageError when that cannot be."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Writes a file. Raises UsageError when that cannot be."""
    try:
        path.write_bytes(data)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot write {path}: {reason}", hint="name a file in a folder that exists") from None


def at_least_one(seeds: int | None, threads: int | None) -> None:
    if seeds is not None and not 1 <= seeds <= 10_000:
        raise UsageError(f"--seeds takes 1 to 10000, got {seeds}")
    if threads is not None and not 1 <= threads <= 1024:
        raise UsageError(f"--threads takes 1 to 1024, got {threads}")


def share_of(text: str, option: str) -> float:
    """A share below 1, from `30%`, `30 %` or `0.3`."""
    from loadcase.core.units import in_unit, parse_quantity

    try:
        value = in_unit(parse_quantity(text), "%") / 100.0
    except LoadcaseError:
        raise UsageError(f"{option} takes a share, got {text!r}", hint="for example 30% or 0.3") from None
    if not 0.0 <= value < 1.0:
        raise UsageError(f"{option} takes a share from 0% up to 100%, got {text!r}", hint="for example 30%")
    return value


def budget_of(text: str) -> float:
    """Wall seconds that a command may take."""
    seconds = seconds_of(text, "--budget")
    if not seconds:
        raise UsageError(f"--budget takes a duration of more than 0, got {text!r}", hint="for example 60s or 2min")
    return seconds


def seconds_of(text: str | None, option: str) -> float | None:
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
