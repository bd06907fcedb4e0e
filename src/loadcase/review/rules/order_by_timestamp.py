"""An order that clocks decide."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule, error_if

TIMES = ("time", "timestamp", "datetime", "date", "instant")
_TIME = re.compile(r"(.*_)?(at|time|timestamp|ts|date)\Z")


class OrderByTimestamp(Rule):
    """What clients read in order is ordered by a clock.

    What: `order_by` of an entity is a field of a time type, or called like one. It is an error where the contract says
    that nothing is delivered out of order, and a note else: a feed sorted by time may be all that is wanted.

    Why: clocks differ between machines and jump when they are set; two writes in one millisecond have no order at all.
    A number that one server gives out for each key is the order; the time is for people to read.

    Source: L. Lamport, Time, Clocks, and the Ordering of Events in a Distributed System, CACM 21(7), 1978;
    M. Kleppmann, Designing Data-Intensive Applications, 2017, ch. 8 (unreliable clocks).
    """

    code = "LC552"
    severity = "note"
    covers = ("cor-seq-not-time", "data-time-list")
    valid = (
        """
entities: {room: {count: 10}, msg: {fields: {room: id, seq: int, sent_at: time}, order_by: room}}
components: {db: {kind: store}}
flows: {send: {arrive: {rate: 1 /s, key: room}, steps: [db.append: {entity: msg, sequence: room}]}}
""",
    )
    invalid = (
        """
entities:
  room: {count: 10}
  msg: {fields: {room: id, sent_at: time}, order_by: sent_at}  # <-
components: {db: {kind: store}}
flows: {send: {arrive: {rate: 1 /s, key: room}, steps: [db.append: {entity: msg}]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Entities with an order."""
        for name, entity in design.b.entities.items():
            if not timed(design, name):
                continue
            line = ordered(design, name)
            message = f"{name} is ordered by {entity.order_by}, a clock"
            message += f", and the contract says {line}" if line else ""
            hint = "order_by: the thing within which order matters, and sequence: on its writes"
            yield Found(("entities", name, "order_by"), message, hint, severity=error_if(line))


def timed(design: Design, name: str) -> bool:
    """Whether an entity's order is that of a time."""
    entity = design.b.entities[name]
    field = entity.order_by
    if field is None or field in design.b.entities:
        return False
    kind = entity.fields.get(field, "").lower()
    return kind in TIMES or (not kind and _TIME.match(field.lower()) is not None)


def ordered(design: Design, entity: str) -> str:
    """The line of the contract that forbids an entity to be delivered out of order; empty when there is none."""
    for site in design.sites:
        if site.pushes and getattr(site.call.options, "entity", None) == entity:
            line = design.nothing_of(f"{site.flow.name}.out_of_order")
            if line is not None:
                return line.text
    return ""
