"""The replay: against a second-by-second twin, against the closed form, and on what a run cannot tell."""

from __future__ import annotations

import math

import numpy as np
import pytest

from loadcase.alerts.burn import EVALUATE_S, SCRAPE_S, Rule, rules_of
from loadcase.alerts.replay import Alert, Times, UntoldError, burning, course, replay
from loadcase.core.results import Tally
from tests.alerts.designs import notes, tally

OBJECTIVE = notes().objectives[0]
"""99.95 %: a page at 0.672 % over an hour, or 0.28 % over six."""
PAGES = [r for r in rules_of(OBJECTIVE) if r.watch.severity == "page"]


def page(found: Tally, times: Times) -> Alert:
    return replay(OBJECTIVE, found, times)[0]


def naive(shares: list[float], before: float, after: float, rules: list[Rule], t: int) -> bool:
    """Whether a rule holds at second t, by adding up every second of its windows."""

    def share(second: int) -> float:
        return before if second < 0 else shares[second] if second < len(shares) else after

    return any(
        all(
            sum(share(s) for s in range(t - w, t)) / w > rule.limit
            for w in (rule.watch.long_s, rule.watch.short_s)
        )
        for rule in rules
    )  # fmt: skip


@pytest.mark.parametrize("bad", [0.9, 0.33, 0.05])
def test_the_windows_are_those_of_a_slow_twin(bad: float) -> None:
    shares = [0.0] * 60 + [bad] * 180 + [0.001] * 60
    seen = course(tally((60, 0.0), (180, bad), (60, 0.001)), Times(60.0, 240.0, 240.0), doubtful_bad=False)
    at = [*range(60, 330, 13), 400, 530, 541, 560, 700, 1700, 1960, 2030, 2100, 4000]
    assert list(burning(seen, PAGES, np.array(at, float))) == [naive(shares, 0.0, 0.001, PAGES, t) for t in at]


@pytest.mark.parametrize("bad", [1.0, 0.4, 0.1])
def test_it_fires_and_ends_when_the_closed_form_says(bad: float) -> None:
    found = page(tally((30, 0.0), (600, bad), (60, 0.0)), Times(30.0, 630.0, 630.0))
    assert found.closed_s is not None
    assert found.certain.fires_s is not None
    earliest, latest = found.certain.fires_s
    assert found.closed_s <= earliest <= found.closed_s + 1.0
    assert latest == pytest.approx(earliest + EVALUATE_S + SCRAPE_S, abs=2.0)
    assert found.closed_over_s is not None
    assert found.certain.over_s == pytest.approx(found.closed_over_s + EVALUATE_S + SCRAPE_S, abs=3.0)


def test_an_outage_that_spends_little_of_the_budget_does_not_fire() -> None:
    found = page(tally((30, 0.0), (20, 0.5), (30, 0.0)), Times(30.0, 50.0, 50.0))
    assert (found.certain.fires_s, found.closed_s) == (None, None)
    assert found.needed_s == pytest.approx(3600 * 0.00672 / 0.5)


def test_it_may_fire_after_the_outage_that_fires_it() -> None:
    # 25 s of a total outage are just enough for the hour: an evaluation may fall half a minute later
    found = page(tally((30, 0.0), (25, 1.0), (30, 0.0)), Times(30.0, 55.0, 55.0))
    assert found.certain.fires_s is not None
    assert found.certain.fires_s[0] == pytest.approx(24.2, abs=1.0)
    assert found.certain.fires_s[1] == pytest.approx(24.2 + EVALUATE_S + SCRAPE_S, abs=2.0)


def test_a_fault_that_lasts_as_long_as_the_run_goes_on() -> None:
    found = page(tally((10, 0.0), (20, 0.01)), Times(10.0, None, 10.0))
    assert found.certain.fires_s is not None
    assert found.closed_s == pytest.approx(min(3600 * 0.672, 21600 * 0.28))
    assert found.certain.fires_s[0] == pytest.approx(found.closed_s, abs=1.0)
    assert (found.certain.over_s, found.closed_over_s) == (None, None)


