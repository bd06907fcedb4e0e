"""Who held the pen: the time of each phase, as the candidate's, the interviewer's, and silence."""

from __future__ import annotations

from loadcase.practice.events import CANDIDATES, Answered, Changed, Curveball, Hint, Prompted, Said, Steered
from loadcase.practice.judging.result import Held
from loadcase.practice.record import Record

SILENT_S = 120.0
"""A pause longer than this is silence beyond it."""


def held(record: Record) -> tuple[Held, ...]:
    """The phases in order, each with the shares of its time.

    After a prompt, hint, steer, curveball or change the interviewer holds the pen, until the candidate does something
    that does not answer it.
    """
    spent: dict[str, dict[str, float]] = {}
    interviewer = False
    replied = False
    for number, (event, after) in enumerate(zip(record.events, record.events[1:], strict=False)):
        if isinstance(event, Prompted | Hint | Steered | Curveball | Changed):
            interviewer, replied = True, False
        elif isinstance(event, CANDIDATES):
            answers = isinstance(event, Said) and (event.to is not None or not replied)
            interviewer = interviewer and answers
            replied = True
        elif isinstance(event, Answered):
            interviewer = False
        phase = spent.setdefault(record.phase_at(number), {"candidate": 0.0, "interviewer": 0.0, "silent": 0.0})
        seconds = after.at - event.at
        phase["silent"] += max(0.0, seconds - SILENT_S)
        phase["interviewer" if interviewer else "candidate"] += min(seconds, SILENT_S)
    return tuple(
        Held(name, total, *(round(parts[who] / total, 4) for who in ("candidate", "interviewer", "silent")))
        for name, parts in spent.items()
        if (total := sum(parts.values())) > 0
    )
