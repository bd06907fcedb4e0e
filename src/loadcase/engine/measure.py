"""From a run's arrays to metrics and series, by the names of the contract. Values in base units."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from loadcase.blueprint.model import Blueprint, Objective
from loadcase.core import program as op
from loadcase.core.results import Metric, Series, Tally
from loadcase.engine.compile import Compiled
from loadcase.engine.kernels import control, tables
from loadcase.engine.lowering.assembler import StationGroup
from loadcase.engine.scale import EXTREMES, extensive
from loadcase.kinds.gateway import Gateway

PERCENTILES = ("p50", "p75", "p90", "p95", "p98", "p99", "p999", "p9999")
FEWEST_BEYOND = 20
"""Operations that a scale model must have beyond a percentile to tell it."""
FEWEST_EVENTS = 1_000
"""Events that it must have seen to tell how often they are: the standard deviation is 3 % then."""


def percentile_of(name: str) -> float:
    """0.95 for p95, 0.999 for p999."""
    return float(f"0.{name[1:]}")


def quantile(bins: np.ndarray, bits: int, q: float) -> float:
    """Quantile of a log-linear histogram, s: linear within its bin."""
    total = int(bins.sum())
    if total == 0:
        return math.nan
    target = q * total
    cumulative = np.cumsum(bins)
    i = min(int(np.searchsorted(cumulative, target, side="left")), len(bins) - 1)
    while bins[i] == 0:
        i += 1
    before = int(cumulative[i]) - int(bins[i])
    octave, part = divmod(i, 1 << bits)
    low = 2.0 ** (octave + tables.LOW_EXP) * (1.0 + part / (1 << bits))
    if i == 0:
        return 0.0
    width = 2.0 ** (octave + tables.LOW_EXP) / (1 << bits)
    return low + width * (target - before) / float(bins[i])


def borders(bits: int) -> np.ndarray:
    """The borders of the bins of a log-linear histogram, s: one more than there are bins; the first bin begins at 0."""
    parts = 1 << bits
    octaves = np.repeat(np.arange(tables.OCTAVES) + tables.LOW_EXP, parts)
    lows = 2.0**octaves * (1.0 + np.tile(np.arange(parts), tables.OCTAVES) / parts)
    return np.array([0.0, *lows[1:], 2.0 ** (tables.OCTAVES + tables.LOW_EXP)])


class Measures:
    """Collects metrics and series of one run."""

    def __init__(self, blueprint: Blueprint, compiled: Compiled, state: tables.State, extra: Iterable[str]) -> None:
        self.b = blueprint
        self.c = compiled
        self.s = state
        self.start = float(state.times[tables.D_WARM])
        self.step = float(state.times[tables.D_STEP])
        self.seconds = self.step * state.fts.shape[1]
        self.extra = {m for m in extra if m}
        self.metrics: dict[str, Metric] = {}
        self.series: dict[str, Series] = {}

    def put(self, name: str, value: float, unit: str, samples: int = 0, exact: bool = False) -> None:
        """Adds a metric; what was not observed is left out."""
        if math.isfinite(value):
            self.metrics[name] = Metric(float(value), unit, samples, exact)

    def line(self, name: str, values: np.ndarray, unit: str) -> None:
        """Adds a series; what was not observed is None."""
        points = [float(v) if math.isfinite(v) else None for v in values]
        self.series[name] = Series(self.start, self.step, unit, points)

    def flows(self) -> None:
        """Latency, counts and rates of every flow."""
        n = len(self.c.flows)
        for i, flow in enumerate(self.c.flows):
            count = self.s.fc[i]
            arrived, ok, failed = int(count[op.FC_ARRIVED]), int(count[op.FC_OK]), int(count[op.FC_FAILED])
            self.latency(flow, "", i, ok)
            if self.c.program.ages[i] >= 0:
                self.latency(flow, "age.", n + i, ok)
            if arrived:
                answered = ok + int(count[op.FC_REASON0 + op.CLAIMED])
                self.put(f"{flow}.availability", answered / arrived, "ratio", arrived)
                self.put(f"{flow}.attempts", 1.0 + count[op.FC_RETRIES] / arrived, "count", arrived)
                self.put(f"{flow}.hedges", count[op.FC_HEDGES] / arrived, "count", arrived)
            asked = int(count[op.FC_OPTIONAL])
            if asked:
                self.put(f"{flow}.skipped", count[op.FC_SKIPPED] / asked, "ratio", asked)
            per_s = {
                "rate": arrived,
                "goodput": ok,
                "errors": failed,
                "timeouts": int(count[op.FC_TIMEOUTS]),
                "retries": int(count[op.FC_RETRIES]),
            }
            for name, value in per_s.items():
                self.put(f"{flow}.{name}", value / self.seconds, "1/s", value)
            for reason in range(1, len(op.REASONS)):
                value = int(count[op.FC_REASON0 + reason])
                if value:
                    self.put(f"{flow}.errors.{op.REASONS[reason]}", value / self.seconds, "1/s", value)
            for j, name in enumerate(("rate", "goodput", "errors", "retries")):
                self.line(f"{flow}.{name}", self.s.fts[i, :, j] / self.step, "1/s")
            self.gauge(flow)

    def latency(self, flow: str, prefix: str, row: int, samples: int) -> None:
        """Percentiles and moments of one histogram."""
        bins = self.s.fine[row]
        total, squares, top = (float(x) for x in self.s.fsum[row])
        if samples == 0:
            return
        wanted = {m.removeprefix(f"{flow}.{prefix}") for m in self.extra if m.startswith(f"{flow}.{prefix}p")}
        for name in dict.fromkeys([*PERCENTILES, *sorted(wanted)]):
            if name[1:].isdigit():
                value = min(quantile(bins, tables.FINE_BITS, percentile_of(name)), top)
                self.put(f"{flow}.{prefix}{name}", value, "s", samples)
        mean = total / samples
        self.put(f"{flow}.{prefix}mean", mean, "s", samples)
        self.put(f"{flow}.{prefix}sd", math.sqrt(max(0.0, squares / samples - mean * mean)), "s", samples)
        self.put(f"{flow}.{prefix}max", top, "s", samples)
        coarse = self.s.coarse[row]
        for name in ("p50", "p95", "p99"):
            q = percentile_of(name)
            values = np.array([quantile(interval, tables.COARSE_BITS, q) for interval in coarse])
            self.line(f"{flow}.{prefix}{name}", values, "s")

    def gauge(self, flow: str) -> None:
        """Messages that wait for a consuming flow, as the lag of what it consumes."""
        station = self.c.gauges.get(flow)
        if station is None:
            return
        pool = int(self.s.stations["pool"][station])
        source = self.c.groups[pool].component
        area = self.s.pts[pool, :, 1]
        before = self.metrics.get(f"{source}.lag")
        self.put(f"{source}.lag", area.sum() / self.seconds + (before.value if before else 0.0), "count")
        peak = self.metrics.get(f"{source}.lag.peak")
        self.put(
            f"{source}.lag.peak", max(float(self.s.stations["qmax"][station]), peak.value if peak else 0.0), "count"
        )
        self.line(f"{source}.lag", area / self.step, "count")
        emptied, peaked = (float(self.s.stations[at][station]) for at in ("work_at", "work"))
        if emptied >= 0.0:
            catch_up = self.metrics.get(f"{source}.catch_up")
            self.put(f"{source}.catch_up", max(emptied - peaked, catch_up.value if catch_up else 0.0), "s")
        dead = int(self.s.fc[self.c.flows.index(flow), op.FC_DEAD])
        self.put(f"{source}.dead_letters", dead, "count", dead)

    def components(self) -> None:
        """Load, queues and refusals of every component."""
        for group in self.c.groups:
            if group.name == "main":
                self.station_group(group)
        for i, name in enumerate(self.c.caches):
            self.cache(i, name)
        for name, component in self.b.components.items():
            if isinstance(component, Gateway) and component.online is not None:
                share = component.online / (component.connections * component.replicas)
                self.put(f"{name}.connections", share, "ratio", exact=True)

    def station_group(self, group: StationGroup) -> None:
        name = group.component
        busy, queue, visits, shed, most = (self.s.pts[group.index, :, j] for j in range(5))
        rows = slice(group.base, group.base + group.count)
        ended = self.s.ended[rows]
        total = int(ended["visits"].sum())
        self.put(f"{name}.rate", visits.sum() / self.seconds, "1/s", total)
        self.put(f"{name}.in_service", busy.sum() / self.seconds, "count")
        if group.count == 1:
            mean = ended["busy_s"][0] / self.seconds
            square = ended["busy2_s"][0] / self.seconds
            self.put(f"{name}.in_service.sd", math.sqrt(max(0.0, square - mean * mean)), "count")
            self.levels(name, group.base)
        self.put(f"{name}.queue", queue.sum() / self.seconds, "count")
        self.put(f"{name}.queue.peak", float(self.s.stations["qmax"][rows].max()), "count")
        self.put(f"{name}.shed", shed.sum() / self.seconds, "1/s", total)
        ready, mean = self.replicas(group)
        if group.workers:
            self.put(f"{name}.utilisation", busy.sum() / self.seconds / (mean * group.workers), "ratio")
            used = busy / self.step / (ready * group.workers)
            self.put(f"{name}.utilisation.peak", used.max(), "ratio")
            self.line(f"{name}.utilisation", used, "ratio")
            hottest = ended["busy_s"].max() / self.seconds / group.workers
            self.put(f"{name}.hottest_shard", hottest, "ratio")
            if group.count > 1:
                self.line(f"{name}.hottest_shard", most / self.step / group.workers, "ratio")
        if total:
            gone = int(ended["shed"].sum()), int(ended["abandoned"].sum())
            self.put(f"{name}.shed_ratio", gone[0] / total, "ratio", total)
            self.put(f"{name}.abandoned_ratio", gone[1] / total, "ratio", total)
            self.put(f"{name}.waited", ended["waited"].sum() / total, "ratio", total)
            served = total - sum(gone)
            if served > 0:
                self.put(f"{name}.wait.mean", ended["waited_s"].sum() / served, "s", served)
        self.line(f"{name}.queue", queue / self.step, "count")
        self.line(f"{name}.rate", visits / self.step, "1/s")
        self.line(f"{name}.shed", shed / self.step, "1/s")

    def replicas(self, group: StationGroup) -> tuple[np.ndarray, float]:
        """Mean number of replicas that serve, in each interval and in all; tells those that come and go."""
        scaled = self.c.scaled.get(group.component)
        if scaled is None:
            return np.full(self.s.fts.shape[1], float(group.count)), float(group.count)
        exist, ready = (self.s.scaled[scaled.control, :, i] for i in range(2))
        self.put(f"{group.component}.replicas", exist.sum() / self.seconds, "count")
        self.put(f"{group.component}.replicas.peak", self.s.control[scaled.control, control.X_PEAK], "count")
        self.line(f"{group.component}.replicas", exist / self.step, "count")
        return np.maximum(ready / self.step, 1.0), max(ready.sum() / self.seconds, 1.0)

    def levels(self, name: str, station: int) -> None:
        """Percentiles over time of the number in service at a single station."""
        times = np.cumsum(self.s.levels[self.c.program.stations["levels"][station]])
        wanted = {m.removeprefix(f"{name}.in_service.") for m in self.extra if m.startswith(f"{name}.in_service.p")}
        for percentile in dict.fromkeys([*PERCENTILES, *sorted(wanted)]):
            if percentile[1:].isdigit() and times[-1] > 0:
                i = int(np.searchsorted(times, percentile_of(percentile) * times[-1]))
                octave, part = divmod(i - 1024, 64)
                level = i if i < 1024 else 2.0 ** (octave + 10) * (1 + part / 64)
                self.put(f"{name}.in_service.{percentile}", level, "count")

    def cache(self, i: int, name: str) -> None:
        looked, hit, held, expired = (self.s.cts[i, :, j] for j in range(4))
        total = int(looked.sum())
        if total:
            self.put(f"{name}.hit_ratio", hit.sum() / total, "ratio", total)
            with np.errstate(invalid="ignore", divide="ignore"):
                self.line(f"{name}.hit_ratio", hit / looked, "ratio")
        if self.c.program.caches[i, 0] != op.COIN:
            self.put(f"{name}.stored_keys", float(held.mean()), "count")
            self.put(f"{name}.expired", expired.sum() / self.seconds, "1/s", int(expired.sum()))

    def limiters(self, names: dict[str, int]) -> None:
        """Refusals of limiters and quotas."""
        for label, row in names.items():
            component = label.split(":")[0]
            value = int(self.s.refused[row])
            before = self.metrics.get(f"{component}.rejected")
            self.put(f"{component}.rejected", value / self.seconds + (before.value if before else 0.0), "1/s", value)
            if value:
                first = self.metrics.get(f"{component}.rejected.first")
                since = float(self.s.refused_at[row]) - self.start
                self.put(f"{component}.rejected.first", min(since, first.value if first else since), "s", value)

    def tally(self, objective: Objective) -> Tally:
        """What an objective counts.

        A latency is known by its bin, of which there are 16 to an octave: those in the bin of the bound are doubtful.
        Histograms are by arrival; an operation is taken to end its own time, the middle of its bin, after the middle of
        its interval.
        """
        row = self.c.flows.index(objective.flow)
        if objective.limit_s is None:
            ok, failed = self.s.fts[row, :, 4], self.s.fts[row, :, 5]
            return _tally(self.step, ok + failed, failed, np.zeros_like(ok))
        edges = borders(tables.COARSE_BITS)
        came = self.s.coarse[row + len(self.c.flows) if objective.aged else row]
        ended = np.zeros((len(came), 3), np.int64)
        at, bins = np.nonzero(came)
        kinds = np.where(bins < np.searchsorted(edges, objective.limit_s, "right") - 1, 0, 1)
        kinds[edges[bins] > objective.limit_s] = 2
        late = at + np.floor(0.5 + (edges[bins] + edges[bins + 1]) / 2.0 / self.step).astype(np.int64)
        seen = late < len(came)
        np.add.at(ended, (late[seen], kinds[seen]), came[at[seen], bins[seen]])
        return _tally(self.step, ended.sum(axis=1), ended[:, 2], ended[:, 1])


def _tally(step: float, total: np.ndarray, bad: np.ndarray, doubtful: np.ndarray) -> Tally:
    return Tally(step, [int(n) for n in total], [int(n) for n in bad], [int(n) for n in doubtful])


def scaled_back(
    metrics: dict[str, Metric], series: dict[str, Series], factor: int, seconds: float, whole: frozenset[str]
) -> set[str]:
    """Multiplies the extensive metrics of a scale model 1:factor back, in place; not those of what stayed whole.

    Gives the names of those that are the largest of many, or rest on few: the model tells them roughly.
    """
    extreme = {n for n, m in metrics.items() if not m.exact and n.split(".", 1)[-1] in EXTREMES}
    rare = {n for n in resting_on_few(metrics, seconds) if n.split(".")[0] not in whole}
    for name, metric in metrics.items():
        if extensive(name) and name.split(".")[0] not in whole:
            metrics[name] = replace(metric, value=metric.value * factor)
    for name, line in series.items():
        if extensive(name) and name.split(".")[0] not in whole:
            values = [None if v is None else v * factor for v in line.values]
            series[name] = Series(line.start, line.step, line.unit, values)
    return extreme | rare


def resting_on_few(metrics: dict[str, Metric], seconds: float) -> set[str]:
    """Metrics of a run over some seconds that another seed would tell otherwise.

    They are percentiles with little beyond them, rates and shares of what was seldom seen, and waits of a few.
    """
    found: set[str] = set()
    for name, metric in metrics.items():
        of, _, last = name.rpartition(".")
        seen = metric.value * (seconds if metric.unit == "1/s" else metric.samples)
        if last == "waited":
            if seen < FEWEST_EVENTS and f"{of}.utilisation" in metrics:
                found.update(n for n in (name, f"{of}.wait.mean", f"{of}.queue") if n in metrics)
        elif metric.unit == "1/s" or last in ("shed_ratio", "abandoned_ratio"):
            if 0.0 < seen < FEWEST_EVENTS:
                found.add(name)
        elif metric.unit == "s" and last.startswith("p") and _beyond(last, metric.samples) < FEWEST_BEYOND:
            found.add(name)
    return found


def _beyond(percentile: str, samples: int) -> float:
    return (1.0 - percentile_of(percentile)) * samples if percentile[1:].isdigit() else math.inf
