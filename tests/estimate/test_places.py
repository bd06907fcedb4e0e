"""How far the stations of a call are: against all the callers and all the copies, one by one."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest

from loadcase.blueprint.load import loads
from loadcase.blueprint.model import Blueprint
from loadcase.core.distributions import Const
from loadcase.estimate.estimate import estimate
from loadcase.estimate.places import Here, hop, round_trips
from loadcase.kinds.base import Visit
from tests.work import lines_run

NEAR, ZONE, REGION = 1.0, 10.0, 100.0


def design(a: str, b: str) -> Blueprint:
    return loads(
        "loadcase: 1\nname: t\nnetwork: {client: 7 s, same_zone: 1 s, cross_zone: 10 s, cross_region: 100 s}\n"
        f"components: {{a: {{kind: service, {a}}}, b: {{{b}}}}}\nflows: {{}}"
    )


def delay(i: int, a: tuple[int, int], j: int, b: tuple[int, int]) -> float:
    """Of station `i` of a component with so many zones and regions from station `j` of another one."""
    i, j = i % (a[0] * a[1]), j % (b[0] * b[1])
    return NEAR if i == j else ZONE if i // a[0] == j // b[0] else REGION


LAYOUTS = [
    ("replicas: 6, regions: 3", (6, 1, 3), "shards: 1, replicas: 3, regions: 3", (1, 3, 1, 3)),
    ("replicas: 7, zones: 3", (7, 3, 1), "shards: 2, replicas: 3, zones: 3", (2, 3, 3, 1)),
    ("replicas: 5, zones: 2, regions: 2", (5, 2, 2), "shards: 5, replicas: 3, zones: 2, regions: 2", (5, 3, 2, 2)),
    ("replicas: 4, regions: 2", (4, 1, 2), "shards: 2, replicas: 4, zones: 3", (2, 4, 3, 1)),
    ("replicas: 3", (3, 1, 1), "shards: 3, replicas: 2, zones: 2, regions: 2", (3, 2, 2, 2)),
]


@pytest.mark.parametrize(("a", "at", "b", "bt"), LAYOUTS)
@pytest.mark.parametrize("pick", ["copies", "some", "all", "every"])
def test_copies_are_as_far_as_each_caller_sees_them(
    a: str, at: tuple[int, int, int], b: str, bt: tuple[int, int, int, int], pick: str
) -> None:
    nodes, shards, copies = at[0], bt[0], bt[1]
    weights = np.arange(1, shards + 1) / sum(range(1, shards + 1))
    asked = {"copies": copies, "some": copies - 1, "all": shards, "every": shards * copies}[pick]
    pattern = np.repeat(weights * asked / copies, copies) if pick in ("copies", "some") else np.ones(shards * copies)
    visit = Visit("main", Const(0.0), pick, asked, asked)  # type: ignore[arg-type]
    blueprint = design(a, f"kind: store, {b}")
    got: Counter[tuple[float, ...]] = Counter()
    for weight, ways in round_trips(blueprint, Here("a"), Here("b"), visit, pattern):
        got[tuple(sorted(round(way.mean, 6) for way in ways))] += weight

    want: Counter[tuple[float, ...]] = Counter()
    for caller in range(nodes):
        far = [2.0 * delay(caller, at[1:], j, bt[2:]) for j in range(shards * copies)]
        shard = [far[g * copies : (g + 1) * copies] for g in range(shards)]
        if pick == "every":
            want[tuple(sorted(far))] += 1.0 / nodes
        elif pick == "all":  # one copy of each, at random: its mean
            want[tuple(sorted(round(sum(s) / copies, 6) for s in shard))] += 1.0 / nodes
        else:
            for share, s in zip(weights, shard, strict=True):
                sets = list(itertools.combinations(s, asked))
                for one in sets:
                    want[tuple(sorted(one))] += share / len(sets) / nodes
    assert set(got) == set(want)
    for one, weight in want.items():
        assert got[one] == pytest.approx(weight), one


def test_where_nothing_depends_on_the_place_all_ways_are_alike() -> None:
    blueprint = design("replicas: 2, regions: 2", "kind: store, replicas: 2, regions: 2")
    visit = Visit("main", Const(0.0), "copies", 2, 2)
    ones = np.ones(2)
    for start, way in ((Here(), 14.0), (Here("a", placed=False), 2.0)):
        ((weight, ways),) = round_trips(blueprint, start, Here("b"), visit, ones)
        assert (weight, [w.mean for w in ways]) == (1.0, [way, way])


def test_a_leader_is_where_it_is() -> None:
    """The leader of the one shard is in the first region, where all the callers are."""
    blueprint = design("replicas: 2", "kind: store, replicas: 2, regions: 2")
    assert hop(blueprint, Here("a"), Here("b")).mean == pytest.approx(50.5)
    assert hop(blueprint, Here("a"), Here("b"), 1, np.array([1.0, 0.0])).mean == pytest.approx(1.0)


def through(moves: int, regions: int) -> Blueprint:
    """A flow that goes from service to service, and asks a store at each."""
    steps = ", ".join(f"s{i % 2}.handle, db.read" for i in range(moves))
    spread = f"replicas: {regions}, regions: {regions}"
    return loads(
        "loadcase: 1\nname: d\n"
        f"components:\n  s0: {{kind: service, {spread}}}\n  s1: {{kind: service, {spread}}}\n"
        "  db: {kind: store, workers: 0}\n"
        f"flows: {{r: {{arrive: {{rate: 1 /s}}, steps: [{steps}]}}}}\n"
    )


def test_a_long_way_through_many_places_is_told() -> None:
    one, two, many = (estimate(through(moves, 1)).metrics["r.mean"] for moves in (1, 2, 800))
    assert many - one == pytest.approx(799 * (two - one), rel=0.25)  # and some waiting, at so many visits


def test_the_regions_of_a_long_way_do_not_multiply_without_end() -> None:
    two, many = through(2, 3), through(30, 3)
    assert lines_run(lambda: estimate(many)) < 400 * lines_run(lambda: estimate(two))
