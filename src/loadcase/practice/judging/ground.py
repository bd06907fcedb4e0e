"""What a session is held against: the facts of its system, its worked design, and the words that matter there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from loadcase.blueprint.model import Blueprint, Decision
from loadcase.practice.judging.words import Field, tokens, word_pairs
from loadcase.systems.facts import Facts

COPIED = 0.8
"""Share of a text's pairs of words that stand in the worked design or the facts, from which on it is not one's own."""
SHORT = 6
"""Texts of fewer words are alike by chance."""


@dataclass(frozen=True, eq=False)
class Ground:
    """The facts and the worked design of a system. One of it serves all sessions on that system."""

    facts: Facts
    worked: Blueprint

    @cached_property
    def text(self) -> str:
        """The worked design as its file says it."""
        return str(self.worked.document.text) if self.worked.document is not None else self.worked.dump()

    @cached_property
    def hard_part(self) -> str:
        """The hard part as the worked design has it."""
        return (self.worked.requirements.hard_part or self.worked.prompt or self.worked.name).strip()

    @cached_property
    def points(self) -> list[str]:
        """What statements are held against."""
        good = self.facts.good
        found = [one.says for part in (good.breadth, good.depth, good.proactiveness, good.pitfalls) for one in part]
        for ball in self.facts.curveballs.values():
            found += [*ball.raised_as, *ball.good]
        return [*found, *(point for change in self.facts.changes.values() for point in change.good), self.hard_part]

    @cached_property
    def field(self) -> Field:
        """The words that mean something here."""
        facts, worked = self.facts, self.worked
        texts = [*self.points, worked.title, worked.prompt, *worked.requirements.functional]
        texts += [text for fact in facts.facts.values() for text in (fact.about, fact.answer, *fact.asked)]
        texts += [text for one in facts.silent.values() for text in (one.about, *one.asked)]
        texts += [ball.says for ball in facts.curveballs.values()] + [one.about for one in facts.numbers.values()]
        texts += [change.says + " " + change.bites for change in facts.changes.values()]
        return Field([*texts, *self._told], self.points)

    def own(self, text: str) -> bool:
        """Whether a text is the candidate's, and not that of the worked design or the facts."""
        pairs = set(word_pairs(text))
        return len(tokens(text)) < SHORT or len(pairs & self._not_own) < COPIED * len(pairs)

    @cached_property
    def _told(self) -> list[str]:
        worked, operate = self.worked, self.worked.operate
        whys = [getattr(part, "why", None) or "" for part in worked.components.values()]
        told = [text for one in worked.decisions.values() for text in _parts(one)]
        return [*whys, *told, *worked.requirements.functional, self.hard_part, operate.rollout or "",
                operate.rollback or "", *operate.alerts, *operate.runbook.values()]  # fmt: skip

    @cached_property
    def _not_own(self) -> frozenset[tuple[str, str]]:
        texts = (*self._told, *self.points)
        return frozenset(pair for text in texts if len(tokens(text)) >= SHORT for pair in word_pairs(text))


def _parts(one: Decision) -> list[str]:
    return [one.choose, one.because or "", one.at_the_cost_of or "", one.flips_when or ""]
