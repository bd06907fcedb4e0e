"""The candidate's file: what an editor saves is taken, once it has settled."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadcase.core.errors import UsageError
from loadcase.practice.artifact import Artifact
from loadcase.practice.record import Setup
from loadcase.practice.session import Session
from loadcase.practice.store import Store
from tests.practice.interviewer import Clock, installed


@pytest.fixture
def artifact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Artifact]:
    installed(monkeypatch)
    store = Store(tmp_path / "p.sqlite")
    yield Artifact(Session.start(store, Setup("chat"), Clock()))
    store.close()


def save(artifact: Artifact, text: str, at: int) -> None:
    artifact.path.write_text(text)
    os.utime(artifact.path, ns=(at, at))


def test_a_change_is_taken_when_it_has_settled(artifact: Artifact) -> None:
    assert artifact.changed(at_once=True) is None, "the skeleton is nobody's design"
    save(artifact, "", 1)
    assert artifact.pick_up() == []
    save(artifact, "name: x\n", 2)
    assert artifact.pick_up() == [], "an editor may be in the middle of it"
    (wrote,) = artifact.pick_up()
    assert wrote.kind == "wrote"
    assert artifact.pick_up() == []
    save(artifact, "name: y\n", 3)
    assert [e.kind for e in artifact.pick_up(at_once=True)] == ["wrote"]
    assert artifact.session.record.blueprint == "name: y\n"


def test_a_file_that_is_gone_changes_nothing(artifact: Artifact) -> None:
    save(artifact, "name: x\n", 1)
    artifact.pick_up(at_once=True)
    artifact.path.unlink()
    assert artifact.pick_up(at_once=True) == []
    assert Artifact(artifact.session).path.read_text() == "name: x\n"


def test_what_cannot_be_taken_is_told(artifact: Artifact, tmp_path: Path) -> None:
    save(artifact, "x" * 1_000_001, 1)
    with pytest.raises(UsageError, match="larger than"):
        artifact.pick_up(at_once=True)
    for path, said in ((tmp_path / "nowhere", "cannot read"), (tmp_path, "cannot read")):
        with pytest.raises(UsageError, match=said):
            artifact.copy(path)
    save(artifact, "a: 1\r\n", 2)
    artifact.pick_up(at_once=True)
    assert artifact.session.record.blueprint == "a: 1\r\n", "letter by letter"
