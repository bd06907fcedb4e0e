"""What a read of a replicated store sees: the newest of what the copies that it waits for had when they were read."""

from __future__ import annotations

import numpy as np
import pytest

from loadcase import api
from loadcase.blueprint.load import loads
from loadcase.core.errors import BlueprintError
from loadcase.core.results import RunResult

STORE = """
loadcase: 1
name: partial
requirements:
  contract: [item.consistent_at_commit >= 0, item.t_visibility.p90 >= 0 s, item.k_staleness.k2 >= 0, @]
network: {client: 0 s, same_zone: 0 s}
entities: {item: {count: COUNT}}
components: {db: {kind: store, replicas: N, workers: 0, FIELDS}}
flows:
  write: {arrive: {rate: 1000 /s, key: item}, steps: [db.write: {entity: item}]}
  read: {arrive: {rate: 1000 /s, key: item}, steps: [db.read: {entity: item}]}
"""


def result(fields: str, n: int = 3, count: int = 10_000, seconds: float = 30.0, more: str = "") -> RunResult:
    text = STORE.replace("FIELDS", fields).replace("COUNT", str(count)).replace("replicas: N", f"replicas: {n}")
    return api.run(loads(text.replace("@", more)), duration=seconds, warmup=0.0)


def exponential_wars(n: int, r: int, w: int, count: int = 400_000) -> np.ndarray:
    """Times of t-visibility by the definition: W of 4 ms, A, R and S of 1 ms each on the average."""
    rng = np.random.default_rng(7)
    write, acknowledge, read, reply = (rng.exponential(mean, (count, n)) for mean in (4.0, 1.0, 1.0, 1.0))
    committed = np.sort(write + acknowledge, axis=1)[:, w - 1]
    quickest = np.argsort(read + reply, axis=1)[:, :r]
    late = np.take_along_axis(write - read, quickest, axis=1).min(axis=1)
    return late - committed


LEVELS = {1: "one", 2: "quorum", 3: "all"}


@pytest.mark.parametrize(("r", "w"), [(1, 1), (2, 1), (1, 2), (2, 2)])
def test_a_read_sees_what_its_quickest_copies_had_when_it_reached_them(r: int, w: int) -> None:
    fields = f"write: {LEVELS[w]}, read: {LEVELS[r]}, read_from: all, work: {{write: exp(4 ms), read: exp(1 ms)}}"
    found = result(f"{fields}, reply: exp(1 ms)").metrics
    times = exponential_wars(3, r, w)
    assert found["item.consistent_at_commit"].value == pytest.approx((times <= 0).mean(), abs=0.01)
    expected = max(0.0, float(np.quantile(times, 0.9))) / 1000.0
    assert found["item.t_visibility.p90"].value == pytest.approx(expected, rel=0.06, abs=2e-4)


@pytest.mark.parametrize(("n", "w", "r"), [(3, "one", "one"), (3, "quorum", "one"), (5, "quorum", "quorum")])
def test_quorums_that_tell_no_others_are_behind_as_often_as_they_miss_each_other(n: int, w: str, r: str) -> None:
    fields = f"work: 0 s, write: {w}, read: {r}, write_to: needed, read_from: needed"
    value = result(fields, n, count=20, seconds=60.0).metrics["item.k_staleness.k2"].value
    size = {"one": 1, "quorum": n // 2 + 1}
    missed = 1.0
    for i in range(size[r]):  # none of the copies that are read is one of those that were written
        missed *= max(0, n - size[w] - i) / (n - i)
    assert value == pytest.approx(1.0 - missed**2, abs=0.01)


def test_a_write_to_the_copies_that_are_needed_goes_to_no_others() -> None:
    fields = "work: 1 ms, write: quorum, read: one"
    rates = [result(f"{fields}, write_to: {to}", 5, seconds=20.0).metrics["db.rate"].value for to in ("all", "needed")]
    assert rates == pytest.approx([6000.0, 4000.0], rel=0.03)


def test_the_answer_of_a_copy_takes_its_time_after_the_effect() -> None:
    fields = "work: 1 ms, write: all, read: one, reply: {write: 2 ms, read: 3 ms}"
    found = result(fields, 3, seconds=2.0).metrics
    assert found["write.mean"].value == pytest.approx(0.003)
    assert found["read.mean"].value == pytest.approx(0.004)
    assert found["item.consistent_at_commit"].value == 1.0


@pytest.mark.parametrize(
    ("fields", "n"), [("read_from: all", 1), ("write_to: needed", 1), ("read: leader, read_from: all", 3)]
)
def test_what_decides_nothing_is_refused(fields: str, n: int) -> None:
    with pytest.raises(BlueprintError, match="changes nothing"):
        result(fields, n)


@pytest.mark.parametrize("line", ["item.k_staleness >= 1", "item.k_staleness.k0 >= 1", "item.k_staleness.2 >= 1"])
def test_a_staleness_in_versions_says_in_how_many(line: str) -> None:
    with pytest.raises(BlueprintError, match="k_staleness"):
        result("read: one", more=line)
