import contextlib
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadcase.blueprint.document import MAX_BYTES, Document
from loadcase.core.errors import BlueprintError, Problem, UsageError, render
from tests.work import lines_run

ROOT = Path(__file__).parents[2]
MOST_LINES = 3_000_000

CHAT = """\
# A design
loadcase: 1
name: chat   # its name
components:
  api: {kind: service, replicas: 90,
        why: "stateless"}
  "edge": {kind: load_balancer}
flows:
  send:
    steps:
      - edge.forward
      - api.handle:
          work: exp(2 ms)
          timeout: 'peak * tt'
"""


def refused(content) -> list[Problem]:
    with pytest.raises(BlueprintError) as caught:
        Document.parse(content, "chat.yaml")
    return caught.value.problems


def test_data_is_plain():
    data = Document.parse(CHAT).data
    assert type(data) is dict
    assert data["components"]["api"] == {"kind": "service", "replicas": 90, "why": "stateless"}
    assert type(data["components"]["api"]["why"]) is str
    assert type(data["flows"]["send"]["steps"]) is list
    assert type(data["components"]["api"]["replicas"]) is int


def test_scalars_are_those_of_yaml_1_2():
    text = "t: 12:30\ny: yes\nd: 2024-01-01\nf: 1.50\nn: ~\nb: true\no: 0o17\nx: 0x1F\ne: &e false\nu: 1_000"
    expected = {
        "t": "12:30", "y": "yes", "d": "2024-01-01", "f": 1.5, "n": None, "b": True,
        "o": 15, "x": 31, "e": False, "u": 1000,
    }  # fmt: skip
    data = Document.parse(text).data
    assert data == expected
    assert {key: type(value) for key, value in data.items()} == {key: type(value) for key, value in expected.items()}


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        (("name",), (3, 7), (3, 1)),
        (("components", "api", "replicas"), (5, 34), (5, 24)),
        (("components", "api", "why"), (6, 14), (6, 9)),
        (("components", "edge"), (7, 11), (7, 3)),
        (("flows", "send", "steps", 0), (11, 9), (11, 9)),
        (("flows", "send", "steps", 1, "api.handle", "work"), (13, 17), (13, 11)),
        (("components", "api", "nope"), (5, 8), (5, 8)),
        (("components", "api", "why", "deeper", 3), (6, 14), (6, 14)),
        ((), (2, 1), (2, 1)),
    ],
)
def test_positions(path, value, key):
    document = Document.parse(CHAT)
    assert document.position(path) == value
    assert document.position(path, key=True) == (key if path[-1:] not in (("nope",), (3,)) else value)


def test_locate_points_into_the_formula():
    document = Document.parse(CHAT, "chat.yaml")
    path = ("flows", "send", "steps", 1, "api.handle", "timeout")
    problem = document.locate(Problem("LC211", 'unknown name "tt"', path, offset=7))
    assert render(problem).splitlines() == [
        'chat.yaml:14:28: error[LC211]: unknown name "tt"',
        "              timeout: 'peak * tt'",
        " " * 31 + "^",
    ]
    assert document.locate(Problem("LC300", "no such field", path), key=True).column == 11
    assert document.line_text(3) == "name: chat   # its name"
    assert document.line_text(99) == ""


def test_merged_keys_are_found_where_they_stand():
    document = Document.parse("a: &a\n  x: 1\nb:\n  <<: *a\n  y: 2\nc: *a\n")
    assert document.data == {"a": {"x": 1}, "b": {"x": 1, "y": 2}, "c": {"x": 1}}
    assert document.position(("b", "x")) == (2, 6)
    assert document.position(("b", "y")) == (5, 6)


def test_dump_keeps_comments_and_shows_edits():
    document = Document.parse(CHAT)
    document.tree["components"]["api"]["replicas"] = 180
    text = document.dump()
    assert "# A design" in text
    assert "# its name" in text
    assert "replicas: 180" in text
    assert Document.parse(text).data["components"]["edge"] == {"kind": "load_balancer"}


