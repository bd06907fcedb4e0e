"""The studio as somebody uses it: over HTTP, from a process of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.studio.serving import Served, children, served

SHOP = """\
loadcase: 1
name: shop
title: <script>alert(1)</script>
requirements: {contract: [buy.p95 < 300 ms, order.lost == 0, buy.availability > 99 %]}
entities: {order: {count: 1000, identity: id, fields: {id: id}}}
components:
  web: {kind: service, replicas: 4, workers: 8}
  db: {kind: store, shards: 2, replicas: 2}
flows:
  buy:
    arrive: {rate: 200 /s, key: order}
    steps: [web.handle: {work: exp(2 ms), do: [db.write: {entity: order, once: id}]}]
cases:
  normal: {duration: 2 s, warmup: 0.2 s}
  bad: {duration: 2 s, warmup: 0.2 s, faults: [crash: {on: web, share: 100 %, at: 0.5 s, for: 0.5 s}]}
  endless: {duration: 100000 s}
variants:
  one: {components.web.replicas: 1}
"""


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root = tmp_path_factory.mktemp("studio")
    (root / "shop.yaml").write_text(SHOP)
    (root.parent / "secret.yaml").write_text("loadcase: 1\nname: secret\n")
    with served(root) as made:
        yield made


@pytest.mark.slow
def test_a_newcomers_path(studio: Served) -> None:
    page = studio.client.get("/")
    assert page.status_code == 200
    assert "text/html" in page.headers["content-type"]
    assert "<script>" not in page.text
    about = studio.get("/api/studio")
    assert about["folder"] == str(studio.root.resolve())
    assert about["limits"]["running"] == 1
    listed = studio.get("/api/files")
    assert [f["path"] for f in listed["files"]] == ["shop.yaml"]
    assert "chat" in [one["name"] for one in listed["gallery"]]
    assert {"openapi", "svg"} <= set(studio.get("/api/formats")["formats"])
    copy = studio.get("/api/gallery/chat")
    assert copy["text"].startswith("#")
    assert copy["story"].startswith("# One-to-one chat")
    text = studio.get("/api/files/shop.yaml")["text"]
    found = studio.post("/api/analyse", text=text, case=None, variant=None)
    assert found["problems"] == []
    assert found["diagram"]["nodes"]

    run = studio.run(text, cases=["normal", "bad"], seeds=3, path="shop.yaml", name="first")
    told = list(studio.events(run))
    kinds = [kind for _, kind, _ in told]
    assert {"state", "faults", "series", "progress", "case", "result"} <= set(kinds)
    assert kinds[-1] == "result"
    numbers = [number for number, _, _ in told if number]
    assert numbers == sorted(set(numbers))
    kept = studio.get(f"/api/runs/{run}")
    assert (kept["state"], kept["name"], kept["text"]) == ("done", "first", text)
    assert kept["verdict"] == kept["result"]["verdict"] == told[-1][2]["verdict"]
    assert set(kept["series"]) == {"normal", "bad"}
    (fault,) = kept["faults"]["bad"]
    assert (fault["fault"], fault["start_s"], fault["end_s"]) == ("crash", 0.7, 1.2)
    streamed = [data for _, kind, data in told if kind == "series" and data["case"] == "bad"][-1]
    assert streamed["values"]["buy.rate"] == kept["series"]["bad"]["buy.rate"]["values"]
    cell = studio.get(f"/api/runs/{run}/evidence?case=bad&guarantee=2")
    assert cell["verdict"] == "broken"
    assert "buy.errors" in cell["series"]
    assert cell["faults"] == kept["faults"]["bad"]

    page = studio.client.get(f"/api/runs/{run}/report")
    assert page.headers["content-disposition"] == 'attachment; filename="shop-report.html"'
    assert page.headers["content-security-policy"].startswith("sandbox")
    assert "<script" not in page.text.lower()
    assert "buy.availability" in page.text
    assert "buy.availability" in studio.client.get(f"/api/runs/{run}/report?format=md").text

    other = studio.run(text, kind="compare", variants=["one"], cases=["normal"], seeds=2)
    both = studio.ended(other)
    assert both["result"]["cases"][0]["case"] == "normal"
    first, second = (both[side]["normal"] for side in ("series_a", "series_b"))
    assert [len(one["web.utilisation"]["values"]) for one in (first, second)] == [len(first["buy.rate"]["values"])] * 2
    assert max(first["web.utilisation"]["values"]) < max(second["web.utilisation"]["values"])  # 4 replicas against 1
    assert both["faults"] == {"normal": []}
    again = studio.run(
        text.replace("replicas: 4", "replicas: 6"), kind="compare", against=run, cases=["normal"], seeds=2
    )
    assert studio.ended(again)["result"]["names"] == ["first", "now"]
    assert [r["id"] for r in studio.get("/api/runs")["runs"]] == [again, other, run]
    renamed = studio.client.patch(f"/api/runs/{run}", json={"name": "before the crash"}).json()
    assert renamed["name"] == "before the crash"
    assert studio.client.delete(f"/api/runs/{other}").status_code == 200
    assert studio.client.get(f"/api/runs/{other}").status_code == 404


def test_edits_are_saved_and_conflicts_lose_nothing(studio: Served) -> None:
    one = studio.client.put("/api/files/new/one.yaml", json={"text": SHOP, "version": None}).json()
    (studio.root / "new" / "one.yaml").write_text("name: theirs\n")
    lost = studio.client.put("/api/files/new/one.yaml", json={"text": "name: mine\n", "version": one["version"]})
    assert lost.status_code == 409
    assert lost.json()["current"]["text"] == "name: theirs\n"
    assert lost.json()["error"]["code"] == "LC705"
    assert (studio.root / "new" / "one.yaml").read_text() == "name: theirs\n"
    (studio.root / "new" / "one.yaml").unlink()


def test_a_change_while_nobody_listens_is_told_to_the_next(studio: Served) -> None:
    (studio.root / "meanwhile.yaml").write_text("loadcase: 1\nname: meanwhile\n")
    with studio.client.stream("GET", "/api/events") as response:
        assert any("meanwhile.yaml" in line for line in response.iter_lines())
    (studio.root / "meanwhile.yaml").unlink()


def test_another_editor_is_noticed(studio: Served) -> None:
    told: list[str] = []
    with studio.client.stream("GET", "/api/events") as response:
        lines = response.iter_lines()
        next(lines)
        time.sleep(1.5)  # the folder has been looked at
        (studio.root / "theirs.yaml").write_text("loadcase: 1\nname: theirs\n")
        for line in lines:
            told.append(line)
            if "theirs.yaml" in line:
                break
    assert any('"path":"theirs.yaml","version":"' in line for line in told)
    (studio.root / "theirs.yaml").unlink()


def raw(studio: Served, request: bytes) -> bytes:
    """What the server says to bytes that no client would send."""
    host, _, port = studio.address.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), 30) as connection:
        connection.sendall(request)
        connection.settimeout(30)
        parts = []
        with contextlib.suppress(OSError):
            while part := connection.recv(65536):
                parts.append(part)
                if b"\r\n\r\n" in b"".join(parts):
                    break
        return b"".join(parts)


@pytest.mark.parametrize(
    "path",
    [
        "/api/files/../secret.yaml", "/api/files/..%2fsecret.yaml", "/api/files/%2e%2e/secret.yaml",
        "/api/files/%2e%2e%2fsecret.yaml", "/api/files/..%252fsecret.yaml", "/api/files/..%5csecret.yaml",
        "/api/files/%c0%ae%c0%ae/secret.yaml", "/api/files//etc/passwd", "/api/files/%2fetc%2fpasswd",
        "/api/files/shop.yaml%00", "/api/files/shop.yaml%00.txt", "/api/files/..;/secret.yaml",
        "/assets/../app.py", "/assets/..%2fapp.py", "/assets/%2e%2e/app.py", "/assets//etc/passwd", "/assets/.",
        "/api/gallery/..%2f..%2fsecret", "/api/gallery/chat%2f..%2fchat", "/api/runs/..%2f..", "/api/runs/%2e%2e",
        "/app.py", "/api/../secret.yaml", "/api/files/" + "a/" * 5000 + "x.yaml",
    ],
)  # fmt: skip
def test_no_encoding_leads_out_of_the_folder(studio: Served, path: str) -> None:
    host = studio.address.removeprefix("http://")
    said = raw(studio, f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    assert said.split(b" ")[1] in (b"400", b"404", b"422", b"431"), said[:200]
    assert b"secret" not in said.lower().replace(b"secret.yaml", b"")
    assert b"Traceback" not in said


def test_strangers_are_refused(studio: Served) -> None:
    host = studio.address.removeprefix("http://")
    port = host.partition(":")[2]
    asked_by = f"GET /api/files HTTP/1.1\r\nHost: evil.example:{port}\r\nConnection: close\r\n\r\n"
    told = raw(studio, asked_by.encode())
    assert told.startswith(b"HTTP/1.1 421")
    body = b'{"text": "x"}'
    for more in (b"", b"X-Loadcase: studio\r\nOrigin: http://evil.example\r\n"):
        asked = b"POST /api/runs HTTP/1.1\r\nHost: " + host.encode() + b"\r\nConnection: close\r\n" + more
        asked += b"Content-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        assert raw(studio, asked).startswith(b"HTTP/1.1 403")
    large = b"POST /api/analyse HTTP/1.1\r\nHost: " + host.encode() + b"\r\nX-Loadcase: studio\r\n"
    assert raw(studio, large + b"Content-Length: 99999999999\r\n\r\n").startswith(b"HTTP/1.1 413")
    assert raw(studio, b"nonsense\r\n\r\n").startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/api/analyse", b"no json"), ("/api/analyse", b"[]"), ("/api/analyse", b"{}"),
        ("/api/analyse", b'{"text": 1}'),
        ("/api/analyse", b'{"text": "x", "case": []}'), ("/api/analyse", b"[" * 100_000), ("/api/analyse", b"\xff\xfe"),
        ("/api/completions", b'{"text": "x", "line": -1, "column": 1}'), ("/api/runs", b'{"text": NaN}'),
        ("/api/completions", b'{"text": "x", "line": 1e99, "column": 1}'), ("/api/runs", b'{"text": "", "kind": "rm"}'),
        ("/api/runs", b'{"text": "loadcase: ["}'), ("/api/runs", b'{"text": "x", "seeds": 100000}'),
        ("/api/runs", b'{"text": "x", "budget_s": 1e9}'), ("/api/runs", b'{"text": "x", "cases": "all"}'),
        ("/api/throw", b'{"text": "x", "case": "a", "fault": {}}'), ("/api/review", b'{"text": "a: ["}'),
        ("/api/review/fix", b'{"text": "x", "code": "LC1"}'), ("/api/runs", b'{"text": "x", "against": "../.."}'),
    ],
)  # fmt: skip
def test_odd_requests_get_an_error_and_no_traceback(studio: Served, path: str, content: bytes) -> None:
    response = studio.client.post(path, content=content)
    assert 400 <= response.status_code < 500, response.text
    error = response.json()["error"]
    assert set(error) == {"code", "message", "hint", "line", "column"}
    assert error["message"]
    assert "Traceback" not in response.text
    assert "/src/loadcase" not in response.text


def test_a_large_text_is_refused_and_a_bomb_is_a_problem(studio: Served) -> None:
    assert studio.client.post("/api/analyse", json={"text": "#" * 300_000}).status_code == 413
    assert studio.client.post("/api/analyse", content=b"x" * (3 << 20)).status_code == 413
    bomb = (
        "a: &a ["
        + "x, " * 20
        + "]\n"
        + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{('*' + chr(97 + i) + ', ') * 20}]\n" for i in range(12))
    )
    assert studio.post("/api/analyse", text=bomb)["problems"][0]["code"] == "LC107"
    assert studio.post("/api/analyse", text=SHOP)["problems"] == []


def test_a_run_can_be_cancelled_and_resumed_to_watch(studio: Served) -> None:
    run = studio.run(SHOP, cases=["endless"], seeds=1)
    behind = studio.run(SHOP, cases=["normal"], seeds=1)
    seen = 0
    for number, kind, _ in studio.events(run):
        seen = number
        if kind == "progress" and number > 10:
            break
    assert studio.get(f"/api/runs/{behind}")["state"] == "queued"
    _, kind, data = next(studio.events(behind))
    assert (kind, data) == ("state", {"state": "queued", "position": 0})
    number, *_ = next(studio.events(run, last=seen))
    assert number == seen + 1
    assert studio.post(f"/api/runs/{run}/cancel")["state"] == "running"
    kept = studio.ended(run)
    assert kept["state"] == "cancelled"
    assert kept["result"]["partial"] is True
    last = max(number for number, _, _ in studio.events(run))
    assert studio.client.get(f"/api/runs/{run}/events", headers={"last-event-id": str(last)}).status_code == 204
    assert studio.ended(behind)["state"] == "done"


def test_what_a_run_cannot_do_is_said(studio: Served) -> None:
    (studio.root / "times.txt").write_text("0.1\n0.2\n")
    traced = SHOP.replace("rate: 200 /s", "trace: times.txt")
    kept = studio.ended(studio.run(traced, cases=["normal"], seeds=1))  # no other file is read
    assert kept["state"] == "failed"
    assert kept["error"]["code"] == "LC001"
    assert kept["error"]["hint"]
    unknown = studio.ended(studio.run(SHOP, cases=["nromal"]))
    assert unknown["error"]["hint"] == 'did you mean "normal"?'


def test_it_ends_without_a_word_while_somebody_listens(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with served(tmp_path) as studio, studio.session() as other, other.stream("GET", "/api/events") as told:
        assert next(told.iter_raw())
        studio.end()
        assert studio.process.returncode == 0
    assert capfd.readouterr().err == ""


# --- slow -------------------------------------------------------------------------------------------------------------
def first(studio: Served, run: str, wanted: str, count: int = 1) -> int:
    """Waits for events of a kind; gives the number of the last."""
    for number, kind, _ in studio.events(run):
        count -= kind == wanted
        if count == 0:
            return number
    raise AssertionError


@pytest.mark.slow
def test_killing_the_server_loses_nothing(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(SHOP)
    with served(tmp_path) as studio:
        saved = studio.client.put("/api/files/mine.yaml", json={"text": SHOP, "version": None}).json()
        done = studio.run(SHOP, cases=["normal"], seeds=1, name="kept")
        before = studio.ended(done)
        running = studio.run(SHOP, cases=["endless"], seeds=1)
        queued = studio.run(SHOP, cases=["bad"], seeds=1)
        seen = first(studio, running, "series", 2)
        (runner,) = children(studio.process.pid, "loadcase.studio.runner")
        helpers = children(studio.process.pid, "loadcase.studio.helper")
        studio.kill()
        for process in (runner, *helpers):
            for _ in range(600):
                if not Path(f"/proc/{process}").exists():
                    break
                time.sleep(0.1)
            else:
                raise AssertionError("a process outlives its studio")
        studio.start()
        assert studio.get("/api/files/mine.yaml")["version"] == saved["version"]
        assert studio.get(f"/api/runs/{done}") == before
        kept = studio.get(f"/api/runs/{running}")
        assert kept["state"] == "interrupted"
        assert kept["series"]["endless"]["buy.rate"]["values"]
        kinds = [kind for _, kind, _ in studio.events(running, last=seen)]  # a page that was open comes back
        assert kinds[-1] == "result"
        assert studio.ended(queued)["state"] == "done"


@pytest.mark.slow
def test_the_end_of_one_run_harms_no_other(tmp_path: Path) -> None:
    with served(tmp_path) as studio:
        done = studio.run(SHOP, cases=["normal"], seeds=1)
        before = studio.ended(done)
        run, behind = studio.run(SHOP, cases=["endless"]), studio.run(SHOP, cases=["bad"], seeds=1)
        first(studio, run, "series")
        (runner,) = children(studio.process.pid, "loadcase.studio.runner")
        os.kill(runner, signal.SIGKILL)
        kept = studio.ended(run)
        assert kept["state"] == "failed"
        assert kept["error"]["code"] == "LC708"
        assert kept["series"]["endless"]
        assert studio.ended(behind)["state"] == "done"
        assert studio.get(f"/api/runs/{done}") == before
        for helper in children(studio.process.pid, "loadcase.studio.helper"):
            os.kill(helper, signal.SIGKILL)
        answers = [studio.client.post("/api/analyse", json={"text": SHOP + f"# {i}\n"}) for i in range(4)]
        assert answers[-1].status_code == 200


@pytest.mark.slow
def test_twenty_sessions_with_runs_in_the_queue_stay_responsive(
    tmp_path: Path, record_property: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    chat = Path(__file__).parents[2] / "gallery" / "chat" / "blueprint.yaml"
    text = chat.read_text("utf-8")
    took: list[float] = []
    wrong: list[str] = []
    with served(tmp_path) as studio:
        runs = [studio.run(SHOP, cases=["endless"], seeds=1, name=str(i)) for i in range(20)]
        first(studio, runs[0], "series")

        def session(number: int) -> None:
            with studio.session() as client:
                for i in range(5):
                    started = time.perf_counter()
                    typed = {"text": f"{text}# session {number}, key {i}\n", "case": "peak"}
                    response = client.post("/api/analyse", json=typed)
                    took.append(time.perf_counter() - started)
                    if response.status_code != 200 or response.json()["blueprint"] is None:
                        wrong.append(response.text[:200])
                    time.sleep(2.0)  # somebody looks at what came

        threads = [threading.Thread(target=session, args=(i,)) for i in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        states = [r["state"] for r in studio.get("/api/runs")["runs"]]
        for run in runs[1:]:
            studio.post(f"/api/runs/{run}/cancel")
        studio.post(f"/api/runs/{runs[0]}/cancel")
    assert wrong == []
    assert states.count("queued") == 19
    assert len(took) == 100
    median = statistics.median(took)
    record_property("median_s", median)
    with capsys.disabled():
        print(f"\nanalyse of chat, 20 sessions and a run: median {median:.2f} s, slowest {max(took):.2f} s")
    assert median < 10.0
