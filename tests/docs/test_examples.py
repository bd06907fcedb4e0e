"""Every example in the README and in the docs does what it shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from tools.docs.examples import Example, examples, matches, renewed, session
from tools.docs.pages import ROOT, written

PAGES = {str(page.relative_to(ROOT)): examples(page) for page in written()}
CHECKED = ("yaml", "python", "console", "text")
UNCHECKED = ("sh", "mermaid", "json")
"""Set-up commands, which `.ci/run` makes, and pictures."""


def judge(found: list[Example], folder: Path, slow: bool = False) -> None:
    """Runs the examples of one page in order."""
    running = session(ROOT, folder)
    for example in found:
        for shown, printed in running.run(example, slow):
            assert matches(shown, printed), (
                f"{example.page}:{example.line} shows\n{shown}\nand prints\n{printed}\n"
                "`python -m tools.docs examples` brings it up to date"
            )


@pytest.mark.parametrize("page", [page for page, found in PAGES.items() if found])
def test_the_examples_of_a_page(page: str, tmp_path: Path) -> None:
    judge(PAGES[page], tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("page", [p for p, found in PAGES.items() if any("slow" in e.words for e in found)])
def test_the_long_examples_of_a_page(page: str, tmp_path: Path) -> None:
    judge(PAGES[page], tmp_path, slow=True)


@pytest.mark.parametrize("page", PAGES)
def test_no_example_goes_unchecked(page: str) -> None:
    for example in PAGES[page]:
        assert example.language in (*CHECKED, *UNCHECKED), f"{page}:{example.line}: {example.words}"
        if example.language == "text":
            assert "output" in example.words, f"{page}:{example.line}: nothing prints this"


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a b\n", "a  b\n", True),
        ("a b\n", "a c\n", False),
        ("a\n...\n", "a\nb\nc\n", True),
        ("...\nc\n", "a\nb\nc\n", True),
        ("...\nd\n", "a\nb\nc\n", False),
        ("a ... c", "a b c d", False),
        ("p99 45.2 ms", "p99 44.0 ms", True),
        ("p99 45.2 ms", "p99 60.1 ms", False),
        ("line 12", "line 13", False),
        ("│ a │ 1.0 │\n╰───╯", "│ a   │  1.0 │\n╰─────╯", True),
        ("", "something", False),
    ],
)
def test_what_is_shown_is_compared_with_what_is_printed(shown: str, printed: str, same: bool) -> None:
    assert matches(shown, printed) is same


def write(folder: Path, text: str) -> list[Example]:
    page = folder / "page.md"
    page.write_text(text, "utf-8")
    return examples(page)


def test_an_example_that_shows_something_else_fails(tmp_path: Path) -> None:
    found = write(tmp_path, "```python\nprint(1 + 1)\n```\n```text output\n3\n```\n")
    with pytest.raises(AssertionError, match="shows"):
        judge(found, tmp_path)


def test_a_fragment_that_does_not_load_fails(tmp_path: Path) -> None:
    found = write(tmp_path, "```yaml fragment\ncomponents: {x: {kind: serivce}}\n```\n")
    with pytest.raises(Exception, match="serivce"):
        judge(found, tmp_path)


def test_a_yaml_block_says_what_it_is(tmp_path: Path) -> None:
    found = write(tmp_path, "```yaml\nname: x\n```\n")
    with pytest.raises(ValueError, match="yaml blueprint"):
        judge(found, tmp_path)


def test_what_an_example_prints_is_renewed_and_what_is_right_stays(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    right = "```console\n$ loadcase kinds chace\n...did you mean...\n$ echo $?\n2\n```\n"
    wrong = "```python\nprint(6 * 7)\n```\n\n```text output\n41\n```\n"
    page.write_text(f"# Page\n{right}\n{wrong}end\n", "utf-8")
    assert renewed(page, session(ROOT, tmp_path)) == page.read_text("utf-8").replace("41", "42")


def test_a_long_example_is_read_when_it_is_not_run(tmp_path: Path) -> None:
    judge(write(tmp_path, "```console slow\n$ loadcase check nowhere.yaml\nwhatever\n```\n"), tmp_path)
    (tmp_path / "gallery").unlink()
    with pytest.raises(Exception, match="chekc"):
        judge(write(tmp_path, "```console slow\n$ loadcase chekc nowhere.yaml\n```\n"), tmp_path)


def test_what_runs_until_somebody_ends_it_is_read(tmp_path: Path) -> None:
    judge(write(tmp_path, "```console endless\n$ loadcase studio nowhere\nwhatever\n```\n"), tmp_path, slow=True)
