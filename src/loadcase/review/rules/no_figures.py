"""Rates and sizes that come from nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.core.quantity import median, strip_counts
from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class NoFigures(Rule):
    """The figures that sizes rest on are not estimated.

    What: the design has a contract, and its estimates lack the rate of requests, or, where it has a store, the bytes
    that it keeps (an estimate of bytes, or the size and count of an entity).

    Why: four figures decide most of a design: requests per second, stored bytes, bandwidth and what has to be in
    memory. A rate without its users and their actions cannot be argued about.

    Source: A. Xu, System Design Interview, 2nd ed. 2020, ch. 2 (back-of-the-envelope estimation).
    """

    code = "LC522"
    severity = "note"
    covers = ("est-four-figures",)
    valid = (
        """
requirements: {contract: [r.p95 < 1 s]}
estimates: {users: 10k user, reads: 5 view/user/day, rate: users * reads, stored: users * page, page: 4 kB/user}
components: {db: {kind: store, stored: stored}}
flows: {r: {arrive: {rate: rate}, steps: [db.read]}}
""",
        """
components: {db: {kind: store}}
flows: {r: {arrive: {rate: 1 /s}, steps: [db.read]}}
""",
    )
    invalid = (
        """
requirements: {contract: [r.p95 < 1 s]}
estimates: {users: 10k user, rate: 5 view/day}  # <-
components: {db: {kind: store}}
flows: {r: {arrive: {rate: rate}, steps: [db.read]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """The estimates, where a figure is missing."""
        b = design.b
        if not b.contract or not design.arriving:
            return
        dims = [dict(median(strip_counts(e.value)).dims) for e in b.estimates.values()]
        missing = []
        open_loop = any(f.arrive is not None and f.arrive.users is None and f.arrive.trace is None for f in
                        design.arriving)  # fmt: skip
        if open_loop and not any(d == {"time": -1} for d in dims):
            missing.append("the rate of requests")
        kept = any(d.get("data", 0) == 1 for d in dims) or any(e.size is not None for e in b.entities.values())
        if not kept and any(c.kind == "store" for c in b.components.values()):
            missing.append("the bytes that are kept")
        if missing:
            hint = "for example users, actions per user and day, bytes of one, and the formulas of rate and storage"
            yield Found(("estimates",), f"not estimated: {' and '.join(missing)}", hint)
