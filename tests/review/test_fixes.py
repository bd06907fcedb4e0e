"""What `--fix` mends stays mended: for every rule with a fix, on a finished design that a flaw was put into.

The designs are those of the ablation matrix, whose variant `broken` is the flaw; what is mended has to hold as the
finished design does.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from loadcase import api
from loadcase.blueprint.load import load
from loadcase.cli import execute
from loadcase.core.results import worst
from loadcase.review.catalogue import rules
from loadcase.review.reviewing import review
from tests.review.test_designs import DESIGNS, FOUND

SEEDS = 3
FLAWED = [path for path in DESIGNS if path.stem in FOUND and rules()[FOUND[path.stem]].fixes]


def fixed(path: Path, folder: Path) -> tuple[Path, str]:
    """A file with the flaw of a design, mended by the command; and its text before."""
    intact = load(path)
    file = folder / f"{path.stem}.yaml"
    file.write_text(intact.changed(intact.variants["broken"]).dump(), "utf-8")
    before = file.read_text("utf-8")
    assert execute(["review", str(file), "--fix"]) in (0, 1)
    return file, before


def test_every_rule_with_a_fix_has_a_design() -> None:
    assert {FOUND[path.stem] for path in FLAWED} == {name for name, rule in rules().items() if rule.fixes}


@pytest.mark.parametrize("path", FLAWED, ids=lambda path: path.stem)
def test_what_is_mended_is_not_found_again(path: Path, tmp_path: Path) -> None:
    rule = FOUND[path.stem]
    file, before = fixed(path, tmp_path)
    after = file.read_text("utf-8")
    assert after != before
    assert [f for f in review(load(file)).findings if f.rule == rule] == []
    assert not review(load(file)).failed or review(load(path)).failed
    assert after.count("#") == before.count("#")
    execute(["review", str(file), "--fix"])
    assert file.read_text("utf-8") == after


@pytest.mark.slow
@pytest.mark.parametrize("path", FLAWED, ids=lambda path: path.stem)
def test_what_is_mended_holds_as_the_finished_design_does(path: Path, tmp_path: Path) -> None:
    file, _ = fixed(path, tmp_path)
    wanted = api.check(load(path), seeds=SEEDS, exact=True).verdict
    assert worst([api.check(load(file), seeds=SEEDS, exact=True).verdict, wanted]) == wanted
