"""What every component kind shares: its fields, its verbs, and where a call does its work.

A kind is one file in this folder. It declares its fields (a pydantic model), its verbs (each with
the options that a step may give), which groups of servers it owns (`pools`), which of them a call visits
(`visits`), and what it costs. The engine's compiler and the closed-form estimator both read `visits`, so a kind
is described once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from loadcase.core.distributions import Const, Dist
from loadcase.core.fields import (
    Bytes,
    Dollars,
    DollarsPerByteMonth,
    DollarsPerMonth,
    Factor,
    Ratio,
    Seconds,
    Whole,
    Whole0,
    Work,
)

STRICT = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True)
"""Of every model of the file: what is not known is refused, and a validator is built when it is first needed."""

Priority = Literal["low", "normal", "high", "highest"]
PRIORITIES: Mapping[str, int] = {"highest": 0, "high": 1, "normal": 2, "low": 3}

Balance = Literal["round_robin", "random", "least_loaded", "two_choices", "hash"]
Discipline = Literal["fifo", "lifo", "ps", "priority", "preemptive"]
Behaviour = Literal["forward", "lookup", "fill", "drop", "publish", "take", "flaky", "deliver"]
"""What the engine can do at a visit: pass on; look a key up, store it or drop it; append a message for the
consumers; take a permit; be refused above a quota or fail at random; go on to the client."""
ZERO = Const(0.0)


def _one_or_many(value: Any) -> Any:
    return {"*": value} if value is not None and not isinstance(value, Mapping) else value


WorkByVerb = Annotated[dict[str, Work], BeforeValidator(_one_or_many, json_schema_input_type=Work | dict[str, Work])]
"""Service time per operation: one distribution for every verb, or a mapping from verb to distribution."""


@dataclass(frozen=True)
class Pool:
    """A group of alike stations (servers with a queue each) that a component owns.

    `stations` servers, each with `workers` (0 means unlimited) and room for `queue` waiting requests (None means
    unbounded). `groups` splits the stations into shards of `stations // groups` copies each.
    """

    name: str
    stations: int
    workers: int
    queue: int | None = None
    discipline: Discipline = "fifo"
    groups: int = 1
    most: int = 0
    """Stations that it may grow to; 0 where their number stays."""

    @property
    def room(self) -> int:
        """Stations that there ever are."""
        return max(self.stations, self.most)


SPREAD = ("copies", "some", "all", "every")
"""Ways to pick several stations at once."""


@dataclass(frozen=True)
class Visit:
    """One stop of a call: `copies` stations of a pool serve `work`, and the call goes on when `need` have.

    `pick` says how a station is chosen: `balance` (the caller's balancer), `shard` (by key, then a random copy),
    `leader` (by key, the shard's first copy), `followers` (by key, the other copies, in parallel), `copies` (by key,
    every copy of the shard, in parallel), `some` (by key, so many of its copies at random, in parallel), `all` (every
    shard, in parallel, a random copy of each) or `every` (all stations, in parallel). With `need` 0 nobody waits for
    it. `then` is further work during which the worker is still held; with `detach` the call has its answer before.
    """

    pool: str
    work: Dist
    pick: Literal["balance", "shard", "leader", "followers", "copies", "some", "all", "every"] = "balance"
    copies: int = 1
    need: int = 1
    then: Dist | None = None
    detach: bool = False


class Retry(BaseModel):
    """Another attempt of the same logical operation after a failure, an error or a timeout."""

    model_config = STRICT

    max: Whole0 = Field(2, description="Retries after the first attempt.")
    backoff: Seconds = Field(0.0, description="Wait before the first retry.")
    multiplier: Factor = Field(2.0, description="Each further wait is this many times longer.")
    cap: Seconds | None = Field(None, description="No wait is longer than this (before additive jitter).")
    jitter: Literal["none", "full", "equal"] | Seconds = Field(
        "none",
        description="none; full: U(0, wait); equal: wait/2 + U(0, wait/2); a duration d: wait + U(0, d).",
    )
    budget: Ratio | None = Field(
        None, description="Retries may be at most this share of calls (a token bucket that starts with 10)."
    )
    budget_on: Literal["attempt", "success"] = Field(
        "attempt", description="Whether every call refills the budget, or only one that succeeds."
    )

    breaker: Ratio | None = Field(
        None, description="No retries while more than this share of the latest attempts has failed."
    )
    breaker_calls: Whole = Field(100, description="How many of the latest attempts that looks at.")

    @model_validator(mode="after")
    def _looks_for_something(self) -> Self:
        if self.breaker is None and "breaker_calls" in self.model_fields_set:
            given = {"message": "'breaker_calls' changes nothing here: breaker is not given", "hint": "", "offset": 0}
            raise PydanticCustomError("LC313", "{message}", {**given, "hint": "remove breaker_calls"})
        return self


class Hedge(BaseModel):
    """A second copy of a slow call; the first answer wins and the loser's work still happens."""

    model_config = STRICT

    after: Seconds = Field(description="Send the second copy when no answer came by then.")


class Breaker(BaseModel):
    """A circuit breaker: open after too many failures, probe after a while, close on success."""

    model_config = STRICT

    calls: Whole = Field(20, description="How many of the latest calls are looked at.")
    failures: Ratio = Field(0.5, description="Opens when this share of them has failed.")
    open: Seconds = Field(5.0, description="How long it stays open before one probe is let through.")


class Throttle(BaseModel):
    """Adaptive throttling by the client: while few of its requests are accepted it sends few, and fails the others.

    A request is not sent with probability max(0, (requests - k accepts) / (requests + 1)) over the window, where
    requests counts those that were not sent too. Source: B. Beyer et al., Site Reliability Engineering, 2016, ch. 21.
    """

    model_config = STRICT

    k: Factor = Field(2.0, description="Requests that are sent for each one that is accepted.")
    window: Seconds = Field(120.0, description="The time over which both are counted.")

    @field_validator("k")
    @classmethod
    def _lets_all_accepted_ones_through(cls, k: float) -> float:
        if k < 1.0:
            given = {
                "message": f"a throttle with k {k:g} sends less than is accepted",
                "hint": "at least 1",
                "offset": 0,
            }
            raise PydanticCustomError("LC313", "{message}", given)
        return k

    @field_validator("window")
    @classmethod
    def _has_a_window(cls, window: float) -> float:
        if window == 0.0:
            given = {"message": "a throttle counts over some time, not 0 s", "hint": "for example 2 min", "offset": 0}
            raise PydanticCustomError("LC313", "{message}", given)
        return window


class Skip(BaseModel):
    """A brownout: the step is left out, and its fallback made if it has one, while a component is too busy."""

    model_config = STRICT

    when: str = Field(description="`component.queue` or `component.utilisation`, and a bound: `api.queue > 100`.")
    until: str | None = Field(None, description="When it is made again; by default as soon as `when` is no longer so.")
    every: Seconds = Field(1.0, description="How often that is looked at: the mean since the last look decides.")


Reason = Literal[
    "shed", "timeout", "error", "refused", "breaker", "abandoned", "down", "throttled", "conflict", "taken", "fenced"
]
"""Why a call fails."""


class Options(BaseModel):
    """What a step may say about its call, whatever the verb."""

    model_config = STRICT

    work: Work | None = Field(None, description="Service time of this call; the component's own by default.")
    key: Any = Field(None, description="The entity whose key this call is about; the flow's key by default.")
    timeout: Seconds | None = Field(None, description="The caller stops waiting after this; the work goes on.")
    retry: Retry | None = Field(None, description="Tries again after a failure.")
    hedge: Hedge | None = Field(None, description="Sends a second copy when the first is slow.")
    breaker: Breaker | None = Field(None, description="Stops calling a callee that keeps failing.")
    throttle: Throttle | None = Field(None, description="Sends less to a callee that accepts little.")
    fallback: list[Any] | None = Field(None, description="Steps made instead when the call has failed or is skipped.")
    fallback_on: list[Reason] | None = Field(
        None, min_length=1, description="Reasons of a failure after which the fallback is made; all when not given."
    )
    skip: Skip | str | None = Field(None, description="When it is left out; a text is its `when`.")
    priority: Priority | None = Field(None, description="Which queue it waits in; the flow's own by default.")
    do: list[Any] | None = Field(None, description="Steps made while this component's worker is held.")

    nested: ClassVar[tuple[str, ...]] = ("do", "fallback")
    """Options that hold steps."""

    def falls_back(self, *reasons: Reason) -> bool:
        """Whether the fallback is made after a failure for one of these reasons."""
        return self.fallback is not None and (self.fallback_on is None or not set(reasons).isdisjoint(self.fallback_on))

    @property
    def policed(self) -> bool:
        """Whether the caller waits for an answer by itself, so that the flow does not move on with the call."""
        given = (self.timeout or None, self.retry, self.hedge, self.breaker, self.throttle, self.fallback, self.skip)
        return any(policy is not None for policy in given)


class Component(BaseModel):
    """Fields of every component."""

    model_config = STRICT

    kind: str
    like: str | None = Field(None, description="A profile: defaults of a known product, each with its source.")
    why: str | None = Field(None, description="What justifies this component.")
    replicas: Whole = Field(1, description="Copies of the component.")
    workers: Whole0 = Field(1, description="Operations that one replica serves at once; 0 means unlimited.")
    work: WorkByVerb | None = Field(None, description="Service time of one operation, or a mapping by verb.")
    queue: Whole0 | None = Field(None, description="Requests that may wait at one replica; more are shed.")
    discipline: Discipline = Field("fifo", description="Who is served next.")
    balance: Balance | None = Field(None, description="How callers choose a replica.")
    choices: Whole = Field(2, description="Replicas that two_choices compares.")
    replacement: bool = Field(False, description="Whether two_choices may look at the same replica twice.")
    priority: Priority = Field("normal", description="Priority of the calls that name none.")
    patience: Work | None = Field(None, description="A request that waits longer than this leaves the queue.")
    zones: Whole = Field(1, description="Availability zones that the replicas are spread over.")
    regions: Whole = Field(1, description="Regions that the replicas are spread over.")
    availability: Ratio | None = Field(
        None,
        description="Share of the time that one replica is up, for the closed form; a run breaks nothing by itself.",
    )
    price: DollarsPerMonth = Field(0.0, description="Cost of one replica.")
    price_per_request: Dollars = Field(0.0, description="Cost of one request.")
    price_per_byte: DollarsPerByteMonth = Field(0.0, description="Cost of what it stores.")
    stored: Bytes | None = Field(None, description="Bytes that it stores in all copies together.")

    verbs: ClassVar[Mapping[str, type[Options]]] = {}
    """The verbs of the kind, each with the options that a step may give."""
    behaviours: ClassVar[Mapping[str, Behaviour]] = {}
    """What a verb does beyond occupying its stations; a verb that is not listed does nothing more."""
    not_yet: ClassVar[Mapping[str, str]] = {}
    """Fields of the format that this version does not model, each with the reason that the refusal gives."""
    not_yet_options: ClassVar[Mapping[str, str]] = {}
    """The same for options of the verbs."""
    default_balance: ClassVar[Balance] = "round_robin"
    default_work: ClassVar[Mapping[str, Dist]] = {}
    """Service time per verb when neither the blueprint nor a profile gives one."""

    @model_validator(mode="after")
    def _nothing_is_ignored(self) -> Self:
        for field, why in self.idle_fields().items():
            if field in self.model_fields_set and getattr(self, field) != type(self).model_fields[field].default:
                given = {"message": f"{field!r} changes nothing here: {why}", "hint": f"remove {field}", "offset": 0}
                raise PydanticCustomError("LC313", "{message}", given)
        return self

    def idle_fields(self) -> dict[str, str]:
        """Fields that mean nothing beside the others, each with the reason: they are refused, not ignored."""
        idle: dict[str, str] = {}
        if self.balance != "two_choices":
            idle |= dict.fromkeys(("choices", "replacement"), "balance is not two_choices")
        if self.workers == 0:
            idle |= dict.fromkeys(("queue", "patience"), "workers: 0 is unlimited, nobody waits")
            idle["discipline"] = "workers: 0 is unlimited, everybody is served at once"
        return idle

    @property
    def nodes(self) -> int:
        """How many machines, for cost and for sizing."""
        return self.replicas

    def pools(self) -> tuple[Pool, ...]:
        """The groups of servers that the component owns."""
        return (Pool("main", self.replicas, self.workers, self.queue, self.discipline),)

    def work_of(self, verb: str, options: Options) -> Dist:
        """Service time of one call: the step's, else the component's for the verb, else the kind's."""
        if options.work is not None:
            return options.work
        mine = self.work or {}
        return mine.get(verb) or mine.get("*") or self.default_work.get(verb, ZERO)

    def visits(self, verb: str, options: Options) -> tuple[Visit, ...]:
        """Where a call does its work, in order."""
        return (Visit("main", self.work_of(verb, options)),)

    def quota_of(self, verb: str) -> float | None:
        """Permits per second before calls are refused; None for no limit."""
        return None

    def quota_cost(self, options: Options) -> float:
        """Permits that one call takes."""
        return 1.0

    def error_rate_of(self, verb: str) -> float:
        """Share of the calls that fail by themselves."""
        return 0.0

    def request_cost(self, verb: str, options: Options) -> float:
        """USD of one request."""
        return self.price_per_request

    def standing_cost(self) -> float:
        """USD per month without any request: the nodes and what they store."""
        return self.nodes * self.price + (self.stored or 0.0) * self.price_per_byte


class Sharded(Component):
    """Fields of what keeps data in shards, each in copies."""

    shards: Whole = Field(1, description="Partitions of the data.")
    replicas: Whole = Field(1, description="Copies of each shard.")

    @property
    def nodes(self) -> int:
        """Machines: one per copy of a shard."""
        return self.shards * self.replicas

    def pools(self) -> tuple[Pool, ...]:
        """One station per copy of a shard, the copies of a shard side by side."""
        return (Pool("main", self.nodes, self.workers, self.queue, self.discipline, groups=self.shards),)
