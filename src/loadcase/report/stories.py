"""The story of a broken guarantee, in words and in JSON."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from loadcase.check.story import Line, Story

_WORDS = {
    "base": "saw version",
    "receiver": "to",
    "clock_s": "client's clock",
    "detail": "because of",
    "value": "amount",
}


def print_lines(story: Story, out: Console) -> None:
    """The rows of a story, in time order."""
    out.print(Text(f"    one of them: {story.said}"), soft_wrap=True)
    for line in story.lines:
        out.print(Text(f"    {line.time_s:>12.6f} s  {said(line)}"), soft_wrap=True)
    if story.omitted:
        out.print(Text(f"    {story.omitted} more rows of these operations", "dim"))


def said(line: Line) -> str:
    """One row in words: `commit   send 17  message, key 42, at messages/3, attempt 2  [crash of messages]`."""
    who = " ".join(part for part in (line.flow, line.operation) if part)
    parts = [line.entity] if line.entity else []
    words = {**_WORDS, "value": "for s"} if line.event == "claim" else _WORDS
    parts += [f"{words.get(name, name)} {text}" for name, text in line.told]
    if line.component:
        parts.append(f"at {at(line)}")
    if line.attempt is not None and line.attempt > 1:
        parts.append(f"attempt {line.attempt}")
    active = f"  [{', '.join(line.faults)}]" if line.faults else ""
    return f"{line.event:<11} {who:<12} {', '.join(parts)}{active}".rstrip()


def at(line: Line) -> str:
    """Where a row happened: the component and the number of its replica."""
    return line.component + ("" if line.place is None else f"/{line.place}")


def story_json(story: Story) -> dict[str, Any]:
    """A story in JSON."""
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
