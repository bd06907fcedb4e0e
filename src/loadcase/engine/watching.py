"""What an observer of a run is told while it goes on: how far it is, and its time series so far.

The kernel gives the interpreter a turn after a number of events; the arrays of the State are read then, and nothing is
written to them, so that a run that is watched gives the same result as one that is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from loadcase.blueprint.model import Blueprint
from loadcase.core.results import Series
from loadcase.engine.compile import Compiled
from loadcase.engine.kernels import tables
from loadcase.engine.measure import Measures
from loadcase.engine.scale import extensive

EVERY_S = 0.1
"""Wall time between two looks, at least."""
EVENTS = 125_000
"""Events between two turns of an observer: about 50 ms of the engine."""


@dataclass(frozen=True)
class Seen:
    """A run at one moment. It is good for as long as the call of the observer lasts, no longer.

    Times are simulated ones, s: `now_s` of `end_s`, of which `warmup_s` are not measured; `step_s` is an interval of
    the series, and `intervals` of them are over. `scale` is k of a scale model 1:k; its series are multiplied back.
    `done` says that nothing more is to come.
    """

    now_s: float
    end_s: float
    warmup_s: float
    step_s: float
    intervals: int
    events: int
    scale: int
    done: bool
    lines: Callable[[int], dict[str, Series]]

    def series(self, first: int = 0) -> dict[str, Series]:
        """The series from interval `first` up to the last one that is over; those with nothing in them are left out.

        What a flow counts is by the time of arrival, so that late answers still change the latest intervals.
        """
        return self.lines(first) if first < self.intervals else {}


Watch = Callable[[Seen], None]


class _Lines(Measures):
    """Series alone."""

    def put(self, name: str, value: float, unit: str, samples: int = 0, exact: bool = False) -> None:
        """Metrics are for the end of a run."""


def seen(
    blueprint: Blueprint, compiled: Compiled, state: tables.State, scale: int, whole: Iterable[str], done: bool
) -> Seen:
    """The run of a (scale model of a) blueprint as it stands; `whole` are flows and components that stayed whole."""
    times, regs = state.times, state.regs
    over = max(0, min(int(regs[tables.R_TICKS]) - 1, state.fts.shape[1]))
    kept = frozenset(whole)

    def lines(first: int) -> dict[str, Series]:
        part = slice(max(0, first), over)
        measures = _Lines(blueprint, compiled, _cut(state, part), ())
        measures.start += part.start * measures.step
        measures.flows()
        measures.components()
        found = dict(sorted(measures.series.items()))
        if scale > 1:
            for name, line in found.items():
                if extensive(name) and name.split(".")[0] not in kept:
                    found[name] = replace(line, values=[None if v is None else v * scale for v in line.values])
        return found

    return Seen(
        now_s=min(float(times[tables.D_NOW]), float(times[tables.D_END])),
        end_s=float(times[tables.D_END]),
        warmup_s=float(times[tables.D_WARM]),
        step_s=float(times[tables.D_STEP]),
        intervals=over,
        events=int(regs[tables.R_EVENTS]),
        scale=scale,
        done=done,
        lines=lines,
    )


def _cut(state: tables.State, part: slice) -> tables.State:
    """The state with some intervals of its series alone."""
    return state._replace(
        coarse=state.coarse[:, part],
        fts=state.fts[:, part],
        pts=state.pts[:, part],
        cts=state.cts[:, part],
        scaled=state.scaled[:, part],
    )
