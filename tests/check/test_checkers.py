"""Each checker equals its slow twin on random histories, and has what the catalogue asks of it."""

from __future__ import annotations

import inspect
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings

from loadcase.check.checkers import checkers
from loadcase.check.checkers.diverged import Diverged
from loadcase.check.view import View
from loadcase.core.history_files import of_rows
from loadcase.core.metrics import CORRECTNESS, correctness_metric
from tests.check import naive
from tests.check.histories import histories, meta_of, random_history

Row = dict[str, Any]
CLIENT = ("invoke", "ok", "fail", "info")
EVENTS = {
    "lost": (*CLIENT, "commit", "revert", "final"),
    "applied_twice": (*CLIENT, "commit", "commit", "revert", "final"),
    "undelivered": ("invoke", "publish", "deliver", "commit", "revert"),
    "duplicates": ("deliver", "publish"),
    "out_of_order": ("invoke", "deliver"),
    "stale_reads": ("invoke", "ok", "commit", "revert", "read"),
    "staleness": ("invoke", "ok", "commit", "read"),
    "consistent_at_commit": ("commit", "apply", "apply", "answer", "answer", "read"),
    "t_visibility": ("commit", "apply", "apply", "answer", "answer", "read"),
    "k_staleness": ("invoke", "commit", "revert", "read"),
    "missed_own_writes": ("invoke", "ok", "commit", "read"),
    "nonmonotonic_reads": ("invoke", "read"),
    "nonlinearizable": ("invoke", "ok", "commit", "revert", "read"),
    "lost_updates": ("commit", "revert"),
    "double_claims": ("claim", "release"),
    "unbalanced": ("commit", "revert"),
    "allowed_after_revoke": ("invoke", "ok", "grant", "revoke", "allow"),
}
"""The events that matter to each checker."""


SEEDS = 300
"""Random histories beside those that Hypothesis looks for: enough that each checker finds something."""
RARE = ("consistent_at_commit", "t_visibility")
"""Checkers for which more has to come together."""


def compared(name: str, rows: list[Row], meta: dict[str, Any]) -> set[Any]:
    """What a checker finds in two targets, having compared it with its twin."""
    checker, twin = checkers()[name], getattr(naive, name)
    view = View(of_rows(rows, meta_of(meta)))
    found = set()
    for target in ("e", "d") if checker.of == "entity" else ("f", "g"):
        finding, expected = checker.judge(view, target), twin(rows, meta, target)
        assert finding.value == expected, (target, rows, meta)
        good = 1.0 if any(m.unit == "ratio" for m in CORRECTNESS if m.name.split(".")[0] == name) else 0.0
        if finding.value not in (None, good):
            assert finding.witnesses
            assert all(0 <= r < len(rows) for w in finding.witnesses for r in w.rows)
        found.add(finding.value)
    return found


def far_apart(rows: list[Row]) -> list[Row]:
    """The same with the ids of a real system: texts, and numbers of 64 bits."""
    far = {
        "operation": lambda v: f"op {v}",
        "key": lambda v: v * 10**15,
        "version": lambda v: v + 2**62,
        "base": lambda v: v + 2**62,
    }
    return [{name: far[name](v) if name in far else v for name, v in row.items()} for row in rows]


@pytest.mark.parametrize("name", EVENTS)
def test_a_checker_equals_its_slow_twin(name: str) -> None:
    seen: set[Any] = set()
    for seed in range(SEEDS * 8 if name in RARE else SEEDS):
        rows, meta = random_history(Random(seed), *EVENTS[name])
        seen |= compared(name, far_apart(rows) if seed % 2 else rows, meta)
    assert {None, 0.0} <= seen
    assert any(seen), "no history had a violation"


@pytest.mark.parametrize("name", EVENTS)
def test_hypothesis_finds_no_difference(name: str) -> None:
    @settings(max_examples=60)
    @given(histories(*EVENTS[name]))
    def same(told: tuple[list[Row], dict[str, Any]]) -> None:
        compared(name, *told)

    same()


def test_diverged_equals_its_slow_twin() -> None:
    seen: set[Any] = set()
    for seed in range(SEEDS):
        rng = Random(seed)
        rows, meta = random_history(rng, "commit", "commit", "revert", "final")
        mine, keys = [], set()
        for row in rows:
            row.pop("began_s", None)
            if row["event"] == "final":  # a key has one final row
                row.pop("operation", None)
                which = (row["entity"], row.get("key"))
                if which in keys or seed % 3:
                    continue
                keys.add(which)
            mine.append(row)
        if not mine:
            continue
        order = list(range(len(mine)))
        if seed % 4:
            rng.shuffle(order)
        others = [{**mine[j], "time_s": float(i)} for i, j in enumerate(order)]
        if seed % 2:  # the other one numbers its texts in another order
            mine, others = ([{**r, "key": f"key {r.get('key')}"} for r in part] for part in (mine, others))
        views = [View(of_rows(part, meta_of(meta))) for part in (mine, others)]
        for target in ("e", "d"):
            found = Diverged().compare(*views, target)
            assert found.value == naive.diverged(mine, others, target), (target, mine, others)
            seen.add(found.value)
    assert {None, 0.0} <= seen
    assert any(seen)


def test_the_folder_and_the_metrics_agree() -> None:
    assert {*EVENTS, "diverged", "recovery_time", "metastable"} == set(checkers())
    assert {m.name.split(".")[0] for m in CORRECTNESS} == set(checkers())
    for name, checker in checkers().items():
        spec = correctness_metric(name)
        assert spec is None or spec.of == checker.of


@pytest.mark.parametrize("name", checkers())
def test_a_checker_says_what_the_catalogue_asks(name: str) -> None:
    text = inspect.getdoc(type(checkers()[name])) or ""
    assert text.splitlines()[0].endswith(".")
    places = [text.index(f"\n{part}:") for part in ("What", "Why", "Example", "Source")]
    assert places == sorted(places)
    assert f".{name}" in text.partition("Example:")[2]
