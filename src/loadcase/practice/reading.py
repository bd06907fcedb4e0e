"""What a message asks for: one thing, or several, part by part.

A message is cut at its commas, stops and "and"s. Of all ways to put the pieces together again, each stretch asking
for one thing, the likeliest is taken: the sum of the logarithms of the chances, by dynamic programming (Jurafsky,
Martin, *Speech and Language Processing*, on the Viterbi algorithm).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from loadcase.practice.matching import Likely
from loadcase.practice.matching_words import split

PIECES = 12
"""Pieces of a message that are looked at; what comes after belongs to the last."""
AGAIN = 0.3
"""How much likelier, in logarithms, a new stretch begins where a message asks for the second time ("and how large"),
and at each comma of a list of few words ("DAU, bytes each?")."""
FEW = 4
"""Words of a piece of a list."""
LEAST = 1e-9

_BREAKS = re.compile(
    r"[.?!;:]+(?:\s+|$)|,+\s*|\s+-+\s+|\b(?:and|or|plus|also|as well as|along with|on top of that)\b|\s[/&+]\s",
    re.IGNORECASE,
)
_ASKING = (
    r"(?:how|what|what's|whats|when|which|who|where|why|is|are|do|does|can|could|may|might|must|should|will|would)\b"
)
_ASKS = re.compile(rf"\b{_ASKING}", re.IGNORECASE)
_BEGINS_ASKING = re.compile(
    rf"^\W*(?:(?:um|uh|er|hmm|oh|sorry|then|so|like|well|also|roughly|about|by|for|in|on|at|to|within|from|with)\W+)"
    rf"{{0,3}}{_ASKING}",
    re.IGNORECASE,
)
_OF_BEFORE = re.compile(r"\b(it|its|each|that|one|them|they|those|either|these|their)\b", re.IGNORECASE)
"""Words that speak of what was said before."""


class Model(Protocol):
    """Says what a text may ask for."""

    def likely(self, text: str) -> list[Likely]: ...


@dataclass(frozen=True)
class Stretch:
    """A part of a message that asks for one thing, with what that may be, the likeliest first."""

    text: str
    likely: list[Likely]


def pieces(text: str) -> list[tuple[int, int]]:
    """Where the pieces of a message begin and end; those without a word belong to the piece before."""
    ends = [(found.start(), found.end()) for found in _BREAKS.finditer(text)]
    begins = [0, *(end for _, end in ends)]
    whole = zip(begins, [*(start for start, _ in ends), len(text)], strict=True)
    found = [(begin, end) for begin, end in whole if split(text[begin:end])]
    if len(found) > PIECES:
        found = [*found[: PIECES - 1], (found[PIECES - 1][0], found[-1][1])]
    return found


def read(text: str, model: Model) -> list[Stretch]:
    """The likeliest way to read a message."""
    cut = pieces(text)
    listed = all(len(split(text[begin:end])) <= FEW for begin, end in cut)
    best: list[tuple[float, list[Stretch]]] = [(0.0, [])]
    for end in range(len(cut)):
        ways = []
        for begin in range(end + 1):
            stretch = text[cut[begin][0] : cut[end][1]]
            likely = model.likely(stretch)
            chance = max(likely[0].chance, 1.0 - sum(one.chance for one in likely), LEAST)
            score, before = best[begin]
            score += AGAIN if begin and (listed or _asks_again(text, cut[begin])) else 0.0
            ways.append((score + math.log(chance), [*before, Stretch(stretch, likely)]))
        best.append(max(ways, key=lambda way: way[0]))
    return _looking_back(best[-1][1], model)


def _asks_again(text: str, piece: tuple[int, int]) -> bool:
    """Whether a piece begins with a question, and one was asked before."""
    return bool(_BEGINS_ASKING.search(text[piece[0] : piece[1]]) and _ASKS.search(text[: piece[0]]))


def _looking_back(stretches: list[Stretch], model: Model) -> list[Stretch]:
    """Where a stretch speaks of the one before ("how large is each?"), it is read with that one, as far as it asks for
    something new, and alone: the mean of both."""
    read = stretches[:1]
    for before, one in pairwise(stretches):
        if not _OF_BEFORE.search(one.text):
            read.append(one)
            continue
        found = {top.candidate for top in (stretch.likely[0] for stretch in read) if top.candidate.sort == "fact"}
        both = {
            of.candidate: of.chance for of in model.likely(f"{before.text} {one.text}") if of.candidate not in found
        }
        total = sum(both.values()) or 1.0
        mean = [Likely(of.candidate, (of.chance + both.get(of.candidate, 0.0) / total) / 2) for of in one.likely]
        new = [of for of in mean if of.candidate not in found]
        read.append(Stretch(one.text, sorted(new, key=lambda of: -of.chance)))
    return read
