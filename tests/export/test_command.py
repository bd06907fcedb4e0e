"""`loadcase export`: what it prints and writes, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loadcase.cli import execute
from tests.export.designs import GALLERY, SHOP


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP, "utf-8")
    return path


def test_it_lists(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["export", str(file)]) == 0
    out = capsys.readouterr().out
    assert "openapi     OpenAPI 3.1: openapi.json" in out
    assert "not as\n  cql         CQL: shop keeps nothing" in out
    assert execute(["export", str(file), "--format", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["blueprint"] == "shop"
    assert [one["format"] for one in listed["formats"] if not one["possible"]] == ["cql"]


def test_standard_output_is_the_document(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["export", str(file), "--format", "openapi"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["openapi"] == "3.1.0"
    assert captured.err == ""


def test_it_writes_a_file_or_into_a_folder(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["export", str(file), "--format", "sql", "-o", str(tmp_path / "x.sql")]) == 0
    assert capsys.readouterr().out == f"wrote {tmp_path / 'x.sql'}\n"
    (tmp_path / "out").mkdir()
    assert execute(["export", str(file), "--format", "sql", "-o", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "db.sql").read_text() == (tmp_path / "x.sql").read_text()
    several = GALLERY["webhook-receiver"]
    assert execute(["export", str(several), "--format", "sql", "--out", str(tmp_path / "made")]) == 0
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == ["raw.sql", "state.sql"]
    assert "left out: the store mail_books" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "cql"], "keeps nothing whose fields are said"),
        (["--out", "x"], "say which: --format"),
        (["--format", "sqq"], 'Did you mean "sql"'),
        (["--format", "sql", "--variant", "x"], "variant"),
        (["--format", "openapi", "--out", "/nowhere/x.json"], "cannot write"),
    ],
)
def test_what_is_wrong_is_told_in_one_error(
    arguments: list[str], said: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["export", str(file), *arguments]) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""


def test_a_folder_cannot_be_made_where_a_file_is(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["export", str(GALLERY["webhook-receiver"]), "--format", "sql", "-o", str(file)]) == 2
    assert "cannot make the folder" in capsys.readouterr().err


def test_a_wrong_type_is_refused_at_its_line(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(SHOP.replace("paid: bool", "paid: boo"), "utf-8")
    assert execute(["export", str(file), "--format", "sql"]) == 2
    err = capsys.readouterr().err
    assert f"{file}:8:" in err
    assert 'did you mean "bool"?' in err
