"""A wait that goes on when nobody waits any more."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.core.errors import Path
from loadcase.core.values import show
from loadcase.review.design import Design, Site
from loadcase.review.rule import Found, Rule


class TimeoutBeyondCaller(Rule):
    """A call waits longer than its caller does.

    What: the `timeout` of a call is longer than that of a call around it, or than that of the flow's clients.

    Why: the caller has gone, and what it called goes on: it holds a worker, tries again, and answers nobody. Under
    load that is most of the work.

    Source: AWS Builders' Library, M. Brooker, Timeouts, retries and backoff with jitter; gRPC documentation, deadlines.
    """

    code = "LC561"
    severity = "warning"
    covers = ("trg-tail-latency",)
    valid = (
        """
components: {s: {kind: service}, db: {kind: store}}
flows: {r: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [s.handle: {timeout: 500 ms, do: [db.read: {timeout: 100 ms}]}]}}
""",
        """
components: {s: {kind: service}, q: {kind: queue}, psp: {kind: external}}
flows:
  r: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [s.handle, spawn: [psp.call: {timeout: 10 s}]]}
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
            - db.read: {timeout: 5 s}  # <-
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Calls with a timeout inside others with a shorter one."""
        for site in design.sites:
            own = site.call.options.timeout
            limit = patience_of(site)
            if own is not None and limit is not None and own > limit[1]:
                message = f"waits {show(own, 's')}, and {limit[0]} has gone after {show(limit[1], 's')}"
                yield Found((*site.call.path, "timeout"), message, f"a timeout below {show(limit[1], 's')}")


def patience_of(site: Site) -> tuple[str, float, Path] | None:
    """Who stops waiting for a call first, after how many seconds, and where that is written."""
    found: list[tuple[str, float, Path]] = []
    if not site.waited:
        return None
    for step, _ in site.above:
        timeout = getattr(getattr(step, "options", None), "timeout", None)
        within = step in site.callers
        if timeout is not None and within:
            call = next(c for c in site.callers if c is step)
            found.append((f"{call.component}.{call.verb}", timeout, (*call.path, "timeout")))
    arrive = site.flow.arrive
    if arrive is not None and arrive.timeout is not None:
        found.append(("the client", arrive.timeout, ("flows", site.flow.name, "arrive", "timeout")))
    return min(found, key=lambda one: one[1], default=None)
