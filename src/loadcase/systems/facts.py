"""The facts of a system: what an interviewer knows of it, answers when asked, and looks for in a design.

A file beside the blueprint, read by the same reader: everything that is wrong is told at once, with file, line, column
and how to mend it.

| code | meaning |
|---|---|
| LC390 | a source that `sources` does not name |
| LC391 | a name that a formula could not use |
| LC392 | a figure that does not follow from the facts |
| LC393 | a phrasing that two facts share |
| LC394 | a fault that cannot be thrown |
| LC395 | a change that does not fit the fact it changes |
| LC396 | one name for a fact and a number |
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, BeforeValidator, Field

from loadcase.blueprint.document import Document
from loadcase.blueprint.problems import Path, Problems, describe
from loadcase.core.errors import BlueprintError, LoadcaseError
from loadcase.core.expressions import evaluate, evaluate_all
from loadcase.core.fields import Factor
from loadcase.core.quantity import Quantity, Value, median, strip_counts
from loadcase.core.units import format_quantity
from loadcase.faults import faults
from loadcase.faults.base import CLIENT
from loadcase.kinds import kinds
from loadcase.kinds.base import STRICT

Level = Literal["mid", "senior", "staff"]
Role = Literal["write", "read", "realtime", "catch_up", "control", "consumer"]
"""What a flow is to a candidate's design: a kind of call of its interface, or one that consumes messages."""

ASSUMED = "assumed"
"""The source of a figure that nobody published."""
ROUNDED = 1.1
"""A figure is told rounded: it may be off what its formula gives by this factor."""
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def _listed(raw: Any) -> Any:
    return [raw] if isinstance(raw, str) else raw


def _texted(raw: Any) -> Any:
    return str(raw) if isinstance(raw, int | float) and not isinstance(raw, bool) else raw


Text = Annotated[str, Field(min_length=1)]
Sources = Annotated[list[Text], BeforeValidator(_listed), Field(min_length=1)]
Amount = Annotated[str, BeforeValidator(_texted), Field(min_length=1)]


class Fact(BaseModel):
    """What the interviewer knows and tells when asked."""

    model_config = STRICT
    about: Text = Field(description="What it is about, as a short noun phrase.")
    asked: list[Text] = Field(
        min_length=5, max_length=20, description="Five to twenty ways to ask for it, in different words."
    )
    answer: Text = Field(description="What the interviewer says: a sentence or two, with the figure.")
    value: Amount | None = Field(None, description="The figure, with its unit; formulas of `numbers` use it by name.")
    source: Sources = Field(description="Where it is from: names of `sources`, or `assumed`; one or a list.")


class Silent(BaseModel):
    """What the facts do not say: "you decide, state your assumption"."""

    model_config = STRICT
    about: Text = Field(description="What it is about, as a short noun phrase.")
    asked: list[Text] = Field(min_length=3, max_length=20, description="Three to twenty ways to ask for it.")


