"""What an export is: a format, what it makes of a design, and what it says when there is nothing to make."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from loadcase.blueprint.model import Blueprint
from loadcase.core.docstrings import opening, parts
from loadcase.core.errors import BlueprintError, Path, Problem, UsageError


class NothingError(UsageError):
    """The design has nothing that this format could hold; the message says why, the hint what would change that."""


class MissingError(UsageError):
    """The format needs a package that is not installed; the hint says how to install it."""


@dataclass(frozen=True)
class Made:
    """What a format made of a design: files by name, and what of the design is not in them, with the reason."""

    files: list[tuple[str, str]]
    left_out: list[str] = field(default_factory=list)


class Export:
    """One format.

    The docstring of a format opens with what is made and goes on with From (what of the design it is made of), Unknown
    (what the design does not say, and what stands there instead), Checked (the public validator that its tests use)
    and Source.
    """

    title: ClassVar[str]
    """The format's name as its authors write it."""

    @property
    def name(self) -> str:
        """After `--format`: the name of its module."""
        return type(self).__module__.rpartition(".")[2]

    def make(self, blueprint: Blueprint) -> Made:
        """The files.

        Raises NothingError, MissingError, and BlueprintError where the design says what the format cannot hold.
        """
        raise NotImplementedError

    @property
    def summary(self) -> str:
        """What is made, in one sentence."""
        return opening(type(self))

    def told(self) -> dict[str, str]:
        """From, Unknown, Checked and Source."""
        return {
            name: " ".join(body.split())
            for name, body in parts(type(self), "From", "Unknown", "Checked", "Source").items()
        }


def refused(blueprint: Blueprint, path: Path, message: str, hint: str) -> BlueprintError:
    """The error for what the design says at a path and the format cannot hold."""
    return BlueprintError(blueprint.located(Problem("LC397", message, path, blueprint.name, hint=hint)))
