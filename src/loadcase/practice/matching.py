"""Which of the things that could be asked for a question asks for.

Everything that can be asked of a system is a candidate: its facts, what is left to the candidate, its derived figures,
and what is often asked and seldom known (`known/intents.toml`). A question is compared with each by what it has in
common with its phrasings, and a logistic model, fitted on questions (`tools/matching`), says how likely each is.
"""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from loadcase.core.expressions import evaluate
from loadcase.core.quantity import median
from loadcase.practice.matching_words import CONCEPT, FOCUS, KNOWN, UNIT, Words, figures, split
from loadcase.systems.facts import Facts

Sort = Literal["fact", "silent", "number", "beyond"]
Rows = NDArray[np.float64]

FEATURES = (
    "nearest", "near", "second", "whole", "covered", "concepts", "votes", "top_vote", "answer", "unit_fits",
    "focus_fits", "focus_differs", "type_differs", "sort_fits", "sort_differs",
)  # fmt: skip
"""What a question has in common with a candidate."""
SORTS = ("silent", "number", "beyond")
NONE = ("none", "strangest", "unheard", "short", "best_nearest", "best_whole", "best_covered", "counts")
"""What speaks for none of the candidates."""
WEIGHTS = (*FEATURES, *SORTS, *NONE)

SAYS_LITTLE = 0.1
"""A word that says no more is nothing unknown when it is not known."""
MEASURED = {
    "how_many": ("plain",), "how_often": ("plain", "time"), "how_big": ("size",), "how_fast": ("time",),
    "how_long": ("time",), "share": ("share", "plain"), "price": ("money",), "who": (),
}  # fmt: skip
"""What is asked for, with the units that its answer may have."""


@dataclass(frozen=True)
class Candidate:
    """Something that can be asked for."""

    sort: Sort
    name: str
    phrasings: tuple[str, ...]
    unit: str = ""
    """What the figure is measured in, as `figures` names it."""


@cache
def intents() -> dict[str, dict[str, Any]]:
    """What is asked of many systems, by the name that facts give it."""
    return tomllib.loads((KNOWN / "intents.toml").read_text("utf-8"))


def candidates(facts: Facts) -> list[Candidate]:
    """All that can be asked of a system."""
    shared = intents()
    general = {name: tuple(intent["asked"]) for intent in shared.values() for name in intent.get("names", ())}
    found = [
        Candidate(
            "fact", name, (fact.about, name.replace("_", " "), *fact.asked, *general.get(name, ())), _unit(fact.value)
        )
        for name, fact in facts.facts.items()
    ]
    found += [
        Candidate("silent", name, (one.about, name.replace("_", " "), *one.asked, *general.get(name, ())))
        for name, one in facts.silent.items()
    ]
    found += [
        Candidate("number", name, (number.about, *_DERIVED[_sort_of(number.value)]))
        for name, number in facts.numbers.items()
    ]
    taken = {one.name for one in found}
    found += [
        Candidate("beyond", key, tuple(intent["asked"]))
        for key, intent in shared.items()
        if intent.get("beyond") and taken.isdisjoint({key, *intent.get("names", ())})
    ]
    return found


_DERIVED = {
    "rate": ("QPS", "RPS", "how many requests per second", "throughput per second", "queries per second at peak"),
    "storage": ("how much storage in total", "total storage", "how many terabytes", "how much disk do we need in all"),
    "bandwidth": ("bandwidth", "bytes per second", "how much data per day", "network traffic", "storage per day"),
    "cost": ("what does it all cost a day", "total cost", "daily bill"),
    "count": (),
}
"""How a figure is asked for, by what it is measured in."""


def _sort_of(value: str) -> str:
    dims = dict(median(evaluate(value, {})).dims)
    data, time, money = dims.get("data", 0), dims.get("time", 0), dims.get("money", 0)
    if money:
        return "cost"
    if data:
        return "bandwidth" if time < 0 else "storage"
    return "rate" if time < 0 else "count"


