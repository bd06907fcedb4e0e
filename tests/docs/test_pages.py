"""The pages that are made from the code are up to date, complete, and their links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tools.docs.pages import ROOT, stale, written
from tools.docs.regions import filled
from tools.docs.validation import statuses

from loadcase.blueprint.overlay import SECTIONS
from loadcase.cli import app
from loadcase.core.metrics import METRICS
from loadcase.kinds import kinds
from loadcase.profiles import profiles
from loadcase.review.catalogue import rules

DOCS = ROOT / "docs"
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def test_the_pages_are_up_to_date() -> None:
    assert [str(p.relative_to(ROOT)) for p in stale()] == [], "run `python -m tools.docs`"


def test_a_generated_part_is_made_anew_and_the_rest_stays() -> None:
    text = "before\n<!-- generated: functions -->\nold\n<!-- end -->\nafter\n"
    assert filled(text) == text.replace("old", "\n`min`, `max`, `ceil`, `round`\n")
    with pytest.raises(KeyError, match="nothing"):
        filled("<!-- generated: nothing -->\n<!-- end -->")


def test_everything_has_a_page() -> None:
    assert {p.stem for p in (DOCS / "kinds").glob("*.md")} == {"index", *kinds()}
    assert {p.stem for p in (DOCS / "profiles").glob("*.md")} == {"index", *profiles()}
    assert {p.stem for p in (DOCS / "rules").glob("*.md")} == {"index", *rules()}
    assert {p.stem for p in (DOCS / "commands").glob("*.md")} == {"index", *(n for n in app if n[0] != "-")}
    text = (DOCS / "metrics.md").read_text("utf-8")
    assert all(f"{m.name}`" in text for m in METRICS)
    text = (DOCS / "blueprint.md").read_text("utf-8")
    assert all(f"`{section}`" in text for section in SECTIONS)


def test_decisions_are_numbered_in_turn() -> None:
    pages = sorted((DOCS / "decisions").glob("*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for i, page in enumerate(pages, 1):
        assert page.read_text("utf-8").startswith(f"# {i}. "), page.name


def test_the_numbers_in_the_prose_are_those_of_the_code() -> None:
    from loadcase.alerts.burn import EVALUATE_S, SCRAPE_S
    from loadcase.alerts.replay import FEWEST
    from loadcase.blueprint.load import NETWORK
    from loadcase.blueprint.model import DURATION_S, WARMUP_SHARE
    from loadcase.blueprint.objectives import LONGEST_S, SHORTEST_S
    from loadcase.check.contract import ABOVE
    from loadcase.check.runner import MIN_SEEDS
    from loadcase.engine.state import INTERVALS

    how = " ".join((DOCS / "how-it-works.md").read_text("utf-8").split())
    assert f"until {ABOVE} operations lie beyond it" in how
    assert f"{DURATION_S:.0f} s and a sixth of the duration" in how
    assert pytest.approx(1 / 6) == WARMUP_SHARE
    assert MIN_SEEDS == 3
    assert "starts with three seeds" in how
    alerts = " ".join((DOCS / "alerts.md").read_text("utf-8").split())
    assert f"evaluated every {EVALUATE_S} s" in alerts
    assert f"up to {SCRAPE_S} s old" in alerts
    assert (FEWEST, INTERVALS) == (5, 60)
    assert "fewer than five of the sixty intervals of a run lie before the first fault, or ten after" in alerts
    assert "from 3 to 366 days" in alerts
    assert (SHORTEST_S, LONGEST_S) == (3 * 86400, 366 * 86400)
    format_page = " ".join((DOCS / "blueprint.md").read_text("utf-8").split())
    told = ("client", "same_zone", "cross_zone", "cross_region")
    places = ("to a client", "within a zone", "between zones", "between regions")
    assert ", ".join(f"{NETWORK[n]} {where}" for n, where in zip(told, places, strict=True)) in format_page


@pytest.mark.parametrize("page", written(), ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for link in _LINK.findall(text):
        if link.startswith("http"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page}: {link}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", target.read_text("utf-8"), re.MULTILINE)
            assert anchor in [re.sub(r"[^\w -]", "", h).strip().lower().replace(" ", "-") for h in headings], link


def test_the_page_of_the_validation_has_every_case() -> None:
    from loadcase.validation.run import built_in

    assert set(statuses(DOCS / "validation.md")) == {case["id"] for case in built_in()}


@pytest.mark.slow
def test_the_statuses_of_the_validation_are_those_of_the_page() -> None:
    from loadcase.validation.run import run_cases

    found = {r["id"]: r["status"] for r in run_cases()}
    assert found == statuses(DOCS / "validation.md"), "run `python -m tools.docs validation`"
