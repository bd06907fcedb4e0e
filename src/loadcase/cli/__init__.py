"""The command line. Everything heavy is imported by the command that needs it."""

from loadcase.cli import (  # isort: skip
    estimating, drawing, reviewing, running, scaling, exploring, exporting, judging, reporting, validating, listing,
    practice, practised, studio,
)  # fmt: skip
from loadcase.cli.app import app, execute, main

__all__ = ["app", "execute", "main"]
COMMANDS = (
    estimating, drawing, reviewing, running, scaling, exploring, exporting, judging, reporting, validating, listing,
    practice, practised, studio,
)  # fmt: skip
"""The modules that add their commands to the application, in the order in which they are listed."""
