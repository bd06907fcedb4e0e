"""The gallery is found, listed and shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loadcase.cli import execute
from loadcase.core.errors import UsageError
from loadcase.systems import folder, system, systems


def only_facts(folder: Path) -> bool:
    """Whether a system has no design yet."""
    return [p.name for p in folder.iterdir()] == ["facts.yaml"]


def test_every_folder_of_the_gallery_is_a_system_with_a_title_and_a_hard_part() -> None:
    root = folder()
    assert root is not None
    assert [s.name for s in systems()] == sorted(p.name for p in root.iterdir() if p.is_dir() and not only_facts(p))
    for one in systems():
        assert one.blueprint.name == one.name
        assert one.title != one.name
        assert one.hard_part.endswith(".")


def test_a_system_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match="the gallery has no 'chatt'") as error:
        system("chatt")
    assert error.value.hint == 'did you mean "chat"?'


def test_they_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["gallery"]) == 0
    told = capsys.readouterr().out
    assert all(s.name in told and s.hard_part.split()[0] in told for s in systems())


def test_one_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["gallery", "chat"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    for text in ("Design a chat system", "message.lost == 0", "zone_outage", "(--variant timestamps)"):
        assert text in told


def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["gallery", "chat", "--format", "json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["systems"]
    assert found["name"] == "chat"
    assert found["decisions"]["order"]["breaks"] == ["deliver.out_of_order"]
    assert execute(["gallery", "--format", "json"]) == 0
    assert [s["name"] for s in json.loads(capsys.readouterr().out)["systems"]] == [s.name for s in systems()]
    assert execute(["gallery", "nothing", "--format", "json"]) == 2
