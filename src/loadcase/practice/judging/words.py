"""What a statement is about, and whether there is more to it than names.

A statement is a paragraph of what was said or typed. It is read by the stems of its words, against `vocabulary.yaml`:
which topics it touches, and which marks it bears (a figure, a reason, a condition, a mechanism, a price, an
alternative). The order of its sentences makes no difference. Words that neither the field nor the system knows count
for nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise

from loadcase.blueprint.document import Document

ENOUGH = 4
"""Words of the field or the system that a statement has to have before its reasons count."""
PRAISED = 0.45
"""Share of names and praise above which a statement says nothing else."""
LISTED = 2.6
"""Words between two commas below which a text is a list, on average."""
COVERED = 0.5
"""Share of a point, by the weight of its words, that a statement has to say to make it."""
_WORD = re.compile(r"[a-z0-9$%=<>/]+(?:['’-][a-z0-9]+)*")
_FIGURE = re.compile(
    r"(?<![a-z\d.])\d[\d.,]*\s?(?:[kmgtb]\b|ms\b|s\b|%|[a-z]+)?"
    r"|\b(?:hundred|thousand|million|billion|dozen|half|third|quarter|twice|tenfold)\b"
)


@dataclass(frozen=True)
class Vocabulary:
    """`vocabulary.yaml`, its phrases as tuples of stems."""

    topics: Mapping[str, tuple[tuple[str, ...], ...]]
    marks: Mapping[str, tuple[tuple[str, ...], ...]]
    empty: frozenset[str]
    """Stems of names and of praise."""
    prefixes: tuple[str, ...]
    """Beginnings of words of praise."""
    same: Mapping[tuple[str, ...], str]
    lists: Mapping[str, tuple[tuple[str, ...], ...]]
    stop: frozenset[str]
    """Words without a meaning of their own, and their stems."""
    known: frozenset[str]
    """Stems of all phrases that are neither names nor praise."""


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary that ships with the package."""
    text = files("loadcase.practice.judging").joinpath("vocabulary.yaml").read_text("utf-8")
    data = Document.parse(text, "vocabulary.yaml").data
    topics = {name: tuple(map(phrase, words)) for name, words in data["topics"].items()}
    marks = {name: tuple(map(phrase, words)) for name, words in data["marks"].items()}
    same = {phrase(word): group[0] for group in data["same"] for word in group}
    stop = frozenset(map(str, data["stop"])) | frozenset(stem(str(w)) for w in data["stop"])
    empty = [*data["buzz"], *data["names"]]
    known = {s for table in (*topics.values(), marks["mechanism"], tuple(same)) for words in table for s in words}
    return Vocabulary(
        topics,
        marks,
        frozenset(stem(w) for w in empty if not w.endswith("*")),
        tuple(w[:-1] for w in data["buzz"] if w.endswith("*")),
        same,
        {name: tuple(map(phrase, data[name])) for name in ("pushback", "limits", "landing")},
        stop,
        frozenset(s.rstrip("*") for s in known) - stop,
    )


