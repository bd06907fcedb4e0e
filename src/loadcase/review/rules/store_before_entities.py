"""A database chosen before anybody said what it keeps."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.kinds.store import Store
from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class StoreBeforeEntities(Rule):
    """A product is chosen for a store, and nothing says what it keeps.

    What: a store is `like` a product, and the design has no entities.

    Why: entities and their keys decide which store fits, not the other way round: what is read together, by which key,
    in which order, and what has to change in one step.

    Source: M. Kleppmann, Designing Data-Intensive Applications, 2017, ch. 2 (data models and query languages).
    """

    code = "LC543"
    severity = "warning"
    covers = ("data-entities-first",)
    valid = (
        """
entities: {page: {count: 1k}}
components: {db: {kind: store, like: postgres, why: one constraint keeps the codes unique}}
flows: {r: {arrive: {rate: 1 /s, key: page}, steps: [db.read: {entity: page}]}}
""",
        """
components: {db: {kind: store}}
flows: {r: {arrive: {rate: 1 /s}, steps: [db.read]}}
""",
    )
    invalid = (
        """
components:
  db: {kind: store, like: cassandra}  # <-
flows: {r: {arrive: {rate: 1 /s}, steps: [db.read]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Stores with a brand, where there are no entities."""
        if design.b.entities:
            return
        for name, component in design.b.components.items():
            if isinstance(component, Store) and component.like is not None:
                message = f"{name} is {component.like} before anything says what it keeps"
                hint = "entities: {post: {key: [author, id], size: 2 kB}}, then the store that fits them"
                yield Found(("components", name, "like"), message, hint)
