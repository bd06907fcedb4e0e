"""How practice goes: what was practised, what stays weak, and what comes next.

What comes next is spaced: a system that was read at the level aimed for comes again after 1, then 3, 7, 14, 30 and 60
days, one step further each time; one that was not comes again the next day, and begins anew. (Intervals that expand:
Landauer and Bjork, 1978; the steps are ours.) What is due comes first, then what is new, the nearest in difficulty.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from loadcase.practice.prompts import LEVELS, listed
from loadcase.practice.record import Drill
from loadcase.practice.store import Store
from loadcase.systems.facts import Level

STEPS_DAYS = (1, 3, 7, 14, 30, 60)
DAY_S = 86_400.0
LOOKED_AT = 5
"""A criterion is as strong as its mean over the latest sessions that assessed it, this many."""
WEAK_BELOW = 2.5
"""Levels go from 0 to 4; 3 is senior."""
MOST_WEAK, MOST_NEXT = 5, 5
TRAINS: dict[str, Drill] = {"breadth": "scoping", "depth": "tradeoff", "proactiveness": "curveball"}
"""The drill for each axis; what is about estimates has its own."""


@dataclass(frozen=True)
class Past:
    """A session that was judged."""

    id: str
    system: str
    aimed: Level
    read: str
    score: float
    ended_s: float
    """Time of day when it was last worked on, seconds since 1970."""
    axes: dict[str, float | None]

    @property
    def reached(self) -> bool:
        """Whether it was read at the level aimed for, or above."""
        return self.read in LEVELS and LEVELS.index(self.read) >= LEVELS.index(self.aimed)


@dataclass(frozen=True)
class Weak:
    """A criterion that stays weak. `level` is its mean, 0 to 4."""

    criterion: str
    title: str
    axis: str
    level: float
    sessions: int
    next: str
    drill: Drill


@dataclass(frozen=True)
class Next:
    """A system to practise next. `due_s` is the time of day from which on; None for one that is new."""

    system: str
    difficulty: Level
    due_s: float | None
    why: str


@dataclass(frozen=True)
class Progress:
    """All of it. `unjudged` are sessions that are over and were not scored."""

    sessions: tuple[Past, ...]
    unjudged: tuple[str, ...]
    weak: tuple[Weak, ...]
    next: tuple[Next, ...]

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


def progress(store: Store, now_s: float) -> Progress:
    """How practice goes, as of a time of day. Nothing is judged anew."""
    judged: list[tuple[Past, dict[str, Any]]] = []
    unjudged = []
    for kept in store.sessions():
        if not kept.ended or kept.setup.drill:
            continue
        found = store.judgement(kept.id)
        if found is None:
            unjudged.append(kept.id)
            continue
        past = Past(
            kept.id, kept.setup.system, kept.setup.level, found["read"], found["score"], kept.seen_s, found["axes"]
        )
        judged.append((past, found))
    pasts = [past for past, _ in judged]
    return Progress(tuple(pasts), tuple(unjudged), tuple(weak([f for _, f in judged])), tuple(coming(pasts, now_s)))


def weak(judgements: Sequence[dict[str, Any]]) -> list[Weak]:
    """The criteria that stay weak, the weakest first. The judgements are given with the latest first."""
    seen: dict[str, list[dict[str, Any]]] = {}
    for judgement in judgements:
        for verdict in judgement["verdicts"]:
            if verdict["assessed"]:
                seen.setdefault(verdict["criterion"], []).append(verdict)
    found = []
    for name, verdicts in seen.items():
        latest = verdicts[:LOOKED_AT]
        mean = sum(v["score"] for v in latest) / len(latest)
        if mean < WEAK_BELOW:
            first = latest[0]
            drill: Drill = "estimation" if "estimat" in name else TRAINS.get(first["axis"], "tradeoff")
            found.append(Weak(name, first["title"], first["axis"], round(mean, 2), len(latest), first["next"], drill))
    return sorted(found, key=lambda w: (w.level, w.criterion))[:MOST_WEAK]


def coming(pasts: Sequence[Past], now_s: float) -> list[Next]:
    """What to practise next: what is due, the longest overdue first, then what is new. The latest past is the first."""
    difficulty = {one.name: one.difficulty for one in listed()}
    latest = {past.system: past for past in reversed(pasts)}
    due = []
    for name, past in latest.items():
        if name not in difficulty:
            continue
        row = _in_a_row(past.system, pasts)
        days = STEPS_DAYS[min(row, len(STEPS_DAYS)) - 1] if row else STEPS_DAYS[0]
        again = past.ended_s + days * DAY_S
        if again <= now_s:
            why = (
                f"read as {past.read} when {past.aimed} was aimed for"
                if not row
                else f"held {row}x; again after {days} d"
            )
            due.append(Next(name, difficulty[name], again, why))
    due.sort(key=lambda n: (n.due_s, n.system))
    aimed = LEVELS.index(pasts[0].aimed) if pasts else LEVELS.index("mid")
    new = [Next(name, level, None, "new") for name, level in difficulty.items() if name not in latest]
    new.sort(key=lambda n: (abs(LEVELS.index(n.difficulty) - aimed), n.system))
    return [*due, *new][:MOST_NEXT]


def _in_a_row(system: str, pasts: Iterable[Past]) -> int:
    """Times in a row, up to the latest, that a system was read at the level aimed for."""
    row = 0
    for past in pasts:
        if past.system == system:
            if not past.reached:
                break
            row += 1
    return row
