"""Evidence of runs and of curveballs: what held, what survived, and how the candidate answered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from loadcase.practice.events import Changed, Curveball
from loadcase.practice.judging.evidence import NotAssessedError, Piece, Sort
from loadcase.practice.judging.result import Quote
from loadcase.practice.judging.view import Statement, View
from loadcase.practice.rubric import Criterion

BROKEN = 0.5
"""What a case counts for in which something broke, beside one in which all held: by the share that held."""
ANSWERED = 0.5
"""What a statement with a mechanism counts for that makes none of the points of a good answer."""


def _held(view: View, criterion: Criterion) -> Iterator[Piece]:
    """A case of the design's own contract that was run, by the share of guarantees that held."""
    if not view.bench.execute:
        raise NotAssessedError("nothing was run")
    if view.look is None:
        return
    checked = view.bench.check(view.text)
    last = max(view.wrote_at)
    found = [piece for case in checked.cases if (piece := _case(view, checked.lines, case, last)) is not None]
    if not found and checked.outcome in ("not_run", "undecided"):
        raise NotAssessedError("no run decided anything")
    yield from found


def _case(view: View, lines: Sequence[Any], case: str, last: int) -> Piece | None:
    """One case that was run: by the share of the guarantees that held; what stayed undecided counts against nothing."""
    lines = [line for line in lines if line.case == case and line.outcome in ("holds", "broken")]
    broken = [f"{line.guarantee}: {line.value}" for line in lines if line.outcome == "broken"]
    if not lines:
        return None
    held = len(lines) - len(broken)
    factor = held / len(lines) * (BROKEN if broken else 1.0)
    words = f"{case}: {held} of {len(lines)} guarantees hold" + (f"; broken: {', '.join(broken[:3])}" if broken else "")
    return Piece(case, factor * view.trust, Quote(last, view.events[last].at, "run", words, "its own contract", 0.0))


def thrown(view: View) -> list[tuple[int, Curveball | Changed]]:
    """The curveballs and changes of the session, with their numbers."""
    return [(i, e) for i, e in enumerate(view.events) if isinstance(e, Curveball | Changed)]


def _survived(view: View, criterion: Criterion) -> Iterator[Piece]:
    """A curveball that a run of the design survived, as a share of those that were thrown."""
    balls = [(i, e) for i, e in thrown(view) if isinstance(e, Curveball)]
    found = []
    for i, ball in balls:
        outcome, effect = ball.outcome, ball.effect
        if outcome == "not_run" and view.bench.execute and view.look is not None:
            run = view.bench.throw(view.text, ball.name)
            outcome, effect = run.outcome, run.effect
        if outcome in ("holds", "broken"):
            found.append((i, ball, outcome, effect))
    if not found:
        raise NotAssessedError("no curveball was decided by a run")
    for i, ball, outcome, effect in found:
        if outcome == "holds":
            words = f"{ball.name}: {outcome}. {effect}".strip()
            quote = Quote(i, ball.at, "curveball", words, "the design under the curveball", 0.0)
            yield Piece(f"run {ball.name}", view.trust / len(found), quote)


def _points(view: View, event: Curveball | Changed) -> list[str]:
    table = view.facts.curveballs if isinstance(event, Curveball) else view.facts.changes
    one = table.get(event.name)
    return list(one.good) if one is not None else []


def _answers(view: View, number: int, until: int) -> Iterator[Statement]:
    """What was said to something: what names it, and what follows until the next one."""
    for statement in view.spoken:
        if statement.to == number or (statement.to is None and number < statement.number < until):
            yield statement


def _answer(view: View, criterion: Criterion) -> Iterator[Piece]:
    """A point of a good answer to a curveball or change, or a mechanism, as a share of those that came."""
    all_ = thrown(view)
    if not all_:
        raise NotAssessedError("no curveball was thrown, and nothing was changed")
    ends = [i for i, _ in all_[1:]] + [len(view.events)]
    for (number, event), until in zip(all_, ends, strict=True):
        for statement in _answers(view, number, until):
            if not statement.marks:
                continue
            made = [point for point in _points(view, event) if view.field.says(statement.text, point) >= 0.4]
            for point in made:
                factor = min(1.0, view.field.says(statement.text, point) / 0.6) / len(all_)
                yield Piece(f"{event.name} {point}", factor, view.of(statement, f"answers {event.name}: {point}"))
            if not made and statement.depth >= 2:
                shows = f"answers {event.name} with {', '.join(sorted(statement.marks))}"
                factor = ANSWERED * statement.worth / len(all_)
                yield Piece(f"{event.name} {statement.text.casefold()}", factor, view.of(statement, shows))


SORTS: dict[str, Sort] = {"held": _held, "survived": _survived, "answer": _answer}
