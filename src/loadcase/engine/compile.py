"""Blueprint to Program: flows become rows of operations, components become stations and tables.

How a call is lowered, outermost first: fallback, retry, breaker, timeout or hedge (a child frame), then the visit
itself: choose a station, travel, wait, be served, do what the verb does, make the nested steps, let go, travel back.
Every operation that can fail names where to go on; that landing undoes what is held and travels back.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from loadcase.blueprint import knowledge
from loadcase.blueprint.model import Blueprint, FlowSpec
from loadcase.blueprint.steps import Brownout, Call, Choose, FanOut, Parallel, Repeat, Spawn, Step, Wait, walk
from loadcase.core import program as op
from loadcase.core.distributions import Const, Dist
from loadcase.core.errors import BlueprintError, Problem
from loadcase.core.program import REGISTERS, SLOTS, Program
from loadcase.core.schedule import Change
from loadcase.engine.assembler import Assembler, Label, StationGroup, alias_table, floats, ints, zipf_bins
from loadcase.engine.faulty import Faulty
from loadcase.engine.kernels.tables import MOST_CONTROLS
from loadcase.engine.memory import keys_at
from loadcase.engine.recording import Note, Recorder, Recording
from loadcase.engine.verbs import TURNS, Verbs
from loadcase.kinds.base import PRIORITIES, SPREAD, Component, Options, Pool, Visit
from loadcase.kinds.cache import Cache
from loadcase.kinds.limiter import Limiter
from loadcase.kinds.log import Log
from loadcase.kinds.queue import Queue
from loadcase.kinds.service import Service
from loadcase.kinds.store import Store
from loadcase.kinds.topic import Topic

NOBODY = -1
CLIENT = 2
"""In place of a key register: the client of a closed loop itself."""
MOST_CLAIMS = 2**31 - 1
NEAR_ENTRIES = 20_000
"""Caches with more entries are larger than a processor's own."""
FOREVER = 1e308
FEED_RETRY_S = 0.1
"""Pause of change data capture before it tries again to append what a store has committed."""
DIRECT_KEYS = 1 << 26
"""Most keys that a limiter counts apart; and entries of a cache without `keys`."""
DISCIPLINES = {
    "fifo": op.FIFO,
    "lifo": op.LIFO,
    "ps": op.SHARED,
    "priority": op.PRIORITY,
    "preemptive": op.PREEMPTIVE,
}
BALANCES = {
    "round_robin": op.ROUND_ROBIN,
    "random": op.RANDOM,
    "least_loaded": op.LEAST,
    "two_choices": op.CHOICES,
    "hash": op.HASH,
}


COMPARISONS = {"<": op.BELOW, "<=": op.AT_MOST, ">": op.ABOVE, ">=": op.AT_LEAST}
Role = Literal["", "look", "decide", "prepare"]


@dataclass(frozen=True)
class Here:
    """Where a flow is: the slot that holds the station (-1: at the client), the component, the next free slot."""

    slot: int = -1
    component: str | None = None
    depth: int = 0
    balancer: str | None = None
    register: int = 0
    sticky: bool = False


@dataclass(frozen=True)
class Scaled:
    """A component whose replicas come and go: its row of controls, its group, and with how many it begins."""

    control: int
    group: int
    begins: int


@dataclass
class Compiled:
    """A Program with the names of its rows."""

    program: Program
    flows: list[str]
    groups: list[StationGroup]
    caches: list[str]
    places: dict[str, int]
    counters: dict[str, tuple[int, int, int]]
    """First counter, callers and stations of each name."""
    margin: int
    gauges: dict[str, int]
    """Station that counts the messages which wait for a consuming flow."""
    warmers: list[tuple[int, int, str, int, float]]
    """Caches to fill before the start: cache, key space, place name, 1 if not chosen by hash, accesses per second."""
    limiter_counters: int
    limiters: dict[str, int]
    ring: int
    cache_rows: int
    cache_entries: int
    cache_table: int
    lfu: bool
    recorder: Recorder
    """What is remembered, and what is noted."""
    knowing: bool
    """Whether frames know their operations."""
    rates: dict[str, float] = field(default_factory=dict)
    thinking: dict[str, int] = field(default_factory=dict)
    """Where the clients of a closed loop begin: with a pause."""
    knobs: int = 0
    links: int = 0
    scaled: dict[str, Scaled] = field(default_factory=dict)


def compile_blueprint(
    blueprint: Blueprint,
    load: float = 1.0,
    traces: dict[str, np.ndarray] | None = None,
    changes: Sequence[Change] = (),
    warmup_s: float = 0.0,
    record: Recording | None = None,
) -> Compiled:
    """Lowers a blueprint under a load factor, with what its faults change from the end of the warm-up on.

    With `record` its runs write a history. Raises BlueprintError when the design nests deeper than the engine's frames
    are wide.
    """
    return _Compiler(blueprint, load, traces or {}, changes, warmup_s, record).compile()


def released(steps: tuple[Step, ...], i: int) -> int | None:
    """Where among the steps the claim is given back that is made at `i`; None when no claim is, or not by a step."""
    claim = steps[i]
    if not isinstance(claim, Call) or claim.verb != "claim":
        return None
    last = (*claim.path, "release")
    return next((j for j, step in enumerate(steps) if isinstance(step, Call) and step.path == last), None)


