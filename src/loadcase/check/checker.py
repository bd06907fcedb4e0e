"""What a checker is: a promise about a history, and the way to find where it was not kept."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import ClassVar, Literal

from loadcase.check.grouping import Array
from loadcase.check.view import View

WITNESSES = 50
"""Violations that are kept at most; the shortest of their stories is told."""


@dataclass(frozen=True)
class Witness:
    """One violation: a sentence, and the rows that show it. `operations`: whose every row belongs to the story."""

    said: str
    rows: tuple[int, ...]
    operations: tuple[int, ...] = ()


@dataclass(frozen=True)
class Finding:
    """What a checker found. `value` in the unit of the metric, None when it cannot be told; `samples` of how many.

    `doubt`: why it cannot be judged. With `at_least` the value is a lower bound, which may break a guarantee and
    cannot hold it.
    """

    value: float | None
    samples: int = 0
    witnesses: tuple[Witness, ...] = ()
    doubt: str = ""
    at_least: bool = False


def unknown(doubt: str, samples: int = 0) -> Finding:
    """Nothing can be told."""
    return Finding(None, samples, doubt=doubt)


class Checker:
    """One guarantee: its name, what it is about, and `judge`. The docstring says What, Why, Example and Source."""

    name: ClassVar[str]
    of: ClassVar[Literal["flow", "entity"]]
    by_key: ClassVar[bool] = True
    """Whether a sample of the keys tells it; if not, it is unknown in a sampled history."""
    adds_up: ClassVar[bool] = True
    """Whether a count in a sample of the keys stands for more of all keys."""
    needs_drained: ClassVar[bool] = False
    """Whether it counts what is missing at the end, which says nothing while something is under way."""

    def judge(self, view: View, target: str) -> Finding:
        """Judges one flow or entity."""
        raise NotImplementedError

    @classmethod
    def meaning(cls) -> str:
        """The promise that opens the docstring."""
        return (inspect.getdoc(cls) or "").splitlines()[0]


def some(rows: Array) -> list[int]:
    """The first violations, as plain numbers."""
    found: list[int] = rows[:WITNESSES].tolist()
    return found
