"""The reviewer's side: a session replayed on its timeline, a criterion given another level, progress in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from loadcase.core.errors import UsageError, suggest
from loadcase.practice import timeline, verdict
from loadcase.practice.drills import Point
from loadcase.practice.phases import NAMES
from loadcase.practice.progress import Progress
from loadcase.practice.show import Shown, day, told
from loadcase.practice.store import Override, Store

LEVELS = ("0", "1", "2", "3", "4", "not assessed")


def replay(shown: Shown) -> Iterator[str]:
    """The timeline, then how it was judged."""
    yield told(shown)
    phase = None
    for row in timeline.rows(shown.record):
        if row.label != "phase":
            if row.phase != phase:
                phase = row.phase
                yield from ("", NAMES.get(phase, phase))  # type: ignore[call-overload]
            who = "" if row.who == "clock" else f"{row.who} "
            first, *more = (f"{who}{row.label}" + (f": {row.text}" if row.text else "")).splitlines()
            yield f"  {row.clock}  {first}"
            yield from (f"  {' ' * len(row.clock)}    {line}" for line in more)
    yield from how_it_went(shown.points)
    if shown.judgement:
        yield ""
        yield from verdict.lines(shown.judgement, shown.overrides)
    elif not shown.kept.setup.drill:
        yield from ("", f"not judged; `loadcase practice score {shown.kept.id}` does")


def how_it_went(points: Iterable[Point]) -> Iterator[str]:
    """A drill, point by point."""
    for point in points:
        mark = {True: "yes", False: "no ", None: "?  "}[point.met]
        yield from ("", f"{mark} {point.about}")
        if point.yours:
            yield f"      you: {point.yours}"
        yield from (f"      {line}" for line in point.good)


def overridden(store: Store, id: str, given: str, because: str, now_s: float) -> Override:
    """Keeps a reviewer's level for a criterion. Raises UsageError when it makes no sense, or nothing was scored."""
    judgement = store.judgement(id)
    if judgement is None:
        raise UsageError(f"{id} was not scored", hint=f"loadcase practice score {id}")
    name, sign, level = (part.strip() for part in given.partition("="))
    known = [v["criterion"] for v in judgement["verdicts"]]
    if name not in known:
        raise UsageError(
            f"there is no criterion {name!r}", hint=suggest(name, known) or f"criteria: {', '.join(known)}"
        )
    if not sign or level not in LEVELS:
        raise UsageError(f"{name} takes a level, got {level!r}", hint=f"one of {', '.join(LEVELS)}")
    if not because.strip():
        raise UsageError("an override needs a reason", hint='--because "what was said at 12:30 shows it"')
    made = Override(name, level, because.strip(), now_s)
    store.override(id, made)
    return made


def progress_lines(found: Progress) -> Iterator[str]:
    """How practice goes, in lines."""
    if not found.sessions:
        yield "nothing was judged yet"
    for past in found.sessions:
        mark = "" if past.reached else f" (aimed at {past.aimed})"
        yield f"{day(past.ended_s)}  {past.id}: {past.read}{mark}, score {past.score:.0f}"
    if found.unjudged:
        yield from ("", f"not judged yet: {', '.join(found.unjudged)}; loadcase practice score {found.unjudged[0]}")
    if found.weak:
        yield from ("", "what stays weak, of 4")
        for one in found.weak:
            yield f"  {one.level:.1f}  {one.title} ({one.axis}): {one.next}"
            yield f"       loadcase practice drill {one.drill}"
    yield from ("", "what comes next")
    for coming in found.next:
        yield f"  {coming.system} ({coming.difficulty}): {coming.why}"
