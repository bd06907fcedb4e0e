"""The facts of the gallery load, agree with the designs, and a file that is wrong is refused at its place."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadcase.blueprint.load import loads as blueprint_of
from loadcase.core.errors import BlueprintError, Problem, UsageError
from loadcase.core.quantity import median
from loadcase.core.units import parse_quantity
from loadcase.faults import faults
from loadcase.faults.base import CLIENT
from loadcase.kinds import kinds
from loadcase.systems import System, folder, systems
from loadcase.systems.facts import ASSUMED, Curveball, Facts, load, loads, phrasing
from tests.fuzz.mutate import mutated

NAMES = (
    "access-control", "audit-pipeline", "blog-comments", "chat", "document-filler", "file-sync", "group-travel",
    "home-feed", "live-comments", "llm-search", "multi-tenant", "notifications", "payments", "rate-limiter",
    "ride-dispatch", "url-shortener", "video", "web-search", "webhook-receiver",
)  # fmt: skip
GALLERY = folder() or Path()

GOOD = """\
loadcase: 1
system: shop
topics: [storage]
difficulty: mid
sources: {G: a guide}
facts:
  users:
    about: the number of daily users
    asked: [How many users?, What is the scale?, How large is it?, How many people come?, Is it big?]
    answer: Two million a day.
    value: 2M user
    source: G
  buys:
    about: orders per user
    asked: [How many orders?, How often do they buy?, What is the write rate?, How many sales?, Do they buy a lot?]
    answer: One order in ten days.
    value: 0.1 order/user/day
    source: [G, assumed]
  peak:
    about: the peak over the average
    asked: [How high is the peak?, Are there spikes?, What peak factor?, Is it bursty?, How uneven is it?]
    answer: Three times the average.
    value: 3
    source: assumed
silent:
  budget:
    about: what it may cost
    asked: [What is the budget?, How much may it cost?, Is there a limit on cost?]
curveballs:
  crash:
    says: Half of your servers die.
    earned_by: Servers.
    raised_as: [a server dies, a crash]
    good: [The others take over.]
    fault: {crash: {on: service, share: 50 %, for: 10 s}}
    else_on: [store]
    source: G
changes:
  bigger:
    level: senior
    says: We bought a competitor.
    bites: Everything is ten times as large.
    facts: {users: {answer: Twenty million., value: 20M user}}
    good: [Computes again.]
    source: assumed
good:
  breadth: [{says: A store., source: G}, {says: A queue., source: G}]
  depth: [{says: The keys., source: G}, {says: The order., source: G}]
  proactiveness: [{says: Names failures., source: G}, {says: Says what it leaves out., source: G}]
  pitfalls: [{says: No figures., source: G}, {says: Only a cache., source: assumed}]
numbers:
  rate: {about: orders a second, value: 2.3 order/s, from: users * buys}
  peak_rate: {about: orders a second at peak, value: 7 order/s, from: peak * rate, within_factor: 2}
