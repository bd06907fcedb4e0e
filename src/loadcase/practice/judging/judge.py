"""A session judged by its events alone: the same session always gets the same score."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from loadcase.practice.judging.comparing import compared
from loadcase.practice.judging.evidence import NotAssessedError, Piece
from loadcase.practice.judging.ground import Ground
from loadcase.practice.judging.pen import held
from loadcase.practice.judging.reading import axis_score, confidence, raises, read, score, scores, shortfalls
from loadcase.practice.judging.result import Judgement, Quote, Verdict
from loadcase.practice.judging.sorts import SORTS
from loadcase.practice.judging.view import Bench, View
from loadcase.practice.record import Record
from loadcase.practice.rubric import AXES, LEVELS, Criterion, Rubric
from loadcase.practice.rubric import rubric as shipped
from loadcase.systems import find

LEAST = 0.005
"""Points below which a piece of evidence is not worth a quote, and counts for nothing."""


def judge(
    record: Record,
    bench: Bench,
    progress: Callable[[str], None] | None = None,
    *,
    rubric: Rubric | None = None,
    ground: Ground | None = None,
) -> Judgement:
    """Judges a session. `progress` is called with what is being looked at.

    `ground` is that of the session's system by default. Raises UsageError for a system that is not there.
    """
    if ground is None:
        named = find(record.setup.system)
        ground = Ground(named.facts, named.blueprint)
    made = rubric or shipped()
    view = View(record, ground, bench, made)
    verdicts = []
    for name, criterion in made.criteria.items():
        if progress is not None:
            progress(criterion.title)
        verdicts.append(_verdict(view, name, criterion))
    return _judgement(view, verdicts)


def _judgement(view: View, verdicts: Sequence[Verdict]) -> Judgement:
    made, aimed = view.rubric, view.record.setup.level
    found = read(made, verdicts)
    axes = {axis: axis_score(made, verdicts, axis, aimed) for axis in AXES}
    problems = tuple(str(problem.message) for problem in view.look.problems) if view.look is not None else ()
    return Judgement(
        view.record.setup.system,
        aimed,
        made.version,
        found,
        confidence(made, verdicts, found),
        round(score(made, verdicts, aimed), 2),
        scores(made, verdicts),
        {axis: None if value is None else round(value, 3) for axis, value in axes.items()},
        tuple(verdicts),
        {level: short for level in LEVELS if (short := shortfalls(made, verdicts, level))},
        round(view.trust, 3),
        held(view.record),
        raises(made, verdicts, aimed),
        compared(view),
        problems,
    )


def _verdict(view: View, name: str, criterion: Criterion) -> Verdict:
    def verdict(assessed: bool, points: float, says: str, quotes: tuple[Quote, ...] = ()) -> Verdict:
        reached = criterion.score(points) if assessed else 0.0
        level = math.floor(reached + 1e-9)
        following = criterion.levels[level].says if level < len(criterion.levels) else ""
        return Verdict(name, criterion.axis, criterion.title, assessed, level, round(reached, 4),
                       says or _says(criterion, level), following if assessed else "", quotes)  # fmt: skip

    if not view.due(criterion.due):
        return verdict(False, 0.0, f"not assessed: the session did not come to {criterion.due.replace('_', ' ')}")
    pieces: list[tuple[float, Piece]] = []
    missing = []
    for sort, worth in criterion.evidence.items():
        try:
            pieces += [(worth * piece.factor, piece) for piece in SORTS[sort](view, criterion)]
        except NotAssessedError as reason:
            missing.append(str(reason))
    if len(missing) == len(criterion.evidence):
        return verdict(False, 0.0, f"not assessed: {'; '.join(dict.fromkeys(missing))}")
    quotes = _counted(pieces, criterion)
    return verdict(True, max(0.0, math.fsum(q.points for q in quotes)), "", quotes)


def _says(criterion: Criterion, level: int) -> str:
    return criterion.levels[level - 1].says if level else "Nothing of it was seen."


def _counted(pieces: list[tuple[float, Piece]], criterion: Criterion) -> tuple[Quote, ...]:
    """Quotes with their points: the same thing once, by its best piece; the best first, each further one fading."""
    best: dict[str, tuple[float, Piece]] = {}
    for points, piece in pieces:
        if abs(points) >= LEAST and (piece.what not in best or points > best[piece.what][0]):
            best[piece.what] = (points, piece)
    quotes, rank = [], 0
    for points, piece in sorted(best.values(), key=lambda b: -b[0]):
        if points > 0:
            points *= criterion.fades**rank
            rank += 1
        quotes.append(replace(piece.quote, points=round(points, 4)))
    return tuple(sorted(quotes, key=lambda q: (q.event is None, q.event or 0, -q.points)))
