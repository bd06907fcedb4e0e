"""Attempts that come when nobody waits any more."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.core.values import show
from loadcase.kinds.base import Retry
from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule
from loadcase.review.rules.timeout_beyond_caller import patience_of


class RetriesOutliveCaller(Rule):
    """The attempts of a call take longer than its caller waits.

    What: a call has a `timeout` and a `retry`, and its attempts and the waits between them (as long as they are without
    jitter) add up to more than the timeout of a call around it, or of the flow's clients.

    Why: the last attempts are made for nobody, just when the callee is slow and can bear them least.

    Source: AWS Builders' Library, M. Brooker, Timeouts, retries and backoff with jitter.
    """

    code = "LC562"
    severity = "warning"
    covers = ("trg-tail-latency",)
    valid = (
        """
components: {s: {kind: service}, db: {kind: store}}
flows:
  r:
    arrive: {rate: 1 /s, timeout: 1 s}
    steps: [s.handle: {do: [db.read: {timeout: 100 ms, retry: {max: 2, backoff: 50 ms, jitter: full}}]}]
""",
    )
    invalid = (
        """
components: {s: {kind: service}, db: {kind: store}}
flows:
  r:
    arrive: {rate: 1 /s, timeout: 1 s}
    steps:
      - s.handle:
          do:
            - db.read:
                timeout: 400 ms
                retry: {max: 2, backoff: 50 ms, jitter: full}  # <-
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Retried calls with a timeout, inside a shorter one."""
        for site in design.sites:
            options = site.call.options
            if options.timeout is None or options.retry is None or options.retry.max == 0:
                continue
            limit = patience_of(site)
            longest = (options.retry.max + 1) * options.timeout + waits(options.retry)
            if limit is not None and options.timeout <= limit[1] < longest:
                message = f"all attempts take {show(longest, 's')}, and {limit[0]} has gone after {show(limit[1], 's')}"
                yield Found((*site.call.path, "retry"), message, "fewer attempts, or shorter ones")


def waits(retry: Retry) -> float:
    """Seconds between all attempts together, without jitter."""
    total, wait = 0.0, retry.backoff
    for _ in range(min(retry.max, 1000)):
        total += wait if retry.cap is None else min(wait, retry.cap)
        wait *= retry.multiplier
    return total
