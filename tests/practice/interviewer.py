"""An interviewer that does what a test says, so that a test of the session is of the session alone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pytest

import loadcase.practice
from loadcase.practice.answering import Reply
from loadcase.practice.events import Event, Hint
from loadcase.practice.record import Record
from loadcase.systems.facts import Facts


@dataclass
class Clock:
    """A clock that a test moves."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


class Answers:
    """Tells a fact that is named in the question."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def reply(self, text: str) -> Reply:
        for name, fact in self.facts.facts.items():
            if name in text.split():
                return Reply("told", fact.answer, (name,))
        return Reply("yours", "You decide; state your assumption.")


@dataclass
class Conduct:
    """What the interviewer does by himself: what `does` gives for a record and a time."""

    does: Callable[[Record, float], list[Event]] = lambda record, at: []
    asked: list[tuple[int, float]] = field(default_factory=list)

    def moves(self, record: Record, facts: Facts, at: float, bench: Any) -> list[Event]:
        self.asked.append((len(record.events), at))
        return self.does(record, at)

    def hint(self, record: Record, facts: Facts, at: float, bench: Any) -> Hint:
        return Hint(at=at, text="What does a repeated send do?", about="idempotency")


def installed(monkeypatch: pytest.MonkeyPatch) -> Conduct:
    """Puts this interviewer in the place of the real one."""
    conduct = Conduct()
    answering = ModuleType("loadcase.practice.answering")
    answering.Answers = Answers  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "loadcase.practice.answering", answering)
    monkeypatch.setattr(loadcase.practice, "conduct", conduct, raising=False)
    return conduct
