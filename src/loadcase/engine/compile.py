"""Blueprint to Program: flows become rows of operations, components become stations and tables.

How a call is lowered, outermost first: fallback, retry, breaker, timeout or hedge (a child frame), then the visit
itself: choose a station, travel, wait, be served, do what the verb does, make the nested steps, let go, travel back.
Every operation that can fail names where to go on; that landing undoes what is held and travels back. The parts of
it are in `loadcase.engine.lowering`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from loadcase.blueprint.model import Blueprint
from loadcase.core import program as op
from loadcase.core.program import Program
from loadcase.core.schedule import Change
from loadcase.engine.lowering.assembler import StationGroup
from loadcase.engine.lowering.base import Scope
from loadcase.engine.lowering.caches import Caches
from loadcase.engine.lowering.channels import Channels
from loadcase.engine.lowering.clients import Clients
from loadcase.engine.lowering.consumers import Consumers
from loadcase.engine.lowering.control import Controls, Scaled
from loadcase.engine.lowering.effects import Effects
from loadcase.engine.lowering.entities import Entities
from loadcase.engine.lowering.faults import Faults
from loadcase.engine.lowering.feeds import Feeds
from loadcase.engine.lowering.keys import Keys
from loadcase.engine.lowering.limiters import Limiters
from loadcase.engine.lowering.network import Network
from loadcase.engine.lowering.policies import Policies
from loadcase.engine.lowering.replicas import Replicas
from loadcase.engine.lowering.replication import Replication
from loadcase.engine.lowering.selection import Selection
from loadcase.engine.lowering.single import Single
from loadcase.engine.lowering.spread import Spread
from loadcase.engine.lowering.stations import Stations
from loadcase.engine.lowering.steps import Steps
from loadcase.engine.lowering.visits import Visits
from loadcase.engine.recording import Recorder, Recording


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
    leases: int
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
    scope = Scope(blueprint, load, Faults(blueprint, changes, warmup_s), Recorder(blueprint, record))
    return _Lowering(scope, traces or {}).compile()


class _Lowering:
    """The parts of the lowering; each has those that it builds on."""

    def __init__(self, scope: Scope, traces: dict[str, np.ndarray]) -> None:
        self.scope = scope
        keys, network, selection, entities = Keys(scope), Network(scope), Selection(scope), Entities(scope)
        limiters, controls, effects = Limiters(scope), Controls(scope), Effects(scope, entities)
        replicas, channels = Replicas(scope, controls), Channels(scope, effects)
        caches = Caches(scope, replicas, keys, entities)
        replication = Replication(scope, network, replicas, selection, effects)
        spread = Spread(scope, network, replicas, selection, effects, channels, replication)
        single = Single(scope, network, replicas, selection, effects, entities, limiters, caches, channels, replication)
        feeds = Feeds(scope, channels)
        visits = Visits(scope, replicas, keys, effects, entities, channels, replication, feeds, spread, single)
        policies = Policies(scope, controls, replicas)
        scope.steps = Steps(scope, network, replicas, entities, policies, visits).steps
        self.stations = Stations(scope, controls)
        self.clients = Clients(scope, keys, entities, policies, traces)
        self.consumers = Consumers(scope, replicas, channels, policies)
        self.keys, self.caches, self.limiters, self.policies = keys, caches, limiters, policies
        self.channels, self.replication, self.controls = channels, replication, controls

    def compile(self) -> Compiled:
        """Components, then flows, then the tables that both have filled."""
        scope, asm, flows = self.scope, self.scope.asm, self.scope.blueprint.flows
        self.stations.make()
        self.caches.make()
        self.consumers.make_pools()
        for name, flow in flows.items():
            scope.enter(name)
            if flow.consume is not None:
                self.consumers.make(flow, flow.consume)
            elif flow.arrive is not None:
                self.clients.make(flow, flow.arrive)
            asm.drain()
        asm.drain()
        asm.flush()
        program = asm.pack(
            {
                **self.clients.tables(),
                **self.keys.tables(),
                **self.caches.tables(),
                **self.policies.tables(),
                **self.limiters.tables(),
                **self.channels.tables(),
                **self.replication.tables(),
                **self.controls.tables(),
                **scope.faults.tables(scope.pools, self.caches.ids, self.clients.sources),
            }
        )
        return Compiled(
            program=program,
            flows=scope.flows,
            groups=asm.groups,
            caches=list(self.caches.ids),
            places=asm.places,
            counters=asm.counters,
            margin=min(4096 + 4 * scope.width, 400_000),
            gauges=self.channels.gauges,
            warmers=self.caches.warmers,
            limiter_counters=self.limiters.counters,
            limiters=self.limiters.ids,
            ring=self.policies.ring,
            cache_rows=sum(row[1] for row in self.caches.rows),
            cache_entries=self.caches.entries,
            leases=len(self.caches.leases),
            cache_table=self.caches.buckets,
            lfu=any(row[0] == op.LFU for row in self.caches.rows),
            rates={flow: scope.rate(flow) for flow in flows},
            thinking={flow: label.pc for flow, label in self.clients.thinking.items()},
            recorder=scope.recorder,
            knowing=scope.recorder.needed,
            knobs=scope.faults.knobs,
            links=scope.faults.links,
            scaled=self.controls.scaled,
        )
