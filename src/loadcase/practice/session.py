"""A session that goes on: what the candidate does, and what the interviewer does then, each kept before it is shown.

Each call gives the events that it added. Nothing is kept here that the events do not say, but for the clock that runs.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from loadcase.core.errors import LoadcaseError, UsageError
from loadcase.practice import drills, phases
from loadcase.practice.events import (
    Answered,
    Changed,
    Ended,
    Entered,
    Event,
    Paused,
    Phase,
    Prompted,
    Ran,
    Resumed,
    event,
)
from loadcase.practice.events import Curveball as Thrown
from loadcase.practice.pad import Pad, computed, pad, shown
from loadcase.practice.record import Record, Setup
from loadcase.practice.store import Store
from loadcase.practice.timeline import printable
from loadcase.systems import System, find
from loadcase.systems.facts import Facts

if TYPE_CHECKING:
    from loadcase.practice.answering import Answers, Reply
    from loadcase.practice.judging import Judgement
    from loadcase.practice.wording import Model
    from loadcase.practice.workbench import Look, Workbench

EVERY_S = 3.0
"""The interviewer looks up this often, s of the session's clock."""
LONGEST_TEXT = 4_000
LONGEST_BLUEPRINT = 1_000_000
MOST_EVENTS = 5_000


class Session:
    """A session of one process. `start` and `resume` make one.

    What is wrong with a call is a UsageError, and then nothing was kept. It may be used from several threads.
    """

    def __init__(
        self,
        store: Store,
        id: str,
        clock: Callable[[], float],
        *,
        bench: Workbench | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.store, self.id, self.clock, self.wall = store, id, clock, wall
        self._record = store.record(id)
        kept = store.kept(id)
        last = self._record.events[-1].at if self._record.events else 0.0
        self._base, self._since = max(last, kept.clock_s), clock()
        self._looked, self._works = self._base, False
        self._lock, self._thinking = threading.RLock(), threading.Lock()
        self._given_bench = bench

    @classmethod
    def start(cls, store: Store, setup: Setup, clock: Callable[[], float], **more: Any) -> Session:
        """Begins a session: the clock runs, in the first phase. Raises UsageError, BlueprintError."""
        system = find(setup.system)
        _ = system.facts, configured()  # what is wrong is told before anything is kept
        if "/" in setup.system:
            _ = system.blueprint  # that of the gallery is right, and takes time
        session = cls(store, store.add(setup, system.name), clock, **more)
        session._add(Entered(at=0.0, phase=phases.slots(session.record)[0].parts[0].phase))
        session._add(*drills.opening(session.record, system))
        return session

    @classmethod
    def resume(cls, store: Store, id: str, clock: Callable[[], float], **more: Any) -> Session:
        """Goes on with a session where it was left; the time between counts as a pause.

        Raises UsageError when there is none, another process works on it, or it is over.
        """
        kept = store.kept(id)
        if kept.ended:
            raise UsageError(f"{id} is over", hint=f"`loadcase practice score {id}` judges it")
        configured()
        store.hold(id)
        session = cls(store, id, clock, **more)
        if not phases.is_paused(session.record):
            session._add(Paused(at=session._base, wall=kept.seen_s))
        session.unpause()
        return session

    # --- what is known ------------------------------------------------------------------------------------------------
    @property
    def record(self) -> Record:
        """All that happened so far."""
        return self._record

    @property
    def now(self) -> float:
        """Seconds on the session's clock, which stands still in a pause and while a run goes on."""
        stands = self._works or self.is_paused or self.is_over or not self._record.events
        return self._base if stands else self._base + self.clock() - self._since

    @property
    def is_over(self) -> bool:
        """Whether it has been ended."""
        return bool(self._record.events) and isinstance(self._record.events[-1], Ended)

    @property
    def is_paused(self) -> bool:
        """Whether the clock stands still."""
        return phases.is_paused(self._record)

    @cached_property
    def system(self) -> System:
        """What is asked for. Its blueprint is the worked design, which is not shown before the end."""
        return find(self._record.setup.system)

    @property
    def facts(self) -> Facts:
        """What the interviewer knows, as it is now: requirements may have changed."""
        facts = self.system.facts
        for change in (e.name for e in self._record.events if isinstance(e, Changed)):
            facts = facts.after(change) if change in facts.changes else facts
        return facts

    @cached_property
    def bench(self) -> Workbench:
        """Where the candidate's design is looked at and run."""
        if self._given_bench is not None:
            return self._given_bench
        from loadcase.practice.workbench import Workbench

        return Workbench(self.system.name, facts=self.system.facts)

    @cached_property
    def model(self) -> Model | None:
        """The language model that words the interviewer's lines; None where none is configured."""
        return configured()

    def pad(self) -> Pad:
        """The estimate pad, and why a line could not be computed."""
        return pad(self._record, self.system.facts)

    def get_ready(self) -> None:
        """Loads what answering and running need, so that nobody waits for it later."""
        from loadcase.api import prepare

        with self._lock:
            self._answers()
        if self.bench.execute:  # what is estimated or reviewed meanwhile does not wait for it
            prepare()

    # --- what the candidate does --------------------------------------------------------------------------------------
    def ask(self, text: str) -> list[Event]:
        """A question; the interviewer answers at once."""
        with self._lock:
            asked = self._made("asked", text=_text(text))
            reply = self._answers().reply(asked.words)
        answer = self._worded(
            Answered(
                at=asked.at, to=0, how=reply.how, text=reply.text, facts=tuple(reply.facts),
                numbers=tuple(reply.numbers), silent=reply.silent,
            )
        )  # fmt: skip
        if meant := self._meant(asked.words, reply):
            answer = answer.model_copy(update={"text": f"{answer.words} If you mean {meant}, ask for that."})
        with self._lock:
            return self._add(asked, answer.model_copy(update={"to": len(self._record.events)}))

    def say(self, text: str, to: int | None = None) -> list[Event]:
        """Something said aloud; it answers what the interviewer last asked, unless it says what it answers."""
        with self._lock:
            return self._add(self._made("said", text=_text(text), to=self._waiting() if to is None else to))

    def assume(self, text: str) -> list[Event]:
        """An assumption, stated."""
        return self._does("assumed", text=_text(text))

    def require(self, sort: Literal["functional", "deferred", "contract", "hard_part"], text: str) -> list[Event]:
        """A requirement, written down."""
        return self._does("required", sort=sort, text=_text(text))

    def estimate(self, name: str, formula: str) -> list[Event]:
        """A line of the pad. One that cannot be computed is kept without a value, and `pad()` says why."""
        with self._lock:
            try:
                value = shown(computed(_text(name), _text(formula), self.pad().scope))
            except LoadcaseError:
                value = ""
            return self._does("estimated", name=name.strip(), formula=formula.strip(), value=value)

    def decide(self, **parts: str) -> list[Event]:
        """A decision: `chose`, `over`, `because`, `cost`, `flips_when`."""
        return self._does("decided", **{name: _text(text) if text else "" for name, text in parts.items()})

    def write(self, blueprint: str) -> list[Event]:
        """The blueprint, whole; nothing happens when it is what it was."""
        if len(blueprint) > LONGEST_BLUEPRINT:
            raise UsageError(f"the blueprint has {len(blueprint):,} characters; at most {LONGEST_BLUEPRINT:,} are kept")
        with self._lock:
            return [] if blueprint == self._record.blueprint else self._does("wrote", blueprint=blueprint)

    def run(self, what: Literal["estimate", "review", "run"], case: str = "") -> list[Event]:
        """Has the blueprint estimated, reviewed, or run in one case or all of its own."""
        from loadcase.practice import trying

        text = self._record.blueprint
        self._open()
        with self._at_work(), self._thinking:
            outcome, told = trying.tried(self.bench, text, what, case)
        return self._add(Ran(at=self.now, what=what, case=case, outcome=outcome, text=told))

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """The clock stands still while the machine works: how fast it is changes nothing for the candidate."""
        with self._lock:
            self._base, self._works = self.now, True
        try:
            yield
        finally:
            with self._lock:
                self._since, self._works = self.clock(), False

    def look(self) -> Look:
        """What is known of the blueprint on paper; nothing is recorded."""
        with self._thinking:
            return self.bench.look(self._record.blueprint)

    def hint(self) -> list[Event]:
        """A hint, which is recorded as asked for."""
        from loadcase.practice import conduct

        with self._lock:
            asked = self._made("asked_for_hint")
            given = self._worded(conduct.hint(self._record, self.system.facts, asked.at, self.bench))
            return self._add(asked, given)

    def enter(self, phase: Phase) -> list[Event]:
        """Goes to a phase."""
        return self._does("entered", phase=phase)

    def next(self) -> list[Event]:
        """Goes to the phase that comes next, or asks what a drill asks next. Raises UsageError after the last."""
        if self._record.setup.drill:
            return self._drilled()
        phase = phases.following(self._record, self.now)
        if phase is None:
            raise UsageError("this is the last phase", hint="/end ends the session")
        return self.enter(phase)

    def _drilled(self) -> list[Event]:
        with self._lock:
            self._open()
            following = drills.following(self._record, self.system, self.now)
            if following is None:
                raise UsageError("that was all of it", hint="/end tells how it went")
            return self._add(following)

    # --- the clock ----------------------------------------------------------------------------------------------------
    def pause(self) -> list[Event]:
        """The clock stands still. Nothing happens when it does already."""
        with self._lock:
            if self.is_paused or self.is_over:
                return []
            self._base = self.now
            return self._add(Paused(at=self._base, wall=self.wall()))

    def unpause(self) -> list[Event]:
        """The clock goes on. Nothing happens when it does already."""
        with self._lock:
            if not self.is_paused:
                return []
            self._since = self.clock()
            return self._add(Resumed(at=self._base, wall=self.wall()))

    def tick(self) -> list[Event]:
        """What the interviewer does by himself now: a word about the time, a phase that begins, a move.

        What he does is worked out from the events alone. If the candidate did something meanwhile, he thinks again.
        """
        with self._lock:
            at, record = self.now, self._record
            if self.is_over or self.is_paused or at < self._looked + EVERY_S:
                return []
            self._looked = at
            self.store.beat(self.id, at, self.wall())
            timed: list[Event] = [*phases.warnings(record, at)]
            if phase := phases.due(record, at):
                timed.append(Entered(at=at, phase=phase))
            if timed:
                return self._add(*timed)
        if record.setup.drill:
            return []
        from loadcase.practice import conduct

        with self._thinking:
            moves = [self._worded(one) for one in conduct.moves(record, self.system.facts, at, self.bench)]
        with self._lock:
            return self._add(*moves) if moves and self._record is record else []

    def end(self) -> list[Event]:
        """Ends the session. Nothing happens when it is over already."""
        with self._lock:
            if self.is_over:
                return []
            if self.is_paused:
                self.unpause()
            return self._add(Ended(at=self.now))

    def close(self) -> None:
        """Leaves the session as it is, paused, so that it can be resumed, and lets another process have it."""
        with self._lock:
            self.pause()
            self.store.release(self.id)

    def score(self, progress: Callable[[str], None] | None = None) -> Judgement:
        """What the session is judged as; see `loadcase.practice.judging.judge`. It is kept."""
        from loadcase.practice.scoring import scored

        return scored(self.store, self.id, bench=self.bench, progress=progress)

    # --- parts --------------------------------------------------------------------------------------------------------
    def _worded(self, one: Event) -> Event:
        """A line of the interviewer in the words of the model, if there is one."""
        from loadcase.practice.wording import worded

        return worded(one, self.model, self._record.setup.style)

    def _meant(self, question: str, reply: Reply) -> str:
        """What a question may be about that was not understood, by the model. It tells no fact: that is asked for."""
        if self.model is None or reply.facts or reply.numbers or reply.silent:
            return ""
        facts = self.system.facts.facts
        name = self.model.named(question, {name: fact.about for name, fact in facts.items()})
        return facts[name].about if name else ""

    def _answers(self) -> Answers:
        from loadcase.practice.answering import Answers

        changes = tuple(e.name for e in self._record.events if isinstance(e, Changed))
        if getattr(self, "_knows", None) != changes:
            self._knows, self._replies = changes, Answers(self.facts)
        return self._replies

    def _waiting(self) -> int | None:
        """The number of what the interviewer asked and nobody answered yet."""
        for number in range(len(self._record.events) - 1, -1, -1):
            match self._record.events[number]:
                case Prompted() | Thrown() | Changed():
                    return number
                case one if one.kind == "said":
                    return None
        return None

    def _does(self, kind: str, **fields: Any) -> list[Event]:
        with self._lock:
            return self._add(self._made(kind, **fields))

    def _made(self, kind: str, **fields: Any) -> Any:
        """An event of now. Raises UsageError when the session is over or paused, or a field is missing."""
        self._open()
        try:
            return event({"kind": kind, "at": round(self.now, 3), **fields})
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"][1:]) or kind
            raise UsageError(f"{where}: {first['msg'].lower()}", hint="say it in words") from None

    def _open(self) -> None:
        if self.is_over:
            raise UsageError("the session is over", hint=f"`loadcase practice score {self.id}` judges it")
        if self.is_paused:
            raise UsageError("the clock stands still", hint="/resume first")
        if len(self._record.events) >= MOST_EVENTS:
            raise UsageError(f"a session has at most {MOST_EVENTS:,} events", hint="/end it")

    def _add(self, *new: Event) -> list[Event]:
        """Keeps events, in the order of the clock, and gives them."""
        with self._lock:
            last = self._record.events[-1].at if self._record.events else 0.0
            kept: list[Event] = []
            for one in new:
                last = max(last, round(one.at, 3))
                kept.append(one.model_copy(update={"at": last}))
            self.store.append(self.id, len(self._record.events), kept, self.wall())
            self._record = replace(self._record, events=(*self._record.events, *kept))
            return kept


def configured() -> Model | None:
    """The model that the environment names, if it names one. Raises UsageError when it is no address."""
    from loadcase.practice.wording import Model

    return Model.configured()


def _text(text: str) -> str:
    """What was typed, without what surrounds it and what a terminal would act upon."""
    plain = printable(text).strip()
    if len(plain) > LONGEST_TEXT:
        raise UsageError(f"at most {LONGEST_TEXT:,} characters are kept of what is said, got {len(plain):,}",
                         hint="say it in parts")  # fmt: skip
    return plain
