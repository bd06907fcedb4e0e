"""The rules: the published table, other times than its 30 days, and the closed forms of the times."""

from __future__ import annotations

import pytest

from loadcase.alerts.burn import WATCHES, Rule, left_out, rules_of, said
from loadcase.blueprint.model import Objective


def objective(share: float = 0.999, days: float = 30.0) -> Objective:
    return Objective("f.availability >= ...", "f.availability", "f", share, None, days * 86400.0)


def test_the_burn_rates_over_thirty_days_are_those_of_the_workbook() -> None:
    # The Site Reliability Workbook, table 5-8
    found = [(r.watch.severity, r.watch.long_s, r.watch.short_s, r.burn, r.limit) for r in rules_of(objective())]
    assert found == [
        ("page", 3600, 300, 14.4, 0.0144),
        ("page", 21600, 1800, 6.0, 0.006),
        ("ticket", 259200, 21600, 1.0, 0.001),
    ]
    assert all(w.long_s == 12 * w.short_s for w in WATCHES)


@pytest.mark.parametrize(
    ("days", "burns"), [(28.0, [13.44, 5.6, 1.0]), (7.0, [3.36, 1.4, 1.0]), (90.0, [43.2, 18.0, 3.0])]
)
def test_over_other_times_the_share_of_the_budget_stays(days: float, burns: list[float]) -> None:
    rules = rules_of(objective(days=days))
    assert [r.burn for r in rules] == pytest.approx(burns)
    for rule in rules:
        if rule.burn > 1.0:  # the budget that is gone when it has burnt for the long window
            assert rule.burn * rule.watch.long_s / (days * 86400.0) == pytest.approx(rule.watch.spent)


def test_a_rule_that_no_failure_could_fire_is_left_out_and_said_to_be() -> None:
    assert [r.watch.severity for r in rules_of(objective(0.9))] == ["page", "ticket"]  # 14.4 x 10 % is above everything
    assert [r.watch.severity for r in rules_of(objective(0.5))] == ["ticket"]
    lines = left_out(objective(0.5))
    assert ["over 1h" in lines[0], "over 6h" in lines[1], len(lines)] == [True, True, 2]
    assert left_out(objective()) == []


def windowed(rule: Rule, bad: float, before: float, seconds: int, window_s: int, lasts: int = 10**9) -> float:
    """The share in a window, second by second."""
    shares = [bad if 0 <= t < lasts else before for t in range(seconds - window_s, seconds)]
    return sum(shares) / window_s


@pytest.mark.parametrize(("bad", "before"), [(1.0, 0.0), (0.33, 0.0), (0.05, 0.0005), (0.02, 0.001)])
def test_the_time_to_detect_is_that_of_the_windows(bad: float, before: float) -> None:
    for rule in rules_of(objective())[:2]:
        told = rule.detected_s(bad, before)
        assert told is not None
        fires = [
            all(windowed(rule, bad, before, t, w) > rule.limit for w in (rule.watch.long_s, rule.watch.short_s))
            for t in (int(told) - 2, int(told) + 2)
        ]
        assert fires == [False, True]


def test_the_time_to_reset_is_that_of_the_short_window() -> None:
    rule = rules_of(objective())[0]
    told = rule.reset_s(0.3)
    assert told is not None
    lasts = 600
    fires = [windowed(rule, 0.3, 0.0, lasts + int(told) + t, 300, lasts) > rule.limit for t in (-2, 2)]
    assert fires == [True, False]


def test_what_never_fires_and_what_never_ends() -> None:
    rule = rules_of(objective())[0]
    assert rule.detected_s(0.0144) is None
    assert rule.detected_s(0.001, before=0.02) == 0.0
    assert rule.reset_s(0.3, after=0.02) is None
    assert rule.reset_s(0.01) == 0.0


def test_windows_are_written_as_prometheus_does() -> None:
    assert [said(w.long_s) for w in WATCHES] == ["1h", "6h", "3d"]
    assert [said(w.short_s) for w in WATCHES] == ["5m", "30m", "6h"]
    assert said(45) == "45s"
