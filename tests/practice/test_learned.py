"""What was learned belongs to the facts as they are, and says what was asked for."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from tools.matching.examples import Examples, examples, made_from
from tools.matching.learning import aligned, learn

from loadcase.practice.answering import COMPARED, LEARNED, Answers
from loadcase.practice.learned import BEYOND, FOLDER, Learned, asked_of, features, learned
from loadcase.practice.matching import Matcher
from loadcase.practice.matching_words import Words
from loadcase.systems import system, systems

NAMES = [one.name for one in systems()]
USERS = ["How many users are there?", "user count", "How many people use it?", "the number of users", "users a day?"]
SIZE = ["How large is a message?", "message size", "bytes of a message?", "How big is one message?", "size of each?"]
ELSE = ["Which language do we use?", "Who is on the team?", "When is it due?", "Which cloud?", "What is the logo?"]
SMALL = Examples(
    [(text, asked)
     for texts, asked in ((USERS, ("fact", "users")), (SIZE, ("fact", "message_size")), (ELSE, BEYOND))
     for text in texts],
    [("How many users, and how large is a message?", ("users", "message_size"))],
)  # fmt: skip


@cache
def small() -> Learned:
    return Learned(learn(SMALL))


@pytest.mark.parametrize("name", NAMES)
def test_what_was_learned_is_of_the_facts_and_examples_as_they_are(name: str) -> None:
    with np.load(Path(str(FOLDER / f"{name}.npz")), allow_pickle=False) as kept:
        assert str(kept["made_from"]) == made_from(system(name)), "python -m tools.matching --fit"
    found = learned(system(name).facts)
    assert found is not None
    assert {(one.sort, one.name) for one in found.candidates} == asked_of(system(name).facts) | {BEYOND}


def test_facts_of_ones_own_are_compared_with_their_phrasings() -> None:
    facts = system("chat").facts
    renamed = facts.model_copy(update={"system": "my-chat"})
    fewer = facts.model_copy(update={"facts": dict(list(facts.facts.items())[1:])})
    for own in (renamed, fewer):
        answers = Answers(own)
        assert isinstance(answers.model, Matcher)
        assert answers.sure == COMPARED
        assert answers.reply("How many bytes does one message have?").facts == ("message_size",)
    assert Answers(facts).sure == LEARNED


def test_the_chances_of_all_that_can_be_asked_add_up() -> None:
    likely = small().likely("How many users do we have?")
    assert likely[0].candidate.name == "users"
    assert sum(one.chance for one in likely) == pytest.approx(1.0)
    assert [one.chance for one in likely] == sorted((one.chance for one in likely), reverse=True)
    assert len(likely) == 3


def test_what_is_new_in_its_words_is_told_by_what_it_has_in_common() -> None:
    asked = ("the users then?", "is a message big?", "which team")
    assert [small().likely(text)[0].candidate.name for text in asked] == ["users", "message_size", ""]


def test_without_a_known_term_the_chances_are_those_of_any_message() -> None:
    assert small().likely("zzz") == small().likely("qqq")
    assert not small().heard("zzqx blorf")
    assert small().heard("users")


def test_neighbouring_words_count_as_pairs() -> None:
    found = features(Words(USERS), "users a day")
    assert {"^_user", "user_a", "a_day", "day_$"} <= found.keys()


def test_a_message_that_asks_for_several_is_cut_where_its_facts_are() -> None:
    text = "The size of a message, and also the users?"
    assert [(part.strip(), asked) for part, asked in aligned(text, ("users", "message_size"), small())] == [
        ("The size of a message", ("fact", "message_size")),
        ("the users", ("fact", "users")),
    ]
    assert aligned("users", ("users", "message_size"), small()) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_examples_are_many_and_ask_for_what_is_there(name: str) -> None:
    found = examples(system(name))
    asked = asked_of(system(name).facts) | {BEYOND}
    assert {one for _, one in found.single} == asked
    assert len(found.single) > 2500
    assert all(("fact", fact) in asked for _, facts in found.several for fact in facts)
