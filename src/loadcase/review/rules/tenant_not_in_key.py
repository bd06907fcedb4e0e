"""Data of tenants that is not kept apart by key."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule

_TENANT = re.compile(r"(tenant|workspace|organi[sz]ation|org|customer_account)(_id)?\Z")


class TenantNotInKey(Rule):
    """An entity belongs to a tenant, and its key does not say to which.

    What: an entity has a field such as `tenant_id` or `workspace_id`, a `key` is given, and the field is no part of it.

    Why: every query then has to remember the filter; the one that forgets shows one customer another's data. A key that
    begins with the tenant cannot forget, and keeps a noisy tenant to its own partition.

    Source: AWS Well-Architected, SaaS Lens (tenant isolation).
    """

    code = "LC546"
    severity = "warning"
    covers = ("data-tenant-boundary",)
    valid = (
        """
entities: {doc: {fields: {tenant_id: id, id: id}, key: [tenant_id, id]}}
components: {db: {kind: store}}
flows: {r: {arrive: {rate: 1 /s}, steps: [db.read: {entity: doc}]}}
""",
        """
entities: {tenant: {fields: {tenant_id: id, name: text}, key: tenant_id}}
components: {db: {kind: store}}
flows: {r: {arrive: {rate: 1 /s}, steps: [db.read: {entity: tenant}]}}
""",
    )
    invalid = (
        """
entities:
  doc: {fields: {tenant_id: id, id: id}, key: [id]}  # <-
components: {db: {kind: store}}
flows: {r: {arrive: {rate: 1 /s}, steps: [db.read: {entity: doc}]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Entities with such a field."""
        for name, entity in design.b.entities.items():
            field = next((f for f in entity.fields if _TENANT.match(f.lower())), None)
            keys = [entity.key] if isinstance(entity.key, str) else entity.key or []
            if field is not None and keys and field not in keys:
                message = f"{name} has {field}, and its key is {', '.join(keys)}"
                yield Found(("entities", name, "key"), message, f"key: [{field}, {', '.join(keys)}]")