class Curveball(BaseModel):
    """What goes wrong midway: how the interviewer puts it, and what a good response has."""

    model_config = STRICT
    says: Text = Field(description="How the interviewer puts it.")
    earned_by: Text = Field(description="What in a design or in what was said earns it.")
    has: list[str] = Field(
        default_factory=list,
        description="Kinds of components of which the design has to have one; that which the fault aims at by default.",
    )
    raised_as: list[Text] = Field(
        min_length=2, max_length=12, description="Words in which a candidate names it before being asked."
    )
    good: list[Text] = Field(min_length=1, description="What a good response contains, point by point.")
    case: str | None = Field(None, description="The case of the system's blueprint that runs it.")
    fault: Any = Field(
        None,
        description="The fault that throws it into a candidate's design, as in a case; but `on` and `between` name "
        "kinds of components (`client` for the clients), `flow` what a flow is for (an API kind, or `consumer`), and "
        "`entity` the thing in the words of the field.",
    )
    else_on: list[str] = Field(
        default_factory=list,
        description="Kinds that the fault strikes where the design has none of the first, in turn.",
    )
    source: Sources = Field(description="Where it is from.")

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of components one of which a design has to have for it; none where it fits every design."""
        if self.has:
            return tuple(self.has)
        fields = self._fields()
        named = [fields["on"]] if "on" in fields else [k for k in fields.get("between") or () if k != CLIENT]
        return tuple(dict.fromkeys([*named, *self.else_on]))

    def thrown(self, **places: Any) -> dict[str, Any]:
        """The fault as a case of a design has it, its places (`on`, `flow`, `entity`, `between`) named by the caller.

        Raises ValueError when there is no fault.
        """
        if self.fault is None:
            raise ValueError("the curveball has no fault")
        (name,) = self.fault
        return {name: {**self._fields(), **places}}

    def _fields(self) -> Mapping[str, Any]:
        return next(iter(self.fault.values())) or {} if self.fault else {}


class Changed(BaseModel):
    """What a fact becomes."""

    model_config = STRICT
    answer: Text = Field(description="What the interviewer says from then on.")
    value: Amount | None = Field(None, description="The new figure.")


class Change(BaseModel):
    """A requirement that changes midway."""

    model_config = STRICT
    level: Literal["senior", "staff"] = Field(description="The level from which on it is thrown.")
    says: Text = Field(description="How the interviewer puts it.")
    bites: Text = Field(description="Why a design that was right until then is not any more.")
    facts: dict[str, Changed] = Field(default_factory=dict, description="Facts that are others from then on, by name.")
    good: list[Text] = Field(min_length=1, description="What a good response contains, point by point.")
    source: Sources = Field(description="Where it is from.")


class Signal(BaseModel):
    """One thing to look for in an answer."""

    model_config = STRICT
    says: Text = Field(description="What it is.")
    source: Sources = Field(description="Where it is from.")


class Good(BaseModel):
    """What a good answer contains, by the axis that it counts for; and what spoils one."""

    model_config = STRICT
    breadth: list[Signal] = Field(min_length=2, description="Parts that have to be there.")
    depth: list[Signal] = Field(min_length=2, description="Where it has to go deep, and how.")
    proactiveness: list[Signal] = Field(min_length=2, description="What is raised before it is asked.")
    pitfalls: list[Signal] = Field(min_length=2, description="What spoils it.")


class Number(BaseModel):
    """A figure that an answer should reach."""

    model_config = STRICT
    about: Text = Field(description="What it is, as a short noun phrase.")
    value: Amount = Field(description="The figure, rounded, with its unit.")
    from_: Text = Field(alias="from", description="The formula, over the facts that have a value and other numbers.")
    within_factor: Factor = Field(3.0, description="How far off an answer may be, either way, to be right.")
    source: Sources = Field(
        default_factory=list, description="Who published the same figure; what the formula rests on has its own source."
    )


class Facts(BaseModel):
    """All that an interviewer knows of a system. `load`, `loads` make one."""

    model_config = STRICT
    loadcase: Literal[1] = Field(description="Version of the format.")
    system: Text = Field(description="The name of the system: that of its folder and its blueprint.")
    topics: list[Text] = Field(min_length=1, description="What practising it trains.")
    difficulty: Level = Field(description="The level that it asks for.")
    sources: dict[str, Text] = Field(default_factory=dict, description="What the names of sources stand for.")
    facts: dict[str, Fact] = Field(min_length=1, description="What is answered, by name.")
    silent: dict[str, Silent] = Field(default_factory=dict, description="What is left to the candidate, by name.")
    curveballs: dict[str, Curveball] = Field(min_length=1, description="What goes wrong midway, by name.")
    changes: dict[str, Change] = Field(default_factory=dict, description="Requirements that change midway, by name.")
    good: Good = Field(description="What a good answer contains.")
    numbers: dict[str, Number] = Field(
        default_factory=dict, description="Figures that an answer should reach, by name."
    )

    def figures(self) -> dict[str, Value]:
        """The values of facts and numbers by name, in base units, the numbers computed from the facts."""
        given = {name: fact.value for name, fact in self.facts.items() if fact.value is not None}
        derived = {name: number.from_ for name, number in self.numbers.items()}
        return {name: estimate.value for name, estimate in evaluate_all({**given, **derived}).items()}

    def after(self, change: str) -> Self:
        """The facts once a requirement has changed; numbers follow. Raises KeyError for a change that is not there."""
        told = {
            name: self.facts[name].model_copy(update=new.model_dump(exclude_none=True))
            for name, new in self.changes[change].facts.items()
        }
        made = self.model_copy(update={"facts": {**self.facts, **told}})
        figures = made.figures()
        numbers = {
            name: number.model_copy(update={"value": format_quantity(median(figures[name]))})
            for name, number in self.numbers.items()
        }
        return made.model_copy(update={"numbers": numbers})


def load(path: str | FilePath) -> Facts:
    """Reads a file of facts, or the `facts.yaml` of a folder.

    Raises UsageError when the file cannot be read, BlueprintError when something in it is wrong.
    """
    file = FilePath(path)
    if file.is_dir():
        file = file / "facts.yaml"
    return _from_document(Document.load(file))


def loads(text: str, name: str = "<text>") -> Facts:
    """Reads facts from YAML text. Raises BlueprintError when something in it is wrong."""
    return _from_document(Document.parse(text, name))


def _from_document(document: Document) -> Facts:
    problems = Problems(document, document.file)
    facts = problems.model(Facts, document.data, (), {})
    problems.check()
    assert facts is not None
    _check_names(facts, problems)
    _check_sources(document.data, facts, problems)
    _check_phrasings(facts, problems)
    for name, curveball in facts.curveballs.items():
        _check_curveball(curveball, ("curveballs", name), problems)
    _check_figures(facts, problems)
    problems.check()
    return facts


def phrasing(text: str) -> str:
    """A question as it is compared: without case, signs and spacing."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def _check_names(facts: Facts, problems: Problems) -> None:
    for section in ("facts", "silent", "curveballs", "changes", "numbers"):
        for name in getattr(facts, section):
            if not _NAME.fullmatch(name):
                problems.add("LC391", f"{name!r} is no name here", (section, name),
                             "write small letters, digits and _, a letter first", key=True)  # fmt: skip
    for name in facts.numbers.keys() & facts.facts.keys():
        problems.add("LC396", f"{name!r} is a fact too, and formulas could not tell them apart", ("numbers", name),
                     "give the number another name", key=True)  # fmt: skip


