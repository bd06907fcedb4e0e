"""Evidence of runs and of curveballs: what held, what survived, and how the candidate answered."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.practice.events import Changed, Curveball
from loadcase.practice.judging.evidence import NotAssessedError, Piece, Sort
from loadcase.practice.judging.result import Quote
from loadcase.practice.judging.view import Statement, View
from loadcase.practice.rubric import Criterion

HELD = {"holds": 1.0, "undecided": 0.3, "broken": 0.15}
"""What a case that was run counts for."""
SURVIVED = {"holds": 1.0, "undecided": 0.4}
ANSWERED = 0.5
"""What a statement with a mechanism counts for that makes none of the points of a good answer."""


def _held(view: View, criterion: Criterion) -> Iterator[Piece]:
    if not view.bench.execute:
        raise NotAssessedError("nothing was run")
    if view.look is None:
        return
    checked = view.bench.check(view.text)
    if checked.outcome == "not_run":
        raise NotAssessedError("nothing was run")
    last = max(view._flat)
    for case, outcome in checked.cases.items():
        if outcome in HELD:
            broken = [f"{line.guarantee}: {line.value}" for line in checked.lines
                      if line.case == case and line.outcome == "broken"]  # fmt: skip
            words = f"{case}: {outcome}" + (f" ({'; '.join(broken[:3])})" if broken else "")
            quote = Quote(last, view.events[last].at, "run", words, f"its own contract in {case}", 0.0)
            yield Piece(case, HELD[outcome] * view.trust, quote)


def thrown(view: View) -> list[tuple[int, Curveball | Changed]]:
    """The curveballs and changes of the session, with their numbers."""
    return [(i, e) for i, e in enumerate(view.events) if isinstance(e, Curveball | Changed)]


def _survived(view: View, criterion: Criterion) -> Iterator[Piece]:
    balls = [(i, e) for i, e in thrown(view) if isinstance(e, Curveball)]
    found = []
    for i, ball in balls:
        outcome, effect = ball.outcome, ball.effect
        if outcome == "not_run" and view.bench.execute and view.look is not None:
            run = view.bench.throw(view.text, ball.name)
            outcome, effect = run.outcome, run.effect
        if outcome != "not_run":
            found.append((i, ball, outcome, effect))
    if not found:
        raise NotAssessedError("no curveball was run")
    for i, ball, outcome, effect in found:
        if outcome in SURVIVED:
            words = f"{ball.name}: {outcome}. {effect}".strip()
            quote = Quote(i, ball.at, "curveball", words, "the design under the curveball", 0.0)
            yield Piece(f"run {ball.name}", SURVIVED[outcome] / len(found) * view.trust, quote)


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
