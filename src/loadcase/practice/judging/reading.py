"""From verdicts to a level: scores under each level's weights, what each level asks for, what would raise it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from loadcase.practice.judging.result import Confidence, Raise, Read, Verdict
from loadcase.practice.rubric import AXES, LEVELS, TOP, Axis, Rubric
from loadcase.systems.facts import Level

READS: tuple[Read, ...] = ("not there yet", *LEVELS)
MOST_RAISES = 3
SURE, LIKELY = 6.0, 3.0
"""Points of the score between a read and the next bar from which on it is sure, or likely."""
SEEN_SURE, SEEN_LIKELY = 0.8, 0.5
"""Share of the weights that was assessed, for the same."""


def axis_score(rubric: Rubric, verdicts: Sequence[Verdict], axis: Axis, level: Level) -> float | None:
    """0 to 4 under the weights of a level; None where nothing of the axis was assessed."""
    counted = [(rubric.criteria[v.criterion].weight[level], v.score) for v in verdicts if v.axis == axis and v.assessed]
    total = math.fsum(weight for weight, _ in counted)
    return math.fsum(weight * score for weight, score in counted) / total if total else None


def score(rubric: Rubric, verdicts: Sequence[Verdict], level: Level) -> float:
    """0 to 100 under the weights of a level. What was not assessed counts neither way."""
    axes = {axis: axis_score(rubric, verdicts, axis, level) for axis in AXES}
    counted = [(rubric.weights[level][axis], value) for axis, value in axes.items() if value is not None]
    total = math.fsum(weight for weight, _ in counted)
    return 100 / TOP * math.fsum(weight * value for weight, value in counted) / total if total else 0.0


def shortfalls(rubric: Rubric, verdicts: Sequence[Verdict], level: Level) -> tuple[str, ...]:
    """What a level still asks for."""
    bar = rubric.reads[level]
    reached = score(rubric, verdicts, level)
    found = [f"a score of {bar.score:g} under its weights, got {reached:.0f}"] if reached < bar.score else []
    by_name = {v.criterion: v for v in verdicts}
    for name, least in bar.least.items():
        verdict = by_name[name]
        if verdict.assessed and verdict.score < least:
            found.append(f"{verdict.title.lower()}: {least:g} of {TOP}, got {verdict.score:.1f}")
    return tuple(found)


def read(rubric: Rubric, verdicts: Sequence[Verdict]) -> Read:
    """The highest level that is reached together with all below it."""
    if not any(v.assessed for v in verdicts):
        return READS[0]
    reached: Read = READS[0]
    for level in LEVELS:
        if shortfalls(rubric, verdicts, level):
            break
        reached = level
    return reached


def confidence(rubric: Rubric, verdicts: Sequence[Verdict], found: Read) -> Confidence:
    """How far the read is from becoming another, and how much of the rubric was assessed."""
    at = READS.index(found)
    level = LEVELS[max(0, at - 1)]
    weight = {v.criterion: rubric.weights[level][v.axis] * rubric.criteria[v.criterion].weight[level] for v in verdicts}
    seen = math.fsum(weight[v.criterion] for v in verdicts if v.assessed) / math.fsum(weight.values())
    margins = [abs(score(rubric, verdicts, level) - rubric.reads[level].score)] if at else []
    if at < len(LEVELS):
        above = LEVELS[at]
        missing = len(shortfalls(rubric, verdicts, above)) - 1  # each further one makes the next read less likely
        margins.append(abs(score(rubric, verdicts, above) - rubric.reads[above].score) + SURE / 2 * max(0, missing))
    margin = min(margins)
    if margin >= SURE and seen >= SEEN_SURE:
        return "high"
    return "fair" if margin >= LIKELY and seen >= SEEN_LIKELY else "low"


def raises(rubric: Rubric, verdicts: Sequence[Verdict], aimed: Level) -> tuple[Raise, ...]:
    """Each criterion one level up in turn: those that raise the read, then those that raise the score most."""
    now = score(rubric, verdicts, aimed)
    missing = _missing(rubric, verdicts)
    found: list[tuple[int, bool, float, Raise]] = []
    for i, verdict in enumerate(verdicts):
        if not verdict.assessed or verdict.score >= TOP:
            continue
        better = min(TOP, verdict.level + 1)
        changed = [*verdicts[:i], replace(verdict, level=better, score=float(better)), *verdicts[i + 1 :]]
        gain = score(rubric, changed, aimed) - now
        criterion = rubric.criteria[verdict.criterion]
        how = f"{criterion.levels[better - 1].says} {criterion.asks}"
        to = read(rubric, changed)
        one = Raise(verdict.criterion, verdict.title, round(gain, 1), to, how)
        found.append((-READS.index(to), verdict.criterion not in missing, -gain, one))
    return tuple(one for *_, one in sorted(found, key=lambda f: f[:3])[:MOST_RAISES])


def _missing(rubric: Rubric, verdicts: Sequence[Verdict]) -> set[str]:
    """Criteria that keep the next level from being read."""
    at = READS.index(read(rubric, verdicts))
    if at == len(LEVELS):
        return set()
    least = rubric.reads[LEVELS[at]].least
    return {v.criterion for v in verdicts if v.assessed and v.score < least.get(v.criterion, 0.0)}


def scores(rubric: Rubric, verdicts: Sequence[Verdict]) -> Mapping[str, float]:
    """The score under the weights of each level."""
    return {level: round(score(rubric, verdicts, level), 2) for level in LEVELS}