def _check_sources(data: Any, facts: Facts, problems: Problems) -> None:
    known = [*facts.sources, ASSUMED]
    for path, raw in _of(data, "source"):
        for i, name in enumerate(_listed(raw)):
            if name not in known:
                where = path if isinstance(raw, str) else (*path, i)
                problems.unknown("source", name, known, where, "LC390", value=True)


def _of(data: Any, field: str, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value of a field anywhere in a document that has the right shape, with its place."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            if key == field and isinstance(value, str | list):
                yield (*path, key), value
            else:
                yield from _of(value, field, (*path, key))
    elif isinstance(data, list):
        for i, value in enumerate(data):
            yield from _of(value, field, (*path, i))


def _check_phrasings(facts: Facts, problems: Problems) -> None:
    seen: dict[str, str] = {}
    for section in ("facts", "silent"):
        for name, one in getattr(facts, section).items():
            for i, text in enumerate(one.asked):
                first = seen.setdefault(phrasing(text), f"{section}.{name}")
                if first != f"{section}.{name}" or phrasing(text) in map(phrasing, one.asked[:i]):
                    problems.add("LC393", f"{first} is asked for in the same words", (section, name, "asked", i),
                                 "say it in other words, or leave it out")  # fmt: skip


def _check_curveball(curveball: Curveball, path: Path, problems: Problems) -> None:
    for field in ("has", "else_on"):
        for i, kind in enumerate(getattr(curveball, field)):
            if kind not in kinds():
                problems.unknown("kind", kind, kinds(), (*path, field, i), value=True)
    raw = curveball.fault
    if raw is None:
        if curveball.else_on:
            problems.add("LC394", "there is no fault that could strike them", (*path, "else_on"),
                         "write has:, or add a fault:", key=True)  # fmt: skip
        return
    if not isinstance(raw, Mapping) or len(raw) != 1:
        problems.add("LC394", f"expected one fault with its fields, got {describe(raw)}", (*path, "fault"),
                     "for example {crash: {on: gateway, share: 50 %, for: 10 s}}")  # fmt: skip
        return
    ((name, fields),) = raw.items()
    where = (*path, "fault", name)
    cls = faults().get(name)
    if cls is None:
        problems.unknown("fault", name, faults(), where)
        return
    if problems.model(cls, {} if fields is None else fields, where, {}) is None:
        return
    aims: list[tuple[Path, Any]] = [((*where, "on"), fields["on"])] if "on" in (fields or {}) else []
    aims += [((*where, "between", i), kind) for i, kind in enumerate((fields or {}).get("between") or ())]
    for place, kind in aims:
        if kind not in kinds() and not (kind == CLIENT and "between" in place):
            problems.unknown("kind", kind, kinds(), place, value=True)
    if curveball.else_on and not aims:
        problems.add("LC394", f"{name} aims at no kind of component here", (*path, "else_on"),
                     "take it out", key=True)  # fmt: skip
    flow = (fields or {}).get("flow")
    if flow is not None and flow not in get_args(Role):
        problems.unknown("role of a flow", flow, get_args(Role), (*where, "flow"), value=True)


def _check_figures(facts: Facts, problems: Problems) -> None:
    before = len(problems.found)
    given = {name: fact.value for name, fact in facts.facts.items() if fact.value is not None}
    values = {name: _figure(text, ("facts", name, "value"), problems) for name, text in given.items()}
    for name, change in facts.changes.items():
        for of, new in change.facts.items():
            path: Path = ("changes", name, "facts", of)
            if of not in facts.facts:
                problems.unknown("fact", of, facts.facts, path)
            elif new.value is not None:
                _check_changed(_figure(new.value, (*path, "value"), problems), values.get(of), path, problems)
    if len(problems.found) > before:
        return
    try:
        figures = evaluate_all({**given, **{name: number.from_ for name, number in facts.numbers.items()}})
    except BlueprintError as error:
        for problem in error.problems:
            where = ("numbers", *problem.path[1:], "from") if len(problem.path) > 1 else ("numbers",)
            problems.add(problem.code, problem.message, where, problem.hint, offset=problem.offset)
        return
    for name, number in facts.numbers.items():
        _check_number(number, median(figures[name].value), ("numbers", name), problems)


def _figure(text: str, path: Path, problems: Problems) -> Quantity | None:
    try:
        return median(evaluate(text, {}))
    except LoadcaseError as error:
        problems.error(error, path)
        return None


def _check_changed(new: Quantity | None, old: Quantity | None, path: Path, problems: Problems) -> None:
    if new is None:
        return
    if old is None:
        problems.add("LC395", "the fact has no value that could change", (*path, "value"),
                     "give the fact a value:, or take this one out")  # fmt: skip
    elif strip_counts(new).dims != strip_counts(old).dims:
        problems.add("LC395", f"the fact's value was {format_quantity(old)}, which is something else", (*path, "value"),
                     "write it in the same unit")  # fmt: skip


def _check_number(number: Number, computed: Quantity, path: Path, problems: Problems) -> None:
    if number.within_factor <= 1:
        problems.add("LC203", f"nothing is within a factor of {number.within_factor:g}", (*path, "within_factor"),
                     "write a factor above 1, such as 3 for the order of magnitude")  # fmt: skip
    told = _figure(number.value, (*path, "value"), problems)
    if told is None:
        return
    hint = f"the formula gives {format_quantity(computed)}"
    if strip_counts(told).dims != strip_counts(computed).dims:
        problems.add("LC392", f"{number.value} is something else than {number.from_}", (*path, "value"), hint)
    elif not computed.value / ROUNDED <= told.value <= computed.value * ROUNDED:
        problems.add("LC392", f"{number.value} does not follow from {number.from_}", (*path, "value"), hint)
