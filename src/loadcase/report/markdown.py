"""A report as Markdown with Mermaid, for a repository's design docs. Whatever stands in a design is text in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from loadcase.core.results import Outcome
from loadcase.draw.text import plain
from loadcase.report import view
from loadcase.report.gather import ReportData
from loadcase.report.judged import mermaid as sequence
from loadcase.report.stories import said

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>$@:])")
_HARMLESS = re.compile(
    r"(?<=\w)[\-.:](?=\w|$)|(?<=\w)[.:](?= )|[()]|(?<= )-(?= )|(?<=\w)_(?=\w)|\.$|(?<=\d)\+|\$(?=\d)"
)
"""What stands inside a sentence where it can mean nothing."""


def markdown(data: ReportData) -> str:
    """The report; plots are left out, stories are sequence diagrams."""
    return "\n\n".join(part for part in _parts(data) if part) + "\n"


def _parts(data: ReportData) -> Iterator[str]:
    yield f"# {text(data.title)}{f' (variant {text(data.variant)})' if data.variant else ''}"
    yield text(data.prompt)
    if data.partial:
        yield f"> **Partial report:** {text(data.partial)}."
    mark = f"**{view.SYMBOLS.get(view.verdict(data), '?')} {text(view.verdict(data))}.** " if data.check else ""
    yield mark + " ".join(text(s) for s in view.summary(data))
    yield "## What is asked for"
    yield _list(data.requirements["functional"])
    if data.requirements["hard_part"]:
        yield f"**The hard part:** {text(data.requirements['hard_part'])}"
    if data.requirements["deferred"]:
        yield f"**Left out on purpose:** {text('; '.join(data.requirements['deferred']))}."
    if data.contract:
        yield "### The contract"
        yield "\n".join(f"- {code(line)}" for line in data.contract)
    yield "## The design"
    yield f"```mermaid\n{data.mermaid.rstrip()}\n```"
    yield "## The numbers"
    yield _table(view.estimates(data))
    yield "### Components, in closed form"
    yield _table(view.components(data))
    yield "### Flows, in closed form"
    yield _table(view.flows(data))
    yield _list(data.estimate["notes"])
    yield from _verdicts(data)
    yield from _measured(data)
    yield from _decisions(data)
    yield "## Findings of the review"
    found = [f"**{text(f['severity'])}** {text(f['rule'])}: {text(f['message'])}" for f in data.review["findings"]]
    yield "\n".join(f"- {line}" for line in found) or "Nothing is wrong with it on paper."
    if data.scale is not None:
        yield "## When it grows"
        yield _table(view.breaks(data)) or f"Nothing breaks up to {data.scale['to']:g}x the load."
        yield text(data.scale["ends"])
        yield _table(view.rungs(data))
    yield "## What it costs"
    yield _table(view.costs(data))
    rules = view.rules(data)
    if rules:
        yield "## Objectives and alerts"
        yield _table(rules)
        backtest = view.backtest(data)
        if backtest:
            yield "### What they do in the runs"
            yield _table(backtest)
    yield from _runbook(data)
    yield "## How this was made"
    yield "\n".join(f"- {text(k)}: {text(v)}" for k, v in data.made.items())
    yield _list(data.missing)


def _verdicts(data: ReportData) -> Iterator[str]:
    names, rows = view.matrix(data)
    if not names:
        return
    yield "## Does it hold?"
    verdicts = [f"**{view.SYMBOLS.get(c['verdict'], '?')} {text(c['verdict'])}**" for c in (data.check or {})["cases"]]
    lines = [[code(name), *("" if c is None else text(c.text) for c in cells)] for name, cells in rows]
    yield _rows(["promised", *names], [*lines, ["**verdict**", *verdicts]])
    yield "`*` the case lets this bound give. `~` told by a scale model within its factor only."
    for case in view.cases(data):
        if not case.happens and not case.broken:
            continue
        yield f"### {text(case.name)}: {text(case.verdict)}"
        yield text("; ".join(case.happens))
        for broken in case.broken:
            yield from _broken(broken)


def _measured(data: ReportData) -> Iterator[str]:
    """What runs of the cases have told, where there is more than the verdicts."""
    if not data.metrics:
        return
    yield "## Case by case"
    for case in view.cases(data):
        if case.name in data.metrics:
            yield f"### Measured in {text(case.name)}"
            for heading, table in case.measured:
                yield f"{text(heading)}:"
                yield _table(table)


def _broken(one: view.Broken) -> Iterator[str]:
    yield f"{view.SYMBOLS.get(one.verdict, '?')} {code(one.guarantee)}: {text(one.value)}. {text(one.evidence)}"
    if one.story is not None:
        outcome = Outcome(one.guarantee, "", None, None, None, 0.0, "<", "", "broken", "")
        yield f"One of them: {text(one.story.said)}."
        yield f"```mermaid\n{sequence(outcome, one.story).rstrip()}\n```"
        lines = [f"{line.time_s:>12.6f} s  {said(line)}" for line in one.story.lines]
        yield "```text\n" + "\n".join(plain(line).replace("`", "'").replace("\n", " ") for line in lines) + "\n```"


def _decisions(data: ReportData) -> Iterator[str]:
    if not data.decisions:
        return
    yield "## What was decided"
    for one in view.decisions(data):
        yield f"### {text(one.name)}"
        yield f"**{text(one.choose)}**"
        yield "\n".join(f"- {k}: {text(v)}" for k, v in one.facts)
        yield text(one.tried)
        yield text(one.flip)
    hard = view.hard_part(data)
    if hard is not None:
        yield "### The hard part, without it"
        yield f"With {text(hard[0])}:"
        yield from _broken(hard[1])


def _runbook(data: ReportData) -> Iterator[str]:
    entries = list(view.runbook(data))
    if not entries and not data.operate["runbook"]:
        return
    yield "## Runbook"
    for one in entries:
        yield f"### {text(one.case)}"
        seen = "; ".join(one.seen) or "next to nothing"
        lines = [f"- what happens: {text(one.happens)}"]
        lines += [f"- what is seen: {text(seen)}"] if data.check else []
        lines += [f"- what alarms: {text(one.alarms)}", f"- when it is over: {text(one.over)}"]
        lines.append(f"- what to do: {text('; '.join(one.todo) or 'the runbook has no entry of that name')}")
        yield "\n".join(lines)
    if data.operate["runbook"]:
        yield "### All entries"
        yield "\n".join(f"- **{text(k)}:** {text(v)}" for k, v in data.operate["runbook"].items())
    told = [(k, data.operate[k]) for k in ("rollout", "rollback") if data.operate[k]]
    yield "\n".join(f"- {k}: {text(v)}" for k, v in told)


def text(raw: object) -> str:
    """Text on one line that is nothing else in Markdown: no markup, link, HTML or mention."""
    line = " ".join(plain(str(raw)).split()).replace("&", "&amp;").replace("<", "&lt;")
    out, at = [], 0
    for match in _SPECIAL.finditer(line):
        out.append(line[at : match.start()])
        harmless = _HARMLESS.match(line, match.start())
        before = line[match.start() - 1 : match.start()]
        plainly = harmless is not None and not (match[0] in "()" and before in "]")
        linked = match[0] == ":" and line[match.end() : match.end() + 2] == "//"
        out.append("&#58;" if linked else match[0] if plainly else f"\\{match[0]}")
        at = match.end()
    done = "".join(out) + line[at:]
    return re.sub(r"^(\d+)([.)])(?=\s|$)", r"\1\\\2", done)


def code(raw: object) -> str:
    """The same as code."""
    line = " ".join(plain(str(raw)).split()).replace("`", "'").replace("|", "\\|")
    return f"`{line}`" if line else ""


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {text(line)}" for line in lines)


def _table(table: view.Table | None) -> str:
    if table is None or not table.rows:
        return ""
    rows = [[text(c) for c in row] for row in table.rows]
    return _rows(list(table.headings), rows, table.numbers)


def _rows(headings: list[str], rows: list[list[str]], numbers: frozenset[int] = frozenset()) -> str:
    rule = "|".join("---:" if i in numbers else "---" for i in range(len(headings)))
    lines = [f"| {' | '.join(text(h) for h in headings)} |", f"|{rule}|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])
