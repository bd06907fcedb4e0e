"""A push without a way to ask for what was missed."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class NoCatchUp(Rule):
    """Clients get events pushed, and a client that was away has no way to ask for what it missed.

    What: a flow pushes an entity that is kept (a store or a log has it), endpoints are declared, and none of them is of
    kind `catch_up`. Broadcasts of what is not kept (presence, a ban) are left out.

    Why: connections end all the time. Without a cursor or a sequence number to go on from, a reconnect is a gap that
    nobody notices.

    Source: published interview guides (catch-up from a sequence number on reconnect).
    """

    code = "LC541"
    severity = "warning"
    covers = ("api-five-kinds", "pat-chat", "pat-not-crud", "dsm-durability")
    valid = (
        """
entities: {msg: {count: 10}}
api: {live: {kind: realtime}, since: {kind: catch_up, does: "GET /since?seq"}}
components: {g: {kind: gateway}, s: {kind: service}, db: {kind: store}, l: {kind: log, from: db}}
flows:
  say: {arrive: {rate: 1 /s, key: msg}, steps: [db.append: {entity: msg}]}
  tell: {consume: {log: l, by: s}, steps: [g.push: {entity: msg}]}
""",
        """
entities: {dot: {count: 10}}
api: {live: {kind: realtime}}
components: {g: {kind: gateway}, s: {kind: service}, t: {kind: topic}}
flows:
  move: {arrive: {rate: 1 /s, key: dot}, steps: [t.publish]}
  tell: {consume: {topic: t, by: s}, steps: [g.push: {entity: dot}]}
""",
    )
    invalid = (
        """
entities: {msg: {count: 10}}
api:  # <-
  live: {kind: realtime}
components: {g: {kind: gateway}, s: {kind: service}, db: {kind: store}, l: {kind: log, from: db}}
flows:
  say: {arrive: {rate: 1 /s, key: msg}, steps: [db.append: {entity: msg}]}
  tell: {consume: {log: l, by: s}, steps: [g.push: {entity: msg}]}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """The interface of a design that pushes what it keeps."""
        b = design.b
        if not b.api or any(e.kind == "catch_up" for e in b.api.values()):
            return
        kept = {getattr(c.options, "entity", None) for s in design.sites for c in s.written} - {None}
        for site in design.sites:
            entity = getattr(site.call.options, "entity", None)
            if site.pushes and entity in kept:
                message = f"{entity} is pushed to clients, and one that was away cannot ask for what it missed"
                yield Found(("api",), message, "an endpoint of kind catch_up: GET /catchup?from_seq")
                return
