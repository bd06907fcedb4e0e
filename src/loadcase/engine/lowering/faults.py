"""What the faults of a case change, as the compiler and the kernel need it.

The compiler asks which components, flows and links are touched, and emits the operations that look at the changed
parameters for those alone: a case without faults has none of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from loadcase.blueprint.model import Blueprint
from loadcase.core import program as op
from loadcase.core.schedule import Change, State, compose
from loadcase.engine.lowering.assembler import StationGroup

LIFE = {"down": op.DOWN_NOW, "out": op.OUT, "taken": op.TAKEN, "paused": op.FROZEN}
LINK = {"cut": op.CUT, "added": op.ADDED, "loss": op.LOSS, "resend": op.RESEND}
AT_STATION = ("errors", "lag", "full")
"""Knobs of which each station of a component has one."""
ELECT = -1.0
NOBODY = -1


class Faults:
    """The changes of a case, and the rows of the knobs and links that they turn."""

    def __init__(self, blueprint: Blueprint, changes: Sequence[Change], warmup_s: float) -> None:
        self.b = blueprint
        self.changes = list(changes)
        self.warmup_s = warmup_s
        self.knobs = 0
        self.links = 0
        self.mortal = {c.target[1] for c in changes if c.target[0] == "replica" and c.field in LIFE}
        """Components of which replicas die or are paused."""
        self.dying = {c.target[1] for c in changes if c.target[0] == "replica" and c.field == "down"}
        """Components of which replicas die."""
        self.switched = {c.target[1] for c in changes if c.target[0] == "shard"}
        """Components of which leaders are replaced."""
        self.areas = max([1, *(c.zones * c.regions for c in blueprint.components.values())])
        self.knob_rows: dict[tuple[Any, ...], int] = {}
        self.link_rows: dict[tuple[Any, ...], int] = {}
        for change in changes:
            kind, name = change.target[0], change.target[1]
            if change.field in AT_STATION:
                self.knob((change.field, name), blueprint.components[str(name)].pools()[0].room)
            elif kind == "messages":
                self.knob((change.field, name))
            elif kind == "clock":  # all flows: a frame has been another flow's before
                for flow in blueprint.flows:
                    self.knob(("clock", flow))
            elif kind in ("key", "consumer") or change.field == "twice":
                self.knob((kind, name))
            elif kind == "link" and change.target not in self.link_rows:
                self.link_rows[change.target] = self.links
                self.links += 1
            elif kind == "zones" and ("zones",) not in self.link_rows:
                self.link_rows[("zones",)] = self.links
                self.links += self.areas**2
        self.touched = self.mortal | {name for kind, name, *_ in self.knob_rows if kind in ("errors", "full")}

    def knob(self, key: tuple[Any, ...], count: int = 1) -> None:
        """Room for one or more knobs."""
        if key not in self.knob_rows:
            self.knob_rows[key] = self.knobs
            self.knobs += count

    # --- what the compiler asks -----------------------------------------------------------------------------------
    def knob_of(self, what: str, name: str | None) -> int | None:
        """Knob of something, such as `late` of a log; the first one where each station has its own."""
        return self.knob_rows.get((what, name))

    def led(self, name: str) -> bool:
        """Whether the shards of a component may have another leader in this case."""
        dies = name in self.dying and getattr(self.b.components[name], "failover", None) is not None
        return dies or name in self.switched

    def heat_knob(self, space: str | None) -> int | None:
        """Knob of the share of requests about the hot key of a space."""
        return self.knob_rows.get(("key", space))

    def twice_knob(self, flow: str) -> int | None:
        """Knob of the share of requests that are sent twice."""
        return self.knob_rows.get(("flow", flow))

    def pause_knob(self, flow: str) -> int | None:
        """Knob that stops a consuming flow."""
        return self.knob_rows.get(("consumer", flow))

    def link(self, start: str | None, end: str | None) -> tuple[int, int]:
        """Row of the link from one component to another, and first row of the links between zones; or -1."""
        own = self.link_rows.get(("link", start or "client", end or "client"), NOBODY)
        return own, self.link_rows.get(("zones",), NOBODY)

    # --- what the kernel replays ----------------------------------------------------------------------------------
    def tables(
        self, pools: Mapping[tuple[str, str], StationGroup], caches: Mapping[str, int], sources: Sequence[str]
    ) -> dict[str, Any]:
        """The schedule: rows in order of time."""
        states = compose(self.changes)
        rows = [(s.time, self.row(s.target, s.field, pools, caches, sources), s.value) for s in states]
        rows += [
            (time, (op.AT_LEAD, pools[name, "main"].base + node, 0), ELECT)
            for time, name, node in self.elections(states)
        ]
        rows.sort(key=lambda row: row[0])
        return {
            "sched_t": np.array([self.warmup_s + time for time, _, _ in rows], np.float64),
            "sched": np.array([row for _, row, _ in rows], np.int32).reshape(-1, 3),
            "sched_v": np.array([value for _, _, value in rows], np.float64),
            "areas": np.array([self.areas], np.int32),
        }

    def elections(self, states: Sequence[State]) -> Iterator[tuple[float, str, int]]:
        """When a replica has been down for so long that another copy takes over, should it be a leader."""
        since: dict[tuple[Any, ...], float] = {}
        for state in [*states, *(State(math.inf, t, "down", 0.0) for t in {s.target for s in states})]:
            if state.field != "down":
                continue
            if state.value > 0.0:
                since.setdefault(state.target, state.time)
            elif state.target in since:
                start = since.pop(state.target)
                name, node = str(state.target[1]), int(state.target[2])
                wait = getattr(self.b.components[name], "failover", None)
                if wait is not None and start + wait < state.time:
                    yield start + wait, name, node

    def row(
        self,
        target: tuple[Any, ...],
        field: str,
        pools: Mapping[tuple[str, str], StationGroup],
        caches: Mapping[str, int],
        sources: Sequence[str],
    ) -> tuple[int, int, int]:
        """Table, row and column of a field of a target."""
        kind, name, *rest = target
        if kind == "replica":
            station = pools[name, "main"].base + rest[0]
            if field == "speed":
                return op.AT_SPEED, station, 0
            if field in AT_STATION:
                return op.AT_KNOB, self.knob_rows[field, name] + rest[0], 0
            return op.AT_LIFE, station, LIFE[field]
        if kind == "shard":
            group = pools[name, "main"]
            return op.AT_LEAD, group.base + rest[0] * group.copies, 0
        if kind == "messages":
            return op.AT_KNOB, self.knob_rows[field, name], 0
        if kind == "cache":
            return op.AT_FLUSH, caches[name], rest[0]
        if field == "arrivals":
            return op.AT_SOURCE, sources.index(name), 0
        if kind == "link":
            return op.AT_LINK, self.link_rows[target], LINK[field]
        if kind == "zones":
            return op.AT_LINK, self.link_rows[("zones",)] + name * self.areas + rest[0], LINK[field]
        return op.AT_KNOB, self.knob_rows[kind, name], 0
