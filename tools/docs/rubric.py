"""The page of the rubric, from its file and from what gathers evidence."""

from __future__ import annotations

from loadcase.practice.judging.sorts import SORTS
from loadcase.practice.rubric import AXES, LEVELS, Axis, Criterion, Rubric, rubric
from tools.docs.fields import table

POINTS = """\
A criterion gathers evidence, each piece with a quote. Pieces are worth points, which fade from the best to the
least where the criterion says so; points give a level, 1 (below mid) to 4 (staff), and between two levels a
fraction. What there was no occasion for is not assessed, and counts neither way. The same session always gets the
same score: the clock on the wall, the network, a language model and the speed of the machine have no part in it."""
READING = """\
A level is read when the score under its weights, of 100, reaches its bar, when each criterion below reaches its
least, of 4, and when the levels below it are read too. A criterion that was not assessed bars nothing."""
STATEMENTS = """\
A statement is a paragraph that was said or typed. It bears marks: a figure, a key, a mechanism, a reason, a
condition, a price, an alternative. A list of names bears none, nor does praise that fits any system, nor a
mechanism that is only named. Depth takes two marks, one of them a figure, a key or a mechanism. What only repeats
the interviewer, the facts or the worked design is not the candidate's own and earns nothing."""


def rubric_page() -> str:
    """What a session is judged by: axes, levels, criteria, evidence."""
    made = rubric()
    weights = [(axis, *(f"{made.weights[level][axis]:g}" for level in LEVELS), made.axes[axis].says) for axis in AXES]
    process = made.process
    worth = ", ".join(f"{points:g} for what was {name}" for name, points in process.worth.items())
    reads = [_bar(made, level) for level in made.reads]
    sorts = [(f"`{name}`", (sort.__doc__ or "").split("\n\n")[0]) for name, sort in SORTS.items()]
    return "\n\n".join(
        [
            "# The rubric",
            f"Version {made.version}. What a practice session is judged by, made from `rubric.yaml` in "
            "`src/loadcase/practice`. [Why it is so](decisions/0022-judgement.md).",
            POINTS,
            "## Axes",
            table(("axis", *LEVELS, "what it is"), weights),
            "## Reading a level",
            READING,
            table(("level", "score", "least of single criteria"), reads),
            "## What a statement is worth",
            STATEMENTS,
            "After the interviewer had to ask about it (a prompt, a hint, a curveball), a statement is worth "
            f"{made.prompted:g} of what it was worth before.",
            "## What the blueprint is worth",
            "What the blueprint holds counts as far as the session shows how it came about: in full from "
            f"{process.enough:g} points of process on, twice that for one that is nearly the worked design. A point of "
            f"process is {worth}; statements and decisions only where they bear a mark.",
            *(_axis(made, axis) for axis in AXES),
            "## Evidence",
            table(("sort", "what it is"), sorts),
        ]
    )


def _bar(made: Rubric, level: str) -> tuple[str, ...]:
    bar = made.reads[level]  # type: ignore[index]
    least = [f"{made.criteria[name].title.lower()} {value:g}" for name, value in bar.least.items()]
    return (level, f"{bar.score:g}", ", ".join(least))


def _axis(made: Rubric, axis: Axis) -> str:
    return "\n\n".join([f"## {axis.capitalize()}", *(_criterion(one) for one in made.of(axis).values())])


def _criterion(one: Criterion) -> str:
    evidence = ", ".join(f"`{sort}` {worth:g}" for sort, worth in one.evidence.items())
    weights = ", ".join(f"{level} {one.weight[level]:g}" for level in LEVELS)
    fades = f" Each further piece counts {one.fades:g} of the one before." if one.fades < 1 else ""
    levels = [(str(i), f"{rung.from_:g}", rung.says) for i, rung in enumerate(one.levels, 1)]
    return "\n\n".join(
        [
            f"### {one.title}",
            one.asks,
            f"Evidence: {evidence}.{fades} Due by: {one.due.replace('_', ' ')}. Weight: {weights}. "
            f"Source: {', '.join(one.source)}.",
            table(("level", "points", "what is seen"), levels),
        ]
    )
