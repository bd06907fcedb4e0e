"""What is read off a run over time: the hottest of many like parts."""

from __future__ import annotations

import statistics

import pytest

from loadcase.core.results import RunResult
from loadcase.engine.run import run
from tests.conftest import design

HOT = 0.3
"""Share of the requests that are about one key."""


def stored(keys: str, shards: int = 10) -> RunResult:
    """1000 requests a second of 2 ms each, on shards of one worker."""
    b = design(
        f"  d: {{kind: store, shards: {shards}, placement: modulo, workers: 1, work: 2 ms}}",
        "  r: {arrive: {rate: 1000 /s, key: k}, steps: [d.read]}",
        f"entities: {{k: {keys}}}",
    )
    return run(b, seed=1, duration=60, warmup=2)


def test_the_hottest_shard_of_a_hot_key_is_as_busy_as_by_hand() -> None:
    found = stored(f'{{count: 1M, popularity: "hot({HOT:g}, 1)"}}')
    values = [v for v in found.series["d.hottest_shard"].values if v is not None]
    by_hand = (HOT + (1 - HOT) / 10) * 1000 * 0.002
    assert statistics.fmean(values) == pytest.approx(by_hand, rel=0.03)
    assert statistics.fmean(values) == pytest.approx(found.metrics["d.hottest_shard"].value, rel=1e-9)
    assert found.series["d.hottest_shard"].unit == "ratio"


def test_the_hottest_shard_of_even_keys_is_near_the_mean() -> None:
    found = stored("{count: 1M}")
    hottest, mean = found.series["d.hottest_shard"].values, found.series["d.utilisation"].values
    pairs = [(h, m) for h, m in zip(hottest, mean, strict=True) if h is not None and m is not None]
    assert len(pairs) == len(hottest)
    assert all(m <= h for h, m in pairs)
    # 100 requests of a shard in an interval, with a standard deviation of 10: the most of ten are 1.54 of these above
    assert statistics.fmean(h / m for h, m in pairs) == pytest.approx(1.15, abs=0.06)


def test_a_single_part_has_none() -> None:
    found = stored("{count: 1M}", shards=1)
    assert "d.utilisation" in found.series
    assert "d.hottest_shard" not in found.series
