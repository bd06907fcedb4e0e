"""The Blueprint: one design, checked and with every quantity in base units.

Times are seconds, sizes bytes, rates per second, money US dollars; counted things (users, messages) are plain
numbers. Distributions are `loadcase.core.distributions.Dist`. What the file says beside that (comments, spelling of
numbers) lives on in `Blueprint.document`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from loadcase.blueprint.steps import Call, Step, walk
from loadcase.core.errors import Path as Place
from loadcase.core.errors import Problem, suggest
from loadcase.core.fields import Bytes, Factor, Number, Rate, Seconds, Whole, Work
from loadcase.faults.base import Fault
from loadcase.kinds.base import STRICT, Component, Hedge, Priority, Retry

DURATION_S = 60.0
WARMUP_SHARE = 1 / 6
"""Simulated time that is measured, where a case says nothing."""


class Requirements(BaseModel):
    """What the design is for, and the contract it is judged by."""

    model_config = STRICT
    functional: list[str] = Field(default_factory=list, description="What it must do.")
    deferred: list[str] = Field(default_factory=list, description="What is left out on purpose.")
    hard_part: str | None = Field(None, description="The one property that the design must bend around.")
    contract: list[str] = Field(default_factory=list, description="Guarantees: `metric comparison quantity`.")


class Entity(BaseModel):
    """A thing that the design keeps or is asked for by key."""

    model_config = STRICT
    count: Number | None = Field(None, description="How many there are; the number of distinct keys.")
    popularity: Any = Field("uniform", description="uniform, zipf(s), hot(share, keys) or a list of weights.")
    fields: dict[str, str] = Field(default_factory=dict, description="Fields and their types.")
    key: list[str] | str | None = Field(None, description="Partition key first, then the clustering order.")
    order_by: str | None = Field(None, description="The field that carries the order.")
    identity: str | None = Field(None, description="The idempotency key.")
    size: Bytes | None = Field(None, description="Bytes of one.")

    @model_validator(mode="after")
    def _names_its_fields(self) -> Self:
        keys = [self.key] if isinstance(self.key, str) else self.key or []
        for role, name in [*(("key", k) for k in keys), ("order_by", self.order_by), ("identity", self.identity)]:
            if name is not None and self.fields and name not in self.fields:
                hint = suggest(name, self.fields) or f"fields: {', '.join(self.fields)}"
                given = {"message": f"{role} names {name!r}, which is none of its fields", "hint": hint, "offset": 0}
                raise PydanticCustomError("LC314", "{message}", given)
        return self


class Endpoint(BaseModel):
    """One call of the design's interface."""

    model_config = STRICT
    kind: Literal["write", "read", "realtime", "catch_up", "control"] = Field(description="What sort of call it is.")
    does: str | None = Field(None, description="The call itself, such as `POST /messages`.")
    guarantees: list[str] = Field(default_factory=list, description="What it promises its caller, in words.")


class Network(BaseModel):
    """One-way network delays by placement."""

    model_config = STRICT
    client: Work = Field(description="Between a client and the design.")
    same_zone: Work = Field(description="Between two components in one zone.")
    cross_zone: Work = Field(description="Between two zones of a region.")
    cross_region: Work = Field(description="Between two regions.")


class Arrive(BaseModel):
    """Where the requests of a flow come from."""

    model_config = STRICT
    rate: Rate | None = Field(None, description="Mean arrivals per second (open loop).")
    pattern: Any = Field("poisson", description="poisson, paced, bursty(factor, on, off) or daily(peak, period).")
    users: Whole | None = Field(None, description="Clients that each wait for an answer (closed loop).")
    think: Work | None = Field(None, description="A client's pause between an answer and its next request.")
    trace: str | None = Field(None, description="A file of arrival times in seconds, one a line.")
    key: Any = Field(None, description="The entity that a request is about, or {count, popularity}.")
    session: Any = Field(
        None,
        description="The entity whose sessions the requests belong to, such as a user, or {count, popularity}; the "
        "clients of a closed loop are sessions by themselves.",
    )
    timeout: Seconds | None = Field(None, description="The client stops waiting after this.")
    retry: Retry | None = Field(None, description="The client tries again.")
    hedge: Hedge | None = Field(None, description="The client sends a second copy of a slow request.")
    priority: Priority | None = Field(None, description="Priority of all the calls of the flow that name none.")


