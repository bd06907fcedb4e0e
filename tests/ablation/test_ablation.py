"""The ablation matrix: for each guarantee a design that keeps it, and the one changed line that breaks it.

Each file in `designs` is a blueprint whose first lines say what is expected of it:

    # breaks: note.applied_twice        the metric of the contract that the variant `broken` breaks
    # shows: db                         a component that the story of it names
    # under: crash of pushers           optional: a fault that the story names

It has one case or is judged in all of them, and its variant `broken` changes one path. A metric that is no count of
anomalies (a percentile, a recovery) has no story; then `shows` is left out.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from loadcase import api
from loadcase.blueprint.load import load
from loadcase.check.recover_within import METRIC as RECOVERY
from loadcase.core.results import CheckResult, Outcome

DESIGNS = sorted((Path(__file__).parent / "designs").glob("*.yaml"))
MANY = 20


def expected(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^# (breaks|shows|under): (.+)$", path.read_text(encoding="utf-8"), re.M))


def outcomes(result: CheckResult, metric: str) -> list[Outcome]:
    return [outcome for case in result.cases for outcome in case.guarantees if outcome.metric == metric]


def check(path: Path, variant: str | None, seeds: int) -> CheckResult:
    return api.check(load(path, variant=variant), seeds=seeds, exact=True)


@pytest.fixture(params=DESIGNS, ids=lambda path: path.stem)
def design(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_a_design_says_what_breaks_it(design: Path) -> None:
    blueprint = load(design)
    said = expected(design)
    recovers = {RECOVERY for case in blueprint.cases.values() if case.recover_within is not None}
    assert said["breaks"] in {guarantee.metric for guarantee in blueprint.contract} | recovers
    assert list(blueprint.variants) == ["broken"]
    assert len(blueprint.variants["broken"]) == 1


def test_the_intact_design_holds(design: Path) -> None:
    result = check(design, None, 3)
    assert result.verdict == "holds", result


def test_one_change_breaks_what_it_should(design: Path) -> None:
    said = expected(design)
    broken = [o for o in outcomes(check(design, "broken", 3), said["breaks"]) if o.verdict == "broken"]
    assert broken
    lines = [line for outcome in broken if outcome.story for line in outcome.story.lines]
    if "shows" in said:
        assert said["shows"] in {line.component for line in lines}
    if "under" in said:
        assert any(said["under"] in fault for line in lines for fault in line.faults)


@pytest.mark.slow
def test_no_false_alarm_in_many_seeds(design: Path) -> None:
    result = check(design, None, MANY)
    assert result.verdict == "holds", result
    assert all(len(case.seeds) == MANY for case in result.cases)


@pytest.mark.slow
def test_it_is_broken_in_many_seeds(design: Path) -> None:
    assert any(o.verdict == "broken" for o in outcomes(check(design, "broken", MANY), expected(design)["breaks"]))


def test_there_are_as_many_pairs_as_promised() -> None:
    assert len(DESIGNS) >= LEAST


LEAST = 54