@pytest.mark.parametrize("file", sorted(ROOT.glob("gallery/*/blueprint.yaml")), ids=lambda file: file.parent.name)
def test_dump_of_an_unchanged_file_is_its_text(file):
    document = Document.load(file)
    assert document.dump() == file.read_text(encoding="utf-8")
    document.tree["title"] = "Another"
    changed = [line for line in document.dump().splitlines() if line not in document.text.splitlines()]
    assert changed == ["title: Another"]


def test_dump_keeps_the_layout_around_an_edit():
    document = Document.parse("a:   {x: 1,   # one\n      y: 2}\n\n\nb: 'q'  # two\nc:\n- 1\n")
    document.tree["a"]["y"] = "it's: 3"
    assert document.dump() == "a:   {x: 1,   # one\n      y: \"it's: 3\"}\n\n\nb: 'q'  # two\nc:\n- 1\n"
    document.tree["c"].append({"d": [True, None]})
    data = Document.parse(document.dump()).data
    assert data == {"a": {"x": 1, "y": "it's: 3"}, "b": "q", "c": [1, {"d": [True, None]}]}


def test_lines_are_counted_as_yaml_does():
    problem = refused("a: x\u2028y\nb: [")[0]
    assert (problem.line, problem.source) == (2, "b: [")
    assert Document.parse("a: x\u2028y\nb: 1").line_text(2) == "b: 1"


@pytest.mark.parametrize(
    ("content", "code", "place", "says"),
    [
        ("", "LC108", (1, 1), "empty"),
        ("# only a comment\n", "LC108", (1, 1), "empty"),
        ("- a", "LC108", (1, 1), "got a list"),
        ("chat", "LC108", (1, 1), 'got "chat"'),
        ("a: 1\nb: 2\na: 3", "LC104", (3, 1), "first at line 1, column 1"),
        ("x: {a: 1, a: 2}", "LC104", (1, 11), "first at line 1, column 5"),
        ("1: a", "LC105", (1, 1), "got 1"),
        ("x:\n  true: a", "LC105", (2, 3), "got true"),
        ("? [a]\n: 1", "LC105", (1, 3), "a list or mapping"),
        (": a", "LC105", (1, 1), "got nothing"),
        ("a: !!python/name:os.system x", "LC106", (1, 4), "tags are not used"),
        ("a: !mine 1", "LC106", (1, 4), "tags are not used"),
        ("%YAML 1.1\n---\na: yes", "LC106", (1, 1), "directives"),
        ("a:\n\tb: 1", "LC103", (2, 1), "not tabs"),
        ("a: b: c", "LC103", (1, 5), "in quotes"),
        ("a: [1", "LC103", (1, 6), "close the bracket"),
        ("a: 'x", "LC103", (1, 4), "close the quote"),
        ("a: *x", "LC103", (1, 4), "undefined alias"),
        ("a: 1\n---\nb: 2", "LC103", (2, 1), "one design per file"),
        ("a: 1\n b: 2", "LC103", (2, 3), "indentation"),
        ("a: \x00", "LC102", (1, 4), "U+0000"),
        ("a: 1\nb: \ud800", "LC102", (2, 4), "U+D800"),
        (b"a: 1\nb: \xff", "LC102", (2, 4), "0xff"),
        ("a: &x [*x]", "LC107", (1, 8), "inside what it names"),
        ("a: " + "9" * 500, "LC107", (1, 4), "500 digits"),
        ("a: " + "[" * 70 + "]" * 70, "LC107", (1, 63), "nested more than 60"),
        ("- " * 5000, "LC107", (1, 121), "nested more than 60"),
        ("a: " + "x" * 30_000, "LC107", (1, 1), "line is longer"),
        ("a: " + "x\n  " * MAX_BYTES, "LC107", (1, 1), "larger than 1024 KiB"),
        ("".join(f"k{i}: 1\n" for i in range(30_000)), "LC107", (25_000, 9), "more than 50000 values"),
    ],
)  # fmt: skip
def test_refused_with_its_place(content, code, place, says):
    problem = refused(content)[0]
    assert (problem.code, problem.line, problem.column) == (code, *place)
    assert says in f"{problem.message}; {problem.hint}"
    assert problem.file == "chat.yaml"
    assert problem.hint


