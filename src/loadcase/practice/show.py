"""A session for others to read: JSON, Markdown, and one HTML file that needs nothing else. Nothing is run or judged."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from loadcase import __version__
from loadcase.core.errors import LoadcaseError
from loadcase.draw.text import plain
from loadcase.practice import drills, timeline, verdict
from loadcase.practice.phases import NAMES
from loadcase.practice.record import Record
from loadcase.practice.store import Kept, Override, Store
from loadcase.systems import System, find


@dataclass(frozen=True)
class Shown:
    """All that is known of a session. `judgement` is None until it was scored; `system` where it is no longer there."""

    kept: Kept
    record: Record
    judgement: dict[str, Any] | None
    overrides: Sequence[Override]
    system: System | None

    @property
    def title(self) -> str:
        """What the session is called."""
        return self.kept.name or (self.system.title if self.system else self.kept.setup.system)

    @property
    def points(self) -> list[drills.Point]:
        """How a drill went."""
        return drills.points(self.record, self.system) if self.system and self.kept.setup.drill else []


def gather(store: Store, id: str) -> Shown:
    """A session with what was found of it. Raises UsageError when there is none."""
    kept = store.kept(id)
    system = None
    try:
        system = find(kept.setup.system)
        _ = system.title
    except LoadcaseError:  # a prompt of one's own that has gone; what was done in it is shown all the same
        system = None
    return Shown(kept, store.record(id), store.judgement(id), store.overrides(id), system)


def kept_json(kept: Kept) -> dict[str, Any]:
    """A session as it is listed."""
    return {**asdict(kept), "setup": asdict(kept.setup)}


def as_json(shown: Shown) -> dict[str, Any]:
    """`practice export -o FILE.json`: the events say everything, and the rest can be worked out from them."""
    return {
        **kept_json(shown.kept),
        "title": shown.title,
        "events": [one.model_dump(mode="json") for one in shown.record.events],
        "blueprint": shown.record.blueprint,
        "judgement": shown.judgement,
        "overrides": [asdict(one) for one in shown.overrides],
        "drill": [one.to_json() for one in shown.points],
    }


def day(seconds: float) -> str:
    """A time of day, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def told(shown: Shown) -> str:
    """How the session was set up, in a line."""
    setup, kept = shown.kept.setup, shown.kept
    what = (
        f"{setup.drill} drill" if setup.drill else f"{'free' if setup.format == 'free' else f'{setup.format} minutes'}"
    )
    state = "ended" if kept.ended else "not ended"
    return (
        f"{setup.system}, {what}, aimed at {setup.level}, {setup.style} interviewer; {day(kept.created_s)}, "
        f"{timeline.clock(kept.clock_s)} on the clock, {state}"
    )


# --- Markdown ---------------------------------------------------------------------------------------------------------
def markdown(shown: Shown) -> str:
    """The session as Markdown. What was typed is text, and no markup."""
    parts = [f"# {_escaped(shown.title)}", _escaped(told(shown))]
    if shown.system and shown.system.prompt:
        parts.append("> " + _escaped(shown.system.prompt))
    if shown.judgement:
        parts += ["## Verdict", *_verdict_markdown(shown)]
    if shown.points:
        parts += ["## How it went", "\n".join(_point_markdown(one) for one in shown.points)]
    parts += ["## Timeline", _timeline_markdown(shown.record)]
    if shown.record.blueprint:
        fence = _fence(shown.record.blueprint)
        parts += ["## The blueprint", f"{fence}yaml\n{shown.record.blueprint.rstrip()}\n{fence}"]
    return plain("\n\n".join(parts) + "\n")


def _verdict_markdown(shown: Shown) -> list[str]:
    assert shown.judgement is not None
    parts = [f"**{_escaped(verdict.summary(shown.judgement))}**"]
    for axis in verdict.AXES:
        lines = []
        for one in verdict.criteria(shown.judgement, shown.overrides):
            if one.axis != axis:
                continue
            level = f"{one.level} of 4" if one.assessed else "not assessed"
            lines.append(f"- **{_escaped(one.title)}**: {level}. {_escaped(one.says)}")
            if one.override:
                lines.append(
                    f"  - a reviewer: **{_escaped(one.override.level)}**, because {_escaped(one.override.because)}"
                )
            lines += [f"  - {_escaped(quote)}" for quote in one.quotes]
        parts += [f"### {axis.capitalize()}", "\n".join(lines)]
    for heading, lines in verdict.after(shown.judgement):
        parts += [f"### {heading}", "\n".join(f"- {_escaped(line)}" for line in lines)]
    return parts


def _point_markdown(one: drills.Point) -> str:
    mark = {True: "yes", False: "no", None: "see for yourself"}[one.met]
    lines = [f"- **{_escaped(one.about)}**: {mark}"]
    lines += [f"  - you: {_escaped(one.yours)}"] if one.yours else []
    return "\n".join([*lines, *(f"  - {_escaped(good)}" for good in one.good)])


def _timeline_markdown(record: Record) -> str:
    lines, phase = [], None
    for row in timeline.rows(record):
        if row.label != "phase":
            if row.phase != phase:
                phase = row.phase
                lines.append(f"\n### {NAMES.get(phase, phase).capitalize()}\n")  # type: ignore[call-overload]
            text = _escaped(row.text).replace("\n", "<br>")
            who = "" if row.who == "clock" else f"**{row.who}** "
            lines.append(f"- `{row.clock}` {who}{row.label}{': ' + text if text else ''}")
    return "\n".join(lines).strip()


_ENTITIES = {ord(sign): f"&#{ord(sign)};" for sign in "\\`*_[]<>#|~$&"}


def _escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    return text.translate(_ENTITIES)


def _fence(text: str) -> str:
    """A fence that the text does not close."""
    fence = "```"
    while fence in text:
        fence += "`"
    return fence


# --- HTML -------------------------------------------------------------------------------------------------------------
def html(shown: Shown) -> str:
    """One file: it asks for nothing from anywhere and runs no script."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    pages = files("loadcase.practice") / "pages"
    css = (files("loadcase.report") / "pages" / "report.css").read_text("utf-8")
    css += (pages / "session.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    text = environment.from_string((pages / "session.html.jinja").read_text("utf-8")).render(
        s=shown,
        told=told(shown),
        prompt=shown.system.prompt if shown.system else "",
        version=__version__,
        css=Markup(css),
        hash=f"sha256-{digest}",
        rows=timeline.rows(shown.record),
        names=NAMES,
        axes=verdict.AXES,
        summary=verdict.summary(shown.judgement) if shown.judgement else "",
        criteria=verdict.criteria(shown.judgement, shown.overrides) if shown.judgement else [],
        after=list(verdict.after(shown.judgement)) if shown.judgement else [],
    )
    return plain(text)


FORMS = {"json": as_json, "md": markdown, "html": html}
"""What a session can be exported as, by the ending of the file."""
