"""The queue and what is kept of runs: what was found survives, whatever ends the studio."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loadcase.core.errors import UsageError
from loadcase.studio.errors import StudioError
from loadcase.studio.events import Hub
from loadcase.studio.evidence import evidence, plots
from loadcase.studio.limits import Limits
from loadcase.studio.runs import Runs, gathered
from loadcase.studio.store import Store, place

REQUEST: dict[str, Any] = {"kind": "check", "text": "loadcase: 1", "name": None, "path": "a.yaml", "cases": ["peak"]}
CASE = {"case": "peak", "verdict": "holds", "scale": 1, "guarantees": []}


def series(first: int, values: dict[str, list[float]], **units: str) -> tuple[str, dict[str, Any]]:
    return "series", {
        "case": "peak", "seed": 1, "from": first, "start": 1.0 + 0.5 * first, "step": 0.5, "scale": 1, "values": values,
        "units": units,
    }  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(place(tmp_path))
    yield made
    made.close()


def waiting(store: Store, **limits: int) -> Runs:
    """Runs of which none begins."""
    return Runs(store, Limits(**limits), Hub())


def test_what_was_told_is_put_together() -> None:
    told = [
        ("faults", {"peak": []}),
        series(0, {"a": [1.0, 2.0]}, a="1/s"),
        series(1, {"a": [2.5, 3.0], "b": [7.0, 8.0]}, b="s"),
        series(3, {"b": [9.0]}),
        ("case", {**CASE, "verdict": "unknown"}),
        ("case", CASE),
    ]
    found = gathered(told)
    assert found["series"]["peak"]["a"] == {"start": 1.0, "step": 0.5, "unit": "1/s", "values": [1.0, 2.5, 3.0]}
    assert found["series"]["peak"]["b"] == {"start": 1.0, "step": 0.5, "unit": "s", "values": [None, 7.0, 8.0, 9.0]}
    assert found["result"]["partial"] is True
    assert found["result"]["verdict"] == "holds"
    assert found["result"]["cases"] == [CASE]
    assert gathered([])["result"] is None


def test_runs_wait_in_order_and_the_queue_is_bounded(store: Store) -> None:
    runs = waiting(store, queued=2)
    first, second = runs.submit(REQUEST, "a"), runs.submit(REQUEST, "b")
    with pytest.raises(StudioError) as full:
        runs.submit(REQUEST, "c")
    assert full.value.status == 429
    assert [(r["id"], r["position"], r["state"]) for r in runs.listed()] == [
        (second, 1, "queued"), (first, 0, "queued"),
    ]  # fmt: skip
    assert runs.cancel(first) == "cancelled"
    assert runs.summary(runs.row(second))["position"] == 0
    assert runs.cancel(first) == "cancelled"
    runs.remove(first)
    with pytest.raises(StudioError):
        runs.row(first)
    with pytest.raises(StudioError):
        runs.remove(second)


def test_a_queued_run_is_still_queued_when_the_studio_comes_back(store: Store) -> None:
    run = waiting(store).submit({**REQUEST, "name": "mine"}, "shop")
    again = waiting(store)
    assert again.queue == [run]
    (listed,) = again.listed()
    assert (listed["name"], listed["blueprint"], listed["cases"]) == ("mine", "shop", ["peak"])
    assert again.shape(run)["text"] == REQUEST["text"]


def test_a_run_that_was_going_on_is_interrupted_and_keeps_what_it_had(store: Store) -> None:
    run = waiting(store).submit(REQUEST, "shop")
    store.change(run, state="running")
    told = [("faults", {"peak": []}), series(0, {"a": [1.0]}, a="s"), ("case", CASE)]
    lines = [json.dumps({"event": kind, "data": data}) for kind, data in told]
    store.journal(run).write_text("\n".join(lines) + '\n{"event": "series", "da')  # the last line was cut
    again = waiting(store)
    shape = again.shape(run)
    assert shape["state"] == "interrupted"
    assert shape["series"]["peak"]["a"]["values"] == [1.0]
    assert shape["result"]["cases"] == [CASE]
    assert not store.journal(run).exists()

    async def told_again() -> list[bytes]:
        return [one async for one in again.events(run, 0)]

    events = asyncio.run(told_again())
    kinds = [one.split(b"event: ")[1].split(b"\n")[0] for one in events]
    assert kinds == [b"faults", b"series", b"case", b"state", b"result"]
    assert events[-1].startswith(b"id: 4\n")
    assert again.over(run, 4)
    assert not again.over(run, 3)


def test_one_studio_at_a_time_has_a_folder(store: Store, tmp_path: Path) -> None:
    store.announce("http://127.0.0.1:8642/")
    with pytest.raises(UsageError) as error:
        Store(place(tmp_path))
    assert "http://127.0.0.1:8642/" in error.value.hint


def test_what_is_kept_is_out_of_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = place(tmp_path)
    assert found == tmp_path / ".loadcase" / "studio"
    assert "*" in (tmp_path / ".loadcase" / ".gitignore").read_text().splitlines()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / ".loadcase").write_text("no folder can be made here")
    assert place(tmp_path / "full").is_relative_to(tmp_path / "data" / "loadcase" / "studio")


def test_a_store_that_is_none_is_refused(tmp_path: Path) -> None:
    folder = place(tmp_path)
    (folder / "studio.sqlite").write_bytes(b"nonsense" * 1000)
    with pytest.raises(UsageError, match=r"studio\.sqlite"):
        Store(folder)


def test_a_result_is_whole_or_not_there(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    run = waiting(store).submit(REQUEST, "shop")
    store.keep(run, {"verdict": "holds"})
    with pytest.raises(TypeError):
        store.keep(run, {"verdict": object()})
    assert store.result(run) == {"verdict": "holds"}


def test_a_cell_opens_its_evidence() -> None:
    line = {"time_s": 1.0, "event": "commit"}
    guarantee = {"metric": "order.lost", "story": {"said": "gone", "omitted": 0, "lines": [line] * 300}}
    kept = {
        "result": {"cases": [{"case": "peak", "scale": 2, "guarantees": [guarantee]}]},
        "evidence": {"peak": [{"diagram": "sequenceDiagram", "lines": ["1 s commit"]}]},
        "series": {"peak": {"buy.errors": {}, "buy.rate": {}}},
        "faults": {"peak": [{"fault": "crash"}]},
    }
    found = evidence(kept, "peak", 0)
    assert found["story"] == {
        "said": "gone", "omitted": 0, "diagram": "sequenceDiagram", "lines": ["1 s commit"],
    }  # fmt: skip
    assert len(found["rows"]) == 200
    assert found["series"] == ["buy.errors"]
    assert (found["scale"], found["faults"]) == (2, [{"fault": "crash"}])
    for case, number in (("peak", 1), ("peak", -1), ("pek", 0)):
        with pytest.raises(StudioError):
            evidence(kept, case, number)


@pytest.mark.parametrize(
    ("metric", "first"),
    [
        ("buy.p999", "buy.p99"), ("buy.p90", "buy.p95"), ("buy.mean", "buy.p50"), ("buy.age.p98", "buy.age.p99"),
        ("buy.availability", "buy.rate"), ("web.utilisation.peak", "web.utilisation"), ("web.queue", "web.queue"),
        ("bus.lag.peak", "bus.lag"), ("order.lost", "buy.errors"),
    ],
)  # fmt: skip
def test_a_metric_is_shown_by_its_series(metric: str, first: str) -> None:
    flow = [f"buy.{n}" for n in ("age.p50", "age.p95", "age.p99", "errors", "p50", "p95", "p99", "rate")]
    assert plots(metric, [*flow, "web.queue", "web.utilisation", "bus.lag"])[0] == first


SHOP = """\
loadcase: 1
name: shop
requirements: {contract: [buy.p95 < 1 s]}
components: {web: {kind: service, replicas: 4, workers: 4}}
flows: {buy: {arrive: {rate: 100 /s}, steps: [web.handle: {work: exp(5 ms)}]}}
cases: {normal: {duration: 1 s}, endless: {duration: 10000000 s}}
"""


def run_with(store: Store, limits: Limits, case: str) -> dict[str, Any]:
    """What becomes of a run within limits."""

    async def running() -> dict[str, Any]:
        runs = Runs(store, limits, Hub())
        run = runs.submit({"kind": "check", "text": SHOP, "cases": [case], "seeds": 1}, "shop")
        runs.start()
        async for _ in runs.events(run, 0):
            pass
        await runs.close()
        return runs.shape(run)

    return asyncio.run(running())


def test_what_the_studio_cannot_run_does_not_stop_the_queue(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async def running() -> list[str]:
        runs = Runs(store, Limits(), Hub())
        made = [runs.submit(REQUEST, "shop") for _ in range(2)]
        runs.start()
        for run in made:
            async for _ in runs.events(run, 0):
                pass
        await runs.close()
        return [runs.shape(run)["error"]["message"] for run in made]

    async def none(*_: object, **__: object) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(asyncio, "create_subprocess_exec", none)
    monkeypatch.setattr("sys.excepthook", lambda *_: None)
    assert all("no more processes" in message for message in asyncio.run(running()))


def test_a_run_that_is_out_of_time_is_partial(store: Store) -> None:
    found = run_with(store, Limits(wall_s=6.0), "endless")
    assert found["state"] == "partial"


def test_a_run_that_needs_more_memory_than_it_may_have_is_refused(store: Store) -> None:
    found = run_with(store, Limits(memory_bytes=1 << 20), "normal")
    assert found["state"] == "failed"
    assert "memory" in found["error"]["message"]
