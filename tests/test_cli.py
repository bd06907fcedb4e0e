"""The command line: exit codes, JSON that stays JSON, errors that teach."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from loadcase.cli import execute
from loadcase.report.progress import Progress

SMALL = """\
loadcase: 1
name: small
requirements: {contract: [r.p95 < 300 ms, s.utilisation < 80 %]}
components: {s: {kind: service, workers: 4}}
flows: {r: {arrive: {rate: 100 /s}, steps: [{s.handle: {work: exp(5 ms)}}]}}
cases: {normal: {duration: 20 s}, double: {load: 2, duration: 20 s}}
"""


@pytest.fixture
def small(tmp_path: Path) -> str:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return str(path)


def test_check_holds_with_zero_and_breaks_with_one(
    small: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["check", small, "--quiet"]) == 0
    assert "small: holds" in capsys.readouterr().out
    tight = tmp_path / "tight.yaml"
    tight.write_text(SMALL.replace("300 ms", "1 ms"))
    assert execute(["check", str(tight), "--quiet"]) == 1
    assert "busiest: s" in capsys.readouterr().out


def test_what_a_run_cannot_tell_is_undecided(small: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(small).write_text(SMALL.replace("r.p95", "r.p99999"))
    assert execute(["check", small, "--seeds", "1", "--quiet"]) == 3
    out = capsys.readouterr().out
    assert "unknown" in out
    assert "too few samples" in out


def test_json_is_one_documented_object(small: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["check", small, "--format", "json"]) == 0
    shape = json.loads(capsys.readouterr().out)
    assert (shape["blueprint"], shape["verdict"]) == ("small", "holds")
    guarantee = shape["cases"][0]["guarantees"][0]
    assert {"guarantee", "metric", "value", "low", "high", "bound", "unit", "verdict", "evidence"} <= set(guarantee)
    assert guarantee["low"] <= guarantee["value"] <= guarantee["high"] < guarantee["bound"] == 0.3
    assert execute(["run", small, "--case", "double", "--seed", "5", "--format", "json"]) == 0
    shape = json.loads(capsys.readouterr().out)
    assert shape["metrics"]["r.p95"]["unit"] == "s"
    assert shape["series"]["r.p95"]["values"]
    assert execute(["estimate", small, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["components"]["s"]["utilisation"] == pytest.approx(0.125)


def test_junit_and_github(small: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = Path(small).read_text().replace("300 ms", "1 ms")
    Path(small).write_text(text)
    execute(["check", small, "--case", "normal", "--format", "junit"])
    suites = ElementTree.fromstring(capsys.readouterr().out.split("\n", 1)[1])
    assert suites[0].attrib["failures"] == "1"
    execute(["check", small, "--case", "normal", "--format", "github"])
    assert f"::error file={small},line=3" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chek", "x"], "chek"),
        (["check", "nowhere.yaml"], "cannot read nowhere.yaml"),
        (["check"], "file"),
        (["run", "SMALL", "--case", "nomral"], "normal"),
        (["kinds", "cahce"], "cache"),
        (["profiles", "redsi"], "redis"),
        (["check", "SMALL", "--budget", "soon"], "60s"),
        (["new", "SMALL"], "exists"),
        (["check", "SMALL", "--budget", "0s"], "more than 0"),
        (["run", "SMALL", "--scale", "0"], "1:0"),
        (["run", "SMALL", "--scale", "3"], "s does not divide by 3"),
    ],
)
def test_wrong_use_is_told_without_a_traceback(
    arguments: list[str], said: str, small: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute([small if a == "SMALL" else a for a in arguments]) == 2
    out = capsys.readouterr()
    assert said.lower() in out.err.lower()
    assert "Traceback" not in out.err
    assert out.out == ""


def test_a_wrong_blueprint_shows_the_line(small: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(small).write_text(SMALL.replace("workers", "wrokers"))
    assert execute(["check", small]) == 2
    err = capsys.readouterr().err
    assert f"{small}:4:" in err
    assert "^" in err
    assert 'did you mean "workers"?' in err
    assert execute(["check", small, "--format", "json"]) == 2
    problem = json.loads(capsys.readouterr().out)["error"]["problems"][0]
    assert (problem["line"], problem["code"]) == (4, "LC301")


def test_a_new_blueprint_holds_what_it_promises(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "mine.yaml")
    assert execute(["new", path]) == 0
    assert execute(["check", path, "--case", "normal", "--quiet"]) == 0
    assert execute(["new", str(tmp_path / "chat.yaml"), "--from", "chat"]) == 0
    capsys.readouterr()
    assert execute(["draw", str(tmp_path / "chat.yaml")]) == 0
    assert capsys.readouterr().out.startswith("flowchart LR")


def test_light_commands_do_not_load_the_compiler(small: str) -> None:
    code = (
        "import sys; from loadcase.cli import execute\n"
        f"for a in (['--help'], ['estimate', {small!r}], ['draw', {small!r}], ['kinds'], ['profiles'], ['schema']):\n"
        "    assert execute(a) == 0, a\n"
        "assert 'numba' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_hostile_names_cannot_leave_their_label(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "evil.yaml"
    evil = """x"]; click a "javascript:alert(1)"<script>"""
    path.write_text(
        json.dumps(
            {
                "loadcase": 1,
                "name": "evil",
                "components": {evil: {"kind": "service"}},
                "flows": {"r": {"arrive": {"rate": "1 /s"}, "steps": []}},
            }
        )
    )
    code = execute(["draw", str(path)])
    out = capsys.readouterr().out
    assert code in (0, 2)
    assert "<script>" not in out
    assert 'click a "' not in out


