"""Random histories of a few operations, keys and receivers, where every coincidence happens."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import strategies as st

from loadcase.core.history import EVENTS, Meta

FEW = {
    "flow": ["f", "g"],
    "entity": ["e", "d"],
    "component": ["a", "b"],
    "detail": ["x", "y"],
    "operation": range(4),
    "key": range(2),
    "step": range(2),
    "receiver": range(2),
    "session": range(2),
    "version": range(5),
    "base": range(5),
    "attempt": range(1, 3),
    "place": range(2),
    "value": [-1.0, 0.0, 1.0, 2.0],
    "clock_s": [0.0, 1.0, 2.0],
}


def _row(rng: Random, only: tuple[str, ...]) -> dict[str, Any]:
    event = rng.choice([e for e in EVENTS if e.name in only])
    row: dict[str, Any] = {"event": event.name, "time_s": float(rng.random() < 0.3)}
    for name in event.required:
        row[name] = rng.choice(FEW[name])
    for name in event.used:
        if name == "began_s":
            if rng.random() < 0.5:
                row[name] = rng.choice([0.0, 1.0, 3.0])
        elif rng.random() < 0.75:
            row[name] = rng.choice(FEW[name])
    return row


def random_history(rng: Random, *events: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Rows of these events in time order, and metadata."""
    rows = [_row(rng, events) for _ in range(rng.randint(1, 24))]
    now = 0.0
    for row in rows:
        now += row["time_s"]
        row["time_s"] = now
        if "began_s" in row:
            row["began_s"] = max(0.0, now - row["began_s"])
    meta: dict[str, Any] = {"drained": True}
    if rng.random() < 0.5:
        meta["writes"] = {"f": ["e"]}
    if rng.random() < 0.5:
        meta["delivers"] = {"f": ["e"]}
    if "final" in events and rng.random() < 0.5:
        meta["finals"] = ["e"]
    return rows, meta


def histories(*events: str) -> st.SearchStrategy[tuple[list[dict[str, Any]], dict[str, Any]]]:
    """The same, found by Hypothesis."""
    return st.randoms(use_true_random=False).map(lambda rng: random_history(rng, *events))


def meta_of(raw: dict[str, Any]) -> Meta:
    """Metadata from their JSON."""
    return Meta.of_json({"loadcase_history": 1, **raw})
