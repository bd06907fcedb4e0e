import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadcase.blueprint.layout import keep_layout


@pytest.mark.parametrize(
    ("text", "before", "after", "made"),
    [
        ("a:   1\nb: 2", "a: 1\nb: 2\n", "a: 1\nb: 3\n", "a:   1\nb: 3"),
        ("a:  {x: 1,\n  y: 2}\n", "a: {x: 1, y: 2}\n", "a: {x: 1, y: 5}\n", "a:  {x: 1,\n  y: 5}\n"),
        ("a:  1\n", "a: 1\n", "a: 1\nb: 2\n", "a:  1\nb: 2\n"),
        ("a:  1\r\n", "a: 1\n", "a: 1\nb: 2\n", "a:  1\r\nb: 2\r\n"),
        ("a:  1\nb: 2\nc:   3\n", "a: 1\nb: 2\nc: 3\n", "a: 1\nc: 3\n", "a:  1\nc:   3\n"),
        ("b:  1\n", "b: 1\n", "a: 0\nb: 1\n", "a: 0\nb:  1\n"),
    ],
    ids=["value", "in brackets", "added", "line ends", "removed", "in front"],
)
def test_only_the_edit_shows(text, before, after, made):
    assert keep_layout(text, before, after) == made


def test_gives_up_where_the_places_cannot_be_told():
    assert keep_layout("x y z", "a b c", "a q c") is None
    many = " ".join(map(str, range(5_000)))
    assert keep_layout(many, many, many.replace(" ", "x ")) is None


words = st.lists(st.sampled_from(["a:", "b:", "1", "2", "-", "{", "}"]), max_size=12)
spaces = st.sampled_from([" ", "\n", "  ", "\n  "])


@given(words, words, st.data())
def test_the_words_are_those_after_the_edit(before, after, data):
    text = "".join(data.draw(spaces) + word for word in before)
    made = keep_layout(text, " ".join(before), " ".join(after))
    assert made is not None
    assert made.split() == after
