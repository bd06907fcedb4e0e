"""Attempts that multiply."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.core.errors import Path
from loadcase.kinds.base import Retry
from loadcase.review.design import Design, Site
from loadcase.review.rule import Found, Rule


class NestedRetries(Rule):
    """A call is retried on two layers, and neither has a budget.

    What: a call and a caller of it (or the flow's clients) both retry, and at most one of the layers is bounded by a
    `budget` or a `breaker`, so that two or more multiply.

    Why: three attempts on each of three layers are 27 for the one at the bottom, which is failing because it is
    overloaded. One layer retries, or each has a budget.

    Source: B. Beyer et al., Site Reliability Engineering, 2016, ch. 22 (cascading failures: retries).
    """

    code = "LC563"
    severity = "warning"
    covers = ("cor-retry-boundary", "trg-tail-latency")
    valid = (
        """
components: {s: {kind: service}, db: {kind: store}}
flows:
  r:
    arrive: {rate: 1 /s, timeout: 1 s, retry: {max: 2, backoff: 100 ms, jitter: full, budget: 10 %}}
    steps: [s.handle: {do: [db.read: {timeout: 100 ms, retry: {max: 2, backoff: 10 ms, jitter: full}}]}]
""",
        """
components: {s: {kind: service}, db: {kind: store}}
flows: {r: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [db.read: {timeout: 100 ms, retry: {max: 2}}]}}
""",
    )
    invalid = (
        """
components: {s: {kind: service}, db: {kind: store}}
flows:
  r:
    arrive: {rate: 1 /s, timeout: 1 s, retry: {max: 2, backoff: 100 ms, jitter: full}}
    steps:
      - s.handle:
          do:
            - db.read: {timeout: 100 ms, retry: {max: 2, backoff: 10 ms, jitter: full}}  # <-
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """The innermost of the layers."""
        for site in design.sites:
            own = site.call.options.retry
            if own is None or own.max == 0:
                continue
            layers = [retry for retry, _ in around(site)]
            free = [r for r in (own, *layers) if r.budget is None and r.breaker is None]
            if len(free) < 2:
                continue
            times = 1
            for retry in free:
                times *= 1 + retry.max
            who = around(site)[0]
            message = f"retried here and by {who_of(who[1])}: up to {times} attempts for one request"
            hint = "retry on one layer, or give each a budget: retry: {max: 2, budget: 10 %}"
            yield Found((*site.call.path, "retry"), message, hint)


def around(site: Site) -> list[tuple[Retry, Path]]:
    """The retries of the callers of a call, from the inside outwards."""
    calls = [c for c in reversed(site.callers) if c.options.retry is not None and c.options.retry.max > 0]
    found: list[tuple[Retry, Path]] = [(c.options.retry, c.path) for c in calls if c.options.retry is not None]
    arrive = site.flow.arrive
    if arrive is not None and arrive.retry is not None and arrive.retry.max > 0:
        found.append((arrive.retry, ("flows", site.flow.name, "arrive")))
    return found


def who_of(path: Path) -> str:
    """A layer in words."""
    return "the clients" if path[-1] == "arrive" else str(path[-1])
