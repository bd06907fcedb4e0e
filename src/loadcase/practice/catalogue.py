"""What can be practised, by topic and difficulty, read by lines: to list it takes no reader of designs and of facts."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import get_args

from loadcase.core.errors import UsageError, suggest
from loadcase.systems import systems
from loadcase.systems.facts import Level

LEVELS: tuple[Level, ...] = get_args(Level)
_LINES = {
    "title": re.compile(r"^title: (.+)$", re.MULTILINE),
    "prompt": re.compile(r"^prompt: (.+)$", re.MULTILINE),
    "difficulty": re.compile(r"^difficulty: (\w+)$", re.MULTILINE),
    "topics": re.compile(r"^topics: \[(.+)\]$", re.MULTILINE),
}


@dataclass(frozen=True)
class Entry:
    """A system that can be practised."""

    name: str
    title: str
    prompt: str
    topics: tuple[str, ...]
    difficulty: Level


def catalogue() -> list[Entry]:
    """All of them, by their first topic, then from mid to staff."""
    found = []
    for one in systems():
        facts = one.path.with_name("facts.yaml")
        if facts.is_file():
            text = one.path.read_text("utf-8") + "\n" + facts.read_text("utf-8")
            lines = {name: m[1].strip() if (m := line.search(text)) else "" for name, line in _LINES.items()}
            topics = tuple(topic.strip() for topic in lines["topics"].split(",") if topic.strip())
            level = next((level for level in LEVELS if level == lines["difficulty"]), LEVELS[0])
            found.append(Entry(one.name, lines["title"] or one.name, lines["prompt"], topics, level))
    return sorted(found, key=lambda e: (e.topics[:1], LEVELS.index(e.difficulty), e.name))


def drawn(entries: Iterable[Entry], topic: str | None, level: Level, seed: int, practised: Mapping[str, int]) -> Entry:
    """One by topic and level: of those practised least, one whose difficulty is nearest; the seed decides.

    Raises UsageError when none has the topic.
    """
    everything = list(entries)
    found = [one for one in everything if topic is None or topic in one.topics]
    if not found:
        topics = sorted({t for one in everything for t in one.topics})
        hint = suggest(topic or "", topics) or f"topics: {', '.join(topics)}"
        raise UsageError(f"no system has the topic {topic!r}", hint=hint)
    wanted = LEVELS.index(level)

    def rank(one: Entry) -> tuple[int, int]:
        return abs(LEVELS.index(one.difficulty) - wanted), practised.get(one.name, 0)

    best = min(map(rank, found))
    return random.Random(seed).choice([one for one in found if rank(one) == best])
