"""What a run would take is told before it is taken."""

from __future__ import annotations

import pytest

from loadcase.core.errors import BlueprintError, UsageError
from loadcase.engine import memory
from loadcase.engine.run import run
from tests.conftest import design

FLOW = "  f: {arrive: {rate: 10 /s, key: k}, steps: [c.get: {miss: [s.read]}]}"
ENTITIES = "entities: {k: {count: 1e12, popularity: zipf(0.8)}}\n"


def cached(keys: str) -> object:
    return design(f"  c: {{kind: cache, keys: {keys}}}\n  s: {{kind: store}}", FLOW, ENTITIES)


@pytest.mark.parametrize("keys", ["1e9", "100M"])
def test_a_cache_too_large_is_refused_with_its_size(keys: str) -> None:
    with pytest.raises(
        UsageError, match=r"would take [\d.]+ GB of memory, [\d.]+ GB of it for c; it may take 1.07 GB"
    ) as e:
        run(cached(keys), duration=1)  # type: ignore[arg-type]
    assert "LOADCASE_MEMORY" in e.value.hint


def test_the_environment_may_allow_more_or_less(monkeypatch: pytest.MonkeyPatch) -> None:
    blueprint = cached("100M")
    monkeypatch.setenv(memory.VARIABLE, "8 GB")
    assert memory.check_memory(blueprint, 1.0) > 2e9  # type: ignore[arg-type]
    monkeypatch.setenv(memory.VARIABLE, "much")
    with pytest.raises(UsageError, match="is a size"):
        memory.limit_bytes()


def test_the_counts_of_leases_are_counted() -> None:
    plain, leased = (
        memory.check_memory(
            design(f"  c: {{kind: cache, keys: 100, lease: {lease}}}\n  s: {{kind: store}}", FLOW, ENTITIES), 1.0
        )
        for lease in ("false", "true")
    )
    assert leased - plain == 65536 * 8


def test_users_are_counted_with_their_load() -> None:
    flow = "  f: {arrive: {users: 150k, think: 100 s}, steps: [s.handle]}"
    blueprint = design("  s: {kind: service, workers: 0}", flow, "cases: {double: {load: 2}}\n")
    with pytest.raises(UsageError, match="at most 250,000 users, got 300,000 at load 2"):
        run(blueprint, "double")


def test_many_users_of_a_closed_loop_fit_the_calendar() -> None:
    flow = "  f: {arrive: {users: 50k, think: 10 s}, steps: [s.handle: {work: 1 ms}]}"
    blueprint = design("  s: {kind: service, workers: 0}", flow)
    result = run(blueprint, duration=20, warmup=10)
    assert result.partial is None
    assert result.metrics["f.rate"].value == pytest.approx(5000, rel=0.03)


def test_what_nests_too_deep_for_the_engine_is_told_at_its_line() -> None:
    steps = "s.read"
    for _ in range(10):
        steps = f"s.read: {{do: [{steps}]}}"
    blueprint = design("  s: {kind: store}", f"  f: {{arrive: {{rate: 1 /s}}, steps: [{steps}]}}")
    with pytest.raises(BlueprintError, match="nest deeper") as caught:
        run(blueprint, duration=1)
    assert caught.value.problems[0].line == 7


def test_a_loop_without_any_time_ends_with_a_reason() -> None:
    blueprint = design("  s: {kind: service}", "  f: {arrive: {users: 5}, steps: [s.handle: {work: 0 s}]}")
    result = run(blueprint, duration=1)
    assert result.partial is not None
    assert "time stands still" in result.partial


def test_caches_are_kept_for_other_seeds_while_those_of_all_cases_fit() -> None:
    assert memory.shareable(200_000_000, 1)
    assert not memory.shareable(200_000_000, 4)
