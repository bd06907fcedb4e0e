"""Writes of which the contract does not say whether they may be lost."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.blueprint.knowledge import entity_of
from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class DurabilityUnpromised(Rule):
    """The contract does not say whether an acknowledged write may be lost.

    What: a client's flow writes an entity to a store, and there is no line about `<entity>.lost`.

    Why: durability is decided by copies, acknowledgements and what happens between two stores. Speed is bought with it
    unnoticed where nobody has said what it is worth.

    Source: M. Kleppmann, Designing Data-Intensive Applications, 2017, ch. 7 (durability).
    """

    code = "LC512"
    severity = "note"
    covers = ("scope-eight-answers",)
    valid = (
        """
requirements: {contract: [w.p95 < 300 ms, item.lost == 0]}
entities: {item: {count: 10}}
components: {db: {kind: store}}
flows: {w: {arrive: {rate: 1 /s, key: item}, steps: [db.write: {entity: item}]}}
""",
        """
requirements: {contract: [r.p95 < 300 ms]}
entities: {item: {count: 10}}
components: {db: {kind: store}}
flows: {r: {arrive: {rate: 1 /s, key: item}, steps: [db.read: {entity: item}]}}
""",
    )
    invalid = (
        """
requirements: {contract: [w.p95 < 300 ms]}  # <-
entities: {item: {count: 10}}
components: {db: {kind: store}}
flows: {w: {arrive: {rate: 1 /s, key: item}, steps: [db.write: {entity: item}]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Entities that are written, in the order of the flows."""
        if not design.b.contract:
            return
        sites = [site for site in design.sites if site.flow.arrive is not None]
        written = dict.fromkeys(entity_of(call) or "" for site in sites for call in site.written)
        for entity in written:
            if design.promise(f"{entity}.lost") is None:
                message = f"the contract does not say whether an acknowledged write of {entity} may be lost"
                yield Found(("requirements", "contract"), message, f"add {entity}.lost == 0, or how many may be")
