"""The built page that is shipped: small, its own, and what its source builds."""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "src" / "loadcase" / "studio" / "static"
NAMED = {"www.w3.org", "react.dev", "reactflow.dev", "codemirror.net", "github.com"}
"""Hosts that stand in messages and in names of namespaces; nothing is asked of them."""


def files() -> dict[str, bytes]:
    return {str(one.relative_to(STATIC)): one.read_bytes() for one in sorted(STATIC.rglob("*")) if one.is_file()}


def test_the_page_asks_nobody_else() -> None:
    for name, data in files().items():
        if name.endswith((".js", ".css", ".html", ".svg")):
            text = data.decode()
            assert set(re.findall(r"(?:https?|wss?)://([\w.-]+)", text)) <= NAMED, name
            assert not re.search(
                r"""(?:fetch|EventSource|WebSocket|importScripts|import)\(\s*["'`](?:https?:)?//""", text
            ), name
            assert not re.search(r"""(?:@import|url\()\s*["']?(?:https?:)?//""", text), name


def test_the_page_has_no_inline_script() -> None:
    page = (STATIC / "index.html").read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert not re.search(r"\son\w+\s*=|javascript:", page)
    assert all(found.startswith("/") for found in re.findall(r'(?:src|href)="([^"]+)"', page))
    assert all((STATIC / found.lstrip("/")).is_file() for found in re.findall(r'(?:src|href)="([^"]+)"', page))


def test_the_bundle_is_small() -> None:
    packed = {n: len(gzip.compress(data)) for n, data in files().items() if n.endswith((".js", ".css", ".html"))}
    room = {name: size for name, size in packed.items() if "/Room-" in name}
    assert sum(packed.values()) - sum(room.values()) < 350 * 1024
    assert 0 < sum(room.values()) < 32 * 1024
    assert not any(name in (STATIC / "index.html").read_text() for name in room)  # it comes when it is opened


def test_the_licences_of_what_is_bundled_are_shipped() -> None:
    told = (STATIC / "assets" / "licences.txt").read_text()
    for name in ("react", "react-dom", "@xyflow/react", "@codemirror/view", "uplot", "@fontsource-variable/inter"):
        assert f"\n{name} " in f"\n{told}", name


@pytest.mark.slow
def test_the_bundle_is_what_its_source_builds(tmp_path: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed: the committed bundle is not compared with a rebuild")
    source = tmp_path / "studio"
    shutil.copytree(ROOT / "studio", source, ignore=shutil.ignore_patterns("node_modules"))
    for command in (
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        ["run", "check"],
        ["test"],
        ["run", "bundle"],
    ):
        done = subprocess.run([npm, *command], cwd=source, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    built = tmp_path / "src" / "loadcase" / "studio" / "static"
    rebuilt = {str(one.relative_to(built)): one.read_bytes() for one in built.rglob("*") if one.is_file()}
    assert sorted(rebuilt) == sorted(files())
    assert [name for name, data in files().items() if rebuilt[name] != data] == []
