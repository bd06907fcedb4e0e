"""What `judge` and `explain` print: exit codes, one JSON object, CI reports, stories."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from loadcase.check.story import Line
from loadcase.cli import execute
from loadcase.core.history_files import write_history
from loadcase.report.judged import said
from tests.check.planted import PLANTED, history
from tests.engine.test_histories import CHAT

Files = Callable[..., list[str]]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    def made(plant: str, *lines: str) -> list[str]:
        write_history(history(PLANTED[plant][1] if plant else None), tmp_path / "h.jsonl")
        (tmp_path / "c.yaml").write_text("".join(f"- {line}\n" for line in lines))
        return ["judge", str(tmp_path / "h.jsonl"), "--contract", str(tmp_path / "c.yaml")]

    return made


def test_exit_codes_say_the_verdict(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(files("", "message.lost == 0", "send.mean < 1 s")) == 0
    assert "chat: holds" in capsys.readouterr().out
    assert execute(files("lost", "message.lost == 0")) == 1
    out = capsys.readouterr().out
    assert "chat: broken" in out
    assert "revert" in out
    assert "[crash of db/1]" in out
    assert execute(files("", "cost < 1 USD/month")) == 3
    assert execute(files("", "message.lots == 0")) == 2
    assert 'did you mean "lost"' in capsys.readouterr().err


def test_json_is_one_object(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = files("applied twice", "message.applied_twice == 0")
    assert execute([*arguments, "--format", "json"]) == 1
    shape = json.loads(capsys.readouterr().out)
    assert (shape["history"], shape["verdict"]) == ("chat", "broken")
    story = shape["guarantees"][0]["story"]
    assert [line["event"] for line in story["lines"]].count("commit") == 2
    assert execute(["explain", arguments[1], "message.applied_twice", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out) == shape["guarantees"][0]
    Path(arguments[1]).write_bytes(b"{")
    assert execute([*arguments, "--format", "json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "LC401"


def test_junit_and_github_name_what_is_broken(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = files("duplicates", "push.out_of_order == 0", "push.duplicates == 0")
    execute([*arguments, "--format", "junit"])
    suite = ElementTree.fromstring(capsys.readouterr().out.split("\n", 1)[1])[0]
    assert (suite.attrib["tests"], suite.attrib["failures"]) == ("2", "1")
    execute([*arguments, "--format", "github"])
    out = capsys.readouterr().out
    assert out.startswith(f"::error file={arguments[3]},line=2,col=3::push.duplicates == 0 is broken")
    assert out.count("\n") == 1


@pytest.mark.parametrize("name", PLANTED)
def test_the_story_is_a_sequence_diagram(name: str, files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    metric = PLANTED[name][0][0]
    assert execute(["explain", files(name, "")[1], f"{metric} == 0", "--format", "mermaid"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["sequenceDiagram", f"    title {metric} == 0: broken"]
    declared = {line.split()[1] for line in lines if line.startswith("    participant")}
    for line in lines[2:]:
        if "->>" in line:
            ends = line.strip().partition(":")[0].replace("-->>", "->>").split("->>")
            assert set(ends) <= declared
        elif line.startswith("    Note over"):
            assert line.split()[2].rstrip(":") in declared
        else:
            assert line.startswith("    participant")


def test_there_is_no_story_of_what_holds(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    file = files("", "")[1]
    for form in ("text", "mermaid"):
        assert execute(["explain", file, "message.lost", "--format", form]) == 0
        assert "no story to tell" in capsys.readouterr().out
    assert execute(["explain", file, "message.lost", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["story"] is None


def test_a_row_reads_as_a_sentence() -> None:
    more: dict[str, Any] = {"told": (("key", "1"), ("version", "5")), "faults": ("crash of db",)}
    line = Line(1.0, "commit", "send", "7", 2, "db", 3, "message", **more)
    assert said(line) == "commit      send 7       message, key 1, version 5, at db/3, attempt 2  [crash of db]"


# --- the history of a run -----------------------------------------------------------------------------------------
def chat(tmp_path: Path, metric: str) -> str:
    path = tmp_path / "chat.yaml"
    text = CHAT.replace("@", f"{metric} == 0").replace(", once: client_id", "")
    path.write_text(text + "cases: {normal: {duration: 20 s, warmup: 0 s}}\n")
    return str(path)


@pytest.mark.parametrize("ending", ["parquet", "jsonl"])
def test_a_run_writes_what_judge_reads(tmp_path: Path, ending: str, capsys: pytest.CaptureFixture[str]) -> None:
    design, file = chat(tmp_path, "message.applied_twice"), str(tmp_path / f"h.{ending}")
    assert execute(["run", design, "--history", file, "--format", "json", "--quiet"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert execute(["judge", file, "--contract", design, "--format", "json"]) == 1
    judged = json.loads(capsys.readouterr().out)["guarantees"][0]
    assert judged["value"] == told["metrics"]["message.applied_twice"]["value"] > 0
    assert judged["story"]["lines"] == told["stories"]["message.applied_twice"]["lines"]


def test_explain_runs_a_blueprint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    design = chat(tmp_path, "message.lost")
    assert execute(["explain", design, "message.applied_twice", "--format", "json"]) == 1
    first = json.loads(capsys.readouterr().out)
    assert [line["event"] for line in first["story"]["lines"]].count("commit") == 2
    assert execute(["explain", design, "message.applied_twice", "--seed", "2", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["value"] != first["value"]
    assert execute(["explain", design, "message.diverged", "--format", "json"]) == 1  # a second run is made for it
    story = json.loads(capsys.readouterr().out)["story"]
    assert "commit" in {line["event"] for line in story["lines"]}
    assert execute(["explain", design, "message.missed_own_writes"]) == 2  # nobody says whose requests they are
    assert "arrive.session" in capsys.readouterr().err


def test_explain_leaves_the_other_guarantees_of_a_blueprint(capsys: pytest.CaptureFixture[str]) -> None:
    design = Path(__file__).parents[2] / "gallery" / "url-shortener" / "blueprint.yaml"
    assert execute(["explain", str(design), "link.lost", "--case", "ten_times", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["value"] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "@", "--sample", "10%"], "--history"),
        (["run", "@", "--history", "#/h.jsonl", "--sample", "200%"], "--sample 10%"),
        (["run", "@", "--history", "#/nowhere/h.jsonl"], "cannot write"),
        (["run", "@", "--history", "#/h.jsonl", "--sample", "100%", "--duration", "1e6s"], "of memory"),
        (["explain", "@", "message.lost", "--drained"], "recorded histories"),
        (["explain", "#/h.jsonl", "message.lost", "--case", "normal"], "about blueprints"),
    ],
)
def test_what_makes_no_sense_is_refused(
    tmp_path: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    design = chat(tmp_path, "message.lost")
    assert execute([a.replace("@", design).replace("#", str(tmp_path)) for a in arguments]) == 2
    assert said in capsys.readouterr().err