class Consume(BaseModel):
    """Where the messages of a consuming flow come from, and who takes them."""

    model_config = STRICT
    log: str | None = Field(None, description="The log that it consumes; exactly one of log, queue and topic.")
    queue: str | None = Field(None, description="The queue.")
    topic: str | None = Field(None, description="The topic.")
    by: str | None = Field(None, description="The service whose replicas take the messages.")
    in_order: Any = Field(None, description="`partition` (a log's default), an entity (per key), or `none`.")
    commit: Literal["before", "after"] | None = Field(
        None,
        description="Whether a message counts as done when it is taken, or (the default) when it has been dealt with.",
    )
    in_flight: Whole | None = Field(
        None,
        description="Messages that one replica works on at once; 500 for a log, its workers for a queue.",
    )

    @property
    def source(self) -> str:
        """The log, queue or topic."""
        return self.log or self.queue or self.topic or ""


class Flow(BaseModel):
    """A path that requests or messages take through the components."""

    model_config = STRICT
    arrive: Arrive | None = None
    consume: Consume | None = None
    steps: list[Any]


class Case(BaseModel):
    """One load and what it may bend."""

    model_config = STRICT
    load: Factor = Field(1.0, description="Factor on every arrival rate and on the users of closed loops.")
    faults: tuple[Fault, ...] = Field((), description="What goes wrong, and when.")
    degrade: dict[str, str] = Field(default_factory=dict, description="Metric to its relaxed bound.")
    sacred: list[str] = Field(default_factory=list, description="Metrics that may not give.")
    recover_within: Seconds | None = Field(
        None, description="Time after the last fault until every bound holds again, those that give way included."
    )
    page_within: Seconds | None = Field(
        None, description="Time after the first fault until an alert on an objective (`operate.slos`) pages somebody."
    )
    duration: Seconds | None = Field(None, description="Simulated seconds that are measured.")
    warmup: Seconds | None = Field(None, description="Simulated seconds before that.")

    @property
    def seconds(self) -> float:
        """Simulated time that is measured, s."""
        return DURATION_S if self.duration is None else self.duration

    def lengths(self, duration: float | None = None, warmup: float | None = None) -> tuple[float, float]:
        """Simulated time that is measured, and that before it, s; what is given wins over what the case says."""
        duration = self.seconds if duration is None else duration
        warmup = self.warmup if warmup is None else warmup
        return duration, duration * WARMUP_SHARE if warmup is None else warmup


class Decision(BaseModel):
    """A choice with its price."""

    model_config = STRICT
    choose: str = Field(description="What was chosen.")
    over: list[str] = Field(default_factory=list, description="What was not.")
    because: str | None = Field(None, description="Why.")
    at_the_cost_of: str | None = Field(None, description="What it costs.")
    flips_when: str | None = Field(None, description="When the other choice becomes the better one.")
    variant: str | None = Field(None, description="The variant that makes the other choice.")
    breaks: list[str] = Field(
        default_factory=list,
        description="Metrics of the contract that the variant breaks; `check --variant` says whether it does.",
    )
    shown_in: list[str] = Field(
        default_factory=list,
        description="Cases that show it, which `check --variant` runs where no `--case` is named; all by default.",
    )


class Operate(BaseModel):
    """How the design is run."""

    model_config = STRICT
    slos: list[str] = Field(
        default_factory=list,
        description="Objectives, which alerts watch: `metric comparison quantity over time`.",
    )
    rollout: str | None = Field(None, description="How a change goes out.")
    rollback: str | None = Field(None, description="How it comes back.")
    alerts: list[str] = Field(default_factory=list, description="What wakes somebody.")
    runbook: dict[str, str] = Field(default_factory=dict, description="What to do, by what happened.")


@dataclass(frozen=True)
class Popularity:
    """How requests spread over the keys of an entity.

    `law` is uniform, zipf (`exponent`), hot (`share` of the requests go to the first `hot` keys, uniformly) or
    weights (`weights`, which sum to 1). Keys are ranks 0 .. count-1, the most popular first.
    """

    count: int
    law: Literal["uniform", "zipf", "hot", "weights"] = "uniform"
    exponent: float = 0.0
    share: float = 0.0
    hot: int = 1
    weights: tuple[float, ...] = ()


@dataclass(frozen=True)
class FlowSpec:
    """A flow, ready to be compiled: its source, its steps, and the keys that it draws."""

    name: str
    arrive: Arrive | None
    consume: Consume | None
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Guarantee:
    """One line of the contract: `metric comparison bound`, the bound in base units."""

    text: str
    metric: str
    comparison: Literal["<", "<=", ">", ">=", "=="]
    bound: float
    unit: str
    path: tuple[str | int, ...] = ()

    def holds(self, value: float) -> bool:
        """Whether a value is within the bound."""
        match self.comparison:
            case "<":
                return value < self.bound
            case "<=":
                return value <= self.bound
            case ">":
                return value > self.bound
            case ">=":
                return value >= self.bound
            case "==":
                return value == self.bound


