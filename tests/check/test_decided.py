"""A decision says what its variant breaks, and a check of the variant says whether it does."""

from __future__ import annotations

import pytest

from loadcase import api
from loadcase.blueprint.load import loads
from loadcase.cli import execute
from loadcase.core.errors import BlueprintError

SLOW = """\
loadcase: 1
name: decided
requirements: {contract: [r.p95 < 100 ms, r.mean < 1 s]}
components: {s: {kind: service, workers: 60, work: 10 ms}}
flows: {r: {arrive: {rate: 200 /s}, steps: [s.handle]}}
cases: {normal: {duration: 5 s, warmup: 1 s}}
decisions: {fast: {choose: fast work, variant: slow, breaks: [r.p95]}}
variants: {slow: {components.s.work: 150 ms}}
"""


@pytest.mark.parametrize(
    ("text", "verdict", "broken"),
    [
        (SLOW, "holds", ("r.p95",)),
        (SLOW.replace("[r.p95]}", "[r.mean]}"), "broken", ("r.p95",)),
        (SLOW.replace("[r.p95]}", "[r.p95, r.mean]}"), "broken", ("r.p95",)),
        (SLOW.replace("200 /s", "2 /s"), "unknown", ()),  # too few samples
    ],
)
def test_what_a_variant_breaks_is_compared_with_what_is_said(text: str, verdict: str, broken: tuple[str, ...]) -> None:
    (found,) = api.check(loads(text, variant="slow"), seeds=2).decided
    assert (found.decision, found.verdict, found.broken) == ("fast", verdict, broken)


SHOWN = SLOW.replace("cases: {", "cases: {more: {load: 2, duration: 5 s, warmup: 1 s}, ").replace(
    "breaks: [r.p95]", "breaks: [r.p95], shown_in: [normal]"
)


def test_a_variant_is_judged_in_the_cases_that_show_what_it_breaks() -> None:
    assert [c.case for c in api.check(loads(SHOWN, variant="slow"), seeds=1).cases] == ["normal"]
    assert [c.case for c in api.check(loads(SHOWN), seeds=1).cases] == ["more", "normal"]
    assert [c.case for c in api.check(loads(SHOWN, variant="slow"), cases=["more"], seeds=1).cases] == ["more"]


def test_a_decision_that_does_not_say_where_has_its_variant_judged_everywhere() -> None:
    another = "{other: {choose: it, variant: slow, breaks: [r.p95]}, fast"
    text = SHOWN.replace("decisions: {fast", f"decisions: {another}")
    assert [c.case for c in api.check(loads(text, variant="slow"), seeds=1).cases] == ["more", "normal"]


def test_the_design_itself_has_nothing_to_break() -> None:
    assert api.check(loads(SLOW), seeds=2).decided == ()


def test_it_is_printed(tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path_factory.mktemp("decided") / "b.yaml"
    file.write_text(SLOW)
    assert execute(["check", str(file), "--variant", "slow", "--seeds", "2", "--quiet"]) == 1
    assert "decision fast: the variant breaks r.p95, as it says" in capsys.readouterr().out
    file.write_text(SLOW.replace("[r.p95]}", "[r.mean]}"))
    execute(["check", str(file), "--variant", "slow", "--seeds", "2", "--quiet"])
    assert "it says; in this check not r.mean and also r.p95" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("[r.p95]}", "[r.p96]}", "LC341"),
        (", variant: slow", "", "LC328"),
        ("breaks: [r.p95]", "shown_in: [normal]", "LC328"),
        ("breaks: [r.p95]", "breaks: [r.p95], shown_in: [peak]", "LC302"),
    ],
)
def test_what_cannot_be_broken_is_refused(old: str, new: str, code: str) -> None:
    with pytest.raises(BlueprintError) as error:
        loads(SLOW.replace(old, new))
    assert error.value.problems[0].code == code
