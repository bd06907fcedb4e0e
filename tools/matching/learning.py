"""Fits the model of one system: what is asked for, from the words of a message (`loadcase.practice.learned`)."""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations, pairwise, permutations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from loadcase.practice.learned import Learned, features
from loadcase.practice.matching_words import Words, split
from loadcase.practice.reading import pieces
from tools.matching.examples import Asked, Examples

LOOSE = 20.0
"""How little weights are held to zero: scikit-learn's C."""
STEPS = 300
LEVELS = 127
"""Whole numbers on either side of zero that a weight is kept in."""

Kept = dict[str, NDArray[np.generic]]


def learn(examples: Examples) -> Kept:
    """What `Learned` is made of.

    It is fitted to the messages that ask for one thing; then those that ask for several are cut where the model says,
    and it is fitted to their parts too.
    """
    words = Words([text for text, _ in examples.single] + [text for text, _ in examples.several])
    first = fit(words, examples.single)
    parts = [part for text, facts in examples.several for part in aligned(text, facts, Learned(first))]
    return fit(words, examples.single + parts)


def fit(words: Words, examples: list[tuple[str, Asked]]) -> Kept:
    """The model of examples that ask for one thing each."""
    read = [features(words, text) for text, _ in examples]
    often = Counter(term for one in read for term in one)
    terms = sorted(often)
    index = {term: i for i, term in enumerate(terms)}
    rare = np.array([math.log((len(read) + 1) / (often[term] + 0.5)) for term in terms])
    rows = [i for i, one in enumerate(read) for _ in one]
    columns = [index[term] for one in read for term in one]
    values = [says * rare[index[term]] for one in read for term, says in one.items()]
    table = sparse.csr_matrix((values, (rows, columns)), shape=(len(read), len(terms)))
    lengths = np.sqrt(np.asarray(table.multiply(table).sum(axis=1)).ravel())
    table = sparse.diags(1.0 / np.where(lengths > 0, lengths, 1.0)) @ table
    asked = sorted({one for _, one in examples})
    wanted = [asked.index(one) for _, one in examples]
    model = LogisticRegression(C=LOOSE, max_iter=STEPS).fit(table, wanted)
    scale = np.abs(model.coef_).max(axis=1) / LEVELS
    known = sorted({word for text, _ in examples for word in split(text) if word.isalpha()})
    return {
        "words": np.array("\n".join(known)),
        "terms": np.array("\n".join(terms)),
        "rare": rare.astype(np.float32),
        "weights": np.round(model.coef_ / scale[:, None]).astype(np.int8).T.copy(),
        "scale": scale.astype(np.float32),
        "bias": model.intercept_.astype(np.float32),
        "names": np.array("\n".join(f"{sort} {name}" for sort, name in asked)),
    }


def aligned(text: str, facts: tuple[str, ...], model: Learned) -> list[tuple[str, Asked]]:
    """A message that asks for several facts, cut into as many parts, each with its fact, as is likeliest."""
    cut = pieces(text)
    best: tuple[float, list[tuple[str, Asked]]] = (-math.inf, [])
    for ends in combinations(range(1, len(cut)), len(facts) - 1):
        edges = [0, *ends, len(cut)]
        parts = [text[cut[a][0] : cut[b - 1][1]] for a, b in pairwise(edges)]
        likely = [{one.candidate.name: one.chance for one in model.likely(part)} for part in parts]
        for order in permutations(facts):
            score = sum(math.log(of.get(fact, 0.0) + 1e-6) for of, fact in zip(likely, order, strict=True))
            if score > best[0]:
                best = (score, [(part, ("fact", fact)) for part, fact in zip(parts, order, strict=True)])
    return best[1]