"""


@cache
def facts_of(name: str) -> Facts:
    return load(GALLERY / name)


def all_sources(facts: Facts) -> set[str]:
    told = [*facts.facts.values(), *facts.curveballs.values(), *facts.changes.values(), *facts.numbers.values()]
    good = facts.good
    told += [*good.breadth, *good.depth, *good.proactiveness, *good.pitfalls]
    return {source for one in told for source in one.source}


@pytest.mark.parametrize("name", NAMES)
def test_every_system_has_facts_enough(name: str) -> None:
    facts = facts_of(name)
    assert facts.system == name
    assert 12 <= len(facts.facts) <= 24
    assert len(facts.silent) >= 3
    assert len(facts.curveballs) >= 5
    assert {change.level for change in facts.changes.values()} == {"senior", "staff"}
    assert len(facts.numbers) >= 4
    assert set(facts.sources) == all_sources(facts) - {ASSUMED}


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_has_a_source_and_is_told(name: str) -> None:
    for fact in facts_of(name).facts.values():
        assert fact.source
        assert fact.answer[-1] in ".?", fact.answer
        if fact.value is not None:
            assert median(parse_quantity(fact.value)).value > 0


@pytest.mark.parametrize("name", NAMES)
def test_what_cannot_be_left_out_is_asked_for(name: str) -> None:
    told = set(facts_of(name).facts)
    assert {"scope", "loss", "override"} <= told
    assert (told | set(facts_of(name).silent)) & {"order", "versions"}
    assert told & {"duplicates", "idempotency_key", "versions"}


@pytest.mark.parametrize("name", NAMES)
def test_no_two_facts_are_asked_for_in_the_same_words(name: str) -> None:
    facts = facts_of(name)
    asked = [phrasing(text) for one in [*facts.facts.values(), *facts.silent.values()] for text in one.asked]
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize("name", NAMES)
def test_the_cases_of_curveballs_are_those_of_the_design(name: str) -> None:
    design = GALLERY / name / "blueprint.yaml"
    if not design.is_file():
        pytest.skip("no design yet")
    cases = System(name, design).blueprint.cases
    named = {curveball.case for curveball in facts_of(name).curveballs.values()} - {None}
    assert named <= set(cases)


@pytest.mark.parametrize("name", NAMES)
def test_every_fault_can_be_thrown_at_a_design(name: str) -> None:
    for curveball in facts_of(name).curveballs.values():
        assert set(curveball.kinds) <= set(kinds())
        if curveball.fault is None:
            continue
        ((fault, fields),) = curveball.thrown().items()
        assert faults()[fault].model_validate(fields, context={"scope": {}})
        thrown = curveball.thrown(on="mine") if "on" in fields else curveball.thrown()
        assert thrown[fault].get("on", "mine") == "mine"


@pytest.mark.parametrize("name", NAMES)
def test_a_change_moves_the_numbers_that_rest_on_it(name: str) -> None:
    facts = facts_of(name)
    before = facts.figures()
    for change in facts.changes:
        after = facts.after(change)
        changed = {of for of, new in facts.changes[change].facts.items() if new.value is not None}
        for of in changed:
            assert after.facts[of].value == facts.changes[change].facts[of].value
        for number, told in after.numbers.items():
            value = median(after.figures()[number]).value
            assert median(parse_quantity(told.value)).value == pytest.approx(value, rel=0.01)
            if not changed:
                assert value == median(before[number]).value


def test_every_folder_of_the_gallery_has_facts() -> None:
    assert sorted(p.parent.name for p in GALLERY.glob("*/facts.yaml")) == sorted(NAMES)
    for one in systems():
        assert one.facts.system == one.name


def test_a_system_without_facts_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"shop has no facts.yaml"):
        _ = System("shop", tmp_path / "blueprint.yaml").facts


def test_figures_follow_from_the_facts_and_from_their_changes() -> None:
    facts = loads(GOOD)
    assert median(facts.figures()["peak_rate"]).value == pytest.approx(3 * 2e6 * 0.1 / 86400)
    after = facts.after("bigger")
    assert after.facts["users"].answer == "Twenty million."
    assert after.facts["peak"] == facts.facts["peak"]
    assert median(parse_quantity(after.numbers["peak_rate"].value)).value == pytest.approx(69.4, rel=0.01)
    with pytest.raises(KeyError):
        facts.after("smaller")


def test_a_curveball_is_aimed_by_whoever_throws_it() -> None:
    crash = loads(GOOD).curveballs["crash"]
    assert crash.kinds == ("service", "store")
    assert crash.thrown(on="api", at="5 s") == {"crash": {"on": "api", "share": "50 %", "for": "10 s", "at": "5 s"}}
    told: dict[str, Any] = {"says": "x", "earned_by": "x", "raised_as": ["a", "b"], "good": ["x"], "source": "assumed"}
    assert Curveball.model_validate({**told, "has": ["cache"]}).kinds == ("cache",)
    cut = Curveball.model_validate({**told, "fault": {"partition": {"between": [CLIENT, "service"], "for": "5 s"}}})
    assert cut.kinds == ("service",)
    assert Curveball.model_validate(told).kinds == ()
    with pytest.raises(ValueError, match="no fault"):
        Curveball.model_validate(told).thrown()


def test_a_thrown_curveball_is_a_fault_of_a_case() -> None:
    crash = loads(GOOD).curveballs["crash"].thrown(on="api", at="5 s")
    text = f"""\
