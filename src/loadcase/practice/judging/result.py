"""What a judgement says: a level read, three axes, each criterion with what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from loadcase.practice.rubric import Axis
from loadcase.systems.facts import Level

Read = Literal["not there yet", "mid", "senior", "staff"]
Confidence = Literal["low", "fair", "high"]


@dataclass(frozen=True)
class Quote:
    """What was done that earns something, in the words of the session.

    `event` is its number in the session; None for what a run or the review showed of the blueprint.
    """

    event: int | None
    at: float
    """Seconds on the session's clock."""
    source: str
    """The kind of the event (`said`, `estimated`), or `blueprint`, `review`, `run`, `curveball`."""
    words: str
    shows: str
    """What it is evidence of."""
    points: float
    """What it counts for; less than nothing where it counts against."""


@dataclass(frozen=True)
class Verdict:
    """How one criterion came out. What was not assessed has no level, and counts neither way."""

    criterion: str
    axis: Axis
    title: str
    assessed: bool
    level: int
    """0 to 4; 0 where nothing was seen."""
    score: float
    """The same without rounding down: where the points lie between the levels."""
    says: str
    """The level in words, or why it was not assessed."""
    next: str
    """What the next level asks for; empty at the top."""
    quotes: tuple[Quote, ...] = ()


@dataclass(frozen=True)
class Held:
    """Who held the pen in a phase: shares of its time, of 1 in all."""

    phase: str
    seconds: float
    candidate: float
    interviewer: float
    silent: float


@dataclass(frozen=True)
class Raise:
    """A change that would raise the read: one criterion, one level up."""

    criterion: str
    title: str
    gain: float
    """What it adds to the score, in points of 100."""
    read: Read
    """The read with that change alone."""
    how: str


@dataclass(frozen=True)
class Compared:
    """One decision of the worked design beside the candidate's own: one good answer, not the answer."""

    name: str
    worked: str
    """What the worked design chose, over what, and why."""
    yours: str
    """The candidate's decision on the same question; empty where none was found."""
    event: int | None = None


@dataclass(frozen=True)
class Judgement:
    """The score of a session. The same session always gets the same one."""

    system: str
    aimed: Level
    rubric: int
    """The version of the rubric."""
    read: Read
    confidence: Confidence
    score: float
    """0 to 100, under the weights of the level that was aimed for."""
    scores: Mapping[str, float]
    """The same under the weights of each level."""
    axes: Mapping[Axis, float | None]
    """0 to 4 each; None where nothing of it was assessed."""
    verdicts: tuple[Verdict, ...]
    short: Mapping[str, tuple[str, ...]]
    """What each level that was not read still asks for."""
    trust: float
    """0 to 1: how far the session shows how the artifact came about; what it earns is multiplied by this."""
    pen: tuple[Held, ...]
    raises: tuple[Raise, ...]
    """The changes that would raise the read most, at most three."""
    comparison: tuple[Compared, ...]
    problems: tuple[str, ...] = ()
    """What of the blueprint could not be judged, and why."""

    def verdict(self, criterion: str) -> Verdict:
        """The verdict on a criterion. Raises KeyError for one that the rubric does not have."""
        for one in self.verdicts:
            if one.criterion == criterion:
                return one
        raise KeyError(criterion)

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)
