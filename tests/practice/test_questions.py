"""The questions that a matcher is judged by: many, of all kinds, new in their words, and split by their text alone."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from loadcase.systems import system, systems
from loadcase.systems.facts import Fact, Facts, Silent, phrasing
from tests.practice.asked import FOLDER, KINDS, SILENT, Question, entries, part_of, questions

NAMES = sorted(file.stem for file in FOLDER.glob("*.yaml"))
NEAR = 0.5
"""The share of words in common above which two phrasings are near one another."""


def everything() -> list[Question]:
    return [question for name in NAMES for question in questions(name)]


@cache
def facts_of(name: str) -> Facts:
    return system(name).facts


def phrasings(facts: Facts) -> set[str]:
    """All phrasings that the facts of a system have, as they are compared."""
    known: list[Fact | Silent] = [*facts.facts.values(), *facts.silent.values()]
    return {phrasing(text) for one in known for text in one.asked}


def in_common(one: str, other: str) -> float:
    words, others = set(one.split()), set(other.split())
    return len(words & others) / len(words | others)


def test_every_system_has_questions() -> None:
    assert [one.name for one in systems()] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_an_entry_has_its_fields_and_no_others(name: str) -> None:
    for entry in entries(name):
        assert {"ask", "kind", "facts", "part"} <= entry.keys() <= {"ask", "kind", "facts", "also", "topic", "part"}
        assert isinstance(entry["ask"], str)
        assert entry["ask"] == " ".join(entry["ask"].split()) != ""
        assert entry["kind"] in KINDS
        for field in ("facts", "also"):
            assert isinstance(entry.get(field, []), list), entry


@pytest.mark.parametrize("name", NAMES)
def test_what_is_named_is_in_the_facts(name: str) -> None:
    facts = facts_of(name)
    for question in questions(name):
        named = (*question.facts, *question.also)
        assert facts.facts.keys() >= set(named), question
        assert len(set(named)) == len(named), question
        assert question.topic is None or question.topic in facts.silent, question


@pytest.mark.parametrize("name", NAMES)
def test_a_kind_has_as_many_facts_as_it_says(name: str) -> None:
    for question in questions(name):
        if question.kind == SILENT:
            assert question.facts == question.also == (), question
        else:
            assert len(question.facts) in ((2, 3) if question.kind == "compound" else (1,)), question
            assert question.topic is None, question


@pytest.mark.parametrize("name", NAMES)
def test_there_are_enough_of_each_kind(name: str) -> None:
    kinds = Counter(question.kind for question in questions(name))
    assert kinds.total() >= 26
    assert kinds[SILENT] >= 5
    assert min(kinds[kind] for kind in KINDS) >= 3


def test_there_are_enough_in_all() -> None:
    kinds = Counter(question.kind for question in everything())
    assert kinds.total() >= 500
    assert kinds[SILENT] >= 100


@pytest.mark.parametrize("name", NAMES)
def test_every_fact_is_asked_for_more_than_once(name: str) -> None:
    told = Counter(fact for question in questions(name) for fact in question.facts)
    assert [fact for fact in facts_of(name).facts if told[fact] < 2] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_question_is_there_twice(name: str) -> None:
    said = Counter(phrasing(question.ask) for question in questions(name))
    assert [text for text, times in said.items() if times > 1] == []


@pytest.mark.parametrize("name", NAMES)
def test_questions_are_not_those_of_the_facts(name: str) -> None:
    known = phrasings(facts_of(name))
    said = [phrasing(question.ask) for question in questions(name)]
    assert known.isdisjoint(said)
    near = [text for text in said if max(in_common(text, one) for one in known) > NEAR]
    assert len(near) <= 2, near


@pytest.mark.parametrize("name", NAMES)
def test_the_split_is_by_the_text_alone(name: str) -> None:
    wrong = {one.ask: part_of(name, one.ask) for one in questions(name) if one.part != part_of(name, one.ask)}
    assert wrong == {}


def test_about_a_third_is_held_back() -> None:
    parts = Counter(question.part for question in everything())
    assert 0.3 < parts["held"] / parts.total() < 0.37
    held = Counter(question.kind for question in everything() if question.part == "held")
    assert min(held[kind] for kind in KINDS) >= 10
