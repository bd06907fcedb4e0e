"""A run that is watched gives the same result as one that is not, and what was shown is what it comes to."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from loadcase import api
from loadcase.blueprint.load import loads
from loadcase.blueprint.model import Blueprint
from loadcase.core.results import CaseVerdict, RunResult, Series
from loadcase.engine import run as engine
from loadcase.engine.watching import Seen

SHOP = """
loadcase: 1
name: shop
requirements: {contract: [buy.p95 < 1 s, order.lost == 0]}
entities: {order: {count: 1000, identity: id, fields: {id: id}}, page: {count: 500}}
components:
  web: {kind: service, replicas: 4, workers: 4, work: exp(2 ms), queue: 100, zones: 2}
  pages: {kind: cache, keys: 100, replicas: 4}
  db: {kind: store, shards: 4, replicas: 2, work: exp(1 ms)}
  bus: {kind: log, partitions: 4, from: db}
  mail: {kind: service, replicas: 2, workers: 8}
flows:
  buy: {arrive: {rate: 800 /s, key: order, timeout: 200 ms, retry: {max: 1}},
        steps: [web.handle: {do: [db.write: {entity: order, once: id}]}]}
  look: {arrive: {rate: 1500 /s, key: page}, steps: [pages.get: {miss: [web.handle]}]}
  tell: {consume: {log: bus, by: mail}, steps: [mail.handle: {work: 1 ms}]}
cases:
  normal: {duration: 6 s, warmup: 1 s}
  hurt: {duration: 6 s, warmup: 1 s, faults: [crash: {on: web, share: 50 %, at: 2 s, for: 1 s}]}
"""


@pytest.fixture(scope="module")
def shop() -> Blueprint:
    return loads(SHOP)


def kept(result: RunResult) -> str:
    """Everything of a result that does not depend on the machine."""
    told = {k: v for k, v in dataclasses.asdict(result).items() if k not in ("wall_s", "peak_rss_bytes")}
    return repr(told)


@pytest.mark.parametrize("case", ["normal", "hurt"])
@pytest.mark.parametrize("scale", [1, 2])
def test_a_watched_run_is_the_same(shop: Blueprint, case: str, scale: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "EVERY_S", 0.0)
    monkeypatch.setattr(engine, "EVENTS", 777)
    looks: list[tuple[float, int]] = []

    def watch(seen: Seen) -> None:
        seen.series(max(0, seen.intervals - 2))
        looks.append((seen.now_s, seen.events))

    alone = api.run(shop, case, 3, scale=scale)
    watched = api.run(shop, case, 3, scale=scale, watch=watch)
    assert kept(alone) == kept(watched)
    assert len(looks) > 20
    assert looks == sorted(looks)
    assert looks[-1][1] == alone.events


@pytest.mark.parametrize("scale", [1, 2])
def test_what_is_shown_at_the_end_is_the_result(shop: Blueprint, scale: int) -> None:
    ended: list[dict[str, Series]] = []
    result = api.run(shop, "hurt", scale=scale, watch=lambda seen: ended.append(seen.series()) if seen.done else None)
    (last,) = ended
    assert last == result.series


def test_series_grow_interval_by_interval(shop: Blueprint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "EVERY_S", 0.0)
    monkeypatch.setattr(engine, "EVENTS", 2_000)
    parts: list[tuple[int, int, Series]] = []
    before = 0

    def watch(seen: Seen) -> None:
        nonlocal before
        if seen.intervals > before and not seen.done:
            parts.append((before, seen.intervals, seen.series(before)["web.rate"]))
            before = seen.intervals

    result = api.run(shop, "normal", watch=watch)
    whole = result.series["web.rate"]
    values: list[Any] = []
    for first, last, line in parts:
        assert line.start == pytest.approx(whole.start + first * whole.step)
        assert len(line.values) == last - first
        values += line.values
    assert len(parts) > 20
    assert values == whole.values[: len(values)]


def test_nothing_is_shown_of_the_warm_up(shop: Blueprint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "EVERY_S", 0.0)
    monkeypatch.setattr(engine, "EVENTS", 500)
    early: list[Seen] = []
    api.run(shop, "normal", watch=lambda seen: early.append(seen) if seen.now_s < 0.9 else None)
    assert early
    assert all(seen.intervals == 0 for seen in early)
    assert early[0].series() == {}


def test_a_check_shows_every_seed_and_tells_each_case_when_its_runs_are_done(shop: Blueprint) -> None:
    seen: set[tuple[str, int]] = set()
    told: list[CaseVerdict] = []
    result = api.check(
        shop, seeds=2, exact=True, watch=lambda case, seed, _: seen.add((case, seed)), on_verdict=told.append
    )
    assert seen == {(case, seed) for case in ("normal", "hurt") for seed in (1, 2)}
    assert sorted(told, key=lambda v: v.case) == sorted(result.cases, key=lambda v: v.case)
