"""A session as a judge sees it: what was stated, whether it was the candidate's own, whether it was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, get_args

from loadcase.blueprint.model import Blueprint
from loadcase.practice.events import (
    Answered,
    Asked,
    Assumed,
    Changed,
    Curveball,
    Decided,
    Entered,
    Event,
    Hint,
    Phase,
    Prompted,
    Required,
    Said,
    Steered,
    Wrote,
)
from loadcase.practice.judging.ground import Ground
from loadcase.practice.judging.result import Quote
from loadcase.practice.judging.words import Field, near, paragraphs, stems, topics
from loadcase.practice.record import Record
from loadcase.practice.rubric import Rubric
from loadcase.systems.facts import Facts

ECHOED = 0.75
"""Share of a statement's meaning that the interviewer had just said, from which on it only repeats him."""
REPEATED = 0.7
"""Likeness to an earlier statement from which on a statement only says it again."""
PHASES: tuple[str, ...] = get_args(Phase)
MINUTES = {"45": 45, "60": 60, "free": 0}
WHOLE = 0.75
"""Share of its time from which on a session counts as whole: then everything is due."""
CONCRETE = frozenset({"figure", "key", "mechanism"})
WORTH = (0.0, 0.5, 1.0, 1.5, 2.0)
"""What a statement is worth by the number of its marks; more than four count as four."""


class Bench(Protocol):
    """What a judge asks of a workbench."""

    execute: bool

    def look(self, text: str) -> Any:
        """What of a blueprint loads, with what the review and the closed form say."""

    def check(self, text: str) -> Any:
        """Its cases against its contract."""

    def throw(self, text: str, curveball: str) -> Any:
        """A curveball in it."""

    def needless(self, text: str) -> tuple[str, ...]:
        """What of it is not needed."""


@dataclass(frozen=True)
class Statement:
    """A paragraph that the candidate said or wrote; `number` is that of its event."""

    number: int
    at: float
    source: str
    text: str
    marks: frozenset[str]
    topics: tuple[str, ...]
    to: int | None = None

    @property
    def depth(self) -> int:
        """How many marks it bears; one at most without a figure, a key or a mechanism, which would fit any system."""
        return len(self.marks) if self.marks & CONCRETE else min(1, len(self.marks))

    @property
    def worth(self) -> float:
        """By its depth: nothing for a name alone."""
        return WORTH[min(self.depth, 4)]


