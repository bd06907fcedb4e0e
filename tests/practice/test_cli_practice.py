"""`loadcase practice` driven by scripts: what is typed, what is said, what is left."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from loadcase.cli import execute
from loadcase.practice.store import Store
from loadcase.report.templates import write_new
from tests.practice.interviewer import Conduct, installed

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def conduct(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Conduct:
    monkeypatch.setenv("LOADCASE_PRACTICE", str(tmp_path / "p.sqlite"))
    monkeypatch.chdir(tmp_path)
    return installed(monkeypatch)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command with lines on standard input; gives the exit code and what was printed."""

    def does(*arguments: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code = execute(["practice", *arguments])
        out = capsys.readouterr()
        assert "Traceback" not in out.err
        return code, out.out, out.err

    return does


def shape(run: Run, *arguments: str) -> Any:
    code, out, _ = run(*arguments, "--format", "json")
    assert code == 0
    return json.loads(out)


SCRIPT = """\
how many users are there?
what about encryption?
We could keep the order by a sequence number
I'll assume one region
/need send a message
/defer groups
/promise send.p95 < 300 ms
/hard order without loss
/estimate rate = users * 40 message/user/day
/estimate worse = usres * 2
/next
/decide a log over a queue because of replay at the cost of disk, flips when nobody reads back
/time
/pause
not now
/resume
/hint
/show
/end
"""


def test_a_script_drives_a_session(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("start", "chat", "--seed", "3", "--name", "a rehearsal", typed=SCRIPT)
    assert code == 0
    for said in (
        "Design a chat system like WhatsApp.",
        "[00:00] clarify, 05:00 for it",
        "    Design for 50 million daily active users.\n    on the pad: users = 50M user",
        "You decide; state your assumption.",
        "    rate = 23.1k message/s",
        'kept without a value: unknown name "usres"\n    hint: did you mean "users"?',
        "estimate, 03:00 for it",
        "of 45:00, estimate",
        "the clock stands still\n    hint: /resume first",
        "What does a repeated send do?",
        "needs:\n    send a message\ndeferred:\n    groups",
        "decisions:\n    a log, over a queue, because of replay, at the cost of disk, flips when nobody reads back",
        "the session is over",
    ):
        assert said in out, said
    store = Store(tmp_path / "p.sqlite")
    kinds = [e.kind for e in store.record("chat-1").events]
    kept = store.kept("chat-1")
    store.close()
    assert kinds == [
        "entered", "asked", "answered", "asked", "answered", "said", "assumed", "required", "required", "required",
        "required", "estimated", "estimated", "entered", "decided", "paused", "resumed", "asked_for_hint", "hint",
        "ended",
    ]  # fmt: skip
    assert (kept.name, kept.setup.seed, kept.setup.level, kept.ended) == ("a rehearsal", 3, "senior", True)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("/hnit\n", 'did you mean "/hint"'),
        ("/need\n", "/need takes TEXT"),
        ("/estimate nonsense\n", "cannot read 'nonsense'"),
        ("/write nowhere.yaml\n", "cannot read nowhere.yaml"),
        ("/run\n", "nothing"),
        ("/resume\n/time\n", "of 45:00"),
        ("\n   \n/help\n", "/promise TEXT"),
        ("/next\n" * 8, "this is the last phase"),
        ("/say \x1b]0;title\x07 x\n", ""),
    ],
)
def test_what_is_typed_wrongly_is_told_and_goes_on(run: Run, typed: str, said: str) -> None:
    code, out, _ = run("start", "chat", typed=typed)
    assert code == 0
    assert said in out
    assert "\x1b]" not in out
    assert "`loadcase practice resume chat-1` goes on" in out


def test_what_was_left_is_resumed(run: Run) -> None:
    run("start", "chat", typed="We start with a log\n")
    code, out, _ = run("resume", typed="/need more\n/end\n")
    assert code == 0
    assert "candidate says: We start with a log" in out
    assert "goes on:" in out
    assert run("resume")[0] == 2
    code, _, err = run("resume", "chat-1")
    assert code == 2
    assert "chat-1 is over" in err


def test_a_second_process_is_refused(run: Run, tmp_path: Path) -> None:
    run("start", "chat")
    store = Store(tmp_path / "p.sqlite")
    store.hold("chat-1")
    code, _, err = run("resume")
    assert code == 2
    assert "another process works on chat-1" in err
    store.close()
    assert run("resume")[0] == 0


