"""What the terminal shows of a session: the interviewer's lines, the time, and what stands so far."""

from __future__ import annotations

from collections.abc import Iterator

from rich.padding import Padding
from rich.text import Text

from loadcase.practice import phases
from loadcase.practice.events import Event
from loadcase.practice.pad import shown
from loadcase.practice.record import Record
from loadcase.practice.session import Session
from loadcase.practice.timeline import LABELS, clock, printable, text, who
from loadcase.practice.timeline import rows as rows_of
from loadcase.practice.trying import wiring
from loadcase.report.console import console

INDENT = 4
STYLES = {"holds": "green", "broken": "bold red", "undecided": "yellow", "refused": "yellow", "done": ""}


def say(line: str, style: str = "", indent: int = 0) -> None:
    """Text as it is, whatever is in it. It is folded for a terminal, and left alone for a program."""
    out, line = console(), printable(line)
    if out.is_terminal:
        out.print(Padding(Text(line, style), (0, 0, 0, indent), expand=False))
    else:
        out.print(Text("\n".join(" " * indent + part for part in line.splitlines() or [""])), soft_wrap=True)


def tell(session: Session, new: list[Event]) -> None:
    """Shows events as they happen. What the candidate typed stands there already."""
    events = session.record.events
    for one in new:
        number = next((i for i in range(len(events) - 1, -1, -1) if events[i] is one), len(events))
        match one.kind:
            case "ran":
                say(f"{one.what}{f' of {one.case}' if one.case else ''}: {one.outcome}", STYLES[one.outcome])
                say(one.text, "dim", INDENT)
            case "entered":
                _entered(session, one.at)
            case "paused":
                say(f"[{clock(one.at)}] the clock stands still; /resume goes on", "yellow")
            case "resumed":
                say(f"[{clock(one.at)}] the clock goes on", "yellow")
            case "warned":
                say(f"[{clock(one.at)}] {one.text}", "yellow")
            case "ended":
                say(f"[{clock(one.at)}] the session is over", "yellow")
            case "estimated":
                _estimated(session, number, one.name, one.value)
            case "wrote":
                say(f"kept {text(one, events[:number])}", "dim")
            case _ if who(one) == "interviewer":
                _spoken(session, one)


def _spoken(session: Session, one: Event) -> None:
    lead = "interviewer" if one.kind in ("answered", "prompted") else f"interviewer {LABELS[one.kind]}"
    say(f"{lead}:", "bold cyan")
    say(one.words, "", INDENT)
    if one.kind == "curveball" and one.effect:
        say(one.effect, STYLES.get(one.outcome, ""), INDENT)
    if one.kind == "answered":
        figures = session.pad().told
        known = [f"{name} = {shown(figures[name])}" for name in one.facts if name in figures]
        if known:
            say(f"on the pad: {', '.join(known)}", "dim", INDENT)


def _entered(session: Session, at: float) -> None:
    now = phases.place(session.record, at)
    if now is None:
        return
    ahead = sum(part.minutes for part in now.slot.parts[now.part + 1 :]) * phases.MINUTE_S
    budget = "" if now.left_s == float("inf") else f", {clock(now.left_s - ahead)} for it"
    say(f"[{clock(at)}] {phases.NAMES[now.phase]}{budget}", "yellow")
    if not session.record.setup.drill:
        say(phases.LEAD[now.phase], "dim", INDENT)


def _estimated(session: Session, number: int, name: str, value: str) -> None:
    if value:
        say(f"{name} = {value}", "", INDENT)
    elif problem := session.pad().problems.get(number):
        say(f"kept without a value: {problem.message}", "yellow", INDENT)
        if problem.hint:
            say(f"hint: {problem.hint}", "dim", INDENT)


def time_line(record: Record, at: float) -> str:
    """Where a session is, in a line."""
    now = phases.place(record, at)
    if now is None:
        return clock(at)
    left = "" if now.left_s == float("inf") else (
        f", {clock(now.left_s)} left" if now.left_s >= 0 else f", {clock(-now.left_s)} over"
    )  # fmt: skip
    total = "" if now.total_s == float("inf") else f" of {clock(now.total_s)}"
    stands = ", paused" if phases.is_paused(record) else ""
    return f"{clock(at)}{total}, {phases.NAMES[now.phase]}{left}{stands}"


def standing(session: Session) -> Iterator[str]:
    """What stands so far: the lists, the pad, the decisions, the blueprint."""
    events = session.record.events
    lists = (("needs", "functional"), ("deferred", "deferred"), ("promises", "contract"), ("hard part", "hard_part"))
    for title, sort in lists:
        yield from _listed(title, [e.text for e in events if e.kind == "required" and e.sort == sort])
    yield from _listed("assumptions", [e.text for e in events if e.kind == "assumed"])
    pad = session.pad()
    yield from _listed("told", [f"{name} = {shown(value)}" for name, value in pad.told.items()])
    yield from _listed("pad", [f"{name} = {shown(value)}" for name, value in pad.values.items()])
    yield from _listed("decisions", [e.words for _, e in session.record.decisions])
    if session.record.blueprint:
        yield f"blueprint: {wiring(session.look())}"


def _listed(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield f"{title}:"
        yield from (f"    {line}" for line in lines)


RECALLED = 6


def recall(session: Session) -> None:
    """The end of what was said before a session was left."""
    rows = [row for row in rows_of(session.record) if row.who != "clock" or row.label == "phase"]
    for row in rows[-RECALLED:]:
        say(f"[{row.clock}] {'' if row.who == 'clock' else row.who + ' '}{row.label}: {row.text}", "dim")
    say(f"goes on: {time_line(session.record, session.now)}", "yellow")
