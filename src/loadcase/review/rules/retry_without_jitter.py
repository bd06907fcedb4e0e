"""Clients that come back in step."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.core.errors import Path
from loadcase.core.values import show
from loadcase.kinds.base import Retry
from loadcase.review.design import Design
from loadcase.review.rule import Edit, Found, Rule

LEAST_S = 0.01
"""Waits below this spread nothing, jitter or not."""


class RetryWithoutJitter(Rule):
    """All who failed together come back together.

    What: a retry waits 10 ms or more before the next attempt, and always as long: `jitter: none`, the default.

    Why: what fails, fails for many at once. Without chance they return as one wave, and so does each wave after it.

    Source: AWS Architecture Blog, M. Brooker, Exponential Backoff and Jitter, 2015.
    """

    code = "LC564"
    severity = "warning"
    covers = ("fail-thundering-herd",)
    fixes = True
    valid = (
        """
components: {db: {kind: store}}
flows:
  r: {arrive: {rate: 1 /s, timeout: 1 s, retry: {max: 2, backoff: 100 ms, jitter: full}}, steps: [db.read]}
""",
        """
components: {db: {kind: store, replicas: 3}}
flows: {r: {arrive: {rate: 1 /s}, steps: [db.read: {timeout: 20 ms, retry: {max: 1, backoff: 1 ms}}]}}
""",
    )
    invalid = (
        """
components: {db: {kind: store}}
flows:
  r:
    arrive: {rate: 1 /s, timeout: 1 s, retry: {max: 2, backoff: 100 ms}}  # <-
    steps:
      - db.read: {timeout: 100 ms, retry: {max: 1, backoff: 50 ms, jitter: none}}  # <-
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Every retry of the design."""
        for retry, path in retries(design):
            if retry.max > 0 and retry.backoff >= LEAST_S and retry.jitter == "none":
                message = f"who fails now comes back {show(retry.backoff, 's')} later, all at once"
                edit = Edit((*path, "jitter"), "full")
                yield Found(path, message, "jitter: full", edits=(edit,))


def retries(design: Design) -> Iterator[tuple[Retry, Path]]:
    """The retries of clients and of calls, with their places."""
    for flow in design.arriving:
        if flow.arrive is not None and flow.arrive.retry is not None:
            yield flow.arrive.retry, ("flows", flow.name, "arrive", "retry")
    for site in design.sites:
        if site.call.options.retry is not None:
            yield site.call.options.retry, (*site.call.path, "retry")
