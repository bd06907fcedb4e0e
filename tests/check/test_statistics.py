"""Intervals against published tables and against simulated truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from loadcase.check.runner import MAX_SEEDS, MIN_SEEDS
from loadcase.check.statistics import LOOK_LEVEL, interval, share_interval, student_quantile, unseen, within


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 5, 10, 29, 30, 100, 200, 201, 1000])
@pytest.mark.parametrize("p", [0.5, 0.9, 0.975, 0.997])
def test_students_t_is_scipys(degrees: int, p: float) -> None:
    assert student_quantile(p, degrees) == pytest.approx(float(stats.t.ppf(p, degrees)), rel=1e-6, abs=1e-9)


def test_the_mean_of_few_runs() -> None:
    mean, low, high = interval([1.0, 2.0, 3.0])
    assert mean == 2.0
    assert high - mean == pytest.approx(4.3027 / 3**0.5, rel=1e-4)
    assert mean - low == pytest.approx(high - mean)
    assert interval([5.0]) == (5.0, -math.inf, math.inf)
    assert interval([5.0, 5.0]) == (5.0, 5.0, 5.0)
    with pytest.raises(ValueError, match="at least one"):
        interval([])


def test_a_share_of_trials() -> None:
    assert share_interval(1.0, 1000) == (pytest.approx(0.99617, abs=1e-4), 1.0)
    assert share_interval(0.0, 1000) == (0.0, pytest.approx(1 - 0.99617, abs=1e-4))
    low, high = share_interval(0.5, 100)
    assert (low, high) == (pytest.approx(0.4038, abs=1e-4), pytest.approx(0.5962, abs=1e-4))  # Wilson 1927
    assert share_interval(0.5, 0) == (0.0, 1.0)


def test_no_event_seen() -> None:
    assert math.exp(-unseen(0.95)) == pytest.approx(0.025)


def test_batch_means_cover_the_truth_of_a_correlated_series() -> None:
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(1_000):
        noise = rng.standard_normal(60)
        series = [0.0]
        for e in noise:
            series.append(0.5 * series[-1] + float(e))
        low, high = within(float(np.mean(series[1:])), series[1:]) or (0.0, 0.0)
        covered += low <= 0.0 <= high
    assert covered >= 935
    assert within(1.0, [1.0] * 9) is None
    assert within(1.0, [1.0] * 10) == (1.0, 1.0)


def test_a_value_at_its_bound_is_decided_wrongly_in_five_of_a_hundred_checks() -> None:
    rng = np.random.default_rng(2)
    checks = 4_000
    sums, squares, wrong = np.zeros(checks), np.zeros(checks), np.zeros(checks, bool)
    n, add = 0, MIN_SEEDS
    while n < MAX_SEEDS:
        values = rng.standard_normal((checks, add), dtype=np.float32)
        sums, squares, n = sums + values.sum(1), squares + (values**2).sum(1), n + add
        mean = sums / n
        spread = np.sqrt((squares - n * mean**2) / (n - 1))
        wrong |= np.abs(mean) > student_quantile(0.5 + LOOK_LEVEL / 2, n - 1) * spread / math.sqrt(n)
        add = n
    assert n == MAX_SEEDS
    assert 0.03 < wrong.mean() < 0.058  # 0.05, give or take 2.3 standard errors