def phrase(text: str) -> tuple[str, ...]:
    """A phrase of the vocabulary as stems; a word that ends in * keeps it."""
    words = str(text).casefold().replace("’", "'").split()
    return tuple(w if w.endswith("*") else (stem(w) if _WORD.fullmatch(w) else w) for w in words)


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """A word without its ending: Porter's first steps, which is all that a comparison needs."""
    if not word.isalpha() or len(word) < 4:
        return word
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("ss", "ss"), ("us", "us"), ("s", "")):
        if word.endswith(ending):
            word = word[: len(word) - len(ending)] + instead
            break
    for ending in ("ing", "edly", "ed", "ly"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


@lru_cache(maxsize=20_000)
def tokens(text: str) -> tuple[str, ...]:
    """The words of a text in order, without case and signs."""
    return tuple(_WORD.findall(text.casefold().replace("’", "'")))


@lru_cache(maxsize=20_000)
def stems(text: str) -> tuple[str, ...]:
    """The stems of a text's words, in order."""
    return tuple(stem(word) for word in tokens(text))


def _found(sought: tuple[str, ...], words: tuple[str, ...]) -> bool:
    """Whether a phrase occurs among stems."""
    n = len(sought)
    first = sought[0]
    for i in range(len(words) - n + 1):
        if not (words[i] == first or (first.endswith("*") and words[i].startswith(first[:-1]))):
            continue
        if all(
            w == s or (s.endswith("*") and w.startswith(s[:-1])) for s, w in zip(sought, words[i : i + n], strict=True)
        ):
            return True
    return False


def _count(table: Iterable[tuple[str, ...]], words: tuple[str, ...]) -> int:
    return sum(_found(sought, words) for sought in table)


@lru_cache(maxsize=20_000)
def topics(text: str, most: int = 3) -> tuple[str, ...]:
    """Topics that a text touches, those with the most mentions first, `most` at most."""
    words = stems(text)
    hits = {name: _count(table, words) for name, table in vocabulary().topics.items()}
    ordered = sorted((name for name in hits if hits[name]), key=lambda name: (-hits[name], list(hits).index(name)))
    return tuple(ordered[:most])


def figure(text: str) -> bool:
    """Whether a text has a figure: digits that are not part of a name, or a word such as million."""
    return bool(_FIGURE.search(re.sub(r"\bp\d{2,3}\b|\b[a-z]+-?\d+\b|\b\d+(?:st|nd|rd|th)\b", " ", text.casefold())))


def has(name: str, text: str) -> bool:
    """Whether a text has a phrase of one of the lists `pushback`, `limits`, `landing`."""
    return _count(vocabulary().lists[name], stems(text)) > 0


class Field:
    """The words that mean something in a system: those of its facts and its worked design, and of the field at large.

    `points` are texts that statements are held against; how rare a word is among them is its weight.
    """

    def __init__(self, texts: Iterable[str], points: Iterable[str] = ()) -> None:
        own = {s for text in texts for s in stems(text)}
        self._known = frozenset(own | vocabulary().known) - vocabulary().empty
        counted: dict[str, int] = {}
        total = 0
        for point in points:
            total += 1
            for concept in concepts(point):
                counted[concept] = counted.get(concept, 0) + 1
        self._weights = {c: math.log(1 + (total + 1) / (1 + n)) for c, n in counted.items()}
        self._rare = math.log(2 + total)

    def specific(self, text: str) -> int:
        """How many different words of a text mean something here."""
        return len({s for s in stems(text) if self.knows(s)})

    def knows(self, stemmed: str) -> bool:
        """Whether a stem means something here."""
        return stemmed in self._known and not _stop(stemmed) and not _praise(stemmed) and stemmed.isalpha()

    def substance(self, text: str) -> float:
        """Whether a part of a decision says something, 0 to 1: most with a figure, nothing where it only praises."""
        meaning = self.specific(text)
        praise = len({w for w in stems(text) if not _stop(w) and _praise(w)})
        if meaning < 2 or praise > PRAISED * (praise + meaning):
            return 0.0
        return 1.0 if figure(text) else 0.7 if meaning >= 3 else 0.4

    def lists(self, text: str) -> bool:
        """Whether a text strings names together: bits between commas of hardly more than two words each."""
        parts = re.split(r"[,;:.+&/()]|\band\b|\bwith\b|\bplus\b", text)
        bits = [self._counted(part) for part in parts if tokens(part)]
        return len(bits) >= 5 and sum(bits) < LISTED * len(bits)

    def _counted(self, text: str) -> int:
        return sum(s in self._known or _stop(s) or _praise(s) for s in stems(text))

    def marks(self, text: str) -> frozenset[str]:
        """What a statement has: `figure`, `reason`, `condition`, `key`, `mechanism`, `price`, `alternative`.

        None where it only names mechanisms, where it is a list of names, or says nothing that is particular to the
        system or the field.
        """
        return _marks(self, text)

    def says(self, text: str, point: str) -> float:
        """How much of a point a text says, 0 to 1, by the weight of the words; 0 for one word of several."""
        wanted = concepts(point)
        if not wanted:
            return 0.0
        common = wanted & concepts(text)
        if len(common) < min(2, len(wanted)):
            return 0.0
        weight = {c: self._weights.get(c, self._rare) for c in wanted}
        return sum(weight[c] for c in common) / sum(weight.values())

    def makes(self, text: str, point: str) -> bool:
        """Whether a text makes a point."""
        return self.says(text, point) >= COVERED


def _stop(stemmed: str) -> bool:
    return stemmed in vocabulary().stop


def _praise(stemmed: str) -> bool:
    known = vocabulary()
    return stemmed in known.empty or stemmed.startswith(known.prefixes)


@lru_cache(maxsize=50_000)
def _marks(field: Field, text: str) -> frozenset[str]:
    words = stems(text)
    meaning = field.specific(text)
    praise = len({w for w in words if not _stop(w) and _praise(w)})
    if meaning < ENOUGH or praise > PRAISED * (praise + meaning) or field.lists(text):
        return frozenset()
    found = {name for name, table in vocabulary().marks.items() if name != "absolute" and _count(table, words)}
    if figure(text):
        found.add("figure")
    return frozenset() if found == {"mechanism"} else frozenset(found)


@lru_cache(maxsize=50_000)
def concepts(text: str) -> frozenset[str]:
    """What a text speaks of: the stems of its words, those that mean the same as one."""
    same = _same()
    words = stems(text)
    found: set[str] = set()
    i = 0
    while i < len(words):
        for n in (3, 2, 1):
            concept = same.get(words[i : i + n])
            if concept is not None and len(words[i : i + n]) == n:
                found.add(concept)
                i += n
                break
        else:
            word = words[i]
            starred = next((c for p, c in _starred() if word.startswith(p)), None)
            if starred is not None:
                found.add(starred)
            elif not _stop(word) and len(word) > 1:
                found.add(word)
            i += 1
    return frozenset(found)


@cache
def _same() -> Mapping[tuple[str, ...], str]:
    return {words: concept for words, concept in vocabulary().same.items() if not words[-1].endswith("*")}


@cache
def _starred() -> tuple[tuple[str, str], ...]:
    return tuple((w[0][:-1], concept) for w, concept in vocabulary().same.items() if w[-1].endswith("*"))


def absolute(text: str) -> bool:
    """Whether a text forbids something outright: nothing lost, never twice."""
    return _count(vocabulary().marks["absolute"], stems(text)) > 0


@lru_cache(maxsize=100_000)
def near(a: str, b: str) -> float:
    """How alike two texts are, 0 to 1: the pairs of neighbouring words that they share, by Dice's coefficient."""
    first, second = set(word_pairs(a)), set(word_pairs(b))
    return 2 * len(first & second) / (len(first) + len(second)) if first and second else float(a == b != "")


def word_pairs(text: str) -> Iterator[tuple[str, str]]:
    """The pairs of neighbouring words of a text, its beginning and its end among them."""
    words = ("", *stems(text), "")
    return pairwise(words)


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text: what stands on lines of its own."""
    return [part.strip() for part in text.splitlines() if part.strip()]
