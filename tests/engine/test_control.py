"""Control loops and shedding, each beside a slow and obvious twin."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from loadcase import api
from loadcase.blueprint.faults import site_of
from loadcase.blueprint.model import Blueprint
from loadcase.core import program as op
from loadcase.core.errors import UsageError
from loadcase.core.results import RunResult
from loadcase.engine.kernels import control
from loadcase.engine.run import run
from loadcase.estimate.size import size
from loadcase.faults.outage import Outage
from tests.conftest import design
from tests.kernel import called

wanted, watch = called(control.wanted), called(control.watch)


def replayed(folder: Path, service: str, **times: np.ndarray) -> RunResult:
    """A run of a service whose flows, named by their priority, replay arrival times."""
    for name, values in times.items():
        np.savetxt(folder / f"{name}.txt", values, fmt="%.17g")
    flows = "\n".join(f"  {n}: {{arrive: {{trace: {n}.txt, priority: {n}}}, steps: [s.handle]}}" for n in times)
    return run(design(f"  s: {{kind: service, {service}}}", flows), duration=100, warmup=0, trace_folder=folder)


def count(result: RunResult, metric: str) -> int:
    found = result.metric(metric)
    return round(found.value * result.duration_s) if found else 0


# --- whom a full or standing queue turns away -----------------------------------------------------------------------
def controlled_delay(arrivals: np.ndarray, work: float, target: float, interval: float) -> list[float | None]:
    """Sojourn of every request at one worker, None for those that are shed."""
    sojourns: dict[int, float | None] = {}
    queue: list[tuple[int, float, float]] = []  # number, arrival, when its patience ends
    free = stood_since = 0.0

    def advance(until: float) -> None:
        nonlocal free
        while queue:
            for one in [q for q in queue if q[2] <= min(free, until)]:
                queue.remove(one)
                sojourns[one[0]] = None
            if not queue or free > until:
                return
            number, came, _ = queue.pop(0)
            free += work
            sojourns[number] = free - came

    for i, now in enumerate(arrivals):
        advance(now)
        if free <= now:
            free = now + work
            sojourns[i] = work
            continue
        if not queue:
            stood_since = now
        queue.append((i, now, now + (target if now - stood_since > interval else interval)))
    advance(math.inf)
    return [sojourns[i] for i in range(len(arrivals))]


@pytest.mark.parametrize(("rate", "seed"), [(70, 1), (95, 2), (150, 3), (400, 4)])
def test_controlled_delay_is_that_of_its_twin(tmp_path: Path, rate: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    arrivals = np.sort(rng.uniform(0.0, 99.0, int(99 * rate)))
    result = replayed(tmp_path, "work: 10 ms, shed: {target: 15 ms, interval: 80 ms}", normal=arrivals)
    expected = controlled_delay(arrivals, 0.01, 0.015, 0.08)
    served = [s for s in expected if s is not None]
    assert len(served) < len(expected)
    assert count(result, "normal.errors.shed") == count(result, "s.shed") == len(expected) - len(served)
    assert result.metrics["normal.mean"].value == pytest.approx(float(np.mean(served)), rel=1e-9)
    assert result.metrics["normal.max"].value == pytest.approx(max(served), rel=1e-9)
    assert "s.abandoned_ratio" not in result.metrics or result.metrics["s.abandoned_ratio"].value == 0.0


def by_importance(arrivals: list[tuple[float, int]], work: float, bound: int, yields: bool) -> list[tuple[int, bool]]:
    """Rank of every request, and whether it is served by one worker; the queue is in order of rank, then of arrival."""
    queue: list[tuple[int, int]] = []
    served: list[tuple[int, bool]] = []
    free = 0.0
    for i, (now, rank) in enumerate([*arrivals, (math.inf, 9)]):
        while queue and free <= now:
            first = min(queue)
            queue.remove(first)
            served.append((first[0], True))
            free += work
        if rank == 9:
            break
        if free <= now:
            free = now + work
            served.append((rank, True))
        elif len(queue) < bound:
            queue.append((rank, i))
        elif yields and queue and max(queue)[0] > rank:
            gone = max(queue)
            queue.remove(gone)
            served.append((gone[0], False))
            queue.append((rank, i))
        else:
            served.append((rank, False))
    return served


@pytest.mark.parametrize("first", ["lowest_priority", None])
@pytest.mark.parametrize("bound", [0, 1, 4])
def test_who_is_shed_first_is_as_in_its_twin(tmp_path: Path, first: str | None, bound: int) -> None:
    rng = np.random.default_rng(bound)
    times = {n: np.sort(rng.uniform(0.0, 99.0, k)) for n, k in (("high", 4000), ("normal", 5000), ("low", 6000))}
    ranks = {"high": 1, "normal": 2, "low": 3}
    expected = by_importance(sorted((t, ranks[n]) for n in times for t in times[n]), 0.01, bound, first is not None)
    shed = f", shed: {{first: {first}}}" if first else ""
    result = replayed(tmp_path, f"work: 10 ms, queue: {bound}{shed}", **times)
    for name, rank in ranks.items():
        lost = sum(not ok for r, ok in expected if r == rank)
        assert count(result, f"{name}.errors.shed") == lost, name
    assert count(result, "s.shed") == sum(not ok for _, ok in expected)


# --- autoscaling ----------------------------------------------------------------------------------------------------
def proportional(off: np.ndarray, down: np.ndarray, use: np.ndarray, target: float, least: int, most: int) -> int:
    """Kubernetes' formula, step by step."""
    exist = int((off < 2).sum())
    ready = (off == 0) & (down == 0)
    if not ready.any():
        return exist
    ratio = float(use[ready].mean()) / target
    if abs(ratio - 1.0) <= 0.1:
        return max(least, min(most, exist))
    if ratio > 1.0:
        idle_too = ratio * ready.sum() / exist
        wanted = exist if idle_too <= 1.1 else min(math.ceil(ratio * ready.sum() - 1e-9), max(2 * exist, exist + 4))
    else:
        wanted = min(exist, math.ceil(ratio * ready.sum() - 1e-9))
    return max(least, min(most, wanted))


