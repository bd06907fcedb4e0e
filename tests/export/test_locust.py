"""The load script: its draws are the design's laws, and what arrives at a server is the design's mix."""

from __future__ import annotations

import collections
import json
import math
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from loadcase.blueprint.model import Blueprint
from loadcase.core.distributions import parse_dist
from loadcase.export import export, make
from loadcase.export.base import NothingError
from loadcase.export.locust import _law
from tests.export.designs import SHOP, shop

DRAWS = 20_000
CLOSED = SHOP.replace(
    "orders:\n    arrive: {rate: 60 /s, key: customer}",
    "orders:\n    arrive: {users: 40, think: exp(2 s), key: customer}",
)


def script(b: Blueprint, monkeypatch: pytest.MonkeyPatch, **environment: str) -> dict[str, Any]:
    """The script, run with stand-ins for Locust and gevent: its names."""
    locust, gevent = ModuleType("locust"), ModuleType("gevent")
    locust.__dict__.update(FastHttpUser=object, constant=lambda value: value, task=lambda function: function)
    gevent.__dict__.update(sleep=lambda seconds: None, Timeout=type("Timeout", (Exception,), {}))
    monkeypatch.setitem(sys.modules, "locust", locust)
    monkeypatch.setitem(sys.modules, "gevent", gevent)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    names: dict[str, Any] = {"__name__": "locustfile"}
    exec(compile(export(b, "locust")[0][1], "locustfile.py", "exec"), names)
    random.seed(7)
    return names


def within(seen: float, expected: float, draws: int) -> bool:
    """Whether a share is within five standard deviations."""
    return abs(seen - expected) <= 5 * math.sqrt(max(expected * (1 - expected), 1e-9) / draws)