def test_the_file_is_picked_up(run: Run, tmp_path: Path) -> None:
    run("start", "chat")
    path = tmp_path / "p-designs" / "chat-1.yaml"
    assert path.read_text().startswith("# Your design of chat.")
    path.write_text("loadcase: 1\nname: mine\n")
    _, out, _ = run("resume", typed="/time\n")
    assert "kept the blueprint, 2 lines" in out
    (tmp_path / "other.yaml").write_text("loadcase: 1\nname: other\nflows: {}\n")
    _, out, _ = run("resume", typed=f"/write {tmp_path / 'other.yaml'}\n/write {tmp_path / 'other.yaml'}\n")
    assert "kept the blueprint, 3 lines (+2 -1)" in out
    assert "says that already" in out
    assert path.read_text() == "loadcase: 1\nname: other\nflows: {}\n"
    path.unlink()
    run("resume", typed="/time\n")
    assert path.read_text() == "loadcase: 1\nname: other\nflows: {}\n"
    path.write_bytes(b"\xff\xfe\x00")
    assert "is no text" in run("resume", typed="/time\n")[1]


def test_everything_is_listed(run: Run) -> None:
    listed = shape(run, "list")["systems"]
    assert len(listed) == 19
    assert {"name", "title", "prompt", "topics", "difficulty"} == set(listed[0])
    assert {s["name"] for s in shape(run, "list", "--topic", "money")["systems"]} == {"payments"}
    assert run("list", "--topic", "mony")[0] == 2
    assert shape(run, "sessions") == {"sessions": []}
    run("start", "chat")
    (one,) = shape(run, "sessions")["sessions"]
    assert (one["id"], one["events"], one["ended"], one["read"]) == ("chat-1", 2, False, None)
    assert "goes on" in run("sessions")[1]


def test_one_is_drawn_by_topic_and_level(run: Run) -> None:
    for _ in range(2):
        run("start", "--topic", "correctness", "--level", "senior", "--seed", "5")
    drawn = [s["setup"] for s in shape(run, "sessions")["sessions"]]
    assert len({s["system"] for s in drawn}) == 2, "those practised least come first"
    systems = {s["name"]: s for s in shape(run, "list")["systems"]}
    for one in drawn:
        assert "correctness" in systems[one["system"]]["topics"]
        assert systems[one["system"]]["difficulty"] == "senior"
    assert run("start", "--topic", "nothing")[0] == 2
    assert run("start", "chat", "--topic", "money")[0] == 2
    assert run("start", "chat", "--pace", "0")[0] == 2


@pytest.mark.parametrize("form", ["json", "md", "html"])
def test_a_session_is_exported_and_nothing_in_it_is_markup(run: Run, tmp_path: Path, form: str) -> None:
    hostile = '<script>alert(1)</script> "quoted" `code` *stars* ]]> &amp; ${x} {{ 7*7 }}'
    run("start", "chat", typed=f"/say {hostile}\n/write bad.yaml\n/end\n")
    (tmp_path / "bad.yaml").write_text(f"# ```\n# {hostile}\n")
    run("start", "chat", typed="/write bad.yaml\n/end\n")
    for id in ("chat-1", "chat-2"):
        code, out, _ = run("export", id, "-o", f"{id}.{form}")
        assert (code, out) == (0, f"wrote {id}.{form}\n")
    first, second = ((tmp_path / f"chat-{i}.{form}").read_text("utf-8") for i in (1, 2))
    if form == "json":
        assert json.loads(first)["events"][1]["text"] == hostile
        assert json.loads(second)["blueprint"] == f"# ```\n# {hostile}\n"
    elif form == "md":
        assert "<script>" not in first
        assert "````yaml\n# ```\n" in second
    else:
        for text in (first, second):
            assert "<script" not in text
            assert "&lt;script&gt;" in text
            assert "{{ 7*7 }}" in text
            assert "default-src 'none'" in text
            assert "http" not in text.replace("http-equiv", "")


