"""What a run counts for its objectives: against its metrics, against its history, and by the end of operations."""

from __future__ import annotations

import numpy as np
import pytest

from loadcase import api
from loadcase.blueprint.model import Blueprint
from loadcase.core.history import CODE
from loadcase.core.results import RunResult, Tally
from loadcase.engine.measure import borders, quantile
from tests.alerts.designs import NOTES


def told(slo: str, case: str = "normal", **changes: object) -> tuple[Tally, RunResult]:
    blueprint = Blueprint.loads(NOTES).changed({"operate.slos": [slo], **changes})
    result = api.run(blueprint, case)
    (tally,) = result.tallies.values()
    return tally, result


def test_availability_is_that_of_the_run() -> None:
    tally, result = told("send.availability >= 99 % over 28 day", "zone_outage")
    assert tally.step == 5.0
    assert len(tally.total) == len(tally.bad) == len(tally.doubtful) == 60
    assert sum(tally.bad) / sum(tally.total) == pytest.approx(1 - result.metrics["send.availability"].value, rel=0.01)
    assert sum(tally.doubtful) == 0
    assert sum(tally.bad[:8]) == 0 < min(tally.bad[9:43])


def test_an_operation_counts_when_it_ends() -> None:
    tally, result = told(
        "send.availability >= 99 % over 28 day", "zone_outage",
        **{"flows.send.steps.api.handle.timeout": "30 s", "flows.send.steps.db.append.timeout": "20 s",
           "components.api.workers": 2000},
    )  # fmt: skip
    failed = np.array(result.series["send.errors"].values, float)
    arrived = np.argmax(failed > 1.0) if failed.any() else 0
    assert arrived * 5.0 == 40.0  # the first that fail arrive with the outage
    assert np.argmax(np.array(tally.bad) > 5) * 5.0 == 60.0  # and end when they have waited for twenty seconds


def test_a_run_that_ended_before_its_last_arrival_tells_nothing() -> None:
    blueprint = Blueprint.loads(NOTES)
    cut = api.run(blueprint, duration=5000.0, wall_limit_s=1e-9)
    assert cut.partial is not None
    assert cut.tallies == {}
    stuck = blueprint.changed({"components.db.work": {"append": "400 s"}, "components.db.workers": 0,
                               "components.api.workers": 0, "flows.send.steps.api.handle.timeout": None,
                               "flows.send.steps.db.append.timeout": None})  # fmt: skip
    late = api.run(stuck)
    assert late.partial is not None
    assert list(late.tallies) == [o.metric for o in blueprint.objectives]


def test_latency_is_known_by_its_bin() -> None:
    for bound, share in (("30 ms", 0.12), ("25 ms", 0.22), ("60 ms", 0.0)):
        tally, result = told(f"send.p95 < {bound} over 28 day")
        total, bad, doubtful = (sum(x) for x in (tally.total, tally.bad, tally.doubtful))
        assert total == pytest.approx(result.metrics["send.goodput"].value * 60.0, rel=0.01)
        assert bad / total <= share + 0.1
        for p in ("p50", "p75", "p90", "p95", "p99"):  # fine bins, so that the bound lies between the two readings
            late = result.metrics[f"send.{p}"].value > float(bound.split()[0]) / 1000.0
            if late:
                assert (bad + doubtful) / total > 1.0 - float(f"0.{p[1:]}") - 0.01
            else:
                assert bad / total < 1.0 - float(f"0.{p[1:]}") + 0.01


def ends(result: RunResult) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """From the history of a run: when each operation arrived and ended, s after the warm-up, and whether it was ok."""
    rows = result.history
    by: dict[int, list[float]] = {}
    for event, operation, time_s in zip(
        rows["event"], rows["operation"], rows["time_s"] - result.warmup_s, strict=True
    ):
        if event == CODE["invoke"]:
            by.setdefault(int(operation), [time_s])
        elif event in (CODE["ok"], CODE["fail"], CODE["info"]) and len(by[int(operation)]) == 1:
            by[int(operation)] += [time_s, float(event == CODE["ok"])]
    found = np.array([one for one in by.values() if len(one) == 3])
    return found[:, 0], found[:, 1], found[:, 2] > 0.0


def test_they_are_those_of_the_history() -> None:
    slos = ["send.availability >= 99 % over 28 day", "send.p95 < 33 ms over 28 day"]
    blueprint = Blueprint.loads(NOTES).changed({"operate.slos": slos, "components.api.workers": 64})
    result = api.run(blueprint, "zone_outage", history=1.0)
    available, quick = result.tallies.values()
    arrived, ended, ok = ends(result)
    edges = np.arange(61) * 5.0
    assert available.total == list(np.histogram(ended, edges)[0])
    assert available.bad == list(np.histogram(ended[~ok], edges)[0])
    counted = ok & (arrived >= 0.0) & (ended < 300.0)
    slow = counted & (ended - arrived > 0.033)
    low, high = np.cumsum(quick.bad), np.cumsum(quick.bad) + np.cumsum(quick.doubtful)
    truth = np.cumsum(np.histogram(ended[slow], edges)[0])
    near = 5  # operations that end on the other side of the border of an interval
    assert np.all(low <= truth + near)
    assert np.all(truth <= high + near)
    assert 100 < low[-1] < truth[-1] < high[-1] < sum(quick.total)
    assert sum(quick.total) == pytest.approx(counted.sum(), abs=near)


def test_a_late_answer_counts_late() -> None:
    tally, _ = told(
        "send.p95 < 100 ms over 28 day", "normal",
        **{"components.db.work": {"append": "12.5 s"}, "components.db.workers": 5000, "components.api.workers": 5000,
           "flows.send.steps.api.handle.timeout": "50 s", "flows.send.steps.db.append.timeout": "50 s",
           "cases.normal.warmup": "0 s"},
    )  # fmt: skip
    assert sum(tally.total[:12]) == 0
    assert tally.total[13] == tally.bad[13] > 50


def test_age_is_counted_from_the_origin() -> None:
    text = """\
loadcase: 1
name: t
components: {s: {kind: service, workers: 4}, l: {kind: log}, w: {kind: service, workers: 4}}
flows:
  r: {arrive: {rate: 50 /s}, steps: [{s.handle: {work: 200 ms}}, l.publish]}
  d: {consume: {log: l, by: w}, steps: [{w.handle: {work: 1 ms}}]}
cases: {normal: {duration: 10 s, warmup: 2 s}}
operate: {slos: [d.age.p99 < 150 ms over 28 day, d.p99 < 150 ms over 28 day, d.availability > 99 % over 28 day]}
"""
    text = text.replace("s: {kind: service, workers: 4}", "s: {kind: service, workers: 40}")
    result = api.run(Blueprint.loads(text))
    age, own, available = result.tallies.values()
    assert sum(age.bad) == sum(age.total) > 400
    assert sum(own.bad) == 0 < sum(own.total)
    assert sum(available.bad) == 0 < sum(available.total)


def test_the_borders_are_those_of_the_quantiles() -> None:
    for bits in (4, 7):
        edges = borders(bits)
        for i in (1, 5, 300, 431):
            bins = np.zeros(len(edges) - 1, np.int64)
            bins[i] = 10
            assert quantile(bins, bits, 1e-12) == pytest.approx(edges[i])
            assert quantile(bins, bits, 1.0) == pytest.approx(edges[i + 1])
    assert np.all(np.diff(borders(4)) > 0.0)
