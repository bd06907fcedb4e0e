"""How long a disturbance lasts: on series, and on histories of a service that recovers, and of one that does not."""

from __future__ import annotations

from typing import Any

import pytest

from loadcase import api
from loadcase.blueprint.load import loads
from loadcase.check.recovery import outlives, recovered
from loadcase.core.errors import BlueprintError
from loadcase.core.history import History, Meta
from loadcase.core.history_files import of_rows
from loadcase.core.results import Series


def series(*values: float | None) -> Series:
    return Series(10.0, 1.0, "ratio", list(values))


@pytest.mark.parametrize(
    ("values", "end_s", "expected"),
    [
        ((1, 0, 0, 1, 1), 12.0, (1.0, True)),
        ((1, 0, 0, 1, 1), 11.5, (1.5, True)),
        ((1, 0, 1, 0, 1), 12.0, (2.0, True)),
        ((1, 0, 0, 0, 0), 12.0, (3.0, False)),
        ((1, 1, 1, 1, 1), 12.0, (0.0, True)),
        ((0, 0, 1, 1, 1), 12.0, (0.0, True)),
        ((1, 0, 0, None, 1), 12.0, (1.0, True)),
        ((1, 0, 0, None, None), 12.0, (1.0, False)),
        ((1, 0), 12.0, (0.0, True)),
    ],
)
def test_recovery_is_the_end_of_the_last_bad_interval(
    values: tuple[float | None, ...], end_s: float, expected: tuple[float, bool]
) -> None:
    assert recovered(series(*values), lambda v: v > 0.5, end_s) == expected


def test_a_collapse_is_metastable_when_only_it_is_left() -> None:
    load = series(*[100.0] * 30)
    well, ill = [100.0] * 10, [20.0] * 10
    assert outlives(series(*well, *ill, *ill), load, 20.0, 25.0) is True
    assert outlives(series(*well, *ill, *well), load, 20.0, 25.0) is False
    grown = series(*[100.0] * 20, *[150.0] * 10)
    assert outlives(series(*well, *ill, *ill), grown, 20.0, 25.0) is None
    less = series(*[100.0] * 20, *[30.0] * 10)
    assert outlives(series(*well, *ill, *[30.0] * 10), less, 20.0, 25.0) is False  # there is no more to do
    assert outlives(series(*well, *ill, *ill), load, 12.0, 25.0) is None
    assert outlives(series(*[0.0] * 30), load, 20.0, 25.0) is None


def service(well_again_s: float, ends: bool = True) -> History:
    """A hundred operations a second for a minute; they fail from second 20, where the fault is for five seconds."""
    rows: list[dict[str, Any]] = []
    for i in range(6000):
        time_s = i / 100
        if time_s == 20.0:
            rows.append({"time_s": time_s, "event": "fault_start", "detail": "slow", "component": "db"})
        if time_s == 25.0 and ends:
            rows.append({"time_s": time_s, "event": "fault_end", "detail": "slow", "component": "db"})
        rows.append({"time_s": time_s, "event": "invoke", "flow": "r", "operation": i})
        rows.append({"time_s": time_s, "event": "fail" if 20 <= time_s < well_again_s else "ok", "operation": i})
    return of_rows(rows, Meta("service", drained=True))


def test_a_service_that_recovers_says_when() -> None:
    result = api.judge(service(32.0), ["r.recovery_time < 8 s", "r.recovery_time < 6 s", "r.metastable == 0"])
    assert [o.verdict for o in result.outcomes] == ["holds", "broken", "holds"]
    assert result.outcomes[0].value == pytest.approx(7.0, abs=0.2)
    story = result.stories["r.recovery_time < 6 s"]
    assert story.lines[-1].event == "fail"


def test_a_service_that_never_recovers_is_broken() -> None:
    result = api.judge(service(99.0), ["r.recovery_time < 30 s", "r.recovery_time < 50 s", "r.metastable == 0"])
    assert [o.verdict for o in result.outcomes] == ["broken", "unknown", "broken"]
    assert result.stories["r.metastable == 0"].lines[0].time_s > 25.0


def test_without_an_end_of_the_fault_nothing_is_known() -> None:
    result = api.judge(service(99.0, ends=False), ["r.recovery_time < 30 s", "r.metastable == 0"])
    assert [o.verdict for o in result.outcomes] == ["unknown", "unknown"]


STORM = """
loadcase: 1
name: storm
requirements: {contract: [r.metastable == 0, r.recovery_time < 20 s]}
network: {client: 0 s, same_zone: 0 s}
components: {db: {kind: service, workers: 30, work: 100 ms}}
flows: {r: {arrive: {rate: RATE /s, timeout: 1 s, retry: {max: 1}}, steps: [db.handle]}}
cases:
  normal: {duration: 20 s}
  outage: {duration: 90 s, faults: [{partition: {between: [client, db], at: 20 s, for: 5 s}}]}
  for_ever: {duration: 20 s, faults: [{partition: {between: [client, db], at: 10 s}}]}
"""
"""Retries after an outage, under a load that the database can take once but not twice, or twice as well."""


@pytest.mark.parametrize(("rate", "metastable"), [(280, 1.0), (100, 0.0)])
def test_a_run_tells_whether_a_collapse_outlives_its_trigger(rate: int, metastable: float) -> None:
    result = api.run(loads(STORM.replace("RATE", str(rate))), "outage")
    assert result.metrics["r.metastable"].value == metastable
    recovery = result.metric("r.recovery_time")
    if metastable:
        assert recovery is not None
        assert recovery.value == pytest.approx(65.0)  # at least, which is more than is promised
        patient = loads(STORM.replace("RATE", str(rate)).replace("< 20 s", "< 200 s"))
        assert "not well" in api.run(patient, "outage").doubts["r.recovery_time"]
    else:
        # both attempts of 100/s for 5 s are there at once: until less than a second of work waits, at 300 - 200 /s
        assert recovery is not None
        assert recovery.value == pytest.approx(7.0, abs=1.6)


def test_without_a_fault_there_is_nothing_to_recover_from() -> None:
    result = api.run(loads(STORM.replace("RATE", "100")))
    assert (result.metrics["r.metastable"].value, result.metrics["r.recovery_time"].value) == (0.0, 0.0)


def test_a_fault_that_does_not_end_is_not_recovered_from() -> None:
    result = api.run(loads(STORM.replace("RATE", "100")), "for_ever")
    assert result.metric("r.metastable") is None
    assert "until the end" in result.doubts["r.recovery_time"]


def test_recovery_is_promised_of_flows() -> None:
    with pytest.raises(BlueprintError, match="metastable"):
        loads(STORM.replace("RATE", "100").replace("r.metastable", "db.metastable"))