@pytest.mark.parametrize("seed", range(200))
def test_as_many_replicas_are_wanted_as_its_twin_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 12))
    off, down = rng.choice([0, 0, 0, 1, 2], n), rng.choice([0, 0, 0, 1], n)
    use = np.where(off == 0, rng.uniform(0.0, 1.0, n), 0.0)
    target = float(rng.uniform(0.2, 1.0))
    controls = np.array([(op.SCALE, 0, n, -1, 0, 0, 0, 1, n)], np.int32)
    par = np.array([(10.0, 0.0, 0.0, target, 5.0, 0.0)])
    state, looked = np.zeros((1, control.CONTROL)), np.zeros((n, 2))
    state[0, control.X_SINCE] = 20.0
    looked[:, 0] = 7.0
    stations, life = np.zeros(n, op.STATION), np.zeros((n, op.LIFE_WIDTH), np.int32)
    stations["cap"], stations["last"], stations["levels"] = 4, 30.0, -1
    stations["busy_s"] = 7.0 + use * 4 * 10.0
    life[:, op.OFF], life[:, op.DOWN_NOW] = off, down
    found = wanted(controls, par, state, looked, life, stations, np.zeros((1, 1)), 0, 30.0)
    assert found == proportional(off, down, use, target, 1, n)


def scaled(more: str, flow: str = "rate: 960 /s", case: str = "") -> Blueprint:
    """24 workers are busy on average."""
    return design(
        f"  s: {{kind: service, replicas: 2, workers: 4, work: exp(25 ms), {more}}}",
        f"  r: {{arrive: {{{flow}}}, steps: [s.handle]}}",
        case,
    )


def test_replicas_come_with_delay_until_the_target_is_met() -> None:
    b = scaled("queue: 20, autoscale: {max: 30, target: 60 %, every: 1 s, delay: 3 s, cooldown: 5 s}")
    result = run(b, duration=60, warmup=0)
    series = result.series["s.replicas"].values
    assert series[0] == 2.0  # before the first look
    assert series[-1] == pytest.approx(10, abs=1)  # 24 / (4 * 60 %)
    assert result.metrics["s.replicas.peak"].value >= max(v for v in series if v is not None)
    used = result.series["s.utilisation"].values
    assert used[2] == pytest.approx(1.0, abs=0.02)  # those that start do not serve, and are none of its workers
    assert used[-1] == pytest.approx(0.6, abs=0.08)


