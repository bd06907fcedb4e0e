"""The pages of the gallery show what was measured of the designs as they are."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from tools.docs.gallery import judged, page, read, shape_of

from loadcase.blueprint.load import load
from loadcase.explore.journal import content_hash
from loadcase.systems import System, systems

SYSTEMS = {one.name: one for one in systems()}
MEASURED = {name: measured for name, one in SYSTEMS.items() if (measured := read(one)) is not None}


@pytest.mark.parametrize("name", MEASURED)
def test_what_is_shown_was_measured_of_the_design_as_it_is(name: str) -> None:
    assert MEASURED[name]["design"] == content_hash(SYSTEMS[name].blueprint.data), (
        f"python -m tools.docs gallery {name}"
    )


@pytest.mark.parametrize("name", MEASURED)
def test_a_design_holds_and_every_variant_that_should_break_something_does(name: str) -> None:
    measured = MEASURED[name]
    assert measured["check"]["verdict"] == "holds"
    broken = {v: {d["verdict"] for d in check["decided"]} for v, check in measured["variants"].items()}
    assert all(found <= {"holds"} for found in broken.values()), broken
    assert any(check["verdict"] == "broken" for check in measured["variants"].values())


@pytest.mark.slow
@pytest.mark.parametrize("name", MEASURED)
def test_one_case_is_as_it_was_measured(name: str) -> None:
    first = MEASURED[name]["check"]["cases"][0]["case"]
    agrees(shape_of(judged(SYSTEMS[name].path, cases=[first]))["cases"], MEASURED[name]["check"]["cases"][:1])


@pytest.mark.slow
@pytest.mark.parametrize("name", MEASURED)
def test_the_first_variant_breaks_what_it_did(name: str) -> None:
    variant = next(v for v, check in MEASURED[name]["variants"].items() if check["verdict"] == "broken")
    test_a_variant_breaks_what_it_did(name, variant)


@pytest.mark.gallery
@pytest.mark.parametrize("name", MEASURED)
def test_all_cases_are_as_they_were_measured(name: str) -> None:
    result = judged(SYSTEMS[name].path)
    assert result.verdict == "holds"
    agrees(shape_of(result)["cases"], MEASURED[name]["check"]["cases"])


@pytest.mark.gallery
@pytest.mark.parametrize(("name", "variant"), [(n, v) for n, m in MEASURED.items() for v in m["variants"]])
def test_a_variant_breaks_what_it_did(name: str, variant: str) -> None:
    found = shape_of(judged(SYSTEMS[name].path, variant))
    agrees(found["cases"], MEASURED[name]["variants"][variant]["cases"])


def agrees(found: list[dict[str, Any]], kept: list[dict[str, Any]]) -> None:
    """Verdicts are the same, and values to a thousandth."""
    assert [c["case"] for c in found] == [c["case"] for c in kept]
    for case, before in zip(found, kept, strict=True):
        assert (case["verdict"], case["scale"], case["seeds"]) == (before["verdict"], before["scale"], before["seeds"])
        for line, was in zip(case["guarantees"], before["guarantees"], strict=True):
            assert (line["guarantee"], line["verdict"]) == (was["guarantee"], was["verdict"]), case["case"]
            same = line["value"] == was["value"] or math.isclose(line["value"], was["value"], rel_tol=1e-3)
            assert same, (case["case"], line["guarantee"], line["value"], was["value"])


# --- the page ---------------------------------------------------------------------------------------------------------
def test_what_is_written_by_hand_above_the_note_stays(tmp_path: Path) -> None:
    path = tmp_path / "chat"
    path.mkdir()
    (path / "blueprint.yaml").write_text(SYSTEMS["chat"].path.read_text("utf-8"), "utf-8")
    one = System("chat", path / "blueprint.yaml")
    first = page(one, MEASURED["chat"])
    assert "Order within a conversation" in first.split("<!--")[0]
    mine = "# Another title\n\nA story of my own.\n\nIn two parts.\n\n" + first[first.index("<!--") :]
    (path / "README.md").write_text(mine, "utf-8")
    again = page(one, MEASURED["chat"])
    assert again.startswith("# One-to-one chat\n\nA story of my own.\n\nIn two parts.\n\n<!-- Below")
    assert again[again.index("<!--") :] == first[first.index("<!--") :]


def test_a_page_shows_numbers_verdicts_curveballs_decisions_and_the_story() -> None:
    text = page(SYSTEMS["chat"], MEASURED["chat"])
    assert "| `peak_send_rate` | 46.3k message/s | `peak * send_rate` |" in text
    assert "| `message.lost == 0` | ✓ 0 |" in text
    assert "| zone_outage | outage: zone 1" in text
    assert "Tried (`--variant timestamps`), the other choice breaks `deliver.out_of_order == 0` in peak" in text
    assert "commit     send" in text
    assert load(SYSTEMS["chat"].path).components.keys() <= set(text.replace("`", " ").split())