def _unit(value: str | None) -> str:
    """The unit of a fact's figure."""
    if value is None:
        return ""
    if value.rstrip().endswith("%"):
        return "share"
    dims = dict(median(evaluate(value, {})).dims)
    units = (unit for of, unit in (("money", "money"), ("data", "size"), ("time", "time")) if dims.get(of, 0) > 0)
    return next(units, "plain")


@dataclass(frozen=True)
class Likely:
    """A candidate with how likely the question asks for it, 0 to 1."""

    candidate: Candidate
    chance: float


class Matcher:
    """Compares questions with the candidates of one system."""

    def __init__(self, facts: Facts) -> None:
        self.candidates = candidates(facts)
        self.weights = _kept()
        texts = [text for one in self.candidates for text in one.phrasings]
        self.words = Words([*texts, *(fact.answer for fact in facts.facts.values())])
        self._heard = {term for fact in facts.facts.values() for term in self.words.terms(fact.answer)}
        self._of = np.array([i for i, one in enumerate(self.candidates) for _ in one.phrasings])
        read = [self.words.terms(text) for text in texts]
        self._index = {term: i for i, term in enumerate(sorted({term for terms in read for term in terms}))}
        bags = np.zeros((len(self.candidates), len(self._index)))
        rows = np.zeros((len(read), len(self._index)))
        for row, of, terms in zip(rows, self._of, read, strict=True):
            for term, says in terms.items():
                row[self._index[term]] = says
                bags[of, self._index[term]] += 1
        in_many = (bags > 0).sum(axis=0)
        self._rare = np.log((len(self.candidates) + 1) / (in_many + 0.5)) / math.log(len(self.candidates) + 1)
        self._rarest = float(self._rare.max())
        self._rows = _unit_length(rows * self._rare)
        spread = bags / np.array([len(one.phrasings) for one in self.candidates])[:, None]
        says = rows.max(axis=0)
        self._wholes = _unit_length(np.sqrt(spread) * says * self._rare)
        self._bags = bags > 0
        self._plain = ~np.array([term.startswith((CONCEPT, UNIT)) or FOCUS in term for term in self._index])
        self._spread = spread
        self._votes = np.sqrt(spread) / np.maximum(np.sqrt(spread).sum(axis=0), 1e-9)
        self._told = _unit_length(self._answers(facts) * self._rare)
        self._concept = np.array([term.startswith(CONCEPT) for term in self._index])
        self._focus = np.array([FOCUS in term for term in self._index])

    def _answers(self, facts: Facts) -> Rows:
        """The terms of each candidate's answer, as far as questions have them."""
        told = np.zeros((len(self.candidates), len(self._index)))
        for i, one in enumerate(self.candidates):
            if one.sort == "fact":
                for term, says in self.words.terms(facts.facts[one.name].answer).items():
                    if term in self._index:
                        told[i, self._index[term]] = says
        return told

    def _weigh(self, terms: Mapping[str, float]) -> tuple[Rows, list[float]]:
        """The weights of the terms that are known, and of the words that are not."""
        query = np.zeros(len(self._index))
        unknown = []
        for term, says in terms.items():
            if (i := self._index.get(term)) is not None:
                query[i] = says * self._rare[i]
            elif term[0] not in (CONCEPT, UNIT) and FOCUS not in term and says > SAYS_LITTLE:
                unknown.append(says * self._rarest * (0.5 if term in self._heard else 1.0))
        return query, unknown

    def features(self, text: str) -> Rows:
        """What speaks for each candidate, one row for each and one for none: columns as in `WEIGHTS`."""
        terms = self.words.terms(text)
        query, unknown = self._weigh(terms)
        strange, strangest = sum(unknown), max(unknown, default=0.0)
        length = math.sqrt(float(query @ query) + strange**2) or 1.0
        nearest, near, second = self._by_candidate(self._rows @ query / length)
        whole = self._wholes @ query / length
        plain = query * self._plain
        mass = float(plain.sum()) + strange or 1.0
        concepts = query * self._concept
        facts = [one.sort == "fact" for one in self.candidates]
        covered = (self._bags @ plain) / mass
        columns = {
            "nearest": nearest,
            "near": near,
            "second": second,
            "whole": whole,
            "covered": covered,
            "concepts": (self._bags @ concepts) / (concepts.sum() or 1.0),
            "votes": self._votes @ query / (query.sum() + strange or 1.0),
            "top_vote": (self._votes * query).max(axis=1),
            "answer": self._told @ query / length,
            **self._units(text),
            **self._focused(query, terms),
            **self._types(terms),
            **{sort: np.array([float(one.sort == sort) for one in self.candidates]) for sort in SORTS},
        }
        table = np.zeros((len(self.candidates) + 1, len(WEIGHTS)))
        table[:-1, : len(columns)] = np.stack([columns[name] for name in (*FEATURES, *SORTS)], axis=1)
        table[-1, len(columns) :] = [
            1.0,
            strangest,
            strange / mass,
            1.0 / (1.0 + np.count_nonzero(plain > 0.05)),
            nearest[facts].max(),
            whole[facts].max(),
            covered[facts].max(),
            float(any(FOCUS in term for term in terms)),
        ]
        return table

    def _by_candidate(self, near: Rows) -> tuple[Rows, Rows, Rows]:
        """The nearest phrasing of each candidate, the mean of its three nearest, and the second."""
        count = len(self.candidates)
        best, mean, second = np.zeros(count), np.zeros(count), np.zeros(count)
        for i in range(count):
            own = np.sort(near[self._of == i])[::-1]
            best[i], mean[i], second[i] = own[0], own[:3].mean(), own[min(1, len(own) - 1)]
        return best, mean, second

    def _units(self, text: str) -> dict[str, Rows]:
        said = figures([self.words.spelt(word) for word in split(text)])
        return {"unit_fits": np.array([float(one.unit in said) for one in self.candidates])}

    def _types(self, terms: Mapping[str, float]) -> dict[str, Rows]:
        """How well what is asked for (how many, how big, how fast) suits each candidate."""
        asked = [kind for kind in MEASURED if CONCEPT + kind in terms]
        count = len(self.candidates)
        known = [self._index[CONCEPT + kind] for kind in asked if CONCEPT + kind in self._index]
        spread = self._spread[:, known].max(axis=1) if known else np.zeros(count)
        wanted = {unit for kind in asked for unit in MEASURED[kind]}
        units = [one.unit for one in self.candidates]
        return {
            "type_differs": np.where(spread == 0, float(bool(asked)), 0.0),
            "sort_fits": np.array([float(bool(asked) and unit in wanted) for unit in units]),
            "sort_differs": np.array([float(bool(asked) and unit != "" and unit not in wanted) for unit in units]),
        }

    def _focused(self, query: Rows, terms: Mapping[str, float]) -> dict[str, Rows]:
        asked = [term for term in terms if FOCUS in term]
        focus = query * self._focus
        fits = (self._bags @ focus > 0).astype(float)
        return {"focus_fits": fits, "focus_differs": (1.0 - fits) * bool(asked)}

    def heard(self, text: str) -> bool:
        """Whether a text has any word that says something and that is known here, or in English."""
        return any(term in self._index or self.words.is_word(term) for term in self.words.terms(text))

    def likely(self, text: str) -> list[Likely]:
        """The candidates, the likeliest first; what is missing from 1 is the chance that it is none of them."""
        score = self.features(text) @ self.weights
        chances = np.exp(score - score.max())
        chances /= chances.sum()
        order = np.argsort(-chances[:-1], kind="stable")
        return [Likely(self.candidates[i], float(chances[i])) for i in order]


@cache
def _kept() -> Rows:
    kept = json.loads((KNOWN / "weights.json").read_text("utf-8"))
    return np.array([kept[name] for name in WEIGHTS])


def _unit_length(rows: Rows) -> Rows:
    lengths = np.sqrt((rows**2).sum(axis=1, keepdims=True))
    return np.asarray(rows / np.where(lengths > 0, lengths, 1.0))
