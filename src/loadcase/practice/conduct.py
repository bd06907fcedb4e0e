"""What the interviewer does by himself: asks, moves the candidate on, changes a requirement, throws a curveball.

All of it follows from the events, the time on the session's clock and the seed: the same session has the same
interviewer. He makes one move at a time and then is silent for a while; he never says what the facts say unasked.
"""

from __future__ import annotations

import random
import re
from functools import cache
from importlib.resources import files
from typing import Protocol, get_args

from loadcase.blueprint.document import Document
from loadcase.practice.events import (
    CANDIDATES,
    Changed,
    Curveball,
    Ended,
    Entered,
    Event,
    Hint,
    Phase,
    Prompted,
    Steered,
    Wrote,
)
from loadcase.practice.phases import NAMES, following, place
from loadcase.practice.probes import Scene, questions
from loadcase.practice.record import Format, Record, Style
from loadcase.practice.topics import Topic
from loadcase.practice.workbench import Look, Thrown
from loadcase.systems.facts import Facts, Level

LEVELS: tuple[Level, ...] = get_args(Level)
MOVES = (Prompted, Steered, Changed, Curveball)
PAUSE_S: dict[Style, float] = {"quiet": 240.0, "steering": 120.0, "adversarial": 80.0}
"""Silence after a move of the interviewer."""
BREATH_S = 12.0
"""Silence of the candidate before one: nobody is interrupted."""
GRACE_S: dict[Style, float] = {"quiet": 120.0, "steering": 75.0, "adversarial": 45.0}
"""Time of a phase in which the candidate is left alone."""
THROWN: dict[Format, int] = {"45": 2, "60": 3, "free": 4}
"""Curveballs of a session."""
APART_S = 100.0
"""Time to answer a curveball in, before the next."""
CHANGES_AFTER_S = 240.0
"""Time of the design after which a requirement changes."""
OVERDRAWN = 0.2
"""Share of its time by which a slot is overdrawn before the interviewer moves on."""
FREE_S = 900.0
"""Time in one phase that is too long where nothing is budgeted."""
TRIES = 4
"""Curveballs that are tried in a design until one strikes something."""
FIRST = ("unanswered_curveball", "broken_run")
WAITING = (*FIRST, "silence", "pushback")
"""Probes that go back to what has just happened: asked before all others, and at any time of a phase."""
HINTS = 3
"""Hints about a topic."""
ABOUT: dict[Phase, tuple[Topic, ...]] = {
    "clarify": ("requirements", "contract", "hard_part", "scope"),
    "estimate": ("estimates", "requirements"),
    "interfaces": ("interfaces", "data", "keys", "idempotency", "ordering"),
    "design": ("scaling", "tradeoffs", "caching", "consistency", "delivery", "simplicity"),
    "deep_dive": ("depth", "hot_keys", "idempotency", "ordering", "delivery", "consistency"),
    "break": ("failure", "recovery", "overload", "multi_region"),
    "land": ("operations", "tradeoffs", "cost", "security"),
}
"""What a phase is about, what matters most first."""


class Bench(Protocol):
    """What the conduct asks of a workbench."""

    def look(self, text: str) -> Look: ...
    def fits(self, text: str, curveball: str) -> bool: ...
    def throw(self, text: str, curveball: str) -> Thrown: ...


def moves(record: Record, facts: Facts, at: float, bench: Bench) -> list[Event]:
    """What the interviewer does now: nothing, or one thing."""
    entered = next((e for e in reversed(record.events) if isinstance(e, Entered)), None)
    if entered is None or any(isinstance(e, Ended) for e in record.events):
        return []
    style = record.setup.style
    own = [e.at for e in record.events if isinstance(e, MOVES)]
    theirs = [e.at for e in record.events if isinstance(e, CANDIDATES)]
    since = at - entered.at
    if at - max(theirs, default=0.0) < BREATH_S and theirs:
        return []
    paused = bool(own) and at - max(own) < PAUSE_S[style]
    for move in (_curveball,) if paused else (_change, _curveball, _steer, _prompt):
        found = move(record, facts, at, since, bench)
        if found is not None:
            return [found]
    return []


def _change(record: Record, facts: Facts, at: float, since: float, bench: Bench) -> Event | None:
    """A requirement that changes, once, when there is a design to bend."""
    level = LEVELS.index(record.setup.level)
    phase = record.phase_at(len(record.events) - 1)
    if level == 0 or any(isinstance(e, Changed) for e in record.events) or not record.blueprint:
        return None
    if not (phase == "design" and since >= CHANGES_AFTER_S) and not (phase == "deep_dive" and since >= BREATH_S):
        return None
    fitting = [name for name, one in facts.changes.items() if LEVELS.index(one.level) <= level]
    hardest = max((LEVELS.index(facts.changes[name].level) for name in fitting), default=0)
    fitting = [name for name in fitting if LEVELS.index(facts.changes[name].level) == hardest]
    if not fitting:
        return None
    name = _choice(record, "change").choice(fitting)
    return Changed(at=at, name=name, text=facts.changes[name].says.strip())


