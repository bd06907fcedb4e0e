"""Personal data that anybody might read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule
from loadcase.review.rules.control_without_access_rule import settled

_PERSONAL = re.compile(
    r"(e_?mail|phone|mobile|msisdn|ssn|passport|iban|card_number|pan|birth_?date|date_of_birth|dob|home_address|"
    r"street|postal_address|full_name|first_name|last_name|tax_id|medical\w*|diagnosis|salary|password\w*)"
    r"(_hash|_number|_address)?\Z"
)


class PersonalDataExposed(Rule):
    """Personal data can be read, and nothing says by whom.

    What: an entity has a field such as email, phone, card_number, birth_date or password, a flow of clients reads that
    entity, and no sentence of the design says who may do what, be it that this is left out.

    Why: what identifies a person is protected by law, and by a check that is made for each request: the one that
    forgets it is the leak.

    Source: OWASP API Security Top 10, 2023, API1 and API3; Regulation (EU) 2016/679 (GDPR), art. 25.
    """

    code = "LC585"
    severity = "warning"
    covers = ("sec-baseline", "data-tenant-boundary")
    valid = (
        """
requirements: {functional: [a user changes the profile], deferred: [permissions of friends]}
entities: {user: {fields: {id: id, email: text}, count: 10}}
components: {db: {kind: store}}
flows: {get: {arrive: {rate: 1 /s, key: user, timeout: 1 s}, steps: [db.read: {entity: user}]}}
""",
        """
entities: {user: {fields: {id: id, name: text}, count: 10}}
components: {db: {kind: store}}
flows: {get: {arrive: {rate: 1 /s, key: user, timeout: 1 s}, steps: [db.read: {entity: user}]}}
""",
    )
    invalid = (
        """
entities:
  user: {count: 10, fields: {id: id, email: text, phone: text}}  # <-
components: {db: {kind: store}}
flows: {get: {arrive: {rate: 1 /s, key: user, timeout: 1 s}, steps: [db.read: {entity: user}]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Entities that clients read."""
        read = {getattr(s.call.options, "entity", None) for s in design.sites if s.call.verb == "read"
                and s.flow.arrive is not None}  # fmt: skip
        if settled(design):
            return
        for name, entity in design.b.entities.items():
            fields = [f for f in entity.fields if _PERSONAL.match(f.lower())]
            if fields and name in read:
                message = f"clients read {name}, which has {', '.join(fields)}, and nothing says who may"
                hint = "say whose it is: a guarantee, a check (like: authz_check), or deferred: [permissions]"
                yield Found(("entities", name, "fields", fields[0]), message, hint)
