"""Evidence in what was said: statements on a criterion's topics that are more than names, and points that are made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loadcase.practice.judging.evidence import Piece, Sort
from loadcase.practice.judging.view import Statement, View
from loadcase.practice.judging.words import topics
from loadcase.practice.rubric import Criterion
from loadcase.systems.facts import Signal

MENTIONED = (0.0, 0.6, 1.0, 1.2, 1.2, 1.2, 1.2, 1.2)
"""What a statement counts for in breadth, by its marks."""
SAME_AREA = 0.6
"""What each further statement on one area counts for."""


def _mentioned(view: View, criterion: Criterion) -> Iterator[Piece]:
    """A statement on the criterion's topics with at least one mark."""
    for statement, topic in view.on(criterion.topics):
        factor = MENTIONED[statement.depth] * (1 + view.weight(statement, topic)) / 2
        shows = f"on {topic.replace('_', ' ')}, with {_listed(statement)}"
        yield Piece(_key(statement), factor, view.of(statement, shows))


def _worked(view: View, criterion: Criterion) -> Iterator[Piece]:
    """A statement on the criterion's topics with two marks, one of them a figure, a key or a mechanism."""
    for statement, topic in view.on(criterion.topics, least=2):
        shows = f"works out {topic.replace('_', ' ')}, with {_listed(statement)}"
        yield Piece(_key(statement), statement.worth * view.weight(statement, topic), view.of(statement, shows))


def _area(view: View, criterion: Criterion) -> Iterator[Piece]:
    """Each statement belongs to the area that it is mostly about; further ones on an area count for less."""
    areas: dict[str, list[tuple[float, Statement]]] = {}
    for statement, topic in view.on(criterion.topics, least=2):
        areas.setdefault(topic, []).append((statement.worth * view.weight(statement, topic), statement))
    for topic, found in areas.items():
        for rank, (worth, statement) in enumerate(sorted(found, key=lambda f: (-f[0], f[1].number, f[1].text))):
            shows = f"goes into {topic.replace('_', ' ')}, with {_listed(statement)}"
            yield Piece(_key(statement), worth * SAME_AREA**rank, view.of(statement, shows))


def _core(view: View, criterion: Criterion) -> Iterator[Piece]:
    """A statement of that sort on what makes this system hard."""
    hard = topics(". ".join([view.ground.hard_part, *(one.says for one in view.facts.good.depth)]), 4)
    for statement, topic in view.on(hard, least=2):
        shows = f"on what makes it hard ({topic.replace('_', ' ')}), with {_listed(statement)}"
        yield Piece(_key(statement), statement.worth / 2 * view.weight(statement, topic), view.of(statement, shows))


def _made(view: View, signals: Sequence[Signal], least: int, shows: str, unasked: bool = False) -> Iterator[Piece]:
    """The points of the facts that a statement makes, each once, by the statement that makes it best."""
    for signal in signals:
        for statement in view.statements:
            if statement.source == "asked" or len(statement.marks) < least:
                continue
            if unasked and view.prompted(statement):
                continue
            said = view.field.says(statement.text, signal.says)
            if said >= 0.4:
                factor = min(1.0, said / 0.6) * (1.0 if statement.depth >= 2 else 0.6) * view.weight(statement)
                yield Piece(signal.says, factor, view.of(statement, f"{shows}: {signal.says}"))


def _good_breadth(view: View, criterion: Criterion) -> Iterator[Piece]:
    """A part that the facts of the system look for, made in a statement with a mark."""
    yield from _made(view, view.facts.good.breadth, 1, "has what this system needs")


def _good_depth(view: View, criterion: Criterion) -> Iterator[Piece]:
    """A depth that the facts of the system look for, made in a statement with a mark."""
    yield from _made(view, view.facts.good.depth, 1, "goes where this system is deep")


def _good_proactiveness(view: View, criterion: Criterion) -> Iterator[Piece]:
    """What the facts want raised before it is asked, raised unasked."""
    yield from _made(view, view.facts.good.proactiveness, 1, "raises it unasked", unasked=True)


def _listed(statement: Statement) -> str:
    return ", ".join(sorted(statement.marks))


def _key(statement: Statement) -> str:
    return f"{statement.source} {statement.text.casefold()}"


SORTS: dict[str, Sort] = {
    "mentioned": _mentioned,
    "worked": _worked,
    "area": _area,
    "core": _core,
    "good_breadth": _good_breadth,
    "good_depth": _good_depth,
    "good_proactiveness": _good_proactiveness,
}
