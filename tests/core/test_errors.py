import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadcase.core.errors import (
    BlueprintError,
    ExpressionError,
    LoadcaseError,
    NotYetError,
    Problem,
    UnitError,
    UsageError,
    dotted,
    render,
    shorten,
    suggest,
)


def test_everything_is_one_tree():
    for kind in (UsageError, NotYetError, UnitError, ExpressionError):
        error = kind("it is wrong", hint="put it right")
        assert isinstance(error, LoadcaseError)
        assert str(error) == "it is wrong; put it right"
    problem = Problem("LC101", "it is wrong")
    assert BlueprintError(problem).problems == [problem]
    assert BlueprintError([problem, problem]).problems == [problem, problem]


def test_codes_differ_by_kind():
    codes = {kind("m").code for kind in (LoadcaseError, UsageError, NotYetError, UnitError, ExpressionError)}
    assert len(codes) == 5


def test_render_shows_place_source_caret_and_hint():
    problem = Problem(
        "LC101",
        "no such field",
        ("components", "api"),
        "chat.yaml",
        3,
        9,
        "  api: {replica: 2}",
        "try replicas",
    )
    assert render(problem).splitlines() == [
        "chat.yaml:3:9: error[LC101]: no such field",
        "      api: {replica: 2}",
        "            ^",
        "    hint: try replicas",
    ]
    assert str(BlueprintError(problem)) == render(problem)


def test_render_in_color_says_the_same():
    problem = Problem("LC101", "no such field", file="chat.yaml", line=3, column=9, source="  api: 2")
    colored = render(problem, color=True)
    assert "\033[31m" in colored
    for code in ("\033[31m", "\033[36m", "\033[1m", "\033[0m"):
        colored = colored.replace(code, "")
    assert colored == render(problem)


def test_render_without_a_file_names_the_path():
    assert render(Problem("LC201", "bad", ("flows", "send", "steps", 1))) == "flows.send.steps[1]: error[LC201]: bad"


def test_render_cuts_a_long_line_around_the_caret():
    problem = Problem("LC101", "here", file="f", line=1, column=5001, source="a" * 5000 + "X" + "b" * 5000)
    _, source, caret = render(problem).splitlines()
    assert len(source) < 200
    assert source[caret.index("^")] == "X"


def test_render_disarms_terminal_escapes():
    assert "\033" not in render(Problem("LC101", "bad \033[2J name", source="x\033]0;title\007", column=1))


@given(st.text(), st.text(), st.integers(0, 300), st.text())
def test_render_takes_any_text(message, source, column, hint):
    text = render(Problem("LC1", message, file="f", line=1, column=column, source=source, hint=hint))
    assert all(c.isprintable() or c == "\n" for c in text)


@pytest.mark.parametrize(
    ("word", "answer"),
    [("replica", 'did you mean "replicas"?'), ("Zones", 'did you mean "zones"?'), ("xyz", ""), ("", "")],
)
def test_suggest(word, answer):
    assert suggest(word, ["replicas", "zones", "workers"]) == answer


def test_dotted_and_shorten():
    assert dotted(("a", 0, "b", 2)) == "a[0].b[2]"
    assert shorten("a\nb" + "c" * 100) == "a b" + "c" * 54 + "..."


@pytest.mark.parametrize("error", [UnitError, ExpressionError])
def test_errors_of_values_may_be_raised_by_validators(error):
    assert issubclass(error, LoadcaseError)
    assert issubclass(error, ValueError)
