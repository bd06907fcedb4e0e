"""The parts of the compiled loop that a whole run would hide: draws, histograms, lanes, the calendar."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadcase.core import program as op
from loadcase.engine.compile import compile_blueprint
from loadcase.engine.kernels import calendar, draws, stations, tables
from loadcase.engine.lowering.keys import alias_table, zipf_bins
from loadcase.engine.run import Loop, run
from loadcase.engine.state import streams
from tests.conftest import design
from tests.kernel import called

exponential, zipf = called(draws.exponential), called(draws.draw_zipf)
sift, push, level_bin = called(calendar.sift), called(calendar.push), called(stations.level_bin)


def test_exponential_draws_follow_their_law() -> None:
    rng = streams({"here": 0}, 1)
    drawn = np.sort([exponential(rng, 0) for _ in range(200_000)])
    n = len(drawn)
    assert drawn.mean() == pytest.approx(1.0, abs=4 / math.sqrt(n))
    assert drawn.std() == pytest.approx(1.0, abs=0.02)
    gap = np.abs(np.arange(1, n + 1) / n - (1 - np.exp(-drawn))).max()  # Kolmogorov and Smirnov: 1 in 10,000 at 2.23
    assert gap * math.sqrt(n) < 2.23
    assert (drawn > 7.697).mean() == pytest.approx(math.exp(-7.697), rel=0.25)  # beyond the layers


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=200), st.lists(st.booleans(), max_size=200))
@settings(deadline=None)
def test_the_calendar_gives_events_in_order(times: list[float], taken: list[bool]) -> None:
    heap = np.zeros(256, tables.EVENT)
    n = 0
    waiting: list[tuple[float, int]] = []

    def take() -> None:
        nonlocal n
        if heap[0]["p"] == tables.OVER:
            n -= 1
            if n > 0:
                sift(heap, n, heap["t"][n], heap["p"][n])
        first = (float(heap[0]["t"]), int(heap[0]["p"]))
        assert first == min(waiting)
        waiting.remove(first)
        heap[0]["p"] = tables.OVER

    for i, t in enumerate(times):
        n = push(heap, n, t, i)
        waiting.append((t, i))
        if i < len(taken) and taken[i]:
            take()
    while waiting:
        take()


@pytest.mark.parametrize("n", [0, 1, 1023, 1024, 1500, 5000, 1_000_000])
def test_levels_fall_into_their_bins(n: int) -> None:
    i = level_bin(n)
    octave, part = divmod(i - 1024, 64)
    low = i if i < 1024 else 2.0 ** (octave + 10) * (1 + part / 64)
    assert low <= n < low * (1 + 1 / 64) + 1


def test_timeouts_that_nobody_waits_for_take_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadcase.engine.run.UNTIDY_CHUNKS", 0)
    b = design(
        "  a: {kind: service, workers: 0}",
        "  f: {arrive: {rate: 20k /s}, steps: [a.handle: {work: exp(1 ms), timeout: 1000 s}]}",
    )
    compiled = compile_blueprint(b)
    loop = Loop(compiled, 1, 0.0, 20.0, None, None, None, 0.0)
    assert loop.run() is None
    assert int(loop.state.regs[tables.R_DONE]) == pytest.approx(400_000, rel=0.02)
    assert len(loop.state.waiting) < 20_000


def test_timeouts_still_end_after_others_were_tidied_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadcase.engine.run.UNTIDY_CHUNKS", 0)
    b = design(
        "  a: {kind: service, workers: 0}",
        "  f: {arrive: {rate: 20k /s}, steps: [a.handle: {work: 'mix(0.99: 1 ms, 0.01: 100 s)', timeout: 4 s}]}",
    )
    metrics = run(b, duration=10, warmup=1).metrics
    assert metrics["f.availability"].value == pytest.approx(0.99, abs=0.001)
    assert metrics["f.p999"].value == pytest.approx(0.001, abs=1e-4)
    assert metrics["f.timeouts"].value == pytest.approx(200, rel=0.1)


def test_the_number_in_service_of_endless_workers_is_poisson() -> None:
    b = design(
        "  a: {kind: service, workers: 0}",
        "  f: {arrive: {rate: 50 /s}, steps: [a.handle: {work: 'lognormal(p50=0.3 s, p99=2 s)'}]}",
        "requirements: {contract: [a.in_service.p75 < 100]}\n",
    )
    metrics = run(b, duration=3000, warmup=60).metrics
    mean = 50 * 0.3 * math.exp((math.log(2 / 0.3) / 2.3263479) ** 2 / 2)
    cumulative, term, level = 0.0, math.exp(-mean), {}
    for n in range(200):
        cumulative += term
        for q in (0.5, 0.75, 0.95, 0.99):
            if cumulative >= q:
                level.setdefault(q, n)
        term *= mean / (n + 1)
    for q, n in level.items():
        assert metrics[f"a.in_service.p{str(q)[2:].ljust(2, '0')}"].value == pytest.approx(n, abs=1.01)


@pytest.mark.parametrize("policy", ["lru", "fifo"])
def test_a_filled_cache_is_stationary(policy: str) -> None:
    b = design(
        f"  c: {{kind: cache, replicas: 2, keys: 2000, policy: {policy}}}\n  s: {{kind: store}}",
        "  r: {arrive: {rate: 1000 /s, key: k}, steps: [c.get: {miss: [s.read]}]}",
        "entities: {k: {count: 20k, popularity: zipf(0.9)}}\n",
    )
    early = run(b, duration=5, warmup=0).metrics["c.hit_ratio"]
    late = run(b, seed=2, duration=40, warmup=60).metrics["c.hit_ratio"]
    assert early.value == pytest.approx(late.value, abs=4 * math.sqrt(0.25 / early.samples))


def test_recalled_keys_are_in_the_order_of_their_latest_use() -> None:
    b = design(
        "  c: {kind: cache, replicas: 3, keys: 300}\n  s: {kind: store}",
        "  r: {arrive: {rate: 1000 /s, key: k}, steps: [c.get: {miss: [s.read]}]}",
        "entities: {k: {count: 5k, popularity: zipf(0.8)}}\n",
    )
    compiled = compile_blueprint(b)
    loop = Loop(compiled, 1, 0.0, 1.0, None, None, None, 0.0)
    loop.warm_caches()
    cache = loop.state.cache
    hot = np.zeros(2)
    for row in range(3):
        entries, head, tail = (int(x) for x in cache.cstate[row])
        seen, e = [], tail
        while e >= 0:
            seen.append(int(cache.entries["key"][e]))
            e = int(cache.entries["prev"][e])
        assert len(seen) == len(set(seen)) == entries == 100
        assert int(cache.entries["prev"][head]) == -1
        popular = np.array(seen) // 3 < 50
        hot += popular[:50].sum(), popular[50:].sum()
    assert hot[0] > 1.5 * hot[1]


def test_flows_share_a_cache_by_their_rates_and_not_their_keys() -> None:
    b = design(
        "  c: {kind: cache, keys: 100}\n  s: {kind: store}",
        "  few: {arrive: {rate: 900 /s, key: a}, steps: [c.get: {miss: [s.read]}]}\n"
        "  many: {arrive: {rate: 100 /s, key: b}, steps: [c.get: {miss: [s.read]}]}",
        "entities: {a: {count: 50}, b: {count: 100k}}\n",
    )
    metrics = run(b, duration=20, warmup=0).metrics
    # the 50 keys stay, and nearly every key of the other flow is new
    assert metrics["c.hit_ratio"].value == pytest.approx(0.9 * (1 - math.exp(-18)), abs=0.01)


def test_a_key_found_too_old_is_counted() -> None:
    b = design(
        "  c: {kind: cache, keys: 10, ttl: 2 s}\n  s: {kind: store}",
        "  r: {arrive: {rate: 500 /s, key: k}, steps: [c.get: {miss: [s.read]}]}",
        "entities: {k: {count: 1}}\n",
    )
    metrics = run(b, duration=60, warmup=4).metrics
    assert metrics["c.expired"].value == pytest.approx(0.5, rel=0.1)


def test_a_worker_held_over_a_call_is_not_preempted_and_nothing_is_lost() -> None:
    b = design(
        "  a: {kind: service, workers: 2, discipline: preemptive}\n  d: {kind: service, workers: 1}",
        "  hi: {arrive: {rate: 60 /s, priority: high}, steps: [a.handle: {work: exp(4 ms), do: [d.handle: "
        "{work: exp(3 ms)}]}]}\n"
        "  lo: {arrive: {rate: 60 /s, priority: low}, steps: [a.handle: {work: exp(4 ms), do: [d.handle: "
        "{work: exp(3 ms)}]}]}",
    )
    result = run(b, duration=100, warmup=5)
    assert not result.partial
    for flow in ("hi", "lo"):
        assert result.metrics[f"{flow}.availability"].value == 1.0
    assert result.metrics["a.in_service"].value <= 2.0
    assert result.metrics["hi.mean"].value < result.metrics["lo.mean"].value


@pytest.mark.parametrize(("n", "s"), [(1, 1.0), (700, 0.6), (100_000, 1.0), (100_000, 1.3), (3_000, 0.0)])
def test_power_law_bins_weigh_what_their_ranks_do(n: int, s: float) -> None:
    weights, bins = zipf_bins(n, s)
    each = np.arange(1, n + 1, dtype=float) ** -s
    starts = [int(first) for first, _, _ in bins]
    assert weights == pytest.approx(np.add.reduceat(each, starts), rel=1e-12)
    assert sum(ranks for _, ranks, _ in bins) == n
    assert min(least for _, _, least in bins) > 0.9


def test_power_law_draws_follow_their_law() -> None:
    n, s, count = 20_000, 0.8, 300_000
    weights, bins = zipf_bins(n, s)
    stay, other = alias_table(weights)
    rng = streams({"here": 0}, 5)
    table = np.array(stay), np.array(other, np.int64), np.array(bins)
    counts = np.zeros(n)
    for _ in range(count):
        counts[zipf(rng, 0, s, 0, len(weights), *table)] += 1
    each = np.arange(1, n + 1, dtype=float) ** -s
    share = each / each.sum()
    edges = np.unique(np.geomspace(1, n, 60).astype(int)) - 1
    seen, due = np.add.reduceat(counts, edges), np.add.reduceat(share, edges) * count
    chi = ((seen - due) ** 2 / due).sum()
    free = len(edges) - 1
    assert chi < free + 4 * math.sqrt(2 * free)


def test_records_fill_whole_cache_lines() -> None:
    assert tables.FRAME.itemsize % 64 == 0
    assert op.STATION.itemsize % 64 == 0
    assert 64 % tables.EVENT.itemsize == 0