def test_what_goes_on_after_the_fault_goes_on_to_fire() -> None:
    found = page(tally((30, 0.0), (60, 0.9), (30, 0.02)), Times(30.0, 90.0, 90.0))
    assert found.certain.over_s is None
    assert found.shares == pytest.approx((0.0, 0.9, 0.02))


def test_what_was_wrong_before_fires_before() -> None:
    found = page(tally((30, 0.01), (30, 0.9), (30, 0.01)), Times(30.0, 60.0, 60.0))
    assert found.certain.already
    assert not page(tally((30, 0.002), (30, 0.9), (30, 0.0)), Times(30.0, 60.0, 60.0)).possible.already


def test_without_faults_it_fires_where_too_much_is_bad_all_the_time() -> None:
    assert page(tally((60, 0.0027)), Times()).possible.fires_s is None
    assert page(tally((60, 0.0029)), Times()).certain.fires_s == (0.0, EVALUATE_S - 1.0)
    half = page(tally((30, 0.0), (30, 0.004)), Times())  # 0.2 % on the whole
    assert half.certain.fires_s is None


def test_what_is_doubtful_fires_possibly() -> None:
    found = page(tally((30, 0.0), (180, 0.2), (30, 0.0), doubtful=0.2), Times(30.0, 210.0, 210.0))
    assert found.certain.fires_s is not None
    assert found.possible.fires_s is not None
    assert found.possible.fires_s[0] == pytest.approx(found.certain.fires_s[0] / 2, abs=1.0)
    only = page(Tally(1.0, [1000] * 90, [0] * 90, [0] * 30 + [900] * 30 + [0] * 30), Times(30.0, 60.0, 60.0))
    assert (only.certain.fires_s, only.possible.fires_s is None) == (None, False)


def test_no_traffic_is_no_failure() -> None:
    empty = Tally(1.0, [0] * 90, [0] * 90, [0] * 90)
    assert page(empty, Times(30.0, 60.0, 60.0)).possible.fires_s is None


@pytest.mark.parametrize(
    ("times", "said"),
    [
        (Times(0.0, 30.0, 30.0), "begin with the run"),
        (Times(4.0, 30.0, 30.0), "begin with the run"),
        (Times(30.0, 55.0, 55.0), "too soon"),
        (Times(55.0, None, 55.0), "too soon"),
    ],
)
def test_what_a_run_does_not_tell(times: Times, said: str) -> None:
    with pytest.raises(UntoldError, match=said):
        page(tally((60, 0.0)), times)


def test_a_run_of_years_is_not_followed_second_by_second() -> None:
    with pytest.raises(UntoldError, match="longer than 30 days"):
        page(tally((60, 0.0), step=1e6), Times())
    month = page(tally((30, 0.0), (10, 0.5), (20, 0.0), step=36_000.0), Times(30 * 36e3, 40 * 36e3, 40 * 36e3))
    assert month.certain.fires_s is not None


def test_the_times_of_faults() -> None:
    case = notes().cases["zone_outage"]
    assert Times.of(case.faults, 300.0) == Times(40.0, 220.0, 220.0)
    assert Times.of(case.faults, 100.0) == Times(40.0, None, 40.0)
    assert Times.of((), 100.0) == Times()


def test_an_interval_may_be_any_length() -> None:
    fine = page(tally((60, 0.0), (240, 0.33), (60, 0.0)), Times(60.0, 300.0, 300.0))
    rough = page(tally((24, 0.0), (96, 0.33), (24, 0.0), step=2.5), Times(60.0, 300.0, 300.0))
    assert fine.certain.fires_s is not None
    assert rough.certain.fires_s is not None
    assert rough.certain.fires_s[0] == fine.certain.fires_s[0]
    assert 0.0 <= rough.certain.fires_s[1] - fine.certain.fires_s[1] <= 2.0
    assert math.isfinite(rough.certain.over_s or math.inf)
