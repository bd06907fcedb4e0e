"""Caches equal published and derived values, and stay fast with 10^12 keys."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadcase.blueprint.model import Popularity
from loadcase.estimate import caching as c
from loadcase.estimate.popularity import bucket_shares, first_keys, hashed, key_rates
from tests.estimate.cases import CASES, agree


def zipf(n: int, s: float) -> Popularity:
    return Popularity(n, "zipf", exponent=s)


def weights(n: int, s: float) -> list[float]:
    w = np.arange(1, n + 1) ** -s
    return [float(x) for x in w / w.sum()]


def test_lru_by_che() -> None:
    for case, keys, room in (("CA-LRU-1", zipf(100, 0.8), 40), ("CA-LRU-4", zipf(1000, 0.7), 100)):
        hit, stay = c.hit_ratio(keys, room), c.characteristic_time(keys, room)
        agree(case, rel=1e-6, che_hit_ratio=hit, che_characteristic_time=stay)
        agree(case, hit_ratio=hit)


def test_small_caches() -> None:
    for case in ("CA-KING-1", "CA-KING-3"):
        w = CASES[case]["model"]["popularity"]
        keys = Popularity(len(w), "weights", weights=tuple(w))
        agree(case, rel=0.02, lru_hit_ratio=c.hit_ratio(keys, 2))
        agree(
            case,
            fifo_hit_ratio=c.hit_ratio(keys, 2, "fifo"),
            random_hit_ratio=c.hit_ratio(keys, 2, "random"),
            optimal_static_hit_ratio=c.optimal_static(w, 2),
        )
    keys, w = zipf(100, 0.8), weights(100, 0.8)
    agree("CA-FIFO-1", hit_ratio=c.hit_ratio(keys, 40, "fifo"), optimal_static_hit_ratio=c.optimal_static(w, 40))
    assert c.hit_ratio(keys, 40, "lfu") == pytest.approx(c.optimal_static(w, 40))


def test_time_to_live() -> None:
    one = Popularity(1)
    hit, slid = c.hit_ratio(one, None, ttl_s=10, rate=0.5), c.hit_ratio(one, None, ttl_s=10, rate=0.5, renew=True)
    agree("CA-TTL-1", hit_ratio=hit, origin_rate=0.5 * (1 - hit), sliding_hit_ratio=slid)
    hit, _, stored = c.outcomes(zipf(1000, 1.0), None, "lru", 30, 100, False, 0.0)
    agree("CA-TTLZ-1", hit_ratio=hit, origin_rate=100 * (1 - hit), mean_items_cached=stored)


@pytest.mark.parametrize("policy", ["lru", "fifo", "random", "lfu"])
def test_a_full_cache_is_full(policy: str) -> None:
    _, _, stored = c.outcomes(zipf(1000, 0.9), 100, policy, None, 50, False, 0.0)
    assert stored == pytest.approx(100)


def test_a_time_to_live_and_a_size_meet_their_limits() -> None:
    keys = zipf(10_000, 0.9)
    lru = c.hit_ratio(keys, 1000)
    assert c.hit_ratio(keys, 1000, ttl_s=1e9, rate=100) == pytest.approx(lru, rel=1e-3)
    assert c.hit_ratio(keys, 9_999, ttl_s=10, rate=100) == pytest.approx(c.hit_ratio(keys, None, ttl_s=10, rate=100))
    assert c.hit_ratio(keys, 1000, ttl_s=60, rate=100) < lru
    assert c.hit_ratio(keys, 1000, ttl_s=60, rate=100, renew=True) <= lru


def test_a_stampede() -> None:
    """Requests that come while an expired key is fetched miss it too."""
    hit, meanwhile, _ = c.outcomes(Popularity(1), None, "lru", 60, 50, False, 0.2)
    agree("CA-STAMP-1", hit_ratio_no_coalescing=hit)
    misses = 1.0 - hit - meanwhile
    agree("CA-STAMP-1", origin_calls_per_expiry_no_coalescing=1.0 + meanwhile / misses)


@pytest.mark.parametrize("s", [0.0, 0.6, 1.0, 1.3])
def test_a_trillion_keys(s: float) -> None:
    share, count = key_rates(zipf(10**12, s))
    assert len(share) < 5000
    assert float(share @ count) == pytest.approx(1)
    assert float(count.sum()) == pytest.approx(1e12)
    assert 0 < c.hit_ratio(zipf(10**12, s), 1e9) < 1
    if s > 0:
        big, small = zipf(50_000, s), np.arange(1, 50_001) ** -s
        assert first_keys(big, 10)[0] == pytest.approx(1 / small.sum(), rel=1e-4)


@given(st.floats(0.2, 1.4), st.integers(1, 400), st.sampled_from(["lru", "fifo", "random", "lfu"]))
def test_more_room_means_more_hits(s: float, room: int, policy: str) -> None:
    keys = zipf(500, s)
    assert c.hit_ratio(keys, room, policy) <= c.hit_ratio(keys, room + 20, policy) + 1e-9


def test_keys_go_where_the_engine_puts_them() -> None:
    from loadcase.engine.kernels import draws
    from tests.kernel import called

    engine = called(draws.hashed)
    keys = np.array([0, 1, 2, 77, 10**12], np.uint64)
    assert [int(engine(int(k), 7, 96)) for k in keys] == list(hashed(keys, 96))
    assert float(bucket_shares(zipf(10**9, 0.9), 48).sum()) == pytest.approx(1)
    hot = bucket_shares(Popularity(1000, "hot", share=0.5, hot=1), 10)
    assert 0.5 < hot.max() < 0.6
    assert bucket_shares(Popularity(1000), 10, True) == pytest.approx(np.full(10, 0.1))
    assert sorted(bucket_shares(None, 3)) == [0, 0, 1]
