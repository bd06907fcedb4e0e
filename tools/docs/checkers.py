"""The pages of the checkers, and the tables of the history's format."""

from __future__ import annotations

from loadcase.check.checker import Checker
from loadcase.check.checkers import checkers
from loadcase.core.history import COLUMNS, EVENTS
from loadcase.core.metrics import CORRECTNESS
from tools.docs.catalogue import first_line, sections
from tools.docs.fields import table

TYPES = {
    "time": "float64",
    "event": "text",
    "number": "float64",
    "id": "int64 from 0, or text",
    "count": "int64 from 0",
    "name": "text, few different ones",
}


def checkers_index() -> str:
    """The list of checkers."""
    units = {m.name.split(".")[0]: m.unit for m in CORRECTNESS}
    listed = [(f"[`<{c.of}>.{name}`]({name}.md)", units[name], first_line(type(c))) for name, c in checkers().items()]
    return "\n\n".join(
        [
            "# Checkers",
            "A checker reads a [history](../histories.md) and counts where one guarantee was not kept. It neither "
            "knows nor asks what wrote the history: a simulation or a real system. A verdict that the history does "
            "not carry is `unknown`.",
            table(("metric", "unit", "what it finds"), listed),
        ]
    )


def checker_page(name: str, checker: Checker) -> str:
    """One checker: what it counts, why, an example, what it needs."""
    cls = type(checker)
    told = {part: " ".join(text.split()) for part, text in sections(cls).items() if part != "Example"}
    example = sections(cls)["Example"].strip()
    needs = ["Unknown unless the history drained."] if checker.needs_drained else []
    needs += [] if checker.by_key else ["Unknown in a sample of the keys."]
    parts = [f"# {name}", first_line(cls), told["What"][0].upper() + told["What"][1:], f"Why it matters: {told['Why']}"]
    parts += [f"Example: `{example}`.", *needs, f"Source: {told['Source']}"]
    return "\n\n".join(parts)


def columns() -> str:
    """The columns of a history."""
    return table(("column", "type", "meaning"), [(f"`{c.name}`", TYPES[c.holds], c.meaning) for c in COLUMNS])


def events() -> str:
    """The events of a history with the columns that they need."""

    def listed(names: tuple[str, ...]) -> str:
        return ", ".join(f"`{n}`" for n in names)

    return table(
        ("event", "needs", "may have", "meaning"),
        [(f"`{e.name}`", listed(e.required), listed(e.used), e.meaning) for e in EVENTS],
    )