def test_size_proposes_and_says_why(small: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    busy = tmp_path / "busy.yaml"
    busy.write_text(
        SMALL.replace("rate: 100 /s", "rate: 2k /s").replace("workers: 4", "workers: 4, price: 10 USD/month")
    )
    assert execute(["size", str(busy)]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "8 replicas" in text  # 20 busy workers at double load, 70 % used
    assert "at most 70 % used" in text
    assert "$10 → $80" in text
    assert execute(["size", str(busy), "--headroom", "0", "--case", "normal", "--format", "json"]) == 0
    shape = json.loads(capsys.readouterr().out)
    assert shape["components"]["s"]["after"] == 4
    assert shape["components"]["s"]["driver"] == "guarantee"  # s.utilisation < 80 %
    assert shape["overlay"] == {"components.s.replicas": 4}
    assert execute(["size", str(busy), "--headroom", "100%"]) == 2
    assert "from 0% up to 100%" in capsys.readouterr().err
    busy.write_text(SMALL.replace("exp(5 ms)", "400 ms"))
    assert execute(["size", str(busy)]) == 1
    assert "no count mends this: r.p95 < 300 ms" in capsys.readouterr().out


def test_estimate_shows_ranges_flows_and_what_is_full_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "d.yaml"
    path.write_text(
        SMALL.replace("components:", "estimates: {users: 20M..80M user}\ncomponents:").replace("5 ms", "50 us")
    )
    assert execute(["estimate", str(path)]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "20M user to 80M user" in text
    assert "flow rate mean p50 p95 p99 available" in text
    assert "µs" in text
    assert "first to saturate: s, at 800x" in text


def test_a_plain_terminal_has_no_micro_sign(tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    path.write_text(SMALL.replace("5 ms", "50 us"))
    done = subprocess.run(
        [sys.executable, "-m", "loadcase.cli", "estimate", str(path)], capture_output=True, check=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert b" us" in done.stdout


def test_validate_closed_form(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["validate", "--closed-form", "--only", "paced", "--only", "QT-CLOSED-1", "--quiet"]) == 0
    assert "1 agree, 0 off, 1 excluded" in capsys.readouterr().out
    assert execute(["validate", "--closed-form", "--only", "paced", "--format", "json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["designs"]
    assert found["status"] == "agree"
    assert {"metric", "closed", "engine", "low", "high", "difference", "limit", "ok"} == set(found["metrics"][0])
    assert execute(["validate", "--closed-form", "--only", "nonsense"]) == 2


@pytest.fixture
def long(tmp_path: Path) -> str:
    path = tmp_path / "long.yaml"
    path.write_text(SMALL.replace("duration: 20 s", "duration: 100000 s"))
    return str(path)


@pytest.mark.parametrize("command", ["run", "check"])
def test_ctrl_c_leaves_partial_results(
    command: str, long: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> None:
        if not sent:
            sent.append(1)
            os.kill(os.getpid(), signal.SIGINT)

    sent: list[int] = []
    monkeypatch.setattr(Progress, "share", interrupt)
    monkeypatch.setattr(Progress, "check", interrupt)
    assert execute([command, long, "--format", "json"]) == 130
    shape = json.loads(capsys.readouterr().out)
    if command == "run":
        assert "stopped after" in shape["partial"]
    else:
        assert shape["partial"] is True
        assert shape["verdict"] == "unknown"


def test_ctrl_c_leaves_what_was_validated(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(self: Progress, text: str) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Progress, "note", interrupt)
    assert execute(["validate", "--only", "QT-MM1-1", "--only", "QT-MM1-2", "--format", "json"]) == 130
    shape = json.loads(capsys.readouterr().out)
    assert shape["partial"] is True
    assert [c["id"] for c in shape["cases"]] == ["QT-MM1-1"]


def test_a_reader_that_goes_away_does_not_change_the_exit_code(small: str) -> None:
    Path(small).write_text(SMALL.replace("300 ms", "1 ms"))
    for form in ("text", "json"):
        command = [sys.executable, "-m", "loadcase.cli", "check", small, "--case", "normal", "--format", form]
        done = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert done.stdout is not None
        assert done.stderr is not None
        done.stdout.close()
        assert done.wait(300) == 1
        assert "Traceback" not in done.stderr.read()
        done.stderr.close()


def test_no_colour_and_no_boxes_where_they_cannot_be_shown(small: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "NO_COLOR": "1"}
    command = [sys.executable, "-m", "loadcase.cli", "check", small]
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert done.returncode == 0
    assert done.stdout.isascii()
    assert b"\x1b" not in done.stdout
    assert b"ok" in done.stdout


def test_a_design_without_a_contract_is_not_said_to_hold(small: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(small).write_text("\n".join(line for line in SMALL.splitlines() if "contract" not in line))
    assert execute(["check", small]) == 3
    assert "requirements.contract" in capsys.readouterr().out.replace("\n", "")


# --- alerts -----------------------------------------------------------------------------------------------------------
@pytest.fixture
def notes(tmp_path: Path) -> str:
    from tests.alerts.designs import NOTES

    path = tmp_path / "notes.yaml"
    path.write_text(NOTES)
    return str(path)


def test_alerts_are_shown_written_and_printed(notes: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = tmp_path / "rules.yml"
    assert execute(["alerts", notes, "--out", str(rules), "--prefix", "shop"]) == 0
    out = capsys.readouterr().out
    assert "send.availability >= 99.95 % over 28 day" in out
    assert f"wrote {rules}" in out.replace("\n", "")
    assert execute(["alerts", notes, "--format", "prometheus", "--prefix", "shop"]) == 0
    assert capsys.readouterr().out == rules.read_text()
    assert "shop_requests_total" in rules.read_text()
    assert execute(["alerts", notes, "--format", "json"]) == 0
    shape = json.loads(capsys.readouterr().out)
    assert [r["burn_rate"] for r in shape["slos"][0]["rules"]] == [13.44, 5.6, 1.0]
    assert "cases" not in shape


def test_a_replay_is_judged(notes: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["alerts", notes, "--case", "zone_outage", "--seeds", "2", "--quiet"]
    assert execute(arguments) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "normal: holds nobody is paged over 2 seeds" in out
    assert "zone_outage: holds (page_within 180 s)" in out
    assert "in closed form), over after" in out
    assert execute([*arguments, "--format", "json"]) == 0
    shape = json.loads(capsys.readouterr().out)
    page = shape["cases"][1]["runs"][0]["alerts"][0]
    assert (shape["verdict"], page["severity"], page["certain"]["fires"]) == ("holds", "page", True)
    assert page["closed_form_s"] < page["certain"]["earliest_s"] + 10 < page["certain"]["latest_s"] + 10 < 130
    text = Path(notes).read_text()
    Path(notes).write_text(text.replace("page_within: 3 min", "page_within: 1 min"))
    assert execute([*arguments, "--out", str(tmp_path / "r.yml")]) == 1
    assert (tmp_path / "r.yml").exists()
    Path(notes).write_text(text.replace("    page_within: 3 min\n", ""))
    assert execute(arguments) == 3
    assert "no page is promised" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["SMALL"], "no objective to alert on"),
        (["NOTES", "--prefix", "1x"], "cannot begin with '1x'"),
        (["NOTES", "--seeds", "3"], "--case"),
        (["NOTES", "--case", "zone_outage", "--format", "prometheus"], "--out"),
        (["NOTES", "--case", "zone_outge"], "zone_outage"),
        (["NOTES", "--case", "normal", "--seeds", "0"], "1 to 10000"),
        (["NOTES", "--out", "/nowhere/rules.yml"], "cannot write"),
        (["NOTES", "--out", "/"], "cannot write"),
    ],
)
def test_alerts_refuse_what_makes_no_sense(
    arguments: list[str], said: str, small: str, notes: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [{"SMALL": small, "NOTES": notes}.get(a, a) for a in arguments]
    assert execute(["alerts", *given]) == 2
    out = capsys.readouterr()
    assert said in out.err
    assert "Traceback" not in out.err


def test_a_guarantee_that_only_some_cases_have_is_in_the_table(
    notes: str, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    for cases in (["normal", "zone_outage"], ["zone_outage", "normal"]):
        chosen = [a for case in cases for a in ("--case", case)]
        execute(["check", notes, "--seeds", "1", "--quiet", *chosen])
        assert "page_within 180 s" in capsys.readouterr().out
