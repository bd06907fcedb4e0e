"""The promise to page somebody: judged on tallies made by hand, and over seeds of a simulated outage."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loadcase import api
from loadcase.alerts.burn import EVALUATE_S, SCRAPE_S
from loadcase.alerts.page import judge_calm, judge_page, judge_pages, paged
from loadcase.blueprint.model import Blueprint
from loadcase.core.errors import BlueprintError, UsageError
from loadcase.core.results import Outcome, RunResult, Tally
from tests.alerts.designs import NOTES, cut_short, made, notes, tally

OUTAGE = tally((40, 0.0), (180, 0.33), (80, 0.0))
QUIET = tally((300, 0.0))


def outage(*tallies: Tally, within: float = 120.0) -> Outcome:
    """The promise in a case with an outage of three minutes, by what the availability counted, one run each."""
    blueprint = notes()
    case = blueprint.cases["zone_outage"].model_copy(update={"page_within": within})
    runs = [made(blueprint, "zone_outage", one, QUIET, seed=i + 1) for i, one in enumerate(tallies)]
    found = judge_page(blueprint, case, runs)
    assert found is not None
    return found


def calm(blueprint: Blueprint, *tallies: Tally) -> tuple[str, str]:
    runs = [made(blueprint, "normal", one, QUIET) for one in tallies]
    case = blueprint.cases["normal"]
    return judge_calm(case, [paged(blueprint, case, run) for run in runs])


def test_a_page_in_time_holds_and_is_told() -> None:
    found = outage(OUTAGE, OUTAGE)
    assert found.verdict == "holds"
    assert found.value == pytest.approx(74 + 30 + 15, abs=2.0)  # closed form, evaluation, scrape
    assert found.low == pytest.approx(74, abs=1.0)
    assert "in closed form after 73.3 s" in found.evidence
    assert "over 2 seeds" in found.evidence


def test_a_page_that_comes_too_late_breaks_it() -> None:
    found = outage(OUTAGE, within=90.0)
    assert found.verdict == "broken"
    assert found.margin is not None
    assert found.margin < 0.0


def test_one_run_without_a_page_breaks_it() -> None:
    short = tally((40, 0.0), (180, 0.05), (80, 0.0))
    found = outage(OUTAGE, short)
    assert (found.verdict, found.value) == ("broken", None)
    assert "seed 2: no page" in found.evidence
    assert "the faults last 180 s" in found.evidence


def test_a_page_before_the_fault_breaks_it() -> None:
    found = outage(tally((40, 0.02), (180, 0.33), (80, 0.0)))
    assert found.verdict == "broken"
    assert "before the first fault" in found.evidence


def test_what_the_bins_leave_open_is_unknown() -> None:
    open_ = tally((40, 0.0), (180, 0.2), (80, 0.0), doubtful=0.2)
    assert (outage(open_).verdict, outage(open_).value) == ("unknown", None)
    assert outage(open_, within=60.0).verdict == "broken"
    assert outage(open_, within=300.0).verdict == "holds"


def test_a_run_that_does_not_tell_is_unknown() -> None:
    blueprint = notes()
    cut = cut_short(blueprint, "zone_outage")
    found = judge_page(blueprint, blueprint.cases["zone_outage"], [cut])
    assert found is not None
    assert (found.verdict, found.evidence) == ("unknown", "out of time")
    nothing = judge_page(blueprint, blueprint.cases["zone_outage"], [])
    assert nothing is not None
    assert (nothing.verdict, nothing.evidence) == ("unknown", "no run was finished")
    assert judge_page(blueprint, blueprint.cases["normal"], [cut]) is None


def test_a_run_whose_drain_did_not_end_tells_all_the_same() -> None:
    blueprint = notes()
    run = made(blueprint, "zone_outage", OUTAGE, QUIET, partial="requests were still in flight when the drain ended")
    found = judge_page(blueprint, blueprint.cases["zone_outage"], [run])
    assert found is not None
    assert found.verdict == "holds"


def test_the_first_of_the_objectives_that_pages_counts() -> None:
    blueprint = notes()
    case = blueprint.cases["zone_outage"]
    slow = tally((40, 0.0), (180, 1.0), (80, 0.0))
    found = judge_page(blueprint, case, [made(blueprint, "zone_outage", OUTAGE, slow)])
    assert found is not None
    assert found.verdict == "holds"
    assert judge_page(blueprint, case, [made(blueprint, "zone_outage", QUIET, slow)]).verdict == "broken"  # type: ignore[union-attr]


def test_nobody_is_paged_on_a_normal_day() -> None:
    blueprint = notes()
    assert calm(blueprint, QUIET)[0] == "holds"
    verdict, why = calm(blueprint, QUIET, tally((300, 0.02)))
    assert verdict == "broken"
    assert "2 % of the operations are bad" in why
    assert calm(blueprint, Tally(1.0, [1000] * 300, [0] * 300, [20] * 300))[0] == "unknown"


def test_what_a_case_lets_give_may_page() -> None:
    blueprint = notes().changed({"cases.normal.degrade": {"send.availability": "50 %"}})
    assert calm(blueprint, tally((300, 0.02)))[0] == "holds"


def test_without_a_promise_a_faulty_case_is_unknown() -> None:
    blueprint = notes()
    case = blueprint.cases["zone_outage"].model_copy(update={"page_within": None})
    found = judge_pages(blueprint, "zone_outage", case, [made(blueprint, "zone_outage", OUTAGE, QUIET)])
    assert found.verdict == "unknown"
    assert "no page is promised: say page_within in cases.zone_outage" in found.why
    assert found.found[0].pages()[0].certain.fires_s is not None


def test_check_judges_the_promise_with_the_others() -> None:
    blueprint = notes()
    for within, verdict in (("3 min", "holds"), ("1 min", "broken")):
        result = api.check(blueprint.changed({"cases.zone_outage.page_within": within}), seeds=2)
        rows = {c.case: [o for o in c.guarantees if o.metric == "page"] for c in result.cases}
        assert rows["normal"] == []
        assert [o.verdict for o in rows["zone_outage"]] == [verdict]


def test_check_judges_the_promise_where_it_is_the_only_one() -> None:
    text = NOTES.replace("requirements: {contract: [send.availability >= 99.9 %]}\n", "")
    blueprint = Blueprint.loads(text.replace("    degrade: {send.availability: 60 %}\n", ""))
    (outage,) = api.check(blueprint, cases=["zone_outage"], seeds=1).cases
    assert (outage.verdict, [o.metric for o in outage.guarantees], outage.notes) == ("holds", ["page"], ())
    (normal,) = api.check(blueprint, cases=["normal"], seeds=1).cases
    assert (normal.verdict, normal.partial) == ("unknown", None)
    assert "nothing is promised" in normal.notes[0]


def test_the_cases_are_run_with_every_seed_and_normal_too() -> None:
    result = api.pages(notes(), ["zone_outage"], seeds=2)
    assert [(c.case, c.seeds) for c in result.cases] == [("normal", (1, 2)), ("zone_outage", (1, 2))]
    assert result.verdict == "holds"
    with pytest.raises(UsageError, match="zone_outge"):
        api.pages(notes(), ["zone_outge"])
    with pytest.raises(UsageError, match="no objective"):
        api.pages(Blueprint.loads(NOTES.replace("page_within: 3 min", "").split("operate:")[0]), ["normal"])


def test_what_time_does_not_allow_is_unknown() -> None:
    result = api.pages(notes(), ["zone_outage"], seeds=2, budget_s=1e-9)
    assert result.verdict == "unknown"
    assert "no run was finished" in result.cases[0].why


@pytest.mark.slow
def test_over_twenty_seeds_the_outage_pages_in_time_and_the_normal_case_never() -> None:
    result = api.pages(notes(), ["zone_outage"], seeds=20, budget_s=600.0)
    normal, outage = result.cases
    assert (normal.verdict, outage.verdict, len(normal.found), len(outage.found)) == ("holds", "holds", 20, 20)
    for one in normal.found:
        assert all(a.possible.fires_s is None for a in one.alerts)
    for one in outage.found:
        page = next(a for a in one.pages() if a.objective.metric == "send.availability")
        assert page.certain.fires_s is not None
        assert page.closed_s is not None
        earliest, latest = page.certain.fires_s
        assert page.closed_s - 10.0 <= earliest <= latest <= page.closed_s + EVALUATE_S + SCRAPE_S + 15.0 < 180.0
        assert page.certain.over_s is not None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("faults: [outage: {zone: 1, at: 40 s, for: 3 min}]", "", "no fault to page"),
        (
            "slos: [send.availability >= 99.95 % over 28 day, send.p95 < 100 ms over 28 day]",
            "",
            "there is no objective",
        ),
    ],
)
def test_a_promise_that_nothing_can_keep_is_refused(old: str, new: str, message: str) -> None:
    assert old in NOTES
    with pytest.raises(BlueprintError, match=message) as raised:
        Blueprint.loads(NOTES.replace(old, new))
    assert raised.value.problems[0].code == "LC384"
    assert raised.value.problems[0].line > 1


def test_a_run_is_told_apart_by_its_length() -> None:
    blueprint = notes()
    run: RunResult = made(blueprint, "zone_outage", tally((40, 0.0), (60, 0.33)), tally((100, 0.0)))
    (first, *_) = paged(blueprint, blueprint.cases["zone_outage"], replace(run, duration_s=100.0)).alerts
    assert first.certain.over_s is None  # the outage lasts as long as the run
