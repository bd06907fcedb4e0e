"""Hand-made histories: a clean one of a chat, and each anomaly planted into it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from loadcase.core.history import History, Meta
from loadcase.core.history_files import of_rows

Row = dict[str, Any]
N = 60
FAULT = (20, 23)
"""Operations between which the store is down."""


def clean() -> list[Row]:
    """Sixty messages in six conversations: sent, stored, published, acknowledged, delivered; a fault in between."""
    rows: list[Row] = []
    for i in range(N):
        key, version = f"talk {i % 6}", i // 6 + 1
        at = {"operation": i, "key": key}
        if i == FAULT[0]:
            rows.append({"event": "fault_start", "detail": "crash", "component": "db", "place": 1})
        if i == FAULT[1]:
            rows.append({"event": "fault_end", "detail": "crash", "component": "db", "place": 1})
        rows += [
            {"event": "invoke", "flow": "send", "session": i % 6, "clock_s": float(i), **at},
            {"event": "commit", "entity": "message", "component": "db", "place": i % 3, "version": version, **at},
            {"event": "publish", "flow": "push", "component": "log", "version": version, **at},
            {"event": "ok", "operation": i},
            {"event": "deliver", "flow": "push", "component": "gateway", "version": version, "receiver": i % 6, **at},
        ]
        rows += _profile(i) + _transfer(i) + _booking(i) + _permission(i)
    return rows


def _profile(i: int) -> list[Row]:
    """A person edits a page, on the version that they read, and reads it again."""
    at = {"entity": "page", "key": f"page {i % 6}", "component": "db"}
    return [
        {"event": "invoke", "flow": "edit", "operation": f"edit {i}", "session": i % 6},
        {"event": "commit", "operation": f"edit {i}", "base": i // 6, "version": i // 6 + 1, **at},
        {"event": "ok", "operation": f"edit {i}"},
        {"event": "invoke", "flow": "look", "operation": f"look {i}", "session": i % 6},
        {"event": "read", "operation": f"look {i}", "base": i // 6 + 1, **at},
        {"event": "ok", "operation": f"look {i}"},
    ]


def _transfer(i: int) -> list[Row]:
    """Money goes from one account to the next."""
    at = {"event": "commit", "entity": "account", "operation": f"pay {i}", "component": "db"}
    return [
        {"event": "invoke", "flow": "pay", "operation": f"pay {i}"},
        {**at, "key": f"account {i % 5}", "step": 0, "value": -0.1 * i},
        {**at, "key": f"account {(i + 1) % 5}", "step": 1, "value": 0.1 * i},
        {"event": "ok", "operation": f"pay {i}"},
    ]


def _booking(i: int) -> list[Row]:
    """A seat is held for two seconds, and given back at once."""
    at = {"entity": "seat", "key": f"seat {i % 4}", "operation": f"book {i}", "component": "db"}
    return [
        {"event": "invoke", "flow": "book", "operation": f"book {i}"},
        {"event": "claim", "value": 2.0, **at},
        {"event": "ok", "operation": f"book {i}"},
        {"event": "release", **at},
    ]


def _permission(i: int) -> list[Row]:
    """Somebody is let in, posts, and is banned."""
    at = {"entity": "permission", "key": f"user {i}", "component": "gateway"}
    return [
        {"event": "grant", "operation": f"let {i}", **at},
        {"event": "allow", "operation": f"post {i}", **at},
        {"event": "invoke", "flow": "ban", "operation": f"ban {i}"},
        {"event": "revoke", "operation": f"ban {i}", **at},
        {"event": "ok", "operation": f"ban {i}"},
    ]


def find(rows: list[Row], event: str, operation: int | str) -> int:
    """Where a row stands."""
    return next(i for i, r in enumerate(rows) if r["event"] == event and r.get("operation") == operation)


def lost(rows: list[Row]) -> None:
    """The failover forgets what only the leader had."""
    commit = rows[find(rows, "commit", 21)]
    reverted = {k: commit[k] for k in ("entity", "operation", "key", "component", "place")}
    rows.insert(find(rows, "ok", 22), {"event": "revert", **reverted})


def never_stored(rows: list[Row]) -> None:
    """Acknowledged before it was stored, and then it was not."""
    del rows[find(rows, "commit", 21)]


def applied_twice(rows: list[Row]) -> None:
    """The retry is a second message."""
    commit = rows[find(rows, "commit", 21)]
    rows.insert(find(rows, "ok", 21), {**commit, "attempt": 2, "version": 50})


def undelivered(rows: list[Row]) -> None:
    """The consumer dies after it committed its offset."""
    del rows[find(rows, "deliver", 21)]


def never_published(rows: list[Row]) -> None:
    """A crash between the commit and the publish."""
    del rows[find(rows, "deliver", 21)]
    del rows[find(rows, "publish", 21)]


def duplicates(rows: list[Row]) -> None:
    """The consumer dies before it committed its offset."""
    rows.insert(find(rows, "deliver", 25), {**rows[find(rows, "deliver", 21)], "attempt": 2})


def out_of_order(rows: list[Row]) -> None:
    """Two workers on one partition."""
    first = rows.pop(find(rows, "deliver", 21))
    rows.insert(find(rows, "deliver", 27) + 1, first)


def stale_read(rows: list[Row]) -> None:
    """Another person's read is sent to a replica that lags."""
    rows[find(rows, "read", "look 21")]["base"] = 3
    rows[find(rows, "invoke", "look 21")]["session"] = 99


