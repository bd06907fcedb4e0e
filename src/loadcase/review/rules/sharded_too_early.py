"""Shards where one node would do."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.core.values import show
from loadcase.kinds.store import Store
from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule

FULL = 0.4
"""How full the one node would be at the peak: it leaves room to grow before the move."""
NODE_BYTES = 4e12
"""What one node keeps without trouble."""


class ShardedTooEarly(Rule):
    """A store is sharded, and one node would bear its load and hold its bytes.

    What: at the highest load of any case all its shards together are less than 40 % of what one does, and what it keeps
    is known (`stored`, or the count and size of its entities) and below 4 TB a copy.

    Why: shards cost transactions, joins, unique keys and a plan to move data. One node first, and shards when a number
    asks for them.

    Source: M. Kleppmann, Designing Data-Intensive Applications, 2017, ch. 6 (partitioning, and when it is needed).
    """

    code = "LC527"
    severity = "warning"
    covers = ("est-one-db-first", "pit-internet-scale-reflex", "scale-ladder")
    valid = (
        """
entities: {item: {count: 1M, size: 1 kB, key: id}}
components: {db: {kind: store}}
flows: {r: {arrive: {rate: 10 /s, key: item}, steps: [db.read: {entity: item}]}}
""",
        """
entities: {item: {count: 1M, size: 100 MB, key: id}}
components: {db: {kind: store, shards: 16}}
flows: {r: {arrive: {rate: 10 /s, key: item}, steps: [db.read: {entity: item}]}}
""",
        """
components: {db: {kind: store, shards: 8, stored: 1 TB}}
flows: {w: {arrive: {rate: 3k /s, key: {count: 1M}}, steps: [db.write: {work: exp(1 ms)}]}}
""",
    )
    invalid = (
        """
entities: {item: {count: 1M, size: 1 kB, key: id}}
components:
  db:
    kind: store
    shards: 16  # <-
flows: {r: {arrive: {rate: 10 /s, key: item}, steps: [db.read: {entity: item}]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Sharded stores whose load and bytes are known."""
        highest = max([design.peak, *(case.load for case in design.b.cases.values())])
        for name, component in design.b.components.items():
            if not isinstance(component, Store) or component.shards == 1 or design.managed(name):
                continue
            kept, used = kept_by(design, name), design.lines[name].utilisation
            if kept is None or used is None or kept > NODE_BYTES:
                continue
            alone = used * component.shards * highest / design.peak
            if alone < FULL:
                message = f"one node would hold the {show(kept, 'B')} of {name} and be {show(alone, 'ratio')} busy"
                yield Found(("components", name, "shards"), message, "shards: 1, until a number asks for more")


def kept_by(design: Design, name: str) -> float | None:
    """Bytes of one copy of everything that a store keeps; None where it is not known."""
    component = design.b.components[name]
    if component.stored is not None:
        return component.stored / component.replicas
    found = {getattr(s.call.options, "entity", None) for s in design.sites if s.call.component == name}
    entities = [design.b.entities[e] for e in found if e is not None]
    if not entities or len(entities) != len(found) or any(e.size is None or e.count is None for e in entities):
        return None
    return sum((e.size or 0.0) * (e.count or 0.0) for e in entities)
