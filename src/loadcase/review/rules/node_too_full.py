"""More bytes than a node keeps."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.core.values import show
from loadcase.kinds.store import Store
from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule
from loadcase.review.rules.sharded_too_early import kept_by

NODE_BYTES = 16 * 2**40


class NodeTooFull(Rule):
    """A store keeps more bytes than its nodes have room for.

    What: what it keeps (`stored`, or the count and size of its entities) is more than 16 TiB for each node. Stores that
    are paid by the request are left out: their provider spreads the data.

    Why: a volume has a largest size, and long before it a backup, a restore or a new copy takes days.

    Source: Amazon EBS user guide, volume types (16 TiB for general purpose volumes).
    """

    code = "LC528"
    severity = "error"
    covers = ("est-four-figures", "scale-under-built")
    valid = (
        """
components: {db: {kind: store, shards: 4, stored: 40 TB}}
flows: {r: {arrive: {rate: 10 /s}, steps: [db.read]}}
""",
        """
components: {db: {kind: store, like: dynamodb, stored: 400 TB}}
flows: {r: {arrive: {rate: 10 /s}, steps: [db.read]}}
""",
    )
    invalid = (
        """
components:
  db: {kind: store, stored: 40 TB}  # <-
flows: {r: {arrive: {rate: 10 /s}, steps: [db.read]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Stores by what a node of theirs keeps."""
        for name, component in design.b.components.items():
            if not isinstance(component, Store) or design.managed(name):
                continue
            kept = kept_by(design, name)
            if kept is not None and kept / component.shards > NODE_BYTES:
                each = show(kept / component.shards, "B")
                shards = -int(-kept // (NODE_BYTES / 2))
                message = f"each of the {component.nodes} nodes of {name} would keep {each}"
                yield Found(("components", name), message, f"shards: {shards}, or older data in an object_store")
