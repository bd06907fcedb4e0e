"""What can be taken out, what takes its place, and what says that it cannot."""

from __future__ import annotations

from typing import Any

import pytest

from loadcase.blueprint.load import build, loads
from loadcase.blueprint.model import Blueprint
from loadcase.deep.cuts import CannotCutError, Cut, NeededError, bare, components, counts, policies, regions

SHOP = """\
loadcase: 1
name: shop
requirements: {contract: [buy.p95 < 300 ms, buy.availability >= 99.9 %]}
entities: {item: {count: 100, key: id, fields: {id: id}}}
components:
  edge: {kind: load_balancer}
  web: {kind: service, replicas: 2, zones: 2}
  near: {kind: cache, keys: 10}
  db: {kind: store, replicas: 4, regions: 2, stored: 8 TB, write: quorum, failover: 5 s}
  sales: {kind: log, partitions: 4, from: db}
  orders: {kind: queue}
  till: {kind: service}
flows:
  buy:
    arrive: {rate: 10 /s, key: item, timeout: 1 s, retry: {max: 1, backoff: 10 ms}}
    steps:
      - edge.forward
      - web.handle:
          do:
            - near.get: {timeout: 50 ms, miss: [db.read: {entity: item, timeout: 20 ms}]}
            - parallel: [[db.write: {entity: item}], [orders.publish]]
  count: {consume: {log: sales, by: till}, steps: [till.handle: {work: 1 ms}]}
  ship: {consume: {queue: orders, by: till}, steps: [till.handle: {work: 2 ms, timeout: 1 s}]}
cases:
  normal: {}
  crash: {faults: [crash: {on: db, at: 1 s, for: 1 s}]}
variants: {other: {near.keys: 20}}
"""


@pytest.fixture
def shop() -> Blueprint:
    return loads(SHOP)


def make(blueprint: Blueprint, cuts: Any, start: str) -> dict[str, Any]:
    cut: Cut = next(c for c in cuts if c.what.startswith(start))
    data = cut.make(bare(blueprint))
    build(data)
    return data


def test_a_get_becomes_its_miss(shop: Blueprint) -> None:
    data = make(shop, components(shop), "near")
    inside = data["flows"]["buy"]["steps"][1]["web.handle"]["do"]
    assert inside[0] == {"db.read": {"entity": "item", "timeout": "20 ms"}}
    assert "near" not in data["components"]
    assert shop.data["flows"]["buy"]["steps"][1]["web.handle"]["do"][0].keys() == {"near.get"}


def test_who_publishes_makes_the_consumers_steps(shop: Blueprint) -> None:
    data = make(shop, components(shop), "orders")
    inside = data["flows"]["buy"]["steps"][1]["web.handle"]["do"][1]["parallel"]
    assert inside[1] == [{"till.handle": {"work": "2 ms", "timeout": "1 s"}}]
    assert set(data["flows"]) == {"buy", "count"}


def test_a_log_fed_by_a_store_becomes_steps_after_its_writes(shop: Blueprint) -> None:
    data = make(shop, components(shop), "sales")
    inside = data["flows"]["buy"]["steps"][1]["web.handle"]["do"][1]["parallel"]
    assert inside[0] == [{"db.write": {"entity": "item"}}, {"till.handle": {"work": "1 ms"}}]


@pytest.mark.parametrize(
    ("name", "why"),
    [("web", "a service does work"), ("db", "a store does work"), ("edge", "spreads the load over 2 web")],
)
def test_what_cannot_go_says_why(shop: Blueprint, name: str, why: str) -> None:
    with pytest.raises(CannotCutError, match=why):
        make(shop, components(shop), name)


def test_what_a_balancer_holds_goes_on_without_it() -> None:
    """One that stands inside another step, too, is needed where there are several behind it."""
    text = SHOP.replace("        - edge.forward\n", "").replace(
        "till: {kind: service}", "till: {kind: service, replicas: 2}"
    )
    inner = text.replace("[till.handle: {work: 2 ms, timeout: 1 s}]", "[edge.forward: {do: [till.handle]}]")
    with pytest.raises(CannotCutError, match="spreads the load over 2 till"):
        make(loads(inner.replace("      - edge.forward\n", "")), components(loads(inner)), "edge")
    one = loads(
        inner.replace("till: {kind: service, replicas: 2}", "till: {kind: service}").replace(
            "      - edge.forward\n", ""
        )
    )
    assert make(one, components(one), "edge")["flows"]["ship"]["steps"] == ["till.handle"]


def test_what_the_contract_speaks_of_stays(shop: Blueprint) -> None:
    for line, name in (("near.hit_ratio >= 5 %", "near"), ("count.age.p99 < 1 s", "sales")):
        promised = shop.changed({"requirements.contract": [line]})
        with pytest.raises(CannotCutError, match="the design promises"):
            make(promised, components(promised), name)


def test_a_region_takes_its_copies_and_their_bytes_along(shop: Blueprint) -> None:
    data = make(shop, regions(shop), "the second region of db")
    left = build(data).components["db"]
    assert (left.regions, left.replicas, left.stored) == (1, 2, 4e12)


def test_a_place_is_needed_where_the_promise_is_above_what_one_is_up(shop: Blueprint) -> None:
    with pytest.raises(NeededError, match=r"99\.5 % of the time"):
        make(shop, counts(shop), "1 of 2 zones of web")
    strict = shop.changed({"requirements.contract": ["buy.availability >= 99.999 %"]})
    with pytest.raises(NeededError, match=r"99\.99 % of the time"):
        make(strict, regions(strict), "the second region of db")
    tested = shop.changed({"cases.crash.faults": [{"outage": {"zone": 1, "region": 1, "at": "1 s", "for": "1 s"}}]})
    assert build(make(tested, counts(tested), "1 of 2 zones of web")).components["web"].zones == 1


def test_half_of_what_there_is_many_of(shop: Blueprint) -> None:
    assert build(make(shop, counts(shop), "1 of 2 replicas of web")).components["web"].zones == 1
    assert make(shop, counts(shop), "2 of 4 copies of db")["components"]["db"]["stored"] == "4000000000000.0 B"
    assert make(shop, counts(shop), "2 of 4 partitions of sales")["components"]["sales"]["partitions"] == 2


def test_policies_are_cut_where_a_fault_puts_them_to_the_test(shop: Blueprint) -> None:
    data = make(shop, policies(shop, bare(shop)), "timeout of db.read")
    inside = data["flows"]["buy"]["steps"][1]["web.handle"]["do"]
    assert inside[0]["near.get"]["miss"] == [{"db.read": {"entity": "item"}}]
    assert inside[0]["near.get"]["timeout"] == "50 ms"
    assert "retry" not in make(shop, policies(shop, bare(shop)), "the retry of buy")["flows"]["buy"]["arrive"]
    assert "failover" not in make(shop, policies(shop, bare(shop)), "failover of db")["components"]["db"]
    with pytest.raises(CannotCutError, match="no case has a fault"):
        make(shop, policies(shop, bare(shop)), "timeout of till.handle")


def test_a_policy_keeps_its_place_when_its_call_moves(shop: Blueprint) -> None:
    moved = bare(shop)
    cut = next(c for c in components(shop) if c.what == "orders")
    after = cut.make(moved)
    later = next(c for c in policies(build(after), after) if c.what.startswith("timeout of till.handle"))
    assert later.path == ("flows", "ship", "steps", 0, "till.handle", "timeout")
