"""What clients saw, from a history: latencies, availability and rates of a flow."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from loadcase.check.checker import Finding, unknown
from loadcase.check.grouping import Array
from loadcase.check.statistics import percentile
from loadcase.check.view import NEVER, View
from loadcase.core.history import TAKEN
from loadcase.core.results import Series

PER_INTERVAL = 20
"""Arrivals in one interval of a flow's course, on average."""


class Answers:
    """The operations of one flow, or the messages that it delivers."""

    def __init__(self, view: View, flow: str) -> None:
        self.view = view
        self.flow = flow

    @cached_property
    def operations(self) -> Array:
        """The operations that the flow invoked, in any order."""
        found: Array = np.flatnonzero(self.view.invoking_flow == self.view.history.code("flow", self.flow))
        return found

    @cached_property
    def latencies(self) -> Array:
        """Seconds from invoke to acknowledgement; of a flow that only delivers, from publish to its first delivery."""
        view, time_s = self.view, self.view.history["time_s"]
        if len(self.operations):
            done = self.operations[view.acknowledged[self.operations] < NEVER]
            return np.asarray(time_s[view.acknowledged[done]] - time_s[view.invoked[done]])
        published, delivered = (self._first(view.rows(e, flow=self.flow)) for e in ("publish", "deliver"))
        both = (published < NEVER) & (delivered < NEVER)
        return np.asarray(time_s[delivered[both]] - time_s[published[both]])

    @cached_property
    def ages(self) -> Array:
        """Seconds from the invoke of a message's operation to its first delivery."""
        view, time_s = self.view, self.view.history["time_s"]
        delivered = self._first(view.rows("deliver", flow=self.flow))
        both = (view.invoked < NEVER) & (delivered < NEVER)
        return np.asarray(time_s[delivered[both]] - time_s[view.invoked[both]])

    def _first(self, rows: Array) -> Array:
        found = np.full(self.view.operations, NEVER)
        found[self.view.op[rows[::-1]]] = rows[::-1]
        return found

    def failed(self) -> Array:
        """The operations that were not acknowledged; those still under way only if the history drained."""
        view = self.view
        over = view.finished if not view.history.meta.drained else np.zeros(view.operations, np.int64)
        here = self.operations
        return np.asarray(here[(view.acknowledged[here] == NEVER) & (over[here] < NEVER)])

    def course(self) -> tuple[Series, Series, Series]:
        """Arrivals and acknowledgements per second, and the share of the arrivals that is acknowledged, over time.

        The intervals are as long as it takes for 20 arrivals, and at most 1000.
        """
        view, time_s = self.view, self.view.history["time_s"]
        sent = time_s[view.invoked[self.operations]]
        done = self.operations[view.acknowledged[self.operations] < NEVER]
        start, end = float(time_s[0]), float(time_s[-1])
        count = max(1, min(1000, len(sent) // PER_INTERVAL))
        step = max((end - start) / count, 1e-9)
        edges = start + step * np.arange(count + 1)
        edges[-1] = max(end, edges[-1])
        arrived = np.histogram(sent, edges)[0]
        good = np.histogram(time_s[view.invoked[done]], edges)[0]
        bad = np.histogram(time_s[view.invoked[self.failed()]], edges)[0]
        acknowledged = np.histogram(time_s[view.acknowledged[done]], edges)[0]
        share = [float(g / (g + b)) if g + b else None for g, b in zip(good, bad, strict=True)]
        return (
            Series(start, step, "1/s", (arrived / step).tolist()),
            Series(start, step, "1/s", (acknowledged / step).tolist()),
            Series(start, step, "ratio", share),
        )

    def judge(self, what: str) -> Finding:
        """One metric of the flow by its name after the dot."""
        if what in ("availability", "rate", "goodput", "errors", "retries", "attempts"):
            return self._counted(what)
        times, name = (self.ages, what[4:]) if what.startswith("age.") else (self.latencies, what)
        if not len(times):
            return unknown(f"nothing of {self.flow} was finished")
        if name.startswith("p") and name[1:].isdigit():
            value, few = percentile(times, name)
            return Finding(value, len(times), doubt=few)
        match name:
            case "mean":
                return Finding(float(times.mean()), len(times))
            case "max":
                return Finding(float(times.max()), len(times))
            case "sd":
                return Finding(float(times.std()), len(times))
        return unknown(f"a history does not tell {what}")

    def _refused(self) -> int:
        """Operations that were told that what they claimed is taken, which is an answer."""
        view, h = self.view, self.view.history
        rows = view.rows("fail")
        rows = rows[h["detail"][rows] == h.code("detail", TAKEN)] if h.has("detail") else rows[:0]
        return int(np.isin(self.operations, view.op[rows]).sum())

    def _counted(self, what: str) -> Finding:
        view, h = self.view, self.view.history
        n = len(self.operations)
        if not n:
            return unknown(f"no operation of {self.flow} was invoked")
        acknowledged = int((view.acknowledged[self.operations] < NEVER).sum())
        finished = int((view.finished[self.operations] < NEVER).sum())
        if what == "availability":
            of = n if h.meta.drained else finished  # what was still under way counts neither way
            return (
                Finding((acknowledged + self._refused()) / of, of)
                if of
                else unknown(f"nothing of {self.flow} was finished")
            )
        sent = view.rows("invoke", flow=self.flow)
        if what == "attempts":
            return Finding(len(sent) / n, n)
        seconds = float(h["time_s"][-1] - h["time_s"][0])
        if seconds <= 0.0:
            return unknown("the history lasts no time")
        count = {"rate": n, "goodput": acknowledged, "errors": finished - acknowledged, "retries": len(sent) - n}[what]
        return Finding(count / seconds, n)
