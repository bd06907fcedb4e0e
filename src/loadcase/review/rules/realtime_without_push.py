"""A realtime endpoint, and nothing that pushes."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class RealtimeWithoutPush(Rule):
    """The interface has a realtime endpoint, and no component sends to clients.

    What: an endpoint of kind `realtime`, and no gateway whose `push` or `broadcast` a flow makes.

    Why: connections that stay open are a tier of their own: they bind memory, come back all at once, and have to learn
    of each event.

    Source: published interview guides (append log, pub/sub and gateways for live delivery).
    """

    code = "LC537"
    severity = "warning"
    covers = ("pat-chat", "pat-live", "pat-not-crud", "api-five-kinds")
    valid = (
        """
api: {live: {kind: realtime, does: WS /live}}
components: {g: {kind: gateway}, s: {kind: service}, l: {kind: log}}
flows:
  say: {arrive: {rate: 1 /s}, steps: [l.publish]}
  tell: {consume: {log: l, by: s}, steps: [g.push]}
""",
    )
    invalid = (
        """
api:
  live: {kind: realtime, does: WS /live}  # <-
components: {db: {kind: store}}
flows: {say: {arrive: {rate: 1 /s}, steps: [db.append]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Realtime endpoints of designs that push nothing."""
        if not any(site.pushes for site in design.sites):
            for name, endpoint in design.b.api.items():
                if endpoint.kind == "realtime":
                    hint = "a gateway, and a flow that consumes the events and pushes them"
                    yield Found(("api", name), f"{name} is realtime, and nothing pushes to its clients", hint)
