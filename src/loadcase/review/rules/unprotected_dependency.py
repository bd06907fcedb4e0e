"""Somebody else's outage that becomes one's own."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class UnprotectedDependency(Rule):
    """A client waits for a provider, and nothing stands between its bad day and the client.

    What: a flow of clients waits for an `external` or a `model`, and neither the call nor a caller of it has a
    `breaker`, a `throttle`, a `fallback` or a `skip`.

    Why: a provider that is slow holds every worker that waits for it, and with them all the requests that do not need
    it. A breaker lets them go; a fallback has an answer; a queue does it later.

    Source: M. Nygard, Release It!, 2nd ed. 2018, ch. 5 (circuit breaker, bulkheads).
    """

    code = "LC571"
    severity = "warning"
    covers = ("trg-dependency-slow", "pat-notifications", "ai-path")
    valid = (
        """
components: {psp: {kind: external}}
flows: {pay: {arrive: {rate: 1 /s, timeout: 5 s}, steps: [psp.call: {timeout: 1 s, breaker: {}}]}}
""",
        """
components: {q: {kind: queue}, s: {kind: service}, mail: {kind: external}}
flows:
  ask: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [q.publish]}
  send: {consume: {queue: q, by: s}, steps: [mail.call: {timeout: 5 s}]}
""",
        """
components: {q: {kind: queue}, mail: {kind: external}}
flows: {ask: {arrive: {rate: 1 /s, timeout: 5 s}, steps: [mail.call: {timeout: 1 s, fallback: [q.publish]}]}}
""",
    )
    invalid = (
        """
components: {psp: {kind: external}}
flows:
  pay:
    arrive: {rate: 1 /s, timeout: 5 s}
    steps:
      - psp.call: {timeout: 1 s}  # <-
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Calls of providers in flows of clients, each provider once for each flow."""
        told: set[tuple[str, str]] = set()
        for site in design.sites:
            name, flow = site.call.component, site.flow
            if site.component.kind not in ("external", "model") or flow.arrive is None or not site.waited:
                continue
            calls = [site.call, *site.callers]
            guarded = any(c.options.breaker or c.options.throttle or c.options.fallback is not None or c.skip for c in
                          calls)  # fmt: skip
            if not guarded and (flow.name, name) not in told:
                told.add((flow.name, name))
                message = f"a bad day of {name} is one of {flow.name}"
                yield Found(site.call.path, message, "a breaker: and a fallback:, or a queue and a consumer")
