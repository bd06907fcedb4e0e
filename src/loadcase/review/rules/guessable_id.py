"""A number in an address that anybody can count on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule

COUNTED = ("int", "integer", "bigint", "serial", "bigserial", "autoincrement", "auto_increment", "sequence", "counter")
_PART = re.compile(r"\{(\w+)\}")


class GuessableId(Rule):
    """Clients see an id that counts up.

    What: the path of an endpoint has `{field}`, and the field is of an entity and of a type that counts: int, serial.
    Fields that order something within another key (`seq`) are left out.

    Why: who sees /orders/1017 knows how many orders there are and what the next one is called; and where a check is
    forgotten, can read it.

    Source: OWASP API Security Top 10, 2023, API1 (broken object level authorization).
    """

    code = "LC547"
    severity = "note"
    covers = ("data-id-safety",)
    valid = (
        """
entities: {order: {fields: {id: uuid, total: money}, key: id}}
api: {get: {kind: read, does: "GET /orders/{id}"}}
components: {db: {kind: store}}
flows: {get: {arrive: {rate: 1 /s}, steps: [db.read: {entity: order}]}}
""",
    )
    invalid = (
        """
entities: {order: {fields: {id: serial, total: money}, key: id}}
api:
  get: {kind: read, does: "GET /orders/{id}"}  # <-
components: {db: {kind: store}}
flows: {get: {arrive: {rate: 1 /s}, steps: [db.read: {entity: order}]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Paths with a field that counts; of a field that several entities have, those that the path names."""
        for name, endpoint in design.b.api.items():
            path = (endpoint.does or "").lower()
            for part in _PART.findall(path):
                for entity, known in design.b.entities.items():
                    field = part if part in known.fields else "id" if part == f"{entity}_id" else None
                    counts = field is not None and known.fields.get(field, "").lower() in COUNTED
                    if counts and field != "seq" and entity.lower().rstrip("s") in path:
                        message = f"{endpoint.does} shows {entity}.{field}, which counts up"
                        hint = "a random id (UUID, or 64 bits from a permutation of the counter)"
                        yield Found(("api", name, "does"), message, hint, key=False)
