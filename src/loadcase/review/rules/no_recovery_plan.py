"""The only copy of what has to last."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.kinds.store import Store
from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class NoRecoveryPlan(Rule):
    """A store has one copy of everything, and nothing says how it comes back.

    What: clients' writes go to a store with one copy that no provider keeps up, and no sentence of the design speaks of
    a backup, a snapshot, a restore or a rebuild.

    Why: disks end. What is then gone, and how long it takes to bring the rest back, is decided before.

    Source: B. Beyer et al., Site Reliability Engineering, 2016, ch. 26 (data integrity: what you read is what you
    wrote).
    """

    code = "LC574"
    severity = "warning"
    covers = ("fail-recovery-plan",)
    valid = (
        """
entities: {page: {count: 10}}
components: {db: {kind: store}}
flows: {w: {arrive: {rate: 1 /s, key: page, timeout: 1 s}, steps: [db.write: {entity: page}]}}
operate: {runbook: {the disk is gone: restore the backup of last night}}
""",
        """
entities: {page: {count: 10}}
components: {db: {kind: store, replicas: 2, write: async, failover: 30 s}}
flows: {w: {arrive: {rate: 1 /s, key: page, timeout: 1 s}, steps: [db.write: {entity: page}]}}
""",
    )
    invalid = (
        """
entities: {page: {count: 10}}
components:
  db: {kind: store}  # <-
flows: {w: {arrive: {rate: 1 /s, key: page, timeout: 1 s}, steps: [db.write: {entity: page}]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Stores with one copy."""
        if design.mentions("backup", "backed", "snapshot", "restore", "rebuil", "point-in-time"):
            return
        written = {s.call.component for s in design.sites if s.written and s.flow.arrive is not None}
        for name, component in design.b.components.items():
            single = isinstance(component, Store) and component.replicas == 1 and not design.managed(name)
            if single and name in written:
                hint = "replicas: 2 or more, or operate: {runbook: {the disk is gone: restore the backup of the hour}}"
                yield Found(("components", name), f"{name} has one copy of everything, and no way back", hint)