@dataclass(frozen=True)
class View:
    """All that is judged. Statements are the candidate's own; the blueprint is the last one written."""

    record: Record
    ground: Ground
    bench: Bench
    rubric: Rubric

    @property
    def events(self) -> tuple[Event, ...]:
        """The session."""
        return self.record.events

    def event(self, number: int | None) -> Event | None:
        """An event by its number; None where there is none."""
        return self.events[number] if number is not None and 0 <= number < len(self.events) else None

    @cached_property
    def text(self) -> str:
        """The blueprint as it was last written."""
        return self.record.blueprint

    @cached_property
    def look(self) -> Any:
        """What of the blueprint loads; None before one was written."""
        return self.bench.look(self.text) if self.text.strip() else None

    @cached_property
    def blueprint(self) -> Blueprint | None:
        """The part of it that loads."""
        return self.look.blueprint if self.look is not None else None

    # --- words ----------------------------------------------------------------------------------------------------
    @property
    def facts(self) -> Facts:
        """What the interviewer knows."""
        return self.ground.facts

    @property
    def worked(self) -> Blueprint:
        """The worked design."""
        return self.ground.worked

    @property
    def field(self) -> Field:
        """The words that mean something here."""
        return self.ground.field

    def own(self, text: str) -> bool:
        """Whether a text is the candidate's, and not that of the worked design or the facts."""
        return self.ground.own(text)

    def echo(self, number: int, text: str) -> bool:
        """Whether a text only repeats what the interviewer has said before it."""
        said = {s for s in stems(text) if self.field.knows(s)}
        for before in self.events[:number]:
            if isinstance(before, Prompted | Steered | Hint | Curveball | Changed):
                heard = set(stems(before.text))
                if said and len(said & heard) >= ECHOED * len(said):
                    return True
        return False

    # --- statements -----------------------------------------------------------------------------------------------
    @cached_property
    def statements(self) -> list[Statement]:
        """What was said, assumed, required and decided, and what the blueprint says in words."""
        spoken = self._once(
            self._statement(i, event.kind, text, event.to if isinstance(event, Said) else None)
            for i, event in enumerate(self.events)
            if isinstance(event, Said | Assumed | Required | Decided | Asked)
            for text in paragraphs(event.words)
            if self.own(text) and not self.echo(i, text)
        )
        return spoken + [
            self._statement(self.wrote(text), "blueprint", text) for text in self._written if self.own(text)
        ]

    @staticmethod
    def _once(statements: Iterable[Statement]) -> list[Statement]:
        """Statements without those that only say an earlier one again."""
        kept: list[Statement] = []
        for one in statements:
            if all(near(one.text, other.text) < REPEATED for other in kept):
                kept.append(one)
        return kept

    def _statement(self, number: int, source: str, text: str, to: int | None = None) -> Statement:
        event = self.events[number]
        marks = self._decided(event) if isinstance(event, Decided) else self.field.marks(text)
        about = topics(event.chose) if isinstance(event, Decided) else topics(text)
        return Statement(number, event.at, source, text, marks, about, to)

    def _decided(self, one: Decided) -> frozenset[str]:
        """The marks of a decision: those of its parts that say something; none where its reason does not."""
        if not self.field.substance(one.because):
            return frozenset()
        parts = {"reason": one.because, "price": one.cost, "condition": one.flips_when}
        found = {mark for mark, text in parts.items() if self.field.substance(text)}
        found |= {"alternative"} if self.field.specific(one.over) else set()
        return frozenset(found | (self.field.marks(one.words) & CONCRETE))

    @cached_property
    def _written(self) -> list[str]:
        """What the blueprint says in words, but for its decisions, which are judged as such."""
        b = self.blueprint
        if b is None:
            return []
        found = [b.requirements.hard_part or "", *(text for one in b.api.values() for text in one.guarantees)]
        found += [b.operate.rollout or "", b.operate.rollback or "", *b.operate.alerts, *b.operate.runbook.values()]
        return [text for text in found if text.strip()]

    @cached_property
    def spoken(self) -> list[Statement]:
        """Statements made aloud or in notes: without questions and the blueprint."""
        return [s for s in self.statements if s.source not in ("asked", "blueprint")]

    @cached_property
    def _flat(self) -> dict[int, str]:
        return {i: " ".join(e.blueprint.split()) for i, e in enumerate(self.events) if isinstance(e, Wrote)}

    @property
    def wrote_at(self) -> list[int]:
        """Numbers of the events that wrote a blueprint."""
        return list(self._flat)

    def wrote(self, text: str) -> int:
        """The first event that wrote a text into the blueprint; the last that wrote one where it cannot be told."""
        wanted = " ".join(text.split())
        found = [i for i, whole_ in self._flat.items() if wanted in whole_]
        return found[0] if found else max(self._flat)

    # --- asked before ---------------------------------------------------------------------------------------------
    @cached_property
    def _probes(self) -> list[tuple[int, frozenset[str]]]:
        """What the interviewer brought up himself: the event and its topics."""
        found: list[tuple[int, frozenset[str]]] = []
        for i, event in enumerate(self.events):
            if isinstance(event, Prompted | Hint):
                found.append((i, frozenset({event.about})))
            elif isinstance(event, Curveball):
                found.append((i, frozenset(self.ball_topics(event.name))))
        return found

    def ball_topics(self, name: str) -> tuple[str, ...]:
        """What a curveball is about."""
        ball = self.facts.curveballs.get(name)
        return topics(". ".join([*ball.raised_as, ball.says]), 2) if ball is not None else ()

    def prompted(self, statement: Statement, topic: str | None = None) -> bool:
        """Whether the interviewer had asked before: about a topic of it (the first by default), or for this answer."""
        if isinstance(self.event(statement.to), Prompted | Hint | Curveball | Changed):
            return True
        about = {topic} if topic is not None else set(statement.topics[:1])
        return any(i < statement.number and about & asked for i, asked in self._probes) or self._answers(statement)

    def _answers(self, statement: Statement) -> bool:
        """Whether it comes straight after something that the interviewer asked."""
        for event in reversed(self.events[: statement.number]):
            if isinstance(event, Prompted | Hint):
                return True
            if isinstance(event, Said | Decided | Curveball | Entered):
                return False
        return False

    def weight(self, statement: Statement, topic: str | None = None) -> float:
        """What a statement counts for: less once the interviewer had to ask."""
        return self.rubric.prompted if self.prompted(statement, topic) else 1.0

    @property
    def probes(self) -> list[int]:
        """Numbers of the events in which the interviewer opened an area, hinted or steered."""
        return [i for i, e in enumerate(self.events) if isinstance(e, Prompted | Hint | Steered)]

    # --- process --------------------------------------------------------------------------------------------------
    @cached_property
    def trust(self) -> float:
        """How far the session shows how the blueprint came about, 0 to 1."""
        process = self.rubric.process
        points, last = 0.0, ""
        answered = {e.to for e in self.events if isinstance(e, Answered) and (e.facts or e.how in ("yours", "derive"))}
        marked = {s.number for s in self.statements if s.marks}
        for i, event in enumerate(self.events):
            if isinstance(event, Wrote):
                points += process.worth["revised"] if last and near(last, event.blueprint) < 1 else 0.0
                last = event.blueprint
            elif isinstance(event, Asked):
                points += process.worth["asked"] if i in answered else 0.0
            elif isinstance(event, Said | Decided):
                points += process.worth[event.kind] if i in marked else 0.0
            elif event.kind in ("assumed", "required", "estimated"):
                points += process.worth[event.kind]
        return min(1.0, points / (process.enough * (2 if self.copied else 1)))

    @cached_property
    def copied(self) -> bool:
        """Whether the blueprint is nearly that of the worked design."""
        return bool(self.text) and near(self.text, self.ground.text) >= self.rubric.process.copied

    @cached_property
    def phases(self) -> frozenset[str]:
        """Phases that were reached, and so whatever is due by then."""
        entered = [e.phase for e in self.events if isinstance(e, Entered)]
        if not entered or max(e.at for e in self.events) >= WHOLE * self.seconds:
            return frozenset(PHASES)
        if entered[0] != PHASES[0]:  # a drill
            return frozenset(entered)
        return frozenset(PHASES[: max(map(PHASES.index, entered)) + 1])

    def due(self, phase: Phase) -> bool:
        """Whether what is due by a phase can be expected."""
        return phase in self.phases

    @cached_property
    def seconds(self) -> float:
        """How long the session was to be, s; how long it was where it was free."""
        return MINUTES[self.record.setup.format] * 60 or max((e.at for e in self.events), default=0.0)

    # --- quotes ---------------------------------------------------------------------------------------------------
    def quote(self, number: int, shows: str, words: str = "", source: str = "") -> Quote:
        """What an event says, as evidence; the points are given by whoever counts them."""
        event = self.events[number]
        return Quote(number, event.at, source or event.kind, words or event.words, shows, 0.0)

    def of(self, statement: Statement, shows: str) -> Quote:
        """A statement as evidence."""
        return Quote(statement.number, statement.at, statement.source, statement.text, shows, 0.0)

    def on(self, wanted: Iterable[str], least: int = 1) -> Iterator[tuple[Statement, str]]:
        """Spoken statements about some topics with so many marks, each with the topic that it is mostly about."""
        names = set(wanted)
        for statement in self.statements:
            if statement.source != "asked" and statement.depth >= least:
                about = next((t for t in statement.topics if t in names), None)
                if about is not None:
                    yield statement, about
