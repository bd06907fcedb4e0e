"""What the faults of a case change, as the compiler and the kernel need it.

The compiler asks which components, flows and links are touched, and emits the operations that look at the changed
parameters for those alone: a case without faults has none of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from loadcase.blueprint.model import Blueprint
from loadcase.core import program as op
from loadcase.core.schedule import Change, compose
from loadcase.engine.assembler import StationGroup

LIFE = {"down": op.DOWN_NOW, "out": op.OUT, "taken": op.TAKEN, "paused": op.FROZEN}
LINK = {"cut": op.CUT, "added": op.ADDED, "loss": op.LOSS, "resend": op.RESEND}
NOBODY = -1


class Faulty:
    """The changes of a case, and the rows of the knobs and links that they turn."""

    def __init__(self, blueprint: Blueprint, changes: Sequence[Change], warmup_s: float) -> None:
        self.b = blueprint
        self.changes = list(changes)
        self.warmup_s = warmup_s
        self.knobs = 0
        self.links = 0
        self.mortal = {c.target[1] for c in changes if c.target[0] == "replica" and c.field in LIFE}
        """Components of which replicas die or are paused."""
        self.areas = max([1, *(c.zones * c.regions for c in blueprint.components.values())])
        self.knob_rows: dict[tuple[Any, ...], int] = {}
        self.link_rows: dict[tuple[Any, ...], int] = {}
        for change in changes:
            kind, name = change.target[0], change.target[1]
            if change.field == "errors":
                self.knob(("errors", name), blueprint.components[str(name)].pools()[0].room)
            elif kind in ("key", "consumer") or change.field == "twice":
                self.knob((kind, name))
            elif kind == "link" and change.target not in self.link_rows:
                self.link_rows[change.target] = self.links
                self.links += 1
            elif kind == "zones" and ("zones",) not in self.link_rows:
                self.link_rows[("zones",)] = self.links
                self.links += self.areas**2
        self.touched = self.mortal | {name for kind, name, *_ in self.knob_rows if kind == "errors"}

    def knob(self, key: tuple[Any, ...], count: int = 1) -> None:
        """Room for one or more knobs."""
        if key not in self.knob_rows:
            self.knob_rows[key] = self.knobs
            self.knobs += count

    # --- what the compiler asks -----------------------------------------------------------------------------------
    def error_knob(self, component: str | None) -> int | None:
        """First knob of the error probabilities of a component's stations."""
        return self.knob_rows.get(("errors", component))

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
        rows = [self.row(s.target, s.field, pools, caches, sources) for s in states]
        return {
            "sched_t": np.array([self.warmup_s + s.time for s in states], np.float64),
            "sched": np.array(rows, np.int32).reshape(-1, 3),
            "sched_v": np.array([s.value for s in states], np.float64),
            "areas": np.array([self.areas], np.int32),
        }

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
            if field == "errors":
                return op.AT_KNOB, self.knob_rows["errors", name] + rest[0], 0
            return op.AT_LIFE, station, LIFE[field]
        if kind == "cache":
            return op.AT_FLUSH, caches[name], rest[0]
        if field == "arrivals":
            return op.AT_SOURCE, sources.index(name), 0
        if kind == "link":
            return op.AT_LINK, self.link_rows[target], LINK[field]
        if kind == "zones":
            return op.AT_LINK, self.link_rows[("zones",)] + name * self.areas + rest[0], LINK[field]
        return op.AT_KNOB, self.knob_rows[kind, name], 0
