"""A judged history for people, programs and CI, and its stories as text, JSON and Mermaid."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from loadcase.check.judge import Judgement
from loadcase.check.promises import Promises
from loadcase.check.story import Line, Story
from loadcase.core.results import CaseVerdict, CheckResult, Outcome
from loadcase.core.values import show
from loadcase.report.ci import annotation
from loadcase.report.ci import junit as suites
from loadcase.report.shapes import number
from loadcase.report.text import STYLES, box_of, console, symbols_of

NO_STORY = {
    "holds": "nothing broke it, so there is no story to tell",
    "broken": "no single operation shows it",
    "unknown": "it could not be judged",
}
"""Said where there is no story, by the verdict."""
_WORDS = {
    "base": "saw version",
    "receiver": "to",
    "clock_s": "client's clock",
    "detail": "because of",
    "value": "amount",
}


# --- for people -------------------------------------------------------------------------------------------------------
def print_judgement(result: Judgement) -> None:
    """Every guarantee with its value and verdict, then the stories of what is broken."""
    out = console()
    symbols = symbols_of(out)
    table = Table(box=box_of(out), title=result.history, expand=False)
    for heading in ("guarantee", "value", "verdict"):
        table.add_column(heading, overflow="fold")
    for o in result.outcomes:
        value = "not told" if o.value is None else show(o.value, o.unit)
        table.add_row(Text(o.guarantee), value, Text(f"{symbols[o.verdict]} {o.verdict}", STYLES[o.verdict]))
    out.print(table)
    for outcome in result.outcomes:
        if outcome.verdict != "holds":
            print_story(outcome, result.stories.get(outcome.guarantee), out)
    for note in result.notes:
        out.print(Text(f"  {note}", "dim"))
    out.print(
        Text(f"{result.history}: {result.verdict}", STYLES[result.verdict]).append(f"  ({result.rows:,} rows)", "dim")
    )


def print_story(outcome: Outcome, story: Story | None, out: Console | None = None) -> None:
    """One guarantee, why it has its verdict, and the story if there is one."""
    out = out or console()
    symbols = symbols_of(out)
    out.print(Text(f"{symbols[outcome.verdict]} {outcome.guarantee}", STYLES[outcome.verdict]))
    for part in outcome.evidence.split("; "):
        out.print(Text(f"    {part}"), soft_wrap=True)
    if story is None:
        out.print(Text(f"    {NO_STORY[outcome.verdict]}", "dim"))
        return
    out.print(Text(f"    one of them: {story.said}"), soft_wrap=True)
    for line in story.lines:
        out.print(Text(f"    {line.time_s:>12.6f} s  {said(line)}"), soft_wrap=True)
    if story.omitted:
        out.print(Text(f"    {story.omitted} more rows of these operations", "dim"))


def said(line: Line) -> str:
    """One row in words: `commit   send 17  message, key 42, at messages/3, attempt 2  [crash of messages]`."""
    who = " ".join(part for part in (line.flow, line.operation) if part)
    parts = [line.entity] if line.entity else []
    parts += [f"{_WORDS.get(name, name)} {text}" for name, text in line.told]
    if line.component:
        parts.append(f"at {_at(line)}")
    if line.attempt is not None and line.attempt > 1:
        parts.append(f"attempt {line.attempt}")
    active = f"  [{', '.join(line.faults)}]" if line.faults else ""
    return f"{line.event:<11} {who:<12} {', '.join(parts)}{active}".rstrip()


def _at(line: Line) -> str:
    return line.component + ("" if line.place is None else f"/{line.place}")


# --- for programs -----------------------------------------------------------------------------------------------------
def judge_json(result: Judgement) -> dict[str, Any]:
    """`judge --format json`."""
    return {
        "history": result.history,
        "verdict": result.verdict,
        "rows": result.rows,
        "notes": list(result.notes),
        "guarantees": [explain_json(o, result.stories.get(o.guarantee)) for o in result.outcomes],
    }


def explain_json(outcome: Outcome, story: Story | None) -> dict[str, Any]:
    """`explain --format json`."""
    return {
        "guarantee": outcome.guarantee,
        "metric": outcome.metric,
        "value": number(outcome.value),
        "low": number(outcome.low),
        "high": number(outcome.high),
        "bound": outcome.bound,
        "comparison": outcome.comparison,
        "unit": outcome.unit,
        "verdict": outcome.verdict,
        "evidence": outcome.evidence,
        "story": None if story is None else _story(story),
    }


def _story(story: Story) -> dict[str, Any]:
    return {
        "said": story.said,
        "omitted": story.omitted,
        "lines": [
            {
                "time_s": line.time_s,
                "event": line.event,
                "flow": line.flow or None,
                "operation": line.operation or None,
                "attempt": line.attempt,
                "component": line.component or None,
                "place": line.place,
                "entity": line.entity or None,
                "told": dict(line.told),
                "faults": list(line.faults),
            }
            for line in story.lines
        ],
    }


def mermaid(outcome: Outcome, story: Story | None) -> str:
    """A sequence diagram of the story: clients on the left, then components, then receivers."""
    lines = ["sequenceDiagram", f"    title {_plain(outcome.guarantee)}: {outcome.verdict}"]
    if story is None:
        return "\n".join([*lines, "    participant client", f"    Note over client: {NO_STORY[outcome.verdict]}", ""])
    names: dict[str, str] = {}

    def of(name: str) -> str:
        return names.setdefault(name, f"p{len(names)}")

    told = []
    for line in story.lines:
        client, where = of(_client(line)) if line.operation else "", of(_at(line)) if line.component else ""
        receiver = dict(line.told).get("receiver", "")
        text = _plain(said(line))
        if line.event == "deliver" and receiver and where:
            told.append(f"{where}->>{of(f'receiver {receiver}')}: {text}")
        elif client and where and line.event == "read":
            told.append(f"{where}-->>{client}: {text}")
        elif client and where and line.event in ("commit", "claim", "publish", "release", "grant", "revoke", "allow"):
            told.append(f"{client}->>{where}: {text}")
        else:
            told.append(f"Note over {where or client or of('history')}: {text}")
    lines += [f"    participant {alias} as {_plain(name)}" for name, alias in names.items()]
    lines += [f"    {text}" for text in told]
    lines.append(f"    Note over {next(iter(names.values()))}: {_plain(story.said)}")
    return "\n".join(lines) + "\n"


def _client(line: Line) -> str:
    return f"{line.flow} {line.operation}".strip()


def _plain(text: str) -> str:
    """Text that Mermaid shows as it is: what it would act upon is written as a code."""
    squeezed = " ".join(text.split())
    return "".join(c if c.isprintable() and c not in '#;:"<>{}' else f"#{ord(c)};" for c in squeezed)


# --- for CI -----------------------------------------------------------------------------------------------------------
def junit(result: Judgement) -> str:
    """One test suite, one test for each guarantee."""
    case = CaseVerdict("history", result.verdict, [], result.outcomes)
    return suites([CheckResult(result.history, result.verdict, [case])])


def github(promises: Promises, result: Judgement) -> str:
    """An annotation at the line of each guarantee that does not hold."""
    lines = []
    for outcome in result.outcomes:
        if outcome.verdict != "holds":
            story = result.stories.get(outcome.guarantee)
            told = "".join(f"\n{line.time_s:.6f} s {said(line)}" for line in story.lines) if story else ""
            text = f"{outcome.guarantee} is {outcome.verdict}: {outcome.evidence}{told}"
            lines.append(annotation(outcome.verdict, promises.file, promises.places[outcome.guarantee], text))
    return "\n".join(lines) + ("\n" if lines else "")
