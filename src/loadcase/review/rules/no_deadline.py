"""A request that may wait for ever."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design, Site
from loadcase.review.rule import Found, Rule


class NoDeadline(Rule):
    """A client may wait for ever.

    What: a flow of clients has no `timeout`, and a call that it waits for has none either, nor has a caller of it, or
    what it calls.

    Why: when something hangs, everything that waits for it hangs with it, workers and connections included. A deadline
    turns that into an error that somebody can deal with, and frees what was held.

    Source: M. Nygard, Release It!, 2nd ed. 2018, ch. 5 (timeouts); AWS Builders' Library, M. Brooker, Timeouts, retries
    and backoff with jitter.
    """

    code = "LC560"
    severity = "warning"
    covers = ("trg-tail-latency",)
    valid = (
        """
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [s.handle]}}
""",
        """
components: {s: {kind: service}, db: {kind: store}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle: {timeout: 1 s, do: [db.read]}]}}
""",
        """
components: {s: {kind: service}, db: {kind: store}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle: {do: [db.read: {timeout: 100 ms}]}]}}
""",
    )
    invalid = (
        """
components: {s: {kind: service}, db: {kind: store}}
flows:
  r:
    arrive: {rate: 1 /s}  # <-
    steps:
      - s.handle: {do: [db.read]}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Flows of clients without one."""
        for flow in design.arriving:
            if flow.arrive is None or flow.arrive.timeout is not None:
                continue
            sites = design.of(flow.name)
            for site in sites:
                leaf = not any(site.call in (c for c, _ in other.above) for other in sites)
                if leaf and site.waited and not bounded(site):
                    what = f"{site.call.component}.{site.call.verb}"
                    message = f"clients of {flow.name} wait for {what} however long it takes"
                    hint = "timeout: on the flow's arrive, or on the call"
                    yield Found(("flows", flow.name, "arrive"), message, hint)
                    break


def bounded(site: Site) -> bool:
    """Whether a call or a caller of it has a timeout, or waits in its own queue for a limited time."""
    calls = [site.call, *site.callers]
    return any(call.options.timeout is not None for call in calls)
