"""What usually happens, in figures: found where the design has something to strike, weak where it has no room."""

from __future__ import annotations

import pytest

from loadcase.advice.advising import Risk, advise
from loadcase.advice.curveballs import CURVEBALLS, tried_by
from loadcase.blueprint.load import load, loads
from loadcase.core.errors import BlueprintError
from loadcase.systems import systems
from tests.advice.test_shapes import PLAIN, facts

SERVED = """
components: {s: {kind: service, replicas: REPLICAS, workers: 10, zones: 2, queue: 10}}
flows: {r: {arrive: {rate: 100 /s}, steps: [s.handle: {work: exp(100 ms)}]}}
"""
CACHED = """
entities: {m: {count: 1k, popularity: zipf(0.9)}}
components: {c: {kind: cache, keys: 900, coalesce: true}, db: {kind: store, workers: 8}}
flows: {r: {arrive: {rate: RATE /s, key: m}, steps: [c.get: {miss: [db.read: {work: exp(10 ms)}]}]}}
"""
CALLED = """
components: {s: {kind: service, replicas: 2, workers: 10, queue: 9}, db: {kind: store, workers: 50}}
flows:
  r: {arrive: {rate: 100 /s, key: {count: 9}}, steps: [s.handle: {do: [db.read: {OPTIONS}]}]}
  other: {arrive: {rate: 10 /s}, steps: [s.handle]}
"""
CONNECTED = """
components: {g: {kind: gateway, replicas: 10, online: ONLINE, connections: 100k}}
flows: {r: {arrive: {rate: 1 /s}, steps: [g.push]}}
"""
CONSUMED = """
components: {q: {kind: queue}, s: {kind: service, workers: 1}}
flows:
  ask: {arrive: {rate: RATE /s}, steps: [q.publish]}
  do: {consume: {queue: q, by: s}, steps: [s.handle: {work: 10 ms}]}
"""
ORDERED = """
entities: {m: {count: 100, popularity: "hot(10 %, 1)"}}
components: {l: {kind: log, partitions: 8}, s: {kind: service, replicas: 4, workers: 16}}
flows:
  say: {arrive: {rate: RATE /s, key: m}, steps: [l.publish]}
  do: {consume: {log: l, by: s, in_order: m}, steps: [s.handle: {work: 10 ms}]}
"""
FIRM_AND_WEAK = {
    "growth": (
        SERVED.replace("REPLICAS", "4"),
        SERVED.replace("REPLICAS", "2").replace("100 /s", "111 /s"),
        "at 1.8x the peak s is full first",
    ),
    "cold_cache": (CACHED.replace("RATE", "400"), CACHED.replace("RATE", "4k"), "c is empty: db goes from "),
    "zone_lost": (SERVED.replace("REPLICAS", "4"), SERVED.replace("REPLICAS", "1"), "a zone is gone: s is "),
    "hot_key": (ORDERED.replace("RATE", "200"), ORDERED.replace("RATE", "800"), "one m gets more than "),
    "slow_dependency": (
        CALLED.replace("OPTIONS", "timeout: 50 ms"),
        CALLED.replace("OPTIONS", "timeout: 500 ms"),
        "db hangs: calls that wait for it take 250 % of the workers of s",
    ),
    "stopped_consumer": (
        CONSUMED.replace("RATE", "20"),
        CONSUMED.replace("RATE", "90"),
        "do stands still for a minute: 5.4k",
    ),
}
"""For each a design that bears it, one that hardly does, and how that is told."""


def risk(text: str, name: str) -> Risk:
    found = advise(loads("loadcase: 1\nname: x\n" + text)).risks
    return next(r for r in found if r.name == name and not r.rule)


def test_every_curveball_is_tried() -> None:
    assert {*FIRM_AND_WEAK, "reconnects"} == {c.__name__ for c in CURVEBALLS}


@pytest.mark.parametrize("name", FIRM_AND_WEAK)
def test_it_is_weak_where_there_is_no_room(name: str) -> None:
    firm, weak, told = FIRM_AND_WEAK[name]
    assert not risk(firm, name).weak
    found = risk(weak, name)
    assert found.weak
    assert found.severity == "warning"
    assert found.trigger.startswith(told)
    assert found.mitigation
    assert found.impact


