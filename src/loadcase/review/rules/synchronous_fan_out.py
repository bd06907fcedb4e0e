"""A client that waits for a write to many."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.blueprint.steps import Call, FanOut, Spawn, walk
from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule

MOST = 100


class SynchronousFanOut(Rule):
    """A client waits while something is written or pushed to more than a hundred places.

    What: a flow of clients has a `fan_out` of more than 100 that writes, publishes or pushes, is not spawned and needs
    all of them. Reads that are gathered from many shards are not meant.

    Why: the wait is that of the slowest of all, and one failure fails the request. One event in a log, a queue or a
    topic answers the client at once, and consumers do the rest in batches, at their own pace.

    Source: J. Dean, L. Barroso, The Tail at Scale, CACM 56(2), 2013; R. Krikorian, Timelines at Scale, QCon 2012.
    """

    code = "LC536"
    severity = "warning"
    covers = ("dsm-fan-out", "pat-notifications")
    valid = (
        """
components: {q: {kind: log}, s: {kind: service}, db: {kind: store, workers: 64}}
flows:
  post: {arrive: {rate: 1 /s}, steps: [q.publish]}
  spread: {consume: {log: q, by: s}, steps: [fan_out: {n: 500, do: [db.append]}]}
""",
        """
components: {db: {kind: store, shards: 200}}
flows: {search: {arrive: {rate: 1 /s}, steps: [fan_out: {n: 200, do: [db.read]}]}}
""",
    )
    invalid = (
        """
components: {db: {kind: store}}
flows:
  post:
    arrive: {rate: 1 /s}
    steps:
      - fan_out: {n: 500, do: [db.append]}  # <-
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Wide steps of the flows of clients."""
        sites = {(s.flow.name, s.call.path): s for s in design.sites}
        for flow in design.arriving:
            spawned = [s.path for s in walk(flow.steps) if isinstance(s, Spawn)]
            for step in walk(flow.steps):
                if not isinstance(step, FanOut) or step.n <= MOST or step.need < step.n:
                    continue
                inner = [sites[flow.name, c.path] for c in walk(step.steps) if isinstance(c, Call)
                         and (flow.name, c.path) in sites]  # fmt: skip
                effects = [s for s in inner if s.writes or s.publishes or s.pushes]
                if effects and not any(step.path[: len(p)] == p for p in spawned):
                    message = f"a client of {flow.name} waits for {step.n} times {effects[0].call.verb}"
                    hint = "publish one event to a log or a queue, and let consumers fan out"
                    yield Found(step.path, message, hint)
