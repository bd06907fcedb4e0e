"""The interviewer's answers to what a candidate asks: from the facts, and no more than was asked for.

What the facts do not say is the candidate's to decide, and what follows from them the candidate's to work out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from loadcase.practice.matching import Likely, Matcher
from loadcase.practice.matching_words import split
from loadcase.systems.facts import Facts

How = Literal["told", "yours", "derive", "unclear"]

SURE = 0.55
"""The chance from which a fact is told."""
SURE_PART = 0.6
"""The same, of a part of a message by itself."""
AMONG, SOME = 5, 0.02
"""What a part asks for is among so many likeliest of the whole message, and has such a chance there."""
MOST = 3
"""Facts that one message may ask for."""
LONGEST = 1000
"""Letters of a message that are read: nobody asks longer questions."""
_BREAKS = re.compile(r"[.?!;,:]+\s|[?!;,:]+|\band\b|\bor\b|\bplus\b|\bas well as\b", re.IGNORECASE)


@dataclass(frozen=True)
class Reply:
    """What the interviewer says to a message; fields as those of `events.Answered`."""

    how: How
    text: str
    facts: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    silent: str | None = None


class Answers:
    """Answers questions about one system."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.matcher = Matcher(facts)

    def reply(self, text: str) -> Reply:
        """The answer to a message. The same message gets the same answer."""
        text = text[:LONGEST]
        if not split(text):
            return Reply("unclear", "I did not understand that. What would you like to know about the system?")
        whole = self.matcher.likely(text)
        names = self._asked_for(text, whole)
        if names:
            return Reply("told", " ".join(self.facts.facts[name].answer.strip() for name in names), tuple(names))
        return self._left(whole)

    def _asked_for(self, text: str, whole: list[Likely]) -> list[str]:
        """The facts that a message asks for."""
        first = [whole[0].candidate.name] if whole[0].candidate.sort == "fact" and whole[0].chance >= SURE else []
        parts = [part for part in _BREAKS.split(text) if split(part)]
        if len(parts) < 2:
            return first
        likely = [one.candidate.name for one in whole[:AMONG] if one.candidate.sort == "fact" and one.chance >= SOME]
        found: list[str] = []
        for part in parts:
            top = self.matcher.likely(part)[0]
            if top.candidate.sort == "fact" and top.chance >= SURE_PART:
                found += [top.candidate.name] if top.candidate.name in likely and top.candidate.name not in found else []
        return found[:MOST] if len(found) > 1 else first

    def _left(self, whole: list[Likely]) -> Reply:
        top = whole[0]
        return Reply("yours", "You decide, state your assumption.", silent=top.candidate.name if top.candidate.sort == "silent" else None)