loadcase: 1
name: mine
components: {{api: {{kind: service, replicas: 4}}}}
flows: {{read: {{arrive: {{rate: 5 /s}}, steps: [api.handle]}}}}
cases: {{thrown: {{faults: [{crash}]}}}}
"""
    (fault,) = blueprint_of(text).cases["thrown"].faults
    assert fault.at == 5.0
    assert fault.end == 15.0


BROKEN = [
    ("loadcase: 1", "loadcase: 2", 1, 11, "LC305", "1"),
    ("system: shop", "system: ''", 2, 9, "LC306", "write them"),
    ("difficulty: mid", "difficulty: easy", 4, 13, "LC305", "senior"),
    ("difficulty: mid", "difficulty: mid\nlevels: [mid]", 5, 1, "LC301", "curveballs"),
    ("source: assumed\ngood:", "source: assumed\n    when: now\ngood:", 46, 5, "LC301", "says"),
    ("value: 20M user}", "value: 20M user, by: me}", 43, 63, "LC301", "answer"),
    ("{says: A queue., source: G}", "{says: A queue., source: G, by: me}", 47, 70, "LC301", "says"),
    ("topics: [storage]", "topics: storage", 3, 9, "LC306", "list"),
    ("system: shop\n", "", 1, 1, "LC304", "system"),
    ("    about: the number", "    abuot: the number", 7, 3, "LC304", "about"),
    (", Is it big?]", "]", 9, 12, "LC306", "add to them"),
    ("value: 2M user", "value: 2M usr", 11, 12, "LC201", "user"),
    ("value: 2M user", "value: soon", 11, 12, "LC211", ""),
    ("    source: G\n  buys", "    source: H\n  buys", 12, 13, "LC390", "assumed"),
    ("source: [G, assumed]", "source: [G, asumed]", 18, 17, "LC390", "assumed"),
    ("    source: G\n  buys", "  buys", 7, 3, "LC304", "source"),
    ("What is the budget?", "how many USERS", 28, 13, "LC393", "other words"),
    ("How often do they buy?", "How many orders", 15, 31, "LC393", "other words"),
    ("  users:\n", "  Users:\n", 7, 3, "LC391", "small letters"),
    ("crash: {on: service", "crahs: {on: service", 35, 13, "LC302", "crash"),
    ("crash: {on: service", "crash: {on: servcie", 35, 25, "LC302", "service"),
    ("share: 50 %, for", "share: 500 %, for", 35, 41, "LC203", ""),
    ("{crash: {on: service, share: 50 %, for: 10 s}}", "crash", 35, 12, "LC394", "for example"),
    ("{crash: {on: service, share: 50 %, for: 10 s}}", "{traffic_spike: {factor: 2}}", 36, 5, "LC394", "take it out"),
    ("{crash: {on: service, share: 50 %, for: 10 s}}", "{traffic_spike: {flow: buy, factor: 2}}", 35, 35, "LC302", ""),
    ("else_on: [store]", "else_on: [stoer]", 36, 15, "LC302", "store"),
    ("facts: {users: {answer", "facts: {user: {answer", 43, 13, "LC302", "users"),
    ("value: 20M user}", "value: 20 s}", 43, 53, "LC395", "same unit"),
    ("{says: A store., source: G}, ", "", 47, 12, "LC306", "add to them"),
    ("{says: A store., source: G}", "{say: A store., source: G}", 47, 13, "LC304", "says"),
    ("value: 2.3 order/s", "value: 23 order/s", 52, 41, "LC392", "2.3"),
    ("value: 2.3 order/s", "value: 2.3 order", 52, 41, "LC392", ""),
    ("from: users * buys", "from: users * sells", 52, 68, "LC211", ""),
    ("  rate: {", "  users: {", 52, 3, "LC396", "another name"),
    ("within_factor: 2", "within_factor: 1", 53, 99, "LC203", "above 1"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "column", "code", "hint"), BROKEN)
def test_a_broken_file_is_refused_at_its_place(
    old: str, new: str, line: int, column: int, code: str, hint: str
) -> None:
    assert GOOD.count(old) == 1, old
    with pytest.raises(BlueprintError) as error:
        loads(GOOD.replace(old, new), "facts.yaml")
    problem = error.value.problems[0]
    assert (problem.file, problem.code) == ("facts.yaml", code), problem
    assert (problem.line, problem.column) == (line, column), problem
    assert hint in problem.hint
    assert problem.hint


def test_a_fault_without_a_place_is_not_aimed(tmp_path: Path) -> None:
    text = GOOD.replace("    fault: {crash: {on: service, share: 50 %, for: 10 s}}\n", "")
    with pytest.raises(BlueprintError, match="no fault that could strike them"):
        loads(text)
    file = tmp_path / "facts.yaml"
    file.write_text(text.replace("    else_on: [store]\n", ""), "utf-8")
    assert load(tmp_path).curveballs["crash"].kinds == ()
    with pytest.raises(UsageError, match="cannot read"):
        load(tmp_path / "nowhere.yaml")


def problems(text: str) -> list[Problem]:
    """What is wrong with a text; anything but a BlueprintError gets through."""
    try:
        loads(text)
    except BlueprintError as error:
        return error.problems
    return []


@settings(max_examples=300)
@given(seed=st.integers(0, 2**32))
def test_a_mutated_file_loads_or_is_refused_with_places(seed: int) -> None:
    for problem in problems(mutated(GOOD, seed).decode("utf-8", "replace")):
        assert problem.line > 0
        assert problem.column > 0
        assert problem.message
        assert problem.hint, problem


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_mutated_facts_of_the_gallery_load_or_are_refused(name: str) -> None:
    text = (GALLERY / name / "facts.yaml").read_text("utf-8")
    for seed in range(40):
        assert all(p.line > 0 and p.message for p in problems(mutated(text, seed).decode("utf-8", "replace")))
