"""`loadcase sweep` and `loadcase compare`: exit codes, what is printed, and that each option does something."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import loadcase
from loadcase.cli import execute
from loadcase.explore.sweep import journal_of
from tests.explore.designs import TINY
from tests.explore.test_flips import DESIGN
from tests.explore.test_sweep import LONG, rows_in, wait_until

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def tiny(tmp_path: Path) -> str:
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY)
    return str(path)


@pytest.fixture
def ab(tmp_path: Path) -> str:
    path = tmp_path / "ab.yaml"
    path.write_text(DESIGN)
    return str(path)


def told(capsys: Capture, *arguments: str, code: int = 0) -> dict[str, Any]:
    assert execute([*arguments, "--format", "json", "--quiet"]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_sweep_prints_a_row_for_each_point(tiny: str, capsys: Capture) -> None:
    arguments = ["sweep", tiny, "--set", "s.replicas=1..3", "--seeds", "3", "--threads", "1", "--quiet"]
    assert execute([*arguments, "--show", "s.queue"]) == 0
    out = capsys.readouterr().out
    assert "tiny, 3 points" in out
    assert "s.queue" in out
    assert out.count("holds") + out.count("broken") + out.count("unknown") == 3
    assert "9 runs" in out


def test_each_option_of_a_sweep_does_something(tiny: str, tmp_path: Path, capsys: Capture) -> None:
    base = ["sweep", tiny, "--set", "s.replicas=1..3", "--seeds", "1", "--threads", "1"]
    shape = told(capsys, *base)
    assert (shape["runs"], shape["done"], shape["before"], shape["partial"], shape["file"]) == (3, 3, 0, False, None)
    assert [p["values"] for p in shape["points"]] == [{"s.replicas": n} for n in (1, 2, 3)]
    cases = told(capsys, *base, "--case", "normal", "--case", "peak")
    assert [p["case"] for p in cases["points"]] == ["normal", "peak"] * 3
    shown = told(capsys, *base, "--show", "s.utilisation")
    assert [list(p["metrics"]) for p in shown["points"]] == [["s.utilisation"]] * 3
    out = tmp_path / "t.parquet"
    assert told(capsys, *base, "--out", str(out))["file"] == str(out)
    assert told(capsys, *base, "--out", str(out))["before"] == 3
    assert pq.read_table(out).num_rows == 3
    sampled = told(capsys, *base, "--set", "estimates.users=10..200", "--samples", "4")
    other = told(capsys, *base, "--set", "estimates.users=10..200", "--samples", "4", "--sampling-seed", "2")
    assert len(sampled["points"]) == 4
    assert [p["values"] for p in sampled["points"]] != [p["values"] for p in other["points"]]


def test_a_variant_is_swept(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY + "variants: {dear: {s.price: 500 USD/month}}\n")
    base = ["sweep", str(path), "--set", "s.replicas=1,2", "--seeds", "1", "--threads", "1"]
    cost = [[g["value"] for g in p["guarantees"]][1] for p in told(capsys, *base, "--variant", "dear")["points"]]
    assert cost == [500.0, 1000.0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "varies at least one value"),
        (["--set", "s.replicas=0"], "s.replicas=0"),
        (["--set", "s.replicas=1", "--out", "t.csv"], "Parquet"),
        (["--set", "s.replicas=1", "--samples", "0"], "--samples takes"),
        (["--set", "s.replicas=1", "--cluster", "tcp://x:1", "--threads", "2"], "--threads is about this machine"),
        (["--set", "s.replicas=1", "--seeds", "0"], "--seeds takes"),
    ],
)
def test_a_wrong_sweep_is_refused(tiny: str, arguments: list[str], said: str, capsys: Capture) -> None:
    assert execute(["sweep", tiny, *arguments]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="sends signals")
def test_ctrl_c_leaves_partial_results(tmp_path: Path) -> None:
    path, out = tmp_path / "long.yaml", tmp_path / "t.parquet"
    path.write_text(LONG)
    command = [sys.executable, "-m", "loadcase.cli", "sweep", str(path), "--set", "s.replicas=2..6", "--seeds", "20"]
    command += ["--out", str(out), "--threads", "2", "--format", "json", "--quiet"]
    source = str(Path(loadcase.__file__).parents[1])
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": source})
    wait_until(lambda: len(rows_in(journal_of(out))) >= 2)
    process.send_signal(signal.SIGINT)
    shape = json.loads(process.communicate(timeout=60)[0])
    assert process.returncode == 130
    assert shape["partial"]
    assert 2 <= shape["done"] < 100
    assert json.loads(pq.read_table(out).schema.metadata[b"loadcase"])["partial"]
    assert len(rows_in(journal_of(out))) == shape["done"]


def test_a_comparison_prints_both_and_the_better(ab: str, capsys: Capture) -> None:
    assert execute(["compare", ab, "--variant", "two", "--case", "normal", "--seeds", "3", "--quiet"]) == 0
    out = capsys.readouterr().out
    assert "normal, 3 seeds" in out
    assert "ab is the better: ab holds its contract, and two breaks s.utilisation < 50 % (normal)" in " ".join(
        out.split()
    )


def test_two_files_are_compared(ab: str, tmp_path: Path, capsys: Capture) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(DESIGN.replace("replicas: 8", "replicas: 9"))
    shape = told(capsys, "compare", ab, str(other), "--case", "normal", "--seeds", "2", "--show", "s.queue")
    assert shape["names"] == [ab, str(other)]
    assert (shape["better"], shape["cost"]["difference"]) == ("a", pytest.approx(100.0))
    assert "s.queue" in [d["metric"] for d in shape["cases"][0]["differences"]]
    other.write_text(other.read_text().replace("name: ab", "name: nine"))
    assert told(capsys, "compare", ab, str(other), "--case", "normal", "--seeds", "2")["names"] == ["ab", "nine"]


def test_an_undecided_comparison_has_a_code_of_its_own(ab: str, capsys: Capture) -> None:
    shape = told(capsys, "compare", ab, "--variant", "two", "--case", "normal", "--budget", "1ns", code=3)
    assert shape["better"] == "unknown"


def test_a_curve_is_drawn(ab: str, capsys: Capture) -> None:
    arguments = ["compare", ab, "--variant", "two", "--sweep", "estimates.users=25..400 log x3", "--case", "normal"]
    assert execute([*arguments, "--seeds", "2", "--within", "30%", "--quiet"]) == 0
    out = capsys.readouterr().out
    assert "the better choice changes from two to ab" in out
    assert "░░░" in out
    assert "███" in out
    shape = told(capsys, *arguments, "--seeds", "2", "--within", "5%")
    flip = shape["flips"][0]
    assert (flip["before"], flip["after"]) == ("two", "ab")
    assert flip["low"] < 100 <= flip["high"] <= 1.12 * flip["low"]


def test_decisions_are_tested(ab: str, capsys: Capture) -> None:
    base = ["compare", ab, "--seeds", "2"]
    shape = told(capsys, *base, "--decision", "right")
    assert [d["verdict"] for d in shape["decisions"]] == ["holds"]
    assert shape["decisions"][0]["by"] == "users"
    assert told(capsys, *base, "--decision", "right", "--by", "each")["decisions"][0]["by"] == "each"
    assert told(capsys, *base, "--decision", "words", code=3)["decisions"][0]["tested"] is False
    every = told(capsys, *base, "--decisions", "--within", "40%", code=1)
    assert [d["decision"] for d in every["decisions"]] == [
        "right", "wrong", "backwards", "never", "plain", "words", "none",
    ]  # fmt: skip
    assert execute([*base, "--decision", "wrong", "--quiet"]) == 1
    assert "two is the better below rate" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "two designs are compared"),
        (["FILE", "--variant", "two"], "two designs are compared"),
        (["--variant", "tow"], "did you mean"),
        (["--variant", "two", "--within", "0%"], "--within takes"),
        (["--variant", "two", "--by", "users"], "--by is about a decision"),
        (["--variant", "two", "--decision", "right"], "names its variant"),
        (["--decision", "rigth"], "no decision"),
        (["--variant", "two", "--sweep", "s.workers=1..2", "--show", "s.queue"], "--show is about one comparison"),
        (["--variant", "two", "--case", "rush"], "no case 'rush'"),
        (["--variant", "two", "--sweep", "s.workers"], "PATH=VALUES"),
    ],
)
def test_a_wrong_comparison_is_refused(ab: str, arguments: list[str], said: str, capsys: Capture) -> None:
    assert execute(["compare", ab, *(ab if a == "FILE" else a for a in arguments)]) == 2
    assert said in capsys.readouterr().err
