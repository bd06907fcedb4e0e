"""The routes of practice, over a real process that holds the sessions."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from loadcase.core.errors import UsageError
from loadcase.practice.store import Store
from loadcase.studio.rooms import Rooms
from tests.studio.serving import Served, children, served

HOSTILE = "<img src=x onerror=alert(1)>"
DESIGN = """\
loadcase: 1
name: chat
components: {api: {kind: service}}
flows: {send: {arrive: {rate: 10 /s}, steps: [api.handle, db.write]}}
"""


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root = tmp_path_factory.mktemp("practice")
    before = os.environ.get("LOADCASE_PRACTICE")
    os.environ["LOADCASE_PRACTICE"] = str(root / "practice.sqlite")
    (root / "designs").mkdir()
    try:
        with served(root / "designs") as made:
            yield made
    finally:
        del os.environ["LOADCASE_PRACTICE"]
        if before is not None:
            os.environ["LOADCASE_PRACTICE"] = before


class Page:
    """What a page does in a session."""

    def __init__(self, studio: Served, **order: Any) -> None:
        self.studio = studio
        self.view = studio.post("/api/practice/sessions", 201, **order)
        self.id: str = self.view["id"]
        self.path = f"/api/practice/sessions/{self.id}"

    def do(self, what: str, status: int = 200, /, **fields: Any) -> Any:
        return self.studio.post(f"{self.path}/do", status, what=what, first=0, **{"with": fields})


def test_a_session_is_started_gone_on_with_and_ended(studio: Served) -> None:
    home = studio.get("/api/practice")
    assert {"chat", "payments"} <= {one["name"] for one in home["systems"]}
    page = Page(studio, system="chat", level="mid", format="45", style="quiet")
    assert page.view["prompt"] == "Design a chat system like WhatsApp."
    assert [slot["seconds"] for slot in page.view["slots"]] == [300, 300, 900, 900, 300]
    assert page.view["worked"] is None
    assert page.view["judgement"] is None
    told = page.do("talk", text="How many daily users do we have?")["events"][-1]
    assert (told["kind"], told["facts"]) == ("answered", ["users"])
    said = page.do("talk", text=HOSTILE)["events"][-1]
    assert (said["kind"], said["text"]) == ("said", HOSTILE)
    assert page.do("talk", text="I assume 40 messages a day.")["events"][-1]["kind"] == "assumed"
    assert page.do("talk", text="is it", **{"as": "say"})["events"][-1]["kind"] == "said"
    assert page.do("require", sort="contract", text="p95 < 300 ms")["events"][-1]["sort"] == "contract"
    assert page.do("estimate", name="rate", formula="users * 40 /day")["events"][-1]["value"].startswith("23.1k")
    wrong = page.do("estimate", name="odd", formula="rate + 3 GB")
    assert "cannot add" in wrong["pad"]["problems"][str(wrong["events"][-1]["number"])]["message"]
    decided = page.do("decide", chose="a log", over="a queue", because="order", cost="", flips_when="")["events"][-1]
    assert decided["text"] == "a log, over a queue, because order"
    assert page.do("write", text=DESIGN)["events"][-1]["blueprint"] == DESIGN
    refused = page.do("run", which="estimate")["events"][-1]
    assert (refused["kind"], "db" in refused["text"]) == ("ran", True)
    assert page.do("next")["state"]["place"]["phase"] == "estimate"
    assert page.do("pause")["state"]["paused"]
    assert page.do("talk", 422, text="hello")["error"]["message"] == "the clock stands still"
    assert not page.do("unpause")["state"]["paused"]

    again = studio.get(page.path)
    assert [e["kind"] for e in again["events"]][-3:] == ["entered", "paused", "resumed"]
    assert again["blueprint"] == DESIGN
    assert page.do("end")["state"]["over"]
    assert page.do("talk", 422, text="hello")["error"]["message"] == "the session is over"
    over = studio.get(page.path)
    assert (over["ended"], over["worked"]) == (True, "chat")


def test_a_session_is_judged_overridden_exported_and_deleted(studio: Served) -> None:
    page = Page(studio, system="rate-limiter", level="mid")
    page.do("talk", text=f"{HOSTILE} the limit is per user")
    page.do("end")
    judged = studio.post(f"{page.path}/score")["judgement"]
    assert judged["aimed"] == "mid"
    assert judged == studio.post(f"{page.path}/score")["judgement"]
    name = judged["verdicts"][0]["criterion"]
    for level, because in (("9", "x"), ("3", " ")):
        studio.post(f"{page.path}/overrides", 422, criterion=name, level=level, because=because)
    kept = studio.post(f"{page.path}/overrides", criterion=name, level="3", because=HOSTILE)["overrides"]
    assert [(one["criterion"], one["level"], one["because"]) for one in kept] == [(name, "3", HOSTILE)]
    for form, kind in (("html", "text/html"), ("md", "text/markdown"), ("json", "application/json")):
        made = studio.client.get(f"{page.path}/export?format={form}")
        assert made.status_code == 200
        assert made.headers["content-type"].startswith(kind)
        assert made.headers["content-disposition"].startswith("attachment")
        assert (HOSTILE in made.text) == (form == "json")
    assert studio.client.get(f"{page.path}/export?format=exe").status_code == 400
    named = studio.client.patch(page.path, json={"name": HOSTILE}).json()["sessions"]
    assert {one["id"]: one["name"] for one in named}[page.id] == HOSTILE
    assert page.id in [one["id"] for one in studio.get("/api/practice/progress")["sessions"]]
    assert page.id not in [one["id"] for one in studio.client.delete(page.path).json()["sessions"]]
    assert studio.client.get(page.path).status_code == 404


def test_a_drill_tells_at_once_how_it_went(studio: Served) -> None:
    page = Page(studio, system="chat", drill="estimation")
    asked = page.view["events"][-1]
    page.do("estimate", name=asked["text"].partition(":")[0], formula="1 /s")
    page.do("next")
    page.do("end")
    points = studio.get(page.path)["points"]
    assert [one["met"] for one in points] == [False, False]


def test_what_is_wrong_is_said_and_harms_nothing(studio: Served) -> None:
    for body in ({"system": "nothing"}, {"topic": "nothing"}):
        assert studio.post("/api/practice/sessions", 422, **body)["error"]["hint"]
    for body in ({"level": "king"}, {"format": 45}, {"system": 7}):
        studio.post("/api/practice/sessions", 400, **body)
    assert studio.client.get("/api/practice/sessions/..%2Fetc").status_code == 404
    page = Page(studio, system="chat", format="free", style="quiet")
    before = len(page.do("hint")["events"])
    for what, fields, status in (
        ("nothing", {}, 422), ("talk", {"text": 1}, 422), ("talk", {"text": "a", "to": 999}, 422), ("talk", {}, 422),
        ("require", {"sort": "odd", "text": "a"}, 422), ("enter", {"phase": "odd"}, 422), ("run", {"which": "rm"}, 422),
        ("write", {"text": "x" * 300_000}, 413), ("talk", {"text": "x" * 5_000}, 413), ("decide", {"chose": []}, 422),
    ):  # fmt: skip
        assert page.do(what, status, **fields)["error"]["message"]
    studio.post(f"{page.path}/do", 400, what="talk", first=-1, **{"with": {}})
    studio.post(f"{page.path}/score", 422)
    assert len(studio.get(page.path)["events"]) == before
    foreign = studio.client.post("/api/practice/sessions", json={}, headers={"origin": "http://evil.example"})
    assert foreign.status_code == 403
    assert studio.client.get("/api/practice", headers={"host": "evil.example"}).status_code == 421
    bare = studio.client.post(f"{page.path}/do", json={"what": "end"}, headers={"x-loadcase": ""})
    assert bare.status_code == 403


def test_a_text_that_is_not_finished_is_shown_as_far_as_it_is_wired(studio: Served) -> None:
    found = studio.post("/api/practice/analyse", text=DESIGN, case=None)
    assert [p["line"] for p in found["problems"]] == [4]
    assert found["left_out"][0].startswith("flows.send")
    assert [node["name"] for node in found["diagram"]["nodes"]] == ["api"]
    bare = studio.post("/api/practice/analyse", text="loadcase: 1\nname: a\n", case=None)
    assert (bare["problems"], bare["diagram"]) == ([], None)
    assert studio.post("/api/practice/analyse", text="a: [", case=None)["problems"]


def _until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.slow
def test_the_process_is_replaced_when_it_dies_and_nothing_is_lost(studio: Served) -> None:
    page = Page(studio, system="video", format="free")
    page.do("talk", text="It is about uploads first.")
    with studio.client.stream("GET", f"{page.path}/events") as response:
        lines = response.iter_lines()
        assert next(lines).startswith(":")
        (process,) = children(studio.process.pid, "loadcase.studio.interviewer")
        os.kill(process, signal.SIGKILL)
        assert list(lines) == [""]  # it ends, and the page asks again
    kinds = [e["kind"] for e in page.do("talk", text="And then about playing.")["events"]]
    assert kinds == ["entered", "said", "paused", "resumed", "said"]


@pytest.mark.slow
def test_one_process_has_a_session_and_says_so(studio: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadcase.studio.rooms.LET_GO_S", 0.0)
    page = Page(studio, system="chat", format="free")
    here = Rooms(Store(Path(os.environ["LOADCASE_PRACTICE"])), lambda id, news: None)
    try:
        with pytest.raises(UsageError, match="perhaps in a terminal"):
            here.enter(page.id)
        assert studio.post(f"{page.path}/leave")["left"]
        assert not here.enter(page.id)["state"]["paused"]
        taken = studio.client.get(page.path)
        assert taken.status_code == 422
        assert "another process works on" in taken.json()["error"]["message"]
    finally:
        here.close()
    assert studio.get(page.path)["id"] == page.id


def test_a_session_lets_go_and_takes_what_an_editor_saved(tmp_path: Path) -> None:
    told: list[dict[str, Any]] = []
    clock = [100.0]
    rooms = Rooms(Store(tmp_path / "p.sqlite"), lambda id, news: told.append(news), lambda: clock[0])
    try:
        id = rooms.start("chat", None, "senior", "45", "steering", "", "mine")["id"]
        room = rooms.open[id]
        rooms.do(id, "write", {"text": DESIGN}, 0)
        assert room.artifact.path.read_text() == DESIGN
        room.artifact.path.write_text(DESIGN + "# by hand\n")
        room.look_up()
        room.look_up()  # once to see it, once to see that it has settled
        assert room.session.record.blueprint == DESIGN + "# by hand\n"
        assert any(e.get("blueprint") == DESIGN + "# by hand\n" for news in told for e in news.get("events", ()))
        clock[0] += 310.0
        room.look_up()
        assert "The time for clarify is over" in room.session.record.events[-1].words
        assert rooms.sessions()["sessions"][0]["title"] == "mine"
        room.working = 1
        assert rooms.leave(id) == {"left": False}
        room.working = 0
        assert rooms.leave(id) == {"left": True}
        assert rooms.view(id)["state"]["paused"]
    finally:
        rooms.close()
