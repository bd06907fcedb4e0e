"""A read that has to ask every shard."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.blueprint.knowledge import flow_space
from loadcase.kinds.store import Store
from loadcase.review.design import Design, Site
from loadcase.review.rule import Found, Rule


class ReadByOtherKey(Rule):
    """An entity is read by a key other than the one it is partitioned by.

    What: in a store with several shards a step reads an entity by one thing (the `key` of the step, or the flow's), and
    the first part of the entity's `key` is the field of another one. Fields and things are matched by name:
    `conversation_id` is the conversation's.

    Why: such a read asks every shard, or needs a second copy of the data that is keyed as it reads.

    Source: M. Kleppmann, Designing Data-Intensive Applications, 2017, ch. 6 (partitioning and secondary indexes).
    """

    code = "LC545"
    severity = "warning"
    covers = ("data-key-fits-read",)
    valid = (
        """
entities: {room: {count: 1k}, msg: {key: [room_id, seq]}}
components: {db: {kind: store, shards: 4}}
flows: {r: {arrive: {rate: 1 /s, key: room}, steps: [db.read: {entity: msg}]}}
""",
        """
entities: {post: {count: 1k, key: [id]}}
components: {db: {kind: store, shards: 4}}
flows: {r: {arrive: {rate: 1 /s, key: post}, steps: [db.read: {entity: post}]}}
""",
        """
entities: {user: {count: 1k}, room: {count: 1k}, msg: {key: [room, seq]}}
components: {db: {kind: store, shards: 4}}
flows: {r: {arrive: {rate: 1 /s, key: user}, steps: [db.read: {entity: msg, key: room}]}}
""",
    )
    invalid = (
        """
entities: {user: {count: 1k}, room: {count: 1k}, msg: {key: [room, seq]}}
components: {db: {kind: store, shards: 4}}
flows:
  r:
    arrive: {rate: 1 /s, key: user}
    steps:
      - db.read: {entity: msg}  # <-
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Reads of sharded stores."""
        for site in design.sites:
            asked = key_of(design, site)
            entity = design.b.entities.get(getattr(site.call.options, "entity", None) or "")
            if not isinstance(site.component, Store) or site.component.shards == 1 or site.call.verb != "read":
                continue
            if entity is None or not entity.key or asked not in design.b.entities:
                continue
            first = entity.key if isinstance(entity.key, str) else entity.key[0]
            other = next((e for e in design.b.entities if alike(e, first)), None)
            if other is not None and other != asked and not alike(asked, first):
                name = site.call.options.entity  # type: ignore[attr-defined]
                message = f"{name} is asked for by {asked}, and partitioned by {first}: the read asks every shard"
                yield Found(site.call.path, message, f"partition by {asked}, or keep a view of it that is")


def key_of(design: Design, site: Site) -> str:
    """The key space that a call is about."""
    own = site.call.options.key or getattr(site.component, "key", None)
    return own or flow_space(design.b, site.flow) or ""


def alike(entity: str, field: str) -> bool:
    """Whether a field is named after an entity."""
    bare = field.lower().removesuffix("_id").removesuffix("_key")
    return bare.rstrip("s") == entity.lower().rstrip("s")
