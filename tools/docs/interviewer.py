"""Tables of what the interviewer of a practice session does, from his data."""

from __future__ import annotations

from loadcase.practice.conduct import GRACE_S, PAUSE_S, THROWN
from loadcase.practice.phases import NAMES
from loadcase.practice.probes import probes
from loadcase.practice.topics import ABOUT
from tools.docs.fields import table


def questions() -> str:
    """Every question: when, about what, in a steering interviewer's words, and what it is tied to."""
    found = []
    for name, probe in probes().items():
        tied = [f"[{rule}](rules/{rule}.md)" for rule in probe.rules]
        tied += [f"the session: {probe.lack.replace('_', ' ')}"] if probe.lack else []
        asked = getattr(probe, probe.styles[-1] if len(probe.styles) == 1 else "steering")
        told = asked.replace("{place}", "…")
        found.append((f"`{name}`", NAMES[probe.phase], probe.about.replace("_", " "), told, ", ".join(tied)))
    return table(("question", "from", "about", "words", "tied to"), found)


def topics() -> str:
    """The topics."""
    return table(("topic", "what it is about"), [(f"`{name}`", text) for name, text in ABOUT.items()])


def paces() -> str:
    """How often each style speaks."""
    rows = [(f"`{style}`", f"{GRACE_S[style]:.0f} s", f"{PAUSE_S[style]:.0f} s") for style in PAUSE_S]
    return table(("style", "a phase begins with", "between two moves"), rows)


def thrown() -> str:
    """How many curveballs each format has."""
    return table(("format", "curveballs"), [(f"`{name}`", str(count)) for name, count in THROWN.items()])
