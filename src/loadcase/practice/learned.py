"""What was learned from thousands of examples about the questions to one system: `known/learned/SYSTEM.npz`.

A multinomial logistic model (Hosmer, Lemeshow, *Applied Logistic Regression*, chapter 8) over the terms of a message
and its pairs of neighbouring words. `tools/matching` fits it to the examples in `tools/matching/asked` and to the
phrasings of the facts. The systems of the gallery have one; facts of one's own are compared with their phrasings
(`loadcase.practice.matching`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from loadcase.practice.matching import Candidate, Likely, Sort
from loadcase.practice.matching_words import KNOWN, Words, split, stem
from loadcase.systems.facts import Facts

PAIR = 0.7
"""What a pair of neighbouring words counts."""
FOLDER = KNOWN / "learned"
BEYOND: tuple[Sort, str] = ("beyond", "")
"""What is asked for when it is nothing that is known."""


def features(words: Words, text: str) -> dict[str, float]:
    """The terms of a message and its pairs of neighbouring words, each with how much it says, 0 to 1."""
    found = words.terms(text)
    stems = ["^", *(stem(words.spelt(word)) for word in split(text)), "$"]
    found.update((f"{one}_{next}", PAIR) for one, next in pairwise(stems))
    return found


class Learned:
    """Says how likely a message asks for what, by weights that were fitted on examples of one system."""

    def __init__(self, kept: Mapping[str, NDArray[np.generic]]) -> None:
        """`kept` has `words` and `terms` (texts, a line each), `rare` (of each term), `weights` (terms by what can be
        asked for, whole numbers), `scale` and `bias` (of each that can be asked for), and `names` (a line each)."""
        self.words = Words(str(kept["words"]).split("\n"))
        self.terms = {term: i for i, term in enumerate(str(kept["terms"]).split("\n"))}
        self.rare = kept["rare"].astype(float)
        self.weights = kept["weights"].astype(np.int8)
        self.scale, self.bias = kept["scale"].astype(float), kept["bias"].astype(float)
        self.candidates = [Candidate(*name_of(line), ()) for line in str(kept["names"]).split("\n")]

    def likely(self, text: str) -> list[Likely]:
        """What can be asked for, the likeliest first; one of them, `beyond`, is all that is not known."""
        known = {i: v for term, v in features(self.words, text).items() if (i := self.terms.get(term)) is not None}
        rows = list(known)
        values = np.array(list(known.values())) * self.rare[rows] if rows else np.zeros(0)
        values /= math.sqrt(float(values @ values)) or 1.0
        score = (values @ self.weights[rows]) * self.scale + self.bias
        chances = np.exp(score - score.max())
        chances /= chances.sum()
        order = np.argsort(-chances, kind="stable")
        return [Likely(self.candidates[i], float(chances[i])) for i in order]

    def heard(self, text: str) -> bool:
        """Whether a text has any word that says something and that is known here, or in English."""
        return any(term in self.terms or self.words.is_word(term) for term in self.words.terms(text))


def name_of(line: str) -> tuple[Sort, str]:
    """Sort and name of what can be asked for, as a line of `names` has them."""
    sort, _, name = line.partition(" ")
    if sort not in ("fact", "silent", "number", "beyond"):
        raise ValueError(f"{sort!r} is no sort of what can be asked for")
    return sort, name  # type: ignore[return-value]


def asked_of(facts: Facts) -> set[tuple[Sort, str]]:
    """All that can be asked of a system."""
    found: set[tuple[Sort, str]] = {("fact", name) for name in facts.facts}
    return found | {("silent", name) for name in facts.silent} | {("number", name) for name in facts.numbers}


def learned(facts: Facts) -> Learned | None:
    """What was learned of a system, or None where nothing was, or where it has other facts than when it was."""
    found = _kept(facts.system)
    if found is None or {(one.sort, one.name) for one in found.candidates} != asked_of(facts) | {BEYOND}:
        return None
    return found


@cache
def _kept(system: str) -> Learned | None:
    file = FOLDER / f"{system}.npz"
    if not file.is_file():
        return None
    with file.open("rb") as opened, np.load(opened, allow_pickle=False) as kept:
        return Learned({name: kept[name] for name in kept.files})
