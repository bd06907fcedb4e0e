"""How questions end: with the right fact, a wrong one, or left to the candidate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tests.practice.asked import Question


def outcome(question: Question, told: Iterable[str]) -> str:
    """`right`, `wrong` (a fact that was not asked for), or `short` (too little, or left to the candidate)."""
    told = set(told)
    if told - {*question.facts, *question.also}:
        return "wrong"
    enough = set(question.facts) <= told or (told and len(question.facts) == 1)
    return "right" if enough else "short"


def report(outcomes: list[tuple[Question, str]]) -> str:
    """Counts and shares by how a question is put."""
    rows = []
    for kind in ("", *sorted({question.kind for question, _ in outcomes})):
        of = Counter(result for question, result in outcomes if kind in ("", question.kind))
        shares = "  ".join(f"{name} {of[name]:4} {of[name] / of.total():6.1%}" for name in ("right", "short", "wrong"))
        rows.append(f"{kind or 'all':12}{of.total():5}  {shares}")
    return "\n".join(rows)