@pytest.mark.parametrize(("count", "s"), [(10, 0.8), (1000, 1.0), (10_000, 0.6), (50, 2.0), (1, 0.8), (20, 0.0)])
def test_zipf_is_zipf(count: int, s: float, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = script(shop(), monkeypatch)["zipf"](count, s)
    ranks = np.bincount([draw() for _ in range(DRAWS)], minlength=count) / DRAWS
    law = np.arange(1, count + 1) ** -s
    law /= law.sum()
    assert len(ranks) == count
    assert all(within(ranks[k], law[k], DRAWS) for k in range(min(count, 5)))
    assert within(ranks[: count // 2].sum(), law[: count // 2].sum(), DRAWS)


def test_hot_and_weighted_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    names = script(shop(), monkeypatch)
    hot = [names["hot"](100, 0.3, 2)() for _ in range(DRAWS)]
    assert within(sum(k < 2 for k in hot) / DRAWS, 0.3, DRAWS)
    assert set(range(100)) == set(hot)
    weighted = [names["weights"](3, 0, 1)() for _ in range(DRAWS)]
    assert within(weighted.count(0) / DRAWS, 0.75, DRAWS)
    assert weighted.count(1) == 0


@pytest.mark.parametrize(
    "text",
    ["2 s", "exp(2 s)", "lognormal(p50=1 s, p99=4 s)", "uniform(1 s, 3 s)", "erlang(4, 8 s)", "pareto(xm=1 s, alpha=6)",
     "normal(2 s, 1 s)", "mix(0.9: exp(0.5 s), 0.1: 5 s)"],
)  # fmt: skip
def test_pauses_have_the_laws_of_the_design(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pause, law = script(shop(), monkeypatch)["pause"], parse_dist(text)
    drawn = np.array([pause(_law(law)) for _ in range(DRAWS)])
    assert abs(drawn.mean() - law.mean()) <= 5 * math.sqrt(law.variance() / DRAWS) + 1e-9
    if law.variance():
        assert within(float((drawn <= law.quantile(0.9)).mean()), law.cdf(law.quantile(0.9)), DRAWS)


@pytest.mark.parametrize("pattern", ["poisson", "paced", "'bursty(5, 1 s, 4 s)'", "'daily(2, 20 s)'"])
def test_arrivals_have_the_rate_and_pattern_of_the_design(pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = SHOP.replace("arrive: {rate: 60 /s, ", f"arrive: {{rate: 60 /s, pattern: {pattern}, ")
    names = script(Blueprint.loads(text), monkeypatch)
    (flow,) = (f for f in names["OPEN"] if f.name == "orders")
    start = at = names["START"]
    times = []
    while at < start + 2000:
        at = flow.step(at, 0.5)
        times.append(at - start)
    counts = np.bincount(np.array(times).astype(int))[:2000]
    assert abs(counts.mean() - 30) < (6 if "bursty" in pattern else 1)
    dispersion = counts.var() / counts.mean()
    if pattern == "paced":
        assert dispersion < 0.1
    elif pattern == "poisson":
        assert 0.8 < dispersion < 1.2
    else:
        assert dispersion > 3
    if "daily" in pattern:
        assert counts.reshape(-1, 20)[:, 4:6].mean() > 2.5 * max(counts.reshape(-1, 20)[:, 14:16].mean(), 1)


class Server:
    """A stand-in for a user of Locust: what its answers are, and what it was asked."""

    def __init__(self, *codes: int) -> None:
        self.codes = list(codes)
        self.asked: list[dict[str, Any]] = []
        self.client = self

    def request(self, method: str, path: str, **more: Any) -> SimpleNamespace:
        self.asked.append({"method": method, "path": path, **more})
        return SimpleNamespace(status_code=self.codes.pop(0) if self.codes else 200)


def test_an_operation_keeps_its_name_when_it_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    names = script(shop(), monkeypatch)
    (buy,) = (f for f in names["OPEN"] if f.name == "buy")
    user = Server(503, 200)
    monkeypatch.setattr(names["gevent"], "Timeout", NeverError)
    buy.send(user)
    first, second = user.asked
    assert first["json"] == second["json"]
    assert first["path"] == second["path"]
    assert set(first["json"]) == {"customer", "client_id", "note"}
    assert first["path"] == f"/customers/{first['json']['customer']}/orders"
    assert 290 <= len(json.dumps(first["json"])) <= 300
    for codes, times in (((200,), 1), ((404,), 1), ((500, 500, 500, 500), 3), ((429, 200), 2)):
        user = Server(*codes)
        buy.send(user)
        assert len(user.asked) == times


def test_a_budget_ends_the_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    names = script(shop(), monkeypatch)
    (buy,) = (f for f in names["OPEN"] if f.name == "buy")
    monkeypatch.setattr(names["gevent"], "Timeout", NeverError)
    user = Server(*[503] * 3000)
    for _ in range(1000):
        buy.send(user)
    assert 1500 <= len(user.asked) <= 1000 * 1.5 + 10


class NeverError(Exception):
    """gevent's Timeout, which never comes."""

    def __init__(self, seconds: float | None = None) -> None:
        self.seconds = seconds

    def __enter__(self) -> None:
        assert self.seconds is None or self.seconds > 0

    def __exit__(self, *error: object) -> None: ...


def test_clients_that_wait_are_users_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    names = script(Blueprint.loads(CLOSED), monkeypatch)
    assert names["Clients0"].weight == 40
    assert [f.name for f in names["CLOSED"]] == ["orders"]
    assert {f.name for f in names["OPEN"]} == {"buy", "block"}


def test_what_does_not_arrive_by_a_call_is_told() -> None:
    b = shop()
    assert make(b, "locust").left_out == []
    moved = b.changed({"api.orders.does": "look(customer)"})
    assert [part.split(":")[0] for part in make(moved, "locust").left_out][-1] == "orders"
    with pytest.raises(NothingError, match="no flow that arrives by a call"):
        export(b.changed({"api": None}), "locust")


@contextmanager
def counting() -> Iterator[tuple[str, list[tuple[float, str, str, bytes]]]]:
    """A server that answers everything, its address, and what it was asked: when, how, for what, with which body."""
    seen: list[tuple[float, str, str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            seen.append((time.monotonic(), self.command, self.path, body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = answer  # noqa: N815

        def log_message(self, *said: object) -> None: ...

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:  # the clients go while they are answered
                return

    class Listening(ThreadingHTTPServer):
        request_queue_size = 256  # with the five of the library a busy machine drops connections, each for a second

    server = Listening(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.slow
def test_what_arrives_is_the_mix_of_the_design(tmp_path: Path) -> None:
    b = Blueprint.loads(SHOP.replace("{count: 10k, popularity: zipf(0.8)}", "{count: 20, popularity: zipf(1)}"))
    file = tmp_path / "locustfile.py"
    file.write_text(export(b, "locust")[0][1], "utf-8")
    with counting() as (host, seen):
        done = subprocess.run(
            [sys.executable, "-m", "locust", "-f", str(file), "--headless", "--host", host, "--users", "2",
             "--spawn-rate", "2", "--run-time", "12s", "--only-summary", "--exit-code-on-error", "1"],
            capture_output=True, text=True, timeout=300, cwd=tmp_path,
            env={**os.environ, "LOADCASE_SEED": "3", "LOADCASE_PARTS": "2"},
        )  # fmt: skip
        found = list(seen)
    assert done.returncode == 0, done.stderr + done.stdout
    flows = collections.Counter(
        "block" if "/block" in path else "orders" if method == "GET" else "buy" for _, method, path, _ in found
    )
    total = sum(flows.values())
    assert set(flows) == {"buy", "orders", "block"}
    for name, flow in b.flows.items():
        if flow.arrive is not None:
            assert flow.arrive.rate is not None
            assert within(flows[name] / total, flow.arrive.rate / 100, total), flows
    span = found[-1][0] - found[0][0]
    assert abs(total - 100 * span) < 5 * math.sqrt(100 * span) + 100  # a second late where the machine is busy
    keys = collections.Counter(path.split("?")[0].split("/")[-2] for _, _, path, _ in found)
    law = np.arange(1, 21) ** -1.0
    assert within(keys["0"] / total, law[0] / law.sum(), total), keys
    names = [json.loads(body)["client_id"] for _, _, path, body in found if body and "orders" in path]
    assert len(set(names)) == len(names) == flows["buy"]
