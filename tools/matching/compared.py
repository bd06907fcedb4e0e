"""Fits the weights by which questions are compared with phrasings, for facts of which nothing was learned.

The weights are fitted on the questions of the part `build` alone. What is told of that part is by cross-validation over
systems: the questions of a system are matched by weights that none of them helped to fit. The part `held` is told in
counts, and only when asked for.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tests.practice.asked import Question, blind, questions

from loadcase.practice.answering import Answers
from loadcase.practice.matching import WEIGHTS, Candidate, Matcher
from loadcase.systems import systems
from tools.matching.outcomes import outcome, report

KEPT = Path(__file__).parents[2] / "src/loadcase/practice/known/weights.json"
STIFF = 0.5
"""How much weights are held to zero."""
FOLDS = 5

Rows = NDArray[np.float64]
Case = tuple[Rows, Rows]


def target(candidates: list[Candidate], question: Question) -> Rows:
    """Which of the candidates, and of none at the end, a question may be matched with."""

    def right(one: Candidate) -> bool:
        if question.facts:
            return one.sort == "fact" and one.name in (*question.facts, *question.also)
        return one.sort == "silent" and one.name == question.topic if question.topic else one.sort == "beyond"

    nothing = not question.facts and question.topic is None
    return np.array([*(right(one) for one in candidates), nothing], dtype=float)


def fit(cases: list[Case], steps: int = 80) -> Rows:
    """The weights of a conditional logistic model, by Newton's method (Train, Discrete Choice Methods, ch. 3)."""
    weights = np.zeros(len(WEIGHTS))
    for _ in range(steps):
        slope = -STIFF * weights
        curve = STIFF * np.eye(len(weights))
        for table, may in cases:
            score = table @ weights
            chances = np.exp(score - score.max())
            chances /= chances.sum()
            wanted = chances * may / (chances @ may)
            slope += table.T @ (wanted - chances)
            off = table - chances @ table
            curve += (off * chances[:, None]).T @ off
        step = np.linalg.solve(curve, slope)
        weights += np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-4:
            break
    return weights


def main(keep: bool, parts: tuple[str, ...]) -> None:
    """Fits the weights, keeps them if told to, and tells how questions end."""
    matchers = {one.name: Matcher(one.facts) for one in systems()}
    answers = {one.name: Answers(one.facts, matchers[one.name]) for one in systems()}
    asked = {name: [q for q in questions(name) if q.part == "build"] for name in answers}
    cases = {name: _cases(matchers[name], asked[name]) for name in answers}
    names = sorted(answers)
    outcomes = []
    for i in range(FOLDS):
        left_out = names[i::FOLDS]
        weights = fit([case for name in names if name not in left_out for case in cases[name]])
        for name in left_out:
            matchers[name].weights = weights
            outcomes += [(q, outcome(q, answers[name].reply(q.ask).facts)) for q in asked[name]]
    print("build, cross-validated over systems\n" + report(outcomes))
    weights = fit([case for name in names for case in cases[name]])
    if keep:
        KEPT.write_text(
            json.dumps(dict(zip(WEIGHTS, weights.round(3).tolist(), strict=True)), indent=1) + "\n", "utf-8"
        )
    for part in parts[1:]:
        for name in names:
            matchers[name].weights = weights
        held = [q for name in names for q in (*questions(name), *blind(name)) if q.part == part]
        print(f"{part}\n" + report([(q, outcome(q, answers[q.system].reply(q.ask).facts)) for q in held]))


def _cases(matcher: Matcher, asked: list[Question]) -> list[Case]:
    return [(matcher.features(q.ask), target(matcher.candidates, q)) for q in asked if q.kind != "compound"]
