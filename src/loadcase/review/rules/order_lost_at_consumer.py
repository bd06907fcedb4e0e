"""An order that the consumer gives up."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.blueprint.knowledge import entity_of
from loadcase.blueprint.model import FlowSpec, Guarantee
from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule, error_if


class OrderLostAtConsumer(Rule):
    """What has an order is consumed in none.

    What: a flow pushes an entity that has an order (`order_by` another entity), or of which the contract says that
    nothing is delivered out of order, or overwrites one whose value may not depend on the schedule (`diverged`),
    which makes it an error; and it consumes a log with `in_order: none`, or a queue, whose messages competing
    consumers take.

    Why: a log keeps the order of a key, and two workers on one key lose it: the quicker one is first.

    Source: Apache Kafka documentation (order within a partition); Amazon SQS developer guide (standard queues).
    """

    code = "LC603"
    severity = "warning"
    covers = ("dsm-ordering",)
    valid = (
        """
entities: {room: {count: 10}, msg: {order_by: room, identity: id}}
components: {db: {kind: store}, l: {kind: log, from: db, key: room}, s: {kind: service}, g: {kind: gateway}}
flows:
  say: {arrive: {rate: 1 /s, key: room, timeout: 1 s}, steps: [db.append: {entity: msg, sequence: room}]}
  tell: {consume: {log: l, by: s, in_order: room}, steps: [g.push: {entity: msg, dedupe: id}]}
""",
    )
    invalid = (
        """
entities: {room: {count: 10}, msg: {order_by: room, identity: id}}
components: {db: {kind: store}, l: {kind: log, from: db, key: room}, s: {kind: service}, g: {kind: gateway}}
flows:
  say: {arrive: {rate: 1 /s, key: room, timeout: 1 s}, steps: [db.append: {entity: msg, sequence: room}]}
  tell:
    consume: {log: l, by: s, in_order: none}  # <-
    steps: [g.push: {entity: msg, dedupe: id}]
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Consuming flows that push."""
        for flow in design.consuming:
            consume = flow.consume
            if consume is None or (consume.log is not None and consume.in_order != "none") or consume.topic is not None:
                continue
            pushed = (getattr(s.call.options, "entity", None) for s in design.of(flow.name) if s.pushes)
            known = [design.b.entities[e] for e in pushed if e in design.b.entities]
            line = design.nothing_of(f"{flow.name}.out_of_order") or overwritten(design, flow)
            if line is not None or any(e.order_by in design.b.entities for e in known):
                option = "in_order" if consume.log is not None else "queue"
                why = line.text if line is not None else "what it pushes has an order"
                message = f"{why}, and {flow.name} takes messages in any order"
                hint = "in_order: the entity within which order matters" if consume.log else "a log, in_order: by key"
                yield Found(("flows", flow.name, "consume", option), message, hint,
                            severity=error_if(line))  # fmt: skip


def overwritten(design: Design, flow: FlowSpec) -> Guarantee | None:
    """The line of the contract that forbids what a flow writes to depend on the order; None for what commutes."""
    for site in design.of(flow.name):
        for call in site.written:
            if getattr(call.options, "amount", None) is None and call.verb in ("write", "update"):
                line = design.nothing_of(f"{entity_of(call)}.diverged")
                if line is not None:
                    return line
    return None
