"""Evidence: what was done, what it counts for, and where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from loadcase.practice.judging.result import Quote
from loadcase.practice.judging.view import View
from loadcase.practice.rubric import Criterion


@dataclass(frozen=True)
class Piece:
    """One piece of evidence: the same thing (`what`) counts once; `factor` is of its worth."""

    what: str
    factor: float
    quote: Quote


class NotAssessedError(Exception):
    """There was no occasion for this sort of evidence; the text says why."""


Sort = Callable[[View, Criterion], Iterable[Piece]]
"""Gathers one sort of evidence for a criterion. Raises NotAssessedError."""
