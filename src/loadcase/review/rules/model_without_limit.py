"""A language model that anybody may ask as much as they like."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class ModelWithoutLimit(Rule):
    """Clients may make a language model generate as much as they like.

    What: a flow of clients reaches a `model`, and no `limiter` is passed before it. A closed loop, and a flow at a
    constant pace, which is a job of the design's own, are left out.

    Why: a request costs cents and not microcents, so that one script is a bill. The limit has to count what costs:
    tokens, with `take: {cost: ...}`.

    Source: OWASP Top 10 for Large Language Model Applications, 2025, LLM10 (unbounded consumption).
    """

    code = "LC539"
    severity = "warning"
    covers = ("ai-path",)
    valid = (
        """
components: {m: {kind: model}, limit: {kind: limiter, rate: 5 /s}}
flows: {ask: {arrive: {rate: 1 /s, timeout: 30 s}, steps: [limit.take, m.generate: {timeout: 20 s, fallback: []}]}}
""",
        """
components: {m: {kind: model}}
flows: {nightly: {arrive: {rate: 0.01 /s, pattern: paced, timeout: 30 s}, steps: [m.generate: {timeout: 20 s}]}}
""",
        """
components: {m: {kind: model}, q: {kind: queue}, s: {kind: service}}
flows:
  put: {arrive: {rate: 0.05 /s}, steps: [q.publish]}
  work: {consume: {queue: q, by: s}, steps: [m.generate: {timeout: 20 s}]}
""",
    )
    invalid = (
        """
components: {m: {kind: model}}
flows:
  ask:
    arrive: {rate: 1 /s, timeout: 30 s}
    steps:
      - m.generate: {timeout: 20 s, fallback: []}  # <-
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """The first call of a model in each flow of clients."""
        for flow in design.arriving:
            if flow.arrive is not None and (flow.arrive.users is not None or flow.arrive.pattern == "paced"):
                continue
            for site in design.of(flow.name):
                if site.component.kind == "limiter":
                    break
                if site.component.kind == "model":
                    message = f"nothing limits how often clients of {flow.name} make {site.call.component} generate"
                    hint = "a limiter.take before it, with a cost: in tokens"
                    yield Found(site.call.path, message, hint)
                    break