class _Compiler:
    def __init__(
        self,
        blueprint: Blueprint,
        load: float,
        traces: dict[str, np.ndarray],
        changes: Sequence[Change],
        warmup_s: float,
        record: Recording | None,
    ) -> None:
        self.b = blueprint
        self.faults = Faulty(blueprint, changes, warmup_s)
        self.recorder = Recorder(blueprint, record)
        self.load = load
        self.traces = traces
        self.asm = Assembler()
        self.flow = ""
        self.occurrence: dict[str, int] = {}
        self.rank = PRIORITIES["normal"]
        self.flows = list(blueprint.flows)
        self.pools: dict[tuple[str, str], StationGroup] = {}
        self.verbs = Verbs(self.asm, self.recorder, self.pools)
        self.spaces = list(blueprint.keys)
        self.cache_ids: dict[str, int] = {}
        self.cache_rows: list[tuple[Any, ...]] = []
        self.retry_rows: list[tuple[Any, ...]] = []
        self.breaker_rows: list[tuple[Any, ...]] = []
        self.throttle_rows: list[tuple[float, float]] = []
        self.ring = 0
        self.limiter_rows: list[tuple[Any, ...]] = []
        self.limiter_ids: dict[str, int] = {}
        self.limiter_counters = 0
        self.channel_ids: dict[str, int] = {}
        self.entries: dict[str, Label] = {f: Label() for f in self.flows}
        self.thinking: dict[str, Label] = {}
        self.gauges: dict[str, int] = {}
        self.locks: dict[str, int] = {}
        self.warmers: list[tuple[int, int, str, int, float]] = []
        self.control_rows: dict[Any, tuple[tuple[int, ...], tuple[float, ...]]] = {}
        self.scaled: dict[str, Scaled] = {}
        self.width = 1
        self.flow_space: str | None = None
        self.turns: int | None = None
        """Where it is remembered whose turn it is to be published, while the way of a commit to a log is compiled."""
        self.feeding = False
        """Whether the way of a commit to a log is compiled."""
        self.guards: tuple[Call, ...] = ()
        """The claims under which the steps that are compiled are made."""
        self.copying = False
        """Whether the code of a message's second delivery is compiled, of which nothing is counted."""
        self.led_rows: dict[str, tuple[int, ...]] = {}
        self.fed = [n for n, c in blueprint.components.items() if isinstance(c, Log) and c.source]

    # --- the whole ------------------------------------------------------------------------------------------------
    def compile(self) -> Compiled:
        for name, component in self.b.components.items():
            self.make_pools(name, component)
        for name, component in self.b.components.items():
            if isinstance(component, Cache):
                self.make_cache(name, component)
        channels = [n for n, c in self.b.components.items() if isinstance(c, Log | Queue | Topic)]
        self.channel_ids = {name: i for i, name in enumerate(channels)}
        for flow in self.b.flows.values():
            self.make_consumer_pools(flow)
        for flow in self.b.flows.values():
            self.make_flow(flow)
        self.asm.drain()
        self.asm.flush()
        tables = {
            **self.source_tables(),
            **self.key_tables(),
            **self.cache_tables(),
            **self.policy_tables(),
            **self.channel_tables(channels),
            "led": ints(list(self.led_rows.values()), op.LED_WIDTH),
            **self.control_tables(),
            **self.faults.tables(self.pools, self.cache_ids, self.source_flows()),
        }
        program = self.asm.pack(tables)
        rows = self.cache_rows
        return Compiled(
            program=program,
            flows=self.flows,
            groups=self.asm.groups,
            caches=list(self.cache_ids),
            places=self.asm.places,
            counters=self.asm.counters,
            margin=min(4096 + 4 * self.width, 400_000),
            gauges=self.gauges,
            warmers=self.warmers,
            limiter_counters=self.limiter_counters,
            limiters=self.limiter_ids,
            ring=self.ring,
            cache_rows=sum(row[1] for row in rows),
            cache_entries=sum(row[1] * row[3] for row in rows),
            cache_table=sum(1 << row[5] for row in rows if row[0] != op.COIN),
            lfu=any(row[0] == op.LFU for row in rows),
            rates={f: self.rate(spec) for f, spec in self.b.flows.items()},
            thinking={f: label.pc for f, label in self.thinking.items()},
            recorder=self.recorder,
            knowing=self.recorder.needed,
            knobs=self.faults.knobs,
            links=self.faults.links,
            scaled=self.scaled,
        )

    @property
    def context(self) -> tuple[str, int, str | None, tuple[Call, ...]]:
        """What steps that are compiled later need to know of where they stand."""
        return self.flow, self.rank, self.flow_space, self.guards

    @context.setter
    def context(self, context: tuple[str, int, str | None, tuple[Call, ...]]) -> None:
        self.flow, self.rank, self.flow_space, self.guards = context

    def source_flows(self) -> list[str]:
        """Flows with a source, in the order of their rows."""
        return [name for name in self.flows if self.b.flows[name].arrive is not None]

    def rate(self, flow: FlowSpec) -> float:
        """Arrivals per second of an open flow under this load; 0 for the others."""
        return (flow.arrive.rate or 0.0) * self.load if flow.arrive else 0.0

    def discipline(self, name: str, component: Component) -> int:
        """The discipline of a component; by priority when its calls carry different ones."""
        if component.discipline != "fifo":
            return self.yielding(component, DISCIPLINES[component.discipline])
        return self.yielding(component, op.PRIORITY) if len(self.b.priorities_at(name)) > 1 else op.FIFO

    def yielding(self, component: Component, discipline: int) -> int:
        """The discipline where a full queue gives the place of its least important request away."""
        gives = isinstance(component, Service) and component.shed is not None and component.shed.first != "newest"
        return op.YIELDING if gives and discipline == op.PRIORITY else discipline

    def make_pools(self, name: str, component: Component) -> None:
        for pool in component.pools():
            self.pools[name, pool.name] = self.make_pool(name, component, pool)
        if isinstance(component, Service):
            self.make_scale(name, component)
            self.make_delay(name, component)

    def make_scale(self, name: str, service: Service) -> None:
        """The control loop of the replicas."""
        scale, group = service.autoscale, self.pools[name, "main"]
        if scale is not None:
            self.scaled[name] = Scaled(len(self.control_rows), group.index, service.replicas)
            row = (op.SCALE, group.base, group.count, NOBODY, op.SEE_USE, 0, 0, scale.min, scale.max)
            par = (scale.every, 0.0, 0.0, scale.target, scale.delay, scale.cooldown)
            self.control_rows[name] = row, par

    def make_delay(self, name: str, service: Service) -> None:
        """The longest wait in a queue that stands, and in another."""
        if service.shed is None or service.shed.target is None:
            return
        group = self.pools[name, "main"]
        for station in self.asm.stations[group.base : group.base + group.count]:
            station["patience"] = -2 - self.asm.dist(Const(service.shed.target))
            station["place"] = self.asm.dist(Const(service.shed.interval))

    def skip_knob(self, skip: Brownout) -> int:
        """The knob that is on while steps with this condition are left out."""
        key = ("skip", skip)
        self.faults.knob(key)
        knob = self.faults.knob_rows[key]
        if key not in self.control_rows:
            group, when = self.pools[skip.when.component, "main"], skip.when
            sees = op.SEE_QUEUE if when.metric == "queue" else op.SEE_USE
            begins, ends = COMPARISONS[when.comparison], COMPARISONS[skip.until.comparison]
            row = (op.WATCH, group.base, group.count, knob, sees, begins, ends, 0, 0)
            self.control_rows[key] = row, (skip.every, when.bound, skip.until.bound, 0.0, 0.0, 0.0)
        return knob

    def control_tables(self) -> dict[str, Any]:
        rows = list(self.control_rows.values())
        if len(rows) > MOST_CONTROLS:
            message = f"the design has {len(rows):,} control loops; the engine runs {MOST_CONTROLS:,}"
            raise BlueprintError([Problem("LC193", message, (), hint="let steps share the condition of their skip:")])
        return {
            "controls": ints([row for row, _ in rows], op.CONTROL_WIDTH),
            "control_par": floats([par for _, par in rows], op.CONTROL_PAR),
        }

    def make_pool(self, name: str, component: Component, pool: Pool) -> StationGroup:
        return self.asm.pool(
            name,
            pool.name,
            pool.room,
            pool.workers,
            bound=pool.queue,
            discipline=self.discipline(name, component),
            copies=pool.stations // pool.groups if pool.groups > 1 else pool.stations if pool.groups == 1 else 1,
            zones=component.zones,
            regions=component.regions,
            patience=component.patience,
        )

    # --- flows ----------------------------------------------------------------------------------------------------
    def make_flow(self, spec: FlowSpec) -> None:
        self.flow = spec.name
        self.guards = ()
        self.occurrence = {}
        self.rank = PRIORITIES[(spec.arrive.priority if spec.arrive and spec.arrive.priority else "normal")]
        if spec.consume is not None:
            self.make_consumer(spec)
        else:
            self.make_client(spec)
        self.asm.drain()

    def make_client(self, spec: FlowSpec) -> None:
        arrive = spec.arrive
        assert arrive is not None
        asm = self.asm
        self.flow_space = arrive.key
        entry = self.entries[spec.name]
        if arrive.users is not None:
            self.thinking[spec.name] = Label()
            asm.here(self.thinking[spec.name])
            asm.wait(arrive.think or Const(0.0), f"{spec.name}:think")
        asm.here(entry)
        space = self.spaces.index(arrive.key) if arrive.key else NOBODY
        again = arrive.users is not None or bool(self.faults.changes)  # then every request is where it is by the clock
        asm.start(space, asm.place(f"{spec.name}:key"), self.rank, again=again)
        self.heat(arrive.key, 0, f"{spec.name}:key")
        followed = self.recorder.follows(spec)
        clock = self.faults.knob_of("clock", spec.name)
        if followed and clock is not None:
            asm.remember(op.SKEW, asm.place(f"{spec.name}:clock"), clock)
        if followed:
            who, first = self.session(spec)
            note = self.recorder.note(Note("invoke", spec.name, session=first))
            asm.remember(op.INVOKE, note, 1 if arrive.key else 0, int(bool(self.recorder.decisive)), who)
        self.twice(spec)
        lost = Label()
        options = Options.model_construct(
            timeout=arrive.timeout, retry=arrive.retry, hedge=arrive.hedge, breaker=None, throttle=None, fallback=None
        )

        def attempt(here: Here, fail: Label) -> None:
            self.steps(spec.steps, here, fail, top=True)

        self.policies(options, {}, "client", Here(), lost, attempt)
        pause = asm.place(f"{spec.name}:think")
        ok = fail = doubt = taken = NOBODY
        if followed:
            ok, fail, doubt = (self.recorder.note(Note(event, spec.name)) for event in ("ok", "fail", "info"))
            taken = self.recorder.note(Note("fail", spec.name, detail=op.REASONS[op.CLAIMED]))
            if arrive.hedge is None:
                self.forget(spec)
        asm.finish(op.DONE, pause, entry, again=again, note=ok)
        asm.here(lost)
        asm.finish(op.FAILED, pause, entry, again=again, note=fail, doubt=doubt, taken=taken)

    def session(self, spec: FlowSpec) -> tuple[int, int]:
        """The register that has a request's session, and the number of the first session of its kind; NOBODY twice.

        Key spaces have their sessions one after the other, and then come the clients of closed loops.
        """
        name = knowledge.session(spec)
        if name is None or not self.recorder.reads:
            return NOBODY, NOBODY
        counts = [self.b.keys[space].count for space in self.spaces]
        if name not in self.spaces:
            return CLIENT, sum(counts)
        first = sum(counts[: self.spaces.index(name)])
        if name == self.flow_space:
            return 0, first
        place = self.asm.place(f"{spec.name}:session:key")
        self.asm.remember(op.KEYED, self.spaces.index(name), place)
        self.heat(name, 1, f"{spec.name}:session")
        return 1, first

    def forget(self, spec: FlowSpec) -> None:
        """An operation that ended well after one attempt cannot come again: what was kept to recognise it goes."""
        calls = list(knowledge.calls(spec.steps))
        if any(call.options.hedge is not None for call in calls) or self.faults.twice_knob(spec.name) is not None:
            return
        for call in calls:
            if self.recorder.identified(call):
                self.asm.emit(op.FORGET, self.identities(call))

    def identities(self, call: Call) -> int:
        """Where the operations that a call has had an effect for are remembered, or NOBODY."""
        if not self.recorder.identified(call):
            return NOBODY
        step = knowledge.step_of(self.b.flows[self.flow], call)
        of = f"{self.flow}:{step}" if step is not None else "once"
        return self.recorder.identities(f"{call.component}:{getattr(call.options, 'entity', None)}:{of}")

    def heat(self, space: str | None, register: int, name: str) -> None:
        """While a key is hot, a share of the requests is about it."""
        knob = self.faults.heat_knob(space)
        if knob is None:
            return
        self.sometimes(knob, f"{name}:hot", lambda: self.asm.emit(op.REKEY, register, 0))

    def twice(self, spec: FlowSpec) -> None:
        """A share of the requests is sent a second time, by nobody who waits for the answer."""
        knob = self.faults.twice_knob(spec.name)
        if knob is None:
            return
        body = self.child(lambda fail: self.steps(spec.steps, Here(), fail, top=True))
        self.sometimes(knob, f"{spec.name}:twice", lambda: self.asm.emit(op.SPAWN, body))

    def make_consumer_pools(self, spec: FlowSpec) -> None:
        consume = spec.consume
        if consume is None:
            return
        source = consume.log or consume.queue or consume.topic
        assert source is not None
        name = f"{spec.name}"
        gauge = self.asm.pool(source, f"{name}:waiting", 1, 0)
        self.gauges[name] = gauge.base
        component = self.b.components[source]
        by = self.b.components[consume.by] if consume.by else None
        replicas = by.replicas if by else 1
        if isinstance(component, Log):
            if consume.in_order in (None, "partition"):
                self.pools[name, "order"] = self.asm.pool(source, f"{name}:order", component.partitions, 1)
            self.pools[name, "flight"] = self.asm.pool(source, f"{name}:flight", replicas, consume.in_flight or 500)
        elif isinstance(component, Queue):
            claims = min(MOST_CLAIMS, replicas * (consume.in_flight or (by.workers if by else 1)))
            self.pools[name, "flight"] = self.asm.pool(source, f"{name}:flight", 1, claims)

    def make_consumer(self, spec: FlowSpec) -> None:
        consume = spec.consume
        assert consume is not None
        source = consume.log or consume.queue or consume.topic
        component = self.b.components[source or ""]
        self.flow_space = component.key if isinstance(component, Log) else None
        self.asm.here(self.entries[spec.name])
        self.delivered_again(spec, source or "")
        self.consume(spec)

    def consume(self, spec: FlowSpec) -> None:
        """What becomes of one message."""
        assert spec.consume is not None
        source = spec.consume.log or spec.consume.queue or spec.consume.topic or ""
        component = self.b.components[source]
        if isinstance(component, Log):
            self.consume_log(spec)
            return
        self.late(source, spec.name)
        if isinstance(component, Queue) and spec.consume.commit == "before":
            self.consume_queue_once(spec)
        elif isinstance(component, Queue):
            self.consume_queue(spec, component)
        else:
            self.consume_topic(spec)

    def delivered_again(self, spec: FlowSpec, source: str) -> None:
        """A share of the messages is handed out a second time."""
        knob = self.faults.knob_of("again", source)
        if knob is None:
            return

        def second(failed: Label) -> None:
            del failed
            self.copying = True
            self.asm.emit(op.GAUGE, self.gauges[spec.name], 1)
            self.consume(spec)
            self.copying = False

        body = self.child(second)
        self.sometimes(knob, f"{spec.name}:again", lambda: self.asm.emit(op.SPAWN, body))

    def late(self, source: str, name: str) -> None:
        """A share of the messages takes longer."""
        knob, delay = self.faults.knob_of("late", source), self.faults.knob_of("delay", source)
        if knob is not None and delay is not None:
            self.sometimes(knob, f"{name}:{source}:late", lambda: self.asm.emit(op.LAG, NOBODY, delay, 0))

    def sometimes(self, knob: int, place: str, emit: Callable[[], Any]) -> None:
        """Does something with the probability that a knob says."""
        now, end = Label(), Label()
        self.asm.emit(op.ODDS, knob, now, self.asm.place(place), NOBODY, 0)
        self.asm.here(end)

        def block() -> None:
            self.asm.here(now)
            emit()
            self.asm.emit(op.JUMP, end)

        self.asm.later(block)

    def dealt_with(self, well: bool) -> None:
        """The end of a message."""
        if self.copying:
            self.asm.emit(op.RETURN)
        else:
            self.asm.emit(op.DONE if well else op.FAILED, 0, 0)

    def arrive_at(self, spec: FlowSpec, depth: int, policy: int) -> Here:
        """The consuming replica as the place where the flow is."""
        assert spec.consume is not None
        by = spec.consume.by
        if by is None:
            return Here(slot=NOBODY, depth=depth)
        group = self.pools[by, "main"]
        name = f"{spec.name}:{by}"
        row = self.asm.selection(
            policy, group.base, group.count, group.copies, self.asm.counter(name), self.asm.place(name), 2, 0, 0
        )
        self.pick(by, row, depth, knows=policy != op.OWNER)
        return Here(slot=depth, component=by, depth=depth + 1, sticky=True)

    def attend(self, here: Here, again: Label, died: Label) -> None:
        """A consumer takes a message: not while it is down, and what it has taken is lost with it."""
        if self.mortal(here.component):
            self.asm.emit(op.ATTEND, here.slot, again)
            self.asm.emit(op.HOLD, here.slot, died, 1)

    def gate(self, spec: FlowSpec) -> None:
        """A consuming flow takes nothing while it is paused."""
        knob = self.faults.pause_knob(spec.name)
        if knob is not None:
            self.asm.emit(op.GATE, knob)

    def consume_log(self, spec: FlowSpec) -> None:
        asm = self.asm
        assert spec.consume is not None
        order = spec.consume.in_order
        depth = 0
        space = NOBODY
        self.gate(spec)
        if order in (None, "partition"):
            group = self.pools[spec.name, "order"]
            asm.emit(op.PICK, asm.selection(op.OWNER, group.base, group.count, 1, 0, 0, 0, 0, 0), depth)
            asm.emit(op.ACQUIRE, depth, 0)
            depth += 1
        elif order != "none":
            space = self.locks.setdefault(f"order:{spec.name}", len(self.locks))
            asm.emit(op.LOCK, space, 0)
        self.late(spec.consume.log or "", spec.name)
        group = self.pools[spec.name, "flight"]
        asm.emit(op.PICK, asm.selection(op.OWNER, group.base, group.count, 1, 0, 0, 0, 0, 0), depth)
        asm.emit(op.ACQUIRE, depth, 0)
        again, died = Label(), Label()
        if self.mortal(spec.consume.by):
            asm.here(again)
            here = self.arrive_at(spec, depth + 1, op.OWNER)
            self.attend(here, again, died)
            self.gate(spec)
            asm.emit(op.GAUGE, self.gauges[spec.name], -1)

            def redeliver() -> None:
                asm.here(died)
                asm.emit(op.GAUGE, self.gauges[spec.name], 1)
                asm.emit(op.JUMP, again)

            if spec.consume.commit != "before":
                asm.later(redeliver)
        else:
            self.gate(spec)
            asm.emit(op.GAUGE, self.gauges[spec.name], -1)
            here = self.arrive_at(spec, depth + 1, op.OWNER)
        failed = Label()

        def let_go() -> None:
            asm.emit(op.RELEASE, depth)
            if space >= 0:
                asm.emit(op.UNLOCK, space, 0)
            elif depth > 0:
                asm.emit(op.RELEASE, 0)

        self.steps(spec.steps, here, failed, top=True)
        self.leave(here)
        let_go()
        self.handled(spec)
        self.dealt_with(True)
        asm.here(failed)
        self.leave(here)
        if spec.consume.commit == "before":
            asm.here(died)  # nobody takes it again
        let_go()
        self.dealt_with(False)

    def consume_queue_once(self, spec: FlowSpec) -> None:
        """A message is deleted when it is taken: nobody takes it again."""
        asm = self.asm
        assert spec.consume is not None
        group = self.pools[spec.name, "flight"]
        self.gate(spec)
        asm.emit(op.PICK, asm.selection(op.FIRST, group.base, 1, 1, 0, 0, 0, 0, 0), 0)
        asm.emit(op.ACQUIRE, 0, 0)
        again, failed, died = Label(), Label(), Label()
        asm.here(again)
        here = self.arrive_at(spec, 1, op.ROUND_ROBIN)
        self.attend(here, again, died)
        self.gate(spec)
        asm.emit(op.GAUGE, self.gauges[spec.name], -1)
        self.steps(spec.steps, here, failed, top=True)
        self.leave(here)
        self.handled(spec)
        asm.emit(op.RELEASE, 0)
        self.dealt_with(True)
        asm.here(failed)
        self.leave(here)
        asm.here(died)
        asm.emit(op.RELEASE, 0)
        self.dealt_with(False)

    def consume_queue(self, spec: FlowSpec, queue: Queue) -> None:
        asm = self.asm
        assert spec.consume is not None
        by = spec.consume.by
        group = self.pools[spec.name, "flight"]
        again, body, late, failed = Label(), Label(), Label(), Label()
        asm.emit(op.SET, 0, 0)
        asm.here(again)
        self.gate(spec)
        asm.emit(op.PICK, asm.selection(op.FIRST, group.base, 1, 1, 0, 0, 0, 0, 0), 0)
        asm.emit(op.ACQUIRE, 0, 0)
        taking, died = Label(), Label()
        if self.mortal(by):  # a message is taken by a replica that is up
            asm.here(taking)
            asm.emit(op.ATTEND, self.arrive_at(spec, 1, op.ROUND_ROBIN).slot, taking)
        self.gate(spec)
        asm.emit(op.GAUGE, self.gauges[spec.name], -1)
        asm.emit(op.CALL, body, asm.timer(queue.visibility), late)
        self.dealt_with(True)
        asm.here(late)  # not done in time: visible again, until it has been received too often
        policy = len(self.retry_rows)
        self.retry_rows.append((queue.max_receives - 1, op.NO_JITTER, 0, 0.0, 1.0, FOREVER, 0.0, -1.0))
        back = Label()
        asm.emit(op.RETRY, policy, 0, back)
        asm.emit(op.COUNT, op.FC_DEAD)
        if queue.dead_letters:
            channel = self.channel_ids[queue.dead_letters]
            gone = Label()
            asm.emit(op.PUBLISH, channel, 0, gone, asm.counter(f"{spec.name}:dead"))
            asm.here(gone)
        self.dealt_with(False)
        asm.here(back)
        asm.emit(op.GAUGE, self.gauges[spec.name], 1)
        asm.emit(op.JUMP, again)
        asm.here(body)
        if self.mortal(by):
            here = Here(slot=1, component=by, depth=2, sticky=True)
            asm.emit(op.HOLD, here.slot, died, 1)

            def forgotten() -> None:  # nobody deletes the message: it is visible again after its time
                asm.here(died)
                asm.emit(op.RELEASE, 0)
                asm.emit(op.VANISH)

            asm.later(forgotten)
        else:
            here = self.arrive_at(spec, 1, op.ROUND_ROBIN)
        self.steps(spec.steps, replace(here, register=1), failed, top=True)
        self.leave(here)
        self.handled(spec)
        asm.emit(op.RELEASE, 0)
        asm.emit(op.RETURN)
        asm.here(failed)
        self.leave(here)
        asm.emit(op.RELEASE, 0)
        asm.emit(op.FAIL, 1)

    def consume_topic(self, spec: FlowSpec) -> None:
        asm = self.asm
        self.gate(spec)
        asm.emit(op.GAUGE, self.gauges[spec.name], -1)
        here = self.arrive_at(spec, 0, op.ROUND_ROBIN)
        failed, died = Label(), Label()
        if self.mortal(here.component):
            asm.emit(op.ENTER, here.slot, died)
            asm.emit(op.HOLD, here.slot, died, 1)
        self.steps(spec.steps, here, failed, top=True)
        self.leave(here)
        self.handled(spec)
        self.dealt_with(True)
        asm.here(failed)
        self.leave(here)
        asm.here(died)
        self.dealt_with(False)

    # --- steps ----------------------------------------------------------------------------------------------------
    def steps(self, steps: tuple[Step, ...], here: Here, fail: Label, top: bool = False) -> None:
        """A list of steps, made from `here` and, after moves, back to it."""
        trail: list[Here] = [here]
        claims = {i: j for i, step in enumerate(steps) if (j := released(steps, i)) is not None}
        i = 0
        while i < len(steps):
            moved = self.step(steps[i], here, fail, top)
            if i in claims:
                self.holding(steps[i : claims[i] + 1], here, fail)
            i = claims.get(i, i) + 1
            if moved.slot != here.slot:
                fail = self.landing_back(moved, here, fail)
                trail.append(moved)
            here = moved
        while len(trail) > 1:
            last = trail.pop()
            self.leave(last)
            self.hop(last, trail[-1])

    def holding(self, steps: tuple[Step, ...], here: Here, fail: Label) -> None:
        """The steps that are made while a claim is held; it is given back after them, and when one of them fails."""
        claim, release = steps[0], steps[-1]
        assert isinstance(claim, Call)
        assert isinstance(release, Call)
        lost, context = Label(), self.context
        self.guards = (*self.guards, claim)
        self.steps(steps[1:-1], here, lost)
        self.context = context

        def give_back() -> None:
            self.step(release, here, fail, top=False)
            self.verbs.give_back(claim, self.flow)

        def land() -> None:
            self.context = context
            self.asm.here(lost)
            give_back()
            self.asm.emit(op.JUMP, fail)

        give_back()
        self.asm.later(land)

    def landing_back(self, there: Here, here: Here, fail: Label) -> Label:
        """Where a failure after a move goes: it travels back first."""
        label, died = Label(), Label()
        if self.mortal(there.component):
            self.asm.emit(op.HOLD, there.slot, died)

        def block() -> None:
            self.asm.here(label)
            self.leave(there)
            self.asm.here(died)
            self.hop(there, here)
            self.asm.emit(op.JUMP, fail)

        self.asm.later(block)
        return label

    # --- faults: operations that only cases with faults have ------------------------------------------------------
    def mortal(self, component: str | None) -> bool:
        """Whether replicas of a component die or are paused in this case."""
        return component in self.faults.mortal

    def leave(self, there: Here, keep: bool = False) -> None:
        """The flow ends here when the replica where it is has died; with `keep` it stays there otherwise."""
        if self.mortal(there.component) and there.slot >= 0:
            self.asm.emit(op.STAND, there.slot, int(keep))

    def alive(self, there: Here, fail: Label) -> None:
        """What a replica that has died would do fails; what a paused one would do waits."""
        if self.mortal(there.component) and there.slot >= 0:
            self.asm.emit(op.ALIVE, there.slot, fail)

    def pick(self, component: str, row: int, slot: int, knows: bool = False) -> None:
        """Chooses a station; one that is known to be dead is left out."""
        if self.mortal(component) or component in self.scaled:
            self.asm.emit(op.PICK_UP, row, slot, int(knows))
        else:
            self.asm.emit(op.PICK, row, slot)

    def enter(self, there: Here, away: Label, told: bool = False) -> None:
        """The request reaches a replica, which may be down; with `told` one that is known to be is not waited for."""
        if self.mortal(there.component):
            self.asm.emit(op.ENTER, there.slot, away, int(told))

    def errors(self, there: Here, name: str, held: Label) -> None:
        """The replica fails requests by themselves, with the probability of the moment."""
        first = self.faults.knob_of("errors", there.component)
        if first is not None and there.component is not None:
            bad = self.landing(held, lambda: self.asm.emit(op.REASON, op.ERROR))
            base = self.pools[there.component, "main"].base
            self.asm.emit(op.ODDS, first, bad, self.asm.place(f"{name}:fault"), there.slot, base)

    def full(self, call: Call, there: Here, name: str, held: Label) -> None:
        """A replica without room refuses what would be stored there."""
        component, first = self.b.components[call.component], self.faults.knob_of("full", call.component)
        stores = isinstance(component, Store) and call.verb in component.effects
        if first is not None and (stores or component.behaviours.get(call.verb) == "publish"):
            bad = self.landing(held, lambda: self.asm.emit(op.REASON, op.REFUSED))
            base = self.pools[call.component, "main"].base
            self.asm.emit(op.ODDS, first, bad, self.asm.place(f"{name}:full"), there.slot, base)

    def step(self, step: Step, here: Here, fail: Label, top: bool) -> Here:
        asm = self.asm
        match step:
            case Call():
                return self.call(step, here, fail, top)
            case Wait(time=time):
                asm.wait(time, self.named("wait"))
            case Repeat(times=times, steps=steps):
                register = self.register(here, step.path)
                again = Label()
                asm.emit(op.SET, register, times)
                asm.here(again)
                self.steps(steps, replace(here, register=register + 1), fail)
                asm.emit(op.LOOP, register, again)
            case Spawn(steps=steps):
                asm.emit(op.SPAWN, self.body(steps, here))
            case FanOut(n=n, need=need, steps=steps):
                first = len(asm.bodies)
                asm.bodies.append(self.body(steps, here))
                self.fork(first, n, need, fail, NOBODY, 1)
            case Parallel(branches=branches, need=need):
                labels = [self.body(branch, here) for branch in branches]
                first = len(asm.bodies)
                asm.bodies.extend(labels)
                self.fork(first, len(labels), need, fail, NOBODY, 0)
            case Choose(weights=weights, branches=branches):
                self.choose(weights, branches, here, fail)
        return here

    def fork(self, first: int, count: int, need: int, fail: Label, lane: int, same: int) -> None:
        self.width = min(self.width * max(1, count), 1 << 20) if count > 8 else self.width + count
        self.asm.emit(op.FORK, first, count, need, fail, lane, same)

    def choose(
        self, weights: tuple[float, ...], branches: tuple[tuple[Step, ...], ...], here: Here, fail: Label
    ) -> None:
        asm = self.asm
        place = asm.place(self.named("choose"))
        labels = [Label() for _ in branches]
        first, bodies = len(asm.weights), len(asm.bodies)
        total = sum(weights)
        asm.weights.extend(float(w) for w in np.cumsum(weights) / total)
        asm.bodies.extend(labels)
        end = Label()
        asm.emit(op.CHOOSE, place, first, len(branches), bodies)
        for label, branch in zip(labels, branches, strict=True):
            asm.here(label)
            self.steps(branch, here, fail)
            asm.emit(op.JUMP, end)
        asm.here(end)

    def body(self, steps: tuple[Step, ...], here: Here) -> Label:
        """Steps as the code of a child frame."""
        return self.child(lambda fail: self.steps(steps, here, fail))

    def child(self, emit: Callable[[Label], None]) -> Label:
        label, failed = Label(), Label()
        context = self.context

        def block() -> None:
            self.context = context
            self.asm.here(label)
            emit(failed)
            self.asm.emit(op.RETURN)
            self.asm.here(failed)
            self.asm.emit(op.FAIL, 0)

        self.asm.later(block)
        return label

    def named(self, what: str) -> str:
        """A name for a place in the flow that does not change when other flows or components do."""
        count = self.occurrence.get(what, 0)
        self.occurrence[what] = count + 1
        return f"{self.flow}:{what}#{count}"

    def register(self, here: Here, path: tuple[str | int, ...]) -> int:
        if here.register >= REGISTERS:
            self.too_deep(path)
        return here.register

    def too_deep(self, path: tuple[str | int, ...]) -> None:
        raise BlueprintError(
            [
                Problem(
                    code="LC190",
                    message=f"the steps of flow {self.flow!r} nest deeper than {SLOTS} calls",
                    path=path,
                    hint="split the flow, or move the inner steps into a consuming flow",
                )
            ]
        )

    # --- a call and its policies ----------------------------------------------------------------------------------
    def call(self, call: Call, here: Here, fail: Label, top: bool) -> Here:
        component = self.b.components[call.component]
        options = call.options
        name = self.named(f"{call.component}.{call.verb}")
        forward = component.behaviours.get(call.verb) == "forward"
        moves = not options.policed and (forward or (top and component.kind == "service"))

        def attempt(at: Here, failed: Label) -> None:
            self.visit(call, component, name, at, failed, stay=False)

        if moves:
            return self.visit(call, component, name, here, fail, stay=True)
        end = Label()
        if call.skip is not None:  # whatever becomes of the call, it goes on there
            self.skip(call, call.skip, name, here, fail, end)
        self.policies(options, call.nested, name, here, fail, attempt)
        if call.skip is not None:
            self.asm.here(end)
        return here

    def skip(self, call: Call, brownout: Brownout, name: str, here: Here, fail: Label, end: Label) -> None:
        """While a component is too busy the call is left out, and its fallback made."""
        asm, skipped = self.asm, Label()
        context = self.context
        asm.emit(op.COUNT, op.FC_OPTIONAL)
        asm.emit(op.ODDS, self.skip_knob(brownout), skipped, asm.place(f"{name}:skip"), NOBODY, 0)

        def block() -> None:
            self.context = context
            asm.here(skipped)
            asm.emit(op.COUNT, op.FC_SKIPPED)
            self.steps(call.nested.get("fallback", ()), here, fail)
            asm.emit(op.JUMP, end)

        asm.later(block)

    def policies(
        self,
        options: Options,
        nested: dict[str, tuple[Step, ...]],
        name: str,
        here: Here,
        fail: Label,
        attempt: Callable[[Here, Label], None],
    ) -> None:
        asm = self.asm
        end = Label()
        if options.fallback is not None:
            outer, fail = fail, Label()
            handler = fail
            context = self.context

            def otherwise() -> None:
                self.context = context
                asm.here(handler)
                self.steps(nested.get("fallback", ()), here, outer)
                asm.emit(op.JUMP, end)

            asm.later(otherwise)
        if options.retry is not None and options.retry.max > 0:
            here, fail, admit, calm = self.retrying(options, name, here, fail)
        else:
            admit = calm = NOBODY
        throttle = NOBODY
        if options.throttle is not None:
            throttle = len(self.throttle_rows)
            self.throttle_rows.append((options.throttle.k, options.throttle.window))
            asm.emit(op.THROTTLE, throttle, fail, asm.place(f"{name}:throttle"))
        if options.breaker is not None:
            fail, breaker = self.breaking(options, fail)
        else:
            breaker = NOBODY
        self.waiting(options, name, here, fail, attempt)
        if breaker >= 0:
            asm.emit(op.REPORT, breaker, 1)
        if throttle >= 0:
            asm.emit(op.ACCEPT, throttle)
        if calm >= 0:
            asm.emit(op.TALLY, calm, 1)
        if admit >= 0:
            asm.emit(op.ADMIT, admit)
        if options.fallback is not None:
            asm.here(end)

    def retrying(self, options: Options, name: str, here: Here, fail: Label) -> tuple[Here, Label, int, int]:
        asm = self.asm
        retry = options.retry
        assert retry is not None
        register = self.register(here, ())
        jitter: Any = retry.jitter
        added = 0.0
        if not isinstance(jitter, str):
            added, jitter = float(jitter), "added"
        kind = {"none": op.NO_JITTER, "full": op.FULL_JITTER, "equal": op.EQUAL_JITTER, "added": op.ADDED_JITTER}[
            jitter
        ]
        policy = len(self.retry_rows)
        budget = -1.0 if retry.budget is None else retry.budget
        cap = FOREVER if retry.cap is None else retry.cap
        self.retry_rows.append(
            (retry.max, kind, asm.place(f"{name}:backoff"), retry.backoff, retry.multiplier, cap, added, budget)
        )
        start, landing = Label(), Label()
        asm.emit(op.SET, register, 0)
        if budget >= 0 and retry.budget_on == "attempt":
            asm.emit(op.ADMIT, policy)
        asm.here(start)

        calm = NOBODY
        if retry.breaker is not None:
            calm = self.looking_back(retry.breaker_calls, retry.breaker, 0.0)

        def land() -> None:
            asm.here(landing)
            if calm >= 0:
                asm.emit(op.TALLY, calm, 0)
                asm.emit(op.CALM, calm, fail)
            asm.emit(op.RETRY, policy, register, start)
            asm.emit(op.JUMP, fail)

        asm.later(land)
        return (
            replace(here, register=register + 1),
            landing,
            policy if budget >= 0 and retry.budget_on == "success" else NOBODY,
            calm,
        )

    def looking_back(self, calls: int, failures: float, open_s: float) -> int:
        """Row of a breaker that looks at so many of the latest calls."""
        self.breaker_rows.append((calls, self.ring, failures, open_s))
        self.ring += calls
        return len(self.breaker_rows) - 1

    def breaking(self, options: Options, fail: Label) -> tuple[Label, int]:
        asm = self.asm
        breaker = options.breaker
        assert breaker is not None
        row = self.looking_back(breaker.calls, breaker.failures, breaker.open)
        asm.emit(op.TRIP, row, fail)
        landing = Label()

        def land() -> None:
            asm.here(landing)
            asm.emit(op.REPORT, row, 0)
            asm.emit(op.JUMP, fail)

        asm.later(land)
        return landing, row

    def waiting(
        self, options: Options, name: str, here: Here, fail: Label, attempt: Callable[[Here, Label], None]
    ) -> None:
        """The attempt itself: inline, or in a child frame when the caller may stop waiting or send a copy."""
        asm = self.asm
        if not options.timeout and options.hedge is None:
            attempt(here, fail)
            return
        lane = asm.timer(options.timeout) if options.timeout else NOBODY
        body = self.child(lambda failed: attempt(here, failed))
        if options.hedge is None:
            asm.emit(op.CALL, body, lane, fail)
            return
        second = Label()
        after = options.hedge.after

        def hedge() -> None:
            asm.here(second)
            asm.wait(Const(after), name)
            asm.emit(op.STILL)
            asm.emit(op.JUMP, body)

        asm.later(hedge)
        first = len(asm.bodies)
        asm.bodies.extend([body, second])
        self.fork(first, 2, 1, fail, lane, 0)

    # --- a visit --------------------------------------------------------------------------------------------------
    def visit(self, call: Call, component: Component, name: str, here: Here, fail: Label, stay: bool) -> Here:
        """One call without its policies. With `stay` the flow is at the component afterwards."""
        asm = self.asm
        options = call.options
        key = self.key_register(options, component, name)
        rank = PRIORITIES[options.priority] if options.priority else None
        if rank is None and component.priority != "normal" and self.rank == PRIORITIES["normal"]:
            rank = PRIORITIES[component.priority]
        before = self.rank
        self.alive(here, fail)
        if rank is not None and rank != before:
            asm.emit(op.RANK, rank)
            fail = self.landing(fail, lambda: asm.emit(op.RANK, before))
            self.rank = rank
        writes = knowledge.parts(call)
        if knowledge.together(writes):
            self.transaction(writes, component, name, here, fail)
            if rank is not None and rank != before:
                asm.emit(op.RANK, before)
                self.rank = before
            return here
        visits = component.visits(call.verb, options)
        there = here
        looks = getattr(options, "atomic", True) is False
        if looks:
            self.single(call, component, visits[0], name, here, fail, key, False, first=True, role="look")
        spread = any(visit.need > 0 and visit.pick in SPREAD for visit in visits[looks:])
        decided = spread and visits[0].pick == "leader" and not looks
        if spread and not decided and isinstance(component, Store) and call.verb in component.effects:
            self.led_write(call, component, visits[looks], name, here, fail, key)
        if decided and self.remembered(call):
            asm.emit(op.OUTSET)
        if (decided and self.remembered(call)) or (spread and self.sequence(call, component, key)):
            fail = self.landing(fail, lambda: self.verbs.abandon(call, key))
        on_arrival = bool(visits) and visits[0].need == 0 and self.unsure(call.component)
        for i, one in enumerate(visits[looks:]):
            last = i == len(visits) - 1 - looks
            if one.pick == "followers" and self.replicates(call):
                continue
            if one.need == 0:
                self.unawaited(call, component, one, name, here, key, publish=on_arrival and i == 0)
            elif one.pick in SPREAD:
                self.spread(call, component, one, name, here, fail, key)
            else:
                role: Role = "decide" if decided else ""
                first = i == 0 and not looks
                there = self.single(call, component, one, name, here, fail, key, stay and last, first, role)
        behaviour = component.behaviours.get(call.verb)
        many = visits and (visits[0].pick in SPREAD or visits[0].need == 0)
        if behaviour == "publish" and not on_arrival and (many or self.turns is not None):
            # who waits for its turn holds no worker
            self.publish(call.component, component, name, fail, key)
        if spread and isinstance(component, Store) and call.verb in component.effects:
            self.verbs.guard(self.guards, self.flow, fail)
        if spread:
            self.committed(call, component, key, NOBODY)
        if isinstance(component, Store):
            if call.verb in component.effects:
                self.feed(call, here, key)
            elif self.entity(call):
                self.verbs.learn(call, key, told=self.recorder.reads)
                if self.recorder.reads:
                    asm.emit(op.NOTE, self.note("read", call), NOBODY, key, 0, 0)
        if rank is not None and rank != before:
            asm.emit(op.RANK, before)
            self.rank = before
        return there if stay else here

    def transaction(self, writes: tuple[Call, ...], component: Component, name: str, here: Here, fail: Label) -> None:
        """Writes of which all have their effect, or none: first every shard has been visited, then all are there."""
        assert isinstance(component, Store)
        verbs = self.verbs
        keys = [0 if knowledge.own_key(self.b, self.b.flows[self.flow], write) else 1 for write in writes]
        other = next((write for write, key in zip(writes, keys, strict=True) if key == 1), None)
        if other is not None:
            self.key_register(other.options, component, name)
        numbered = [(i, w, k) for i, (w, k) in enumerate(zip(writes, keys, strict=True)) if self.remembered(w)]
        at_once = component.visits("transact", writes[0].options)[0].pick not in SPREAD
        if numbered and not at_once:
            for i, write, key in numbered:
                self.sequence(write, component, key)
                verbs.stash(i)

            def abandon() -> None:
                for i, write, key in numbered:
                    verbs.take_up(i)
                    verbs.abandon(write, key)

            fail = self.landing(fail, abandon)
        slots = []
        for i, (write, key) in enumerate(zip(writes, keys, strict=True)):
            there = replace(here, depth=here.depth + i) if at_once else here
            slots.append(there.depth)
            if (i, write, key) in numbered and not at_once:
                verbs.take_up(i)
            for visit in component.visits("transact", write.options):
                if visit.need > 0 and at_once:
                    self.single(write, component, visit, name, there, fail, key, False, first=True, role="prepare")
                elif visit.need > 0:
                    self.spread(write, component, visit, name, here, fail, key)
        for i, write, key in numbered:
            if at_once:
                self.sequence(write, component, key)
                verbs.stash(i)
                self.apply(write, component, slots[i], key)
            else:
                verbs.take_up(i)
                verbs.guard(self.guards, self.flow, fail)
            self.committed(write, component, key, slots[i] if at_once else NOBODY)
            self.feed(write, replace(here, depth=here.depth + len(writes)), key)
        for i, (write, key) in enumerate(zip(writes, keys, strict=True)):
            if (i, write, key) in numbered:
                verbs.take_up(i)
            for visit in component.visits("transact", write.options):
                if visit.need == 0:
                    self.unawaited(write, component, visit, name, here, key)

    def unsure(self, component: str) -> bool:
        """Whether a message that nobody waits for may not be taken in this case; who feeds a log sees to it."""
        return component in self.faults.touched and not self.feeding

    def landing(self, fail: Label, emit: Callable[[], Any]) -> Label:
        """A place where failures go that first undoes something."""
        label = Label()

        def block() -> None:
            self.asm.here(label)
            emit()
            self.asm.emit(op.JUMP, fail)

        self.asm.later(block)
        return label

    def space(self, call: Call, component: Component) -> int:
        """Number of the key space that a call is about; the last one when it is about no key."""
        name = call.options.key or getattr(component, "key", None) or self.flow_space
        return self.spaces.index(name) if name else len(self.spaces)

    def key_register(self, options: Options, component: Component, name: str) -> int:
        """0 for the flow's key, 1 for one that is drawn for this call."""
        key = options.key or getattr(component, "key", None)
        if key is None or key == self.flow_space:
            return 0
        self.asm.emit(op.KEYED, self.spaces.index(key), self.asm.place(f"{name}:key"))
        self.heat(key, 1, f"{name}:key")
        return 1

    def single(
        self,
        call: Call,
        component: Component,
        visit: Visit,
        name: str,
        here: Here,
        fail: Label,
        key: int,
        stay: bool,
        first: bool,
        role: Role = "",
    ) -> Here:
        """A visit of one station; by its role to `look` at what a write depends on, or to `decide` on a write that
        others then copy."""
        asm = self.asm
        local = here.sticky and here.component == call.component
        slot = here.slot if local else here.depth
        if slot >= SLOTS:
            self.too_deep(call.path)
        there = Here(slot, call.component, max(here.depth, slot + 1), None, here.register, sticky=False)
        if local:
            there = replace(there, sticky=True)
        behaviour = component.behaviours.get(call.verb)
        if not local:
            row = self.select(call, component, visit, name, here, key)
            if visit.pick == "leader" and self.faults.led(call.component):
                self.lead(call, component, row, here, there, fail)
            else:
                self.pick(call.component, row, slot)
            self.peek(call, component, slot, key, 0)
            self.hop(here, there, fail)
            self.peek(call, component, slot, key, 1)
        away = fail if local else self.landing(fail, lambda: self.hop(there, here))
        if not local:
            self.enter(there, away)
        quota = component.quota_of(call.verb)
        if behaviour == "flaky" and quota is not None and first:
            self.take_quota(call, component, quota, away)
        asm.emit(op.ACQUIRE, slot, away)
        if not local and self.mortal(call.component):
            asm.emit(op.HOLD, slot, away)

        def let_go(keep: bool = local) -> None:
            self.leave(there, keep)
            asm.emit(op.RELEASE, slot)

        held = self.landing(away, let_go)
        self.alive(there, held)
        self.serve(component, visit.work, slot, f"{name}:work{'' if first else ':next'}")
        self.alive(there, held)
        self.errors(there, name, held)
        self.full(call, there, name, held)
        if isinstance(component, Store):
            self.behave(call, component, behaviour, name, slot, held, key, there, role)
        if visit.then is not None:
            if visit.detach:
                self.detach(component, visit.then, there, name)
            else:
                self.serve(component, visit.then, slot, f"{name}:then")
                self.alive(there, held)
        if not isinstance(component, Store):
            self.behave(call, component, behaviour, name, slot, held, key, there, role)
        inner = call.nested.get("do", ())
        if inner:
            self.steps(inner, there, held)
        if not (visit.then is not None and visit.detach):
            let_go(keep=local or stay)
        if behaviour == "deliver":
            self.deliver(call, name, slot)
        if stay:
            balancer = call.component if behaviour == "forward" else None
            return replace(there, balancer=balancer)
        if not local:
            self.hop(there, here, fail)
        if behaviour == "lookup":
            self.missed(call, component, name, slot, here, fail, key)
        return here

    def peek(self, call: Call, component: Component, slot: int, key: int, stage: int) -> None:
        """Lets the memory fetch what a look-up in a large cache will read."""
        if component.behaviours.get(call.verb) in ("lookup", "fill"):
            cache = self.cache_ids[call.component]
            if self.cache_rows[cache][3] * self.cache_rows[cache][1] > NEAR_ENTRIES:
                self.asm.emit(op.PEEK, cache, slot, key, self.space(call, component), stage)

    def serve(self, component: Component, work: Dist, slot: int, name: str) -> None:
        shared = component.discipline == "ps"
        if isinstance(work, Const) and work.value == 0.0 and not shared:
            return
        crowd = 0
        if isinstance(component, Service) and component.contention:
            self.asm.weights.append(component.contention)
            crowd = len(self.asm.weights)
        self.asm.emit(op.SERVE, slot, self.asm.dist(work), self.asm.place(name), crowd)
        if shared or component.discipline == "preemptive":
            self.asm.emit(op.SERVED, slot)

    def detach(self, component: Component, work: Dist, there: Here, name: str) -> None:
        """The answer goes on its way while the worker is still held."""

        def emit(failed: Label) -> None:
            self.serve(component, work, there.slot, f"{name}:then")
            self.leave(there)
            self.asm.emit(op.RELEASE, there.slot)
            del failed

        self.asm.emit(op.SPAWN, self.child(emit))
        if self.mortal(there.component):
            self.asm.emit(op.HOLD, there.slot, 0)

    def behave(
        self,
        call: Call,
        component: Component,
        behaviour: str | None,
        name: str,
        slot: int,
        held: Label,
        key: int,
        there: Here,
        role: Role,
    ) -> None:
        """What the verb does at the station once it has been served."""
        asm = self.asm
        if isinstance(component, Store):
            if call.verb in component.effects:
                if self.faults.led(call.component):
                    asm.emit(op.LEADING, slot, self.led_row(call.component), held)
                if role == "prepare":
                    self.verbs.guard(self.guards, self.flow, held)
                    return
                if role == "look":
                    self.verbs.look(call, slot, key, self.copies(call, component), held)
                    return
                self.verbs.compare(call, key, self.identities(call), held)
                self.verbs.claim(call, key, held)
                if role == "":
                    self.verbs.guard(self.guards, self.flow, held)
                self.sequence(call, component, key)
                if role == "":
                    self.apply(call, component, slot, key)
                    self.committed(call, component, key, slot)
                    if self.replicates(call):
                        self.replicate(call, component, name, there, key)
            else:
                self.see(call, component, slot, key)
                self.answer(call, slot, key, shared=False)
        if behaviour == "lookup":
            register = self.register(there, call.path)
            asm.emit(op.LOOKUP, self.cache_ids[call.component], slot, self.space(call, component), key, register)
            self.verbs.answer(call, slot, key, self.flow_space, register)
            self.note_warmer(call, name)
        elif behaviour == "fill":
            asm.emit(op.FILL, self.cache_ids[call.component], slot, key, self.space(call, component))
            self.verbs.keep(call, slot, key, self.flow_space)
        elif behaviour == "drop":
            asm.emit(op.DROP, self.cache_ids[call.component], slot, key, self.space(call, component))
        elif behaviour == "publish" and self.turns is None:
            self.publish(call.component, component, name, held, key)
        elif behaviour == "take":
            self.take(call, component, slot, held, key)
        elif behaviour == "flaky" and component.error_rate_of(call.verb) > 0.0:
            bad = self.landing(held, lambda: asm.emit(op.REASON, op.ERROR))
            weight = len(asm.weights)
            asm.weights.append(component.error_rate_of(call.verb))
            asm.emit(op.CHANCE, asm.place(f"{name}:error"), bad, weight)

    def missed(self, call: Call, component: Component, name: str, slot: int, here: Here, fail: Label, key: int) -> None:
        """After a look-up: nothing on a hit; on a miss the caller fetches and stores."""
        asm = self.asm
        assert isinstance(component, Cache)
        steps = call.nested.get("miss")
        register = self.register(here, call.path)
        miss, end, known = Label(), Label(), self.verbs.held(call, key, self.flow_space)
        if steps is None:
            if known:
                asm.emit(op.BRANCH, register, end)
                self.verbs.recall(call, self.flow, slot, key, self.flow_space)
                asm.here(end)
            return
        context = self.context
        asm.emit(op.BRANCH, register, miss)
        cache, of = self.cache_ids[call.component], self.space(call, component)
        deeper = replace(here, depth=max(here.depth, slot + 1), register=register + 1)
        hit, joined = Label(), Label()
        asm.here(hit)
        self.verbs.recall(call, self.flow, slot, key, self.flow_space)

        def fill() -> None:
            asm.emit(op.FILL, cache, slot, key, of)
            self.verbs.keep(call, slot, key, self.flow_space)

        def fetch() -> None:
            self.context = context
            asm.here(miss)
            if not component.coalesce:
                self.steps(steps, deeper, fail)
                self.alive(here, fail)
                fill()
                asm.emit(op.JUMP, end)
                return
            space = self.locks.setdefault(f"fetch:{call.component}:{of}", len(self.locks))
            lost = Label()
            asm.emit(op.FLIGHT, space, key, joined if known else end, fail)
            self.steps(steps, deeper, lost)
            self.alive(here, lost)
            fill()
            asm.emit(op.LANDED, space, key, 1)
            asm.emit(op.JUMP, end)
            asm.here(lost)
            asm.emit(op.LANDED, space, key, 0)
            asm.emit(op.JUMP, fail)
            if known:  # who has waited is answered what the one that fetched it has stored
                asm.here(joined)
                asm.emit(op.SET, register, 1)
                self.verbs.answer(call, slot, key, self.flow_space, register)
                asm.emit(op.JUMP, hit)

        asm.later(fetch)
        asm.here(end)

    def spread(
        self, call: Call, component: Component, visit: Visit, name: str, here: Here, fail: Label, key: int
    ) -> None:
        """A visit of many stations at once."""
        if visit.pick == "some":
            self.asm.emit(op.DEAL, self.register(here, call.path), self.asm.place(f"{name}:deal"))
        label = self.spread_body(call, component, visit, name, here, key)
        first = len(self.asm.bodies)
        self.asm.bodies.append(label)
        self.fork(first, visit.copies, visit.need, fail, NOBODY, 1)

    def unawaited(
        self, call: Call, component: Component, visit: Visit, name: str, here: Here, key: int, publish: bool = False
    ) -> None:
        """A visit that nobody waits for; with `publish` the message is out when it is taken there."""
        if visit.copies < 1:
            return
        name = f"{name}:behind"
        label = self.spread_body(call, component, visit, name, here, key, publish)
        if visit.copies == 1:
            self.asm.emit(op.SPAWN, label)
            return
        first = len(self.asm.bodies)
        self.asm.bodies.append(label)

        def emit(failed: Label) -> None:
            self.fork(first, visit.copies, visit.copies, failed, NOBODY, 1)

        self.asm.emit(op.SPAWN, self.child(emit))

    def spread_body(
        self, call: Call, component: Component, visit: Visit, name: str, here: Here, key: int, publish: bool = False
    ) -> Label:
        asm = self.asm
        slot = here.depth
        if slot >= SLOTS:
            self.too_deep(call.path)
        there = Here(slot, call.component, slot + 1)

        def emit(failed: Label) -> None:
            self.pick(call.component, self.select(call, component, visit, name, here, key), slot)
            self.lagging(call, component, slot)
            self.hop(here, there, failed)
            away = self.landing(failed, lambda: self.hop(there, here))
            gone, nobody = away, Label()
            if visit.pick == "every" and self.mortal(call.component):
                gone = self.landing(nobody, lambda: self.hop(there, here))  # the connections went with the replica
            self.enter(there, gone, told=visit.pick == "every")
            asm.emit(op.ACQUIRE, slot, away)
            if self.mortal(call.component):
                asm.emit(op.HOLD, slot, gone)

            def let_go() -> None:
                self.leave(there)
                asm.emit(op.RELEASE, slot)

            held = self.landing(away, let_go) if call.component in self.faults.touched else away
            self.alive(there, held)
            self.serve(component, visit.work, slot, f"{name}:work")
            self.alive(there, held)
            self.errors(there, name, held)
            self.full(call, there, name, held)
            if publish:
                self.publish(call.component, component, name, held, key)
            if isinstance(component, Store):
                if call.verb in component.effects:
                    self.apply(call, component, slot, key)
                else:
                    self.see(call, component, slot, key)
            if visit.then is not None:
                self.serve(component, visit.then, slot, f"{name}:then")
                self.alive(there, held)
            let_go()
            if component.behaviours.get(call.verb) == "deliver":
                self.deliver(call, name, slot, every=True)
            self.hop(there, here, failed)
            if isinstance(component, Store) and call.verb not in component.effects:
                self.answer(call, slot, key, shared=True)
            asm.here(nobody)

        return self.child(emit)

    def select(self, call: Call, component: Component, visit: Visit, name: str, here: Here, key: int) -> int:
        """The selection row of a visit."""
        asm = self.asm
        group = self.pools[call.component, visit.pool]
        place = asm.place(f"{name}:pick")
        modulo = 1 if getattr(component, "placement", "hash") == "modulo" else 0
        copies = component.replicas if component.nodes != component.replicas or visit.pick != "balance" else 1
        if isinstance(component, Log):
            copies = component.replicas
            key = key if (component.key or self.flow_space) else -1
        fixed = {
            "shard": op.SHARD_ANY,
            "leader": op.SHARD_LEADER,
            "followers": op.SHARD_COPY,
            "copies": op.SHARD_COPY,
            "some": op.SHARD_DEAL,
            "all": op.GROUP_ANY,
            "every": op.EACH,
        }
        if visit.pick == "every":
            return asm.selection(op.EACH, group.base, group.count, 1, 0, place, 0, key, 0)
        if visit.pick != "balance":
            if (
                key == 0
                and self.flow_space is None
                and visit.pick in ("shard", "leader", "followers", "copies", "some")
            ):
                key = 0  # without a key every request is about key 0
            start = here.register if visit.pick == "some" else int(visit.pick == "followers")
            return asm.selection(fixed[visit.pick], group.base, group.count, copies, 0, place, start, key, modulo)
        balancer = self.b.components.get(here.balancer or "")
        chosen = component.balance
        by: Component = component
        if component.kind == "service" and component.balance is None and balancer is not None:
            chosen, by = balancer.balance, balancer
        if component.kind == "load_balancer" and "balance" in component.model_fields_set:
            chosen = "round_robin"  # its own field is about what comes after it
        chosen = chosen or component.default_balance
        if group.count == 1:
            return asm.selection(op.FIRST, group.base, 1, 1, 0, place, 0, key, 0)
        policy = BALANCES[chosen]
        if policy == op.CHOICES and by.replacement:
            policy = op.CHOICES_REPL
        callers = self.pools.get((here.component or "", "main"))
        name = f"{here.component or ''}>{call.component}"
        if callers is None or here.slot < 0 or callers.count == 1:
            return asm.selection(policy, group.base, group.count, 1, asm.counter(name), place, by.choices, key, 0)
        counter = asm.turns(name, callers.count, group.count)
        row = (policy, group.base, group.count, 1, counter, place, by.choices, key, 0, here.slot, callers.base)
        return asm.selection(*row)

    # --- behaviours -----------------------------------------------------------------------------------------------
    def publish(self, target: str, component: Component, name: str, fail: Label, key: int) -> None:
        keyed = key if not isinstance(component, Log) or component.key or self.flow_space else -1
        counter = self.asm.counter(f"{name}:partition")
        turns, passed = self.turns, Label()
        if turns is not None:
            self.asm.emit(op.TURN, turns, 0, passed)
        self.asm.emit(op.PUBLISH, self.channel_ids[target], keyed, fail, counter)
        if turns is not None:
            self.asm.emit(op.PASS, turns, 0)
            self.asm.here(passed)

    # --- what happened --------------------------------------------------------------------------------------------
    def entity(self, call: Call) -> str | None:
        """The entity that a call is about."""
        found: str | None = getattr(call.options, "entity", None)
        return found

    def note(self, event: str, call: Call, based: bool = False, every: bool = False) -> int:
        """A note of something at the component of a call."""
        base = self.pools[call.component, "main"].base
        amount = getattr(call.options, "amount", None) if event == "commit" else None
        step = knowledge.step_of(self.b.flows[self.flow], call) if event == "commit" else None
        note = Note(event, self.flow, call.component, self.entity(call) or "", base, based=based)
        note = replace(note, value=math.nan if amount is None else amount, step=NOBODY if step is None else step)
        permission = getattr(call.options, "permission", None) if event == "commit" else None
        note = replace(note, every=every, permission=permission or "")
        return self.recorder.note(note)

    def remembered(self, call: Call) -> bool:
        """Whether an effect of a call is remembered."""
        return self.recorder.kept(call)

    def sequence(self, call: Call, component: Component, key: int) -> bool:
        """Whether a call is a write that is remembered; it is given its version."""
        written = isinstance(component, Store) and call.verb in component.effects and self.remembered(call)
        if written:
            self.asm.emit(op.SEQUENCE, self.verbs.versions(call), key, self.identities(call))
        return written

    def seen(self, call: Call) -> bool:
        """Whether it is remembered which copies have what of the entity of a call."""
        entity = self.entity(call)
        return entity is not None and (self.recorder.reads or self.recorder.column(entity) is not None)

    def copies(self, call: Call, component: Store) -> tuple[int, int, int]:
        """Where the versions that the copies have are remembered, the first station, and how many copies there are."""
        name = f"{call.component}:{self.entity(call)}:copies"
        return (
            self.recorder.space(name, component.replicas),
            self.pools[call.component, "main"].base,
            component.replicas,
        )

    def apply(self, call: Call, component: Store, slot: int, key: int) -> None:
        """A copy has what was written."""
        if self.seen(call):
            first, base, count = self.copies(call, component)
            self.asm.emit(op.APPLY, first, slot, base, count, key)
            if self.recorder.copies:
                self.asm.emit(op.NOTE, self.note("apply", call), slot, key, 0, 0)

    def see(self, call: Call, component: Store, slot: int, key: int) -> None:
        """A copy is read."""
        if self.seen(call):
            first, base, count = self.copies(call, component)
            self.asm.emit(op.SEE, first, slot, base, count, key)

    def answer(self, call: Call, slot: int, key: int, shared: bool) -> None:
        """What a copy has told is known, to the others that wait for the same answer too."""
        if self.seen(call) and (shared or self.recorder.copies):
            note = self.note("answer", call) if self.recorder.copies else NOBODY
            self.asm.emit(op.ANSWER, note, slot, key, int(shared))

    def committed(self, call: Call, component: Component, key: int, slot: int) -> None:
        """A write has had its effect."""
        if isinstance(component, Store) and call.verb in component.effects and self.remembered(call):
            entity, verbs = self.entity(call), self.verbs
            note = self.note("commit", call, based=verbs.based(call, key)) if entity is not None else NOBODY
            follows = self.recorder.space(f"{call.component}:follows", TURNS)
            verbs.rest(call, key)
            latest = int(entity in self.recorder.decisive)
            self.asm.emit(op.COMMIT, note, slot, key, self.identities(call), verbs.versions(call), follows, latest)
            verbs.granted(call, self.flow, key, slot)
            verbs.made(call, key)

    def deliver(self, call: Call, name: str, slot: int, every: bool = False) -> None:
        """A message goes from a gateway to its receiver, or to all who are connected to this replica."""
        assert self.b.network is not None
        self.asm.wait(self.b.network.client, f"{name}:client")
        self.late(call.component, name)
        self.delivered(call, slot, every)
        knob = self.faults.knob_of("again", call.component)
        if knob is not None and self.recorder.on:
            self.sometimes(knob, f"{name}:again", lambda: self.delivered(call, slot, every))

    def delivered(self, call: Call, slot: int, every: bool) -> None:
        """A message has reached its receiver; one that is recognised there is dropped."""
        if not self.recorder.on or self.b.flows[self.flow].consume is None:
            return
        end = Label()
        deduped = getattr(call.options, "dedupe", None) is not None
        if deduped:
            self.asm.emit(op.DEDUPE, self.recorder.identities(f"{self.flow}:{call.component}:dedupe"), end)
        self.asm.emit(op.NOTE, self.note("deliver", call, every=every), slot, 0, 0, 0)
        if deduped:
            self.asm.here(end)

    def handled(self, spec: FlowSpec) -> None:
        """A message has been dealt with, which is its delivery where the flow does not push it to a receiver."""
        calls = (step for step in walk(spec.steps) if isinstance(step, Call))
        if self.recorder.on and not any(
            self.b.components[c.component].behaviours.get(c.verb) == "deliver" for c in calls
        ):
            self.asm.emit(op.NOTE, self.recorder.note(Note("deliver", self.flow)), NOBODY, 0, 0, 0)

    def feed(self, written: Call, here: Here, key: int) -> None:
        """A commit at a store goes on to the logs that it feeds: in order, and until they have it."""
        asm = self.asm
        end = Label()
        fed = [n for n in self.fed if getattr(self.b.components[n], "source", None) == written.component]
        if fed and self.recorder.identified(written):
            asm.emit(op.FRESH, end)
        ordered = self.recorder.on and key == 0 and self.entity(written) is not None
        for log in fed:
            component = self.b.components[log]
            assert isinstance(component, Log)
            call = Call((), log, "publish", Options.model_construct(**dict.fromkeys(Options.model_fields)), {})
            name = self.named(f"{written.component}>{log}")
            at = Here(slot=NOBODY, component=log, depth=here.depth)

            def emit(
                failed: Label, call: Call = call, log: str = log, name: str = name, at: Here = at, c: Log = component
            ) -> None:
                again, lost = Label(), Label()

                def once_more() -> None:
                    asm.here(lost)
                    asm.wait(Const(FEED_RETRY_S), name)
                    asm.emit(op.JUMP, again)

                asm.wait(Const(c.delay), name)
                asm.here(again)
                if ordered:
                    self.turns = self.recorder.space(f"{log}:turns", TURNS)
                self.feeding = True
                self.visit(call, c, name, at, lost, stay=False)
                self.turns, self.feeding = None, False
                asm.later(once_more)

            asm.emit(op.SPAWN, self.child(emit))
        if fed and self.recorder.identified(written):
            asm.here(end)

    def take(self, call: Call, component: Component, slot: int, fail: Label, key: int) -> None:
        assert isinstance(component, Limiter)
        asm = self.asm
        group = self.pools[call.component, "main"]
        local = component.scope == "local"
        row = self.limiter_ids.get(call.component)
        if row is None:
            keys = self.b.keys[component.key].count if component.key else 1
            if keys > DIRECT_KEYS:
                raise BlueprintError(
                    [
                        Problem(
                            code="LC191",
                            message=f"{call.component} counts {keys} keys apart; the engine holds {DIRECT_KEYS}",
                            path=("components", call.component, "key"),
                            hint="simulate a part: a smaller count with the rate in proportion",
                        )
                    ]
                )
            kind = {"token_bucket": op.BUCKET, "fixed_window": op.FIXED_WINDOW, "sliding_window": op.SLIDING_WINDOW}
            parts = group.count if local else 1
            rate = component.rate / parts
            burst = (component.burst if component.burst is not None else component.rate) / parts
            row = self.limiter_ids[call.component] = len(self.limiter_rows)
            self.limiter_rows.append(
                (
                    kind[component.algorithm],
                    self.limiter_counters,
                    keys,
                    parts,
                    group.base,
                    rate,
                    burst,
                    component.window,
                )
            )
            self.limiter_counters += keys * parts
        weight = len(asm.weights)
        asm.weights.append(float(getattr(call.options, "cost", 1.0)))
        asm.emit(op.TAKE, row, slot if local else NOBODY, fail, key if component.key else NOBODY, weight)

    def take_quota(self, call: Call, component: Component, quota: float, fail: Label) -> None:
        asm = self.asm
        name = f"{call.component}:{call.verb}"
        row = self.limiter_ids.get(name)
        if row is None:
            row = self.limiter_ids[name] = len(self.limiter_rows)
            self.limiter_rows.append((op.BUCKET, self.limiter_counters, 1, 1, 0, quota, max(1.0, quota), 1.0))
            self.limiter_counters += 1
        weight = len(asm.weights)
        asm.weights.append(component.quota_cost(call.options))
        asm.emit(op.TAKE, row, NOBODY, fail, NOBODY, weight)

    def note_warmer(self, call: Call, name: str) -> None:
        """Remembers that a flow looks up keys in a cache, so that it can be filled before the start."""
        component = self.b.components[call.component]
        assert isinstance(component, Cache)
        spec = self.b.flows[self.flow]
        space = call.options.key or self.flow_space
        if not component.warm or component.hit_ratio is not None or space is None or "miss" not in call.nested:
            return
        rate = self.rate(spec) or 1000.0
        chosen = component.balance or component.default_balance
        spread = 0 if chosen == "hash" or component.replicas == 1 else 1
        self.warmers.append((self.cache_ids[call.component], self.spaces.index(space), f"{name}:warm", spread, rate))

    # --- the network ----------------------------------------------------------------------------------------------
    def link(self, start: Here, end: Here, lost: Label | None) -> None:
        """The faults of the link between two places."""
        row, zones = self.faults.link(start.component, end.component)
        zones = zones if start.slot >= 0 and end.slot >= 0 else NOBODY
        if row < 0 and zones < 0:
            return
        after = Label()
        place = self.asm.place(f"{self.flow}:{start.component or 'client'}>{end.component or 'client'}:lost")
        self.asm.emit(op.LINK, row, start.slot, end.slot, after if lost is None else lost, zones, place)
        self.asm.here(after)

    def hop(self, start: Here, end: Here, lost: Label | None = None) -> None:
        """The network delay between two places; what is lost on the way is told to `lost`, or comes late."""
        self.link(start, end, lost)
        net = self.b.network
        assert net is not None
        a = self.b.components.get(start.component or "")
        b = self.b.components.get(end.component or "")
        name = f"{self.flow}:{start.component or 'client'}>{end.component or 'client'}"
        if start.component is None or end.component is None:
            if start.component is None and end.component is None:
                return
            self.asm.wait(net.client, name)
            return
        if start.slot < 0 or end.slot < 0 or a is None or b is None:
            if start.component != end.component:
                self.asm.wait(net.same_zone, name)
            return
        if a.zones == 1 and b.zones == 1 and a.regions == 1 and b.regions == 1:
            self.asm.wait(net.same_zone, name)
            return
        self.asm.hop((net.same_zone, net.cross_zone, net.cross_region), start.slot, end.slot, name)

    # --- copies that follow a leader ------------------------------------------------------------------------------
    def replicates(self, call: Call) -> bool:
        """Whether the leader ships a write to the other copies by itself, in its order."""
        store, name = self.b.components[call.component], call.component
        if not isinstance(store, Store) or call.verb not in store.effects or store.replicas == 1:
            return False
        if (getattr(call.options, "consistency", None) or store.write) != "async":
            return False
        struck = self.mortal(name) or self.faults.led(name) or self.faults.knob_of("lag", name) is not None
        return struck or store.replication_lag is not None

    def led_row(self, name: str) -> int:
        """Row of a store whose copies follow leaders."""
        if name not in self.led_rows:
            group, lag = self.pools[name, "main"], self.faults.knob_of("lag", name)
            first = sum(n // copies for _, _, n, copies, _ in self.led_rows.values())
            self.led_rows[name] = (first, group.base, group.count, group.copies, NOBODY if lag is None else lag)
        return list(self.led_rows).index(name)

    def lead(self, call: Call, component: Component, row: int, here: Here, there: Here, fail: Label) -> None:
        """Chooses the leader of the shard; while it is being replaced a write is refused there."""
        refused: Any = NOBODY
        if isinstance(component, Store) and call.verb in component.effects:
            refused = self.landing(fail, lambda: self.there_and_back(here, there))
        self.asm.emit(op.LEAD, there.slot, self.led_row(call.component), row, refused)

    def there_and_back(self, here: Here, there: Here) -> None:
        """The way of a request that is refused."""
        self.hop(here, there)
        self.hop(there, here)

    def led_write(
        self, call: Call, component: Store, visit: Visit, name: str, here: Here, fail: Label, key: int
    ) -> None:
        """A write to many copies is taken only while the shard has a leader, where it has leaders at all."""
        if not self.faults.led(call.component):
            return
        if here.depth >= SLOTS:
            self.too_deep(call.path)
        there = Here(here.depth, call.component, here.depth + 1)
        row = self.select(call, component, replace(visit, pick="leader"), name, here, key)
        self.lead(call, component, row, here, there, fail)
        self.enter(there, self.landing(fail, lambda: self.there_and_back(here, there)))

    def lagging(self, call: Call, component: Component, slot: int) -> None:
        """A write reaches copies that lag behind later."""
        knob = self.faults.knob_of("lag", call.component)
        if knob is not None and isinstance(component, Store) and call.verb in component.effects:
            self.asm.emit(op.LAG, slot, knob, self.pools[call.component, "main"].base)

    def replicate(self, call: Call, component: Store, name: str, there: Here, key: int) -> None:
        """The leader ships a write to each of the other copies."""
        asm = self.asm
        end = Label()
        if self.recorder.identified(call):
            asm.emit(op.FRESH, end)
        register = self.register(there, call.path)
        if there.depth >= SLOTS:
            self.too_deep(call.path)
        asm.emit(op.ENTRY, there.slot, self.led_row(call.component), register)
        for which in range(component.replicas - 1):

            def emit(failed: Label, which: int = which) -> None:
                del failed
                self.shipped(call, component, f"{name}:ship{which}", there, key, register, which)

            asm.emit(op.SPAWN, self.child(emit))
        asm.here(end)

    def shipped(
        self, call: Call, component: Store, name: str, leader: Here, key: int, register: int, which: int
    ) -> None:
        """An entry goes to another copy: it is sent again until it is there, unless no copy is to have it."""
        asm = self.asm
        slot, row = leader.depth, self.led_row(call.component)
        there = Here(slot, call.component, slot + 1)
        lag = NOBODY if component.replication_lag is None else asm.dist(component.replication_lag)
        asm.emit(op.SHIP, leader.slot, row, register, which, slot, lag, asm.place(f"{name}:lag"))
        self.reverted(call, component, slot, key)
        again, later = Label(), Label()
        asm.here(again)
        if self.mortal(call.component) or self.faults.led(call.component):
            asm.emit(op.SEND, slot, row, leader.slot)
        self.hop(leader, there)
        if self.mortal(call.component):
            asm.emit(op.ATTEND, slot, again)
        asm.emit(op.ACQUIRE, slot, later)
        if self.mortal(call.component):
            asm.emit(op.HOLD, slot, again, 1)

        def let_go() -> None:
            self.leave(there)
            asm.emit(op.RELEASE, slot)

        held = self.landing(later, let_go)
        self.serve(component, component.work_of(call.verb, call.options), slot, f"{name}:work")
        self.alive(there, held)
        self.errors(there, name, held)
        self.full(call, there, name, held)
        let_go()
        asm.emit(op.FOLLOW, slot, row)
        self.apply(call, component, slot, key)

        def once_more() -> None:
            asm.here(later)
            asm.wait(Const(FEED_RETRY_S), name)
            asm.emit(op.JUMP, again)

        asm.later(once_more)

    def reverted(self, call: Call, component: Store, slot: int, key: int) -> None:
        """What is undone when an entry is lost with its leader."""
        note = versions = copies = NOBODY
        if self.recorder.on and self.entity(call) is not None:
            note = self.note("revert", call)
            if self.recorder.follows_one_leader(call):
                versions = self.verbs.versions(call)
            if self.seen(call):
                copies = self.copies(call, component)[0]
        self.asm.emit(op.REVERT, slot, note, key, self.identities(call), versions, copies)

    # --- tables ---------------------------------------------------------------------------------------------------
    def source_tables(self) -> dict[str, Any]:
        rows: list[tuple[int, ...]] = []
        parameters: list[tuple[float, ...]] = []
        trace: list[float] = []
        think: list[int] = []
        for i, name in enumerate(self.flows):
            arrive = self.b.flows[name].arrive
            think.append(-2)
            if arrive is None:
                continue
            entry = self.entries[name].pc
            place = self.asm.place(f"{name}:arrivals")
            if arrive.users is not None:
                think[-1] = self.asm.dist(arrive.think or Const(0.0))
                users = max(0, round(arrive.users * self.load))
                rows.append((op.CLOSED, i, entry, self.asm.place(f"{name}:think"), users, 0))
                parameters.append((0.0, 0.0, 0.0, 0.0))
                continue
            if arrive.trace is not None:
                times = self.traces[name] / self.load if self.load > 0 else np.zeros(0)
                rows.append((op.TRACE, i, entry, place, len(times), len(trace)))
                trace.extend(float(t) for t in times)
                parameters.append((1.0, 0.0, 0.0, 0.0))
                continue
            kind, par = self.pattern(arrive.pattern, self.rate(self.b.flows[name]))
            rows.append((kind, i, entry, place, 0, 0))
            parameters.append(par)
        n = len(self.flows)
        consuming = [self.b.flows[f].consume is not None for f in self.flows]
        return {
            "sources": ints(rows, 6),
            "source_par": floats(parameters, 4),
            "think": ints(think),
            "trace": floats(trace),
            "ages": ints([n + i if c else -1 for i, c in enumerate(consuming)]),
        }

    def pattern(self, pattern: Any, rate: float) -> tuple[int, tuple[float, float, float, float]]:
        """Kind and parameters of an arrival pattern with a mean rate."""
        if pattern in (None, "poisson"):
            return op.POISSON, (rate, 0.0, 0.0, 0.0)
        if pattern == "paced":
            return op.PACED, (rate, 0.0, 0.0, 0.0)
        name, *values = pattern
        if name == "daily":
            peak, period = values
            return op.DAILY, (rate, rate * peak, period, 0.0)
        factor, on, off = values
        low = rate * (on + off) / (factor * on + off)
        return op.BURSTY, (low, low * factor, on, off)

    def key_tables(self) -> dict[str, Any]:
        rows: list[tuple[int, ...]] = []
        counts: list[int] = []
        parameters: list[tuple[float, ...]] = []
        stay: list[float] = []
        other: list[int] = []
        bins: list[tuple[float, float, float]] = []
        for space in self.b.keys.values():
            law = {"uniform": 0, "zipf": 1, "hot": 2, "weights": 3}[space.law]
            par = (0.0, 0.0)
            weights: list[float] = list(space.weights) if space.law == "weights" else []
            of_space = [(0.0, 1.0, 1.0)] * len(weights)
            if space.law == "zipf":
                par = (space.exponent, 0.0)
                weights, of_space = zipf_bins(space.count, space.exponent)
            elif space.law == "hot":
                par = (space.share, float(space.hot))
            rows.append((law, len(stay), len(weights)))
            if weights:
                p, k = alias_table(weights)
                stay.extend(p)
                other.extend(k)
                bins.extend(of_space)
            counts.append(space.count)
            parameters.append(par)
        return {
            "keyspaces": ints(rows, 3),
            "keyspace_n": np.array(counts or [1], np.int64),
            "keyspace_par": floats(parameters, 2),
            "alias_p": floats(stay),
            "alias_k": np.array(other or [0], np.int64),
            "bins": floats(bins, 3),
        }

    def make_cache(self, name: str, cache: Cache) -> None:
        group = self.pools[name, "main"]
        self.cache_ids[name] = len(self.cache_rows)
        ttl = FOREVER if cache.ttl is None else cache.ttl
        place = self.asm.place(f"{name}:cache")
        if cache.hit_ratio is not None:
            self.cache_rows.append((op.COIN, group.count, 0, 0, 0, 0, 0, place, group.base, ttl, cache.hit_ratio))
            return
        policy = {"lru": op.LRU, "lfu": op.LFU, "fifo": op.FIFO_CACHE, "random": op.RANDOM_CACHE}[cache.policy]
        entries = cache.keys if cache.keys is not None else self.distinct_keys(name)
        per = max(1, entries // group.count)
        if cache.keys is None and group.count > 1:
            per = min(entries, int(entries / group.count * 1.2) + 64)
        bits = max(4, int(np.ceil(np.log2(per * group.count * 1.5))))
        first = sum(row[1] * row[3] for row in self.cache_rows)
        table = sum(1 << row[5] for row in self.cache_rows if row[0] != op.COIN)
        renew = 1 if cache.ttl_from == "access" else 0
        self.cache_rows.append((policy, group.count, first, per, table, bits, renew, place, group.base, ttl, 0.0))

    def distinct_keys(self, name: str) -> int:
        """Keys that may reach a cache without a size."""
        count = keys_at(self.b, name)
        if count > DIRECT_KEYS:
            raise BlueprintError(
                [
                    Problem(
                        code="LC192",
                        message=f"{name} would hold {count} keys; the engine holds {DIRECT_KEYS}",
                        path=("components", name),
                        hint="say how many it holds, for example `keys: 20M`",
                    )
                ]
            )
        return count

    def cache_tables(self) -> dict[str, Any]:
        return {
            "caches": ints([row[:9] for row in self.cache_rows], 9),
            "cache_par": floats([row[9:] for row in self.cache_rows], 2),
        }

    def policy_tables(self) -> dict[str, Any]:
        return {
            "retries": ints([row[:3] for row in self.retry_rows], 3),
            "retry_par": floats([row[3:] for row in self.retry_rows], 5),
            "breakers": ints([row[:2] for row in self.breaker_rows], 2),
            "breaker_par": floats([row[2:] for row in self.breaker_rows], 2),
            "throttles": floats(self.throttle_rows, 2),
            "limiters": ints([row[:5] for row in self.limiter_rows], 5),
            "limiter_par": floats([row[5:] for row in self.limiter_rows], 3),
        }

    def channel_tables(self, channels: list[str]) -> dict[str, Any]:
        rows: list[tuple[int, ...]] = []
        subscribers: list[tuple[int, ...]] = []
        samples: list[float] = []
        for name in channels:
            component = self.b.components[name]
            partitions = component.partitions if isinstance(component, Log) else 1
            first = len(subscribers)
            bound = getattr(component, "bound", None)
            gauge = NOBODY
            for flow in self.b.flows.values():
                c = flow.consume
                if c is None or name not in (c.log, c.queue, c.topic):
                    continue
                gauge = self.gauges[flow.name]
                place = self.asm.place(f"{flow.name}:sample")
                note = self.recorder.note(Note("publish", flow.name, name))
                subscribers.append((self.entries[flow.name].pc, self.flows.index(flow.name), place, gauge, note))
                samples.append(component.sample if isinstance(component, Topic) else 1.0)
            limited = gauge if bound is not None else NOBODY
            own = NOBODY
            if self.recorder.on and not self.recorder.carries(name):
                own = self.recorder.space(f"{name}:stream", len(subscribers))
            rows.append((partitions, first, len(subscribers) - first, limited, bound or 0, own))
        return {
            "channels": ints(rows, 6),
            "subscribers": ints(subscribers, 5),
            "subscriber_par": floats(samples),
        }