@dataclass(frozen=True)
class Objective:
    """One line of `operate.slos`: a share of a flow's operations that has to be good, over a time.

    Good is what is acknowledged (`limit_s` is None), or, of what is acknowledged, what takes less than `limit_s`
    seconds; for a metric of age, from the origin of its data.
    """

    text: str
    metric: str
    flow: str
    share: float
    limit_s: float | None
    window_s: float
    path: Place = ()

    @property
    def budget(self) -> float:
        """The error budget: the share of the operations that may be bad."""
        return round(1.0 - self.share, 12)

    @property
    def aged(self) -> bool:
        """Whether it is about the age of data, not about the time since an arrival."""
        return self.metric.startswith(f"{self.flow}.age.")


def real(path: Place, moved: Mapping[Place, Place]) -> Place:
    """Where in the document a value stands: where a variant says it, when one does."""
    for i in range(len(path), 0, -1):
        if path[:i] in moved:
            return moved[path[:i]] + path[i:]
    return path


@dataclass(repr=False)
class Blueprint:
    """A design. `load`, `loads` and `build` make one."""

    name: str
    title: str = ""
    prompt: str = ""
    requirements: Requirements = field(default_factory=Requirements)
    contract: tuple[Guarantee, ...] = ()
    estimates: dict[str, Any] = field(default_factory=dict)
    entities: dict[str, Entity] = field(default_factory=dict)
    api: dict[str, Endpoint] = field(default_factory=dict)
    network: Network | None = None
    components: dict[str, Component] = field(default_factory=dict)
    flows: dict[str, FlowSpec] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    variants: dict[str, dict[str, Any]] = field(default_factory=dict)
    variant: str | None = None
    """The variant that was laid over the design."""
    operate: Operate = field(default_factory=Operate)
    objectives: tuple[Objective, ...] = ()
    """The lines of `operate.slos`."""
    document: Any = None
    """The YAML that it was read from, with comments and places; None when it was built in code."""
    data: dict[str, Any] = field(default_factory=dict)
    """What was read, as plain data, with the variant laid over it."""
    moved: dict[Place, Place] = field(default_factory=dict)
    """Where in the document a variant's values stand, by their paths in the design."""
    relaxed: dict[str, dict[str, float]] = field(default_factory=dict)
    """Per case: the bounds that `degrade` relaxes, in base units."""
    keys: dict[str, Popularity] = field(default_factory=dict)
    """Key spaces by name: entities with a count, and inline ones under the dotted path where they stand."""

    @classmethod
    def load(cls, path: Any, variant: str | None = None) -> Blueprint:
        """Reads a blueprint file, or the `blueprint.yaml` of a folder. Raises UsageError and BlueprintError."""
        from loadcase.blueprint.load import load

        return load(path, variant)

    @classmethod
    def loads(cls, text: str, name: str = "<text>", variant: str | None = None) -> Blueprint:
        """Reads a blueprint from YAML text. Raises BlueprintError."""
        from loadcase.blueprint.load import loads

        return loads(text, name, variant)

    @classmethod
    def build(cls, mapping: Any, variant: str | None = None) -> Blueprint:
        """Makes a blueprint from Python data of the file's shape. Raises BlueprintError."""
        from loadcase.blueprint.load import build

        return build(mapping, variant)

    def priorities_at(self, component: str) -> set[Priority]:
        """The priorities of the calls of a component."""
        found: set[Priority] = set()
        for flow in self.flows.values():
            base = flow.arrive.priority if flow.arrive else None
            for step in walk(flow.steps):
                if isinstance(step, Call) and step.component == component:
                    found.add(step.options.priority or base or self.components[component].priority)
        return found

    def located(self, problem: Problem) -> Problem:
        """The problem with file, line and column of its path, as far as they are known."""
        if self.document is None or problem.line:
            return problem
        found: Problem = self.document.locate(replace(problem, path=real(problem.path, self.moved)))
        return replace(found, path=problem.path)

    def changed(self, changes: Mapping[str, Any]) -> Blueprint:
        """The design with some values changed, addressed as in a variant: `{"components.web.replicas": 8}`.

        None removes. This blueprint stays as it is; `dump` of the other keeps the comments of the file.
        Raises BlueprintError when an address leads nowhere or a value is wrong.
        """
        from loadcase.blueprint.load import changed

        return changed(self, changes)

    def dump(self) -> str:
        """YAML text. Of a file what was read, byte for byte, with the edits made in `document.tree`.

        A variant that was laid over it does not show; `changed` makes a blueprint that has its own text.
        """
        if self.document is not None:
            return str(self.document.dump())
        from loadcase.blueprint.document import written

        return written(self.data)

    def __repr__(self) -> str:
        """One line: the name and how much there is of it."""
        counts = (f"{len(getattr(self, part))} {part}" for part in ("components", "flows", "cases", "variants"))
        return f"<{type(self).__name__} {self.name!r}: {', '.join(counts)}>"
