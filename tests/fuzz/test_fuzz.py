"""Two thousand broken blueprints: no traceback, no hang, no memory eaten, and each refusal shows the way out.

The files are those of the catalogue and, with fixed seeds, mutations of the gallery. All are loaded, estimated, drawn
and written back; a hundred of the mutations that load, and all the oversized designs of the catalogue, are checked too.
"""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from loadcase.systems import system, systems
from tests.fuzz.catalogue import SIZES, hostile
from tests.fuzz.mutate import mutated
from tests.fuzz.pool import Worker, run_all

TOTAL = 2_000
CHECKED = 100
MOST_CPU_S = 5.0
MOST_BYTES = 1 << 30

pytestmark = pytest.mark.slow


def _written(folder: Path, files: dict[str, bytes]) -> dict[str, str]:
    paths = {}
    for i, (name, content) in enumerate(files.items()):
        path = folder / f"{i}.yaml"
        path.write_bytes(content)
        paths[name] = str(path)
    return paths


def _complaint(name: str, found: dict[str, Any]) -> str:
    """What is wrong with an outcome; empty when nothing is."""
    if found["status"] not in ("loaded", "refused"):
        return f"{name}: {found['status']} {found.get('trace', '')}"
    if found["cpu_s"] > MOST_CPU_S:
        return f"{name}: took {found['cpu_s']:.1f} s of CPU"
    if found["rss"] > MOST_BYTES:
        return f"{name}: took {found['rss'] >> 20} MiB"
    if "Traceback" in found.get("text", ""):
        return f"{name}: shows a traceback"
    if found["status"] == "refused" and not found["problems"]:
        return f"{name}: refused without a place: {found['text']}"
    for problem in found.get("problems", ()):
        if not (problem["file"] and problem["line"] > 0 and problem["column"] > 0):
            return f"{name}: refused without a place: {problem}"
        if not problem["hint"].strip() or not problem["message"].strip():
            return f"{name}: refused without a fix: {problem}"
        place = f"{problem['file']}:{problem['line']}:{problem['column']}: error[{problem['code']}]"
        if place not in found["text"]:
            return f"{name}: the text does not show {place}"
    if found.get("code", 0) == 2:
        error = found["out"]["error"]
        told = error["problems"] or [error]
        if not all(t["message"] and t["hint"] for t in told):
            return f"{name}: check refuses without a fix: {error}"
    return ""


def test_two_thousand_broken_blueprints_are_loaded_or_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = hostile()
    sources = sorted((one.path.read_text("utf-8") for one in systems()), key=len)
    seed = 0
    while len(files) < TOTAL:
        files[f"mutation {seed}"] = mutated(
            sources[0 if seed % 3 else seed // 3 % len(sources)], seed
        )  # mostly the quickest one
        seed += 1
    paths = _written(tmp_path, files)
    Worker.warm_up()
    found = run_all((name, path, "light") for name, path in paths.items())
    loaded = [n for n, f in found.items() if f["status"] == "loaded" and n.startswith("mutation")]
    chosen = random.Random(1).sample(loaded, min(CHECKED, len(loaded))) + sorted(SIZES)
    checked = run_all((name, paths[name], "check") for name in chosen)
    complaints = [c for part in (found, checked) for name, f in part.items() if (c := _complaint(name, f))]
    with capsys.disabled():
        print(f"\n{len(found)} files: {dict(Counter(f['status'] for f in found.values()))}; "
              f"{len(checked)} checked: {dict(Counter(str(f.get('code', f['status'])) for f in checked.values()))}; "
              f"most CPU {max(f['cpu_s'] for p in (found, checked) for f in p.values()):.1f} s, "
              f"most memory {max(f['rss'] for p in (found, checked) for f in p.values()) >> 20} MiB")  # fmt: skip
    assert len(found) >= TOTAL
    assert not complaints, "\n".join(complaints[:40])
    assert sum(f["status"] == "refused" for f in found.values()) > TOTAL / 2


def test_the_same_seed_makes_the_same_file() -> None:
    text = system("chat").path.read_text("utf-8")
    assert [mutated(text, s) for s in range(50)] == [mutated(text, s) for s in range(50)]
    assert len({mutated(text, s) for s in range(50)}) > 40
