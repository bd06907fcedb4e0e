"""The command line. Everything heavy is imported by the command that needs it."""

from loadcase.cli import estimating, reviewing, running, scaling, exploring, judging, validating, listing  # isort: skip
from loadcase.cli.app import app, execute, main

__all__ = ["app", "execute", "main"]
COMMANDS = (estimating, reviewing, running, scaling, exploring, judging, validating, listing)
"""The modules that add their commands to the application, in the order in which they are listed."""
