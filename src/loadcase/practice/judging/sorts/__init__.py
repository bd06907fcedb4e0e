"""The sorts of evidence, by the names that the rubric gives them."""

from __future__ import annotations

from loadcase.practice.judging.evidence import Sort
from loadcase.practice.judging.sorts import artifact, decisions, figures, raising, runs, saying, scoping

SORTS: dict[str, Sort] = {
    **scoping.SORTS,
    **figures.SORTS,
    **artifact.SORTS,
    **saying.SORTS,
    **raising.SORTS,
    **decisions.SORTS,
    **runs.SORTS,
}
