"""Answers to what candidates ask: right often, wrong seldom, and never a crash."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tools.matching.outcomes import outcome

from loadcase.practice.answering import Answers
from loadcase.systems import system, systems
from tests.practice.asked import Question, blind, questions


@cache
def answers(name: str) -> Answers:
    return Answers(system(name).facts)


@cache
def outcomes(part: str) -> Counter[tuple[bool, str]]:
    """How often questions that can be answered, and those that cannot, end in which way."""
    asked = [q for one in systems() for q in (*questions(one.name), *blind(one.name)) if q.part == part]
    return Counter((bool(q.facts), outcome(q, answers(q.system).reply(q.ask).facts)) for q in asked)


def share(part: str, result: str, answerable: bool | None = None) -> float:
    found = {key: n for key, n in outcomes(part).items() if answerable is None or key[0] == answerable}
    return sum(n for key, n in found.items() if key[1] == result) / sum(found.values())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("part", "right", "wrong", "left"),
    [("build", 0.94, 0.03, 0.93), ("held", 0.9, 0.03, 0.9), ("blind", 0.9, 0.03, 0.9)],
)
def test_questions_are_answered_with_the_right_facts(part: str, right: float, wrong: float, left: float) -> None:
    """Of `held` and `blind`, what an interviewer is to reach; of `build`, what was measured (docs/facts.md)."""
    assert share(part, "right") >= right
    assert share(part, "wrong") <= wrong
    assert share(part, "right", answerable=False) >= left


CHAT = [
    ("How many users?", ["users"]),
    ("how mny users are ther", ["users"]),
    ("DAU, sends per head, bytes each?", ["users", "sends", "message_size"]),
    ("Must the order of messages hold?", ["order"]),
    ("How long do we keep messages, and can we ever lose one?", ["retention", "loss"]),
]


@pytest.mark.parametrize(("ask", "facts"), CHAT)
def test_what_is_asked_is_told_and_nothing_else(ask: str, facts: list[str]) -> None:
    reply = answers("chat").reply(ask)
    assert reply.how == "told"
    assert sorted(reply.facts) == sorted(facts)
    for name, fact in answers("chat").facts.facts.items():
        assert (fact.answer.strip() in reply.text) == (name in facts)


@pytest.mark.parametrize("name", [one.name for one in systems()])
def test_its_own_phrasings_are_understood(name: str) -> None:
    for key, fact in system(name).facts.facts.items():
        assert answers(name).reply(f"{fact.asked[0].upper()} ").facts == (key,)


def test_an_assumed_figure_gets_a_nod_or_the_right_one() -> None:
    near = answers("chat").reply("I'd assume 50M users, ok?")
    far = answers("chat").reply("I'd assume 10M users, ok?")
    assert near.facts == far.facts == ("users",)
    assert near.text.startswith("Yes. ")
    assert far.text.startswith("Take another figure. ")
    assert "50 million" in far.text


def test_where_the_facts_are_silent_it_is_the_candidates_to_decide() -> None:
    named = answers("chat").reply("Which encryption protocol should I use?")
    unnamed = answers("chat").reply("Which programming language is the backend written in?")
    assert (named.how, named.silent, named.facts) == ("yours", "encryption", ())
    assert (unnamed.how, unnamed.silent, unnamed.facts) == ("yours", None, ())
    assert "you decide, state your assumption" in named.text.casefold()
    assert "you decide, state your assumption" in unnamed.text.casefold()


def test_a_derived_figure_is_to_be_worked_out() -> None:
    reply = answers("chat").reply("How much storage do we need in total?")
    assert (reply.how, reply.numbers, reply.facts) == ("derive", ("stored",), ())
    assert "how long messages are kept" in reply.text
    assert "1.1 PB" not in reply.text


@pytest.mark.parametrize("text", ["", "?!", "....", "42", "blorf zzqx", "你好吗"])
def test_what_is_no_question_is_unclear(text: str) -> None:
    assert answers("chat").reply(text).how == "unclear"


def test_after_a_change_the_changed_answer_is_told() -> None:
    facts = system("url-shortener").facts
    after = Answers(facts.after("thirty_times"))
    before = Answers(facts)
    ask = "How many links are created?"
    assert before.reply(ask).facts == after.reply(ask).facts == ("links",)
    assert after.reply(ask).text.endswith("100 million a day, with ten redirects for each.")
    assert before.reply(ask).text != after.reply(ask).text


def test_replies_do_not_depend_on_what_was_asked_before() -> None:
    fresh, used = Answers(system("chat").facts), answers("chat")
    asked = [question.ask for question in questions("chat") if question.part == "build"]
    for text in reversed(asked):
        used.reply(text)
    assert [fresh.reply(text) for text in asked] == [used.reply(text) for text in asked]


WORDS = st.sampled_from(
    [
        "how",
        "many",
        "users,",
        "and",
        "order?",
        "latency",
        "10M",
        "$",
        "99.9%",
        "keep",
        "it",
        "twice",
        "um",
        "zzz",
        "é",
        "''",
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.text(max_size=2000), st.lists(WORDS, max_size=400).map(" ".join)))
def test_any_text_gets_a_reply(text: str) -> None:
    reply = answers("chat").reply(text)
    assert reply == answers("chat").reply(text)
    assert reply.text
    assert (reply.how == "told") == bool(reply.facts)
    assert (reply.how == "derive") == bool(reply.numbers)
    assert len(reply.facts) <= 3


def test_outcomes_are_counted_as_they_are() -> None:
    one = Question("chat", "?", "plain", ("a",), ("b",), None, "build")
    two = Question("chat", "?", "compound", ("a", "b"), (), None, "build")
    none = Question("chat", "?", "silent", (), (), None, "build")
    assert [outcome(one, told) for told in (["a"], ["b"], [], ["c"], ["a", "c"])] == [
        "right", "right", "short", "wrong", "wrong",
    ]  # fmt: skip
    assert [outcome(two, told) for told in (["a", "b"], ["a"], [])] == ["right", "short", "short"]
    assert [outcome(none, told) for told in ([], ["a"])] == ["right", "wrong"]
