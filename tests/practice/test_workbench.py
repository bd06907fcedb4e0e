"""The workbench: designs as far as they are wired, their own cases, curveballs in them, and what they do not need."""

from __future__ import annotations

import pytest

from loadcase.practice.throwing import aimed, cased, timed
from loadcase.practice.wiring import wired
from loadcase.practice.workbench import Workbench
from loadcase.systems import system, systems
from loadcase.systems.facts import Curveball, Facts
from tests.practice.designs import NAIVE, OVERBUILT, PARTIAL, WHOLE

SYSTEMS = [one.name for one in systems()]
FACTS = {name: system(name).facts for name in SYSTEMS}


@pytest.fixture(scope="module")
def bench() -> Workbench:
    return Workbench("chat", budget_s=2.0)


# --- on paper ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text", ["", "  \n", "# nothing but a comment\n", "x: [", "- a\n- b\n", "\x00", "loadcase: 1\n" * 2]
)
def test_what_is_no_blueprint_is_told_and_nothing_else(bench: Workbench, text: str) -> None:
    look = bench.look(text)
    assert look.blueprint is None
    assert look.problems
    assert look.report is None


def test_a_whole_design_has_no_problems(bench: Workbench) -> None:
    look = bench.look(WHOLE)
    assert look.blueprint is not None
    assert look.problems == look.left_out == ()
    assert {"redelivery-without-dedupe", "dual-write"} & {f.rule for f in look.findings}
    assert look.report is not None
    assert look.report.flows["send"].rate == pytest.approx(40.0)


def test_version_and_name_are_supplied(bench: Workbench) -> None:
    look = bench.look(NAIVE)
    assert look.blueprint is not None
    assert (look.blueprint.name, look.problems, look.left_out) == ("chat", (), ())


def test_the_rest_of_a_partial_design_is_looked_at(bench: Workbench) -> None:
    look = bench.look(PARTIAL)
    assert look.blueprint is not None
    assert list(look.blueprint.flows) == ["send"]
    assert list(look.blueprint.components) == ["api"]
    assert [g.text for g in look.blueprint.contract] == ["send.p95 < 100 ms"]
    assert look.report is not None
    left = "\n".join(look.left_out)
    for what in (
        "components.cache",
        "flows.read",
        "estimates.wrong",
        "cases.dead",
        "diagram",
        "search.p95 < 3 s",
        "soon",
    ):
        assert what in left
    messages = {p.message: p.line for p in look.problems}
    assert messages["unknown section 'diagram'"] == 8
    assert messages["unknown component 'db'"] == 6


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("requirements: {functional: [send]}", "no component yet"),
        ("components: {api: {kind: service}}", "no flow yet"),
        ("components: 3", "expected a mapping of names"),
    ],
)
def test_what_is_not_wired_yet_is_told(text: str, said: str) -> None:
    found = wired(text)
    assert found.blueprint is not None
    assert any(said in p.message for p in found.problems)


def test_a_line_is_left_out_and_not_the_list() -> None:
    found = wired(WHOLE.replace("[send.p95 < 500 ms", "[nonsense, send.p95 < 500 ms, more nonsense"))
    assert found.blueprint is not None
    assert [g.metric for g in found.blueprint.contract] == ["send.p95", "send.availability"]
    assert len(found.left_out) == 2


# --- its own cases ----------------------------------------------------------------------------------------------------
def test_a_design_without_cases_is_checked_as_it_is(bench: Workbench) -> None:
    checked = bench.check(NAIVE)
    assert checked.outcome == "holds"
    assert checked.cases == {"normal": "holds"}
    assert {line.metric for line in checked.lines} == {"send.p95", "send.availability"}


def test_a_broken_promise_is_named_with_its_value(bench: Workbench) -> None:
    checked = bench.check(NAIVE.replace("send.p95 < 500 ms", "send.p95 < 1 ms"))
    assert checked.outcome == "broken"
    (line,) = [line for line in checked.lines if line.outcome == "broken"]
    assert line.guarantee in checked.text
    assert line.value in checked.text


def test_one_case_alone(bench: Workbench) -> None:
    dead = "{duration: 10 s, faults: [crash: {on: db, for: 2 s, at: 2 s}]}"
    text = f"{NAIVE}cases: {{busy: {{load: 2, duration: 10 s}}, dead: {dead}}}\n"
    assert bench.check(text, "dead").cases == {"dead": "broken"}
    assert bench.check(text).cases == {"busy": "holds", "dead": "broken"}


def test_nothing_promised_is_undecided(bench: Workbench) -> None:
    assert bench.check(NAIVE.replace("[send.p95 < 500 ms, send.availability >= 99 %]", "[]")).outcome == "undecided"


@pytest.mark.parametrize(
    "text", ["", "x: [", "components: {api: {kind: service}}", PARTIAL.replace("arrive: {rate: rate}", "")]
)
def test_what_does_not_arrive_is_refused(bench: Workbench, text: str) -> None:
    assert bench.check(text).outcome == "refused"
    assert bench.throw(text, "duplicate").outcome == "refused"
    assert bench.needless(text) == ()