def own_write_missed(rows: list[Row]) -> None:
    """One's own page, from a replica that lags."""
    rows[find(rows, "read", "look 21")]["base"] = 3


def back_in_time(rows: list[Row]) -> None:
    """A second look at a replica that lags, at a page that others wrote."""
    for i in range(N):  # nobody sees an acknowledgement, so that no read has to be fresh
        del rows[find(rows, "ok", f"edit {i}")]
    rows[find(rows, "read", "look 21")]["base"] = 2


def lost_update(rows: list[Row]) -> None:
    """Two edits from the same version, the last one wins."""
    rows[find(rows, "commit", "edit 21")]["base"] = 2


def double_claim(rows: list[Row]) -> None:
    """Two look, both find the seat free."""
    claim = rows[find(rows, "claim", "book 21")]
    rows.insert(find(rows, "claim", "book 21") + 1, {**claim, "operation": "rival", "value": 0.02})


def half_a_transfer(rows: list[Row]) -> None:
    """A crash between the debit and the credit."""
    del rows[find(rows, "commit", "pay 21")]


def late_ban(rows: list[Row]) -> None:
    """A gateway has not heard of the ban."""
    at = find(rows, "ok", "ban 21")
    rows.insert(at + 1, {**rows[find(rows, "allow", "post 21")], "operation": "post again"})


PLANTED: dict[str, tuple[tuple[str, ...], Callable[[list[Row]], None]]] = {
    "lost": (("message.lost",), lost),
    "never stored": (("message.lost",), never_stored),
    "applied twice": (("message.applied_twice",), applied_twice),
    "undelivered": (("push.undelivered",), undelivered),
    "never published": (("push.undelivered",), never_published),
    "duplicates": (("push.duplicates",), duplicates),
    "out of order": (("push.out_of_order",), out_of_order),
    "stale read": (("page.stale_reads", "page.nonlinearizable"), stale_read),
    "own write missed": (
        ("page.stale_reads", "page.missed_own_writes", "page.nonlinearizable"),
        own_write_missed,
    ),
    "back in time": (("page.nonmonotonic_reads", "page.nonlinearizable"), back_in_time),
    "lost update": (("page.lost_updates",), lost_update),
    "double claim": (("seat.double_claims",), double_claim),
    "half a transfer": (("account.unbalanced",), half_a_transfer),
    "late ban": (("permission.allowed_after_revoke",), late_ban),
}
"""What is planted, and every guarantee that it breaks, once each."""
META = Meta("chat", drained=True, writes={"send": ("message",)}, delivers={"push": ("message",)})


def history(plant: Callable[[list[Row]], None] | None = None, meta: Meta = META) -> History:
    """The clean history, or one with an anomaly; a row every 10 ms."""
    rows = clean()
    if plant is not None:
        plant(rows)
    return of_rows([{"time_s": i / 100, **row} for i, row in enumerate(rows)], meta)
