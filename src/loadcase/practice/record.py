"""A session as it was recorded: how it was set up, and its events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from loadcase.practice.events import Decided, Entered, Event, Wrote
from loadcase.systems.facts import Level

Format = Literal["45", "60", "free"]
Style = Literal["quiet", "steering", "adversarial"]


@dataclass(frozen=True)
class Setup:
    """How a session was set up."""

    system: str
    level: Level = "senior"
    """The level that is aimed for."""
    format: Format = "45"
    style: Style = "steering"
    seed: int = 1
    """Of the interviewer's choices."""


@dataclass(frozen=True)
class Record:
    """A session: its events in order. An event's number is its place in the list."""

    setup: Setup
    events: tuple[Event, ...] = field(default=())

    @property
    def blueprint(self) -> str:
        """The blueprint as it was last written; empty before it was."""
        return next((e.blueprint for e in reversed(self.events) if isinstance(e, Wrote)), "")

    @property
    def decisions(self) -> list[tuple[int, Decided]]:
        """The decisions that were stated as such, with their numbers; those of the blueprint stand there."""
        return [(i, e) for i, e in enumerate(self.events) if isinstance(e, Decided)]

    def phase_at(self, number: int) -> str:
        """The phase that an event falls into; empty before the first."""
        return next((e.phase for e in reversed(self.events[: number + 1]) if isinstance(e, Entered)), "")