def test_what_has_not_started_serves_nobody() -> None:
    plain = run(scaled("queue: 20"), duration=20, warmup=2)
    late = run(scaled("queue: 20, autoscale: {max: 9, target: 60 %, every: 1 s, delay: 1000 s}"), duration=20, warmup=2)
    mine = {n: m.value for n, m in late.metrics.items() if not n.startswith("s.replicas")}
    assert mine == pytest.approx({n: m.value for n, m in plain.metrics.items()}, rel=1e-12)
    assert late.metrics["s.replicas.peak"].value == 4.0  # those that start count as idle


def test_replicas_go_after_the_cooldown_and_finish_what_they_have() -> None:
    b = scaled(
        "autoscale: {min: 2, max: 20, target: 60 %, every: 1 s, delay: 1 s, cooldown: 6 s}",
        "rate: 240 /s",
        "cases: {c: {faults: [traffic_spike: {flow: r, factor: 5, at: 5 s, for: 10 s}]}}",
    )
    result = run(b, "c", duration=60, warmup=5)
    replicas = [v or 0.0 for v in result.series["s.replicas"].values]
    assert max(replicas[14:20]) >= 10
    assert replicas[-1] <= 4
    assert min(replicas[5:20]) >= replicas[5]  # none goes while there is more and more to do
    assert result.metrics["r.availability"].value == 1.0
    assert result.partial is None


def test_a_crashed_replica_counts_until_it_is_back() -> None:
    b = scaled(
        "queue: 20, autoscale: {max: 8, target: 70 %, every: 1 s, delay: 1 s, cooldown: 60 s}",
        "rate: 200 /s",
        "cases: {c: {faults: [crash: {on: s, count: 1, at: 10 s, for: 20 s, detect: 1 s}]}}",
    )
    result = run(b, "c", duration=60, warmup=5)
    assert result.metrics["s.replicas.peak"].value == 2.0  # there is no more to do, and two are there to do it
    assert result.series["s.utilisation"].values[20] == pytest.approx(0.5, abs=0.01)
    done, rate = result.series["r.goodput"].values, result.series["r.rate"].values
    assert done[:9] == rate[:9]
    assert sum(v or 0.0 for v in done[12:29]) < 0.9 * sum(v or 0.0 for v in rate[12:29])
    assert done[32:] == rate[32:]


def test_an_outage_takes_the_replicas_that_came_later_too() -> None:
    b = design(
        "  s: {kind: service, replicas: 2, zones: 2, autoscale: {max: 6, target: 60 %, delay: 1 s}}",
        "  r: {arrive: {rate: 1 /s}, steps: [s.handle]}",
    )
    struck = {c.target[2] for c in Outage(zone=1).changes(site_of(b)) if c.field == "down"}
    assert struck == {0, 2, 4}


def test_the_cost_is_that_of_the_mean_number_of_replicas() -> None:
    b = scaled("queue: 20, price: 10 USD/month, autoscale: {max: 30, target: 60 %, every: 1 s, delay: 3 s}")
    result = api.run(b, duration=30, warmup=0)
    cost = result.metrics["cost"]
    assert cost.value == pytest.approx(10.0 * result.metrics["s.replicas"].value)
    assert not cost.exact
    assert any("autoscale" in note for note in api.estimate(b).notes)


def test_what_a_control_loop_counts_has_no_scale_model() -> None:
    with pytest.raises(UsageError, match="s has autoscale"):
        api.run(scaled("autoscale: {max: 30, target: 60 %, delay: 3 s}"), scale=2)


