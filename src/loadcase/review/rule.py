"""What a rule is: a flaw with a name, a stable code, its reason and source, and examples that are its tests.

Codes go by what the flaw is about; a code is never given to another rule:

| codes | about |
|---|---|
| LC500..LC509 | comments that silence a rule |
| LC510..LC519 | requirements, scope and the contract |
| LC520..LC529 | estimates, and sizes against them |
| LC530..LC539 | patterns: caches, fan-out, gateways, models |
| LC540..LC549 | interfaces, entities and keys |
| LC550..LC559 | correctness: duplicates, order, loss, staleness |
| LC560..LC569 | deadlines, retries, queues |
| LC570..LC579 | failure: single points, dependencies, recovery |
| LC580..LC589 | objectives and operation, access |
| LC590..LC599 | components and decisions without a reason |
| LC600..LC609 | correctness: what happens at the same time |
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from loadcase.core.docstrings import opening, parts
from loadcase.core.errors import Path

if TYPE_CHECKING:
    from loadcase.review.design import Design

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""The worst first: what breaks a promise or works against itself; what a reviewer would object to; what is missing."""


@dataclass(frozen=True)
class Edit:
    """One change of a fix: the value that a place of the document gets."""

    path: Path
    value: Any


@dataclass(frozen=True)
class Found:
    """A flaw at a place: what is wrong, and how to mend it.

    `key` points to the name at the path and not to its value. `severity` is the rule's own unless this one is graver
    or lighter. `edits` mend it, without a choice that is the author's.
    """

    path: Path
    message: str
    hint: str
    key: bool = True
    severity: Severity | None = None
    edits: tuple[Edit, ...] = ()
    place: tuple[int, int] | None = None
    """Line and column, of what stands in a comment."""


def error_if(broken: object) -> Severity | None:
    """The severity of what is an error where the contract forbids it, and what its rule says else."""
    return "error" if broken else None


class Rule:
    """A flaw that a blueprint, its closed form or its runs show.

    The docstring of a rule opens with the flaw in one sentence and goes on with What, Why and Source. `valid` and
    `invalid` are blueprints (`loadcase` and `name` may be left out); in an invalid one every line at which the rule
    has to report ends with `# <-`.
    """

    code: ClassVar[str]
    severity: ClassVar[Severity]
    covers: ClassVar[tuple[str, ...]] = ()
    """Rules of the guides, by their names in `guides.yaml`, that it checks."""
    valid: ClassVar[tuple[str, ...]] = ()
    invalid: ClassVar[tuple[str, ...]] = ()
    fixes: ClassVar[bool] = False
    """Whether `--fix` can mend what it reports."""
    last: ClassVar[bool] = False
    """Whether it looks at what the other rules have found."""
    deep: ClassVar[bool] = False
    """Whether it is found by running only (`--deep`); on paper it looks at nothing."""

    @property
    def name(self) -> str:
        """After its flaw: `retry-without-jitter`."""
        return type(self).__module__.rpartition(".")[2].replace("_", "-")

    def look(self, design: Design) -> Iterable[Found]:
        """Where the design has the flaw."""
        raise NotImplementedError

    @property
    def summary(self) -> str:
        """The flaw in one sentence."""
        return opening(type(self))

    def told(self) -> dict[str, str]:
        """What, Why and Source."""
        return {name: " ".join(body.split()) for name, body in parts(type(self), "What", "Why", "Source").items()}


def blueprint_of(example: str) -> str:
    """An example as a whole blueprint."""
    return example.strip() + "\n" if example.lstrip().startswith("loadcase:") else HEAD + example.strip() + "\n"


def marked(example: str) -> Iterator[int]:
    """Lines (from 1) of the whole blueprint at which an invalid example has to be reported."""
    for number, line in enumerate(blueprint_of(example).splitlines(), 1):
        if line.rstrip().endswith("# <-"):
            yield number


HEAD = "loadcase: 1\nname: example\n"
