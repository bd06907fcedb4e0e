"""Attempts without a pause."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule
from loadcase.review.rules.retry_without_jitter import retries

MOST = 1
"""Attempts that may follow at once: the second one goes to another replica."""


class RetryAtOnce(Rule):
    """A failed call is made again at once, several times.

    What: a retry has no `backoff` and makes more than one further attempt, or is that of the clients; and it has no
    `budget` and no `breaker`. A single quick attempt inside the design, at another replica, is all right.

    Why: what has failed because it is overloaded gets its load times the attempts within milliseconds.

    Source: B. Beyer et al., Site Reliability Engineering, 2016, ch. 22 (cascading failures: retries).
    """

    code = "LC565"
    severity = "warning"
    covers = ("fail-thundering-herd", "trg-queue-lag")
    valid = (
        """
components: {db: {kind: store, replicas: 3}}
flows: {r: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [db.read: {timeout: 20 ms, retry: {max: 1}}]}}
""",
        """
components: {db: {kind: store, replicas: 3}}
flows: {r: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [db.read: {timeout: 20 ms, retry: {max: 3, budget: 10 %}}]}}
""",
    )
    invalid = (
        """
components: {db: {kind: store}}
flows:
  r:
    arrive: {rate: 1 /s, timeout: 1 s}
    steps:
      - db.read: {timeout: 20 ms, retry: {max: 3}}  # <-
""",
        """
components: {db: {kind: store}}
flows:
  r:
    arrive: {rate: 1 /s, timeout: 1 s, retry: {max: 1}}  # <-
    steps: [db.read]
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Every retry of the design."""
        for retry, path in retries(design):
            clients = path[-2] == "arrive"
            bounded = retry.budget is not None or retry.breaker is not None
            if retry.backoff == 0 and retry.max > (0 if clients else MOST) and not bounded:
                who = "clients try" if clients else "it tries"
                message = f"{who} again at once, up to {retry.max} times"
                yield Found(path, message, "backoff: 50 ms, jitter: full; or a budget: 10 %")
