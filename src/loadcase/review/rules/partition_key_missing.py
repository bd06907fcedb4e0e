"""Shards by a key that nobody named."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.kinds.store import Store
from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class PartitionKeyMissing(Rule):
    """An entity lives in a sharded store, and its key is not given.

    What: a step reads or writes the entity in a store with several shards, and the entity has no `key`.

    Why: the partition key is the decision that cannot be taken back: it says which reads ask one shard, which ask all,
    and which shard is the hot one.

    Source: M. Kleppmann, Designing Data-Intensive Applications, 2017, ch. 6 (partitioning by key).
    """

    code = "LC544"
    severity = "warning"
    covers = ("data-key-fits-read", "dsm-hot-key")
    valid = (
        """
entities: {page: {count: 1k, key: id}}
components: {db: {kind: store, shards: 4}}
flows: {r: {arrive: {rate: 1 /s, key: page}, steps: [db.read: {entity: page}]}}
""",
        """
entities: {page: {count: 1k}}
components: {db: {kind: store}}
flows: {r: {arrive: {rate: 1 /s, key: page}, steps: [db.read: {entity: page}]}}
""",
    )
    invalid = (
        """
entities:
  page: {count: 1k}  # <-
components: {db: {kind: store, shards: 4}}
flows: {r: {arrive: {rate: 1 /s, key: page}, steps: [db.read: {entity: page}]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Entities in sharded stores."""
        found: dict[str, str] = {}
        for site in design.sites:
            if isinstance(site.component, Store) and site.component.shards > 1:
                options = site.call.options
                names = [getattr(options, "entity", None), *(p.entity for p in getattr(options, "writes", None) or [])]
                found |= {name: site.call.component for name in names if name is not None and name not in found}
        for name, store in found.items():
            if name in design.b.entities and not design.b.entities[name].key:
                hint = "key: [partition key, clustering order], as the main read asks for it"
                yield Found(("entities", name), f"{store} is sharded, and by what {name} is, nobody says", hint)
