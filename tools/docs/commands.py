"""The pages of the commands, from the command line's own description of itself."""

from __future__ import annotations

import inspect
import re
import shlex
from typing import Any

from cyclopts import App

from loadcase.cli import app
from tools.docs.fields import table

SIMULATING = ("run", "check", "scale", "sweep", "compare", "validate", "report")
"""Their examples take long: they are run by the slow tests, and read by the others."""
ENDLESS = ("studio", "practice start", "practice drill")
"""Their examples run until somebody ends them: they are read by the tests, never run."""
RECORDED = ("judge", "explain")
"""Their examples need a recorded history, which docs/histories.md makes."""


def names() -> list[str]:
    """The commands, in the order in which the source has them."""
    return [name for name in app if not name.startswith("-")]


def commands_index() -> str:
    """The list of commands, the exit codes and what all share."""
    listed = [(f"[{name}]({name}.md)", _told(app[name])[0]) for name in names()]
    return "\n\n".join(
        [
            "# Commands",
            "`loadcase COMMAND --help` shows the same in a terminal. A blueprint is given as a file or as a folder "
            "that holds `blueprint.yaml`.",
            table(("command", "what it does"), listed),
            "## Exit codes",
            table(
                ("code", "meaning"),
                [
                    ("0", "all guarantees hold; the command did what it was asked"),
                    ("1", "a guarantee is broken, a validation case fails, or a review finds an error"),
                    ("2", "the blueprint or the command line is invalid"),
                    ("3", "undecided: no guarantee is broken, and some could not be judged"),
                    ("130", "interrupted"),
                ],
            ),
            "## For programs",
            "`--format json` prints one JSON object on standard output and nothing else; its [shapes](../json.md) are "
            "documented. Errors are a JSON object too. Colours are left out when the output is not a terminal or when "
            "`NO_COLOR` is set. Progress goes to standard error, and `--quiet` silences it.",
        ]
    )


def command_page(name: str) -> str:
    """One command: usage, what it does, an example, arguments and options; then the commands below it."""
    parts = _command(app[name], name, "##")
    for below in [n for n in app[name] if not n.startswith("-")]:
        parts += _command(app[name][below], f"{name} {below}", "###")
    return "\n\n".join(parts)


def _command(command: App, name: str, under: str) -> list[str]:
    """A command, its parts under headings of the given depth."""
    summary, more, example, helps = _told(command)
    arguments = list(command.assemble_argument_collection())
    places = [a for a in arguments if a.field_info.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    options = [a for a in arguments if a.field_info.kind is inspect.Parameter.KEYWORD_ONLY]
    usage = " ".join(["loadcase", name, *(_place(a) for a in places), *(["[OPTIONS]"] if options else [])])
    parts = [f"{under[1:]} loadcase {name}", f"`{usage}`", summary, *more]
    if example:
        mark = "console slow" if name in SIMULATING else "console endless" if name in ENDLESS else "console"
        shown = example if ">" not in shlex.split(example) else example.split(" >")[0]
        if name in RECORDED:
            parts += [f"{under} Example", f"```sh\n{shown}\n```", "[Histories](../histories.md) has it in full."]
        else:
            parts += [f"{under} Example", f"```{mark}\n$ {shown}\n...\n```"]
    if places:
        listed = [(f"`{_bare(a).upper()}`", _takes(a), _help(a, helps)) for a in places]
        parts += [f"{under} Arguments", table(("argument", "takes", "meaning"), listed)]
    if options:
        shown_options = [_row(a, helps) for a in options]
        parts += [f"{under} Options", table(("option", "takes", "default", "meaning"), shown_options)]
    return parts


def _told(command: App) -> tuple[str, list[str], str, dict[str, str]]:
    """Summary, further paragraphs, the example, and the help of each parameter, from the docstring."""
    text = inspect.getdoc(command.default_command) or ""
    body, _, listed = text.partition("\nParameters\n----------\n")
    paragraphs = [" ".join(p.split()) for p in body.strip().split("\n\n")]
    examples = [p.removeprefix("Example:").strip() for p in paragraphs if p.startswith("Example:")]
    more = [p for p in paragraphs[1:] if not p.startswith("Example:")]
    pairs = re.findall(r"^(\w+)\n((?: +.*\n?)+)", listed, re.MULTILINE)
    return paragraphs[0], more, (examples or [""])[0], {n: " ".join(h.split()) for n, h in pairs}


def _bare(argument: Any) -> str:
    return str(argument.names[0]).lstrip("-")


def _place(argument: Any) -> str:
    shown = _bare(argument).upper() + ("..." if "list" in str(argument.hint) else "")
    return shown if argument.required else f"[{shown}]"


def _help(argument: Any, helps: dict[str, str]) -> str:
    return argument.parameter.help or helps.get(argument.field_info.name, "")


def _takes(argument: Any) -> str:
    choices = argument.get_choices()
    if choices:
        return ", ".join(f"`{c}`" for c in choices)
    hint = str(argument.hint)
    if "bool" in hint:
        return ""
    return (
        "a path"
        if "Path" in hint
        else "a whole number"
        if "int" in hint
        else "a number"
        if "float" in hint
        else "a text"
    )


def _row(argument: Any, helps: dict[str, str]) -> tuple[str, str, str, str]:
    default = argument.field_info.default
    shown = "" if default in (None, False, inspect.Parameter.empty) else f"`{default}`"
    return f"`{argument.names[0]}`", _takes(argument), shown, _help(argument, helps)
