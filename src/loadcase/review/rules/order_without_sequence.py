"""An order that nobody gives out."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Edit, Found, Rule, error_if
from loadcase.review.rules.order_by_timestamp import ordered, timed


class OrderWithoutSequence(Rule):
    """An entity has an order, and its writes get no number.

    What: `order_by` names another entity (order within a conversation), or the contract says that nothing of it is
    delivered out of order, which makes it an error; and an append or a write of it by clients has no `sequence`.

    Why: without a number from the server the order is that of the clients' clocks, or of the network. Receivers cannot
    sort, and cannot see that one is missing.

    Source: published interview guides (server-assigned sequence numbers per key); L. Lamport, CACM 21(7), 1978.
    """

    code = "LC553"
    severity = "warning"
    covers = ("dsm-ordering", "data-time-list", "cor-seq-not-time")
    fixes = True
    valid = (
        """
entities: {room: {count: 10}, msg: {order_by: room}}
components: {db: {kind: store}}
flows: {send: {arrive: {rate: 1 /s, key: room}, steps: [db.append: {entity: msg, sequence: room}]}}
""",
        """
entities: {room: {count: 10}, msg: {order_by: room}}
components: {db: {kind: store}}
flows:
  edit: {arrive: {rate: 1 /s, key: room}, steps: [db.read: {entity: msg}, db.update: {entity: msg, if: unchanged}]}
""",
    )
    invalid = (
        """
entities: {room: {count: 10}, msg: {order_by: room}}
components: {db: {kind: store}}
flows:
  send:
    arrive: {rate: 1 /s, key: room}
    steps:
      - db.append: {entity: msg}  # <-
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Writes of entities with an order."""
        for site in design.sites:
            name = getattr(site.call.options, "entity", None)
            entity = design.b.entities.get(name or "")
            if entity is None or name is None or not site.writes or site.call.verb not in ("append", "write"):
                continue
            line = ordered(design, name)
            order = entity.order_by or (site.flow.arrive.key if line and site.flow.arrive is not None else None)
            if order is None or order not in design.b.entities or timed(design, name) or site.flow.arrive is None:
                continue
            if site.call.options.sequence is None:  # type: ignore[attr-defined]
                message = f"the contract says {line}" if line else f"{name} has an order within {order}"
                message += f", and this {site.call.verb} gets no number"
                edit = Edit((*site.call.path, "sequence"), order)
                yield Found(site.call.path, message, f"sequence: {order}", severity=error_if(line), edits=(edit,))
