"""The interviewer's answers to what a candidate asks: from the facts, and no more than was asked for.

What the facts do not say is the candidate's to decide, and what follows from them the candidate's to work out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from loadcase.core.errors import LoadcaseError
from loadcase.core.expressions import evaluate
from loadcase.core.quantity import Quantity, median, strip_counts
from loadcase.practice.learned import Learned, learned
from loadcase.practice.matching import Likely, Matcher
from loadcase.practice.matching_words import split
from loadcase.practice.reading import read
from loadcase.systems.facts import Facts, phrasing

How = Literal["told", "yours", "derive", "unclear"]


LEARNED = 0.4
"""The chance from which a fact is told, where a model was learned from examples of the system."""
COMPARED = 0.6
"""The same, where questions are compared with the phrasings of the facts."""
SURE_NUMBERS = 0.4
"""The chance from which a figure is left to be worked out, whichever it is."""
SURE_SILENT = 0.35
"""The chance from which a topic that is left to the candidate is named."""
MOST = 3
"""Facts that one message may ask for."""
LONGEST = 600
"""Letters of a message that are read: nobody asks longer questions."""

_NOD = re.compile(
    r"\b(ok|okay|right|fine|fair|correct|good|agreed|alright|reasonable|enough|allowed|yes|no|happy|true|sound|"
    r"assume|assuming|suppose|say|reckon|guess|take it|plan on|count on|aim for|i'd|i'll)\b",
    re.IGNORECASE,
)
_FIGURE = re.compile(
    r"(?P<number>\d+(?:[.,]\d+)*)\s*(?P<many>k|thousand|m|million|b|billion|g)?\b\s*(?P<unit>%|[a-z]+)?", re.IGNORECASE
)
_MANY = {"": 1.0, "k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "b": 1e9, "billion": 1e9, "g": 1e9}
NEAR = 1.5
"""A figure that a candidate assumes is near enough the fact's when it is off by no more than this factor."""


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

    def __init__(self, facts: Facts, model: Learned | Matcher | None = None) -> None:
        """`model` says what is asked for: by default the one that was learned of the system, where there is one, or
        else a comparison with the phrasings of the facts."""
        self.facts = facts
        self.model = model or learned(facts) or Matcher(facts)
        self.sure = LEARNED if isinstance(self.model, Learned) else COMPARED
        self._known = {phrasing(text): name for name, fact in facts.facts.items() for text in fact.asked}

    def reply(self, text: str) -> Reply:
        """The answer to a message. The same message always gets the same answer."""
        text = text[:LONGEST]
        if not any(word.isalpha() for word in split(text)):
            return Reply("unclear", "I did not get that. What would you like to know about the system?")
        word_for_word = self._known.get(phrasing(text))
        names = [word_for_word] if word_for_word else self._asked_for(text)
        if names:
            told = " ".join(self.facts.facts[name].answer.strip() for name in names)
            return Reply("told", self._nod(text, names) + told, tuple(names))
        return self._left(text, self.model.likely(text))

    def _asked_for(self, text: str) -> list[str]:
        """The facts that a message asks for: those of its parts, where several ask, or that of the whole."""
        several = [name for stretch in read(text, self.model) if (name := self._told(stretch.likely))]
        if len(set(several)) > 1:
            return list(dict.fromkeys(several))[:MOST]
        one = self._told(self.model.likely(text))
        return [one] if one else []

    def _told(self, likely: list[Likely]) -> str | None:
        """The fact that comes first, where its chance is enough to be told."""
        top = likely[0]
        return top.candidate.name if top.candidate.sort == "fact" and top.chance >= self.sure else None

    def _nod(self, text: str, names: list[str]) -> str:
        """A yes, or the opposite, to a figure that the candidate assumes; nothing where that cannot be said."""
        fact = self.facts.facts[names[0]]
        if len(names) > 1 or fact.value is None or not _NOD.search(text):
            return ""
        assumed = [value for value in map(_figure, _FIGURE.finditer(text)) if value is not None]
        known = median(evaluate(fact.value, {}))
        said = [value.value for value in assumed if _alike(value, known)]
        if len(said) != 1 or not (said[0] > 0 and known.value > 0):
            return ""
        return "Yes. " if 1 / NEAR <= said[0] / known.value <= NEAR else "Take another figure. "

    def _left(self, text: str, whole: list[Likely]) -> Reply:
        """What is said where no fact is told."""
        numbers = [one for one in whole if one.candidate.sort == "number"]
        if numbers and sum(one.chance for one in numbers) >= SURE_NUMBERS:
            return self._derive(numbers[0].candidate.name)
        silent = [one for one in whole[:1] if one.candidate.sort == "silent" and one.chance >= SURE_SILENT]
        if not silent and not self.model.heard(text):
            return Reply("unclear", "I am not sure what you are asking. Can you say it in other words?")
        if silent:
            name = silent[0].candidate.name
            return Reply(
                "yours", f"On {self.facts.silent[name].about}: you decide, state your assumption.", silent=name
            )
        return Reply("yours", "You decide, state your assumption.")

    def _derive(self, name: str) -> Reply:
        """Points to what a figure follows from, by what it is about, and tells none of it."""
        number = self.facts.numbers[name]
        about = {key: one.about for key, one in self.facts.facts.items()}
        about |= {key: one.about for key, one in self.facts.numbers.items()}
        used = [about[word] for word in re.findall(r"[a-z_]\w*", number.from_) if word in about]
        return Reply("derive", f"Work it out from {' and '.join(dict.fromkeys(used))}.", numbers=(name,))


def _figure(found: re.Match[str]) -> Quantity | None:
    """A figure as it is said, in base units; a word that is no unit counts for nothing."""
    number = float(found["number"].replace(",", "").rstrip(".")) if found["number"].count(".") < 2 else 0.0
    times = _MANY[(found["many"] or "").lower()]
    unit = (found["unit"] or "").lower()
    try:
        return median(evaluate(f"{number * times!r} {unit}", {}))
    except LoadcaseError:
        return Quantity(number * times)


def _alike(one: Quantity, other: Quantity) -> bool:
    return strip_counts(one).dims == strip_counts(other).dims
