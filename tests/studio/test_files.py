"""The folder: nothing outside of it is read or written, and no edit is lost."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from loadcase.studio.errors import StudioError
from loadcase.studio.files import Folder

GOOD = "loadcase: 1\nname: shop\ntitle: 'A shop'  # of sorts\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    inside = tmp_path / "inside"
    (inside / "designs").mkdir(parents=True)
    (tmp_path / "secret.yaml").write_text("loadcase: 1\nname: secret\n")
    (inside / "shop.yaml").write_text(GOOD)
    (inside / "designs" / "chat.yml").write_text("a: 1\n")
    return inside


@pytest.fixture
def folder(root: Path) -> Folder:
    return Folder(root, 1000)


def refused(error: pytest.ExceptionInfo[StudioError]) -> int:
    return error.value.status


def test_files_are_listed_with_what_shows_at_first_sight(folder: Folder, root: Path) -> None:
    (root / "notes.txt").write_text("no")
    (root / ".hidden.yaml").write_text("no")
    (root / "node_modules").mkdir()
    (root / "node_modules" / "x.yaml").write_text("no")
    (root / "large.yaml").write_text("loadcase: 1\n" + "#" * 1000)
    found = {f["path"]: f for f in folder.files()}
    assert list(found) == ["large.yaml", "shop.yaml", "designs/chat.yml"]
    assert (found["shop.yaml"]["name"], found["shop.yaml"]["title"]) == ("shop", "A shop")
    assert found["shop.yaml"]["problem"] is None
    assert found["shop.yaml"]["bytes"] == len(GOOD)
    assert "not a blueprint" in found["designs/chat.yml"]["problem"]
    assert "larger" in found["large.yaml"]["problem"]


@pytest.mark.parametrize(
    "path",
    [
        "../secret.yaml", "designs/../../secret.yaml", "..", "", "/", "/etc/passwd.yaml", "//secret.yaml",
        "./shop.yaml",
        "designs//chat.yml", "shop.yaml/", "..\\secret.yaml", "C:\\secret.yaml", "C:secret.yaml", "shop.yaml\0",
        "shop.yaml\0.yaml", "\0", ".hidden.yaml", "designs/.x.yaml", "shop.txt", "shop", "%2e%2e/secret.yaml",
        "..%2fsecret.yaml", "designs/ ../secret.yaml", "a" * 500 + ".yaml", "/".join("abcdefghij") + ".yaml",
        "designs/chat.yml\n", "\u202eshop.yaml", "~/secret.yaml", "shop.yaml/x.yaml", "designs", "designs.yaml",
    ],
)  # fmt: skip
def test_no_path_leads_elsewhere(folder: Folder, root: Path, path: str) -> None:
    before = {p: p.stat().st_mtime_ns for p in root.parent.rglob("*")}
    with pytest.raises(StudioError) as error:
        folder.read(path)
    assert refused(error) in (400, 404)
    with pytest.raises(StudioError) as error:
        folder.write(path, "x", "0" * 32)
    assert refused(error) in (400, 404, 409)
    assert folder.version(path) is None
    assert {p: p.stat().st_mtime_ns for p in root.parent.rglob("*")} == before


def test_links_are_not_followed(folder: Folder, root: Path) -> None:
    (root / "link.yaml").symlink_to(root.parent / "secret.yaml")
    (root / "out").symlink_to(root.parent)
    (root / "back.yaml").symlink_to(root / "shop.yaml")
    for path in ("link.yaml", "out/secret.yaml", "back.yaml"):
        with pytest.raises(StudioError) as error:
            folder.read(path)
        assert refused(error) == 404
        with pytest.raises(StudioError) as error:
            folder.write(path, "x", None)
        assert refused(error) in (404, 409)
    assert {f["path"] for f in folder.files()} == {"shop.yaml", "designs/chat.yml"}
    assert (root.parent / "secret.yaml").read_text() == "loadcase: 1\nname: secret\n"


def test_pipes_and_devices_are_no_files(folder: Folder, root: Path) -> None:
    os.mkfifo(root / "pipe.yaml")
    with pytest.raises(StudioError) as error:
        folder.read("pipe.yaml")
    assert refused(error) == 404


def test_what_was_edited_is_written_in_one_step_and_keeps_its_mode(folder: Folder, root: Path) -> None:
    (root / "shop.yaml").chmod(0o640)
    before = folder.read("shop.yaml")
    after = folder.write("shop.yaml", "loadcase: 1\nname: other\n", before.version)
    assert (root / "shop.yaml").read_text() == "loadcase: 1\nname: other\n"
    assert stat.S_IMODE((root / "shop.yaml").stat().st_mode) == 0o640
    assert folder.read("shop.yaml") == after
    assert sorted(os.listdir(root)) == ["designs", "shop.yaml"]


def test_a_conflict_loses_nothing(folder: Folder, root: Path) -> None:
    mine = folder.read("shop.yaml")
    (root / "shop.yaml").write_text("theirs\n")
    with pytest.raises(StudioError) as error:
        folder.write("shop.yaml", "mine\n", mine.version)
    assert refused(error) == 409
    current = error.value.more["current"]
    assert current["text"] == "theirs\n"
    assert (root / "shop.yaml").read_text() == "theirs\n"
    folder.write("shop.yaml", "both\n", current["version"])
    assert (root / "shop.yaml").read_text() == "both\n"


def test_a_file_that_is_gone_or_new_is_a_conflict_too(folder: Folder, root: Path) -> None:
    version = folder.read("shop.yaml").version
    with pytest.raises(StudioError) as error:
        folder.write("shop.yaml", "new\n", None)
    assert refused(error) == 409
    (root / "shop.yaml").unlink()
    with pytest.raises(StudioError) as error:
        folder.write("shop.yaml", "mine\n", version)
    assert refused(error) == 409
    assert error.value.more["current"] is None
    assert folder.write("a/b/new.yaml", "new\n", None).text == "new\n"
    assert (root / "a" / "b" / "new.yaml").read_text() == "new\n"


def test_of_many_who_save_the_same_version_one_wins(folder: Folder, root: Path) -> None:
    version = folder.read("shop.yaml").version
    won: list[int] = []
    lost: list[int] = []

    def save(number: int) -> None:
        try:
            folder.write("shop.yaml", f"{number}\n", version)
            won.append(number)
        except StudioError as error:
            lost.append(error.status)

    threads = [threading.Thread(target=save, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), lost) == (1, [409] * 7)
    assert (root / "shop.yaml").read_text() == f"{won[0]}\n"


def test_line_ends_and_the_byte_order_mark_stay(folder: Folder, root: Path) -> None:
    (root / "shop.yaml").write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    found = folder.read("shop.yaml")
    assert found.text == "a: 1\r\nb: 2\r\n"
    folder.write("shop.yaml", "a: 1\nb: 3\n", found.version)
    assert (root / "shop.yaml").read_bytes() == b"\xef\xbb\xbfa: 1\r\nb: 3\r\n"


def test_too_large_and_not_text(folder: Folder, root: Path) -> None:
    with pytest.raises(StudioError) as error:
        folder.write("shop.yaml", "x" * 1001, folder.version("shop.yaml"))
    assert refused(error) == 413
    with pytest.raises(StudioError) as error:
        folder.write("shop.yaml", "\ud800", folder.version("shop.yaml"))
    assert refused(error) == 400
    (root / "shop.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(StudioError) as error:
        folder.read("shop.yaml")
    assert refused(error) == 422
    assert (root / "shop.yaml").read_bytes() == b"\xff\xfe"


def test_a_full_disk_is_said(folder: Folder, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    version = folder.version("shop.yaml")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StudioError, match="No space left"):
        folder.write("shop.yaml", "mine\n", version)
    assert (root / "shop.yaml").read_text() == GOOD
    assert sorted(os.listdir(root)) == ["designs", "shop.yaml"]
