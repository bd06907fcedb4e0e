"""The rubric: what a session is judged by, as data (`rubric.yaml`), read and checked like a blueprint.

| code | meaning |
|---|---|
| LC410 | a criterion, axis, topic or sort of evidence that does not exist |
| LC411 | levels that do not rise |
| LC412 | a level, weight or axis that is missing, or a figure out of its range |
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path as FilePath
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, Field

from loadcase.blueprint.document import Document
from loadcase.blueprint.problems import Path, Problems
from loadcase.kinds.base import STRICT
from loadcase.practice.events import Phase
from loadcase.practice.topics import Topic
from loadcase.systems.facts import Level

LEVELS: tuple[Level, ...] = get_args(Level)
Axis = Literal["breadth", "depth", "proactiveness"]
AXES: tuple[Axis, ...] = get_args(Axis)
TOP = 4
"""The highest level of a criterion: 1 is below mid, 2 mid, 3 senior, 4 staff."""
FEWEST, MOST = 6, 10
"""Criteria of an axis."""
Process = Literal["asked", "assumed", "required", "estimated", "said", "decided", "revised"]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, le=1)]
Text = Annotated[str, Field(min_length=1)]


class Rung(BaseModel):
    """One level of a criterion."""

    model_config = STRICT
    from_: Positive = Field(alias="from", description="Points from which on it is reached.")
    says: Text = Field(description="What is seen at this level.")


class Criterion(BaseModel):
    """One thing that is judged."""

    model_config = STRICT
    axis: Axis = Field(description="The axis that it belongs to.")
    title: Text = Field(description="What it is, in a few words.")
    asks: Text = Field(description="What is looked for.")
    topics: list[Topic] = Field(min_length=1, description="What statements have to be about to count for it.")
    due: Phase = Field(description="The phase by which it can be expected; before that it is not assessed.")
    evidence: dict[str, Positive] = Field(min_length=1, description="Sorts of evidence, and what one piece is worth.")
    fades: Share = Field(1.0, description="What each further piece is worth of the one before, the best first.")
    levels: list[Rung] = Field(min_length=TOP, max_length=TOP, description="The levels, 1 to 4.")
    weight: dict[Level, Positive] = Field(description="How much it counts within its axis, by the level that is read.")
    source: list[Text] = Field(min_length=1, description="Where it is from, or `assumed`.")

    def thresholds(self) -> list[float]:
        """Points from which on each level is reached, 1 to 4."""
        return [rung.from_ for rung in self.levels]

    def score(self, points: float) -> float:
        """Points as a level with a fraction, 0 to 4: straight between one threshold and the next."""
        below = 0.0
        for level, threshold in enumerate(self.thresholds()):
            if points < threshold:
                return level + max(0.0, points - below) / (threshold - below)
            below = threshold
        return float(TOP)


class AxisEntry(BaseModel):
    """One axis."""

    model_config = STRICT
    says: Text = Field(description="What it is.")


class ProcessEntry(BaseModel):
    """How far a design has to be seen coming about before what it holds counts in full."""

    model_config = STRICT
    enough: Positive = Field(description="Points of process from which on the artifact counts in full.")
    copied: Share = Field(description="Likeness to the worked design from which on twice as much is asked for.")
    worth: dict[Process, Positive] = Field(description="What each thing that was done is worth.")


class Bar(BaseModel):
    """What a level takes to be read."""

    model_config = STRICT
    score: Positive = Field(description="The score under its weights, of 100.")
    least: dict[str, Positive] = Field(default_factory=dict, description="The least score of single criteria, of 4.")


class Rubric(BaseModel):
    """All that a session is judged by. `load` and `loads` make one."""

    model_config = STRICT
    version: int = Field(ge=1, description="Raised with each change, and kept with each judgement.")
    axes: dict[Axis, AxisEntry] = Field(description="The three axes.")
    weights: dict[Level, dict[Axis, Positive]] = Field(
        description="How much each axis counts, by the level that is read."
    )
    prompted: Share = Field(description="What a statement is worth after the interviewer had to ask for it.")
    process: ProcessEntry = Field(description="What gives credit to an artifact.")
    reads: dict[Level, Bar] = Field(description="What each level takes.")
    criteria: dict[str, Criterion] = Field(min_length=1, description="What is judged, by name.")

    def of(self, axis: Axis) -> dict[str, Criterion]:
        """The criteria of an axis."""
        return {name: one for name, one in self.criteria.items() if one.axis == axis}


@cache
def rubric() -> Rubric:
    """The rubric that ships with the package."""
    text = files("loadcase.practice").joinpath("rubric.yaml").read_text("utf-8")
    return loads(text, "rubric.yaml")


def load(path: str | FilePath) -> Rubric:
    """Reads a rubric from a file. Raises UsageError when it cannot be read, BlueprintError for what is in it."""
    return _from_document(Document.load(path))


def loads(text: str, name: str = "<text>") -> Rubric:
    """Reads a rubric from YAML text. Raises BlueprintError when something in it is wrong."""
    return _from_document(Document.parse(text, name))


def _from_document(document: Document) -> Rubric:
    problems = Problems(document, document.file)
    made = problems.model(Rubric, document.data, (), {})
    problems.check()
    assert made is not None
    _complete(made.axes, AXES, "axis", ("axes",), problems)
    _complete(made.weights, LEVELS, "level", ("weights",), problems)
    _complete(made.reads, LEVELS, "level", ("reads",), problems)
    _complete(made.process.worth, get_args(Process), "thing that is done", ("process", "worth"), problems)
    for level, axes in made.weights.items():
        _complete(axes, AXES, "axis", ("weights", level), problems)
    for level, bar in made.reads.items():
        _check_bar(made, bar, ("reads", level), problems)
    for axis in AXES:
        if not FEWEST <= len(made.of(axis)) <= MOST:
            problems.add("LC412", f"{axis} has {len(made.of(axis))} criteria", ("criteria",),
                         f"an axis has {FEWEST} to {MOST}", key=True)  # fmt: skip
    for name, criterion in made.criteria.items():
        _check_criterion(criterion, ("criteria", name), problems)
    problems.check()
    return made


def _complete(given: Iterable[str], wanted: Iterable[str], what: str, path: Path, problems: Problems) -> None:
    missing = [name for name in wanted if name not in given]
    if missing:
        problems.add("LC412", f"no {what} {', '.join(missing)}", path, "add it, with its figure", key=True)


def _check_bar(made: Rubric, bar: Bar, path: Path, problems: Problems) -> None:
    if bar.score > 100:
        problems.add("LC412", f"no score is above 100, got {bar.score:g}", (*path, "score"), "write 0 to 100")
    for name, least in bar.least.items():
        if name not in made.criteria:
            problems.unknown("criterion", name, made.criteria, (*path, "least", name), "LC410")
        elif least > TOP:
            problems.add("LC412", f"no criterion scores above {TOP}, got {least:g}", (*path, "least", name),
                         f"write 0 to {TOP}")  # fmt: skip


def _check_criterion(criterion: Criterion, path: Path, problems: Problems) -> None:
    from loadcase.practice.judging.sorts import SORTS  # these read the rubric themselves

    for sort in criterion.evidence:
        if sort not in SORTS:
            problems.unknown("sort of evidence", sort, SORTS, (*path, "evidence", sort), "LC410")
    _complete(criterion.weight, LEVELS, "level", (*path, "weight"), problems)
    rising = criterion.thresholds()
    for i, (before, after) in enumerate(pairwise(rising), 1):
        if after <= before:
            problems.add("LC411", f"level {i + 1} is reached from {after:g} points on, the one below from {before:g}",
                         (*path, "levels", i, "from"), "write more points for a higher level")  # fmt: skip