def test_what_cannot_be_exported_is_told(run: Run) -> None:
    assert run("export", "chat-1", "-o", "x.json")[0] == 2
    run("start", "chat")
    code, _, err = run("export", "chat-1", "-o", "x.pdf")
    assert code == 2
    assert "name it .json, .md or .html" in err
    assert run("export", "chat-1", "-o", "nowhere/x.md")[0] == 2


def test_a_session_is_named_and_deleted(run: Run, tmp_path: Path) -> None:
    run("start", "chat")
    assert run("name", "chat-1", "monday")[0] == 0
    assert "monday" in run("sessions")[1]
    code, _, err = run("delete", "chat-1")
    assert code == 2
    assert "--yes" in err
    assert shape(run, "sessions")["sessions"]
    assert run("delete", "chat-1", "--yes")[0] == 0
    assert shape(run, "sessions") == {"sessions": []}
    assert not (tmp_path / "p-designs" / "chat-1.yaml").exists()


def test_a_drill_asks_one_thing_after_the_other_and_tells_how_it_went(run: Run) -> None:
    typed = "/estimate send_rate = users * sends\n/next\n/estimate peak_send_rate = 5 s\n/next\n/end\n"
    code, out, _ = run("drill", "estimation", "chat", typed=typed)
    assert code == 0
    assert "estimation drill, ten minutes" in out
    assert "on the pad: users = 50M user, sends = 40 message/user/day" in out
    told = out.split("the session is over\n")[1]
    code, out, _ = run("review", "chat-1")
    assert code == 0
    assert told in out
    marks = [line[:3] for line in out.splitlines() if line[:3] in ("yes", "no ")]
    assert marks == ["yes", "no ", "no "], "right, of another sort, not come to"
    assert run("score", "chat-1")[0] == 2


@pytest.mark.parametrize("stage", ["scoping", "curveball", "tradeoff"])
def test_the_other_drills(run: Run, stage: str) -> None:
    typed = {
        "scoping": "users ?\nwhat about the moon?\n/end\n",
        "curveball": "Clients reconnect with jitter\n/next\n/end\n",
        "tradeoff": "/decide a log over a queue because of replay\n" + "/next\n" * 30 + "/end\n",
    }[stage]
    code, out, _ = run("drill", stage, "chat", typed=typed)
    assert code == 0
    _, replay, _ = run("review", "chat-1")
    marks = [line[:1] for line in replay.splitlines() if line[:3] in ("yes", "no ", "?  ")]
    if stage == "scoping":
        assert marks.count("y") == 1
        assert marks.count("n") > 5
    elif stage == "curveball":
        assert marks == ["?", "n"]
    else:
        assert "that was all of it" in out
        assert "It lacks the price, when it flips." in replay
        assert set(marks) == {"n"}


def test_a_prompt_is_made_of_a_blueprint_and_practised(run: Run, tmp_path: Path) -> None:
    design = tmp_path / "mine.yaml"
    assert write_new(design, None)
    files = shape(run, "new-prompt", str(design), "-o", "prompt", "--topic", "caching", "--level", "mid")["files"]
    assert files == ["prompt/blueprint.yaml", "prompt/facts.yaml"]
    code, out, _ = run("start", "./prompt", typed="visitors ?\n/end\n")
    assert code == 0
    assert "Take 100k user." in out
    assert shape(run, "sessions")["sessions"][0]["setup"]["system"] == str(tmp_path / "prompt")
    code, _, err = run("new-prompt", str(design), "-o", "prompt")
    assert code == 2
    assert "not overwritten" in err
    (tmp_path / "prompt" / "facts.yaml").unlink()
    code, _, err = run("start", "./prompt")
    assert code == 2
    assert "no facts.yaml" in err
    assert run("review", "prompt-1")[0] == 0, "what was done is shown when its prompt has gone"


def test_alone_it_teaches(run: Run) -> None:
    code, out, _ = run()
    assert code == 0
    assert "loadcase practice start chat" in out


def test_a_model_that_is_no_address_is_told_at_the_door(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOADCASE_MODEL_URL", "nowhere")
    code, _, err = run("start", "chat")
    assert code == 2
    assert "is no address" in err
    assert shape(run, "sessions") == {"sessions": []}


def test_progress_without_anything(run: Run) -> None:
    found = shape(run, "progress")
    assert found["sessions"] == found["weak"] == []
    assert len(found["next"]) == 5
    assert "nothing was judged yet" in run("progress")[1]
