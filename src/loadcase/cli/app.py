"""The application: its help, its errors and exit codes.

Exit codes: 0 all holds, 1 a guarantee is broken, 2 invalid blueprint or usage, 3 undecided, 130 interrupted.
"""

from __future__ import annotations

import codecs
import io
import itertools
import os
import sys

from cyclopts import App, CycloptsError, Parameter

from loadcase import __version__
from loadcase.cli.options import show, show_json
from loadcase.core.errors import BlueprintError, LoadcaseError, UsageError, render
from loadcase.core.streams import silence

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
    loadcase practice                  a timed interview about one of them, judged by evidence
    loadcase judge history.parquet --contract my-design.yaml
                                       judge what a real system recorded

Exit codes: 0 all holds, 1 a guarantee is broken, 2 invalid blueprint or usage, 3 undecided."""
app = App(
    name="loadcase", help=HELP, version=__version__, help_format="plaintext", default_parameter=Parameter(negative=())
)


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

        show_json(error_json(error))
    elif _wants(arguments, "github"):
        from loadcase.report.ci import github_error

        show(github_error(error))
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


def _flush() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        silence()
