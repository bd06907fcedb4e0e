"""Evidence of who raised what: failures before they were thrown, areas before they were asked about, limits."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.practice.events import Curveball, Ran, Wrote
from loadcase.practice.judging.evidence import Piece, Sort
from loadcase.practice.judging.view import Statement, View
from loadcase.practice.judging.words import has, near
from loadcase.practice.rubric import Criterion

GIVEN = 5
"""Areas that an interviewer may open without taking the pen: they are counted on his side in any case."""
LAST = 0.65
"""Share of the time from which on a session is landing."""
UNCHANGED = 0.4
"""What it counts for to have run a design that was not changed afterwards."""


def _raises(view: View, statement: Statement, name: str) -> bool:
    ball = view.facts.curveballs[name]
    return any(view.field.makes(statement.text, text) for text in (*ball.raised_as, ball.says))


def _raised(view: View, criterion: Criterion) -> Iterator[Piece]:
    """Curveballs of the facts that were named before they were thrown, and before anybody asked."""
    for name, ball in view.facts.curveballs.items():
        thrown = next((i for i, e in enumerate(view.events) if isinstance(e, Curveball) and e.name == name), None)
        for statement in view.statements:
            if not statement.marks or (thrown is not None and statement.number > thrown):
                continue
            if not view.prompted(statement) and _raises(view, statement, name):
                shows = f"names it before it was thrown: {ball.raised_as[0]}"
                factor = 1.0 if statement.depth >= 2 else 0.6
                yield Piece(f"ball {name}", factor * (0.6 if statement.source == "asked" else 1.0),
                            view.of(statement, shows))  # fmt: skip


def _own_failure(view: View, criterion: Criterion) -> Iterator[Piece]:
    """A failure that was raised unasked and is none of the curveballs."""
    for statement, topic in view.on(criterion.topics, least=2):
        if view.prompted(statement, topic) or any(_raises(view, statement, name) for name in view.facts.curveballs):
            continue
        shows = f"raises {topic.replace('_', ' ')} unasked"
        yield Piece(statement.text.casefold(), 1.0, view.of(statement, shows))


def _opened(view: View, criterion: Criterion) -> Iterator[Piece]:
    """Areas that the candidate opened, as a share of all that were opened; each area has an equal part of the share."""
    first: dict[str, Statement] = {}
    for statement in view.statements:
        if statement.source != "blueprint" and statement.marks:
            for topic in statement.topics[:2]:
                if topic in criterion.topics and topic not in first and not view.prompted(statement, topic):
                    first[topic] = statement
    share = 1.0 / (len(first) + len(view.probes) + GIVEN)
    for topic, statement in first.items():
        yield Piece(topic, share, view.of(statement, f"opens {topic.replace('_', ' ')} unasked"))


def _unasked(view: View, criterion: Criterion) -> Iterator[Piece]:
    """A statement on the criterion's topics towards the end, unasked."""
    for statement, topic in view.on(criterion.topics):
        if (
            statement.source != "blueprint"
            and statement.at >= LAST * view.seconds
            and not view.prompted(statement, topic)
        ):
            yield Piece(statement.text.casefold(), 1.0, view.of(statement, f"raises {topic} at the end, unasked"))


def _landed(view: View, criterion: Criterion) -> Iterator[Piece]:
    """A summary, or what comes next, towards the end."""
    for statement in view.spoken:
        if statement.marks and statement.at >= LAST * view.seconds and has("landing", statement.text):
            factor = (0.6 if statement.depth == 1 else 1.0) * view.weight(statement, "operations")
            yield Piece(statement.text.casefold(), factor, view.of(statement, "sums up or looks ahead"))


def _limit(view: View, criterion: Criterion) -> Iterator[Piece]:
    """A limit or weak spot of one's own design."""
    for statement in view.spoken:
        if statement.marks and has("limits", statement.text):
            factor = (0.6 if statement.depth == 1 else 1.0) * view.weight(statement)
            yield Piece(statement.text.casefold(), factor, view.of(statement, "sees a limit of one's own design"))


def _tried(view: View, criterion: Criterion) -> Iterator[Piece]:
    """Runs of the design; most where it was changed after."""
    texts = [(i, e.blueprint) for i, e in enumerate(view.events) if isinstance(e, Wrote)]
    for i, event in enumerate(view.events):
        if isinstance(event, Ran) and event.outcome != "refused":
            before = [text for j, text in texts if j < i]
            changed = any(j > i and (not before or near(before[-1], text) < 1) for j, text in texts)
            shows = "tries the design, and changes it after" if changed else "tries the design"
            yield Piece(f"{event.what} {event.case}", 1.0 if changed else UNCHANGED, view.quote(i, shows))


SORTS: dict[str, Sort] = {
    "raised": _raised,
    "own_failure": _own_failure,
    "opened": _opened,
    "unasked": _unasked,
    "landed": _landed,
    "limit": _limit,
    "tried": _tried,
}
