"""Runs of a candidate's design that end in time on any machine, with the same result on every one.

What bounds a run is simulated: the events that it needs are known from the rates, and a scale model, a shorter time or
fewer seeds are chosen so that they fit. A run that makes more than it should is cut at a count of events. No clock of
the machine decides anything.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from loadcase import api
from loadcase.blueprint.model import Blueprint, Case
from loadcase.check.contract import judge_case
from loadcase.core.errors import UsageError
from loadcase.core.results import CaseVerdict, RunResult
from loadcase.engine.run import QUOTA, Warmed, case_of
from loadcase.estimate.load import loads
from loadcase.faults.traffic_spike import TrafficSpike
from loadcase.scales import CORES, EVENTS_PER_VISIT, FACTORS, Scale, vouched

EVENTS_PER_S = 1.5e6
"""Of two runs at once on two busy cores, with their histories and with judging them."""
EVENTS_PER_ENTRY = 6.0
"""Events that take as long as filling an entry of a cache before the run."""
SHORTEST_S = 4.0
"""Simulated time below which a run tells nothing."""
OVERSHOOT = 3.0
"""Times the events that were reckoned with, at which a run is cut: retries and backlogs make more than rates say."""
LOOKS = 40
"""Times that a run stops to make room, beside those that its events take."""
MOST_ENTRIES = 2e7
"""Entries of caches that are filled before a run: about 8 s."""


class TooMuchError(UsageError):
    """A run that would not end in time; one of that `share` of the time would."""

    def __init__(self, message: str, share: float) -> None:
        super().__init__(message, hint="divide the counts and the load by the same factor, or run it by itself")
        self.share = share


def events_of(budget_s: float) -> float:
    """Events that a budget stands for, on a constant machine."""
    return budget_s * EVENTS_PER_S


@dataclass(frozen=True)
class Plan:
    """How one case is run: simulated time (s), warm-up (s), scale model, and the events of one run, about."""

    case: str
    duration_s: float
    warmup_s: float
    scale: Scale
    events: float
    filling: float = 0.0
    """Events that filling the caches stands for, once for all runs of a load."""
    load: float = 1.0


def plan(blueprint: Blueprint, name: str, allowed: float) -> Plan:
    """The case as its `allowed` events permit: whole, as a scale model, or shorter where nothing in it has a time.

    Raises TooMuchError where no run would end in time, UsageError where nothing arrives.
    """
    found = reckoned(blueprint, name, allowed)
    if found.filling > EVENTS_PER_ENTRY * MOST_ENTRIES:
        keys = found.filling / EVENTS_PER_ENTRY
        raise UsageError(f"its caches hold {keys:,.0f} keys, which take too long to fill here")
    if found.events > OVERSHOOT * allowed:
        message = f"a run of {name} has {found.events:,.0f} events, too many to wait for here"
        raise TooMuchError(message, 0.9 * OVERSHOOT * allowed / found.events)
    return found


def reckoned(blueprint: Blueprint, name: str, allowed: float) -> Plan:
    """The same, however long it takes. Raises UsageError where nothing arrives."""
    case = case_of(blueprint, name)
    duration_s, warmup_s = case.lengths()
    found = loads(blueprint, case.load)
    if not any(rate > 0.0 for rate in found.flows.values()):
        raise UsageError("nothing arrives", hint="a flow needs arrive: {rate: ...}")
    visits = math.fsum(one.rate for one in found.components.values())
    entries = math.fsum(getattr(c, "keys", None) or 0 for c in blueprint.components.values())
    spike_s = math.fsum(
        (f.factor - 1.0) * (min(f.end, duration_s) - f.at) for f in case.faults if isinstance(f, TrafficSpike)
    )
    simulated_s = duration_s + warmup_s + max(0.0, spike_s)
    events = max(1.0, EVENTS_PER_VISIT * visits * simulated_s)
    scale = _scale(blueprint, case, events, entries, allowed)
    events /= scale.k
    share = 1.0
    if events > allowed and not case.faults:
        share = max(allowed / events, min(1.0, SHORTEST_S / duration_s))
    return Plan(name, duration_s * share, warmup_s * share, scale, events * share,
                EVENTS_PER_ENTRY * entries / scale.k, case.load)  # fmt: skip


def _scale(blueprint: Blueprint, case: Case, events: float, entries: float, allowed: float) -> Scale:
    """The largest model that fits, or the smallest there is; the design itself where nothing vouches for a model."""
    if events <= allowed and entries <= MOST_ENTRIES:
        return Scale()
    best = Scale()
    for k in FACTORS:
        found = vouched(blueprint, case.load, k, case.faults)
        if found is not None:
            best = found
            if events / k <= allowed and entries / k <= MOST_ENTRIES:
                break
    return best


def run_all(
    blueprint: Blueprint, plans: Sequence[Plan], seeds: Sequence[int], warmed: Warmed
) -> dict[str, list[tuple[RunResult, bool]]]:
    """By case a run with each seed, and whether it was cut. Raises LoadcaseError for what the engine refuses."""
    with ThreadPoolExecutor(max_workers=CORES) as pool:
        made = {p.case: [pool.submit(_run, blueprint, p, seed, warmed) for seed in seeds] for p in plans}
        return {case: [one.result() for one in started] for case, started in made.items()}


def _run(blueprint: Blueprint, wanted: Plan, seed: int, warmed: Warmed) -> tuple[RunResult, bool]:
    most = math.ceil(OVERSHOOT * wanted.events / QUOTA) + LOOKS
    stop, looks = threading.Event(), 0

    def progress(_: float) -> None:
        nonlocal looks
        looks += 1
        if looks >= most:
            stop.set()

    result = api.run(
        blueprint, wanted.case, seed, duration=wanted.duration_s, warmup=wanted.warmup_s, scale=wanted.scale,
        progress=progress, stop=stop, warmed=warmed,
    )  # fmt: skip
    return result, stop.is_set() and result.partial is not None


def judged(blueprint: Blueprint, case: str, runs: Sequence[tuple[RunResult, bool]]) -> CaseVerdict:
    """The contract in those runs; what was cut makes nothing hold or break."""
    return judge_case(blueprint, case, [r for r, cut in runs if not cut], [r for r, cut in runs if cut])