def _curveball(record: Record, facts: Facts, at: float, since: float, bench: Bench) -> Event | None:
    """What goes wrong: in the break phase, and once in the deep dive of an adversarial interview."""
    phase = record.phase_at(len(record.events) - 1)
    thrown = [e for e in record.events if isinstance(e, Curveball)]
    early = phase == "deep_dive" and record.setup.style == "adversarial" and not thrown
    if len(thrown) >= THROWN[record.setup.format] or not (phase == "break" or early):
        return None
    if since < (GRACE_S[record.setup.style] if early else BREATH_S):
        return None
    own = [e.at for e in record.events if isinstance(e, MOVES)]
    if (thrown and at - thrown[-1].at < APART_S) or at - max(own, default=0.0) < BREATH_S:
        return None
    refused: list[tuple[str, Thrown]] = []
    for name in curveballs_that_fit(record, facts, bench)[:TRIES]:
        run = bench.throw(record.blueprint, name)
        if run.outcome != "refused":
            return _event(facts, name, run, at)
        refused.append((name, run))
    return _event(facts, *refused[0], at) if refused else None


def _event(facts: Facts, name: str, run: Thrown, at: float) -> Curveball:
    says = facts.curveballs[name].says.strip()
    return Curveball(at=at, text=says, name=name, fault=run.fault, outcome=run.outcome, effect=run.effect)


def curveballs_that_fit(record: Record, facts: Facts, bench: Bench) -> list[str]:
    """Curveballs that were not thrown and that this design has earned: those that can be run first, of these those that
    the candidate has not named himself, in an order of the seed's.
    """
    thrown = {e.name for e in record.events if isinstance(e, Curveball)}
    said = "\n".join(e.words for e in record.events if isinstance(e, CANDIDATES)).lower()
    found = [name for name in facts.curveballs if name not in thrown and bench.fits(record.blueprint, name)]
    _choice(record, "curveball").shuffle(found)

    def order(name: str) -> tuple[bool, bool]:
        one = facts.curveballs[name]
        named = any(re.search(rf"(?<!\w){re.escape(w.lower())}", said) for w in one.raised_as)
        return one.fault is None or not record.blueprint, named

    return sorted(found, key=order)


def _steer(record: Record, facts: Facts, at: float, since: float, bench: Bench) -> Event | None:
    """Moves on, once, when much more time is spent in a slot than it has."""
    now, phase = place(record, at), following(record, at)
    if now is None or phase is None or any(isinstance(e, Steered) for e in record.events):
        return None
    free = now.slot.seconds == float("inf")
    lost = since >= FREE_S if free else -now.left_s >= OVERDRAWN * now.slot.seconds
    if not lost:
        return None
    lead = {"quiet": "We should move on.", "steering": "This is enough for me here; let us move on.",
            "adversarial": "You are losing time in one place."}[record.setup.style]  # fmt: skip
    return Steered(at=at, text=f"{lead} I would like to hear about {NAMES[phase]}.")


def _prompt(record: Record, facts: Facts, at: float, since: float, bench: Bench) -> Event | None:
    """A follow-up; one that asks the candidate to think aloud waits for no phase."""
    scene = Scene(record, at, bench.look(record.blueprint))
    early = since < GRACE_S[record.setup.style]
    fitting = sorted(questions(scene, record.setup.style), key=lambda q: q.probe.partition(":")[0] not in FIRST)
    for question in fitting:
        if not early or question.probe.partition(":")[0] in WAITING:
            return Prompted(at=at, text=question.text, probe=question.probe, about=question.about)
    return None


# --- hints ------------------------------------------------------------------------------------------------------------
def hint(record: Record, facts: Facts, at: float, bench: Bench) -> Hint:
    """A hint about the topic of this phase of which least was said; the next about the same one says more."""
    scene = Scene(record, at, bench.look(record.blueprint))
    given = [e.about for e in record.events if isinstance(e, Hint)]
    topics = ABOUT[scene.phase]
    open_ = [t for t in topics if given.count(t) < HINTS] or list(topics)
    flaws = list(questions(scene, "steering"))
    about = min(open_, key=lambda t: (_said_of(record, t), -sum(q.about == t for q in flaws), topics.index(t)))
    told = min(given.count(about), HINTS - 1)
    text = hints()[about][told]
    flaw = next((q for q in flaws if q.about == about and told == HINTS - 1 and " " in q.because), None)
    if flaw is not None and any(f.message == flaw.because for f in scene.look.findings):
        text = f"{text} In your blueprint: {flaw.because}."
    return Hint(at=at, text=text, about=about)


def _said_of(record: Record, topic: Topic) -> int:
    """How much the candidate said of a topic."""
    from loadcase.practice.judging.words import topics

    spoken = [e.words for e in record.events if isinstance(e, CANDIDATES) and not isinstance(e, Wrote)]
    return sum(topic in topics(words) for words in spoken if words)


@cache
def hints() -> dict[str, list[str]]:
    """By topic, hints that say more and more."""
    text = files("loadcase.practice").joinpath("hints.yaml").read_text("utf-8")
    data: dict[str, list[str]] = Document.parse(text, "hints.yaml").data
    return data


def _choice(record: Record, what: str) -> random.Random:
    """Chance that is the same for the same session, seed and question."""
    return random.Random(f"{record.setup.seed} {record.setup.system} {what}")