def test_an_unknown_case_is_refused(bench: Workbench) -> None:
    assert bench.check(NAIVE, "nope").outcome == "refused"


def test_a_design_too_large_to_wait_for_is_not_run(bench: Workbench) -> None:
    checked = bench.check(NAIVE.replace("rate: 40 /s", "rate: 40M /s"))
    assert checked.outcome == "not_run"
    assert "too many to wait for" in checked.text


def test_a_hostile_count_is_refused_and_nothing_raised(bench: Workbench) -> None:
    text = NAIVE.replace("replicas: 4", "replicas: 900000000")
    assert bench.look(text).problems
    assert bench.throw(text, "gateways_die").outcome in ("refused", "not_run")


def test_nothing_is_run_where_that_is_not_wanted() -> None:
    bench = Workbench("chat", execute=False)
    assert bench.look(NAIVE).report is not None
    assert bench.check(NAIVE).outcome == "not_run"
    assert bench.throw(NAIVE, "duplicate").outcome == "not_run"
    assert bench.needless(NAIVE) == ()


# --- curveballs -------------------------------------------------------------------------------------------------------
def test_a_curveball_shows_what_users_see(bench: Workbench) -> None:
    thrown = bench.throw(NAIVE, "duplicate")
    assert thrown.fault == {"duplicate_requests": {"flow": "send", "share": "5 %", "at": "10 s"}}
    assert thrown.place == "send"
    assert thrown.before["message.applied_twice"] == 0
    assert thrown.after["message.applied_twice"] > 0
    assert "applied twice" in thrown.effect
    assert thrown.outcome == "holds"  # it promises nothing about that


def test_a_broken_promise_of_a_curveball_is_told(bench: Workbench) -> None:
    text = NAIVE.replace("send.availability >= 99 %", "message.applied_twice == 0")
    thrown = bench.throw(text, "duplicate")
    assert thrown.outcome == "broken"
    assert "breaks message.applied_twice == 0" in thrown.effect


def test_the_same_text_and_seed_give_the_same(bench: Workbench) -> None:
    again = Workbench("chat", budget_s=2.0)
    assert again.throw(NAIVE, "slow_consumer") == bench.throw(NAIVE, "slow_consumer")
    assert again.check(NAIVE) == bench.check(NAIVE)
    other = Workbench("chat", budget_s=2.0, seed=9)
    assert other.throw(NAIVE, "slow_consumer").after != bench.throw(NAIVE, "slow_consumer").after


def test_a_second_question_runs_nothing(bench: Workbench) -> None:
    assert bench.throw(NAIVE, "duplicate") is bench.throw(NAIVE, "duplicate")


def test_a_design_without_the_part_is_told_so(bench: Workbench) -> None:
    text = "components: {api: {kind: service}}\nflows: {send: {arrive: {rate: 1 /s}, steps: [api.handle]}}\n"
    thrown = bench.throw(text, "slow_consumer")
    assert thrown.outcome == "refused"
    assert thrown.effect == "your design has no log, queue or topic: say what plays its part"
    assert not bench.fits(text, "slow_consumer")
    assert bench.fits(NAIVE, "slow_consumer")


def test_a_curveball_that_is_a_question_is_not_run() -> None:
    bench = Workbench("url-shortener")
    assert FACTS["url-shortener"].curveballs["shard_it"].fault is None
    assert bench.throw(NAIVE, "shard_it").outcome == "not_run"


def test_an_unknown_curveball_is_refused(bench: Workbench) -> None:
    assert bench.throw(NAIVE, "meteor").outcome == "refused"


def test_what_stands_for_a_fault_without_a_part_is_told(bench: Workbench) -> None:
    thrown = bench.throw(NAIVE, "gateways_die")
    assert "crash" in thrown.fault
    assert thrown.effect.startswith("No flow of yours connects again")


def ball(**fields: object) -> Curveball:
    given = {
        "says": "The sms provider is down.",
        "earned_by": "x",
        "raised_as": ["a", "b"],
        "good": ["x"],
        "source": "y",
    }
    return Curveball.model_validate({**given, **fields})