def test_every_duplicate_of_a_mapping_is_told():
    assert len(refused("a: 1\na: 2\na: 3\nb: 1\nb: 2")) == 3


@pytest.mark.parametrize(
    "text",
    [
        "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}, *a{i - 1}]\n" for i in range(1, 40)),
        "a0: &a0 {x: 1}\n" + "".join(f"a{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}], y: 1}}\n" for i in range(1, 40)),
        f"a: &a {{{', '.join(f'k{i}: 1' for i in range(500))}}}\n" + "".join(f"b{i}: {{<<: *a}}\n" for i in range(900)),
        "a: &a 1\n" + "".join(f"b{i}: *a\n" for i in range(2000)),
    ],
    ids=["lists", "merges", "wide merges", "many aliases"],
)
def test_bombs_are_defused(text):
    problems = []
    lines_run(lambda: problems.extend(refused(text)), MOST_LINES)
    assert problems[0].code == "LC107"


@pytest.mark.parametrize("bracket", ["[", "{"])
def test_deep_nests_are_refused(bracket):
    assert refused(bracket * 15_000)[0].code == "LC107"


def test_files(tmp_path):
    file = tmp_path / "chat.yaml"
    file.write_bytes(b"\xef\xbb\xbfloadcase: 1\r\nname: chat\r\n")
    document = Document.load(file)
    assert document.data == {"loadcase": 1, "name": "chat"}
    assert document.file == str(file)
    for path in (tmp_path, tmp_path / "none.yaml", "\0"):
        with pytest.raises(UsageError, match="cannot read"):
            Document.load(path)


def test_the_work_of_a_document_grows_with_its_lines():
    def text(components):
        blocks = (f"  c{i}:\n    kind: service\n    work: exp({i} ms)\n    replicas: 5\n" for i in range(components))
        return "loadcase: 1\ncomponents:\n" + "".join(blocks)

    one, two, four = (lines_run(partial(Document.parse, text(n))) for n in (25, 50, 100))
    assert four - two == pytest.approx(2 * (two - one), rel=0.05)
    assert Document.parse(text(500)).position(("components", "c499", "kind")) == (2000, 11)


pieces = st.lists(
    st.sampled_from(
        [*"abc:-?,[]{}&*!|>'\"%@#~\n\t ", "\n  ", ": ", "- ", "? ", "<<: ", "&a ", "*a",
          "!!int ", "---\n", "...", "0x", "1e9", "\x85", "\ufeff"]
    ),
    max_size=30,
).map("".join)  # fmt: skip


@given(st.text(max_size=60) | pieces | st.binary(max_size=40))
def test_any_content_is_a_document_or_problems(content):
    with contextlib.suppress(BlueprintError):
        document = Document.parse(content)
        for key in document.data:
            document.position((key,), key=True)
            document.locate(Problem("LC1", "here", (key,), offset=3))
        assert isinstance(document.data, dict)


@given(pieces, st.sampled_from(["text", "it's: #", "- a\nb ", "", "12:30", " x", None, 1.5, True, ["a", {"b": 1}], {}]))
def test_an_edit_reads_back_and_no_edit_changes_nothing(content, value):
    with contextlib.suppress(BlueprintError):
        document = Document.parse(content)
        assert document.dump() == document.text
        document.tree["edited"] = value
        assert repr(Document.parse(document.dump()).data) == repr({**document.data, "edited": value})
