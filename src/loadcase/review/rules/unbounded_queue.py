"""A queue without an end."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.core.values import show
from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class UnboundedQueue(Rule):
    """Requests may queue without end.

    What: a service or a load balancer that clients' flows call has workers, and no `queue`, `patience` or `shed.target`
    that limits who waits. What only consumers call is left out: they take no more than they can have in flight.

    Why: above its capacity a queue without an end grows until memory is gone, and every answer in it comes too late for
    who asked. A bound of what can be served within the caller's timeout turns the rest away while that still helps.

    Source: B. Beyer et al., Site Reliability Engineering, 2016, ch. 22 (queue management); B. Maurer,
    Fail at Scale, ACM Queue 13(8), 2015.
    """

    code = "LC566"
    severity = "warning"
    covers = ("fail-backpressure", "trg-tail-latency")
    valid = (
        """
components: {s: {kind: service, workers: 8, queue: 64}}
flows: {r: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [s.handle]}}
""",
        """
components: {s: {kind: service, workers: 8, shed: {target: 5 ms}}}
flows: {r: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [s.handle]}}
""",
        """
components: {l: {kind: log}, s: {kind: service, workers: 8}}
flows: {p: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [l.publish]}, r: {consume: {log: l, by: s}, steps: [s.handle]}}
""",
    )
    invalid = (
        """
components:
  s: {kind: service, workers: 8}  # <-
flows: {r: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [s.handle]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Services and balancers that clients reach."""
        seen: set[str] = set()
        for site in design.sites:
            name, c = site.call.component, site.component
            if site.flow.arrive is None or c.kind not in ("service", "load_balancer") or name in seen:
                continue
            seen.add(name)
            shed = getattr(c, "shed", None)
            limited = c.queue is not None or c.patience is not None or (shed is not None and shed.target is not None)
            if c.workers == 0 or limited:
                continue
            held, timeout = design.lines[name].sojourn_mean_s, site.flow.arrive.timeout
            hint = "queue: as many as are served within the callers' timeout"
            if held and timeout:
                served = show(max(1, int(c.workers * timeout / held)), "count")
                hint = f"queue: {served} or fewer: what is served within the clients' timeout"
            yield Found(("components", name), f"requests queue at {name} without end", hint)