PROVIDERS = """\
loadcase: 1
name: two
entities: {user: {count: 10}, trip: {count: 10}}
components:
  api: {kind: service}
  work: {kind: service}
  mail: {kind: external}
  sms: {kind: external}
  psp: {kind: external}
  q: {kind: queue}
api: {stop: {kind: control}}
flows:
  send: {arrive: {rate: 1 /s, key: user}, steps: [{api.handle: {do: [q.publish, psp.call]}}]}
  stop: {arrive: {rate: 1 /s, key: trip}, steps: [api.handle]}
  out: {consume: {queue: q, by: work}, steps: [{work.handle: {do: [mail.call, mail.call, {sms.call: {key: user}}]}}]}
"""


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"fault": {"dependency_down": {"on": "external", "for": "5 s"}}}, "sms"),  # it is named
        ({"fault": {"dependency_down": {"on": "external", "for": "5 s"}}, "says": "One is down."}, "psp"),  # waited for
        ({"fault": {"crash": {"on": "gateway", "for": "5 s"}}, "else_on": ["service"]}, "api"),
        ({"fault": {"traffic_spike": {"flow": "control", "factor": 2, "for": "5 s"}}}, "stop"),
        ({"fault": {"consumer_pause": {"flow": "consumer", "for": "5 s"}}}, "out"),
        ({"fault": {"hot_key": {"entity": "trip", "share": "50 %", "for": "5 s"}}}, "trip"),
        ({"fault": {"hot_key": {"entity": "users", "share": "50 %", "for": "5 s"}}}, "user"),
        ({"fault": {"hot_key": {"entity": "conversation", "share": "50 %", "for": "5 s"}}}, "user"),  # most asked for
        ({"fault": {"partition": {"between": ["service", "external"], "for": "5 s"}}}, "api and psp"),
        ({"fault": {"traffic_spike": {"factor": 2, "for": "5 s"}}}, ""),
    ],
)  # fmt: skip
def test_where_a_curveball_strikes(fields: dict[str, object], place: str) -> None:
    blueprint = wired(PROVIDERS).blueprint
    assert blueprint is not None
    assert aimed(blueprint, ball(**fields), 60.0).place == place


def test_a_fault_is_shortened_in_proportion() -> None:
    fault, at_s, end_s, length_s = timed({"crash": {"on": "api", "for": "10 s"}}, 100.0)
    assert (fault["crash"]["at"], fault["crash"]["for"], at_s, end_s, length_s) == ("10 s", "10 s", 10.0, 20.0, 35.0)
    fault, at_s, end_s, length_s = timed({"crash": {"on": "api", "for": "10 s"}}, 3.5)
    assert (fault["crash"]["at"], fault["crash"]["for"]) == ("1 s", "1 s")
    assert (at_s, end_s, length_s) == pytest.approx((1.0, 2.0, 3.5))
    _, _, _, spiked = timed({"traffic_spike": {"factor": 10, "for": "10 s"}}, 125.0)
    assert spiked == pytest.approx(35.0)


def test_what_gives_way_in_a_case_of_ones_own_may_here() -> None:
    text = WHOLE + "cases: {dead: {faults: [crash: {on: db, for: 5 s}], degrade: {send.p95: 9 s}}}\n"
    blueprint = wired(text).blueprint
    assert blueprint is not None
    assert cased(blueprint, {"crash": {"on": "api"}}, 30.0)["cases"]["thrown"]["degrade"] == {"send.p95": "9 s"}
    assert "degrade" not in cased(blueprint, {"slow": {"on": "api", "factor": 2}}, 30.0)["cases"]["thrown"]


# --- what is not needed -----------------------------------------------------------------------------------------------
def test_what_the_contract_does_not_need_is_found(bench: Workbench) -> None:
    found = bench.needless(OVERBUILT)
    assert sorted(one.split(":")[0] for one in found) == ["balancer", "pages"]


def test_what_it_needs_is_not_named(bench: Workbench) -> None:
    text = OVERBUILT.replace("read.p95 < 500 ms", "pages.hit_ratio >= 50 %")
    assert [one.split(":")[0] for one in bench.needless(text)] == ["balancer"]


# --- all systems ------------------------------------------------------------------------------------------------------
SMALL = ("blog-comments", "payments", "webhook-receiver")
"""Systems whose worked designs run quickly; the others are in the command of the gallery."""


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow if n in SMALL else pytest.mark.gallery) for n in SYSTEMS]
)
def test_every_curveball_strikes_the_worked_design(name: str) -> None:
    bench, text = Workbench(name), system(name).path.read_text("utf-8")
    for ball, one in FACTS[name].curveballs.items():
        thrown = bench.throw(text, ball)
        if one.fault is None:
            assert thrown.outcome == "not_run"
        else:
            assert thrown.outcome in ("holds", "broken", "undecided"), f"{ball}: {thrown.effect}"
            assert thrown.fault
            assert thrown.effect


@pytest.mark.slow
@pytest.mark.parametrize("name", SYSTEMS)
def test_every_curveball_strikes_a_naive_design_or_says_what_is_missing(name: str) -> None:
    bench = Workbench(name)
    struck = 0
    for ball, one in FACTS[name].curveballs.items():
        thrown = bench.throw(NAIVE, ball)
        if one.fault is None:
            assert thrown.outcome == "not_run"
        elif bench.fits(NAIVE, ball) and thrown.outcome != "refused":
            struck += 1
            assert thrown.outcome in ("holds", "broken", "undecided"), f"{ball}: {thrown.effect}"
        else:
            assert thrown.outcome == "refused"
            assert "your design" in thrown.effect or "in your design" in thrown.effect
    assert struck


def test_facts_of_ones_own() -> None:
    facts: Facts = FACTS["chat"]
    assert Workbench(None, facts=facts).facts is facts
    assert Workbench(None).facts is None