def test_nothing_strikes_a_plain_design_but_growth() -> None:
    found = [
        one
        for each in CURVEBALLS
        for one in each(facts(PLAIN.replace("s: {kind: service}", "s: {kind: service, work: 1 ms}")))
    ]
    assert [one.name for one in found] == ["growth"]


def test_a_gateway_that_dies_sends_its_clients_away() -> None:
    assert (
        risk(CONNECTED.replace("ONLINE", "500k"), "reconnects").trigger == "one g of 10 dies: 50k clients connect again"
    )
    assert [
        one
        for each in CURVEBALLS
        for one in each(facts(CONNECTED.replace("online: ONLINE, ", "")))
        if one.name == "reconnects"
    ] == []


def test_a_breaker_lets_go() -> None:
    found = risk(CALLED.replace("OPTIONS", "timeout: 500 ms, breaker: {}"), "slow_dependency")
    assert (found.weak, found.mitigation) == (False, "its breaker lets go of it")


def test_a_call_without_a_timeout_takes_every_worker() -> None:
    found = risk(CALLED.replace("{OPTIONS}", "{}"), "slow_dependency")
    assert "every worker" in found.trigger
    assert found.mitigation == "a timeout: on each call, and a breaker:"
    assert found.impact == "r waits until it is back; other does not need it, and fails too"


def test_retries_hold_a_worker_for_longer() -> None:
    found = risk(CALLED.replace("OPTIONS", "timeout: 50 ms, retry: {max: 4}"), "slow_dependency")
    assert "125 % of the workers" in found.trigger


@pytest.mark.parametrize(
    ("case", "tried"),
    [
        ("faults: [flush: {on: c}]", "one"),
        ("faults: [crash: {on: c, for: 1 s}]", "one"),
        ("faults: [crash: {on: db, for: 1 s}]", ""),
        ("load: 3, degrade: {}", ""),
    ],
)
def test_a_case_that_tries_it_is_named(case: str, tried: str) -> None:
    text = CACHED.replace("RATE", "400") + f"cases: {{one: {{{case}}}}}\n"
    found = risk(text, "cold_cache")
    assert found.tried_by == tried
    assert bool(found.case) != bool(tried)


def test_a_cold_cache_is_slow_for_those_who_ask_it() -> None:
    text = CACHED.replace("RATE", "400")
    put = text.replace("flows: {", "flows: {w: {arrive: {rate: 1 /s, key: m}, steps: [db.write, c.put]}, ")
    assert risk(put, "cold_cache").impact == "r is slower until it is warm"


def test_overload_is_tried_by_a_case_above_the_peak() -> None:
    text = "requirements: {contract: [r.p95 < 9 s]}" + SERVED.replace("REPLICAS", "4")
    assert risk(text, "growth").tried_by == ""
    assert risk(text + "cases: {much: {load: 10, degrade: {r.p95: 99 s}}}\n", "growth").tried_by == "much"


@pytest.mark.parametrize("text", [pair[0] for pair in FIRM_AND_WEAK.values()] + [CONNECTED.replace("ONLINE", "500k")])
def test_the_case_that_it_proposes_is_valid(text: str) -> None:
    known = facts(text)
    for curveball in (one for each in CURVEBALLS for one in each(known)):
        if "..." in curveball.case:
            continue
        try:
            loads(f"loadcase: 1\nname: x\n{text}cases: {{{curveball.case}}}\n")
        except BlueprintError as error:
            pytest.fail(f"{curveball.case}: {error}")
        again = facts(f"{text}cases: {{{curveball.case}}}\n")
        assert tried_by(again, curveball)


@pytest.mark.parametrize("path", [s.path for s in systems()], ids=lambda p: p.parent.name)
def test_the_cases_that_it_proposes_for_the_gallery_are_valid(path: object) -> None:
    blueprint = load(path)
    for found in advise(blueprint).risks:
        if found.case and "..." not in found.case:
            text = blueprint.dump().replace("\ncases:\n", f"\ncases:\n  {found.case}\n")
            loads(text)
