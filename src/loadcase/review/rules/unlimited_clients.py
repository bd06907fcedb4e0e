"""An interface that takes whatever one client sends."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class UnlimitedClients(Rule):
    """Nothing limits what a single client may ask for.

    What: the design declares its endpoints, clients arrive in an open loop, no flow passes a `limiter`, and no text
    (deferred, guarantees, why) speaks of limits, quotas or throttling.

    Why: one script with a bug takes as much as all users together. Who is limited, at what rate and with which answer
    is part of the interface.

    Source: OWASP API Security Top 10, 2023, API4 (unrestricted resource consumption).
    """

    code = "LC548"
    severity = "note"
    covers = ("api-hygiene",)
    valid = (
        """
api: {r: {kind: read}}
components: {limit: {kind: limiter, rate: 100 /s}, s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s}, steps: [limit.take, s.handle]}}
""",
        """
requirements: {functional: [read], deferred: [rate limits]}
api: {r: {kind: read}}
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
""",
    )
    invalid = (
        """
api:  # <-
  r: {kind: read}
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """The interface."""
        b = design.b
        limited = any(c.kind == "limiter" for c in b.components.values())
        open_loop = any(f.arrive is not None and f.arrive.users is None for f in design.arriving)
        if b.api and open_loop and not limited and not design.mentions("limit", "quota", "throttl"):
            yield Found(("api",), "nothing limits what a single client may ask for", "a limiter by user, or defer it")
