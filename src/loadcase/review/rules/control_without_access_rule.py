"""A control call that anybody might make."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule

SETTLED = re.compile(
    r"\b(auth\w*|log ?in|sign ?in|token|permission\w*|role\w*|owner\w*|access|admin\w*|moderator\w*|operator\w*|"
    r"staff|support agent\w*|accounts?|identity|rbac|acl|only)\b",
    re.IGNORECASE,
)
"""Words by which a sentence says who may do something."""


class ControlWithoutAccessRule(Rule):
    """Nothing says who may make a control call.

    What: an endpoint is of kind `control`, and no guarantee, function, deferred function, hard part or reason says who
    may (an owner, an admin, a role, a token, access), and no component is an authorization check.

    Why: the call that bans, disables or refunds is the one to steal. Whose it is belongs to the design, even where it
    says no more than that accounts are left out.

    Source: OWASP API Security Top 10, 2023, API5 (broken function level authorization).
    """

    code = "LC584"
    severity = "note"
    covers = ("sec-baseline", "scope-eight-answers")
    valid = (
        """
api: {ban: {kind: control, guarantees: [moderators only]}}
components: {s: {kind: service}}
flows: {ban: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [s.handle]}}
""",
        """
requirements: {functional: [disable a link], deferred: [accounts]}
api: {disable: {kind: control}}
components: {s: {kind: service}}
flows: {disable: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [s.handle]}}
""",
        """
api: {ban: {kind: control}}
components: {s: {kind: service}, may: {kind: service, like: authz_check}}
flows: {ban: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [may.handle, s.handle]}}
""",
    )
    invalid = (
        """
requirements: {functional: [ban a user], deferred: [media]}
api:
  ban: {kind: control}  # <-
components: {s: {kind: service}}
flows: {ban: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [s.handle]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Control endpoints."""
        if settled(design):
            return
        for name, endpoint in design.b.api.items():
            if endpoint.kind == "control":
                hint = "guarantees: [moderators only], or deferred: [accounts and permissions]"
                yield Found(("api", name), f"nothing says who may {name}", hint)


def settled(design: Design) -> bool:
    """Whether the design says anywhere who may do what, be it that this is left out."""
    if any(c.like == "authz_check" for c in design.b.components.values()):
        return True
    told = ("functional", "deferred", "hard_part", "guarantees", "why", "because", "choose")
    return any(SETTLED.search(text) for path, text in design.prose if any(part in told for part in path))
