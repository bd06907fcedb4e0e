"""Words as questions are compared by: spelt right, without endings, and with what they have in common.

A question becomes terms. A term is a stem (`messag`), a concept of the thesaurus (`+latency`: words of the field that
ask for the same thing), a number's unit (`#time`), or what is counted or measured (`how_many>user`).
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

import snowballstemmer
from rapidfuzz import process
from rapidfuzz.distance import OSA
from spellchecker import SpellChecker

KNOWN = files("loadcase.practice") / "known"
CONCEPT = "+"
UNIT = "#"
FOCUS = ">"

_SHORT = {
    "'s": " is", "'re": " are", "'ll": " will", "'d": " would", "'ve": " have", "'m": " am",
    "can't": "can not", "won't": "will not", "n't": " not",
}  # fmt: skip
_WRITTEN_SHORT = {
    "txt": "text", "ppl": "people", "mny": "many", "lng": "long", "hrs": "hours", "hr": "hour", "yr": "year",
    "yrs": "years", "abt": "about", "pls": "please", "num": "number", "nr": "number", "wat": "what", "whats": "what",
    "dont": "not", "cant": "not", "u": "you", "msg": "message", "msgs": "messages", "w": "with", "avrg": "average",
    "thx": "thanks", "teh": "the", "mth": "month", "bw": "bandwidth", "bc": "because", "req": "request",
    "reqs": "requests", "notif": "notification", "notifs": "notifications", "txn": "transaction", "db": "database",
}  # fmt: skip
_TOKEN = re.compile(r"\d+(?:[.,:]\d+)*|[a-z]+(?:\d+[a-z]*)?|[%$]")
_MAGNITUDE = frozenset(
    ("k", "m", "b", "g", "t", "thousand", "million", "millions", "billion", "billions", "hundred", "dozen", "couple")
)
_UNITS = {
    "time": "ms s sec secs second seconds millisecond milliseconds minute minutes min mins hour hours day days week "
    "weeks month months year years",
    "size": "b byte bytes kb kilobyte kilobytes mb megabyte megabytes gb gigabyte gigabytes tb terabyte terabytes",
    "money": "dollar dollars usd cent cents euro euros $",
    "share": "% percent pct",
    "factor": "x times fold",
}  # fmt: skip
UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words.split()}
_NUMBERS = frozenset(("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"))
_FILLERS = frozenset((KNOWN / "fillers.txt").read_text("utf-8").split())
_ASKING = frozenset({"who", "in", "out", "each", "where", "when", "own", "same"})
"""Words that say little and yet stand for something."""
_FREE = 0.25
"""What a word counts that says little."""


@cache
def _stemmer() -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer("english")


@cache
def stem(word: str) -> str:
    """A word without its ending."""
    return word if not word.isalpha() else str(_stemmer().stemWord(word))


@cache
def _english() -> Mapping[str, int]:
    """How often words are used in English."""
    return dict(SpellChecker(distance=1).word_frequency.dictionary)


def split(text: str) -> list[str]:
    """The words of a text, in small letters, short forms written out."""
    text = text.casefold().replace("’", "'")
    for short, full in _SHORT.items():
        text = text.replace(short, full)
    return [_WRITTEN_SHORT.get(word, word) for word in _TOKEN.findall(text)]


class Thesaurus:
    """Which concepts words and phrases stand for."""

    def __init__(self, entries: Mapping[str, str]) -> None:
        self.words: set[str] = set()
        self.concepts: dict[tuple[str, ...], list[str]] = {}
        for concept, listed in entries.items():
            for phrase in listed.split(","):
                words = split(phrase)
                self.words.update(words)
                key = tuple(stem(word) for word in words)
                if key and concept not in self.concepts.setdefault(key, []):
                    self.concepts[key].append(concept)
        self.longest = max(map(len, self.concepts), default=1)

    def found(self, stems: list[str]) -> list[tuple[int, int, str]]:
        """Concepts in a row of stems, each with where it begins and ends."""
        rows = range(len(stems))
        ends = ((i, j) for i in rows for j in range(i + 1, min(i + self.longest, len(stems)) + 1))
        return [(i, j, one) for i, j in ends for one in self.concepts.get(tuple(stems[i:j]), ())]


@cache
def thesaurus() -> Thesaurus:
    """The one that is kept by hand."""
    return Thesaurus(tomllib.loads((KNOWN / "thesaurus.toml").read_text("utf-8")))


class Words:
    """Reads texts into terms. `texts` are what questions will be compared with: their words are known."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._used = Counter(word for text in texts for word in split(text))
        self._vocabulary = {word for word in {*self._used, *thesaurus().words} if word.isalpha()}
        self._meant = sorted({*self._vocabulary, *_everyday()})
        self._spelt: dict[str, str] = {}

    def spelt(self, word: str) -> str:
        """The word that was meant: itself where it is known, or the nearest one that is."""
        if word not in self._spelt:
            self._spelt[word] = self._nearest(word)
        return self._spelt[word]

    def is_word(self, term: str) -> bool:
        """Whether a stem is one of a word that is known here."""
        return term in self._vocabulary

    def _nearest(self, word: str) -> str:
        if word in self._vocabulary or not word.isalpha() or len(word) < 3 or _english().get(word, 0) > 50:
            return word
        most = 1 if len(word) < 7 else 2
        found = process.extract(word, self._meant, scorer=OSA.distance, score_cutoff=most, limit=None)
        close = [(off + (one[0] != word[0]), -self._common(one), one) for one, off, _ in found]
        return min(close)[2] if close and min(close)[0] <= most else word

    def _common(self, word: str) -> float:
        return math.log1p(_english().get(word, 0)) + (3.0 if word in self._used else 0.0)

    def terms(self, text: str) -> dict[str, float]:
        """The terms of a text, each with how much it says by itself, 0 to 1."""
        words = [self.spelt(word) for word in split(text)]
        stems = [stem(word) for word in words]
        terms: dict[str, float] = {}
        for word, cut in zip(words, stems, strict=True):
            if word[0].isdigit() or word in _MAGNITUDE:
                continue
            terms[cut] = max(terms.get(cut, 0.0), 0.08 if word in _FILLERS else _says(word))
        concepts = [
            (i, j, one)
            for i, j, one in thesaurus().found(stems)
            if j - i > 1 or words[i] not in _FILLERS or words[i] in _ASKING
        ]
        for _, _, concept in concepts:
            terms[CONCEPT + concept] = 0.8
        terms.update(_focus(stems, words, concepts + _numbered(words)))
        terms.update((UNIT + unit, 0.6) for unit in figures(words))
        return terms


