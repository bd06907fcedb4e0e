"""The fenced examples of the pages: found, run, and compared with what they show.

What is run depends on the words after the fence:

- `yaml blueprint`: a whole blueprint; it is loaded, estimated and compiled. With `file=NAME` the later examples of the
  page find it under that name.
- `yaml fragment`: sections of one; they are laid over `base.yaml` beside this file, and the same is done.
- `python`: run in the order of the page, in one namespace; a following `text output` block is what it prints.
- `console`: lines that start with `$ ` are run: `loadcase` in this process, `echo $?` for its exit code, `sed` for an
  edit. The lines after each are what it prints, errors included and progress not. With `slow` only the slow tests run
  it, and the others read it; with `endless` all of them read it. With `typed` the lines that start with `> ` are given
  to it on standard input, and it shows them.

In what is shown `...` stands for anything, white space and the lines of tables count for nothing, and a number with a
decimal point may be 10 % off, since it may come from a simulation.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

BASE = Path(__file__).with_name("base.yaml")
WIDTH = "100"
NEAR = 0.1
_FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_RUN = re.compile(r"(\d+ runs), \d+ s\b")
_LINES = re.compile(r"[\u2500-\u257f|+-]{2,}|[\u2500-\u257f]")
_TOKEN = re.compile(r"\d+(?:\.\d+)?|[A-Za-z_]+|\S")


@dataclass(frozen=True)
class Example:
    """A fenced block: its page, the line after its fence, the words after the fence, its text."""

    page: Path
    line: int
    words: tuple[str, ...]
    text: str
    span: tuple[int, int]

    @property
    def language(self) -> str:
        """The first word."""
        return self.words[0] if self.words else ""


def examples(page: Path) -> list[Example]:
    """The fenced blocks of a page."""
    text = page.read_text("utf-8")
    return [
        Example(page, text.count("\n", 0, m.start()) + 2, tuple(m[1].split()), m[2], m.span(2))
        for m in _FENCE.finditer(text)
    ]


def parsed(text: str) -> Any:
    """YAML as plain data."""
    return YAML(typ="safe", pure=True).load(text)


def merged(base: Any, over: Any) -> Any:
    """Mappings laid over one another; anything else replaced."""
    if isinstance(base, dict) and isinstance(over, dict):
        return {**base, **{k: merged(base.get(k), v) for k, v in over.items()}}
    return over


def fragment(text: str) -> Any:
    """A fragment over the base blueprint."""
    return merged(parsed(BASE.read_text("utf-8")), parsed(text))


# --- comparing --------------------------------------------------------------------------------------------------------
def matches(shown: str, printed: str) -> bool:
    """Whether what is shown is what was printed."""
    return _match([_tokens(part) for part in shown.split("...")], _tokens(printed))


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(_LINES.sub(" ", text))


def _match(parts: list[list[str]], printed: list[str]) -> bool:
    """Parts in order, the first at the start and the last at the end, whatever lies between."""
    first, *rest = parts
    if not _same(first, printed[: len(first)]):
        return False
    if not rest:
        return len(first) == len(printed)
    start = len(first)
    for part in rest[:-1]:
        found = next((i for i in range(start, len(printed) + 1) if _same(part, printed[i : i + len(part)])), None)
        if found is None:
            return False
        start = found + len(part)
    last = rest[-1]
    return len(printed) - len(last) >= start and _same(last, printed[len(printed) - len(last) :])


def _same(a: list[str], b: list[str]) -> bool:
    return len(a) == len(b) and all(x == y or _near(x, y) for x, y in zip(a, b, strict=True))


def _near(a: str, b: str) -> bool:
    if not (a[0].isdigit() and b[0].isdigit() and ("." in a or "." in b)):
        return False
    return abs(float(a) - float(b)) <= NEAR * max(float(a), float(b))


# --- running ----------------------------------------------------------------------------------------------------------
@dataclass
class Session:
    """What the examples of one page share: a folder, the names in Python, the latest exit code and output."""

    folder: Path
    names: dict[str, Any] = field(default_factory=dict)
    code: int = 0
    printed: str = ""

    def run(self, example: Example, slow: bool = False) -> Iterator[tuple[str, str]]:
        """Runs one example; gives each (what is shown, what was printed). Raises what loading or Python raises."""
        match example.language:
            case "yaml":
                self.yaml(example)
            case "python":
                self.python(example)
            case "console":
                for command, shown in commands(example.text):
                    if "endless" in example.words or ("slow" in example.words and not slow):
                        self.read(command)
                    else:
                        yield shown, self.execute(command, typed(shown) if "typed" in example.words else "")
            case "text" if "output" in example.words:
                yield example.text, self.printed

    def yaml(self, example: Example) -> None:
        """Loads a blueprint or a fragment, estimates and compiles it with all its cases, and so every variant."""
        from loadcase.blueprint.load import build, loads
        from loadcase.engine.compile import compile_blueprint
        from loadcase.engine.run import changes_of
        from loadcase.estimate.estimate import estimate

        if "blueprint" in example.words:
            data = parsed(example.text)
            loads(example.text, str(example.page))
            for word in example.words:
                if word.startswith("file="):
                    (self.folder / word.removeprefix("file=")).write_text(example.text, "utf-8")
        elif "fragment" in example.words:
            data = fragment(example.text)
        else:
            raise ValueError("say `yaml blueprint` or `yaml fragment`, so that it can be checked")
        for variant in (None, *data.get("variants", {})):
            blueprint = build(data, variant)
            estimate(blueprint)
            compile_blueprint(blueprint)
            for case in blueprint.cases.values():
                compile_blueprint(blueprint, changes=changes_of(blueprint, case, case.seconds)[0])

    def python(self, example: Example) -> None:
        """Runs Python in the names of the page."""
        source = "\n" * (example.line - 1) + example.text
        self.printed = self.within(lambda: exec(compile(source, str(example.page), "exec"), self.names))

    def execute(self, command: str, lines: str = "") -> str:
        """Runs one command line, with lines on standard input; gives what it printed."""
        from loadcase.cli import execute

        if command == "echo $?":
            return f"{self.code}\n"
        name, *arguments = shlex.split(command)
        if name == "sed":
            subprocess.run([name, *arguments], cwd=self.folder, check=True)
            return ""
        if name != "loadcase":
            raise ValueError(f"only loadcase and sed are run here, not {name!r}: use ```sh for what is not")

        def call() -> None:
            errors, before = io.StringIO(), sys.stdin
            sys.stdin = io.StringIO(lines)
            try:
                with contextlib.redirect_stderr(errors):
                    self.code = execute(arguments)
            finally:
                sys.stdin = before
            if self.code == 2:
                print(errors.getvalue())

        return self.within(call)

    def read(self, command: str) -> None:
        """Reads one command line without running it. Raises a cyclopts error when it is wrong."""
        from loadcase.cli import app

        name, *arguments = shlex.split(command)
        if name == "loadcase":
            app.parse_args(arguments, exit_on_error=False, print_error=False)

    def within(self, call: Any) -> str:
        """Calls in the session's folder, 100 columns wide; gives what was printed."""
        out = io.StringIO()
        before, environment = Path.cwd(), dict(os.environ)
        os.environ |= {"COLUMNS": WIDTH, "NO_COLOR": "1", "LOADCASE_PRACTICE": str(self.folder / "practice.sqlite")}
        os.chdir(self.folder)
        try:
            with contextlib.redirect_stdout(out):
                call()
        finally:
            os.chdir(before)
            os.environ.clear()
            os.environ.update(environment)
        return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def commands(text: str) -> list[tuple[str, str]]:
    """The command lines of a console example, each with what it shows."""
    found: list[tuple[str, str]] = []
    for line in text.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append((line[2:].strip(), ""))
        elif found:
            found[-1] = (found[-1][0], found[-1][1] + line)
    return found


def typed(shown: str) -> str:
    """The lines that somebody types in what is shown."""
    return "".join(line[2:] + "\n" for line in shown.splitlines() if line.startswith("> "))


def session(root: Path, folder: Path) -> Session:
    """A session in a new folder that holds the gallery, as a clone does."""
    (folder / "gallery").symlink_to(root / "gallery")
    return Session(folder)


# --- rewriting --------------------------------------------------------------------------------------------------------
def renewed(page: Path, in_session: Session, slow: bool = False) -> str:
    """The text of a page with what its examples print now, where that is not what it shows."""
    text = page.read_text("utf-8")
    new, end = [], 0
    for example in examples(page):
        body = example.text
        pairs = list(in_session.run(example, slow))
        if not all(matches(shown, printed) for shown, printed in pairs):
            if example.language == "text":
                body = in_session.printed
            else:
                lines = [f"$ {command}\n" for command, _ in commands(example.text)]
                shown = [s if matches(s, p) else _RUN.sub(r"\1, ... s", p) for s, p in pairs]
                body = "".join(a + b for a, b in zip(lines, shown, strict=True))
        new += [text[end : example.span[0]], body]
        end = example.span[1]
    return "".join([*new, text[end:]])
