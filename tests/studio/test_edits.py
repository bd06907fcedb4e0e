"""A curveball is thrown into a case and a finding mended in the text itself; comments stay."""

from __future__ import annotations

import difflib

import pytest

from loadcase.blueprint.load import loads
from loadcase.core.errors import BlueprintError, UsageError
from loadcase.studio.analyse import review
from loadcase.studio.edits import curveballs, fix, throw
from loadcase.studio.errors import StudioError
from loadcase.systems import systems

SHOP = """\
loadcase: 1
name: shop   # a shop
components:
  web: {kind: service, replicas: 4, workers: 8, zones: 2}  # stateless
flows:
  buy: {arrive: {rate: 100 /s}, steps: [web.handle: {work: exp(2 ms)}]}
"""
CASES = """\
cases:
  peak: {load: 2}   # the evening
  bad:
    # what happened in May
    faults:
      - slow: {on: web, factor: 2, at: 5 s, for: 5 s}   # the disk
"""
CRASH = {"crash": {"on": "web", "share": "25 %", "at": "10 s", "for": "10 s"}}


def added(before: str, after: str) -> list[str]:
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line for line in lines if line[0] in "+-"]


def test_a_case_without_faults_gets_them() -> None:
    after = throw(SHOP + CASES, "peak", CRASH)["text"]
    assert added(SHOP + CASES, after) == [
        "-   peak: {load: 2}   # the evening",
        "+   peak: {load: 2, faults: [crash: {on: web, share: 25 %, at: 10 s, for: 10 s}]}   # the evening",
    ]
    assert len(loads(after).cases["peak"].faults) == 1


def test_a_case_with_faults_gets_one_more() -> None:
    after = throw(SHOP + CASES, "bad", CRASH)["text"]
    told = added(SHOP + CASES, after)
    assert [line for line in told if line.startswith("-")] == []
    assert len(loads(after).cases["bad"].faults) == 2
    assert "# what happened in May" in after
    assert "# the disk" in after


def test_the_normal_case_is_written_when_it_was_not() -> None:
    after = throw(SHOP, "normal", CRASH)["text"]
    assert not [line for line in added(SHOP, after) if line.startswith("-")]
    assert len(loads(after).cases["normal"].faults) == 1


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(UsageError, match="no fault"):
        throw(SHOP, "normal", {"crsh": {}})
    with pytest.raises(UsageError, match="no case"):
        throw(SHOP + CASES, "normal", CRASH)
    with pytest.raises(BlueprintError, match="there is no component"):
        throw(SHOP, "normal", {"crash": {"on": "wbe"}})
    with pytest.raises(UsageError, match="fields"):
        throw(SHOP, "normal", {"crash": {"on": {"a": {"b": 1}}}})
    with pytest.raises(BlueprintError):
        throw("loadcase: [", "normal", CRASH)


@pytest.mark.parametrize("name", ["url-shortener", "blog-comments"])
def test_every_curveball_that_is_proposed_can_be_thrown(name: str) -> None:
    system = next(s for s in systems() if s.name == name)
    text = system.path.read_text("utf-8")
    case = "peak" if "peak" in system.blueprint.cases else next(iter(system.blueprint.cases))
    found = curveballs(text, case)["curveballs"]
    assert len(found) > 3
    assert found == sorted(found, key=lambda f: not f["weak"])
    for one in found[:3]:
        after = throw(text, case, one["fault"])["text"]
        before, now = loads(text).cases[case].faults, loads(after).cases[case].faults
        assert now[: len(before)] == before
        assert len(now) == len(before) + 1
        assert one["yaml"].startswith(f"{one['name']}: {{")


RETRY = """\
loadcase: 1
name: shop
components: {web: {kind: service}, db: {kind: store}}
flows:
  buy:   # the money
    arrive: {rate: 10 /s}
    steps: [web.handle: {do: [db.read: {timeout: 1 s, retry: {max: 2, backoff: 10 ms}}]}]   # twice
"""


def test_a_finding_is_mended_by_itself() -> None:
    mendable = [f for f in review(RETRY, "/nowhere/x.yaml")["findings"] if f["fix"]]
    assert mendable
    one = mendable[0]
    after = fix(RETRY, one["code"], one["line"], one["column"])["text"]
    assert after != RETRY
    assert "# the money" in after
    assert "# twice" in after
    left = [(f["code"], f["path"]) for f in review(after, "/nowhere/x.yaml")["findings"]]
    assert (one["code"], one["path"]) not in left
    with pytest.raises(StudioError):
        fix(RETRY, one["code"], one["line"] + 1, one["column"])
    with pytest.raises(StudioError):
        fix(RETRY, "LC999", one["line"], one["column"])