@cache
def _says(word: str) -> float:
    """How much a word says, by how rare it is in English."""
    total = 1e8
    often = _english().get(word, 0) + 200
    return min(1.0, max(_FREE, math.log(total / often) / math.log(total / 4e3)))


@cache
def _everyday() -> frozenset[str]:
    return frozenset(word for word, often in _english().items() if often > 30_000)


def figures(words: list[str]) -> set[str]:
    """Units of the figures in a text: `time`, `size`, `money`, `share`, `factor`, or `plain` for a bare number."""
    units = set()
    for i, word in enumerate(words):
        if not (word[0].isdigit() or word in _MAGNITUDE or word in _NUMBERS):
            continue
        after = next((w for w in words[i + 1 : i + 3] if w not in _MAGNITUDE and not w[0].isdigit()), "")
        if i and words[i - 1] == "$":
            units.add("money")
        elif after in UNIT_OF:
            units.add(UNIT_OF[after])
        elif word[0].isdigit() and not word.isdigit() and word.rstrip("0123456789").lstrip(".,") in UNIT_OF:
            units.add(UNIT_OF[word])
        elif word not in _NUMBERS:
            units.add("plain")
    return units


def _numbered(words: list[str]) -> list[tuple[int, int, str]]:
    """Where a figure stands, as if what follows were asked for: "10M users" is about how many users."""
    figure = [word[0].isdigit() or word in _MAGNITUDE or word in _NUMBERS for word in words]
    ends = [i for i, here in enumerate(figure) if here and not (i + 1 < len(words) and figure[i + 1])]
    return [(i, i + 1, "how_many") for i in ends if i + 1 < len(words) and words[i + 1] not in UNIT_OF]


_COUNTED = ("how_many", "how_often", "how_big", "how_fast", "how_long", "share", "price")


def _focus(stems: list[str], words: list[str], concepts: list[tuple[int, int, str]]) -> dict[str, float]:
    """What is counted or measured: the next words that say something, with their concepts."""
    terms = {}
    for _, end, concept in concepts:
        if concept not in _COUNTED:
            continue
        content = [i for i in range(end, min(end + 5, len(stems))) if words[i] not in _FILLERS or words[i] == "people"]
        for i in content[:1]:
            terms[f"{concept}{FOCUS}{stems[i]}"] = 0.8
            for begin, stop, other in concepts:
                if begin <= i < stop and other not in _COUNTED:
                    terms[f"{concept}{FOCUS}{other}"] = 0.5
    return terms
