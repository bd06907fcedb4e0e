"""Evidence of scoping: questions, assumptions, requirements and promises, and whether they came before the boxes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadcase.practice.events import Answered, Asked, Assumed, Estimated, Event, Required, Wrote
from loadcase.practice.judging.evidence import Piece, Sort
from loadcase.practice.judging.view import View
from loadcase.practice.judging.words import absolute, figure, has, near, topics
from loadcase.practice.rubric import Criterion

LATE = 0.5
"""What a question counts for once boxes were drawn."""
FURTHER = 0.3
"""What a second promise of the same sort counts for."""
NEAR = 0.2
"""How much of the hard part, by a share, something has to speak of that is only called so."""
PARTICULAR = 5
"""Words of the system or the field, with which it may speak of something else."""
LIKE = 0.5
"""Likeness of two requirements from which on they are one."""
EARLY = 0.35
"""Share of the time that counts as before the boxes where none was drawn."""
_BOXES = re.compile(r"^components:", re.MULTILINE)
_SORTS = (
    ("correctness", r"lost|lose|loss|twice|duplicat|double|out[ _]of[ _]order|undelivered|durab|appl|consisten|exact"),
    ("control", r"\bban|disabl|takedown|taken down|block|revok|kill|stop|\boverride"),
    ("cost", r"cost|usd|\$|dollar|budget"),
    ("availability", r"avail|uptime|nines|\bup\b"),
    ("freshness", r"age|fresh|stale|lag|behind|visible|seen|appear"),
    ("latency", r"p\d\d|latency|\bms\b|second|percentile|respon"),
)  # fmt: skip


def promise_sort(text: str) -> str:
    """What a promise is about."""
    return next((name for name, words in _SORTS if re.search(words, text.casefold())), "other")


def boxes(view: View) -> int:
    """The number of the first event that draws components; the end of the first third where none does."""
    for i, event in enumerate(view.events):
        if isinstance(event, Wrote) and _BOXES.search(event.blueprint):
            return i
    return next((i for i, e in enumerate(view.events) if e.at > EARLY * view.seconds), len(view.events))


def _asked(view: View, criterion: Criterion) -> Iterator[Piece]:
    """A fact that was asked for, or something open that was asked about; half once components were drawn."""
    first = boxes(view)
    for event in view.events:
        if not isinstance(event, Answered) or not isinstance(view.event(event.to), Asked):
            continue
        factor = 1.0 if event.to < first else LATE
        for name in event.facts:
            about = view.facts.facts[name].about if name in view.facts.facts else name
            yield Piece(f"fact {name}", factor, view.quote(event.to, f"asks for {about}"))
        if not event.facts and (event.silent or event.numbers) and event.how in ("yours", "derive"):
            what = event.silent or ", ".join(event.numbers)
            yield Piece(f"open {what}", 0.6 * factor, view.quote(event.to, f"sees that {what} is open"))


def _assumed(view: View, criterion: Criterion) -> Iterator[Piece]:
    """An assumption that was stated; most with its reason or figure."""
    for i, event in enumerate(view.events):
        if isinstance(event, Assumed) and not view.echo(i, event.text):
            marks = view.field.marks(event.text)
            if marks or view.field.specific(event.text) >= 2:
                shows = "an assumption with its reason or figure" if marks else "an assumption"
                yield Piece(event.text.casefold(), 1.0 if marks else 0.4, view.quote(i, shows))


def _listed(view: View, sort: str, shows: str) -> Iterator[Piece]:
    """Requirements of a sort, from the list and from the blueprint; one that stands in both counts once."""
    seen: list[str] = []
    for i, event in enumerate(view.events):
        if isinstance(event, Required) and event.sort == sort and _new(view, event.text, seen):
            yield Piece(event.text.casefold(), 1.0, view.quote(i, shows))
    if view.blueprint is not None and not view.copied:
        for text in getattr(view.blueprint.requirements, sort):
            if _new(view, text, seen):
                yield Piece(text.casefold(), view.trust, view.quote(view.wrote(text), shows, text, "blueprint"))


def _new(view: View, text: str, seen: list[str]) -> bool:
    """Whether a requirement says something, is the candidate's own, and was not seen before; then it is noted."""
    if not (view.own(text) and view.field.specific(text) and all(near(text, other) < LIKE for other in seen)):
        return False
    seen.append(text)
    return True


