"""What a line that was typed means."""

from __future__ import annotations

import pytest

from loadcase.practice.terminal.lines import decision, estimate, sort_of


@pytest.mark.parametrize(
    ("text", "sort"),
    [
        ("how many users are there", "ask"),
        ("So, what's the latency target", "ask"),
        ("Do we need order within a conversation", "ask"),
        ("I'd go for 3 replicas, right?", "ask"),
        ("must order hold", "ask"),
        ("I'll assume one region", "assume"),
        ("let's assume 10M users", "assume"),
        ("ok, assuming peak is twice the average", "assume"),
        ("I'll assume one region, ok?", "ask"),
        ("Doing this with a queue is simpler", "say"),
        ("What we need is an append-only log", "say"),
        ("Should be fine with one shard", "say"),
        ("We must keep order", "say"),
        ("When a gateway dies, clients reconnect", "say"),
        ("anyway, a cache comes next", "say"),
    ],
)
def test_free_text_is_taken_as_it_is_meant(text: str, sort: str) -> None:
    assert sort_of(text) == sort


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "Cassandra over Postgres because 46k writes/s, at the cost of joins, flips when writes fall below 5k/s",
            {"chose": "Cassandra", "over": "Postgres", "because": "46k writes/s", "cost": "joins",
             "flips_when": "writes fall below 5k/s"},
        ),
        ("I chose polling", {"chose": "polling"}),
        ("a log because reads go back over time", {"chose": "a log", "because": "reads go back over time"}),
        ("push instead of pull; since fans are few", {"chose": "push", "over": "pull", "because": "fans are few"}),
        ("fan-out, it would flip if one has 1M fans", {"chose": "fan-out", "flips_when": "one has 1M fans"}),
        ("one leader at the cost of a failover", {"chose": "one leader", "cost": "a failover"}),
    ],
)  # fmt: skip
def test_a_decision_is_taken_apart(text: str, parts: dict[str, str]) -> None:
    assert decision(text) == parts


def test_a_line_of_the_pad() -> None:
    assert estimate("peak = 2 * rate") == ("peak", "2 * rate")
    assert estimate("a = b == c") == ("a", "b == c")
    for text in ("peak", "= 3", "peak ="):
        assert estimate(text) is None
