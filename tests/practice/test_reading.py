"""Messages are cut where they ask for several things, and only there."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from loadcase.practice.matching import Candidate, Likely
from loadcase.practice.matching_words import split
from loadcase.practice.reading import PIECES, pieces, read

NAMES = ("users", "size", "peak")


class Sees:
    """Is sure of what is named once in a text, and torn where several are named, or nothing."""

    def likely(self, text: str) -> list[Likely]:
        named = [name for name in NAMES if name in text]
        chances = {name: 0.9 / len(named) if name in named else 0.01 for name in NAMES}
        if not named:
            chances = dict.fromkeys(NAMES, 0.3)
        found = [Likely(Candidate("fact", name, ()), chance) for name, chance in chances.items()]
        return sorted(found, key=lambda one: -one.chance)


def told(text: str) -> list[tuple[str, str]]:
    return [(one.text.strip(), one.likely[0].candidate.name) for one in read(text, Sees())]


def test_what_asks_for_one_thing_is_read_as_a_whole() -> None:
    assert told("So, um, before I start, how many users?") == [("So, um, before I start, how many users", "users")]
    assert told("users") == [("users", "users")]


def test_what_asks_for_several_is_cut_between_them() -> None:
    assert told("How many users, and, sorry, the peak?") == [("How many users", "users"), ("sorry, the peak", "peak")]
    assert [name for _, name in told("users, size plus peak?")] == list(NAMES)


def test_a_second_question_begins_a_new_stretch() -> None:
    """Where both readings are as likely."""

    class Torn:
        def likely(self, text: str) -> list[Likely]:
            named = [name for name in NAMES if name in text]
            sure = 0.8 if len(named) == 1 else 0.7
            return [Likely(Candidate("fact", name, ()), sure) for name in named[:1]]

    assert len(read("what users there are on a day and the size", Torn())) == 1
    assert len(read("what users and what size", Torn())) == 2
    assert len(read("users a day, then size", Torn())) == 2
    assert len(read("users on a normal day, then size", Torn())) == 1


def test_what_speaks_of_the_part_before_is_read_with_it() -> None:
    class Needs:
        """Knows what is large only beside the users."""

        def likely(self, text: str) -> list[Likely]:
            of = {"users": 0.05, "size": 0.1, "peak": 0.2}
            if "many users" in text and "large" in text:
                of = {"users": 0.4, "size": 0.4, "peak": 0.0}
            elif "many users" in text:
                of = {"users": 0.9, "size": 0.0, "peak": 0.0}
            elif "large" in text:
                of = {"users": 0.0, "size": 0.44, "peak": 0.46}
            found = [Likely(Candidate("fact", name, ()), chance) for name, chance in of.items()]
            return sorted(found, key=lambda one: -one.chance)

    def names(text: str) -> list[str]:
        return [one.likely[0].candidate.name for one in read(text, Needs())]

    assert names("how many users, and how large is each") == ["users", "size"]
    assert names("how many users, and how large") == ["users", "peak"]


def test_what_has_no_word_belongs_to_no_piece() -> None:
    text = "users?! , and ; peak"
    assert [text[a:b].strip() for a, b in pieces(text)] == ["users", "peak"]
    assert read("?!", Sees()) == []


@given(st.text(alphabet="ab ,.;?!and/&-\n", max_size=300))
def test_pieces_follow_one_another_and_lose_no_word(text: str) -> None:
    found = pieces(text)
    assert len(found) <= PIECES
    assert all(a[1] <= b[0] for a, b in pairwise(found))
    joints = {"and", "or", "plus", "also"}
    kept = [word for a, b in found for word in split(text[a:b])]
    assert set(split(text)) - joints <= set(kept)
