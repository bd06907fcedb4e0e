"""The steps of a flow as a tree, parsed from the file's nested lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from loadcase.core.distributions import Dist
from loadcase.kinds.base import Options

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Condition:
    """A comparison of what a component is doing with a bound in base units."""

    component: str
    metric: Literal["queue", "utilisation"]
    comparison: Literal["<", "<=", ">", ">="]
    bound: float


@dataclass(frozen=True)
class Brownout:
    """A step is left out from a look at which `when` holds to one at which `until` does; looks are `every` s apart."""

    when: Condition
    until: Condition
    every: float


@dataclass(frozen=True)
class Call:
    """`component.verb` with its options; nested steps (`do`, `miss`, `fallback`) are parsed beside them."""

    path: Path
    component: str
    verb: str
    options: Options
    nested: dict[str, tuple[Step, ...]]
    skip: Brownout | None = None


@dataclass(frozen=True)
class Parallel:
    """Branches that run at once; the flow goes on when `need` of them have succeeded."""

    path: Path
    branches: tuple[tuple[Step, ...], ...]
    need: int


@dataclass(frozen=True)
class FanOut:
    """The same steps `n` times at once; the flow goes on when `need` of them have succeeded."""

    path: Path
    n: int
    need: int
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Choose:
    """One branch, drawn by weight."""

    path: Path
    weights: tuple[float, ...]
    branches: tuple[tuple[Step, ...], ...]


@dataclass(frozen=True)
class Repeat:
    """The same steps `times` times, one after the other."""

    path: Path
    times: int
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Spawn:
    """Steps that are started and not waited for."""

    path: Path
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Wait:
    """Time that passes without any component."""

    path: Path
    time: Dist


Step = Call | Parallel | FanOut | Choose | Repeat | Spawn | Wait


def children(step: Step) -> tuple[tuple[Step, ...], ...]:
    """The lists of steps directly inside a step."""
    match step:
        case Call(nested=nested):
            return tuple(nested.values())
        case Parallel(branches=branches) | Choose(branches=branches):
            return branches
        case FanOut(steps=steps) | Repeat(steps=steps) | Spawn(steps=steps):
            return (steps,)
        case Wait():
            return ()


def walk(steps: tuple[Step, ...]) -> Iterator[Step]:
    """Every step of a list, parents before children."""
    for step in steps:
        yield step
        for inner in children(step):
            yield from walk(inner)
