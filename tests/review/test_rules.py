"""Every rule reports its invalid examples where they are marked, and none of its valid ones."""

from __future__ import annotations

import re

import pytest

from loadcase import api
from loadcase.blueprint.load import loads
from loadcase.blueprint.model import Blueprint
from loadcase.deep.ablation import findings
from loadcase.review.catalogue import rules
from loadcase.review.reviewing import Finding, mended, review
from loadcase.review.rule import SEVERITIES, blueprint_of, marked
from loadcase.review.settings import Settings

INVALID = [(name, i) for name, rule in rules().items() for i in range(len(rule.invalid))]
VALID = [(name, i) for name, rule in rules().items() for i in range(len(rule.valid))]


def only(name: str) -> Settings:
    """This rule alone; one that judges what others find has them beside it."""
    return Settings() if rules()[name].last else Settings(frozenset({name}))


def found(blueprint: Blueprint, name: str) -> list[Finding]:
    if rules()[name].deep:
        return findings(blueprint, api.ablate(blueprint, threads=1))
    return [f for f in review(blueprint, only(name)).findings if f.rule == name]


def reported(blueprint: Blueprint, name: str) -> list[int]:
    return [f.line for f in found(blueprint, name)]


@pytest.mark.parametrize(("name", "i"), INVALID)
def test_an_invalid_example_is_reported_where_it_is_marked(name: str, i: int) -> None:
    text = rules()[name].invalid[i]
    lines = list(marked(text))
    assert lines, "mark the line with # <-"
    assert reported(loads(blueprint_of(text)), name) == lines


@pytest.mark.parametrize(("name", "i"), VALID)
def test_a_valid_example_is_not_reported(name: str, i: int) -> None:
    blueprint = loads(blueprint_of(rules()[name].valid[i]))
    assert [str(f) for f in found(blueprint, name)] == []


@pytest.mark.parametrize(("name", "i"), VALID)
def test_a_valid_example_has_no_other_error(name: str, i: int) -> None:
    on_paper = review(loads(blueprint_of(rules()[name].valid[i]))).findings
    assert [str(f) for f in on_paper if f.severity == "error"] == []


@pytest.mark.parametrize("name", [n for n, rule in rules().items() if rule.fixes])
def test_a_fix_mends_an_invalid_example_and_keeps_its_comments(name: str) -> None:
    counts = []
    for text in rules()[name].invalid:
        before = loads(blueprint_of(text))
        after, count = mended(before, only(name))
        counts.append(count)
        if count:
            assert len(reported(after, name)) == len(reported(before, name)) - count
            assert after.dump().count("# <-") == before.dump().count("# <-")
            assert mended(after, only(name))[1] == 0
    assert any(counts)


@pytest.mark.parametrize("name", rules())
def test_a_rule_is_complete(name: str) -> None:
    rule = rules()[name]
    assert re.fullmatch(r"LC[56]\d\d", rule.code)
    assert rule.severity in SEVERITIES
    assert rule.summary.endswith(".")
    assert list(rule.told()) == ["What", "Why", "Source"]
    assert rule.valid
    assert rule.invalid


def test_no_two_rules_share_a_code() -> None:
    codes = [rule.code for rule in rules().values()]
    assert len(codes) == len(set(codes))