# --- brownout -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("sees", [op.SEE_QUEUE, op.SEE_USE])
def test_a_brownout_begins_and_ends_at_its_bounds(sees: int) -> None:
    rng = np.random.default_rng(sees)
    rises = rng.choice([True, False])
    begins, ends = (op.ABOVE, op.BELOW) if rises else (op.AT_MOST, op.AT_LEAST)
    upper, lower = 0.7, 0.3
    bounds = (upper, lower) if rises else (lower, upper)
    controls = np.array([(op.WATCH, 0, 2, 0, sees, begins, ends, 0, 0)], np.int32)
    par = np.array([(1.0, *bounds, 0.0, 0.0, 0.0)])
    state, knobs = np.zeros((1, control.CONTROL)), np.zeros((1, 1))
    stations, life = np.zeros(2, op.STATION), np.zeros((2, op.LIFE_WIDTH), np.int32)
    stations["cap"], stations["levels"] = 2, -1
    on = False
    for t in range(1, 300):
        value = float(rng.uniform(0.0, 1.0))
        stations["last"] = t
        stations["queue_s" if sees == op.SEE_QUEUE else "busy_s"] += value / 2 if sees == op.SEE_QUEUE else 2 * value
        state[0, control.X_SINCE] = t - 1
        watch(controls, par, state, life, stations, np.zeros((1, 1)), knobs, 0, float(t))
        over = value < lower if rises else value >= upper
        on = not over if on else value > upper if rises else value <= lower
        assert knobs[0, 0] == on, t


def feed(step: str, case: str = "") -> Blueprint:
    return design(
        "  api: {kind: service, workers: 4, queue: 50, work: exp(5 ms)}\n"
        "  ranking: {kind: service, workers: 0, work: exp(10 ms)}\n  recent: {kind: service, workers: 0}",
        f"  r: {{arrive: {{rate: 200 /s}}, steps: [api.handle: {{do: [ranking.handle{step}]}}]}}",
        case,
    )


SPIKE = "cases: {c: {faults: [traffic_spike: {flow: r, factor: 3, at: 10 s, for: 10 s}]}}"


def test_a_step_that_is_never_skipped_is_as_if_nothing_were_said() -> None:
    plain = run(feed(": {fallback: []}", SPIKE), "c", duration=30, warmup=5).metrics
    never = run(feed(": {skip: api.queue > 1000, fallback: []}", SPIKE), "c", duration=30, warmup=5).metrics
    assert never.pop("r.skipped").value == 0.0
    assert never == plain


def test_steps_are_skipped_while_the_queue_is_long_and_their_fallback_made() -> None:
    step = ": {skip: {when: api.queue > 10, until: api.queue < 2, every: 500 ms}, fallback: [recent.handle]}"
    result = run(feed(step, SPIKE), "c", duration=30, warmup=5)
    skipped = result.metrics["r.skipped"]
    assert 0.2 < skipped.value < 0.6
    assert count(result, "recent.rate") == pytest.approx(skipped.value * skipped.samples, abs=5)
    assert count(result, "ranking.rate") == pytest.approx((1 - skipped.value) * skipped.samples, abs=5)
    fallbacks = [v or 0.0 for v in result.series["recent.rate"].values]
    assert max(fallbacks[:20]) == 0.0  # before the spike
    assert max(fallbacks[44:]) == 0.0  # and soon after it
    without = run(feed("", SPIKE), "c", duration=30, warmup=5)
    assert result.metrics["r.availability"].value > without.metrics["r.availability"].value + 0.05


def test_the_looks_go_on_over_the_end_of_the_warm_up() -> None:
    step = ": {skip: {when: api.utilisation > 90 %, every: 700 ms}}"
    busy = run(feed(step).changed({"flows.r.arrive.rate": "3k /s"}), duration=3, warmup=3)
    assert busy.metrics["r.skipped"].value > 0.9
    calm = run(feed(step.replace("90 %", "99 %")).changed({"flows.r.arrive.rate": "100 /s"}), duration=3, warmup=3)
    assert calm.metrics["r.skipped"].value == 0.0


def test_what_a_control_loop_sizes_is_given_no_size() -> None:
    report = size(scaled("autoscale: {max: 3, target: 60 %, delay: 3 s}"))
    assert report.changes == []