def _functional(view: View, criterion: Criterion) -> Iterator[Piece]:
    """Something that it must do, in the list or in the blueprint."""
    yield from _listed(view, "functional", "says what it must do")


def _deferred(view: View, criterion: Criterion) -> Iterator[Piece]:
    """Something that is left out on purpose."""
    yield from _listed(view, "deferred", "leaves it out on purpose")


def _promise(view: View, criterion: Criterion) -> Iterator[Piece]:
    """A promise with a bound; further ones of the same sort count for less."""
    found: list[tuple[str, float, int, str]] = []
    for i, event in enumerate(view.events):
        if isinstance(event, Required) and event.sort == "contract" and (figure(event.text) or absolute(event.text)):
            found.append((event.text, 1.0, i, ""))
    if view.blueprint is not None:
        found += [(one.text, view.trust, view.wrote(one.text), "blueprint") for one in view.blueprint.contract]
    counted: dict[str, int] = {}
    for text, factor, number, source in sorted(found, key=lambda f: -f[1]):
        sort = promise_sort(text)
        counted[sort] = counted.get(sort, 0) + 1
        quote = view.quote(number, f"a promise of {sort} that can be measured", text, source)
        yield Piece(f"{sort} {text.casefold()}", factor * FURTHER ** (counted[sort] - 1), quote)


def _before_boxes(view: View, criterion: Criterion) -> Iterator[Piece]:
    """A question, requirement, assumption or figure before the first component."""
    first = boxes(view)
    told = {e.to for e in view.events if isinstance(e, Answered) and (e.facts or e.how in ("yours", "derive"))}
    for i, event in enumerate(view.events[:first]):
        if (isinstance(event, Asked) and i in told) or isinstance(event, Required | Assumed | Estimated):
            if not _says_something(view, event):
                continue
            yield Piece(f"event {event.words.casefold()}", 1.0, view.quote(i, "comes before the first component"))


def _says_something(view: View, event: Event) -> bool:
    if isinstance(event, Estimated):
        return bool(event.value)
    if isinstance(event, Required) and event.sort == "contract":
        return figure(event.text) or absolute(event.text)
    return isinstance(event, Asked) or view.field.specific(event.words) >= 2


def _hard_part_named(view: View, criterion: Criterion) -> Iterator[Piece]:
    """The hard part, named before it was asked for; half in the second half of the session."""
    for statement in view.statements:
        required = statement.source == "required" and getattr(view.events[statement.number], "sort", "") == "hard_part"
        if not required and "hard_part" not in topics(statement.text, 25):
            continue
        if view.prompted(statement, "hard_part"):
            continue
        meant = min(1.0, view.field.says(statement.text, view.ground.hard_part) / 0.4)
        if meant < NEAR and statement.depth < 2 and view.field.specific(statement.text) < PARTICULAR:
            continue
        factor = max(0.4, meant) + (0.3 if statement.marks else 0.0)
        factor *= 1.0 if statement.at <= 0.5 * view.seconds else 0.5
        if view.field.specific(statement.text) >= 3:
            yield Piece(statement.text.casefold(), factor, view.of(statement, "names the hard part unasked"))
    b = view.blueprint
    if b is not None and b.requirements.hard_part and view.own(b.requirements.hard_part):
        text = b.requirements.hard_part
        number = view.wrote(text)
        early = view.events[number].at <= 0.5 * view.seconds
        meant = min(1.0, view.field.says(text, view.ground.hard_part) / 0.4)
        quote = view.quote(number, "the blueprint names the hard part", text, "blueprint")
        yield Piece(text.casefold(), meant * view.trust * (1.0 if early else 0.5), quote)


def _doubted(view: View, criterion: Criterion) -> Iterator[Piece]:
    """A requirement that is doubted or bargained over, with a reason."""
    for statement in view.statements:
        if statement.source != "blueprint" and statement.marks and has("pushback", statement.text):
            factor = (1.0 if statement.depth >= 2 else 0.6) * view.weight(statement, "requirements")
            yield Piece(statement.text.casefold(), factor, view.of(statement, "doubts a requirement, with a reason"))


SORTS: dict[str, Sort] = {
    "asked": _asked,
    "assumed": _assumed,
    "functional": _functional,
    "deferred": _deferred,
    "promise": _promise,
    "before_boxes": _before_boxes,
    "hard_part_named": _hard_part_named,
    "doubted": _doubted,
}
